"""``python -m cnnx``: the command line without the script on the path."""

import sys

from cnnx.cli import main

sys.exit(main())

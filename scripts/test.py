"""Build cnnx and run all C++ and Python tests in a virtual environment (.venv-test).

python3 scripts/test.py             all tests except the following
python3 scripts/test.py --slow      slow tests: packaging, training on Fashion-MNIST
python3 scripts/test.py --torch     the comparison with PyTorch, which is installed first
python3 scripts/test.py ARGUMENTS   pytest with these arguments
"""

from __future__ import annotations

import os
import sys

import environment


def main(arguments: list[str]) -> int:
    """Run the tests selected by the arguments; return 0 if all pass."""
    if "--help" in arguments or "-h" in arguments:
        print(__doc__)
        return 0
    environment.build()
    results = {}
    jobs = str(os.cpu_count() or 1)
    if not arguments:
        results["C++"] = environment.run(
            *(environment.VENV / "bin" / "ctest", "--test-dir", environment.BUILD),
            *("--output-on-failure", "--no-tests=error", "--parallel", jobs),
        )
        arguments = ["--numprocesses", jobs, "--dist", "worksteal"]
    elif arguments[0] == "--slow":
        arguments = ["-m", "slow", *arguments[1:]]
    elif arguments[0] == "--torch":
        environment.ensure_packages("torch")
        arguments = ["-m", "torch", *arguments[1:]]
    results["Python"] = environment.run(environment.PYTHON, "-m", "pytest", *arguments)
    for language, passed in results.items():
        print(f"{language} tests: {'all passed' if passed else 'FAILED'}", flush=True)
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

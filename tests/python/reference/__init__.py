"""Independent oracles: what every pass must compute, written out in plain NumPy.

Nothing here imports ``cnnx`` and nothing is translated from its sources: each function follows
the mathematical definition, one NumPy operation per kernel tap, so that it is slow enough to be
obvious and fast enough for thousands of shapes. The functions are generic in the dtype: given
``int64`` arrays they compute in integer arithmetic, given ``float64`` arrays in double precision.
"""

from __future__ import annotations

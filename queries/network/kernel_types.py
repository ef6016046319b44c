"""Names for the arrays that kernels take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]

"""Names for the arrays that arithmetic passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]  # positions in the catalogue's arrays
Scores = NDArray[np.float64]
Vectors = NDArray[np.float32]  # [n, d], unit rows, or zero rows where there is nothing to encode
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.int32]
AnyArray = NDArray[Any]

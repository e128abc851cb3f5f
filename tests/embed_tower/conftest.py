from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("VITRINE_TEST_DATA") or beside)
    if not (folder / "fashion-product-images" / "products.parquet").exists():
        pytest.skip("needs the real data: set VITRINE_TEST_DATA")
    return folder

"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# No test is a matter of time: a busy machine is no fault.
settings.register_profile("vitrine", deadline=None)
settings.load_profile("vitrine")

# A few threads of BLAS on two cores only stand in one another's way.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "2")

os.environ.setdefault("VITRINE_HOSTS", "testserver")  # the name under which Starlette's TestClient asks

ROOT = Path(__file__).resolve().parents[1]
MAIN = sys.modules["__main__"]


def pytest_runtest_call() -> None:
    """Streamlit's AppTest leaves its script as the main module, which a spawned child of a later test would run."""
    sys.modules["__main__"] = MAIN


def real_data() -> Path | None:
    """The folder of real data sets, where there is one."""
    for folder in (os.environ.get("VITRINE_TEST_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "fashion-product-images" / "products.parquet").exists():
            return Path(folder)
    return None


@pytest.fixture(scope="session")
def data_sets() -> Path:
    """The real data sets; the test is skipped by name where they are not."""
    folder = real_data()
    if folder is None:
        pytest.skip("the real data sets are not here (set VITRINE_TEST_DATA)")
    return folder


@pytest.fixture
def weightless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders without weights, for this test alone and the processes it starts."""
    monkeypatch.setenv("VITRINE_TEST_ENCODERS", "weightless")

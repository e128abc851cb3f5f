"""One small shop for the tests that only read, and one each for those that write."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.shop import Shop
from tests.worlds import open_small_shop


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The hand-made boutique, open. Tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def own_shop(tmp_path: Path, weightless: None) -> Shop:
    """The hand-made boutique, open, for a test that writes."""
    return open_small_shop(tmp_path / "shop")

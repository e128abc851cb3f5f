"""The hand-made boutique: one to read, and one each for the tests that write."""

from __future__ import annotations

from tests.shop.conftest import own_shop, small_shop

__all__ = ["own_shop", "small_shop"]

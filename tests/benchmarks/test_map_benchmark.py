"""The benchmark of the map runs and says what it measures."""

from __future__ import annotations

from tests.benchmarks import map as mapping
from tests.benchmarks import worlds


def test_the_map_is_measured_and_its_worth_is_that_of_the_library():
    shop = worlds.edition(1200)
    rows = list(mapping.report(worlds.opened(shop, worlds.calibrated(shop)), seeds=(0,)))
    said = {row.what.strip().split(" of ")[0].split(",")[0]: row for row in rows}
    assert said["trustworthiness"].ok
    assert any(row.what.strip().startswith("wrong categories") and row.ok for row in rows)
    assert any("new products" in row.what and row.ok for row in rows)
    assert all(row.figure for row in rows)

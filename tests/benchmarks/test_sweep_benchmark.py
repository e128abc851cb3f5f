"""The benchmark of the sweep runs and says what it measures."""

from __future__ import annotations

from tests.benchmarks import sweep, worlds


def test_the_sweep_is_measured_and_its_lists_are_those_that_serve():
    shop = worlds.edition(300)
    view = worlds.opened(shop, worlds.calibrated(shop))
    rows = sweep.sweeps(view, None, worlds.AT, 12, 16)
    assert next(row for row in rows if row.what.startswith("settings whose lists")).ok
    assert next(row for row in rows if row.what == "read back").ok
    assert all(row.figure for row in rows)


def test_somebody_with_a_taste_gives_three_thumbs_up_and_two_down():
    shop = worlds.edition(300)
    view = worlds.opened(shop, worlds.calibrated(shop))
    given = sweep.thumbs(view, {"image": 1.0}, list(view.catalogue.ids[:6]), worlds.AT)
    assert [one.verdict for one in given] == [1, 1, 1, -1, -1] * 6

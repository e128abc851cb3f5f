"""What is reviewed well can be weighed like any other signal, as the edition keeps it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.build import build, open_shop, studio_of
from core.domain.query import Request
from core.domain.reviews import Review
from core.domain.shoppers import hashed
from core.domain.strategy import Strategy
from core.intake.reviews import summarise
from core.recommend import reviewed
from core.store.reviews import ReviewStore
from tests.worlds import NOW, PlainWorker, boutique, stock_the_shop

BAG = "handbags-aurel-black"


def test_good_reviews_raise_and_bad_ones_lower_where_they_are_weighed(tmp_path: Path, weightless: None) -> None:
    settings, worker = stock_the_shop(tmp_path, boutique()), PlainWorker()
    build(settings, worker=worker, at=NOW)
    plain = open_shop(settings, worker=worker)
    assert "reviews" not in plain.signals(), "a shop without reviews has no such signal"
    asked = Request(anchor=BAG, k=100, at=NOW)
    before = list(plain.recommend(asked).ids)
    good, bad = before[-1], before[1]
    studio = studio_of(settings)
    store = ReviewStore(studio)
    store.add(
        Review(hashed(b"salt", f"{item}{n}", "r"), item, NOW, rating)
        for item, rating in ((good, 5.0), (bad, 1.0), (before[2], 4.0), ("gone", 5.0))
        for n in range(20)
    )
    summarise(store, None)
    studio.close()
    build(settings, worker=worker, at=NOW)
    shop = open_shop(settings, worker=worker)
    assert "reviews" in shop.signals()
    assert list(shop.recommend(asked).ids) == before, "they count for nothing until they are weighed"
    weighed = Strategy(weights={"attributes": 0.5, "reviews": 0.5}, lam=1.0, brand_cap=None)
    found = shop.recommend(asked.changed(strategy=weighed))
    assert found.ids.index(good) < len(found.ids) - 1, "it stood last"
    assert bad not in found.ids[:2]
    for placed in found.items:
        assert placed.score == pytest.approx(sum(placed.contributions.values()), abs=1e-9)
    raised = {placed.id: placed.contributions.get("reviews", 0.0) for placed in found.items}
    assert raised[good] > 0 > raised.get(bad, -1.0)


def test_means_are_drawn_towards_the_shops_and_move_with_their_products(tmp_path: Path, weightless: None) -> None:
    settings = stock_the_shop(tmp_path, boutique())
    build(settings, worker=PlainWorker(), at=NOW)
    catalogue = open_shop(settings, worker=PlainWorker()).snapshot.catalogue
    kept = reviewed.learn({BAG: (5.0, 5), "totes-aurel-black": (3.0, 5), "gone": (1.0, 9)}, catalogue)
    found = reviewed.means(kept, len(catalogue))
    assert found is not None
    assert found[catalogue.row(BAG)] == pytest.approx(4.5)
    assert np.isfinite(found).sum() == 2
    assert reviewed.means(kept, 7) is None
    assert reviewed.learn({"gone": (1.0, 9)}, catalogue) == {}
    fewer = catalogue.of([catalogue.item(one) for one in catalogue.ids if one != "totes-aurel-black"])
    moved = reviewed.means(reviewed.moved(kept, catalogue, fewer), len(fewer))
    assert moved is not None
    assert moved[fewer.row(BAG)] == pytest.approx(4.5)
    assert np.isfinite(moved).sum() == 1

"""A build learns from the record of events; a shop without one is the shop it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.build import build, open_shop
from core.domain.events import Event
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.shoppers import EVENT, hashed
from core.domain.strategy import Strategy
from core.settings import Settings
from core.shop import Shop
from core.store.events import EventStore
from tests.worlds import NOW, PlainWorker, open_small_shop

SALT = b"test"


def acts(ids: tuple[str, ...]) -> list[Event]:
    """Twelve shoppers who buy the same two products in one visit, and something of their own; eight who buy others."""
    out = []
    for n in range(20):
        bought = (ids[0], ids[4], ids[5 + n]) if n < 12 else (ids[5 + n], ids[30 + n])
        for at, item in enumerate(bought):
            out.append(
                Event(
                    hashed(SALT, f"{n}-{at}", EVENT), "purchase", NOW - timedelta(days=1 + n), item=item,
                    shopper=hashed(SALT, f"s{n}"), session=hashed(SALT, f"v{n}", "v"),
                )
            )  # fmt: skip
    return out


def rebuilt(shop: Shop, later: timedelta = timedelta()) -> Shop:
    settings = Settings(data=shop.layout.data)
    build(settings, worker=PlainWorker(), at=NOW + later)  # type: ignore[arg-type]
    return open_shop(settings, worker=PlainWorker())  # type: ignore[arg-type]


def test_a_shop_learns_at_the_next_build_and_its_usual_lists_stay(tmp_path: Path, weightless: None) -> None:
    shop = open_small_shop(tmp_path, pictures=False)
    ids = shop.snapshot.catalogue.ids
    assert not shop.snapshot.arrays
    asked = Request(anchor=ids[0], at=NOW)
    before = shop.recommend(asked)
    assert shop.recommend(asked.changed(placement=Placement.TOGETHER)).notes[0].code == "no_baskets"
    assert rebuilt(shop).snapshot.id == shop.snapshot.id  # without a record there is nothing new
    EventStore(shop.studio).add(acts(ids))
    known = rebuilt(shop)
    assert known.snapshot.id != shop.snapshot.id
    assert known.snapshot.manifest.source["shoppers"]["model"] == "ease"
    assert known.recommend(asked).items == before.items
    assert known.recommend(asked.changed(placement=Placement.TOGETHER)).ids[:1] == (ids[4],)
    assert known.recommend(asked.changed(placement=Placement.TRENDING, anchor=None)).items
    assert {ids[0], ids[4]} <= set(known.bestsellers(Request(at=NOW, k=5), 30).ids)
    blend = Strategy(weights={"behaviour": 1.0}, lam=1.0, brand_cap=None)
    assert known.recommend(asked.changed(strategy=blend)).ids[0] == ids[4]


def test_the_same_record_makes_the_same_edition_whenever_it_is_built(tmp_path: Path, weightless: None) -> None:
    shop = open_small_shop(tmp_path, pictures=False)
    EventStore(shop.studio).add(acts(shop.snapshot.catalogue.ids))
    one = rebuilt(shop)
    two = rebuilt(shop, timedelta(days=3))
    assert (one.snapshot.id, one.view().calibration.id) == (two.snapshot.id, two.view().calibration.id)


def test_a_model_trained_anew_keeps_the_calibration(tmp_path: Path, weightless: None) -> None:
    shop = open_small_shop(tmp_path, pictures=False)
    ids = shop.snapshot.catalogue.ids
    EventStore(shop.studio).add(acts(ids))
    one = rebuilt(shop)
    more = [
        Event(hashed(SALT, f"x{n}", EVENT), "view", NOW, item=ids[n], shopper=hashed(SALT, f"s{n % 3}"))
        for n in range(30)
    ]
    EventStore(shop.studio).add(more)
    two = rebuilt(shop, timedelta(days=1))
    assert one.snapshot.id != two.snapshot.id
    assert one.view().calibration.id == two.view().calibration.id


def test_who_is_forgotten_is_forgotten_by_the_next_build(tmp_path: Path, weightless: None) -> None:
    shop = open_small_shop(tmp_path, pictures=False)
    ids = shop.snapshot.catalogue.ids
    EventStore(shop.studio).add(acts(ids))
    for n in range(20):
        EventStore(shop.studio).forget(hashed(SALT, f"s{n}"), at=NOW)
    again = rebuilt(shop)
    assert "behaviour" not in again.view().signals
    assert again.view().baskets is None


@pytest.mark.parametrize("placement", [Placement.TOGETHER, Placement.TRENDING])
def test_lists_that_shoppers_make_are_the_same_each_time(tmp_path: Path, weightless: None, placement: str) -> None:
    shop = open_small_shop(tmp_path, pictures=False)
    ids = shop.snapshot.catalogue.ids
    EventStore(shop.studio).add(acts(ids))
    known = rebuilt(shop)
    asked = Request(placement=Placement(placement), anchor=ids[0], at=NOW)
    assert known.recommend(asked).as_json() == known.recommend(asked).as_json()
    assert known.trace(asked).listing == known.recommend(asked)
    scores = [one.score for one in known.recommend(asked).items]
    assert np.all(np.diff(scores) <= 0)

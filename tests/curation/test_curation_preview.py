"""What a draft would do is what publishing it does."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.recommend.similar import similar
from tests.worlds import NOW as AT
from tests.worlds import open_small_shop


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("VITRINE_TEST_ENCODERS", "weightless")
    opened = open_small_shop(tmp_path / "shop", pictures=False)
    yield opened
    opened.studio.close()


def random_rules(rng: np.random.Generator, items: list[str], brands: list[str]) -> list[dict]:
    """A few rules of any kind, about these products and houses."""
    made = []
    for number in range(int(rng.integers(1, 5))):
        some = [str(one) for one in rng.choice(items, 2, replace=False)]
        brand = str(rng.choice(brands))
        made.append(
            [
                {"kind": "pin", "place": int(rng.integers(1, 6)), "target": {"items": some[:1]}},
                {"kind": "block", "target": {"items": some}},
                {"kind": "block", "target": {"filters": {"brand": [brand]}}},
                {
                    "kind": "boost",
                    "amount": float(rng.choice([-0.5, -0.1, 0.1, 0.5])),
                    "target": {"filters": {"brand": [brand]}},
                },
                {"kind": "keep", "target": {"relations": [["audience", "same"]]}},
                {"kind": "quota", "at_most": 1, "target": {"filters": {"brand": [brand]}}},
            ][int(rng.integers(6))]
            | {"id": f"r{number}"}
        )
    places = set()
    return [
        one for one in made if one["kind"] != "pin" or (one["place"] not in places and not places.add(one["place"]))
    ]


def plain_lists(listing) -> list:
    return [placed.as_json() for placed in listing.items]


def test_a_preview_is_what_is_served_after_publishing(shop):
    catalogue = shop.catalogue()
    items, brands = list(catalogue.ids), sorted({b for b in catalogue.frame["brand"] if b})
    rng = np.random.default_rng(0)
    desk = Desk(shop.studio, "Ada")
    for turn in range(60):
        for key in desk.published():
            desk.edit(key, None, says="away", at=AT)
        for rule in random_rules(rng, items, brands):
            desk.edit(Key("rule", rule["id"]), rule, says="a rule", at=AT)
        weights = Strategy(weights={"attributes": 1.0, "text": float(rng.random())}, lam=float(rng.random()))
        desk.edit(Key("strategy", "similar"), weights.as_json(), says="weights", at=AT)
        standing = desk.standing()
        request = Request(anchor=str(rng.choice(items)), k=6, at=AT + timedelta(days=30))
        previewed = plain_lists(similar(shop.proposed(standing, request.at), request))
        desk.publish(f"turn {turn}", AT + timedelta(minutes=turn))
        assert plain_lists(shop.recommend(request)) == previewed


def test_impact_counts_exactly_the_lists_that_change(shop):
    at = AT + timedelta(days=31)
    desk = Desk(shop.studio, "Bo")
    before = {item: shop.recommend(Request(anchor=item, k=5, at=at)).ids for item in shop.catalogue().ids}
    block = next(ids[0] for ids in before.values() if ids)
    desk.edit(Key("rule", "no"), {"id": "no", "kind": "block", "target": {"items": [block]}}, says="Block", at=AT)
    found = shop.impact(desk.standing(), k=5, at=at)[Placement.SIMILAR]
    desk.publish("test", AT + timedelta(days=1))
    after = {item: shop.recommend(Request(anchor=item, k=5, at=at)).ids for item in shop.catalogue().ids}
    changed = {item for item in before if before[item] != after[item]}
    assert found.changed == len(changed) > 0
    assert {one.anchor for one in found.most_changed} <= changed
    assert all(block not in ids for ids in after.values())
    assert found.losers[0].id == block

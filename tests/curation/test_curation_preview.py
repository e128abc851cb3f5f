"""What a draft is said to change is what publishing it changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.curation.desk import Desk
from core.domain.changes import Key
from core.domain.placements import Placement
from core.domain.query import Request
from tests.worlds import NOW as AT
from tests.worlds import open_small_shop


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("VITRINE_TEST_ENCODERS", "weightless")
    opened = open_small_shop(tmp_path / "shop", pictures=False)
    yield opened
    opened.studio.close()


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

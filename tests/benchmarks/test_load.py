"""A small shop under load while it changes: no error, nothing blocked or sold out, nothing stale, nothing mixed."""

from __future__ import annotations

import json
import queue
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.domain.query import Request
from core.shop import Shop
from core.store.events import EventStore
from tests.benchmarks import load
from tests.shop.conftest import small_shop  # noqa: F401  fixture
from tests.worlds import NOW, open_small_shop

BAG = "handbags-aurel-black"


def a_shop_with_a_record(data: Path) -> None:
    shop = open_small_shop(data, pictures=False)
    ids, now = shop.snapshot.catalogue.ids, datetime.now(UTC)
    for n in range(40):
        acts = [
            {"id": f"{n}-{at}", "kind": "view", "item": ids[(7 * n + 11 * at) % len(ids)], "shopper": f"s{n}",
             "session": f"v{n}"} for at in range(4)
        ]  # fmt: skip
        shop.hear(acts, at=now - timedelta(days=1 + n % 20))
    assert EventStore(shop.studio).count() == 160
    shop.studio.close()


@pytest.mark.slow
def test_under_load_nothing_fails_and_nothing_that_may_not_be_shown_is_shown(tmp_path: Path, weightless: None) -> None:
    a_shop_with_a_record(tmp_path / "shop")
    found = load.run(tmp_path / "shop", seconds=8, clients=3, every=0.4, small=True)
    figures = found.figures()
    assert not found.said
    assert not found.faults, found.examples
    assert figures["publications"]["swap"] == figures["publications"]["rollback"] == 1
    assert {"block", "sold"} <= set(figures["publications"])
    assert len({one.edition for one in found.done}) == 2
    assert len(found.editions) == 2, "both were served"
    assert found.again > 10
    assert {one.kind for one in found.asked} >= {"for_you", "similar", "search", "events"}


def test_an_upkeep_that_died_is_told_at_once_and_is_no_success() -> None:
    found, gone = load.Found(), SimpleNamespace(is_alive=lambda: False, exitcode=1)
    messages: queue.Queue[Any] = queue.Queue()
    messages.put("The build failed: no room")
    assert load._next(messages, gone, found) == "The build failed: no room", "what it told before its end is heard"
    assert load._next(messages, gone, found) is None
    assert found.said == ["The build failed: no room", "The upkeep ended without a word, with 1."]


@pytest.fixture
def plain(small_shop: Shop) -> dict[str, Any]:  # noqa: F811
    return small_shop.recommend(Request(anchor=BAG, k=12, at=NOW)).as_json()


def held(shop: Shop, answer: dict[str, Any], *more: load.Done, status: int = 200, kind: str = "similar") -> load.Found:
    """A run in which `answer` came to a question that was asked at 100 s, after what else had been done."""
    body = json.dumps(answer).encode()
    edition = shop.snapshot.id, shop.view().calibration.id
    begin = load.Done("begin", "", 0, 0, (0, 0, 0), edition)
    found = load.Found(1.0, 0.0, [load.Asked(kind, BAG, 100, 101, status, "", 1)], {1: body}, [begin, *more])
    load._hold(found, shop.settings)
    return found


def test_an_answer_that_is_right_is_no_fault(small_shop: Shop, plain: dict[str, Any]) -> None:  # noqa: F811
    found = held(small_shop, plain)
    assert (found.fine, found.again) == (True, 1)


def test_every_fault_would_be_seen(small_shop: Shop, plain: dict[str, Any]) -> None:  # noqa: F811
    edition = small_shop.snapshot.id, small_shop.view().calibration.id
    first = plain["items"][0]["id"]

    def done(what: str, item: str, at: float, rules: int) -> load.Done:
        return load.Done(what, item, at - 1, at, (0, rules, 0), edition)

    assert held(small_shop, {"error": {}}, status=500).faults == {"error": 1}
    ruled = {**plain, "rules": 1}
    assert held(small_shop, ruled, done("block", first, 90, 1)).faults == {"blocked": 1}
    assert not held(small_shop, ruled, done("block", first, 100.5, 1)).faults, "it was asked for before"
    again = held(small_shop, {**plain, "rules": 2}, done("block", first, 80, 1), done("unblock", first, 90, 2))
    assert not again.faults, "it is back"
    assert held(small_shop, plain, done("block", "coats-aurel-red", 90, 1)).faults == {"stale": 1}
    assert held(small_shop, {**plain, "facts": 7}).faults == {"mixed": 1}
    strange = [{**plain["items"][0], "id": "of-another-shop"}, *plain["items"][1:]]
    assert held(small_shop, {**plain, "items": strange}).faults == {"mixed": 2}, "in the edition, and made again"
    assert held(small_shop, {**plain, "calibration": "another"}).faults == {"mixed": 1}
    turned = [*plain["items"][1:], plain["items"][0]]
    assert held(small_shop, {**plain, "items": turned}).faults == {"mixed": 1}
    looked = held(small_shop, plain, kind="for_you")
    looked.asked.append(load.Asked("events", f"{BAG} {first}", 98, 99, 200, "", 2))
    looked.bodies[2] = b'{"new": 1}'
    looked.faults.clear()
    load._hold(looked, small_shop.settings)
    assert looked.faults == {"late": 1}

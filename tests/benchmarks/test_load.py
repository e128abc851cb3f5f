"""A small shop under load while it changes: no error, nothing blocked or sold out, nothing stale, nothing mixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.store.events import EventStore
from tests.benchmarks import load
from tests.worlds import open_small_shop


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
    assert found.again > 10
    assert {one.kind for one in found.asked} == set(load.MIX)

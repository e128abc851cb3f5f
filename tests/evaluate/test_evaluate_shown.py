"""What came of lists that were shown: hand-counted, and of no list that was not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from core import cli
from core.evaluate.shown import COLUMNS, shown_lists
from core.shop import Shop
from tests.shop.conftest import own_shop  # noqa: F401  fixture
from tests.worlds import NOW

Row = dict[str, Any]


def table(*rows: Row) -> pd.DataFrame:
    base: Row = {**dict.fromkeys(COLUMNS), "placement": "similar", "session": "v1", "anchor": "bag", "strategy": 1}
    made = [{**base, "at": NOW + timedelta(seconds=n), **row} for n, row in enumerate(rows)]
    return pd.DataFrame(made, columns=list(COLUMNS))


def impression(item: str, position: int, **more: Any) -> Row:
    return {"kind": "impression", "item": item, "position": position, **more}


def click(item: str, **more: Any) -> Row:
    return {"kind": "click", "item": item, **more}


def test_a_click_counts_once_in_the_list_it_was_shown_in() -> None:
    found = shown_lists(table(impression("a", 0), impression("b", 1), click("b"), click("b"), click("a")))
    (part,) = found.parts
    assert (part.lists, part.places, part.clicks, part.unseen_clicks) == (1, 2, 2, 0)
    assert part.clicked is not None
    assert part.mrr is not None
    assert (part.clicked.mean, part.mrr.mean) == (1.0, 1.0)


def test_what_was_clicked_without_having_been_shown_is_counted_apart() -> None:
    shown = (impression("a", 0), impression("a", 0, session="v2"))
    for strange in (click("z"), click("a", session="v3"), click("a", placement="look"), click("a", anchor="coat")):
        parts = shown_lists(table(*shown, strange)).parts
        assert sum(part.clicks for part in parts) == 0
        assert sum(part.unseen_clicks for part in parts) == 1
    early = shown_lists(table(click("a"), *shown)).parts  # clicked before it was there
    assert [(part.clicks, part.unseen_clicks) for part in early] == [(0, 1)]


def test_arms_and_strategies_are_told_apart_by_what_the_impression_names() -> None:
    rows = [
        impression("a", 0, arm="A"), impression("b", 1, arm="A"), click("b"),
        impression("a", 0, arm="B", session="v2"), impression("b", 0, arm="B", session="v3", strategy=2),
    ]  # fmt: skip
    found = {(part.arm, part.strategy): part for part in shown_lists(table(*rows)).parts}
    assert {key: (part.lists, part.clicks) for key, part in found.items()} == {
        ("A", 1): (1, 1), ("B", 1): (1, 0), ("B", 2): (1, 0),
    }  # fmt: skip
    mine = found["A", 1].mrr
    assert mine is not None
    assert mine.mean == pytest.approx(1 / 2)


def test_what_nobody_known_did_makes_no_list() -> None:
    found = shown_lists(table(impression("a", 0, session=None), click("a", session=None)))
    assert (found.parts, found.unknown) == ((), 2)
    assert shown_lists(table()).parts == ()


def test_the_command_line_tells_it(own_shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    base = {"session": "v", "placement": "similar", "anchor": "boots-aurel-black", "item": "boots-corvin-red"}
    posted = [{"id": "1", "kind": "impression", "position": 0, **base}, {"id": "2", "kind": "click", **base}]
    added, _ = own_shop.hear(posted, at=NOW)
    assert added.new == 2
    data = str(own_shop.settings.data)
    assert cli.main(["--data", data, "events", "lists", "--json"]) == 0
    (part,) = json.loads(capsys.readouterr().out)["parts"]
    assert (part["lists"], part["clicks"], part["clicked"]["mean"]) == (1, 1, 1.0)
    assert cli.main(["--data", data, "events", "lists"]) == 0
    assert "100.0%" in capsys.readouterr().out

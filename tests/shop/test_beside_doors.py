"""Alternatives are the same whoever asks, obey what is published, and what is sold for good leaves no shop."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core import cli, shop
from core.api import api
from core.domain.changes import Key
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Request
from core.domain.rules import Rule
from core.domain.strategy import Strategy
from core.recommend.beside import PLACEMENTS, STRATEGIES
from core.recommend.supply import RunningOut
from core.shop import Shop
from tests.recommend.beside_rules import violations
from tests.worlds import NOW, boutique, open_small_shop

BAG = "handbags-aurel-black"


def asking(placement: Placement, anchor: str = BAG, **changes) -> Request:
    return Request(placement=placement, anchor=anchor, at=NOW, **changes)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_page_the_api_and_the_command_line_give_the_same_list(
    placement: Placement, small_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = small_shop.recommend(asking(placement, k=5))
    assert listing.placement == placement
    shop.install(small_shop)
    try:
        client = TestClient(api)
        over_http = client.get(
            "/recommend", params={"item_id": BAG, "placement": str(placement), "k": 5, "at": NOW.isoformat()}
        )
        explained = client.get(
            "/recommend", params={"item_id": BAG, "placement": str(placement), "at": NOW.isoformat(), "explain": True}
        )
    finally:
        shop.install(None)
    assert over_http.json() == listing.as_json()
    assert explained.json()["trace"][0]["stage"] == "eligible"
    asked = ["recommend", "--placement", str(placement), "--anchor", BAG, "-k", "5", "--at", NOW.isoformat()]
    capsys.readouterr()
    assert cli.main(["--data", str(small_shop.settings.data), *asked, "--json"]) == 0
    assert capsys.readouterr().out.strip().encode() == over_http.content
    assert cli.main(["--data", str(small_shop.settings.data), *asked]) == 0
    assert cli.main(["--data", str(small_shop.settings.data), *asked, "--trace", "--why", "boots-corvin-red"]) == 0
    assert "why_missing" in capsys.readouterr().out


def test_every_placement_has_a_name_on_screen() -> None:
    assert set(PLACEMENT_NAMES) == set(Placement)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_all_lists_are_those_of_each_and_keep_their_promises(placement: Placement, small_shop: Shop) -> None:
    view, wardrobe = small_shop.view(NOW, placement), small_shop.wardrobe(NOW)
    lists = list(small_shop.recommend_all(asking(placement).changed(anchor=None)))
    assert [one.anchor for one in lists] == list(view.catalogue.ids)
    assert lists[3] == small_shop.recommend(asking(placement, str(lists[3].anchor)))
    assert sum(len(one.items) for one in lists) > 100
    for listing in lists:
        assert not violations(listing, view.catalogue, wardrobe, NOW)


def test_a_strategy_is_published_for_one_of_them_and_for_no_other(own_shop: Shop) -> None:
    assert own_shop.strategy(Placement.UPSELL) == STRATEGIES[Placement.UPSELL]
    words = Strategy("Words", {"text": 1.0})
    own_shop.publish_strategy(Placement.CROSS_BRAND, words, who="Ines", why="Try")
    shown = own_shop.recommend(asking(Placement.CROSS_BRAND).changed(at=None))
    assert all(set(one.contributions) <= {"base", "text"} for one in shown.items)
    other = own_shop.recommend(asking(Placement.CROSS_SELL).changed(at=None))
    assert any("image" in one.contributions for one in other.items)
    drafted = {Key("strategy", "upsell"): words.as_json()}
    tried = own_shop.recommend(asking(Placement.UPSELL).changed(at=None), draft=drafted)
    assert all(set(one.contributions) <= {"base", "text", "boost"} for one in tried.items)


def test_a_published_block_counts_at_once_in_all_of_them(own_shop: Shop) -> None:
    first = {one: own_shop.recommend(asking(one).changed(at=None)).ids[:1] for one in PLACEMENTS}
    items = [ids[0] for ids in first.values() if ids]
    assert len(items) >= 2
    own_shop.publish_rules(
        [Rule.from_json({"id": "no", "kind": "block", "target": {"items": items}})], who="Ines", why="Gone"
    )
    for placement in (*PLACEMENTS, Placement.SUBSTITUTE):
        assert not set(items) & set(own_shop.recommend(asking(placement).changed(at=None)).ids)
    assert not set(items) & set(own_shop.supply(BAG).near)


def wait_for(made):
    for _ in range(200):
        if (found := made()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("it was never counted")


def test_what_runs_out_is_counted_beside_the_page_and_anew_when_stock_changes(own_shop: Shop) -> None:
    before = wait_for(own_shop.running_out)
    assert BAG not in [one.id for one in before.found] or own_shop.item(BAG).pieces <= 3
    own_shop.change_facts(BAG, {"stock": {"S": 0, "M": 0}}, who="Ines", why="Sold out")
    after = wait_for(own_shop.running_out)
    mine = next(one for one in after.found if one.id == BAG)
    assert mine == own_shop.supply(BAG)
    assert mine.left == 0


@pytest.fixture
def shop_with_singles(tmp_path: Path, weightless: None) -> Shop:
    items = boutique()
    for number in (7, 21):
        plain = {name: getattr(items[number], name) for name in type(items[number]).__dataclass_fields__}
        items[number] = type(items[number])(**{**plain, "stock": {"": 1}})
    return open_small_shop(tmp_path / "shop", items)


def test_what_was_one_of_a_kind_and_is_sold_goes_into_no_export_of_lists(
    shop_with_singles: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = shop_with_singles
    single = boutique()[7].id
    assert own.to_export() == (list(own.catalogue().ids), [])
    own.change_facts(single, {"stock": {"": 0}}, who="Ines", why="Sold")
    kept, left = own.to_export()
    assert (len(kept), left) == (len(own.catalogue()) - 1, [single])
    assert own.to_export([BAG, single]) == (
        [one for one in (BAG, single) if one != single], [single],
    )  # fmt: skip
    capsys.readouterr()
    data = str(own.settings.data)
    for placement in ("similar", "substitute", "cross_sell"):
        page = tmp_path / f"{placement}.html"
        asked = ["recommend", "--placement", placement, "--all", "-k", "3", "--json", "--html", str(page)]
        assert cli.main(["--data", data, *asked]) == 0
        out, err = capsys.readouterr()
        lists = [json.loads(line) for line in out.splitlines()]
        assert len(lists) == len(kept)
        assert single not in out
        assert single not in page.read_text(encoding="utf-8")
        assert f"it was one of a kind and is sold, so nothing is exported for: {single}." in err
    assert own.supply(single).single


def test_two_days_are_counted_side_by_side(own_shop: Shop) -> None:
    days = (NOW, NOW + timedelta(days=30))

    def counted(day: datetime) -> RunningOut | None:
        for _ in range(200):
            if (found := own_shop.running_out(day)) is not None:
                return found
            time.sleep(0.02)
        return None

    first = [counted(day) for day in days]
    assert all(one is not None for one in first)
    assert [own_shop.running_out(day) for day in days] == first

"""Why something stands in For You or not, and what it would take: of the list itself, for a shopper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from core import cli
from core import shop as shops
from core.api import api
from core.curation.resolve import RuleBook
from core.domain.errors import BadRequest, UnknownItem
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.shoppers import Context, Dislikes, Person
from core.recommend import for_you
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

LIKED = [("coats-aurel-black", "save"), ("coats-corvin-black", "cart"), ("coats-ferrand-black", "view"),
         ("handbags-aurel-red", "save"), ("handbags-corvin-red", "view"), ("handbags-ferrand-red", "save")]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The boutique with everything but one bag in stock, in which Ann saved coats and red bags."""
    items = [
        replace(item, stock={"S": 0 if item.id == "handbags-norrland-red" else 3}, family_id=None)
        for item in boutique()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        opened = open_small_shop(tmp_path_factory.mktemp("why-you") / "shop", items)
        for n, (item, kind) in enumerate(LIKED):
            event = {"id": f"e{n}", "kind": kind, "item": item, "shopper": "ann", "session": f"v{n}"}
            assert opened.hear([event], at=NOW - timedelta(days=2 + n))[0].new == 1
        yield opened


def asking(shop: Shop, k: int = 5, **fields: object) -> Request:
    return Request(Placement.FOR_YOU, k=k, at=NOW, shopper=shop.person("ann", at=NOW), **fields)  # type: ignore[arg-type]


def test_what_is_told_of_an_item_in_the_list_is_what_the_list_tells(shop: Shop) -> None:
    request = asking(shop).changed(
        shopper=replace(shop.person("ann", at=NOW), context=Context(season="winter", device="phone"))
    )
    listing = shop.recommend(request)
    for placed in listing.items:
        found = shop.explain(request, placed.id)
        assert found.placed == placed
        assert found.score == pytest.approx(placed.score, abs=1e-12)
        assert found.contributions == pytest.approx(placed.contributions, abs=1e-12)
        assert sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-9)
        told = next(note.text for note in placed.notes if note.code == "interest")
        assert found.interest is not None
        assert found.interest.label in told
        said = next(note.text for note in placed.notes if note.code == "to_the_shopper")
        assert said == f"{found.safe_reason}."
        assert found.places is not None
        assert found.places.rules == placed.rank


def test_the_interest_is_the_one_it_comes_from_and_names_its_closest_product(shop: Shop) -> None:
    found = shop.explain(asking(shop), "coats-norrland-navy")
    assert found.interest is not None
    assert "coat" in found.interest.label
    assert found.near[0].startswith("coats-")
    assert "coat" in found.as_json()["text"].lower()
    assert found.as_json()["shopper"] == shop.shopper_id("ann")


@pytest.mark.parametrize(
    ("item", "why"),
    [("coats-aurel-black", "met it already"), ("handbags-norrland-red", "sold out"), ("totes-norrland-navy", "")],
)
def test_why_something_is_not_there_is_the_reason_of_the_list(shop: Shop, item: str, why: str) -> None:
    request = asking(shop, 3)
    found = shop.explain(request, item)
    missing = shop.why_missing(request, item)
    assert found.placed is None
    assert found.why_not is not None
    assert found.why_not.missing == missing
    assert why in found.as_json()["text"]
    assert found.score is not None


def test_what_a_stranger_sees_is_explained_too(shop: Shop) -> None:
    request = asking(shop).changed(shopper=None)
    listing = shop.recommend(request)
    assert shop.explain(request, listing.ids[0]).placed == listing.items[0]
    assert "first visit" in shop.explain(request, listing.ids[0]).as_json()["text"]
    me = shop.person("nobody", at=NOW)
    barred = request.changed(shopper=Person(me.shopper.changed(dislikes=Dislikes(items=(listing.ids[0],))), me.history))
    found = shop.explain(barred, listing.ids[0])
    assert found.why_not is not None
    assert "not for them" in found.why_not.text


def test_what_it_would_take_is_true_of_the_list(shop: Shop) -> None:
    request = asking(shop, 4)
    beyond = [item for item in shop.recommend(request.changed(k=30)).ids if item not in shop.recommend(request).ids]
    for item in beyond[:6]:
        answer = shop.what_would_it_take(request, item, every=True)
        assert answer.changes, item
        for change in answer.changes:
            asked = request if change.strategy is None else request.changed(strategy=change.strategy)
            view = shop.view(NOW, Placement.FOR_YOU)
            if change.rule is not None:
                view = view.with_rules([change.rule], 1, RuleBook.of([change.rule]))
            ids = for_you.for_you(view, asked, shop._around).ids
            assert ids == change.ids
            assert ids.index(item) + 1 == change.place


def test_what_it_would_take_to_lose_it(shop: Shop) -> None:
    request = asking(shop, 4)
    first = shop.recommend(request).ids[0]
    answer = shop.what_would_it_take(request, first, goal="out", every=True)
    assert answer.place == 1
    assert all(first not in change.ids and change.place is None for change in answer.changes)
    assert answer.changes


def test_a_sold_out_product_takes_stock_and_a_filter_takes_another_question(shop: Shop) -> None:
    stock = shop.what_would_it_take(asking(shop, 8), "handbags-norrland-red")
    assert [change.kind for change in stock.changes] == ["stock"]
    bags = asking(shop, 8, filters=Filters({"type": ("Handbags",)}))
    coat = next(item for item in shop.recommend(asking(shop, 8)).ids if item.startswith("coats"))
    asked = shop.what_would_it_take(bags, coat)
    assert [change.kind for change in asked.changes] == ["filters"]


def test_what_is_the_shoppers_to_say_is_left_to_them(shop: Shop) -> None:
    answer = shop.what_would_it_take(asking(shop), "coats-aurel-black")
    assert not answer.changes
    assert "theirs to say" in answer.text
    with pytest.raises(UnknownItem):
        shop.what_would_it_take(asking(shop), "nothing-of-the-kind")
    with pytest.raises(BadRequest, match="no goal"):
        shop.what_would_it_take(asking(shop), "coats-norrland-navy", goal="up")


def test_the_api_explains_for_a_shopper(shop: Shop) -> None:
    shops.install(shop)
    try:
        client = TestClient(api)
        asked = {"shopper": "ann", "k": 4, "at": NOW.isoformat(), "context": ["season=winter", "device=phone"]}
        person = replace(shop.person("ann", at=NOW), context=Context(season="winter", device="phone"))
        request = asking(shop, 4).changed(shopper=person)
        item = shop.recommend(request.changed(k=30)).ids[9]
        plain = client.get("/explain", params={**asked, "item": item, "take": 4}).json()
        take = plain.pop("take")
        assert plain == shop.explain(request, item).as_json()
        assert plain["why_not"] is not None
        assert take == shop.what_would_it_take(request, item).as_json()
        for wrong in ({"anchor": item}, {"context": ["season"]}):
            assert client.get("/explain", params={**asked, "item": item, **wrong}).status_code == 422
        nobody = client.get("/explain", params={"item": item, "anchor": "coats-aurel-black", "preset": "few"})
        assert "of a shopper" in nobody.json()["error"]["message"]
    finally:
        shops.install(None)


def test_the_command_line_explains_for_a_shopper(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--shopper", "ann", "-k", "4", "--at", NOW.isoformat(), "--take", "4", "--json")
    request = asking(shop, 4)
    item = shop.recommend(request.changed(k=30)).ids[9]
    status = cli.main(["--data", str(shop.settings.data), "explain", item, *words])
    plain = json.loads(capsys.readouterr().out)
    assert status == 0
    take = plain.pop("take")
    assert plain == shop.explain(request, item).as_json()
    assert take == shop.what_would_it_take(request, item).as_json()
    assert cli.main(["--data", str(shop.settings.data), "explain", item]) == 2
    assert "--shopper" in capsys.readouterr().err

"""The words of the shop keep their promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.domain.catalogue import Catalogue, Item, State
from core.domain.errors import BadRequest, SlotTaken, UnknownItem
from core.domain.query import Filters, Request, parse_filters, parse_moment, parse_weights
from core.domain.rules import pinned, summed_boosts
from core.domain.strategy import Strategy, normalised

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_catalogue_stands_in_the_order_of_its_ids_however_it_came() -> None:
    items = [Item("b"), Item("a"), Item("B"), Item("10"), Item("9")]
    assert Catalogue.of(items).ids == ("10", "9", "B", "a", "b")
    assert Catalogue.of(reversed(items)).ids == Catalogue.of(items).ids


def test_an_id_stands_in_a_catalogue_once() -> None:
    with pytest.raises(ValueError, match="once"):
        Catalogue.of([Item("a"), Item("a")])


def test_an_item_comes_back_from_the_catalogue_as_it_went_in() -> None:
    coat = Item(
        "coat", title="Wrap coat", brand="NA", category=("Coats", "Wrap coats"), type="Wrap coats", price=189000,
        currency="EUR", stock={"S": 0, "M": 2}, release_at=NOW, colour=("camel",), extra={"buttons": "horn"},
        pictures=("abc",), brand_tier=3,
    )  # fmt: skip
    assert Catalogue.of([coat]).item("coat") == coat


def test_an_unknown_id_is_named() -> None:
    with pytest.raises(UnknownItem, match="'hat'"):
        Catalogue.of([]).row("hat")


@pytest.mark.parametrize(
    ("item", "state"),
    [
        (Item("a"), State.LIVE),  # unknown stock is sellable
        (Item("a", stock={}), State.SOLD_OUT),
        (Item("a", stock={"S": 0, "M": 0}), State.SOLD_OUT),
        (Item("a", stock={"S": 0, "M": 1}), State.LIVE),
        (Item("a", release_at=NOW + DAY), State.EMBARGOED),
        (Item("a", release_at=NOW), State.LIVE),
        (Item("a", embargo_until=NOW + DAY, stock={"": 0}), State.EMBARGOED),
        (Item("a", retired_at=NOW, release_at=NOW + DAY), State.RETIRED),
        (Item("a", retired_at=NOW + DAY), State.LIVE),
    ],
)
def test_a_state_follows_from_dates_and_stock_in_the_item_and_in_the_catalogue(item: Item, state: State) -> None:
    assert item.state(NOW) == state
    assert Catalogue.of([item]).states(NOW).tolist() == [state]


def test_facts_lie_over_the_catalogue_and_leave_it_as_it_was() -> None:
    catalogue = Catalogue.of([Item("a", stock={"": 3}), Item("b", price=100)])
    changed = catalogue.with_changes({"a": {"stock": {"": 0}}, "gone": {"price": 5}, "b": {"price": 80}})
    assert changed.item("a").stock == {"": 0}
    assert changed.item("b").price == 80
    assert catalogue.item("a").stock == {"": 3}
    assert catalogue.item("b").price == 100


@pytest.mark.parametrize("factor", [10, 0.1, 3, 7e-9])
def test_only_the_ratios_of_weights_count(factor: float) -> None:
    weights = {"text": 0.35, "image": 0.35, "attributes": 0.3}
    assert normalised({name: weight * factor for name, weight in weights.items()}) == normalised(weights)


def test_weights_that_make_no_sense_are_refused() -> None:
    for weights in ({"text": -0.1}, {"text": float("nan")}, {"text": float("inf")}, {"colour": 1.0}):
        with pytest.raises(BadRequest):
            normalised(weights)
    with pytest.raises(BadRequest, match="All weights are 0"):
        normalised({"text": 0, "image": 0.0})
    with pytest.raises(BadRequest):
        Strategy(lam=1.2)


def test_a_strategy_comes_back_from_json() -> None:
    strategy = Strategy(
        name="Knitwear", weights={"text": 0.8, "image": 0.2}, lam=0.5, brand_cap=None, note="words lead"
    )
    assert Strategy.from_json(strategy.as_json()) == strategy


def test_what_is_typed_at_the_door_is_read_or_refused() -> None:
    assert parse_weights("text=.5, image=1") == {"text": 0.5, "image": 1.0}
    assert parse_filters(["category=bags", "brand=A=B", "category=shoes"]) == {
        "category": ("bags", "shoes"),
        "brand": ("A=B",),
    }
    assert parse_moment("2026-03-01T10:00:00+01:00") == NOW
    assert parse_moment("2026-03-01T09:00:00Z") == NOW
    for wrong in ("text", "text=x", "=1"):
        with pytest.raises(BadRequest):
            parse_weights(wrong)
    with pytest.raises(BadRequest):
        parse_filters(["bags"])
    with pytest.raises(BadRequest):
        parse_moment("yesterday")


def test_a_request_is_bounded() -> None:
    for wrong in ({"k": 0}, {"k": 201}, {"at": datetime(2026, 3, 1)}):
        with pytest.raises(BadRequest):
            Request(**wrong)  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match="empty"):
        Filters(price_from=10, price_to=9)


def test_two_pins_on_one_place_are_refused_with_both_names() -> None:
    assert pinned([(1, "a"), (2, "b"), (1, "a")]) == {1: "a", 2: "b"}
    with pytest.raises(SlotTaken, match=r"'a' and 'c'.*place 1"):
        pinned([(1, "a"), (1, "c")])


def test_boosts_on_one_item_add_and_are_capped() -> None:
    assert summed_boosts([("a", 0.5), ("a", 0.25), ("b", 0.5), ("b", 0.5), ("b", 0.5), ("c", -0.1), ("c", 0.1)]) == {
        "a": 0.75,
        "b": 1.0,
    }

"""Events and shoppers are plain values in which no id of the shop's own can stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from core.domain.errors import BadRequest
from core.domain.events import KINDS, STRENGTH, Event
from core.domain.shoppers import Context, Dislikes, History, Person, Shopper, hashed, is_hashed

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
SALT = b"a salt of this test"
JANE = hashed(SALT, "jane")


def event(**fields: Any) -> Event:
    plain = {"id": "1", "kind": "view", "item": "bag", "shopper": "jane", "at": "2026-03-01T09:00:00Z", **fields}
    return Event.from_json({name: value for name, value in plain.items() if value is not None}, salt=SALT)


def test_a_hash_is_salted_says_what_it_stands_for_and_does_not_change_when_hashed_again() -> None:
    assert is_hashed(JANE)
    assert len(JANE) == 26
    assert hashed(b"another salt", "jane") != JANE
    assert hashed(SALT, "jane", "v")[2:] != JANE[2:], "a visit called jane is not the shopper called jane"
    assert hashed(SALT, " jane ") == JANE == hashed(SALT, JANE)
    for wrong in ("", "  ", "a\x00b", "x" * 201):
        with pytest.raises(BadRequest):
            hashed(SALT, wrong)


def test_no_raw_id_gets_into_an_event() -> None:
    made = event(session="cookie-77")
    assert "jane" not in str(made)
    assert "cookie" not in str(made)
    with pytest.raises(BadRequest, match="salted hash"):
        Event("e_" + "0" * 24, "view", AT, item="bag", shopper="jane")
    with pytest.raises(BadRequest, match="salted hash"):
        Event.from_json({"id": "1", "kind": "view", "item": "bag", "at": "2026-03-01T09:00:00Z"})
    with pytest.raises(BadRequest, match="salted hash"):
        Shopper("jane")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "impression", "placement": "similar", "position": 0, "anchor": "tote", "strategy": 3, "arm": "B"},
        {"kind": "purchase", "quantity": 2, "size": "M", "price": 12900, "client_at": "2026-03-01T10:00:00+02:00"},
        {"kind": "search", "item": None, "query": "evening bag"},
        {"kind": "not_for_me", "item": None, "target": "colour", "value": "red"},
        {"kind": "not_for_me"},
        {"kind": "for_me", "item": None, "target": "house", "value": "Aurel"},
    ],
)
def test_an_event_is_what_its_json_says(fields: dict[str, Any]) -> None:
    made = event(**fields)
    assert Event.from_json(made.as_json()) == made


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "stare"}, "no kind of event 'stare'"),
        ({"item": None}, "names its product"),
        ({"kind": "click"}, "names the list"),
        ({"kind": "search", "item": None}, "what was typed"),
        ({"kind": "not_for_me", "item": None, "target": "weather", "value": "rain"}, "said of item, colour, house"),
        ({"kind": "not_for_me", "item": None, "target": "house"}, "names the house"),
        ({"kind": "not_for_me", "shopper": None}, "name them"),
        ({"target": "colour", "value": "red"}, "Only"),
        ({"at": "yesterday"}, "no moment"),
        ({"at": "2026-03-01T09:00:00"}, "no time zone"),
        ({"at": "0001-01-01T00:00:00Z"}, "lies in the year 1"),
        ({"position": -1}, "position"),
        ({"position": True}, "position"),
        ({"quantity": 0}, "quantity"),
        ({"price": 1.5}, "price"),
        ({"item": "x" * 300}, "item"),
        ({"item": 7}, "item"),
        ({"email": "jane@example.com"}, "no field 'email'"),
        ({"id": None}, "an id"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused_with_a_sentence(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        event(**fields)


def test_what_the_sender_calls_now_stands_beside_the_servers_time() -> None:
    plain = {"id": "1", "kind": "view", "item": "bag", "at": "2031-01-01T00:00:00Z"}
    made = Event.from_json(plain, salt=SALT, at=AT)
    assert made.at == AT
    assert made.client_at == datetime(2031, 1, 1, tzinfo=UTC)
    assert event(at="2026-03-01T11:00:00+02:00").at == AT


def test_a_purchase_says_more_than_a_cart_a_wish_a_view_and_a_return_speaks_against() -> None:
    assert STRENGTH["purchase"] > STRENGTH["cart"] > STRENGTH["save"] > STRENGTH["view"] > 0 > STRENGTH["return"]
    assert set(STRENGTH) < set(KINDS)


def test_a_history_is_in_order_of_time_and_cut_at_any_moment() -> None:
    moments = tuple(AT + timedelta(hours=n) for n in range(4))
    told = History(("a", "b", None, "a"), ("view", "save", "search", "purchase"), moments, (0, 0, 1, 1))
    assert told.until(moments[1]).items == ("a", "b")
    assert told.until(AT - timedelta(days=1)) == History()
    assert told.of_kinds({"purchase"}).moments == moments[3:]
    assert told.in_session(1).kinds == ("search", "purchase")
    assert len(History()) == 0
    assert told.quantities == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="order of time"):
        History(("a", "b"), ("view", "view"), moments[1::-1])
    with pytest.raises(ValueError, match="one length"):
        History(("a",), ("view", "view"), moments[:2])
    later = History(("c",), ("cart",), (moments[1],), (0,))
    both = told.joined(later)
    assert both.items == ("a", "b", "c", None, "a")
    assert both.sessions == (0, 0, 2, 1, 1), "another visit stays another one"


def test_what_is_not_for_a_shopper_is_found_in_the_history() -> None:
    said = (("colour", "red"), None, ("colour", "red"))
    told = History((None, "a", None), ("not_for_me", "view", "not_for_me"), (AT,) * 3, targets=said)
    assert told.dislikes == (("colour", "red"),)
    back = History((None,) * 3, ("not_for_me", "for_me", "for_me"), (AT,) * 3,
                   targets=(("colour", "red"), ("colour", "RED"), ("house", "Aurel")))  # fmt: skip
    assert back.dislikes == ()
    assert back.taken_back == (("colour", "RED"), ("house", "Aurel"))
    assert Person(Shopper(JANE, dislikes=Dislikes(houses=("aurel", "Corvin"))), back).dislikes.houses == ("Corvin",)
    assert Dislikes(houses=("Aurel",)).joined(told.dislikes) == Dislikes((), ("red",), ("Aurel",))


def test_a_shopper_is_what_its_json_says_and_without_consent_nothing_is_personal() -> None:
    jane = Shopper(
        JANE, "gold", ("a", "b", "a"), {"Shoes": "38"}, ("Aurel",), Dislikes(colours=("red",)), consent=True
    )  # fmt: skip
    assert jane.wishlist == ("a", "b")
    assert Shopper.from_json(jane.as_json()) == jane
    assert jane.personal
    assert not jane.changed(consent=False).personal
    assert not jane.changed(opted_out=True).personal
    for wrong in ({"name": "Jane"}, {"sizes": ["38"]}, {"consent": "yes"}, {"wishlist": "a"}, {"tier": "a\nb"}):
        with pytest.raises(BadRequest):
            Shopper.from_json({"id": JANE, **wrong})


def test_a_context_says_only_what_is_known() -> None:
    assert not Context()
    told = Context.from_json({"hour": 0, "device": "phone", "place": "Lyon"})
    assert told
    assert told.as_json() == {"hour": 0, "device": "phone", "place": "Lyon"}
    for wrong in ({"hour": 24}, {"hour": True}, {"device": "fridge"}, {"season": ""}, {"street": "x"}, []):
        with pytest.raises(BadRequest):
            Context.from_json(wrong)
    assert Person(Shopper(JANE)).context == Context()


def test_moments_of_any_zone_are_kept_in_utc() -> None:
    east = datetime(2026, 3, 1, 14, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert Event("e_" + "0" * 24, "view", east, item="bag").at == AT

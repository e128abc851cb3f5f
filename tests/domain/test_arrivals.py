"""What an arrival is, and what it is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.domain.arrivals import Arrival, fresh_id, ready_to_keep
from core.domain.catalogue import State
from core.domain.errors import BadRequest

WHOLE = Arrival(
    id="new-1", title="Navy wool coat", type="Coats", category=("Clothing", "Coats"), audience="women",
    colour=("navy",), price=42_000, currency="EUR", stock={"S": 3, "M": 0}, pictures=("a" * 32,),
    release_at=datetime(2026, 5, 1, 8, tzinfo=UTC), note="From the May capsule",
)  # fmt: skip


def test_an_arrival_comes_back_from_json_as_it_was():
    assert Arrival.from_json(WHOLE.as_json()) == WHOLE
    assert Arrival.from_json({"id": "new-2"}).as_json() == {"id": "new-2"}


def test_nobody_sees_it_before_its_release():
    item = WHOLE.item()
    assert item.state(datetime(2026, 4, 30, tzinfo=UTC)) == State.EMBARGOED
    assert item.state(datetime(2026, 5, 2, tzinfo=UTC)) == State.LIVE
    assert Arrival.of(item).item() == item


@pytest.mark.parametrize(
    "plain",
    [
        {}, {"id": ""}, {"id": 7}, {"id": " x"}, {"id": "x", "colour": "red"}, {"id": "x", "price": -1},
        {"id": "x", "price": 1.5}, {"id": "x", "price": True}, {"id": "x", "stock": {"S": "3"}},
        {"id": "x", "release_at": "soon"}, {"id": "x", "release_at": "2026-05-01T08:00"}, {"id": "x", "path": "/etc"},
        {"id": "x", "audience": "cats"}, {"id": "x", "pictures": ["p"] * 9}, {"id": "x", "title": "t" * 501},
        {"id": "x", "colour": [3]}, {"id": "x", "title": "\ud800"}, {"id": "x", "extra": {"a": 1}},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(plain):
    with pytest.raises(BadRequest):
        Arrival.from_json(plain)


def test_only_title_and_release_are_needed_to_keep_one():
    assert Arrival("new-3").lacks == ("title", "release_at")
    for short in (Arrival("new-3"), Arrival("new-3", title="A coat")):
        with pytest.raises(BadRequest):
            ready_to_keep(short)
    ready_to_keep(Arrival("new-3", title="A coat", release_at=WHOLE.release_at))


def test_an_id_is_given_at_once_and_to_one_product_only():
    first = fresh_id(["A coat"])
    assert first == fresh_id(["A coat"])
    assert first.startswith("new-")
    assert fresh_id(["A coat"], taken={first}) != first

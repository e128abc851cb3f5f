"""Long work beside the page: one for all who ask for the same, each for those who do not, and nothing held on to."""

from __future__ import annotations

import gc
from typing import Any, cast
from weakref import ref

import pytest

from core.domain.errors import Refused
from core.domain.progress import Watch
from core.shop import Shop
from pages.kit import underway


class Front:
    """Stands where a shop would: the works are kept beside it alone."""


@pytest.fixture
def front() -> Shop:
    return cast(Shop, Front())


def test_who_asks_for_the_same_finds_the_same_work(front: Shop) -> None:
    first = underway.begin(front, "map", lambda _: 1, "today")
    assert first.wait(5.0)
    assert underway.of(front, "map", "today") is first
    assert underway.of(front, "map", "in May") is None


def test_two_days_do_not_take_each_others_place(front: Shop) -> None:
    today, may = (underway.begin(front, "map", lambda _, day=day: day, day) for day in ("today", "may"))
    assert today.wait(5.0)
    assert may.wait(5.0)
    assert (today.found, may.found) == ("today", "may")
    assert underway.of(front, "map", "today") is today
    underway.forget(front, "map", "today")
    assert underway.of(front, "map", "today") is None
    assert underway.of(front, "map", "may") is may


def test_only_the_last_works_of_a_name_stay(front: Shop) -> None:
    for day in range(underway.KEPT + 3):
        assert underway.begin(front, "map", lambda _: 0, str(day)).wait(5.0)
    assert underway.begin(front, "other", lambda _: 0).wait(5.0)
    there = [day for day in range(underway.KEPT + 3) if underway.of(front, "map", str(day)) is not None]
    assert len(there) <= underway.KEPT + 1
    assert there[-1] == underway.KEPT + 2
    assert underway.of(front, "other") is not None


@pytest.mark.parametrize("fails", [False, True])
def test_a_shop_that_nobody_looks_at_is_let_go_with_its_works(fails: bool) -> None:
    front = cast(Shop, Front())

    def body(watch: Watch, shop: Any = front) -> int:
        if fails:
            raise Refused(f"{type(shop).__name__} is closed.")
        return 1

    work = underway.begin(front, "map", body)
    assert work.wait(5.0)
    assert (work.error is not None) == fails
    gone = ref(front)
    del front, body, work
    gc.collect()
    assert gone() is None

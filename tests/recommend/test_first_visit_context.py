"""Where and when a stranger is moves the list of a first visit a little: never what a curator set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core import cli
from core.domain.listing import Listing
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.shoppers import Context, Dislikes, History, Person, Shopper
from core.domain.visit import Visit
from core.recommend import first_visit, for_you, personal
from core.recommend.for_you import Around
from core.recommend.trend import Acts
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

ME = Shopper("s_" + "1" * 24)
WINTER, SUMMER = Context(season="winter"), Context(season="summer")
SEASONS = {"Coats": ("winter",), "Knitwear": ("winter",), "Boots": ("winter",), "Loafers": ("summer",)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The boutique, in which coats, boots and jumpers are for winter and loafers for summer."""
    items = [
        replace(item, stock={"S": 3}, family_id=None, season=SEASONS.get(item.type or "", ("winter", "summer")))
        for item in boutique()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        yield open_small_shop(tmp_path_factory.mktemp("where") / "shop", items)


def ask(shop: Shop, context: Context | None, k: int = 12, me: Shopper = ME, visit: Visit | None = None,
        acts: Acts | None = None) -> Listing:  # fmt: skip
    view = shop.view(NOW, Placement.COLD_START)
    person = None if context is None else Person(me, History(), context)
    return first_visit.first_list(view, Request(Placement.COLD_START, k=k, at=NOW, shopper=person, visit=visit), acts)


def share(shop: Shop, listing: Listing, season: str) -> float:
    """How many of the products that are made for one season are made for this one."""
    made = [shop.item(item).season for item in listing.ids if len(shop.item(item).season) == 1]
    return sum(season in one for one in made) / max(1, len(made))


def lately(shop: Shop) -> Acts:
    """Everything was looked at, the coats a little more often than the loafers."""
    rows, catalogue = [], shop.catalogue(NOW)
    for row, item in enumerate(catalogue):
        rows += [row] * {"Coats": 6, "Loafers": 5}.get(item.type or "", 3)
    moments = np.full(len(rows), np.datetime64((NOW - timedelta(days=1)).replace(tzinfo=None), "us"))
    return Acts(np.array(rows, dtype=np.int64), moments, np.ones(len(rows)))


@pytest.mark.parametrize("rung", ["window", "trending", "context"])
def test_the_season_moves_every_rung_a_little(shop: Shop, rung: str) -> None:
    acts = lately(shop) if rung == "trending" else None
    visit = Visit(seen=("handbags-aurel-black",)) if rung == "context" else None
    lists = {one.season: ask(shop, one, 24, visit=visit, acts=acts) for one in (WINTER, SUMMER)}
    plain = ask(shop, None, 24, visit=visit, acts=acts)
    assert any(first_visit.rung_of(one) == rung for one in plain.items)
    assert lists["winter"].ids != lists["summer"].ids
    seasonal = {name: [place for place, item in enumerate(one.ids) if shop.item(item).season == ("summer",)]
                for name, one in lists.items()}  # fmt: skip
    assert not seasonal["winter"] or np.mean(seasonal["summer"]) <= np.mean(seasonal["winter"])
    assert share(shop, lists["summer"], "summer") >= share(shop, lists["winter"], "summer")
    assert set(lists["winter"].ids[:6]) & set(plain.ids)  # it orders, and does not choose anew


def test_a_list_says_what_moved_it_and_an_item_that_it_fits(shop: Shop) -> None:
    listing = ask(shop, WINTER, 24)
    assert any(note.code == "where_when" and "winter" in note.text for note in listing.notes)
    for one in listing.items:
        told = [note.text for note in one.notes if note.code == "where_when"]
        season = shop.item(one.id).season
        assert season != ("winter",) or told == ["Fits winter."]
        assert season != ("summer",) or told == ["Fits winter less."]
    assert not any(note.code == "where_when" for note in ask(shop, None).notes)


def test_contributions_still_add_up(shop: Shop) -> None:
    listing = ask(shop, WINTER, visit=Visit(seen=("coats-aurel-black", "boots-aurel-red")))
    scored = [one for one in listing.items if one.score is not None]
    assert scored
    for one in scored:
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)
        assert "context" in one.contributions


def test_without_a_context_the_list_is_what_it_was(shop: Shop) -> None:
    for visit in (None, Visit(seen=("coats-aurel-black",))):
        plain, blank = ask(shop, None, visit=visit), ask(shop, Context(), visit=visit)
        assert plain.items == blank.items
        assert plain.notes == blank.notes


def test_a_stranger_in_for_you_has_it_too_and_is_told_what_moved(shop: Shop) -> None:
    view = shop.view(NOW, Placement.FOR_YOU)
    request = Request(Placement.FOR_YOU, k=24, at=NOW, shopper=Person(ME, History(), SUMMER))
    found = for_you.told(view, request, Around())
    assert found.preset == "none"
    assert found.listing.shopper == ME.id
    anywhere = for_you.for_you(view, request.changed(shopper=Person(ME)), Around())
    assert found.moved == for_you.shifts(anywhere, found.listing)
    assert found.moved
    refuses = Person(ME.changed(consent=False), History(), SUMMER)
    assert for_you.for_you(view, request.changed(shopper=refuses)).ids == found.listing.ids


def test_a_stranger_who_follows_a_house_sees_it_a_little_sooner_and_is_told_so(shop: Shop) -> None:
    view = shop.view(NOW, Placement.FOR_YOU)
    request = Request(Placement.FOR_YOU, k=24, at=NOW, shopper=Person(ME))
    around = Around(acts=lately(shop))
    plain = for_you.for_you(view, request, around)
    moved = 0
    for house in dict.fromkeys(shop.item(item).brand for item in plain.ids):
        follows = for_you.for_you(view, request.changed(shopper=Person(ME.changed(followed=(house,)))), around)
        before, after = ([place for place, item in enumerate(one.ids) if shop.item(item).brand == house]
                         for one in (plain, follows))  # fmt: skip
        assert len(after) >= len(before)
        assert all(now <= then for then, now in zip(before, after, strict=False))
        moved += after != before
        assert any(note.code == "followed" and house in note.text for note in follows.notes)
        for one in follows.items:
            assert any(note.code == "followed" for note in one.notes) == (shop.item(one.id).brand == house)
    assert moved
    refuses = Person(ME.changed(followed=(house,), consent=False))
    assert for_you.for_you(view, request.changed(shopper=refuses), around).ids == plain.ids


def test_what_is_not_for_a_shopper_stands_on_no_rung(shop: Shop) -> None:
    first = ask(shop, Context(), 3)
    me = ME.changed(dislikes=Dislikes(items=first.ids))
    assert not set(first.ids) & set(ask(shop, Context(), 30, me=me).ids)


def test_an_order_of_its_own_is_moved_by_no_more_than_it_is_worth() -> None:
    rows = np.arange(200)
    amounts = np.zeros(200)
    amounts[199] = personal.MOST
    assert personal.leaning(rows, np.zeros(200)).tolist() == rows.tolist()
    assert personal.leaning(rows, amounts).tolist().index(199) > 100


def test_the_command_line_knows_a_stranger_by_where_they_are(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--data", str(shop.settings.data), "recommend", "--placement", "cold_start", "--at", NOW.isoformat(),
             "--json", "-k", "12"]  # fmt: skip
    assert cli.main([*words, "--season", "summer"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert tuple(one["id"] for one in plain["items"]) == ask(shop, SUMMER).ids
    assert "shopper" not in plain
    assert cli.main([*words, "--preset", "few"]) == 2
    assert cli.main([*words, "--hour", "25"]) == 2

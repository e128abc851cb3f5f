"""For You: one list from what a shopper did, wishes and a visit, under the rules of any list, with its reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from core.curation.resolve import RuleBook
from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Origin
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.shoppers import Context, Dislikes, History, Person, Shopper
from core.domain.strategy import Strategy
from core.rank.behaviour import BehaviourSignal, train
from core.recommend import for_you, personal, similar
from core.recommend.fit import KIND, reference
from core.recommend.for_you import CLASSIC, FEW_ACTS, MANY_ACTS, Around
from core.recommend.session import Crowd, crowd
from core.recommend.taste import MOST_INTERESTS
from core.recommend.trend import Acts, acts
from core.recommend.view import View
from core.shop import Shop
from tests.worlds import COLOURS, HOUSES, KINDS, NOW, boutique, open_small_shop

ME = Shopper("s_" + "0" * 24)
DAY = timedelta(days=1)
Did = tuple[str, str, float]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The boutique with everything in stock; tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("for-you") / "shop", all_in_stock())


@pytest.fixture(scope="module")
def view(shop: Shop) -> View:
    return shop.view(NOW, Placement.FOR_YOU)


def all_in_stock() -> list[Item]:
    """Every colour is a style of its own here, so that there are many products of a kind."""
    return [replace(item, stock={"S": 2, "M": 3}, family_id=None) for item in boutique()]


def did(*history: Did) -> History:
    ordered = sorted(history, key=lambda act: -act[2])
    return History(
        tuple(act[0] for act in ordered), tuple(act[1] for act in ordered),
        tuple(NOW - act[2] * DAY for act in ordered), tuple(range(len(ordered))),
    )  # fmt: skip


def asking(person: Person | None, k: int = 10, **fields: Any) -> Request:
    return Request(Placement.FOR_YOU, k=k, at=NOW, shopper=person, **fields)


def ask(view: View, *history: Did, k: int = 10, me: Shopper = ME, context: Context | None = None,
        around: Around | None = None, **fields: Any) -> Listing:  # fmt: skip
    person = Person(me, did(*history), context or Context())
    return for_you.for_you(view, asking(person, k, **fields), around)


def record(*visits: Sequence[str], days: float = 3.0) -> tuple[Acts, Crowd]:
    """What other shoppers did: each visit is of a shopper of its own."""
    rows = [
        (NOW - days * DAY + timedelta(minutes=n), "view", item, f"v{v}", f"o{v}")
        for v, items in enumerate(visits) for n, item in enumerate(items)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["at", "kind", "item", "session", "shopper"])
    assert KEPT is not None
    return acts(table, KEPT.catalogue), crowd(table, KEPT.catalogue)


KEPT: View | None = None


@pytest.fixture(autouse=True)
def _kept(view: View) -> None:
    global KEPT
    KEPT = view


def kinds(view: View, listing: Listing) -> list[str | None]:
    return [view.catalogue.item(item).type for item in listing.ids]


def under(view: View, *rules: Mapping[str, Any]) -> View:
    return view.with_rules(rules, 1, RuleBook.of(rules))


COATS = tuple((f"coats-{house}-black", "save", 3.0 + n) for n, house in enumerate(("aurel", "corvin", "ferrand")))
BAGS = tuple((f"handbags-{house}-red", "save", 2.0 + n) for n, house in enumerate(("aurel", "corvin", "ferrand")))
BOTH = (*COATS, *BAGS)


# -- the list is a list like any other -------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [COATS[:1], COATS, BOTH], ids=["one", "three", "six"])
def test_contributions_add_up_to_the_score(view: View, history: tuple[Did, ...]) -> None:
    around = Around(*record(["coats-aurel-black", "boots-aurel-black"], ["handbags-corvin-red", "totes-corvin-red"]))
    me = ME.changed(followed=("Norrland",))
    context = Context(season="winter", device="phone")
    for view_, boosted in ((view, False), (under(view, BOOST), True)):
        listing = ask(view_, *history, k=20, me=me, context=context, around=around)
        assert listing.items
        for one in listing.items:
            assert one.score is not None
            assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)
            assert ("boost" in one.contributions) == boosted
            assert {"wishes", "context"} <= set(one.contributions)


BOOST = {"id": "b1", "kind": "boost", "step": "clear", "target": {"filters": {"brand": ["Talamone"]}}}


def test_items_stand_in_order_of_score_where_nothing_varies_the_list(view: View) -> None:
    plain = MANY_ACTS.changed(lam=1.0, brand_cap=None)
    scores = [one.score for one in ask(view, *BOTH, k=30, strategy=plain).items]
    assert scores == sorted(scores, key=lambda score: -(score or 0))


def test_the_first_items_are_those_of_the_whole_shop_scored_one_by_one(view: View) -> None:
    plain = MANY_ACTS.changed(lam=1.0, brand_cap=None)
    case = for_you._Case(view, asking(Person(ME, did(*BOTH)), 12, strategy=plain), Around())
    rows = np.flatnonzero(case.fresh & view.live(NOW))
    own = case.fit.normal(rows, {**plain.weights, "trending": 0.0})
    best = [view.catalogue.ids[rows[n]] for n in np.lexsort((rows, -np.round(own, 9)))]
    listed = case.listing.ids
    assert [item for item in best if item in listed] == list(listed)


def test_the_same_question_has_the_same_answer(view: View) -> None:
    one, other = (json.dumps(ask(view, *BOTH).as_json()) for _ in range(2))
    assert one == other


def test_an_item_says_which_interest_it_comes_from(view: View) -> None:
    listing = ask(view, *BOTH, k=8)
    for one in listing.items:
        told = next(note.text for note in one.notes if note.code == "interest")
        assert ("coats" in told) == (view.catalogue.item(one.id).type == "Coats") or "handbags" in told


def test_what_a_shopper_reads_speaks_of_the_product_alone(view: View) -> None:
    words = ("you looked", "you bought", "viewed", "purchase", "others", "shoppers", "stock", "score", "%", "history")
    for one in ask(view, *BOTH, k=20).items:
        said = next(note.text for note in one.notes if note.code == "to_the_shopper")
        assert not any(word in said.lower() for word in words)
        item = view.catalogue.item(one.id)
        if said.startswith("In "):
            assert any(word in said for word in (*item.colour, *item.material))


# -- never one mean --------------------------------------------------------------------------------------------------


def test_a_colour_that_its_material_names_is_read_once(tmp_path: Path, weightless: None) -> None:
    made = boutique()
    items = [replace(made[0], colour=("Silver",), material=("Sterling silver",)),
             replace(made[1], colour=("Black",), material=("Calfskin",)), *made[2:]]  # fmt: skip
    own = open_small_shop(tmp_path / "shop", items).view(NOW)
    assert [for_you.safe_reason(own, one, one.id) for one in items[:2]] == [
        "In sterling silver, as you like it", "In black calfskin, as you like it",
    ]  # fmt: skip


def test_two_interests_both_have_places_and_nothing_lies_between(view: View) -> None:
    listing = ask(view, *BOTH, k=10, strategy=MANY_ACTS.changed(lam=1.0))
    assert {view.catalogue.item(item).category[0] for item in listing.ids} == {"Clothing", "Bags"}
    counts = [kinds(view, listing).count(kind) for kind in ("Coats", "Handbags")]
    assert min(counts) >= 2


def test_the_larger_interest_has_more_places(view: View) -> None:
    much = [(item, "purchase" if n == 0 else "cart", days) for n, (item, _, days) in enumerate(COATS)]
    little = [(item, "view", days + 25) for item, _, days in BAGS]
    listing = ask(view, *[(i, "cart", d) for i, _, d in much], *little, k=8)
    assert kinds(view, listing).count("Coats") > kinds(view, listing).count("Handbags")


def test_interests_are_few_and_their_shares_sum_to_one(view: View) -> None:
    history = [(f"{kind.lower()}-{house.lower()}-black", "view", 1.0) for kind in KINDS for house in HOUSES]
    found = for_you.told(view, asking(Person(ME, did(*history))))
    assert 1 < len(found.interests) <= MOST_INTERESTS
    assert sum(one.share for one in found.interests) == pytest.approx(1.0, abs=1e-9)


# -- what may never be shown -----------------------------------------------------------------------------------------


def test_owned_sold_out_and_disliked_are_in_no_list(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        plain = open_small_shop(tmp_path_factory.mktemp("sold") / "shop").view(NOW, Placement.FOR_YOU)
    rng = np.random.default_rng(11)
    ids, pieces = plain.catalogue.ids, plain.pieces
    for number in range(60):
        chosen = [ids[row] for row in rng.choice(len(ids), 8, replace=False)]
        history = [(item, ("view", "save", "cart", "purchase")[n % 4], float(1 + n)) for n, item in enumerate(chosen)]
        bought = {item for item, kind, _ in history if kind == "purchase"}
        me = ME.changed(dislikes=Dislikes(items=(ids[number],), colours=(COLOURS[number % 4],), houses=("Corvin",)))
        person = Person(me, did(*history))
        lists = [
            for_you.for_you(plain, asking(person, 20)),
            similar.similar(plain, Request(anchor=chosen[0], k=20, at=NOW, shopper=person)),
        ]
        for listing in lists:
            for item in listing.ids:
                one = plain.catalogue.item(item)
                assert pieces[plain.catalogue.row(item)] != 0
                assert item not in bought
                assert one.family_id not in {plain.catalogue.item(b).family_id for b in bought}
                assert one.brand != "Corvin"
                assert COLOURS[number % 4] not in one.colour
                assert item != ids[number]
        assert chosen[0] not in lists[1].ids


def test_a_blocked_item_is_in_no_list_and_no_filler(view: View) -> None:
    block = {"id": "no", "kind": "block", "target": {"filters": {"type": ["Coats"]}}}
    ruled = under(view, block)
    assert "Coats" in kinds(view, ask(view, *COATS))
    for k in (5, 60, 200):
        assert "Coats" not in kinds(view, ask(ruled, *COATS, k=k))


def test_a_pin_holds_its_place_and_sleeps_where_the_shopper_has_it(view: View) -> None:
    pin = {"id": "p", "kind": "pin", "place": 2, "target": {"items": ["boots-norrland-navy"]}}
    ruled = under(view, pin)
    assert ask(ruled, *BOTH).ids[1] == "boots-norrland-navy"
    owner = ask(ruled, *BOTH, ("boots-norrland-navy", "purchase", 100.0))
    assert "boots-norrland-navy" not in owner.ids
    assert any(note.code == "pin_asleep" for note in owner.notes)


def test_not_for_me_is_obeyed_in_the_next_list(view: View) -> None:
    before = ask(view, *COATS)
    first = before.ids[0]
    colour, house = view.catalogue.item(first).colour[0], view.catalogue.item(first).brand or ""
    for target, value in (("item", first), ("colour", colour), ("house", house)):
        acted = did(*COATS)
        said = History((first if target == "item" else None,), ("not_for_me",), (NOW,), targets=((target, value),))
        after = for_you.for_you(view, asking(Person(ME, acted.joined(said))))
        assert first not in after.ids
        for item in map(view.catalogue.item, after.ids):
            assert target != "colour" or value not in item.colour
            assert target != "house" or value != item.brand


def test_what_is_not_for_a_new_shopper_is_obeyed_too(view: View) -> None:
    me = ME.changed(dislikes=Dislikes(houses=("Aurel", "Corvin")))
    listing = ask(view, me=me, k=20)
    assert listing.items
    assert not {"Aurel", "Corvin"} & {view.catalogue.item(item).brand for item in listing.ids}


def test_a_kind_that_is_bought_once_rests_for_a_while_after_a_purchase(view: View) -> None:
    fresh = ask(view, *COATS, ("coats-talamone-red", "purchase", 10.0), ("knitwear-aurel-red", "save", 5.0), k=20)
    assert "Coats" not in kinds(view, fresh)
    later = ask(view, *COATS, ("coats-talamone-red", "purchase", 60.0), ("knitwear-aurel-red", "save", 5.0), k=20)
    assert "Coats" in kinds(view, later)
    again = ask(view, *COATS, ("knitwear-talamone-red", "purchase", 10.0), ("knitwear-aurel-red", "save", 5.0), k=20)
    assert "Knitwear" in kinds(view, again)  # one may want another jumper


def test_what_was_sent_back_wakes_its_kind(view: View) -> None:
    history = (*COATS, ("coats-talamone-red", "purchase", 10.0), ("coats-talamone-red", "return", 2.0))
    assert "Coats" in kinds(view, ask(view, *history))


def test_what_is_gone_in_the_shoppers_size_is_not_shown(tmp_path_factory: pytest.TempPathFactory) -> None:
    items = [replace(one, stock={"S": 0 if one.brand == "Aurel" else 2, "M": 3}) for one in boutique()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        sized = open_small_shop(tmp_path_factory.mktemp("sized") / "shop", items).view(NOW, Placement.FOR_YOU)
    brands = [
        {
            sized.catalogue.item(item).brand
            for item in ask(sized, *COATS, me=ME.changed(sizes=sizes), k=20, filters=Filters({"type": ("Coats",)})).ids
        }
        for sizes in ({}, {"Clothing": "S"}, {"Clothing": "XXL"})
    ]
    assert "Aurel" in brands[0]
    assert "Aurel" not in brands[1]
    assert "Aurel" in brands[2]  # a size that the shop does not name is unknown, not gone


def test_a_shopper_is_shown_what_is_for_whom_they_shop(view: View) -> None:
    women = [item for item in view.catalogue if item.audience == "women"][:6]
    listing = ask(view, *((item.id, "view", 2.0) for item in women), k=20)
    assert {view.catalogue.item(item).audience for item in listing.ids} <= {"women", "unisex"}


def test_what_was_met_comes_back_only_where_the_list_would_be_short(view: View) -> None:
    met = [f"coats-{house.lower()}-black" for house in HOUSES]
    history = [(item, "view", 3.0) for item in met]
    assert not set(met) & set(ask(view, *history, k=8).ids)
    only = Filters({"type": ("Coats",), "colour": ("black",)})
    wide = ask(view, *history, k=8, filters=only)
    assert wide.items
    assert all(one.origin is Origin.FILL for one in wide.items)
    assert all(any(note.code == "met" for note in one.notes) for one in wide.items)
    assert any(note.code == "met" for note in wide.notes)


# -- how much is known -----------------------------------------------------------------------------------------------


def test_presets_follow_the_length_of_the_history(view: View) -> None:
    lengths = [for_you.told(view, asking(Person(ME, did(*BOTH[:count])))).preset for count in range(7)]
    assert lengths == ["none", "few", "few", "few", "few", "many", "many"]


def test_without_history_the_list_is_that_of_a_first_visit(view: View) -> None:
    around = Around(*record(["boots-aurel-black"], ["boots-aurel-black"], ["totes-aurel-red"]))
    for person in (None, Person(ME), Person(ME, did(("gone", "purchase", 3.0)))):
        listing = for_you.for_you(view, asking(person), around)
        assert listing.placement == "for_you"
        assert listing.items
        assert any(note.code == "preset_none" for note in listing.notes)
        assert listing.ids[0] == "boots-aurel-black"


def test_nobody_is_followed_who_did_not_agree(view: View) -> None:
    blank = for_you.for_you(view, asking(None))
    for me in (ME.changed(consent=False), ME.changed(opted_out=True)):
        listing = ask(view, *BOTH, me=me.changed(followed=("Aurel",), wishlist=("coats-aurel-black",)))
        assert listing.ids == blank.ids
        around_a_product = Request(anchor="coats-aurel-black", at=NOW)
        mine = similar.similar(view, around_a_product.changed(shopper=Person(me, did(*BOTH))))
        assert mine.items == similar.similar(view, around_a_product).items


def test_a_published_strategy_goes_before_the_preset(view: View) -> None:
    mine = Strategy("Ours", {"image": 1.0})
    assert for_you.told(view.with_strategy(mine, 3), asking(Person(ME, did(*BOTH)))).strategy == mine
    asked = asking(Person(ME, did(*BOTH)), strategy=CLASSIC)
    assert for_you.told(view.with_strategy(mine, 3), asked).strategy == CLASSIC


def test_classic_hybrid_is_half_content_three_tenths_behaviour_and_a_fifth_trend() -> None:
    content = sum(CLASSIC.weights[name] for name in ("text", "image", "attributes"))
    assert (content, CLASSIC.weights["behaviour"], CLASSIC.weights["trending"]) == pytest.approx((0.5, 0.3, 0.2))
    for one in (FEW_ACTS, MANY_ACTS):
        assert sum(one.weights.values()) == pytest.approx(1.0)


def test_every_preset_weighs_behaviour_and_trend_where_the_shop_has_a_record(view: View) -> None:
    around = Around(*record(["coats-aurel-black", "boots-aurel-black"], ["coats-aurel-black", "totes-corvin-red"]))
    for strategy in (FEW_ACTS, MANY_ACTS, CLASSIC):
        with_it, without = (ask(view, *COATS, strategy=strategy, around=one, k=20) for one in (around, Around()))
        assert any(one.contributions.get("behaviour") for one in with_it.items)
        assert any(one.contributions.get("trending") for one in with_it.items)
        assert not any({"behaviour", "trending"} & set(one.contributions) for one in without.items)


def test_calibrated_signals_do_not_care_for_the_scale_of_the_record(view: View) -> None:
    visits = [
        ["coats-aurel-black", "boots-aurel-black"],
        ["coats-corvin-black", "totes-corvin-red"],
        ["boots-aurel-red"],
    ]
    a_few, crowd_ = record(*visits)
    many = Acts(a_few.rows, a_few.moments, a_few.strength * 1000)
    lists = [ask(view, *COATS, around=Around(one, crowd_), strategy=CLASSIC, k=12).ids for one in (a_few, many)]
    assert lists[0] == lists[1]


# -- other shoppers --------------------------------------------------------------------------------------------------


def test_a_visit_goes_on_as_visits_like_it_did(view: View) -> None:
    pairs = [["boots-aurel-black", "totes-talamone-red"]] * 6 + [["loafers-corvin-navy", "knitwear-norrland-red"]] * 6
    around = Around(None, record(*pairs)[1])
    now = ("boots-aurel-black", "view", 0.002)
    weights = Strategy("What others did", {"behaviour": 1.0}, lam=1.0)
    assert ask(view, now, around=around, strategy=weights).ids[0] == "totes-talamone-red"


def test_a_shopper_is_no_neighbour_of_their_own() -> None:
    rows = [(NOW - DAY, "view", item, "v1", "o0") for item in ("coats-aurel-black", "boots-aurel-black")]
    table = pd.DataFrame(rows, columns=["at", "kind", "item", "session", "shopper"])
    assert KEPT is not None
    mine = crowd(table, KEPT.catalogue)
    row = KEPT.catalogue.rows(["coats-aurel-black"])
    assert mine.alike(row, np.ones(1), NOW) is not None
    assert mine.alike(row, np.ones(1), NOW, "o0") is None


def test_what_others_did_later_is_not_known_yet(view: View) -> None:
    _, others = record(["coats-aurel-black", "boots-aurel-black"], days=3.0)
    row = view.catalogue.rows(["coats-aurel-black"])
    assert others.goes_on(row, np.ones(1), NOW) is not None
    assert others.goes_on(row, np.ones(1), NOW - 5 * DAY) is None


def test_a_thin_history_borrows_the_taste_of_shoppers_alike(view: View) -> None:
    alike = [["coats-aurel-black", "boots-ferrand-red", "boots-aurel-red", "boots-corvin-red"]] * 5
    noise = [[f"knitwear-{house.lower()}-navy"] for house in HOUSES]
    around = Around(None, record(*alike, *noise)[1])
    found = for_you.told(view, asking(Person(ME, did(COATS[0])), 12), around)
    lent = [one for one in found.interests if one.source == "others"]
    assert len(lent) == 1
    assert "boots" in lent[0].label
    assert "Boots" in kinds(view, found.listing)
    long = for_you.told(view, asking(Person(ME, did(*BOTH)), 12), around)
    assert all(one.source == "liked" for one in long.interests)


# -- wishes, context, one event --------------------------------------------------------------------------------------


def test_a_house_that_is_followed_rises(view: View) -> None:
    def places(me: Shopper) -> int:
        listing = ask(view, *COATS, me=me, k=10)
        return sum(view.catalogue.item(item).brand == "Talamone" for item in listing.ids)

    assert places(ME.changed(followed=("talamone",))) > places(ME)


def test_a_wish_shapes_the_list_and_is_not_in_it(view: View) -> None:
    wishes = tuple(f"totes-{house}-navy" for house in ("aurel", "ferrand"))
    listing = ask(view, me=ME.changed(wishlist=wishes))
    assert "Totes" in kinds(view, listing)
    assert not set(wishes) & set(listing.ids)


@pytest.mark.parametrize(("one", "other"), [("winter", "summer"), ("autumn", "spring")])
def test_the_season_moves_the_list(view: View, one: str, other: str) -> None:
    history = ((f"coats-{house}-black", "view", 2.0) for house in ("aurel", "corvin"))
    lists = [ask(view, *history, ("handbags-aurel-red", "view", 1.0), context=Context(season=season), k=15)
             for season in (one, other)]  # fmt: skip
    fitting = [sum(one in view.catalogue.item(item).season for item in listing.ids) for listing in lists]
    assert fitting[0] >= fitting[1]
    assert lists[0].ids != lists[1].ids
    assert any(note.code == "context" for note in lists[0].notes)


def test_what_is_worn_all_year_leans_as_its_colours_and_materials_do() -> None:
    of = (("s", "white", "linen", ("summer",)), ("w", "black", "velvet", ("winter",)))
    made = [
        Item(f"{kind}-{n}", colour=(colour,), material=(stuff,), season=seasons)
        for kind, colour, stuff, seasons in of
        for n in range(20)
    ]
    every = ("spring", "summer", "autumn", "winter")
    both = [Item("x-1", colour=("white",), material=("linen",), season=every), Item("x-2", colour=("black",))]
    catalogue = Catalogue.of([*made, *both])
    summer, winter = (personal.season_nudge(catalogue, one) for one in ("summer", "winter"))
    light, dark = catalogue.row("x-1"), catalogue.row("x-2")
    assert summer[light] > 0 > winter[light]
    assert winter[dark] > 0 > summer[dark]
    assert abs(summer[light]) <= personal.LEAN < summer[catalogue.row("s-0")]


def test_what_is_no_season_moves_nothing_and_nothing_is_kept_of_it(view: View) -> None:
    personal.season_nudge(view.catalogue, "winter")
    before = len(personal._leans[view.catalogue])
    for number in range(20):
        assert not personal.season_nudge(view.catalogue, f"banana {number}").any()
    assert len(personal._leans[view.catalogue]) == before
    history = [(f"coats-{house}-black", "view", 2.0) for house in ("aurel", "corvin")]
    plain, made = ask(view, *history), ask(view, *history, context=Context(season="banana"))
    assert made.ids == plain.ids
    assert all(note.code != "context" for note in made.notes)


def test_a_season_is_that_of_the_place() -> None:
    january = datetime(2026, 1, 15, tzinfo=NOW.tzinfo)
    assert personal.season_of(Context(place="Melbourne, Australia"), january) == "summer"
    assert personal.season_of(Context(place="Milan"), january) == "winter"
    assert personal.season_of(Context(hour=9), january) is None


def test_a_context_moves_a_little_and_brings_nothing_in_that_does_not_fit(view: View) -> None:
    for context in (Context(season="summer", device="phone", hour=20, place="Nice"), Context(occasion="evening")):
        moved = personal.context_nudge(view, context, NOW)
        assert np.abs(moved).max() <= personal.MOST
        listing = ask(view, *COATS, context=context)
        assert kinds(view, listing).count("Coats") >= 7


def test_one_event_changes_the_next_list_of_its_shopper(view: View) -> None:
    before = ask(view, *COATS)
    after = ask(view, *COATS, ("totes-talamone-red", "view", 0.001))
    assert before.ids != after.ids
    assert "Totes" in kinds(view, after)


def test_in_a_visit_the_list_follows_what_was_looked_at_last(view: View) -> None:
    now = [
        ("totes-aurel-red", "view", 0.006),
        ("totes-corvin-red", "view", 0.004),
        ("totes-ferrand-red", "view", 0.002),
    ]
    old = [(item, kind, days + 40) for item, kind, days in COATS]
    listing = ask(view, *old, *now, k=6)
    assert kinds(view, listing)[0] == "Totes"
    assert any(note.code == "visit" for note in listing.notes)


# -- traces ----------------------------------------------------------------------------------------------------------


def test_whatever_is_missing_says_why(view: View) -> None:
    history = (*BOTH, ("loafers-aurel-black", "purchase", 5.0))
    me = ME.changed(dislikes=Dislikes(houses=("Norrland",)))
    request = asking(Person(me, did(*history)), 6)
    listing = for_you.for_you(view, request)
    wanted = {
        "loafers-aurel-black": "has it", "coats-norrland-black": "not for them", "coats-aurel-black": "met it already",
    }  # fmt: skip
    for item, reason in wanted.items():
        missing = for_you.why_missing(view, request, item)
        assert missing is not None
        assert missing.stage == "eligible"
        assert reason in missing.reason
    assert for_you.why_missing(view, request, listing.ids[0]) is None
    for item in view.catalogue.ids[::7]:
        assert (for_you.why_missing(view, request, item) is None) == (item in listing.ids)


def test_a_trace_ends_with_the_list(view: View) -> None:
    for person in (Person(ME, did(*BOTH)), Person(ME)):
        found = for_you.trace(view, asking(person))
        assert found.listing == for_you.for_you(view, asking(person))
        assert found.stages[0].stage == "eligible"


# -- other lists for a shopper ---------------------------------------------------------------------------------------


def test_the_list_around_a_product_reorders_for_its_shopper(view: View) -> None:
    request = Request(anchor="boots-aurel-black", k=10, at=NOW)
    plain = similar.similar(view, request)
    mine = similar.similar(view, request.changed(shopper=Person(ME, did(("knitwear-talamone-red", "cart", 1.0)))))
    assert plain.ids != mine.ids
    assert all("personal" in one.contributions for one in mine.items)
    for one in mine.items:
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)
    assert all("personal" not in one.contributions for one in plain.items)


def test_lists_of_many_products_for_one_shopper_are_those_of_each(view: View) -> None:
    request = Request(k=6, at=NOW, shopper=Person(ME, did(*BOTH)))
    anchors = view.catalogue.ids[::11]
    for anchor, listing in zip(anchors, similar.similar_all(view, request, anchors), strict=True):
        assert listing == similar.similar(view, request.changed(anchor=anchor))


def test_the_reference_of_shoppers_follows_from_the_edition_alone(shop: Shop) -> None:
    view = shop.view(NOW, Placement.FOR_YOU)
    before = reference(view).sigma
    facts = {"coats-aurel-black": {"type": "Boots", "colour": ("red",)}}
    assert reference(view.with_facts(facts, 1)).sigma == before
    assert all((KIND, name) in before for name in ("text", "image", "attributes"))


def test_the_lists_of_a_search_reorder_and_say_what_taste_adds(shop: Shop) -> None:
    person = Person(ME, did(("handbags-norrland-red", "cart", 1.0), ("handbags-talamone-red", "view", 2.0)))
    request = Request(Placement.SEARCH, words="leather bag", k=12, at=NOW)
    plain, mine = shop.recommend(request), shop.recommend(request.changed(shopper=person))
    assert plain.ids != mine.ids
    assert set(plain.ids) & set(mine.ids)
    reds = [sum("red" in shop.item(item).colour for item in one.ids[:4]) for one in (plain, mine)]
    assert reds[1] > reds[0]
    for one in mine.items:
        assert "personal" in one.contributions
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)


def test_a_name_that_is_typed_exactly_stays_first_for_everybody(shop: Shop) -> None:
    for words in ("Aurel black boots", "boots-aurel-black"):
        for history in (BAGS, (("boots-aurel-black", "purchase", 3.0), *BAGS)):
            for me in (ME, ME.changed(dislikes=Dislikes(houses=("Aurel",)))):
                request = Request(Placement.SEARCH, words=words, at=NOW, shopper=Person(me, did(*history)))
                listing = shop.recommend(request)
                assert listing.ids[0] == "boots-aurel-black"
                if me.dislikes:
                    assert not any(shop.item(item).brand == "Aurel" for item in listing.ids[1:])


def test_looks_hold_nothing_that_a_shopper_owns_or_does_not_like(shop: Shop) -> None:
    person = Person(
        ME.changed(dislikes=Dislikes(houses=("Corvin",))), did(("boots-aurel-black", "purchase", 90.0), *BAGS)
    )
    request = LookRequest("coats-aurel-black", at=NOW)
    plain, mine = shop.looks(request), shop.looks(request.changed(shopper=person))
    assert mine.looks
    for look in mine.looks:
        for piece in look.pieces:
            assert piece.id != "boots-aurel-black"
            assert shop.item(piece.id).brand != "Corvin"
            assert sum(piece.contributions.values()) == pytest.approx(piece.score, abs=1e-9)
        assert "personal" in look.contributions
        assert sum(look.contributions.values()) == pytest.approx(look.score, abs=1e-9)
    assert all("personal" not in look.contributions for look in plain.looks)
    assert [look.ids for look in plain.looks] != [look.ids for look in mine.looks]


# -- through the door ------------------------------------------------------------------------------------------------


def tell(shop: Shop, *events: dict[str, Any], at: datetime = NOW) -> None:
    added, found = shop.hear([{"id": f"{at.isoformat()}-{n}", **one} for n, one in enumerate(events)], at=at)
    assert added.new == len(events), found


def test_one_event_is_in_the_next_list_of_its_shopper_and_of_nobody_else(tmp_path: Path, weightless: None) -> None:
    shop = open_small_shop(tmp_path / "shop", all_in_stock())
    for who in ("ann", "ben"):
        for n, (item, kind, days) in enumerate(COATS):
            tell(shop, {"id": f"{who}{n}", "kind": kind, "item": item, "shopper": who, "session": f"{who}1"},
                 at=NOW - days * DAY)  # fmt: skip

    def lists(at: datetime) -> list[Listing]:
        return [
            shop.recommend(Request(Placement.FOR_YOU, at=at, shopper=shop.person(who, at=at))) for who in ("ann", "ben")
        ]  # fmt: skip

    before = lists(NOW)
    assert before[0].ids == before[1].ids
    tell(shop, {"kind": "view", "item": "totes-talamone-red", "shopper": "ann", "session": "ann2"})
    after = lists(NOW)
    assert after[0].ids != before[0].ids
    assert after[1].ids == before[1].ids
    assert lists(NOW - timedelta(minutes=1))[0].ids == before[0].ids  # what was known a minute ago
    tell(shop, {"id": "no", "kind": "not_for_me", "target": "house", "value": "Norrland", "shopper": "ann"}, at=NOW)
    assert not any(shop.item(item).brand == "Norrland" for item in lists(NOW)[0].ids)


def test_the_door_knows_the_record_and_forgets_with_it(tmp_path: Path, weightless: None) -> None:
    shop = open_small_shop(tmp_path / "shop", all_in_stock())
    for n in range(6):
        for item in ("boots-aurel-black", "totes-talamone-red"):
            tell(shop, {"id": f"{n}{item}", "kind": "view", "item": item, "shopper": f"s{n}", "session": f"v{n}"},
                 at=NOW - n * DAY - DAY)  # fmt: skip
    assert shop.crowd is not None
    assert len(shop.crowd.shoppers) == 6
    for n in range(6):
        shop.events.forget(shop.shopper_id(f"s{n}"), NOW)
    assert shop.crowd is None


def test_the_door_makes_for_you_traces_it_and_says_what_is_missing(shop: Shop) -> None:
    request = asking(Person(ME, did(*BOTH)))
    found = shop.for_you(request)
    assert found.listing == shop.recommend(request) == shop.trace(request).listing
    assert found.as_json()["shopper"] == ME.id
    missing = shop.why_missing(request, "coats-aurel-black")
    assert missing is not None
    assert missing.stage == "eligible"
    with pytest.raises(BadRequest, match="one shopper"):
        next(shop.recommend_all(request))


# -- fifty personas --------------------------------------------------------------------------------------------------


def persona(view: View, number: int) -> Person:
    """One of fifty who each did something else, and more of it the higher their number."""
    rng = np.random.default_rng(number)
    ids = view.catalogue.ids
    chosen = [ids[row] for row in rng.choice(len(ids), 1 + number % 9, replace=False)]
    history = [(item, ("view", "save", "cart")[int(rng.integers(3))], float(rng.integers(1, 40))) for item in chosen]
    return Person(ME, did(*history))


@pytest.mark.parametrize("number", range(50))
def test_two_contexts_that_must_differ_do_and_say_which_places_moved(view: View, number: int) -> None:
    who = persona(view, number)
    for one, other in (
        (Context(season="winter"), Context(season="summer")),
        (Context(place="Oslo"), Context(place="Sydney")),
    ):
        found = [for_you.told(view, asking(replace(who, context=context), 20)) for context in (one, other)]
        moved = for_you.shifts(found[0].listing, found[1].listing)
        assert moved
        assert {shift.id for shift in moved} <= {*found[0].listing.ids, *found[1].listing.ids}
        for mine in found:
            plain = for_you.for_you(view, asking(who, 20))
            assert (mine.listing.ids == plain.ids) == (not mine.moved)
        for shift in moved:
            places = [mine.listing.ids.index(shift.id) + 1 if shift.id in mine.listing.ids else None for mine in found]
            assert places == [shift.before, shift.after]


# -- with a behaviour model ------------------------------------------------------------------------------------------


def learnt(view: View, visits: Sequence[Sequence[str]]) -> View:
    """The view of an edition that learnt from shoppers who each acted on some products."""
    acted = np.zeros((len(visits), len(view)))
    for number, items in enumerate(visits):
        acted[number, view.catalogue.rows(items)] = 1.0
    model = train(sparse.csr_matrix(acted))
    assert model is not None
    return replace(view, signals={**view.signals, "behaviour": BehaviourSignal(model)})


def test_with_a_behaviour_model_it_takes_the_place_of_shoppers_alike(view: View) -> None:
    visits = [["coats-aurel-black", "totes-talamone-red"]] * 8 + [["boots-aurel-red", "knitwear-norrland-red"]] * 8
    wise = learnt(view, [*visits, ["coats-corvin-black", "loafers-aurel-navy"]])
    alone = Strategy("What shoppers do", {"behaviour": 1.0}, lam=1.0)
    assert ask(wise, COATS[0], strategy=alone).ids[0] == "totes-talamone-red"
    for strategy in (MANY_ACTS, CLASSIC):
        listing = ask(wise, *BOTH, strategy=strategy, k=30)
        assert any(one.contributions.get("behaviour") for one in listing.items)
        for one in listing.items:
            assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)


def test_with_a_model_a_visit_still_goes_on_as_visits_like_it_did(view: View) -> None:
    noise = [[f"knitwear-{house.lower()}-navy", f"loafers-{house.lower()}-red"] for house in HOUSES]
    wise = learnt(view, [["coats-aurel-black", "boots-aurel-navy"]] * 6 + noise)
    others = record(*([["coats-aurel-black", "totes-talamone-red"]] * 6))[1]
    alone = Strategy("What shoppers do", {"behaviour": 1.0}, lam=1.0)
    listing = ask(wise, ("coats-aurel-black", "view", 0.002), strategy=alone, around=Around(None, others), k=4)
    assert {"boots-aurel-navy", "totes-talamone-red"} <= set(listing.ids)


def test_lists_around_products_know_a_shopper_with_a_model_too(view: View) -> None:
    wise = learnt(view, [["coats-aurel-black", "boots-aurel-navy"]] * 6)
    listing = similar.similar(wise, Request(anchor="coats-aurel-black", at=NOW, shopper=Person(ME, did(*BAGS))))
    assert all("personal" in one.contributions for one in listing.items)

"""Bought together, trending and what rises: learnt from a record of events, told by the one pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.rules import Curation
from core.domain.strategy import Strategy
from core.rank import baskets
from core.rank.behaviour import BehaviourSignal
from core.rank.calibrate import calibrate
from core.rank.twins import coded
from core.recommend import behaviour, together, trending
from core.recommend.similar import similar, trace, why_missing
from core.recommend.trend import Daily, day_of
from core.recommend.view import Edition, open_view
from tests.rank.rank_worlds import units

AT = datetime(2026, 3, 1, 18, tzinfo=UTC)
KINDS = ("Bags", "Boots", "Coats")
N = 60


def items(n=N):
    return [
        Item(
            id=f"i{row:03d}", title=f"{KINDS[row % 3]} {row}", brand=f"B{row % 7}", category=(KINDS[row % 3],),
            type=KINDS[row % 3], colour=(("black", "red", "navy")[row // 3 % 3],), price=10_000 + 100 * row,
            stock={"": 0 if row == 9 else 3},
        )
        for row in range(n)
    ]  # fmt: skip


def event(shopper, item, kind="purchase", days=1.0, session=None, quantity=1):
    return {
        "shopper": shopper, "item": f"i{item:03d}", "kind": kind, "at": AT - timedelta(days=days),
        "session": session, "quantity": quantity,
    }  # fmt: skip


def table(rows):
    frame = pd.DataFrame(rows, columns=["shopper", "item", "kind", "at", "session", "quantity"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def record(seed=0):
    """0 is bought with 1 in most of its baskets, with 2 and sold-out 9 in some; all else by chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for shopper in range(150):
        basket = set(rng.choice(np.arange(10, N), 3, replace=False).tolist())
        if shopper < 40:
            basket |= {0, 1} if shopper < 30 else {0, 2, 9}
        for item in sorted(basket):
            rows.append(event(f"s{shopper}", item, days=float(rng.integers(1, 60)), session=f"v{shopper}"))
            rows.append(event(f"s{shopper}", int(rng.integers(N)), "view", float(rng.integers(1, 60))))
    return table(rows)


def shop(events=None, **settings):
    events = record() if events is None else events
    catalogue = Catalogue.of(items())
    vectors, present = {"text": units(N, 16, 1)}, {"text": np.ones(N, dtype=bool)}
    arrays = behaviour.learn(events, catalogue, vectors, present)
    calibration = calibrate(
        catalogue, vectors, present, behaviour=behaviour.signals(arrays, N),
        trending=behaviour.trending_of(arrays, coded(catalogue.frame["type"].tolist())),
    )  # fmt: skip
    return open_view(Edition("one", catalogue, vectors, present, arrays), calibration, **settings)


VIEW = shop()


def asking(anchor="i000", placement=Placement.TOGETHER, **changes):
    return Request(placement=placement, anchor=anchor, at=AT, **changes)


# -- bought together -------------------------------------------------------------------------------------------------


def test_what_is_bought_with_a_product_comes_first_what_is_sold_out_not_at_all():
    found = together.together(VIEW, asking())
    assert found.ids[:2] == ("i001", "i002")
    assert "i009" not in found.ids
    assert found.items[0].origin == "model"
    assert any(note.text.startswith("In 30 of the 40 baskets") for note in found.items[0].notes)


def test_the_scores_shown_add_up():
    for one in together.together(VIEW, asking()).items:
        assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)


def test_nothing_fills_a_list_of_what_is_bought_together():
    found = together.together(VIEW, asking("i003", k=10))
    held = set(VIEW.baskets.partners(3)[0].tolist())
    assert {VIEW.catalogue.row(item) for item in found.ids} <= held
    assert any(note.code in ("short", "empty") for note in found.notes)


def test_a_block_holds_here_too():
    ruled = open_view(VIEW.snapshot, VIEW.calibration, curation=Curation(blocked={"i001": "a rule"}), reuse=VIEW)
    assert "i001" not in together.together(ruled, asking()).ids
    assert together.why_missing(ruled, asking(), "i001").stage == "block"


def test_why_something_is_missing():
    assert "not bought together" in together.why_missing(VIEW, asking(), "i005").reason
    assert together.why_missing(VIEW, asking(), "i009").reason == "sold out"
    assert together.why_missing(VIEW, asking(), "i001") is None
    assert together.trace(VIEW, asking()).listing == together.together(VIEW, asking())


def test_all_lists_are_the_ones_asked_for_one_by_one():
    ids = ("i000", "i001", "i010")
    found = list(together.together_all(VIEW, asking(None), ids))
    assert found == [together.together(VIEW, asking(one)) for one in ids]


def test_a_shop_without_a_record_says_so():
    bare = shop(table([]))
    assert bare.baskets is None
    assert bare.daily is None
    assert "behaviour" not in bare.signals
    assert together.together(bare, asking()).items == ()
    assert together.together(bare, asking()).notes[0].code == "no_baskets"
    assert trending.trending(bare, asking(None)).notes[0].code == "no_record"
    assert trending.rising(bare, AT) == ()
    assert behaviour.said({}) == {}
    assert behaviour.basis({}) == []


def test_lift_and_support_are_those_counted_by_hand():
    rows = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 2), (4, 2), (4, 1)]
    made = baskets.train(np.array([b for b, _ in rows]), np.array([r for _, r in rows]), 3)
    assert made.count == 5
    assert made.lift(0, 1) == pytest.approx(2 * 5 / (3 * 3))
    assert made.lift(1, 2) == 0  # once is no habit
    assert [one.tolist() for one in made.partners(0)] == [[1], [2]]
    again = baskets.Baskets.from_arrays(made.to_arrays(), 3)
    assert again.lift(1, 0) == made.lift(1, 0)


def test_a_basket_is_a_visit_or_a_day():
    rows = [event("a", 1, session="v"), event("a", 2, session="v"), event("a", 3, days=1), event("a", 4, days=1.01),
            event("b", 5, "view"), event("c", 6, days=9), event("c", 6, days=9)]  # fmt: skip
    basket, bought = behaviour.basket_rows(table(rows), VIEW.catalogue)
    groups = {}
    for one, row in zip(basket.tolist(), bought.tolist(), strict=True):
        groups.setdefault(one, set()).add(row)
    assert sorted(map(sorted, groups.values())) == [[1, 2], [3, 4], [6]]


# -- behaviour as a signal -------------------------------------------------------------------------------------------


def test_how_much_a_shopper_acted_is_the_strongest_act_and_what_came_back_is_nothing():
    rows = [event("a", 0, "view"), event("a", 0, "cart"), event("a", 1), event("a", 1, "return"), event("b", 2),
            event(None, 3)]  # fmt: skip
    found = behaviour.interactions(table(rows), VIEW.catalogue).toarray()
    assert found.shape == (2, N)
    np.testing.assert_allclose(found[0, :3], [np.sqrt(3 / 4), 0, 0])
    assert found[1, 2] == 1
    assert found.sum() == pytest.approx(1 + np.sqrt(3 / 4))


def test_what_is_learnt_does_not_depend_on_the_order_of_the_record():
    frame = record()
    shuffled = frame.sample(frac=1, random_state=1)
    one, two = (behaviour.learn(some, VIEW.catalogue, {}, {}) for some in (frame, shuffled))
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


def test_lists_that_weigh_behaviour_show_what_shoppers_do_together():
    blend = Strategy(weights={"behaviour": 0.7, "text": 0.3}, lam=1.0, brand_cap=None)
    found = similar(VIEW, asking(placement=Placement.SIMILAR, strategy=blend))
    assert found.ids[0] == "i001"
    assert found.items[0].contributions["behaviour"] > 0.5
    for one in found.items:
        assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)
    assert trace(VIEW, asking(placement=Placement.SIMILAR, strategy=blend)).listing == found
    assert why_missing(VIEW, asking(placement=Placement.SIMILAR, strategy=blend), "i001") is None


def test_variety_works_beside_behaviour_and_looks_at_words_and_details_alone():
    for weights in ({"behaviour": 1.0}, {"behaviour": 0.5, "text": 0.5}):
        varied = similar(VIEW, asking(placement=Placement.SIMILAR, strategy=Strategy(weights=weights, lam=0.3)))
        plain = similar(VIEW, asking(placement=Placement.SIMILAR, strategy=Strategy(weights=weights, lam=1.0)))
        assert len(varied.items) == len(plain.items) == 10
        assert varied.ids != plain.ids


def test_the_usual_lists_are_the_same_with_a_record_and_without():
    bare = shop(table([]))
    for anchor in ("i000", "i011", "i022"):
        asked = asking(anchor, Placement.SIMILAR)
        assert similar(VIEW, asked).items == similar(bare, asked).items


def test_all_lists_at_once_are_the_single_ones():
    from core.recommend.similar import rank_all

    asked = asking(None, Placement.SIMILAR, strategy=Strategy(weights={"behaviour": 0.4, "text": 0.4, "trending": 0.2}))
    rows, _ = rank_all(VIEW, asked)
    for row in range(0, N, 7):
        one = similar(VIEW, asked.changed(anchor=VIEW.catalogue.ids[row]))
        assert one.ids == tuple(VIEW.catalogue.ids[at] for at in rows[row] if at >= 0)


def test_a_product_to_come_leaves_the_behaviour_of_the_others_where_it_was():
    from core.recommend.cold_start import extended

    wide = extended(VIEW, [Item(id="a-first", title="New"), Item(id="i000x", title="Newer")])
    signal = wide.signals["behaviour"]
    assert isinstance(signal, BehaviourSignal)
    old, new = (view.catalogue.rows(["i000", "i001"]) for view in (VIEW, wide))
    assert signal.pairs(new[:1], new[1:]) == VIEW.signals["behaviour"].pairs(old[:1], old[1:])
    assert not signal.present[wide.catalogue.rows(["a-first", "i000x"])].any()
    np.testing.assert_array_equal(
        wide.daily.pieces_sold(AT, 30)[wide.catalogue.rows(VIEW.catalogue.ids)], VIEW.daily.pieces_sold(AT, 30)
    )


def test_what_was_learnt_moves_along_when_products_come_and_go():
    after = Catalogue.of([*(one for one in items() if one.id != "i002"), Item(id="a-first", title="New")])
    made = behaviour.moved(VIEW.snapshot.arrays, VIEW.catalogue, after)
    signal = behaviour.signals(made, len(after))["item"]
    kept = [item for item in VIEW.catalogue.ids if item != "i002"]
    old, new = VIEW.catalogue.rows(kept), after.rows(kept)
    known = VIEW.signals["behaviour"]
    p, q = np.repeat(np.arange(len(kept)), len(kept)), np.tile(np.arange(len(kept)), len(kept))
    np.testing.assert_array_equal(signal.pairs(new[p], new[q]), known.pairs(old[p], old[q]))
    bought = baskets.Baskets.from_arrays(made, len(after))
    assert bought.lift(after.row("i000"), after.row("i001")) == VIEW.baskets.lift(0, 1)
    sold = Daily.from_arrays(made, len(after)).pieces_sold(AT, 60)
    np.testing.assert_array_equal(sold[new], VIEW.daily.pieces_sold(AT, 60)[old])
    assert behaviour.moved({}, VIEW.catalogue, after) == {}


# -- trending --------------------------------------------------------------------------------------------------------


def test_the_trend_of_an_edition_is_that_of_its_acts_by_day():
    rows = [event("a", 0, days=0.5), event("b", 1, "view", 7.5), event("c", 3, "cart", 14.5)]
    view = shop(table(rows))
    kinds = view.identity.kind
    total = np.zeros(N)
    total[[0, 1, 3]] = 4.0, 0.5, 0.75
    count = (total > 0).astype(float)
    mean = np.array([total[kinds == kinds[row]].mean() for row in range(N)])
    np.testing.assert_allclose(view.trend_at(AT), (count * total + 5 * mean) / (count + 5))


def test_what_lies_ahead_is_not_known_yet():
    daily = VIEW.daily
    early = AT - timedelta(days=30)
    assert daily.last_day(early) <= day_of(early)
    assert daily.last_day(AT) > daily.last_day(early)
    assert daily.trend(VIEW.identity.kind, AT - timedelta(days=500)) is None


def test_what_shoppers_want_lately_is_trending():
    rows = [event(f"s{n}", 12, "purchase", 1) for n in range(20)] + [
        event(f"t{n}", 14, "purchase", 40) for n in range(25)
    ]
    view = shop(table(rows))
    found = trending.trending(view, asking(None, Placement.TRENDING))
    assert found.ids[0] == "i012"
    assert found.anchor is None
    bags = trending.trending(view, asking(None, Placement.TRENDING, filters=Filters({"category": ("Coats",)})))
    assert bags.ids[0] == "i014"
    assert all(VIEW.catalogue.item(one).type == "Coats" for one in bags.ids)
    assert trending.why_missing(view, asking(None, Placement.TRENDING), "i009").reason == "sold out"
    assert next(iter(trending.trending_all(view, asking(None, Placement.TRENDING)))) == found


def test_bestsellers_count_pieces_in_their_window_less_what_came_back():
    rows = [event("a", 4, quantity=5, days=2), event("b", 5, quantity=9, days=2), event("c", 6, quantity=50, days=40),
            event("b", 5, "return", 1, quantity=6), event("d", 7, "view", 1)]  # fmt: skip
    view = shop(table(rows))
    week = trending.bestsellers(view, asking(None, Placement.TRENDING), 7)
    assert week.ids == ("i004", "i005")
    assert week.items[0].notes[-1].text == "5 pieces sold in the last 7 days."
    assert trending.bestsellers(view, asking(None, Placement.TRENDING), 90).ids[0] == "i006"
    with pytest.raises(BadRequest, match="days"):
        trending.bestsellers(view, asking(None, Placement.TRENDING), 0)


def test_a_colour_that_shoppers_turn_to_rises():
    rng = np.random.default_rng(3)
    red = [row for row in range(N) if row // 3 % 3 == 1]
    rows = [event(f"s{n}", int(rng.integers(N)), "view", float(rng.integers(1, 35))) for n in range(600)]
    steady = trending.rising(shop(table(rows)), AT)
    rows += [event(f"t{n}", red[n % len(red)], "view", float(rng.integers(1, 6))) for n in range(120)]
    found = trending.rising(shop(table(rows)), AT)
    assert (found[0].field, found[0].value) == ("colour", "red")
    assert found[0].times > 1.3 > max((one.times for one in steady if one.field == "colour"), default=1.0)


def test_a_strategy_that_does_not_weigh_the_trend_is_refused():
    with pytest.raises(BadRequest, match="trend"):
        trending.trending(VIEW, asking(None, Placement.TRENDING, strategy=Strategy(weights={"text": 1.0})))
    with pytest.raises(BadRequest, match="behaviour"):
        together.together(VIEW, asking(strategy=Strategy(weights={"text": 1.0})))


def test_lists_held_against_visits_do_not_let_what_learnt_from_them_weigh_more():
    from core.lab.sweep import LEARNT, design

    live = Strategy(weights={"text": 0.5, "attributes": 0.3, "behaviour": 0.2})
    for tried in design(VIEW, live, 60, hold=LEARNT):
        assert tried.weights.get("behaviour", 0) == pytest.approx(0.2, abs=0.006)
        assert not tried.weights.get("trending")


# -- thin baskets ------------------------------------------------------------------------------------------------------


def thin_record():
    """Everybody buys one piece at a time; ten shoppers save bag 0 beside boot 1 and coat 2, and bag 3 too."""
    rows = []
    for shopper in range(40):
        rows.append(event(f"s{shopper}", 10 + shopper, days=float(shopper + 1), session=f"v{shopper}"))
        if shopper < 10:
            rows += [event(f"s{shopper}", item, "save", 2.0, session=f"w{shopper}") for item in (0, 1, 2, 3)]
    rows += [event("s39", item, session="both") for item in (4, 5)]
    rows += [event("s38", item, session="too") for item in (4, 5)]
    return table(rows)


def test_a_shop_of_thin_baskets_has_a_list_that_says_what_it_goes_by():
    thin = shop(thin_record())
    found = together.together(thin, asking(k=6))
    assert set(found.ids) >= {"i001", "i002"}
    assert "i003" not in found.ids, "it is of the product's own kind: who saves two bags wants one of them"
    said = {one.id: one.notes[-1] for one in found.items}
    assert said["i001"].text == "10 shoppers put both into the cart, saved or bought them."
    assert {note.code for note in found.notes} >= {"bought_alone", "thin_baskets"}
    for one in found.items:
        assert one.notes[-1].code in ("wanted_together", "like_it")
        assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-9)
    assert "nor wanted" in together.why_missing(thin, asking(), "i003").reason


def test_what_was_bought_with_it_stands_before_what_was_wanted_and_that_before_what_is_lent():
    rows = [
        *thin_record().to_dict("records"),
        *(event(f"t{n}", item, session=f"b{n}") for n in (1, 2) for item in (0, 5)),
    ]
    found = together.together(shop(table(rows)), asking(k=20))
    assert found.ids[0] == "i005"
    codes = [one.notes[-1].code for one in found.items]
    order = ("bought_together", "wanted_together", "like_it")
    assert codes == sorted(codes, key=order.index)


def test_what_reads_and_looks_like_others_goes_with_what_they_go_with():
    events, catalogue = thin_record(), Catalogue.of(items())
    vectors = units(N, 16, 1)
    vectors[30] = vectors[0]  # a bag that nobody has met reads like the bag that ten shoppers saved
    arrays = behaviour.learn(events, catalogue, {"text": vectors}, {"text": np.ones(N, dtype=bool)})
    made = baskets.Baskets.from_arrays(arrays, N)
    rows, both = made.partners(30)
    assert {1, 2} <= set(rows.tolist())
    assert set(made.known_by(30)[np.isin(rows, [1, 2])].tolist()) == {baskets.LENT}
    assert not both[made.known_by(30) == baskets.LENT].any()
    assert made.lift(30, 1) == 0


def test_a_product_of_many_baskets_needs_nothing_else():
    rows = [event(f"f{n}", item, session=f"f{n}") for n in range(4) for item in (0, 1, 2, 4, 5, 7, 8)]
    rows += [event(f"f{n}", 10, "save") for n in range(4)] + [
        event(f"o{n}", 20 + n, session=f"o{n}") for n in range(30)
    ]
    made = shop(table(rows)).baskets
    assert set(made.known_by(0).tolist()) == {baskets.BOUGHT}
    assert 10 not in made.partners(0)[0]


def test_an_edition_from_before_knows_baskets_alone():
    arrays = behaviour.learn(record(), Catalogue.of(items()), {}, {})
    older = {name: one for name, one in arrays.items() if not name.endswith("_how")}
    assert not baskets.Baskets.from_arrays(older, N).how.any()
    assert together.together(VIEW, asking()).items[0].notes[-1].code == "bought_together"


def test_thin_baskets_move_along_when_products_come_and_go():
    catalogue = Catalogue.of(items())
    arrays = behaviour.learn(thin_record(), catalogue, {}, {})
    fewer = Catalogue.of([one for one in items() if one.id != "i001"])
    moved = baskets.Baskets.from_arrays(behaviour.moved(arrays, catalogue, fewer), N - 1)
    rows, _ = moved.partners(fewer.row("i000"))
    assert [fewer.ids[row] for row in rows.tolist()] == ["i002"]
    assert moved.known_by(fewer.row("i000")).tolist() == [baskets.WANTED]

"""What it would take is true of the list itself, small, and said honestly where nothing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.curation.resolve import RuleBook
from core.domain.catalogue import Item
from core.domain.errors import BadRequest, UnknownItem
from core.domain.query import Filters
from core.domain.rules import Rule
from core.domain.strategy import Strategy
from core.lab.quick import Quick, enabled, point, strategy_at
from core.lab.takes import House, facts_to_sell, moved_weights, what_would_it_take
from core.lab.weights import grid, nearest_linear, rounded, smallest_move
from core.recommend.similar import similar, why_missing
from core.recommend.view import Edition, View, open_view
from tests.rank.rank_worlds import AT, asking, calibrated, edition, view

SHOP = view(110, 3)
LIVE = SHOP.live(AT)


def ruled(shop: View, rules) -> View:
    return shop.with_rules(list(rules), shop.versions.rules, RuleBook.of(rules))


HOUSE = House(lists=similar, missing=why_missing, ruled=ruled)


def with_rules(*plain, shop: View = SHOP) -> View:
    return ruled(shop, [Rule.from_json(one, made_at=AT).as_json() for one in plain])


def asked(item: str, anchor: str, shop: View = SHOP, k: int = 5, *, goal: str = "in", every: bool = False, **changes):
    return what_would_it_take(HOUSE, shop, asking(anchor, k, **changes), item, goal=goal, every=every)


def around(seed: int) -> tuple[str, tuple[str, ...]]:
    """A product and the first thirty places of its list."""
    rng = np.random.default_rng(seed)
    while True:
        anchor = SHOP.catalogue.ids[rng.integers(len(SHOP))]
        ids = similar(SHOP, asking(anchor, 30)).ids
        if len(ids) >= 20:
            return anchor, ids


def again(shop: View, request, answer, change):
    """The list of a change, from the change alone."""
    if change.rule is not None or change.drop is not None:
        kept = [rule for rule in shop.rules if rule["id"] != change.drop]
        shop = ruled(shop, [*kept, change.rule] if change.rule is not None else kept)
    if change.facts is not None:
        shop = shop.with_facts({answer.item: change.facts}, 1)
    request = change.request or request
    return similar(shop, request.changed(strategy=change.strategy) if change.strategy else request)


# -- answers are true --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_every_change_leads_to_the_list_that_it_says(seed):
    anchor, ids = around(seed)
    request = asking(anchor, 5)
    now = similar(SHOP, request).ids
    for goal, item in (("in", next(one for one in ids[8 + seed :] if one not in now)), ("out", now[seed % len(now)])):
        answer = asked(item, anchor, goal=goal, every=seed % 2 == 0)
        assert answer.place == (now.index(item) + 1 if item in now else None)
        assert answer.changes
        for change in answer.changes:
            found = again(SHOP, request, answer, change).ids
            assert found == change.ids
            assert (item in found) == (goal == "in")
            assert change.place == (found.index(item) + 1 if item in found else None)


@pytest.mark.parametrize(("seed", "shape"), [(0, {}), (2, {"lam": 1.0, "brand_cap": None}), (3, {"lam": 0.3})])
def test_no_grid_of_a_twentieth_finds_much_smaller_weights(seed, shape):
    anchor, ids = around(seed)
    weights = {"text": 0.4, "image": 0.3, "attributes": 0.3}
    request = asking(anchor, 5, weights=weights, **shape)
    now = similar(SHOP, request).ids
    item = next(one for one in ids[7:] if one not in now)
    answer = what_would_it_take(HOUSE, SHOP, request, item)
    mine = next((change.distance for change in answer.changes if change.kind == "weights"), np.inf)
    names, start = enabled(SHOP), point(request.strategy, enabled(SHOP))
    fine = grid(len(names), 20)
    distance = np.linalg.norm(fine - start, axis=1)
    nearer = fine[(distance > 1e-9) & (distance < min(mine / 1.05, mine - np.sqrt(2) / 20))]
    for weights in nearer[:: -(-len(nearer) // 150) or 1]:  # all of them would take minutes
        tried = strategy_at(request.strategy, names, weights)
        assert item not in similar(SHOP, request.changed(strategy=tried)).ids


def test_distance_is_between_weights_that_sum_to_one_over_what_this_shop_has():
    anchor, ids = around(1)
    request = asking(anchor, 5, weights={"text": 7.0, "image": 7.0, "attributes": 6.0})
    now = similar(SHOP, request).ids
    item = next(one for one in ids[6:] if one not in now)
    found = next(c for c in what_would_it_take(HOUSE, SHOP, request, item).changes if c.kind == "weights")
    names = enabled(SHOP)
    assert set(names) == {"text", "image", "attributes", "newness", "margin", "stock_depth"}
    before, after = point(request.strategy, names), point(found.strategy, names)
    assert found.distance == pytest.approx(np.linalg.norm(after - before), abs=1e-9)


def test_what_a_shop_lacks_keeps_its_share_of_the_weights():
    strategy = Strategy(weights={"text": 0.5, "behaviour": 0.2, "attributes": 0.3})
    moved = strategy_at(strategy, ("text", "attributes"), np.array([0.25, 0.75]))
    assert dict(moved.weights) == pytest.approx({"text": 0.2, "attributes": 0.6, "behaviour": 0.2})
    assert moved.lam == strategy.lam


# -- the solver and the search -----------------------------------------------------------------------------------------


def test_the_solver_finds_the_nearest_point_on_the_edge():
    start = np.array([0.2, 0.3, 0.5])
    # w0 >= w1: the nearest point shares what the two have.
    np.testing.assert_allclose(nearest_linear(start, np.array([[1.0, -1.0, 0.0]])), [0.25, 0.25, 0.5], atol=1e-5)
    # 2 w0 >= w1 + w2 and w1 >= w2, among many that do not bind.
    slack = np.random.default_rng(0).uniform(0, 1, (500, 3))
    found = nearest_linear(start, np.concatenate([slack, [[2.0, -1.0, -1.0], [0.0, 1.0, -1.0]]]))
    np.testing.assert_allclose(found, np.full(3, 1 / 3), atol=1e-5)


def test_the_solver_says_when_there_is_no_such_point():
    assert nearest_linear(np.array([0.5, 0.5]), np.array([[-1.0, -1.0]])) is None
    assert nearest_linear(np.array([0.5, 0.5]), np.array([[1.0, -1.0], [-1.0, 1.0], [-1.0, -0.5]])) is None


def plain_shop() -> View:
    """Everything known of everything, so that every pair has all signals."""
    whole = edition(120, 5, hidden=0.0, audiences=(None,))
    present = {name: np.ones(120, dtype=bool) for name in whole.vectors}
    rng = np.random.default_rng(9)
    vectors = {}
    for name, values in whole.vectors.items():
        fresh = rng.standard_normal(values.shape).astype(np.float32)
        vectors[name] = fresh / np.linalg.norm(fresh, axis=1, keepdims=True)
    items = [
        replace(
            item, type="Bags", category=("Bags",), family_id=None, pictures=(), stock=None, release_at=None, cost=None
        )
        for item in whole.catalogue
    ]
    shop = Edition("plain", type(whole.catalogue).of(items), vectors, present)
    return open_view(shop, calibrated(shop))


def test_where_the_order_is_one_sum_the_answer_is_the_solvers():
    shop = plain_shop()
    request = asking("i00003", 4, lam=1.0, brand_cap=None)
    ids = similar(shop, request.changed(k=30)).ids
    names = enabled(shop)
    for item in ids[6:]:
        quick = Quick(shop, request, shop.catalogue.row(item))
        assert quick.linear()

        def place(weights, item: str = item) -> int:
            found = similar(shop, request.changed(strategy=strategy_at(request.strategy, names, weights))).ids
            return found.index(item) + 1 if item in found else 0

        if (found := smallest_move(quick, place, into=True).move) is not None and found.distance > 0.1:
            break
    assert found is not None
    assert place(found.weights) == found.place > 0
    fine = grid(len(names), 40)
    distance = np.linalg.norm(fine - quick.start, axis=1)
    nearer = fine[(distance > 1e-9) & (distance < found.distance / 1.02)][::2]
    assert not any(place(weights) for weights in nearer)


def test_the_quick_copy_agrees_with_the_list_nearly_always():
    agreed = total = 0
    for seed in range(6):
        anchor, ids = around(seed)
        request = asking(anchor, 8)
        item = ids[5 + seed]
        quick = Quick(SHOP, request, SHOP.catalogue.row(item))
        settings = np.random.default_rng(seed).dirichlet(np.full(len(quick.names), 0.7), 30)
        for weights, said in zip(settings, quick.places(settings), strict=True):
            found = similar(SHOP, request.changed(strategy=strategy_at(SHOP.strategy, quick.names, weights))).ids
            agreed += (item in found) == (said > 0)
            total += 1
    assert agreed / total > 0.95


def test_rounded_weights_still_sum_to_one():
    for seed in range(50):
        weights = np.random.default_rng(seed).dirichlet(np.full(6, 0.5))
        for places in (2, 3):
            assert rounded(weights, places).sum() == pytest.approx(1.0, abs=1e-12)


def test_the_grid_holds_every_way_to_share_out():
    points = grid(3, 20)
    assert len(points) == 231
    assert len(np.unique(points, axis=0)) == 231
    np.testing.assert_allclose(points.sum(axis=1), 1.0)


# -- where weights cannot do it ----------------------------------------------------------------------------------------


def sold_out_pair() -> tuple[str, str]:
    """A product, and a sold-out one that would be in its list."""
    for row in np.flatnonzero(SHOP.pieces == 0):
        item = SHOP.catalogue.ids[row]
        stocked = SHOP.with_facts({item: {"stock": {"": 1}}}, 1)
        for anchor in SHOP.catalogue.ids[:80]:
            if anchor != item and item in similar(stocked, asking(anchor, 5)).ids:
                return anchor, item
    raise AssertionError("this world has no such pair")


def test_what_is_sold_out_is_told_where_it_would_stand_once_restocked():
    anchor, item = sold_out_pair()
    answer = asked(item, anchor)
    (change,) = answer.changes
    assert change.kind == "stock"
    assert change.facts == {"stock": {"": 1}}
    assert answer.text.startswith("It is sold out. Restocked, it stands at place ")
    stocked = SHOP.with_facts({item: {"stock": {"": 1}}}, 1)
    assert similar(stocked, asking(anchor, 5)).ids[change.place - 1] == item


def test_restocking_that_would_not_do_is_no_answer():
    _, item = sold_out_pair()
    far = next(
        one for one in SHOP.catalogue.ids
        if one != item and similar(SHOP, asking(one, 1)).ids
        and SHOP.guard(SHOP.catalogue.item(one).audience)[SHOP.catalogue.row(item)]
        and item not in similar(SHOP.with_facts({item: {"stock": {"": 1}}}, 1), asking(one, 5)).ids
        and SHOP.catalogue.row(one) not in SHOP.family_of(SHOP.catalogue.row(item))
    )  # fmt: skip
    answer = asked(item, far)
    assert not answer.changes
    assert "Restocked, it would still not be among the first 5" in answer.text


def test_dates_that_hold_a_product_back_are_named():
    item = Item("a", release_at=AT + timedelta(days=3), embargo_until=AT + timedelta(days=5), stock={"S": 0, "M": 0})
    facts, why, then = facts_to_sell(item, AT)
    assert facts == {"stock": {"S": 1, "M": 1}, "release_at": AT, "embargo_until": None}
    assert why == ["it is sold out", "it goes on sale on 6 March 2026"]
    assert then == "Restocked and on sale already,"
    assert facts_to_sell(Item("b", retired_at=AT), AT) == ({"retired_at": None}, ["it is retired"], "Brought back,")


def test_a_question_that_leaves_it_out_is_loosened_no_further_than_need_be():
    anchor, ids = around(2)
    item = next(one for one in ids[:5] if SHOP.catalogue.item(one).price and SHOP.catalogue.item(one).brand)
    one = SHOP.catalogue.item(item)
    answer = asked(item, anchor, filters=Filters({"type": (one.type or "Bags",)}, price_to=one.price - 1))
    assert [change.kind for change in answer.changes] == ["filters"]
    assert answer.changes[0].request.filters.price_to == one.price
    assert "the question asks for less" in answer.text
    left_out = asked(item, anchor, exclude=(item,))
    assert left_out.changes[0].request.exclude == ()
    assert left_out.changes[0].place == ids.index(item) + 1


def test_a_colourway_and_another_audience_are_never_talked_into_a_list():
    family = next(
        SHOP.family_of(row)
        for row in range(len(SHOP))
        if len(SHOP.family_of(row)) > 1 and LIVE[SHOP.family_of(row)].all()
    )
    one, other = (SHOP.catalogue.ids[row] for row in family[:2])
    assert "colourway" in asked(other, one).text
    assert not asked(other, one).changes
    men = next(id for id, a in zip(SHOP.catalogue.ids, SHOP.catalogue.frame["audience"], strict=True) if a == "men")
    boys = next(
        id for id, a, live in zip(SHOP.catalogue.ids, SHOP.catalogue.frame["audience"], LIVE, strict=True)
        if a == "boys" and live and SHOP.catalogue.row(id) not in SHOP.family_of(SHOP.catalogue.row(men))
    )  # fmt: skip
    answer = asked(boys, men)
    assert answer.text == "It is for boys and this list is for men; that is not relaxed."
    assert not answer.changes


def test_of_many_rules_the_one_that_blocks_is_named():
    anchor, ids = around(4)
    noise = [{"id": f"n{i}", "kind": "block", "target": {"items": [f"gone-{i}"]}} for i in range(5)]
    shop = with_rules(*noise, {"id": "b1", "kind": "block", "target": {"items": [ids[0]]}, "note": "The house asked"})
    answer = asked(ids[0], anchor, shop)
    assert [change.drop for change in answer.changes] == ["b1"]
    assert "The house asked" in answer.text
    assert answer.changes[0].place == 1


def test_two_rules_that_block_one_product_leave_no_single_answer():
    anchor, ids = around(4)
    block = {"kind": "block", "target": {"items": [ids[0]]}}
    answer = asked(ids[0], anchor, with_rules({**block, "id": "b1"}, {**block, "id": "b2"}))
    assert not answer.changes
    assert "No one rule keeps it out by itself" in answer.text


def test_what_a_pin_holds_only_its_rule_lets_go():
    anchor, ids = around(5)
    shop = with_rules({"id": "p1", "kind": "pin", "place": 2, "target": {"items": [ids[25]]}})
    answer = asked(ids[25], anchor, shop, goal="out")
    assert [change.drop for change in answer.changes] == ["p1"]
    assert "A pin holds it there" in answer.text


def test_where_no_weights_do_it_a_pin_does_and_is_said_so():
    """A product that is further away than others in every respect."""
    shop = plain_shop()
    anchor = shop.catalogue.ids[3]
    request = asking(anchor, 1)
    names = enabled(shop)
    for item in shop.catalogue.ids:
        if item == anchor:
            continue
        quick = Quick(shop, request, shop.catalogue.row(item))
        if not (quick.places(grid(len(names), 20)) > 0).any():
            break
    answer = what_would_it_take(HOUSE, shop, request, item)
    assert all(change.kind != "weights" for change in answer.changes)
    assert answer.changes[-1].kind == "pin"
    assert answer.changes[-1].place == 1
    assert answer.text.startswith("No setting of the weights among ")
    assert " pin would." in answer.text
    assert answer.changes[-1].rule["scope"] == {"placements": ["similar"], "anchors": [anchor]}


def test_what_is_so_already_needs_nothing():
    anchor, ids = around(6)
    now = similar(SHOP, asking(anchor, 5)).ids
    there = asked(now[2], anchor)
    assert (there.place, there.changes, there.text) == (3, (), "It stands there already, at place 3.")
    away = asked(next(one for one in ids if one not in now), anchor, goal="out")
    assert (away.place, away.changes, away.text) == (None, (), "It is not in the list.")


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_smallest_shops_have_an_answer_too(count):
    shop = view(count, 11)
    for goal in ("in", "out"):
        for k in (1, 10):
            for item in shop.catalogue.ids[1:]:
                answer = asked(item, shop.catalogue.ids[0], shop, k, goal=goal, every=True)
                assert answer.text
    bare = Edition("bare", type(shop.catalogue).of([Item("a"), Item("b"), Item("c", price=900, cost=300)]), {}, {})
    assert asked("b", "a", open_view(bare, calibrated(bare)), 1).text


@pytest.mark.parametrize("weights", [{"text": 1.0}, {"margin": 1.0}, {"text": 0.5, "newness": 0.5}])
def test_any_strategy_can_be_asked_about(weights):
    anchor, ids = around(3)
    request = asking(anchor, 3, weights=weights)
    now = similar(SHOP, request).ids
    answer = what_would_it_take(HOUSE, SHOP, request, next(one for one in ids if one not in now))
    for change in answer.changes:
        assert again(SHOP, request, answer, change).ids == change.ids


def test_questions_that_make_no_sense_are_refused():
    anchor, ids = around(6)
    with pytest.raises(BadRequest, match="no goal"):
        asked(ids[0], anchor, goal="up")
    with pytest.raises(BadRequest, match="own list"):
        asked(anchor, anchor)
    with pytest.raises(UnknownItem):
        asked("nobody", anchor)
    with pytest.raises(UnknownItem):
        asked(ids[0], "nobody")
    with pytest.raises(BadRequest):
        what_would_it_take(HOUSE, SHOP, asking(None, 5, words="bag"), ids[0])


def test_the_same_question_has_the_same_answer():
    anchor, ids = around(7)
    assert asked(ids[15], anchor).as_json() == asked(ids[15], anchor).as_json()


def test_weights_are_told_in_per_cent_and_only_those_that_move():
    strategy = Strategy(weights={"text": 0.5, "image": 0.5})
    told = moved_weights(strategy, ("text", "image", "margin"), np.array([0.402, 0.5, 0.098]))
    assert told == "Words 40.2 % instead of 50.0 %, Margin 9.8 % instead of 0 %"

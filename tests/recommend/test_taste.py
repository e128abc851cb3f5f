"""What a shopper likes: how much an act says, how fast it fades, and interests that are never one mean of all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.arrays import Matrix, Scores
from core.domain.shoppers import Dislikes, History, Person, Shopper
from core.recommend.taste import (
    HALF_LIFE_DAYS,
    act_weights,
    as_item,
    closeness,
    decay,
    interests,
    label,
    liked,
    medoids,
    parted,
    visit_now,
    visit_weights,
)
from core.recommend.view import View
from tests.worlds import NOW, open_small_shop

ME = Shopper("s_" + "0" * 24)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("taste") / "shop").view(NOW)


def did(*acts: tuple[str, str, float] | tuple[str, str, float, int]) -> History:
    """(item, kind, days ago, visit): in order of time."""
    ordered = sorted(acts, key=lambda act: -act[2])
    return History(
        tuple(act[0] for act in ordered), tuple(act[1] for act in ordered),
        tuple(NOW - act[2] * DAY for act in ordered),
        tuple(act[3] if len(act) > 3 else n for n, act in enumerate(ordered)),  # type: ignore[misc]
    )  # fmt: skip


def person(history: History, shopper: Shopper = ME) -> Person:
    return Person(shopper, history)


# -- acceptance: decay -----------------------------------------------------------------------------------------------


@given(st.floats(0, 3000), st.floats(0.5, 365))
def test_a_weight_halves_at_the_half_life(age: float, half_life: float) -> None:
    once, twice = decay(np.array([age, age + half_life]), half_life)
    assert twice == pytest.approx(once / 2, rel=1e-12)


def test_an_act_weighs_half_after_thirty_days() -> None:
    fresh, old = (act_weights(did(("a", "view", days)), NOW)[0] for days in (0.0, HALF_LIFE_DAYS))
    assert old == pytest.approx(fresh / 2, abs=1e-12)


@given(st.floats(0.001, 5000))
def test_an_act_of_the_future_weighs_no_more_than_one_of_now(days: float) -> None:
    assert decay(-days) <= 1.0
    assert act_weights(did(("a", "view", -days)), NOW)[0] <= 1.0


def test_a_purchase_says_more_than_a_cart_a_cart_than_a_wish_and_a_wish_than_a_look() -> None:
    kinds = ("purchase", "cart", "save", "view")
    weights = [float(act_weights(did(("a", kind, 3.0)), NOW)[0]) for kind in kinds]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 4
    wished = liked(person(did(("a", "view", 0.1)), ME.changed(wishlist=("b",))), NOW)
    assert wished.likes["b"] > wished.likes["a"]


def test_the_order_of_acts_at_one_moment_does_not_count(view: View) -> None:
    acts = [("coats-aurel-black", "view", 1.0, 0), ("boots-corvin-red", "save", 1.0, 0),
            ("totes-ferrand-navy", "cart", 1.0, 0), ("coats-aurel-black", "purchase", 1.0, 0)]  # fmt: skip
    just = [(item, kind, 0.001, 1) for item, kind, _, _ in acts]
    for mine in (acts, just):
        found = {repr(liked(person(did(*order)), NOW)) for order in itertools.permutations(mine)}
        assert len(found) == 1
        told = {repr([one.as_json() for one in interests(view, liked(person(did(*order)), NOW))])
                for order in itertools.permutations(mine)}  # fmt: skip
        assert len(told) == 1


def test_impressions_clicks_and_searches_say_nothing_of_taste() -> None:
    history = History(("a", "b", None), ("impression", "click", "search"), (NOW - DAY,) * 3)
    assert not act_weights(history, NOW).any()
    assert not liked(person(history), NOW)


# -- what counts against ---------------------------------------------------------------------------------------------


def test_what_was_sent_back_counts_against() -> None:
    kept = liked(person(did(("a", "purchase", 20.0), ("b", "view", 2.0))), NOW)
    back = liked(person(did(("a", "purchase", 20.0), ("a", "return", 10.0), ("b", "view", 2.0))), NOW)
    assert "a" in kept.likes
    assert "a" not in back.likes
    assert back.away["a"] > 0


def test_what_is_not_liked_counts_against_whatever_was_done_with_it() -> None:
    me = ME.changed(dislikes=Dislikes(items=("a",)))
    found = liked(person(did(("a", "cart", 0.01), ("b", "view", 2.0)), me), NOW)
    assert set(found.likes) == {"b"}
    assert set(found.away) == {"a"}
    said = History(
        ("a", "a", "b"), ("cart", "not_for_me", "view"), (NOW - DAY,) * 3, targets=(None, ("item", "a"), None)
    )
    assert set(liked(person(said), NOW).likes) == {"b"}


def test_an_interest_moves_away_from_what_was_sent_back(view: View) -> None:
    acts = [("coats-aurel-black", "save", 2.0), ("coats-corvin-red", "purchase", 9.0)]
    kept = interests(view, liked(person(did(*acts)), NOW))[0].taste.vectors["text"]
    back = interests(view, liked(person(did(*acts, ("coats-corvin-red", "return", 1.0))), NOW))[0].taste.vectors["text"]
    row = view.catalogue.row("coats-corvin-red")
    vector = view.signals["text"].of_rows(np.array([row]))[0]
    assert back @ vector < kept @ vector


# -- the visit -------------------------------------------------------------------------------------------------------


def test_in_a_visit_an_act_weighs_less_the_more_came_after_it() -> None:
    history = did(("a", "view", 0.003, 7), ("b", "view", 0.002, 7), ("c", "view", 0.001, 7))
    now = visit_now(history, NOW)
    weights = visit_weights(history, now)
    assert now.tolist() == [0, 1, 2]
    assert weights[0] < weights[1] < weights[2] == 1.0


def test_a_visit_is_over_after_half_an_hour_without_an_act() -> None:
    history = did(("a", "view", 0.01, 3))
    assert len(visit_now(history, NOW)) == 1
    assert not len(visit_now(history, NOW + timedelta(minutes=31)))


def test_this_visit_weighs_more_the_longer_it_is() -> None:
    before = [("old", "purchase", 5.0, 0)]
    shares = [
        liked(person(did(*before, *((f"new-{n}", "view", 0.001 * (n + 1), 1) for n in range(count)))), NOW).visit
        for count in range(1, 5)
    ]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


def test_the_shares_of_what_is_liked_add_up_to_one() -> None:
    found = liked(
        person(did(("a", "view", 3.0), ("b", "cart", 40.0), ("c", "view", 0.001)), ME.changed(wishlist=("d",))), NOW
    )
    assert sum(found.likes.values()) == pytest.approx(1.0, abs=1e-12)
    assert found.acts == 4


# -- interests -------------------------------------------------------------------------------------------------------


def _two_worlds() -> History:
    bags = [f"handbags-{house}-black" for house in ("aurel", "corvin", "ferrand")]
    knits = [f"knitwear-{house}-red" for house in ("aurel", "corvin", "ferrand")]
    return did(*((item, "save", 2.0 + n) for n, item in enumerate([*bags, *knits])))


def test_a_broad_history_is_several_interests_and_never_one_mean(view: View) -> None:
    found = interests(view, liked(person(_two_worlds()), NOW))
    assert len(found) == 2
    kinds = [{view.catalogue.item(item).type for item, _ in one.items} for one in found]
    assert sorted(kinds, key=repr) == [{"Handbags"}, {"Knitwear"}]
    assert sum(one.share for one in found) == pytest.approx(1.0, abs=1e-12)


def test_each_interest_lies_with_its_own_products(view: View) -> None:
    for one in interests(view, liked(person(_two_worlds()), NOW)):
        assert one.medoid in dict(one.items)
        rows = view.catalogue.rows([item for item, _ in one.items])
        near = view.signals["text"].vectors[rows] @ one.taste.vectors["text"]  # type: ignore[attr-defined]
        assert near.min() > 0.5


def test_a_short_history_is_one_vector(view: View) -> None:
    found = interests(
        view, liked(person(did(("coats-aurel-black", "view", 1.0), ("boots-aurel-red", "view", 9.0))), NOW)
    )
    assert len(found) == 1
    assert found[0].share == 1.0
    assert found[0].items[0][0] == "coats-aurel-black"  # the later look counts for more


def test_products_that_are_all_alike_are_one_interest(view: View) -> None:
    items = [f"coats-{house}-{colour}" for house in ("aurel", "corvin", "ferrand") for colour in ("black", "navy")]
    assert len(interests(view, liked(person(did(*((item, "view", 1.0) for item in items))), NOW))) == 1


def test_products_that_are_gone_say_nothing(view: View) -> None:
    assert interests(view, liked(person(did(("gone", "purchase", 1.0))), NOW)) == ()
    both = interests(view, liked(person(did(("gone", "purchase", 1.0), ("coats-aurel-black", "view", 1.0))), NOW))
    assert [one.items for one in both] == [(("coats-aurel-black", 1.0),)]


def test_an_empty_history_divides_by_nothing(view: View) -> None:
    assert not liked(person(History()), NOW)
    assert interests(view, liked(person(History()), NOW)) == ()


def test_a_whole_day_is_not_cut_off_an_act() -> None:
    hours = [act_weights(did(("a", "view", hour / 24)), NOW)[0] for hour in (1, 12, 23)]
    assert hours[0] > hours[1] > hours[2]


def test_no_swap_of_a_medoid_would_be_cheaper() -> None:
    rng = np.random.default_rng(5)
    lost = []
    for _ in range(40):
        points, shares = rng.normal(size=(8, 3)), rng.random(8) + 0.1
        near = -np.linalg.norm(points[:, None] - points[None], axis=2)

        def cost(some: Sequence[int], far: Matrix = -near, shares: Scores = shares) -> float:
            return float((shares * far[:, list(some)].min(axis=1)).sum())

        found = medoids(near, shares, 2).tolist()
        for stays in found:
            assert all(cost(found) <= cost((stays, other)) + 1e-6 for other in range(8))
        lost.append(cost(found) / min(cost(some) for some in itertools.combinations(range(8), 2)))
    assert np.mean(lost) < 1.02


def test_parting_knows_clouds_that_lie_apart() -> None:
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0], [9, 0], [0, 9]])
    points = np.concatenate([centre + rng.normal(size=(4, 2)) for centre in centres])
    near = -np.linalg.norm(points[:, None] - points[None], axis=2)
    codes, middles = parted(near, np.full(12, 1 / 12))
    assert len(middles) == 3
    assert [len(set(codes[n : n + 4].tolist())) for n in (0, 4, 8)] == [1, 1, 1]


def test_closeness_does_not_depend_on_what_else_is_asked(view: View) -> None:
    rows = np.arange(0, 40, 3)
    whole = closeness(view, rows)
    assert np.array_equal(whole, whole.T)
    np.testing.assert_array_equal(closeness(view, rows[:5]), whole[:5, :5])


def test_an_interest_is_named_by_what_its_products_share(view: View) -> None:
    for one in interests(view, liked(person(_two_worlds()), NOW)):
        shared = as_item(view, one.taste)
        assert one.label == label(shared)
        assert shared.type is not None
        assert shared.type.lower() in one.label

"""Composing on small tables, where every look can be tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.recommend.looks.compose import APART, Composed, Slot, Table, Terms, compose, look_score


def table(seed: int, roles: int = 3, each: int = 5, clashes: float = 0.15) -> Table:
    rng = np.random.default_rng(seed)
    m = roles * each
    among = rng.normal(size=(m, m))
    among = (among + among.T) / 2
    clash = np.triu(rng.random((m, m)) < clashes, 1)
    return Table(
        rows=np.arange(100, 100 + m),
        role=np.repeat(np.arange(roles), each).astype(np.int32),
        to_anchor=rng.normal(0.5, 1.0, m),
        among=among,
        clash=clash | clash.T,
        price=rng.integers(10, 100, m).astype(float),
        brand=rng.integers(-1, 4, m).astype(np.int32),
        season=rng.integers(1, 16, m).astype(np.int32),
        alike=rng.integers(0, 6, m).astype(np.int32),
        tone=rng.integers(-1, 3, m).astype(np.int32),
        loud=rng.random(m),
    )


def slots_of(made: Table, *, optional: tuple[int, ...] = ()) -> list[Slot]:
    return [
        Slot(role, role not in optional, np.flatnonzero(made.role == role)) for role in np.unique(made.role).tolist()
    ]


def whole_looks(made: Table, slots: list[Slot], terms: Terms) -> list[tuple[float, tuple[int, ...]]]:
    """Every look that fills all slots, by score."""
    out = []
    for places in itertools.product(*(slot.members.tolist() for slot in slots)):
        chosen = np.array(places)
        if made.clash[np.ix_(chosen, chosen)].any():
            continue
        if not np.bitwise_and.reduce(made.season[chosen]) & terms.season:
            continue
        if terms.budget is not None and made.price[chosen].sum() > terms.budget:
            continue
        out.append((look_score(made.to_anchor[chosen], made.among[np.ix_(chosen, chosen)]), places))
    return sorted(out, reverse=True)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("budget", [None, 150.0])
def test_a_wide_beam_finds_the_best_of_all_looks(seed, budget):
    made, terms = table(seed), Terms(budget=budget)
    every = whole_looks(made, slots_of(made), terms)
    found = compose(made, slots_of(made), terms, width=10_000)
    assert [one for one in found if not one.empty] or not every
    if every:
        assert found[0].empty == 0
        assert found[0].score == pytest.approx(every[0][0], abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_the_usual_beam_is_near_the_best_of_all_looks(seed):
    made = table(seed, roles=4, each=6, clashes=0.1)
    every = whole_looks(made, slots_of(made), Terms())
    found = compose(made, slots_of(made), Terms())
    assert not every or found[0].score >= every[0][0] - 0.35


@pytest.mark.parametrize("seed", range(60))
def test_every_look_keeps_its_terms_and_says_its_score(seed):
    made = table(seed, roles=5, each=6)
    slots = slots_of(made, optional=(3, 4))
    terms = Terms(budget=220.0, most=4, house=0.5, echo=0.5, own_house=1, own_tone=1, season=7)
    for one in compose(made, slots, terms):
        chosen = np.array([place for place in one.places if place >= 0], dtype=np.int64)
        assert one.score == pytest.approx(look_score(made.to_anchor[chosen], made.among[np.ix_(chosen, chosen)]))
        assert not made.clash[np.ix_(chosen, chosen)].any()
        assert np.bitwise_and.reduce(np.append(made.season[chosen], 7))
        assert made.price[chosen].sum() <= 220.0
        assert len(chosen) <= 4
        assert one.empty == sum(place < 0 for place, slot in zip(one.places, slots, strict=True) if slot.required)
        assert one.value <= one.score + 1e-12, "variety only costs"
        assert all(place < 0 or made.role[place] == slot.role for place, slot in zip(one.places, slots, strict=True))
        for place, slot in zip(one.places, slots, strict=True):
            if place >= 0 and not slot.required:
                assert made.to_anchor[place] > 0


def as_look(made: Table, one: Composed) -> dict[int, int]:
    return {int(made.role[place]): int(made.rows[place]) for place in one.places if place >= 0}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("reuse", [0.0, 1.0])
def test_looks_differ_from_earlier_ones_in_two_slots(seed, reuse):
    made = table(seed, roles=4)
    slots = slots_of(made, optional=(3,))
    earlier: list[dict[int, int]] = []
    for _ in range(4):
        found = compose(made, slots, Terms(reuse=reuse), earlier)
        for one in found:
            for look in earlier:
                mine = as_look(made, one)
                assert sum(mine.get(role) != look.get(role) for role in {*mine, *look}) >= APART
        if not found:
            break
        earlier.append(as_look(made, found[0]))
    assert len(earlier) >= 2


def test_an_earlier_look_of_another_make_differs_by_the_roles_it_alone_has():
    made = table(1, roles=1, each=1)
    earlier = [{7: 1, 8: 2, 0: 100}]
    assert compose(made, slots_of(made), Terms(), earlier)
    assert not compose(made, slots_of(made), Terms(), [{0: 100}])


def test_a_slot_without_members_stays_empty_and_is_counted():
    made = table(0)
    slots = [*slots_of(made), Slot(9, True, np.zeros(0, dtype=np.int64)), Slot(10, False, np.zeros(0, dtype=np.int64))]
    found = compose(made, slots, Terms())
    assert found[0].empty == 1
    assert found[0].places[3:] == (-1, -1)


def test_an_empty_table_gives_one_empty_look():
    made = table(0, roles=0)
    found = compose(made, [Slot(0, True, np.zeros(0, dtype=np.int64))], Terms())
    assert found == [Composed((-1,), 0.0, 0.0, 1)]


def test_houses_that_repeat_cost_a_look_its_place():
    made = table(3, clashes=0.0)
    plain = compose(made, slots_of(made), Terms(), width=10_000)[0]
    mixed = compose(made, slots_of(made), Terms(house=100.0), width=10_000)[0]

    def repeats(one: Composed) -> int:
        houses = [int(made.brand[place]) for place in one.places if made.brand[place] >= 0]
        return len(houses) - len(set(houses))

    assert repeats(mixed) == 0
    assert mixed.score <= plain.score


def test_a_third_piece_of_one_loud_colour_costs_a_look_its_place():
    made = table(4, roles=4, clashes=0.0)
    terms = Terms(echo=100.0, own_tone=0)
    found = compose(made, slots_of(made), terms, width=10_000)[0]
    tones = [int(made.tone[place]) for place in found.places]
    assert tones.count(0) <= 1
    assert max(tones.count(tone) for tone in (1, 2)) <= 2

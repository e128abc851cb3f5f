"""What a draft does to substitutes, looks and searches: only what can change is made, and no change is missed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.curation import measure
from core.curation.measure import Lap, Measuring
from core.curation.resolve import RuleBook
from core.domain.errors import BadRequest
from core.domain.looks import LookStrategy
from core.domain.placements import Placement
from core.domain.query import Request
from core.recommend.beside import PLACEMENTS, beside
from core.recommend.look import looks
from core.recommend.substitute import substitute
from tests.curation.rule_checks import SHOP, under
from tests.curation.rule_worlds import IDS, books
from tests.curation.test_rules_in_looks import bests, others, quotas
from tests.recommend.look_worlds import AT, asking, dressed, wardrobe_of

QUICK = settings(
    max_examples=4, deadline=None, phases=[p for p in Phase if p not in (Phase.shrink, Phase.explain)],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
VIEW, WARDROBE = dressed(wardrobe_of(70, 8))
KNOWN = VIEW.catalogue.ids
HOUSE = LookStrategy()
ASKED = Request(at=AT, k=6)
pins = st.builds(
    lambda item, place: {"kind": "pin", "place": place, "target": {"items": [item]}, "ends_at": None},
    st.sampled_from(KNOWN), st.integers(1, 3),
)  # fmt: skip
scoped = st.builds(
    lambda rule, scope: {**rule, **scope},
    st.one_of(quotas, bests, others, pins),
    st.sampled_from([{}, {"scope": {"anchors": list(KNOWN[:20])}}, {"scope": {"audiences": ["women"]}},
                     {"scope": {"placements": ["similar"]}}]),
)  # fmt: skip
look_books = st.lists(scoped, max_size=3).map(
    lambda found: [{**rule, "id": f"r{number}"} for number, rule in enumerate(found)]
)


def ruled(view, plain):
    return view.with_rules(plain, 1, RuleBook.of(plain))


def last(laps) -> Lap:
    return list(laps)[-1]


@QUICK
@given(look_books, look_books)
def test_the_looks_that_change_are_those_that_were_found_to(before, after):
    live, draft = ruled(VIEW, before), ruled(VIEW, after)
    lap = last(measure.looks(live, draft, WARDROBE, asking("").changed(count=2), (HOUSE, HOUSE)))
    assert lap.impact is not None
    changed = 0
    for anchor in KNOWN:
        one, other = (
            [look.ids for look in looks(view, WARDROBE, asking(anchor, count=2)).looks] for view in (live, draft)
        )
        changed += one != other
    assert lap.impact.changed == changed
    assert (lap.impact.lists, lap.impact.of) == (lap.lists, len(KNOWN))
    assert lap.lists >= changed


@QUICK
@given(books(most=4), books(most=4))
def test_the_substitutes_that_change_are_those_that_were_found_to(before, after):
    live, draft = under(before), under(after)
    lap = last(measure.substitutes(live, draft, ASKED))
    assert lap.impact is not None
    asked = [ASKED.changed(placement=Placement.SUBSTITUTE, anchor=one) for one in IDS]
    changed = sum(substitute(live, one).ids != substitute(draft, one).ids for one in asked)
    assert lap.impact.changed == changed
    assert lap.lists >= changed


@pytest.mark.parametrize("placement", PLACEMENTS)
@QUICK
@given(before=look_books, after=look_books)
def test_the_lists_beside_a_product_that_change_are_those_that_were_found_to(placement, before, after):
    live, draft = ruled(VIEW, before), ruled(VIEW, after)
    request = ASKED.changed(placement=placement)
    lap = last(measure.besides(live, draft, request, lambda view: WARDROBE))
    assert lap.impact is not None
    changed = 0
    for anchor in KNOWN:
        one, other = (beside(view, request.changed(anchor=anchor), lambda view: WARDROBE).ids for view in (live, draft))
        changed += one != other
    assert lap.impact.changed == changed
    assert (lap.impact.lists, lap.impact.of) == (lap.lists, len(KNOWN))
    assert lap.impact.placement == placement


def test_a_draft_that_changes_nothing_reaches_nothing():
    rule = [{"id": "a", "kind": "block", "target": {"items": [KNOWN[3]]}}]
    live = ruled(VIEW, rule)
    for lap in (
        last(measure.looks(live, ruled(VIEW, rule), WARDROBE, asking(""), (HOUSE, HOUSE))),
        last(measure.substitutes(live, ruled(VIEW, rule), ASKED)),
    ):
        assert (lap.lists, lap.finished, lap.impact.changed, lap.impact.lists) == (0, True, 0, 0)


def test_a_rule_reaches_only_looks_that_could_hold_what_it_speaks_of():
    shoes = next(one for one, role in zip(KNOWN, WARDROBE.role, strict=True) if WARDROBE.role_of(
        VIEW.catalogue.row(one)) == "shoes")  # fmt: skip
    draft = ruled(VIEW, [{"id": "a", "kind": "block", "target": {"items": [shoes]}}])
    laps = list(measure.looks(VIEW, draft, WARDROBE, asking(""), (HOUSE, HOUSE)))
    in_a_look = int((WARDROBE.role >= 0).sum())
    as_shoes = int((WARDROBE.role == WARDROBE.role[VIEW.catalogue.row(shoes)]).sum())
    assert 0 < laps[-1].lists <= in_a_look - as_shoes
    assert [lap.done for lap in laps] == list(range(laps[-1].lists + 1))


def test_other_weights_reach_every_look_and_every_list():
    other = HOUSE.changed(weights={"colour": 1.0})
    assert next(measure.looks(VIEW, VIEW, WARDROBE, asking(""), (HOUSE, other))).lists == (WARDROBE.role >= 0).sum()
    draft = SHOP.with_strategy(SHOP.strategy.changed(lam=0.1), 1)
    assert next(measure.substitutes(SHOP, draft, ASKED)).lists == len(SHOP)


def test_half_way_a_first_sum_is_told_over_what_was_made():
    draft = SHOP.with_strategy(SHOP.strategy.changed(weights={"text": 1.0}), 1)
    laps = list(measure.substitutes(SHOP, draft, ASKED))
    early = next(lap for lap in laps if lap.impact is not None)
    assert early.impact.lists == early.done == measure.FIRST_TOLD
    assert not early.finished
    assert laps[-1].impact.lists == len(SHOP)


def found_by(words: str, view) -> tuple[str, ...]:
    hidden = view.curation(None, Request(placement=Placement.SEARCH, at=AT)).blocked
    return tuple(one for one in IDS[int(words) : int(words) + 3] if one not in hidden)


def search(view, request):
    from core.domain.listing import Listing, Origin, Placed

    items = tuple(
        Placed(one, rank, 1.0, Origin.MODEL, {}, None, 0, ())
        for rank, one in enumerate(found_by(request.words, view), 1)
    )
    return Listing("search", None, items, view.versions, AT, {}, (), request.words)


def test_searches_are_measured_over_what_was_searched_for():
    draft = under([{"kind": "block", "target": {"items": [IDS[4]]}}])
    lap = last(measure.searches(SHOP, draft, ASKED, ("0", "3", "8"), search))
    assert (lap.impact.lists, lap.impact.changed) == (3, 1)
    assert [one.anchor for one in lap.impact.most_changed] == ["3"]
    beside = under([{"kind": "block", "target": {"items": [IDS[4]]}, "scope": {"anchors": [IDS[0]]}}])
    assert last(measure.searches(SHOP, beside, ASKED, ("3",), search)).lists == 0
    told = last(measure.searches(SHOP, draft, ASKED, (), search))
    assert "keeps no record of what shoppers search for" in told.note


def test_measuring_goes_on_beside_whoever_asks_and_can_be_stopped():
    def endless():
        done = 0
        while True:
            done += 1
            yield Lap(Placement.LOOK, 10**9, 10**9, done)

    runs = Measuring({Placement.LOOK: endless()}).start()
    until = time.monotonic() + 10
    while not runs.laps and time.monotonic() < until:
        time.sleep(0.001)
    assert runs.laps[0].placement == Placement.LOOK
    assert not runs.finished
    runs.stop()
    while not runs.finished and time.monotonic() < until:
        time.sleep(0.001)
    assert runs.finished


def test_what_nobody_looks_at_rests_and_goes_on_when_somebody_does():
    def three():
        for done in (1, 2, 3):
            yield Lap(Placement.LOOK, 3, 3, done)

    runs = Measuring({Placement.LOOK: three()}, patience=-1.0).start()
    until = time.monotonic() + 10
    for done in (1, 2, 3):
        while not (runs.laps and runs.laps[0].done == done) and time.monotonic() < until:
            runs.start()
            time.sleep(0.001)
        assert runs.laps[0].done >= done
    while not runs.finished and time.monotonic() < until:
        runs.start()
        time.sleep(0.001)
    assert runs.finished


@pytest.mark.parametrize("error", [BadRequest("Nobody knows this."), RuntimeError("a bug")])
def test_what_goes_wrong_beside_is_said(error):
    def breaks():
        yield Lap(Placement.LOOK, 2, 2)
        raise error

    runs = Measuring({Placement.LOOK: breaks()}).start()
    until = time.monotonic() + 10
    while not runs.finished and time.monotonic() < until:
        time.sleep(0.001)
    assert runs.trouble
    assert ("Nobody knows this." in runs.trouble) == isinstance(error, BadRequest)


def test_the_same_pieces_in_two_looks_count_twice_and_all_shares_add_up():
    draft = ruled(VIEW, [{"id": "a", "kind": "boost", "step": "strong", "target": {"filters": {"brand": ["B1"]}}}])
    found = last(measure.looks(VIEW, draft, WARDROBE, asking(""), (HOUSE, HOUSE))).impact
    for side in (0, 1):
        assert sum(pair[side] for pair in found.exposure.values()) == pytest.approx(1.0)
    share = {one.name: one for one in found.brands}["B1"]
    assert share.after > share.before
    assert found.as_json()["of"] == len(KNOWN)
    assert replace(found, of=None).as_json()["of"] == found.lists
    assert np.isfinite(found.figures["length"]).all()

"""Rules in looks: every kind holds there, or the look says why not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.curation.resolve import RuleBook
from core.domain.looks import ROLES
from core.domain.rules import Rule
from core.recommend.look import look_all, looks, rescored, swap, trace, why_missing
from tests.recommend.look_worlds import AT, COLOURS, TYPES, asking, dressed, shop_of, thing, wardrobe_of
from tests.recommend.test_looks import STORY, check

QUICK = settings(
    max_examples=20, deadline=None, phases=[p for p in Phase if p not in (Phase.shrink, Phase.explain)],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
SHOP = dressed(wardrobe_of(250, 5))
WORN = [id for id, role in zip(SHOP[0].catalogue.ids, SHOP[1].role, strict=True) if role >= 0][::7]
STORE = dressed(shop_of(*STORY))


def under(world, *plain):
    """The shop under these rules."""
    view, wardrobe = world
    rules = [{"id": f"r{number}", **one} for number, one in enumerate(plain)]
    return view.with_rules(rules, 1, RuleBook.of(rules)), wardrobe


def codes(found) -> list[str]:
    return [note.code for note in found.notes]


def of(**filters):
    return {"filters": {name: [value] for name, value in filters.items()}}


targets = st.one_of(
    st.builds(lambda one: of(brand=one), st.sampled_from([f"B{number}" for number in range(8)])),
    st.builds(lambda one: of(colour=one), st.sampled_from(COLOURS)),
    st.builds(lambda one: of(type=one), st.sampled_from(TYPES)),
    st.builds(lambda one: {"relations": [["brand", one]]}, st.sampled_from(["same", "other"])),
)
quotas = st.builds(
    lambda target, bounds: {"kind": "quota", "target": target, **bounds},
    targets,
    st.sampled_from([{"at_least": 1}, {"at_least": 2}, {"at_most": 0}, {"at_most": 1}, {"at_least": 1, "at_most": 2},
                     {"at_most": 40, "percent": True}]),
)  # fmt: skip
bests = st.builds(
    lambda target, place: {"kind": "pin_best", "place": place, "target": target}, targets, st.integers(1, 3)
)
others = st.sampled_from(
    [
        {"kind": "block", "target": of(colour="black")},
        {"kind": "boost", "step": "strong", "direction": "down", "target": of(brand="B2")},
        {"kind": "boundary", "brands": ["B1"], "others": ["B2", "B3"]},
        {"kind": "keep", "target": {"filters": {"brand": ["B0", "B1", "B2", "B3", "B4"]}}},
    ]
)
books = st.lists(st.one_of(quotas, quotas, bests, others), min_size=1, max_size=4)


@QUICK
@given(books, st.sampled_from(WORN))
def test_whatever_the_rules_a_look_is_a_look_and_keeps_them_or_says_why_not(book, anchor):
    view, wardrobe = under(SHOP, *book)
    found = looks(view, wardrobe, asking(anchor))
    most = max(template.pieces for template in wardrobe.tables.templates)
    rules = view.curation(anchor, asked(anchor, k=most))
    for look in found.looks:
        rows = view.catalogue.rows(look.ids)
        pinned = {piece.role for piece, row in zip(look.pieces, rows, strict=True) if wished(rules, row)}
        check(view, wardrobe, look, asked_for=pinned)
        told = " ".join(note.text for note in look.notes if note.code in ("quota_short", "quota_over"))
        for quota in rules.quotas:
            count = int(quota.mask[rows].sum())
            assert count >= quota.least or quota.name in told
            assert quota.most is None or count <= quota.most or quota.name in told
        whole = np.concatenate([view.catalogue.rows([anchor]), rows])
        for border in rules.borders:
            assert not {1, 2} <= set(border.sides[whole].tolist())
        assert not set(look.ids) & set(rules.blocked)
    for best in rules.best if found.looks else ():
        rows = [view.catalogue.rows(look.ids) for look in found.looks]
        assert any(best.name in note.text for note in found.notes) or all(best.mask[one].any() for one in rows)


def wished(rules, row) -> bool:
    """Whether a rule holds a place for it."""
    return any(best.mask[row] for best in rules.best)


def asked(anchor, **changes):
    from core.domain.placements import Placement
    from core.domain.query import Request

    return Request(placement=Placement.LOOK, anchor=anchor, at=AT, **changes)


@QUICK
@given(st.lists(quotas, min_size=1, max_size=2), st.sampled_from(WORN))
def test_a_quota_that_every_look_keeps_anyway_leaves_no_note(book, anchor):
    """What is asked for at least is in the look wherever any two pieces that match could be in one."""
    view, wardrobe = under(SHOP, *book)
    for look in looks(view, wardrobe, asking(anchor)).looks:
        for note in look.notes:
            assert note.code != "quota_over"


def test_at_least_brings_in_what_would_not_have_come():
    plain = looks(*STORE, asking("dress"))
    piece = next(one for one in ("belt", "boot", "earring", "coat", "tote") if one not in plain.looks[0].ids)
    shop = under(STORE, {"kind": "quota", "at_least": 1, "target": {"items": [piece]}})
    found = looks(*shop, asking("dress"))
    assert piece in found.looks[0].ids
    assert not any(note.code == "quota_short" for note in found.looks[0].notes)


def test_a_quota_that_nothing_can_keep_is_told_on_every_look():
    shop = under(STORE, {"kind": "quota", "at_least": 2, "target": of(type="Lipstick"), "note": "asked by the house"})
    found = looks(*shop, asking("dress"))
    plain = looks(*STORE, asking("dress"))
    assert [one.ids for one in found.looks] == [one.ids for one in plain.looks]
    assert all("0 of at least 2 pieces" in " ".join(note.text for note in one.notes) for one in found.looks)


def test_at_most_holds_in_what_is_offered_in_a_swap_too():
    red = [thing("red shoe", "Pumps", colour=("red",)), thing("red bag", "Handbags", colour=("red",))]
    world = dressed(shop_of(*STORY, *red))
    shop = under(world, {"kind": "quota", "at_most": 1, "target": of(colour="red")})
    assert "red bag" in [one.id for one, _ in swap(*world, asking("dress"), ("red shoe",), "bag").options]
    assert "red bag" not in [one.id for one, _ in swap(*shop, asking("dress"), ("red shoe",), "bag").options]
    told = rescored(*shop, asking("dress"), ("red shoe", "red bag"))
    assert "2 pieces, more than 1" in " ".join(note.text for note in told.notes)


def test_the_best_that_matches_has_the_place_of_its_role_in_every_look():
    shop = under(STORE, {"kind": "pin_best", "place": 3, "target": {"items": ["tote", "bag"]}})
    found = looks(*shop, asking("dress"))
    best = max(("tote", "bag"), key=lambda one: rescored(*STORE, asking("dress"), (one,)).pieces[0].score)
    assert all([str(one.origin) for one in look.pieces if one.id == best] == ["pin"] for look in found.looks)
    locked = looks(*shop, asking("dress", locked={"bag": next(one for one in ("tote", "bag") if one != best)}))
    assert "best_none" in codes(locked)
    assert all(best not in look.ids for look in locked.looks)


def test_a_pin_of_what_no_look_here_has_a_place_for_sleeps_and_the_looks_stay():
    shop = under(STORE, {"kind": "pin", "place": 1, "target": {"items": ["jeans"]}, "ends_at": None})
    found = looks(*shop, asking("dress"))
    assert [one.ids for one in found.looks] == [one.ids for one in looks(*STORE, asking("dress")).looks]
    assert "these looks have no place for its role" in " ".join(note.text for note in found.notes)


def test_pins_of_two_roles_stand_in_one_look_and_the_loser_of_one_place_is_named():
    pin = {"kind": "pin", "ends_at": None, "scope": {"placements": ["look"], "anchors": ["dress"]}}
    both = under(STORE, {**pin, "place": ROLES.index("shoes") + 1, "target": {"items": ["pump"]}},
                 {**pin, "place": ROLES.index("bag") + 1, "target": {"items": ["tote"]}})  # fmt: skip
    assert all({"pump", "tote"} <= set(look.ids) for look in looks(*both, asking("dress")).looks)
    one_place = under(STORE, {**pin, "place": 1, "target": {"items": ["pump"]}},
                      {**pin, "place": 1, "target": {"items": ["sneaker"]}, "priority": 1})  # fmt: skip
    found = looks(*one_place, asking("dress"))
    assert "pin_outranked" in codes(found)
    assert all("sneaker" in look.ids for look in found.looks)


def test_a_rule_of_a_locale_bears_on_the_looks_of_that_front_alone():
    first = looks(*STORE, asking("dress")).looks[0].ids[0]
    shop = under(STORE, {"kind": "block", "target": {"items": [first]}, "scope": {"locales": ["fr"]}})
    for locale, there in ((None, True), ("de", True), ("fr-FR", False)):
        assert (first in looks(*shop, asking("dress", locale=locale)).looks[0].ids) == there


def test_a_piece_tells_which_rule_moved_it_and_a_pair_which_rule_parts_it():
    shop = under(
        STORE,
        {"kind": "boost", "step": "strong", "target": {"items": ["tote"]}, "note": "for the window"},
        {"kind": "boundary", "brands": ["House pump"], "others": ["House belt"]},
    )
    told = rescored(*shop, asking("dress"), ("tote", "pump", "belt"))
    assert [note.text for note in told.pieces[0].notes] == ["Moved by “for the window” (r0)."]
    assert "(r1) keeps them apart" in " ".join(note.text for note in told.notes)


def test_one_and_many_and_a_trace_agree_under_rules():
    book = [{"kind": "quota", "at_least": 1, "target": of(colour="red")},
            {"kind": "pin_best", "place": 1, "target": of(type="Handbags")},
            {"kind": "boost", "amount": 0.4, "by": "newness"}]  # fmt: skip
    view, wardrobe = under(SHOP, *book)
    for found in look_all(view, wardrobe, asking(WORN[0]), WORN[:6]):
        alone = asking(found.anchor)
        assert looks(view, wardrobe, alone).as_json() == found.as_json()
        told = trace(view, wardrobe, alone)
        assert told.looks.as_json() == found.as_json()
        shown = {item for look in found.looks for item in look.ids}
        assert not shown & {item for stage in told.stages for item in stage.dropped}


def test_why_a_piece_is_missing_names_the_quota_that_lets_no_more_in():
    view, wardrobe = under(STORE, {"kind": "quota", "at_most": 0, "target": {"items": ["pump"]}})
    if "pump" in {item for look in looks(*STORE, asking("dress")).looks for item in look.ids}:
        missing = why_missing(view, wardrobe, asking("dress"), "pump")
        assert missing is not None
        assert "(r0) lets no more than 0 in" in missing.reason


@pytest.mark.parametrize("kind", ["pin", "pin_best", "block", "keep", "boost", "quota", "boundary"])
def test_no_kind_of_rule_breaks_a_look(kind):
    plain = {
        "pin": {"place": 1, "target": {"items": ["tote"]}, "ends_at": None}, "pin_best": {"place": 2},
        "boost": {"step": "clear", "direction": "down"}, "quota": {"at_least": 1},
        "boundary": {"brands": ["House tote"], "only": True}, "block": {}, "keep": {},
    }[kind]  # fmt: skip
    rule = {"kind": kind, **({"target": of(type="Handbags")} if kind not in ("pin", "boundary") else {}), **plain}
    Rule.from_json({"id": "r0", **rule})
    found = looks(*under(STORE, rule), asking("dress"))
    assert found.looks

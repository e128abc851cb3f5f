"""Truths about every look: what may stand in it, what it must hold, and what its score is made of."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.catalogue import ALLOWED_AUDIENCES, State
from core.domain.errors import BadRequest, UnknownItem
from core.domain.looks import PARTS, ROLES, LookStrategy
from core.domain.rules import Curation
from core.recommend.look import coverage, look_all, looks, occasions, rescored, swap, trace, why_missing
from tests.recommend.look_worlds import AT, asking, dressed, shop_of, thing, wardrobe_of

SHOPS = [dressed(wardrobe_of(400, seed)) for seed in (0, 1)]
SHOP = SHOPS[0]
WORN = [id for id, role in zip(SHOP[0].catalogue.ids, SHOP[1].role, strict=True) if role >= 0]

STORY = [
    thing("dress", "Day dresses"), thing("shirt", "Shirts"), thing("jeans", "Jeans"), thing("skirt", "Skirts"),
    thing("sneaker", "Sneakers"), thing("pump", "Pumps"), thing("bag", "Handbags"), thing("coat", "Wool coats"),
    thing("earring", "Earrings"), thing("belt", "Belts"), thing("lipstick", "Lipstick"),
    thing("boot", "Ankle boots"), thing("tote", "Tote bags"), thing("blouse", "Blouses"),
]  # fmt: skip


def curated(world, **rules):
    view, wardrobe = world
    return replace(view, curation=lambda anchor, request: Curation(**rules)), wardrobe


def ids(found) -> list[tuple[str, ...]]:
    return [look.ids for look in found.looks]


def code(notes) -> list[str]:
    return [note.code for note in notes]


# -- acceptance 17 ----------------------------------------------------------------------------------------------------


def check(view, wardrobe, look, *, at=AT, asked_for=frozenset()) -> None:
    """Everything that must hold of a composed look, in the words of the shop.

    asked_for: roles that a rule brings in, which the template need not have.
    """
    anchor = view.catalogue.item(look.anchor)
    items = [view.catalogue.item(piece.id) for piece in look.pieces]
    rows = view.catalogue.rows([look.anchor, *look.ids])
    roles = [ROLES[wardrobe.role[row]] for row in rows]
    assert roles[1:] == [piece.role for piece in look.pieces]
    assert len(set(roles)) == len(roles), "one role, one piece"
    assert not ("full_body" in roles and {"top", "bottom"} & set(roles)), "a dress leaves no place for trousers"
    assert all(item.state(at) == State.LIVE for item in items), "every piece can be bought"
    for one, other in itertools.combinations([anchor, *items], 2):
        assert other.audience in ALLOWED_AUDIENCES[one.audience] or None in (one.audience, other.audience)
        assert {one.audience, other.audience} != {"men", "women"}
        assert one.family_id is None or one.family_id != other.family_id
    seasons = [set(item.season) for item in [anchor, *items] if item.season]
    assert not seasons or set.intersection(*seasons), "all share a season"
    assert not wardrobe.conflicts(rows, rows)[~np.eye(len(rows), dtype=bool)].any()
    template = next(one for one in wardrobe.tables.templates if one.name == look.template and not (
        set(roles) - {*one.roles} - asked_for))  # fmt: skip
    assert set(look.unfilled) == set(template.required) - set(roles), "required roles are filled or declared"
    assert len(items) <= max(template.pieces, len(template.required))


def test_a_thousand_looks_hold_what_a_look_must_hold():
    made = 0
    for view, wardrobe in SHOPS:
        for found in look_all(view, wardrobe, asking(view.catalogue.ids[0])):
            for look in found.looks:
                check(view, wardrobe, look)
                made += 1
    assert made >= 1_000


def test_any_two_looks_of_an_anchor_differ_in_two_slots():
    for lam in (1.0, 0.5, 0.0):
        for found in look_all(*SHOP, asking(WORN[0], lam=lam), WORN[::14]):
            for one, other in itertools.combinations(found.looks, 2):
                a, b = ({piece.role: piece.id for piece in look.pieces} for look in (one, other))
                assert sum(a.get(role) != b.get(role) for role in {*a, *b}) >= 2


def test_an_anchor_is_never_in_its_own_look_nor_are_its_colourways():
    view, _ = SHOP
    for found in look_all(*SHOP, asking(WORN[0]), WORN[::10]):
        family = {view.catalogue.ids[row] for row in view.family_of(view.catalogue.row(found.anchor))}
        assert not family & {item for look in found.looks for item in look.ids}


# -- scores -----------------------------------------------------------------------------------------------------------


def score_of(look) -> float:
    """The definition, word for word."""
    with_anchor = [pair.score for pair in look.pairs if look.anchor == pair.a]
    among = [pair.score for pair in look.pairs if look.anchor != pair.a]
    mean = sum(among) / len(among) if among else 0.0
    return sum(with_anchor) / len(with_anchor) + mean + 0.5 * min(with_anchor + among)


amounts = st.one_of(st.just(0.0), st.floats(0.001, 10))
weights = st.dictionaries(st.sampled_from(PARTS), amounts, min_size=1).filter(
    lambda found: any(value for name, value in found.items() if name != "learned")
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(WORN), weights, st.floats(0, 1))
def test_the_parts_shown_add_up_to_the_score_under_any_weights(anchor, given_weights, lam):
    for look in looks(*SHOP, asking(anchor, weights=given_weights, lam=lam)).looks:
        assert look.score == pytest.approx(sum(look.contributions.values()), abs=1e-9)
        for pair in (*look.pairs, *look.pieces):
            assert pair.score == pytest.approx(sum(pair.contributions.values()), abs=1e-9)
        if look.pieces:
            assert look.score == pytest.approx(score_of(look), abs=1e-9)
            assert [piece.score for piece in look.pieces] == [pair.score for pair in look.pairs[: len(look.pieces)]]
        unweighed = {name for name in PARTS if not given_weights.get(name)}
        assert all(abs(look.contributions.get(name, 0.0)) < 1e-12 for name in unweighed)


def test_looks_stand_best_first():
    for found in look_all(*SHOP, asking(WORN[0]), WORN[::10]):
        order = [(len(look.unfilled), -round(look.score, 9)) for look in found.looks]
        assert order == sorted(order)


def test_weights_and_ten_times_the_weights_give_equal_looks():
    one = LookStrategy()
    ten = one.changed(weights={name: 10 * value for name, value in one.weights.items()})
    for anchor in WORN[::40]:
        a, b = (looks(*SHOP, asking(anchor).changed(strategy=strategy)) for strategy in (one, ten))
        assert ids(a) == ids(b)


def test_one_look_and_the_same_among_many_are_the_same_bytes():
    for found in look_all(*SHOP, asking(WORN[0]), WORN[::25]):
        assert json.dumps(found.as_json()) == json.dumps(looks(*SHOP, asking(found.anchor)).as_json())


def test_little_is_left_to_gain_by_swapping_one_piece_of_the_best_look():
    gains = []
    for anchor in WORN[::30]:
        asked = asking(anchor, lam=1.0, count=1)
        look = looks(*SHOP, asked).looks[0]
        best = [swap(*SHOP, asked, look.ids, piece.role).options[:1] for piece in look.pieces]
        gains.append(max([after - look.score for (_, after), *_ in filter(None, best)], default=0.0))
    assert np.mean(np.maximum(gains, 0.0)) < 0.1


# -- what a look is made of -------------------------------------------------------------------------------------------


def test_a_handbag_is_not_completed_by_handbags():
    found = looks(*dressed(shop_of(*STORY)), asking("bag"))
    assert found.looks
    for look in found.looks:
        assert {"top", "bottom", "shoes"} <= {p.role for p in look.pieces} or {"full_body", "shoes"} <= {
            p.role for p in look.pieces
        }
        assert "tote" not in look.ids


def test_what_cannot_be_worn_has_no_look_and_says_so():
    found = looks(*dressed(shop_of(*STORY)), asking("lipstick"))
    assert found.looks == ()
    assert code(found.notes) == ["no_role"]


def test_a_required_slot_that_nothing_fills_is_declared_and_stays_empty():
    world = dressed(shop_of(*(item for item in STORY if item.type not in ("Sneakers", "Pumps", "Ankle boots"))))
    found = looks(*world, asking("jeans"))
    assert found.looks
    for look in found.looks:
        assert look.unfilled == ("shoes",)
        assert "shoes" not in [piece.role for piece in look.pieces]
        assert "unfilled" in code(look.notes)


def test_alone_in_the_shop_a_product_has_an_empty_look_that_declares_what_is_missing():
    found = looks(*dressed(shop_of(thing("jeans", "Jeans"), thing("skirt", "Skirts"))), asking("jeans"))
    assert [look.ids for look in found.looks] == [()]
    assert found.looks[0].unfilled == ("top", "shoes")
    assert found.looks[0].score == 0.0
    assert "short" in code(found.notes)


def test_an_optional_piece_that_does_not_go_with_the_rest_stays_out():
    for found in look_all(*SHOP, asking(WORN[0]), WORN[::15]):
        for look in found.looks:
            template = next(t for t in SHOP[1].tables.templates if t.name == look.template
                            and {p.role for p in look.pieces} <= {*t.roles})  # fmt: skip
            for piece in look.pieces:
                if piece.role not in template.required:
                    assert piece.score > 0


def test_the_card_tells_palette_formality_prices_and_the_pair_that_is_weakest():
    view, wardrobe = dressed(shop_of(*STORY))
    look = looks(view, wardrobe, asking("dress")).looks[0]
    card = look.harmony
    assert [one[0] for one in card.palette] == ["dress", *look.ids]
    assert card.palette[0][1] == "black"
    assert card.formality is not None
    assert card.formality[0] <= card.formality[1]
    assert card.total == 10_000 * len(look.pieces)
    assert card.weakest == min(look.pairs, key=lambda pair: pair.score)
    assert card.best[0] == max(look.pairs, key=lambda pair: pair.score)
    assert card.seasons == ()


# -- what may be asked ------------------------------------------------------------------------------------------------


def test_a_locked_piece_is_in_every_look():
    view, wardrobe = SHOP
    tried = 0
    for anchor in WORN[::20]:
        first = looks(view, wardrobe, asking(anchor)).looks[0]
        for piece in first.pieces[-1:]:
            found = looks(view, wardrobe, asking(anchor, locked={piece.role: piece.id}))
            assert found.looks
            assert all(piece.id in look.ids for look in found.looks)
            for look in found.looks:
                check(view, wardrobe, look)
            tried += 1
    assert tried > 10


@pytest.mark.parametrize(
    ("locked", "words"),
    [
        ({"shoes": "bag"}, "is a bag"),
        ({"bag": "lipstick"}, "no role"),
        ({"bottom": "skirt"}, "cannot be locked"),  # the anchor is a dress
        ({"shoes": "gone"}, "sold out"),
        ({"full_body": "dress"}, "cannot be locked"),
    ],
)
def test_what_cannot_be_locked_is_refused_with_its_reason(locked, words):
    world = dressed(shop_of(*STORY, thing("gone", "Pumps", stock={"": 0})))
    with pytest.raises(BadRequest, match=words):
        looks(*world, asking("dress", locked=locked))
    with pytest.raises(UnknownItem):
        looks(*world, asking("dress", locked={"bag": "nobody"}))


def test_a_budget_holds_and_what_has_no_price_is_left_out():
    view, wardrobe = SHOP
    for anchor in WORN[::20]:
        for budget in (0, 20_000, 60_000):
            for look in looks(view, wardrobe, asking(anchor, budget=budget)).looks:
                prices = [view.catalogue.item(item).price for item in look.ids]
                assert None not in prices
                assert sum(prices) <= budget
                assert look.harmony.total == sum(prices)


def test_a_budget_is_kept_for_what_is_required():
    world = dressed(
        shop_of(
            thing("jeans", "Jeans"), thing("dear", "Shirts", price=90), thing("cheap", "T-shirts", price=20),
            thing("shoe", "Sneakers", price=60), thing("watch", "Watches", price=30),
        )
    )  # fmt: skip
    look = looks(*world, asking("jeans", budget=100)).looks[0]
    assert {"cheap", "shoe"} <= set(look.ids)
    assert look.unfilled == ()


@pytest.mark.parametrize("policy", ["one house", "mixed"])
def test_brand_policies_hold(policy):
    view, wardrobe = SHOP
    for anchor in WORN[::18]:
        own = view.catalogue.item(anchor).brand
        for look in looks(view, wardrobe, asking(anchor, brands=policy)).looks:
            brands = [view.catalogue.item(item).brand for item in look.ids]
            known = [brand for brand in (own, *brands) if brand is not None]
            if policy == "one house" and own is not None:
                assert set(brands) <= {own}
            elif policy == "mixed":
                assert len(set(known)) == len(known)


def test_an_occasion_keeps_to_what_is_for_it():
    view, wardrobe = SHOP
    for anchor in WORN[::17]:
        for look in looks(view, wardrobe, asking(anchor, occasion="evening")).looks:
            for item in look.ids:
                said = view.catalogue.item(item).occasion
                assert not said or "evening" in said
    with pytest.raises(BadRequest, match="occasion"):
        looks(view, wardrobe, asking(WORN[0], occasion="coronation of the moon"))
    assert set(occasions(view)) == {"day", "work", "evening", "weekend", "sport"}


def test_exclusions_dates_and_blocks_hold():
    first = looks(*SHOP, asking(WORN[0])).looks[0]
    gone = first.ids[0]
    assert all(gone not in look.ids for look in looks(*SHOP, asking(WORN[0], exclude=(gone,))).looks)
    blocked = curated(SHOP, blocked={gone: "Not this one"})
    assert all(gone not in look.ids for look in looks(*blocked, asking(WORN[0])).looks)
    missing = why_missing(*blocked, asking(WORN[0]), gone)
    assert missing is not None
    assert (missing.stage, missing.reason) == ("block", "blocked by Not this one")
    later = asking(WORN[0]).changed(at=AT + timedelta(days=60))
    for look in looks(*SHOP, later).looks:
        check(*SHOP, look, at=later.at)


def test_a_pin_takes_its_roles_slot_and_one_that_cannot_sleeps():
    view, wardrobe = dressed(shop_of(*STORY, thing("gone", "Clutches", stock={"": 0})))
    pinned = curated((view, wardrobe), pins={1: "tote"})
    found = looks(*pinned, asking("dress"))
    assert found.looks
    for look in found.looks:
        assert [str(piece.origin) for piece in look.pieces if piece.id == "tote"] == ["pin"]
    asleep = looks(*curated((view, wardrobe), pins={1: "gone"}), asking("dress"))
    assert "sold out" in next(note.text for note in asleep.notes if note.code == "pin_asleep")
    away = looks(*curated((view, wardrobe), pins={1: "vanished"}), asking("dress"))
    assert "pin_gone" in code(away.notes)
    both = looks(*curated((view, wardrobe), pins={1: "tote"}), asking("dress", locked={"bag": "bag"}))
    assert all("bag" in look.ids for look in both.looks)
    assert "pin_asleep" in code(both.notes)


def test_boosts_are_told_apart_and_add_up():
    view, wardrobe = dressed(shop_of(*STORY))
    plain = swap(view, wardrobe, asking("dress"), (), "bag").options
    last = plain[-1][0].id
    boosted = curated((view, wardrobe), boosts={last: 1.0})
    look = rescored(*boosted, asking("dress"), [last])
    assert look.contributions["boost"] == pytest.approx(1.5)
    assert look.score == pytest.approx(sum(look.contributions.values()), abs=1e-9)
    options = swap(*boosted, asking("dress"), (), "bag").options
    assert {one.id: after for one, after in options}[last] == pytest.approx(look.score, abs=1e-9)


def test_diversity_moves_the_looks_apart():
    def shared(lam: float) -> float:
        total = []
        for found in look_all(*SHOP, asking(WORN[0], lam=lam), WORN[::18]):
            for one, other in itertools.combinations(found.looks, 2):
                total.append(len(set(one.ids) & set(other.ids)) / max(len(one.ids), len(other.ids), 1))
        return float(np.mean(total))

    assert shared(0.0) < shared(0.7) < shared(1.0)


def test_a_moment_without_a_zone_and_a_count_of_none_are_refused():
    with pytest.raises(BadRequest):
        asking(WORN[0], count=0)
    with pytest.raises(ValueError, match="moment"):
        looks(*SHOP, asking(WORN[0]).changed(at=None))
    with pytest.raises(UnknownItem):
        looks(*SHOP, asking("nobody"))


def test_a_unisex_product_is_dressed_for_one_person_at_a_time():
    view, wardrobe = dressed(wardrobe_of(600, 5, people=("women", "men", "unisex")))
    anchors = [id for id, a in zip(view.catalogue.ids, view.catalogue.frame["audience"], strict=True) if a == "unisex"]
    for found in look_all(view, wardrobe, asking(anchors[0]), anchors[:15]):
        for look in found.looks:
            assert len({view.catalogue.item(item).audience for item in look.ids} - {"unisex"}) <= 1


# -- swap, mend, explain ----------------------------------------------------------------------------------------------


def test_a_swap_says_before_and_after_and_the_look_scores_what_was_said():
    view, wardrobe = SHOP
    tried = 0
    for anchor in WORN[::30]:
        look = looks(view, wardrobe, asking(anchor)).looks[0]
        for piece in look.pieces:
            found = swap(view, wardrobe, asking(anchor), look.ids, piece.role)
            assert found.now == piece.id
            assert found.before == pytest.approx(look.score, abs=1e-9)
            assert [after for _, after in found.options] == sorted((after for _, after in found.options), reverse=True)
            for option, after in found.options[:3]:
                others = [item for item in look.ids if item != piece.id]
                fresh = rescored(view, wardrobe, asking(anchor), [*others, option.id])
                assert fresh.score == pytest.approx(after, abs=1e-9)
                assert code(fresh.notes).count("conflict") == 0
                assert option.role == piece.role
                assert option.score == pytest.approx(sum(option.contributions.values()), abs=1e-9)
                tried += 1
    assert tried > 40


def test_an_empty_role_can_be_filled_and_a_role_that_cannot_be_offers_nothing():
    world = dressed(shop_of(*STORY))
    found = swap(*world, asking("dress"), ["pump", "bag"], "outer")
    assert found.now is None
    assert [piece.id for piece, _ in found.options] == ["coat"]
    assert swap(*world, asking("dress"), ["pump", "bag"], "bottom").options == ()
    assert swap(*world, asking("dress"), ["pump", "bag"], "full_body").options == ()
    with pytest.raises(BadRequest):
        swap(*world, asking("dress"), [], "carpet")


def test_a_look_put_together_by_hand_says_what_is_wrong_with_it():
    view, wardrobe = dressed(shop_of(*STORY, thing("gone", "Pumps", stock={"": 0})))
    look = rescored(view, wardrobe, asking("dress"), ["gone", "bag"])
    assert code(look.notes) == ["broken"]
    assert "sold out" in look.notes[0].text
    assert {piece.id: code(piece.notes) for piece in look.pieces} == {"gone": ["broken"], "bag": []}
    assert look.unfilled == ()
    clash = rescored(view, wardrobe, asking("shirt"), ["jeans", "skirt", "pump"])
    assert "conflict" in code(clash.notes)
    assert rescored(view, wardrobe, asking("shirt"), ["jeans"]).unfilled == ("shoes",)
    with pytest.raises(UnknownItem):
        rescored(view, wardrobe, asking("dress"), ["nobody"])
    with pytest.raises(BadRequest):
        rescored(view, wardrobe, asking("dress"), ["lipstick"])


def test_a_look_rescored_is_the_look():
    for found in look_all(*SHOP, asking(WORN[0]), WORN[::25]):
        for look in found.looks:
            again = rescored(*SHOP, asking(found.anchor), look.ids)
            assert (again.score, again.contributions, again.harmony) == (look.score, look.contributions, look.harmony)


def test_why_a_piece_is_missing_is_said_by_the_first_stage_that_lost_it():
    view, wardrobe = dressed(
        shop_of(*STORY, thing("gone", "Pumps", stock={"": 0}), thing("his", "Loafers", audience="men"),
                thing("fins", "Flip flops", occasion=("beach",)))
    )  # fmt: skip
    asked = asking("dress", exclude=("tote",))
    for item, stage, words in (
        ("dress", "eligible", "the product itself"),
        ("gone", "eligible", "sold out"),
        ("his", "eligible", "men"),
        ("tote", "eligible", "leaves it out"),
        ("lipstick", "role", "worn or carried"),
        ("jeans", "role", "Bottom"),
    ):
        missing = why_missing(view, wardrobe, asked, item)
        assert missing is not None
        assert missing.stage == stage
        assert words in missing.reason
    there = looks(view, wardrobe, asked).looks[0].ids[0]
    assert why_missing(view, wardrobe, asked, there) is None
    with pytest.raises(UnknownItem):
        why_missing(view, wardrobe, asked, "nobody")


def test_a_trace_tells_each_stage_and_loses_every_product_once():
    for anchor in WORN[::90]:
        told = trace(*SHOP, asking(anchor))
        assert [stage.stage for stage in told.stages] == [
            "eligible", "block", "role", "match", "shortlist", "compose",
        ]  # fmt: skip
        lost = [item for stage in told.stages for item in stage.dropped]
        used = {item for look in told.looks.looks for item in look.ids}
        assert len(lost) == len(set(lost))
        assert set(lost) | used == set(SHOP[0].catalogue.ids)
        assert not set(lost) & used
        for stage in told.stages:
            for item in list(stage.dropped)[:2]:
                missing = why_missing(*SHOP, asking(anchor), item)
                assert missing is not None
                assert (missing.stage, missing.reason) == (stage.stage, stage.dropped[item])


def test_coverage_counts_whole_looks_by_branch():
    told = coverage(*dressed(shop_of(*STORY)), asking("dress"))
    assert told.products == {"All": len(STORY)}
    assert told.worn == {"All": len(STORY) - 1}
    assert told.whole == told.worn
    assert told.without == ()
    assert told.as_json()["branches"][0]["share"] == round((len(STORY) - 1) / len(STORY), 4)


def test_a_question_that_nothing_answers_says_what_is_missing():
    pieces = [thing(one, kind, price=None) for one, kind in (("a", "Day dresses"), ("b", "Pumps"), ("c", "Handbags"))]
    world = dressed(shop_of(*pieces))
    trial = LookStrategy(weights={"learned": 1.0})
    told = looks(*world, asking("a", budget=10_000))
    assert "no_prices" in code(told.notes)
    assert any("Nothing goes with this product" in note.text for note in told.notes)
    assert "nothing_counts" in code(looks(*world, asking("a").changed(strategy=trial)).notes)
    assert "nothing_counts" not in code(looks(*world, asking("a")).notes)
    alone = looks(*dressed(shop_of(pieces[0])), asking("a")).looks[0]
    assert (alone.ids, alone.unfilled) == ((), ("shoes", "bag"))
    with pytest.raises(BadRequest, match="is shoes, so it cannot be locked as a bag"):
        looks(*world, asking("a", locked={"bag": "b"}))

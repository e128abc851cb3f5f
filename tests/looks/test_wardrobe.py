"""How well two products go together, and what may never stand in one look."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.domain.looks import DEFAULT_PARTS, PARTS
from core.recommend.looks.wardrobe import open_wardrobe
from tests.looks.closets import TYPES, closet, many, rows, thing, together

PLAIN = dict.fromkeys(PARTS, 1.0)


@pytest.fixture(scope="module")
def varied():
    return closet(*many(300, TYPES), id="varied")


def test_a_pair_alone_scores_what_it_scores_in_a_block(varied):
    _, wardrobe = varied
    a, b = np.arange(0, 40), np.arange(0, 300, 7)
    score, parts = wardrobe.score(a, b, DEFAULT_PARTS)
    p, q = np.repeat(a, len(b)), np.tile(b, len(a))
    alone, alone_parts = wardrobe.paired_score(p, q, DEFAULT_PARTS)
    assert np.array_equal(score.ravel(), alone)
    for name in parts:
        assert np.array_equal(parts[name].ravel(), alone_parts[name])
    whole, _ = wardrobe.score(a, None, DEFAULT_PARTS)
    assert np.array_equal(whole[:, b], score)
    assert np.array_equal(wardrobe.conflicts(a)[:, b].ravel(), wardrobe.paired_conflicts(p, q))


def test_what_is_shown_adds_up_and_is_the_same_from_both_sides(varied):
    _, wardrobe = varied
    everything = np.arange(len(wardrobe))
    score, parts = wardrobe.score(everything, everything, DEFAULT_PARTS)
    np.testing.assert_allclose(sum(parts.values()), score, atol=1e-12)
    assert np.array_equal(score, score.T)
    assert np.isfinite(score).all()
    assert np.array_equal(wardrobe.conflicts(everything), wardrobe.conflicts(everything).T)


def test_only_the_ratio_of_the_weights_counts(varied):
    _, wardrobe = varied
    a = np.arange(30)
    one, _ = wardrobe.score(a, None, DEFAULT_PARTS)
    ten, _ = wardrobe.score(a, None, {name: 10 * weight for name, weight in DEFAULT_PARTS.items()})
    np.testing.assert_allclose(one, ten, atol=1e-12)
    zero, parts = wardrobe.score(a, None, {**DEFAULT_PARTS, "picture": 0.0})
    without, _ = wardrobe.score(a, None, {n: w for n, w in DEFAULT_PARTS.items() if n != "picture"})
    assert np.array_equal(zero, without)
    assert "picture" not in parts


def test_scores_are_deviations_whatever_the_weights(varied):
    _, wardrobe = varied
    everything = np.arange(len(wardrobe))
    apart = ~wardrobe.conflicts(everything)
    for weights in (DEFAULT_PARTS, {"colour": 1.0}, {"words": 1.0, "price": 3.0}):
        score, _ = wardrobe.score(everything, None, weights)
        present = score[apart & (score != 0)]
        assert 0.7 < present.std() < 1.3
        assert abs(present.mean()) < 0.35


def test_a_part_that_a_pair_lacks_counts_nothing(varied):
    view, wardrobe = varied
    nameless = [row for row, words in enumerate(view.catalogue.column("colour")) if words in ((), ("Multi",))]
    parts = wardrobe.parts(np.array(nameless[:3]))
    assert np.isnan(parts["colour"]).all()
    score, shown = wardrobe.score(np.array(nameless[:3]), None, {"colour": 1.0})
    assert (score == 0).all()
    assert (shown["colour"] == 0).all()


def test_no_role_is_taken_twice_and_a_dress_leaves_no_place_for_trousers(varied):
    _, wardrobe = varied
    everything = np.arange(len(wardrobe))
    conflicts = wardrobe.conflicts(everything)
    role = wardrobe.role
    assert conflicts[role[:, None] == role[None, :]].all()
    assert conflicts[role < 0].all()
    names = np.array([wardrobe.role_of(row) for row in everything])
    assert conflicts[np.ix_(names == "full_body", np.isin(names, ("top", "bottom")))].all()
    assert not conflicts.all()


ACROSS = [
    thing("gown", "Evening dresses"), thing("trainers", "Sneakers"), thing("pumps", "Pumps"),
    thing("coat", "Wool coats"),
    thing("swim", "Swimwear"), thing("sandals", "Sandals"), thing("bag", "Handbags"), thing("bra", "Bras"),
    thing("kurta", "Kurtas"), thing("churidar", "Churidar"), thing("skirt", "Skirts"), thing("tee", "T-shirts"),
    thing("runners", "Sports shoes"), thing("saree", "Sarees"), thing("jeans", "Jeans"), thing("hat", "Sun hats"),
    thing("tie", "Ties", audience="men"), thing("shirt", "Shirts", audience="men"),
    thing("polo", "Polo shirts", audience="men"), thing("boys", "Jeans", audience="boys"),
    thing("kid", "Jeans", title="House Kids Girl Jeans"), thing("kid-tee", "T-shirts", title="House Girls Tee"),
    thing("summer", "Shirts", season=("summer",)), thing("winter", "Jeans", season=("winter",)),
    thing("always", "Jeans", season=("All seasons",)), thing("her-bag", "Handbags", audience="unisex"),
    thing("derby", "Derbies and brogues", audience="men"), thing("cover", "Cover-ups"),
]  # fmt: skip


@pytest.fixture(scope="module")
def across():
    return closet(*ACROSS, id="across")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("gown", "trainers"), ("coat", "swim"), ("coat", "sandals"), ("hat", "coat"), ("bra", "jeans"),
        ("kurta", "skirt"), ("churidar", "tee"), ("saree", "runners"), ("saree", "coat"), ("tie", "polo"),
        ("tee", "boys"), ("tee", "kid"), ("summer", "winter"), ("shirt", "pumps"), ("derby", "her-bag"),
        ("runners", "gown"), ("swim", "pumps"),
    ],
)  # fmt: skip
def test_these_never_stand_in_one_look(across, a, b):
    view, wardrobe = across
    assert not together(view, wardrobe, a, b)
    why = wardrobe.why_not(*rows(view, a, b).tolist())
    assert why.endswith(".")
    assert why[0].isupper()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("gown", "pumps"), ("swim", "sandals"), ("swim", "hat"), ("swim", "cover"), ("kurta", "churidar"),
        ("kurta", "jeans"), ("tie", "shirt"), ("kid", "kid-tee"), ("summer", "always"), ("tee", "jeans"),
        ("saree", "pumps"), ("jeans", "her-bag"),
    ],
)  # fmt: skip
def test_these_may(across, a, b):
    view, wardrobe = across
    assert together(view, wardrobe, a, b)
    assert wardrobe.why_not(*rows(view, a, b).tolist()) == ""


@pytest.mark.parametrize(
    ("title", "childs"),
    [
        ("Rose baker boy cap", False), ("Boyfriend blazer", False), ("Kid leather gloves", False),
        ("Baby blue blouse", False), ("Baby-doll dress", False), ("Boy-fit shorts", False),
        ("Girlfriend cardigan", False), ("Kids boy's cap", True), ("Baby hat", True), ("Boy cap", True),
        ("Little girl dress", True), ("Toddlers’ coat", True), ("Kidswear by Kid", True),
    ],
)  # fmt: skip
def test_a_title_says_what_is_for_children_and_a_name_that_sounds_like_it_does_not(title, childs):
    _, wardrobe = closet(thing("a", "Berets and caps", title=title), thing("b", "Jeans"), id=title)
    assert bool(wardrobe.pieces.child[0]) is childs


def test_loud_colours_clash_and_neutrals_go_with_everything():
    view, wardrobe = closet(
        thing("top", "Shirts", colour=("red",)), thing("red", "Jeans", colour=("scarlet",)),
        thing("green", "Jeans", colour=("lime",)), thing("black", "Jeans", colour=("black",)),
        thing("denim", "Jeans", colour=("denim",)), thing("beige", "Jeans", colour=("beige",)),
        thing("multi", "Jeans", colour=("Multi",)), id="colours",
    )  # fmt: skip
    with_top = wardrobe.parts(rows(view, "top"), names=("colour",))["colour"][0]
    z = dict(zip(view.catalogue.ids, with_top, strict=True))
    assert max(z["green"], -9) == min(value for id, value in z.items() if id not in ("multi", "top"))
    assert min(z["black"], z["denim"], z["beige"]) > z["green"] + 1
    assert math.isnan(z["multi"])


def test_a_second_colour_that_repeats_the_other_s_helps_and_two_patterns_quarrel():
    view, wardrobe = closet(
        thing("skirt", "Skirts", colour=("green",)), thing("echo", "Shirts", colour=("pink", "green")),
        thing("plain", "Shirts", colour=("pink",)), thing("floral", "Skirts", colour=("navy",), pattern="floral"),
        thing("check", "Shirts", colour=("navy",), pattern="checked"),
        thing("solid", "Shirts", colour=("navy",), pattern="plain"), id="patterns",
    )  # fmt: skip

    def z(a, b):
        return wardrobe.parts(rows(view, a), rows(view, b))["colour"][0, 0]

    assert z("skirt", "echo") > z("skirt", "plain")
    assert z("floral", "solid") > z("floral", "check")


def test_a_dear_bag_goes_with_a_dear_shoe_though_bags_cost_more():
    items = [thing(f"bag{i}", "Handbags", price=20_000 * (i + 1)) for i in range(12)]
    items += [thing(f"shoe{i}", "Pumps", price=5_000 * (i + 1)) for i in range(12)]
    view, wardrobe = closet(*items, id="prices")
    z = wardrobe.parts(rows(view, "bag11"), rows(view, "shoe11", "shoe0"))["price"][0]
    assert z[0] > z[1]


def test_the_flats_of_a_sports_house_are_no_flats_for_a_saree():
    items = [thing(f"run{i}", "Sports shoes", brand="Swift") for i in range(6)]
    items += [thing(f"plain{i}", "Flats", brand="Calm") for i in range(12)]
    items += [thing(f"swift{i}", "Flats", brand="Swift") for i in range(6)]
    view, wardrobe = closet(*items, thing("saree", "Sarees"), thing("gown", "Evening dresses"), id="houses")
    assert together(view, wardrobe, "saree", "plain3")
    assert not together(view, wardrobe, "saree", "swift3")
    assert not together(view, wardrobe, "gown", "swift3")
    assert "sports house" in wardrobe.why_not(*rows(view, "saree", "swift3").tolist())


def test_a_shirt_for_sport_alone_is_sportswear():
    view, wardrobe = closet(
        thing("a", "T-shirts", occasion=("Sports",)), thing("b", "T-shirts", occasion=("Sports", "Casual")),
        thing("c", "Shirts", occasion=("Formal",)), thing("d", "Dresses", occasion=("Party",)),
        thing("e", "T-shirts"), id="variants",
    )  # fmt: skip
    found = [wardrobe.kind_of(row) for row in rows(view, *"abcde")]
    assert found == ["sports_top", "t_shirt", "formal_shirt", "cocktail_dress", "t_shirt"]


def test_a_corrected_fact_moves_its_own_pairs_and_no_others():
    view, before = closet(*many(120, TYPES, seed=4), id="facts")
    changed = view.catalogue.ids[7]
    fresh = view.with_facts({changed: {"colour": ("lime",), "price": 99_000, "stock": {"": 0}}}, 1)
    after = open_wardrobe(fresh)
    assert after.id == before.id
    everything = np.arange(120)
    one, two = (wardrobe.parts(everything) for wardrobe in (before, after))
    others = everything != 7
    for name in one:
        np.testing.assert_array_equal(one[name][np.ix_(others, others)], two[name][np.ix_(others, others)])
    assert not np.array_equal(one["colour"][7], two["colour"][7], equal_nan=True)
    assert after.colour_of(7)[0] == "lime"


def test_stock_alone_opens_no_other_wardrobe():
    view, before = closet(*many(40, TYPES, seed=5), id="stock")
    assert open_wardrobe(view.with_facts({view.catalogue.ids[0]: {"stock": {"": 0}}}, 1)) is before


def test_two_openings_of_one_shop_agree():
    one = closet(*many(80, TYPES, seed=6), id="same")[1]
    from core.recommend.looks import wardrobe as module

    module._kept.clear()
    module._by_view.clear()
    two = closet(*many(80, TYPES, seed=6), id="same")[1]
    assert one.id == two.id
    a = np.arange(80)
    assert np.array_equal(one.score(a, None, DEFAULT_PARTS)[0], two.score(a, None, DEFAULT_PARTS)[0])


@pytest.mark.parametrize("items", [[], [thing("only", "Pumps")], [thing("a", "Pumps"), thing("b", "Lipstick")]])
def test_a_shop_of_next_to_nothing_opens(items):
    _, wardrobe = closet(*items, id=f"tiny-{len(items)}")
    a = np.arange(len(items))
    score, _ = wardrobe.score(a, None, DEFAULT_PARTS)
    assert score.shape == (len(items), len(items))
    assert not score.any()
    assert wardrobe.conflicts(a).all()


def test_weird_values_do_no_harm():
    view, wardrobe = closet(
        thing("a", "Pumps", colour=("no colour at all",), price=0, brand_tier=9, season=("whenever",)),
        thing("b", "Jeans", occasion=("coronation",), colour=("black", "black"), pattern="", category=()),
        thing("c", None, title="", audience="aliens"), id="weird",
    )  # fmt: skip
    assert np.isfinite(wardrobe.score(np.arange(3), None, DEFAULT_PARTS)[0]).all()
    assert wardrobe.colour_of(view.catalogue.row("a")) == ("no colour at all", "")
    assert wardrobe.seasons_of(rows(view, "a", "b")) == ("spring", "summer", "autumn", "winter")


def test_two_shops_whose_snapshots_share_a_name_share_no_wardrobe():
    import gc

    for count in (3, 6, 4):  # each shop is gone before the next opens, so its place in memory may be taken again
        _, wardrobe = closet(*(thing(f"w{n}", "Shirts") for n in range(count)))
        assert len(wardrobe.role) == count
        del wardrobe, _
        gc.collect()

"""Regions of a map are named by what marks them."""

from __future__ import annotations

import numpy as np
import pytest
from explore_worlds import AT, shop

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest
from core.explore import words
from core.explore.clusters import regions
from core.explore.selection import compare, statistics
from core.explore.white_space import white_space


def four_corners() -> tuple[np.ndarray, Catalogue]:
    rng = np.random.default_rng(0)
    kinds = [
        ("Handbags", "leather flap"),
        ("Boots", "stacked heel"),
        ("Coats", "long belted"),
        ("Scarves", "silk square"),
    ]
    items, places = [], []
    for number in range(240):
        kind, text = kinds[number % 4]
        items.append(Item(id=f"{number:03}", title=f"Aurel {text} {kind.lower()}", brand="Aurel", type=kind))
        places.append(np.array([number % 4 % 2, number % 4 // 2]) * 40 + rng.normal(size=2))
    return np.array(places, dtype=np.float32), Catalogue.of(items)


def test_each_corner_is_a_region_named_after_its_kind_and_its_words():
    places, catalogue = four_corners()
    places[7] = np.nan
    code, found = regions(places, catalogue)
    assert code[7] == -1
    assert len(found) == 4
    assert [one.size for one in found] == sorted((one.size for one in found), reverse=True)
    assert {one.name.split(" · ")[0] for one in found} == {"Handbags", "Boots", "Coats", "Scarves"}
    by_kind = {one.name.split(" · ")[0]: one for one in found}
    assert {"leather", "flap"} & set(by_kind["Handbags"].name.split(" · "))
    assert all("aurel" not in one.terms for one in found)  # a house marks no region
    for row in range(240):
        if row != 7:
            assert code[row] == code[row % 4]


def test_no_two_regions_have_one_name_and_every_point_is_in_one():
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal((30 * at, 0), 1, (40, 2)) for at in range(6)]).astype(np.float32)
    catalogue = Catalogue.of([Item(id=f"{number:03}", title="Plain coat", type="Coats") for number in range(240)])
    code, found = regions(places, catalogue)
    assert len({one.name for one in found}) == len(found) > 1
    assert (code >= 0).all()
    assert sum(one.size for one in found) == 240


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_the_smallest_maps_have_at_most_one_region(count):
    places = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    catalogue = Catalogue.of([Item(id=str(number)) for number in range(count)])
    code, found = regions(places, catalogue)
    assert len(found) == min(count, 1)
    assert (code == 0).all()


def test_log_odds_are_those_of_the_paper_by_hand():
    one, other, everywhere = np.array([4.0, 0.0]), np.array([1.0, 5.0]), np.array([6.0, 6.0])
    found = words.log_odds(one, other, everywhere, prior=2.0)
    # belief 1 for each word: log(5 / 1) - log(2 / 6), over sqrt(1/5 + 1/2)
    assert found[0] == pytest.approx((np.log(5 / 1) - np.log(2 / 6)) / np.sqrt(1 / 5 + 1 / 2))
    assert found[1] == pytest.approx(-(np.log(5 / 1) - np.log(2 / 6)) / np.sqrt(1 / 1 + 1 / 6))


def test_c_tf_idf_marks_a_group_by_what_the_others_do_not_say():
    said = np.array([[10.0, 10.0, 0.0], [10.0, 0.0, 10.0]])
    marks = words.marking(said)
    assert marks[0, 1] > marks[0, 0] > marks[0, 2] == 0.0


def test_two_selections_are_told_apart_by_their_words_and_colours():
    view = shop()
    colours = view.catalogue.column("colour")
    red = np.array([row for row, colour in enumerate(colours) if colour == ("red",)])
    navy = np.array([row for row, colour in enumerate(colours) if colour == ("navy",)])
    found = compare(view, red, navy)
    assert found.sizes == (len(red), len(navy))
    assert found.both == 0
    assert {one.value for one in found.words[:2]} == {"red", "navy"}
    first = {one.value: one for one in found.fields["colour"]}
    assert first["red"].z > 1.96
    assert first["navy"].z < -1.96
    assert first["red"].shares == (1.0, 0.0)
    assert "season" not in found.fields or all(abs(one.z) >= 1.96 for one in found.fields["season"])
    mirrored = compare(view, navy, red)
    assert {one.value: round(-one.z, 9) for one in mirrored.words} == {
        one.value: round(one.z, 9) for one in found.words
    }
    assert compare(view, red, red).words == ()
    with pytest.raises(BadRequest, match="empty"):
        compare(view, red, np.array([], dtype=np.int64))


def test_statistics_of_a_selection_are_those_of_its_products():
    view = shop()
    rows = np.array([5, 9, 9, 40])
    exposure = np.full(len(view), 1 / len(view))
    found = statistics(view, rows, AT, exposure)
    price = view.catalogue.money("price")[[5, 9, 40]]
    assert found.rows == (5, 9, 40)
    assert len(found) == 3
    assert found.price == (min(price), *np.quantile(price, [0.25, 0.5, 0.75]), max(price))
    assert sum(found.states.values()) == 3
    assert sum(found.fields["brand"].values()) == 3
    assert found.exposure[0] == pytest.approx(3 / len(view))
    assert 0 < found.age_days < 400
    assert np.isnan(found.margin)  # nothing is known of costs
    nothing = statistics(view, np.array([], dtype=np.int64), AT)
    assert len(nothing) == 0
    assert np.isnan(nothing.price[2])


def test_a_gap_is_where_few_products_draw_much_demand():
    rng = np.random.default_rng(0)
    places = (rng.random((800, 2)) * 100).astype(np.float32)
    wanted = np.ones(800)
    corner = np.flatnonzero((places > 80).all(axis=1))
    wanted[corner] = 12.0
    catalogue = Catalogue.of(
        [
            Item(id=f"{row:04}", title="Silk kimono" if row in set(corner.tolist()) else "Plain coat")
            for row in range(800)
        ]
    )
    found = white_space(places, wanted, np.ones(800, dtype=bool), catalogue)
    assert len(found) >= 1
    first = found[0]
    assert min(first.x, first.y) > 75
    assert len(np.intersect1d(first.rows, corner)) > 0.8 * len(corner)
    assert first.lift > 3
    assert first.missing > 0
    assert {"silk", "kimono"} <= set(first.terms)


def test_even_demand_has_no_gap_and_no_demand_neither():
    places = (np.random.default_rng(0).random((800, 2)) * 100).astype(np.float32)
    catalogue = Catalogue.of([Item(id=f"{row:04}") for row in range(800)])
    on_sale = np.ones(800, dtype=bool)
    assert white_space(places, np.ones(800), on_sale, catalogue) == ()
    assert white_space(places, np.zeros(800), on_sale, catalogue) == ()
    assert white_space(places, np.ones(800), ~on_sale, catalogue) == ()

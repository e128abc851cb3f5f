"""Maps are kept, stay where they were, and what an opened shop is asked of them is answered."""

from __future__ import annotations

import numpy as np
import pytest
from explore_worlds import AT, shop, without

from core import build as building
from core.domain.errors import BadRequest, ModelMissing, NotReady, Refused, UnknownItem
from core.domain.query import Request
from core.explore import maps
from core.explore.fidelity import fidelity
from core.explore.maps import draw, keep, kept, last_of, map_key
from core.explore.project import moves
from core.explore.spaces import Space, house_space, near
from core.explore.worklist import CATEGORY
from core.rank.figures import exposure
from core.recommend.similar import rank_all
from tests.worlds import PlainWorker, boutique, open_small_shop, stock_the_shop

TEXT = Space.of("text")


@pytest.fixture(scope="module")
def drawn():
    return draw(shop(), TEXT)


def test_a_map_that_is_kept_is_the_map_that_was_drawn(tmp_path, drawn):
    view = shop()
    keep(tmp_path, drawn, view.catalogue.ids)
    keep(tmp_path, drawn, view.catalogue.ids)
    found = kept(tmp_path, map_key(view, TEXT, "pacmap", 0))
    np.testing.assert_array_equal(found.places, drawn.places)
    np.testing.assert_array_equal(found.paper, drawn.paper)
    np.testing.assert_array_equal(found.region, drawn.region)
    np.testing.assert_array_equal(found.fidelity.trust, drawn.fidelity.trust)
    assert found.regions == drawn.regions
    assert (found.space, found.method, found.snapshot) == (drawn.space, "pacmap", "synthetic-600")
    assert found.fidelity.note == drawn.fidelity.note
    assert kept(tmp_path, "0" * 16) is None


def test_what_a_map_is_worth_is_told_of_the_map_that_is_seen(drawn):
    view = shop()
    assert np.abs(drawn.paper - drawn.places).max() > 0
    seen = fidelity(drawn.paper, near(view, TEXT))
    np.testing.assert_array_equal(drawn.fidelity.trust, seen.trust)
    assert drawn.fidelity.preservation == seen.preservation
    assert drawn.fidelity.preservation != fidelity(drawn.places, near(view, TEXT)).preservation


def test_a_damaged_map_is_drawn_anew_and_never_read(tmp_path, drawn):
    keep(tmp_path, drawn, shop().catalogue.ids)
    file = sorted((tmp_path / drawn.key).glob("*.npy"))[-1]
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    assert last_of(tmp_path, TEXT, "pacmap", 0) is None
    assert kept(tmp_path, drawn.key) is None
    keep(tmp_path, drawn, shop().catalogue.ids)
    assert kept(tmp_path, drawn.key) is not None


def test_each_space_method_seed_and_edition_has_a_map_of_its_own():
    view = shop()
    asked = [(view, TEXT, "pacmap", 0), (view, TEXT, "pca", 0), (view, TEXT, "pacmap", 1)]
    asked += [(view, house_space(view), "pacmap", 0), (without(view, np.array([3])), TEXT, "pacmap", 0)]
    assert len({map_key(*one) for one in asked}) == len(asked)


def test_after_a_build_with_new_products_the_old_ones_lie_where_they_were(tmp_path):
    view = shop()
    new = np.random.default_rng(0).choice(len(view), 30, replace=False)
    smaller = without(view, new)
    before = draw(smaller, house_space(smaller))
    keep(tmp_path, before, smaller.catalogue.ids)
    after = draw(view, house_space(view), last=last_of(tmp_path, house_space(view), "pacmap", 0))
    stayed = np.setdiff1d(np.arange(len(view)), new)
    assert after.moved < 0.03
    assert after.moved == pytest.approx(np.median(moves(after.paper[stayed], before.paper)), rel=0.05)  # as it is seen
    assert after.there.all()


def test_facts_move_no_point(drawn):
    view = shop()
    item = view.catalogue.ids[0]
    again = draw(view.with_facts({item: {"colour": ("pink",), "price": 5}}, 1), TEXT)
    np.testing.assert_array_equal(again.places, drawn.places)


def test_only_so_many_maps_are_kept_and_the_last_of_each_space_is(tmp_path, monkeypatch, drawn):
    monkeypatch.setattr(maps, "MOST_KEPT", 2)
    view = shop()
    for seed in range(4):
        keep(tmp_path, draw(view, TEXT, method="pca", seed=seed), view.catalogue.ids)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2
    assert last_of(tmp_path, TEXT, "pca", 3) is not None


def test_a_sample_keeps_every_region_and_a_view_from_near_shows_all(drawn):
    some = drawn.sample(most=100)
    assert 60 <= len(some) <= 100
    assert set(drawn.region[some].tolist()) == set(range(len(drawn.regions)))
    np.testing.assert_array_equal(drawn.sample(), np.arange(600))
    x, y = drawn.places[5]
    near = drawn.inside((x - 1, x + 1), (y - 1, y + 1))
    assert 5 in near
    assert (np.abs(drawn.places[near] - drawn.places[5]) <= 1.0001).all()


def test_an_unknown_method_is_refused():
    with pytest.raises(BadRequest, match="umap"):
        draw(shop(), TEXT, method="umap")


# -- an opened shop ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoders():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory, encoders):
    return open_small_shop(tmp_path_factory.mktemp("atlas"))


def test_a_shop_draws_its_map_once_and_keeps_it(small):
    atlas = small.atlas
    assert atlas.map(kept_only=True) is None
    told = []
    found = atlas.map(watch=told.append)
    assert found.there.all()
    assert {"Drawing the map", "Measuring what it is worth"} <= {one.stage for one in told}
    assert atlas.map(kept_only=True) is found
    small.__dict__.pop("atlas")  # opened anew
    np.testing.assert_array_equal(small.atlas.map(kept_only=True).places, found.places)
    assert [space.name for space in small.atlas.spaces()] == ["blend", "text", "image", "attributes"]
    with pytest.raises(BadRequest):
        small.atlas.map("behaviour")


def test_a_product_tells_its_true_neighbours(small):
    atlas = small.atlas
    item = small.snapshot.catalogue.ids[7]
    found = atlas.neighbours(atlas.map(), item, 5)
    assert len(found) == 5
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    with pytest.raises(UnknownItem):
        atlas.neighbours(atlas.map(), "nobody")


def test_words_and_photos_lie_among_what_they_speak_of(small):
    atlas, catalogue = small.atlas, small.snapshot.catalogue
    drawn = atlas.map()
    spot = atlas.place_words(drawn, "red boots")
    assert {"Boots"} == {catalogue.at_row(row).type for row in spot.near[:3]}
    row = 11
    spot = atlas.place_photo(drawn, small.pictures.read(catalogue.at_row(row).pictures[0]))
    assert row in spot.near
    item = catalogue.at_row(row)
    vectors = {name: small.snapshot.vectors[name][row] for name in ("text", "image")}
    spot = atlas.place_item(drawn, item, vectors)
    assert spot.near[0] == row
    with pytest.raises(BadRequest):
        atlas.place_words(drawn, "  ")
    with pytest.raises((Refused, BadRequest)):
        atlas.place_photo(drawn, b"no photo")


def test_without_encoders_nothing_is_placed_and_the_reason_is_told(tmp_path, small):
    opened = building.open_shop(small.settings)
    drawn = opened.atlas.map()
    with pytest.raises(NotReady):
        opened.atlas.place_words(drawn, "red boots")
    with pytest.raises(ModelMissing):
        opened.atlas.place_photo(drawn, b"")


def test_exposure_is_that_of_all_lists(small):
    view = small.view(AT)
    lists, _ = rank_all(view, Request(k=10, at=AT))
    np.testing.assert_allclose(small.atlas.exposure(AT), exposure(lists, len(view)))
    found = small.atlas.statistics(view.catalogue.ids[:10], AT, small.atlas.exposure(AT))
    assert 0 < found.exposure[0] < 1
    assert small.atlas.compare(view.catalogue.ids[:10], view.catalogue.ids[50:60]).sizes == (10, 10)
    assert isinstance(small.atlas.white_space(small.atlas.map(), AT), tuple)


def test_a_case_is_left_for_everybody_taken_up_again_and_corrected(tmp_path, encoders):
    wrong = [
        item if item.id != "boots-aurel-black"
        else type(item)(**{name: getattr(item, name) for name in item.__dataclass_fields__} | {"type": "Coats"})
        for item in boutique()
    ]  # fmt: skip
    opened = open_small_shop(tmp_path, wrong)
    cases = opened.atlas.worklist(at=AT)
    case = next(one for one in cases if one.kind == CATEGORY and one.items == ("boots-aurel-black",))
    assert case.correct["type"] == "Boots"
    opened.atlas.leave(case, who="Ada", at=AT, why="It is a boot-shaped coat")
    assert case not in opened.atlas.worklist(at=AT)
    assert case in opened.atlas.worklist(at=AT, everything=True)
    assert opened.atlas.left()[case.key]["who"] == "Ada"
    opened.atlas.take_up(case, who="Ben", at=AT)
    assert case in opened.atlas.worklist(at=AT)
    opened.change_facts(case.items[0], case.correct, who="Ada", why="from the worklist")
    assert case.key not in {one.key for one in opened.atlas.worklist()}


def test_a_build_draws_the_map_and_serves_though_it_fails(tmp_path, monkeypatch, encoders):
    monkeypatch.setattr(building, "MAPPED_FROM", 1)
    settings = stock_the_shop(tmp_path, boutique(), pictures=False)
    seen = []
    building.build(settings, worker=PlainWorker(), at=AT, watch=seen.append)
    assert "Drawing the map" in {one.stage for one in seen}
    assert building.open_shop(settings).atlas.map(kept_only=True) is not None

    def fails(*args, **more):
        raise RuntimeError("no map")

    monkeypatch.setattr(maps, "draw", fails)
    other = stock_the_shop(tmp_path / "other", boutique(), pictures=False)
    built = building.build(other, worker=PlainWorker(), at=AT)
    assert building.open_shop(other).snapshot.id == built.snapshot


@pytest.mark.parametrize("count", [1, 3])
def test_a_shop_of_a_few_products_is_told_that_it_has_no_map_and_nothing_falls(tmp_path, encoders, count):
    few = open_small_shop(tmp_path, list(boutique())[:count])
    with pytest.raises(BadRequest, match="nothing to draw a map from"):
        few.atlas.map()
    assert few.atlas.spaces() == ()
    assert few.atlas.worklist() == ()

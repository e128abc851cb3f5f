"""Named strategies: kept, published, and assigned to a placement or to the products of a category."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.curation.desk import Desk
from core.domain import blends
from core.domain.blends import ByCategory
from core.domain.changes import Key
from core.domain.errors import BadRequest
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.recommend import reverse, similar
from core.recommend.view import View
from core.shop import Shop
from tests.worlds import NOW, open_small_shop

PICTURE = Strategy("Picture first", {"text": 0.1, "image": 0.8, "attributes": 0.1}, lam=0.9)
WORDS = Strategy("Words first", {"text": 1.0}, lam=0.4, brand_cap=None)
DETAILS = Strategy("Details, house open", {"attributes": 0.7, "newness": 0.3}, lam=1.0, brand_cap=2)
PATHS = (("Bags",), ("Bags", "Totes"), ("shoes",), ("Clothing", "Knitwear"), ("Nowhere",))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        return open_small_shop(tmp_path_factory.mktemp("strategies"))


def weighed(view: View, assigned: dict[tuple[str, ...], Strategy]) -> View:
    return view.with_strategy(view.strategy, view.versions.strategy, ByCategory(assigned))


@settings(max_examples=12, deadline=None)
@given(some.dictionaries(some.sampled_from(PATHS), some.sampled_from((PICTURE, WORDS, DETAILS)), max_size=4))
def test_all_lists_at_once_are_those_asked_one_by_one_whatever_is_assigned(
    shop: Shop, assigned: dict[tuple[str, ...], Strategy]
) -> None:
    view, request = weighed(shop.view(NOW), assigned), Request(k=6, at=NOW)
    ids = view.catalogue.ids
    anchors = list(ids)[::7]
    rows, scores = similar.rank_all(view, request, anchors)
    many = list(similar.similar_all(view, request, anchors))
    every = reverse.all_lists(view, request)
    for at, anchor in enumerate(anchors):
        one = similar.similar(view, request.changed(anchor=anchor))
        said = view.strategy_for(view.catalogue.row(anchor))
        asked = similar.similar(view, request.changed(anchor=anchor, strategy=said))
        assert one.as_json() == asked.as_json() == many[at].as_json()
        assert [ids[row] for row in rows[at] if row >= 0] == list(one.ids)
        assert [ids[row] for row in every[view.catalogue.row(anchor)] if row >= 0] == list(one.ids)
        np.testing.assert_allclose([p.score for p in one.items if p.score is not None], scores[at][: len(one.items)])


def test_the_deepest_category_wins_and_a_request_beats_them_all(shop: Shop) -> None:
    view = weighed(shop.view(NOW), {("Bags",): WORDS, ("BAGS", "totes"): PICTURE})
    rows = [view.catalogue.row(f"{kind}-aurel-black") for kind in ("totes", "handbags", "boots")]
    assert [view.strategy_for(row) for row in rows] == [PICTURE, WORDS, view.strategy]
    asked = Request(k=5, at=NOW, anchor="totes-aurel-black", strategy=DETAILS)
    assert similar.similar(view, asked).as_json() == similar.similar(shop.view(NOW), asked).as_json()


def test_an_assignment_goes_live_through_a_draft_changes_its_category_alone_and_can_be_taken_back(
    tmp_path: Path, weightless: None
) -> None:
    own = open_small_shop(tmp_path)
    at = datetime.now(UTC)
    ids = list(own.catalogue().ids)
    before = {one.anchor: one.ids for one in own.recommend_all(Request(k=6, at=at))}
    versions = own.view().versions
    desk = Desk(own.studio, "Ines")
    blend, bags = Key(blends.KIND, "picture-first"), blends.place_of(Placement.SIMILAR, ("Bags",))
    desk.edit_all(
        [(blend, PICTURE.as_json(), "A strategy"), (bags, PICTURE.as_json(), "Bags lean on the picture")], at=at
    )
    proposed = own.impact(desk.standing(), k=6)[Placement.SIMILAR]
    assert {one.anchor: one.ids for one in own.recommend_all(Request(k=6, at=at))} == before, "a draft is one's own"
    desk.publish("Bags are looked at", at)
    after = {one.anchor: one.ids for one in own.recommend_all(Request(k=6, at=at + timedelta(seconds=1)))}
    moved = {anchor for anchor in ids if before[anchor] != after[anchor]}
    assert moved, "the pictures of bags say something else than their words"
    assert all(own.item(anchor).category[0] == "Bags" for anchor in moved)
    assert proposed.changed == len(moved)
    assert own.view().versions.strategy > versions.strategy
    assert blends.named(desk.published()) == {"picture-first": PICTURE}
    assert own.strategy(anchor="totes-aurel-black") == PICTURE
    assert own.strategy() == Strategy()
    assert blends.following(desk.published(), PICTURE.as_json()) == [bags]
    desk.edit(bags, None, says="As all others", at=at)
    assert own.proposed(desk.standing()).by_category == ByCategory({})
    desk.publish("Enough of pictures", at)
    desk.edit(blend, None, says="Away", at=at)
    desk.publish("Tidied", at)
    assert {one.anchor: one.ids for one in own.recommend_all(Request(k=6))} == before
    assert not blends.named(desk.published())
    assert bags not in desk.published()
    assert own.view(at + timedelta(seconds=0)).versions.strategy <= own.view().versions.strategy


def test_what_makes_no_sense_is_refused_in_words(tmp_path: Path, weightless: None) -> None:
    own = open_small_shop(tmp_path)
    desk = Desk(own.studio, "Ines")
    for key, plain, said in (
        (Key("strategy", "search@Bags"), PICTURE.as_json(), "You May Also Like"),
        (Key("strategy", "similar@"), PICTURE.as_json(), "names no category"),
        (Key(blends.KIND, "x"), PICTURE.changed(name=" ").as_json(), "name has 1 to"),
        (Key(blends.KIND, "x"), {**PICTURE.as_json(), "weights": {"text": -1}}, "weight"),
    ):
        desk.edit(key, plain, says="No", at=NOW)
        with pytest.raises(BadRequest, match=said):
            desk.publish("No", NOW)
        desk.discard()


def test_names_become_ids_that_nothing_else_has() -> None:
    assert blends.fresh_id("Été: Picture first", ()) == "ete-picture-first"
    assert blends.fresh_id("Picture first", {"picture-first", "picture-first-2"}) == "picture-first-3"
    assert blends.read_place(blends.place_of("similar", ("A", "B: c@d")).id) == ("similar", ("A", "B: c@d"))

"""The worklist that was made last, after corrections; photographs by their points and by the encoder together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.domain.arrays import Vectors
from core.explore.duplicates import ALIKE, groups
from core.explore.worklist import TWINS
from core.rank.signals import VectorSignal
from tests.worlds import boutique, open_small_shop

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOOT = "boots-aurel-black"


def test_a_corrected_product_is_off_the_list_at_once_and_on_it_again_when_that_is_undone(tmp_path, weightless):
    items = [one if one.id != BOOT else replace(one, type="Totes") for one in boutique()]
    opened = open_small_shop(tmp_path, items)
    atlas = opened.atlas
    assert atlas.worked() is None
    case = next(one for one in atlas.worklist() if one.items == (BOOT,))
    assert atlas.worked().current
    opened.change_facts(BOOT, case.correct, who="Ada")
    then = atlas.worked()
    assert not then.current
    assert case not in then.cases
    assert {one.key for one in atlas.worklist() if one.kind == TWINS} == {
        one.key for one in then.cases if one.kind == TWINS
    }  # whose pictures are alike has nothing to do with it
    for name in case.correct:
        opened.studio.clear_fact(BOOT, name, who="Ada", at=AT)
    assert case in atlas.worked().cases
    assert atlas.worked().current


def test_what_has_nothing_to_do_with_a_case_leaves_it_on_the_list(tmp_path, weightless):
    items = [one if one.id != BOOT else replace(one, type="Totes") for one in boutique()]
    opened = open_small_shop(tmp_path, items)
    case = next(one for one in opened.atlas.worklist() if one.items == (BOOT,))
    opened.change_facts(BOOT, {"cost": 100}, who="Ada")
    assert opened.atlas.worked().current
    opened.change_facts("coats-aurel-red", {"colour": ("navy",)}, who="Ada")
    assert not opened.atlas.worked().current
    assert case in opened.atlas.worked().cases


def unit(angle: float) -> list[float]:
    return [float(np.cos(angle)), float(np.sin(angle))]


def two(cosine: float) -> Vectors:
    return np.array([unit(0.0), unit(float(np.arccos(cosine)))], dtype=np.float32)


@pytest.mark.parametrize(
    ("likeness", "cosine", "one"),
    [
        (0.999, 0.91, True), (0.993, 0.93, True), (0.98, 0.995, True),
        (0.993, 0.91, False), (0.98, 0.985, False), (0.97, 0.999, False), (0.999, 0.89, False),
    ],
)  # fmt: skip
def test_the_less_alike_two_pictures_are_the_surer_the_encoder_must_be(likeness, cosine, one):
    looks = VectorSignal("picture", two(likeness), np.ones(2, dtype=bool))
    image = VectorSignal("image", two(cosine), np.ones(2, dtype=bool))
    alone = np.array([-1, -1], dtype=np.int32)
    assert bool(groups(looks, image, alone, alone)) is one


def test_without_an_encoder_only_pictures_that_are_alike_point_by_point_count():
    alone = np.array([-1, -1], dtype=np.int32)
    for likeness in (ALIKE - 0.005, ALIKE + 0.005):
        looks = VectorSignal("picture", two(likeness), np.ones(2, dtype=bool))
        assert bool(groups(looks, None, alone, alone)) is (likeness > ALIKE)

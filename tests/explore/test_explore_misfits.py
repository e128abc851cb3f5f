"""What is wrong in a catalogue is found, and what was corrected or left is at rest."""

from __future__ import annotations

import io

import numpy as np
import pytest
from explore_worlds import shop
from PIL import Image, ImageEnhance

from core.explore import duplicates, misfits
from core.explore.duplicates import groups, pairs, print_of, prints
from core.explore.misfits import doubts, text_against_picture, wrong_category
from core.explore.worklist import CATEGORY, TWINS, standing, worklist
from core.rank.signals import VectorSignal
from core.recommend.view import Edition
from tests.benchmarks import worlds


def relabelled(view, count, seed=0):
    """The same shop with some products filed under another kind, and which."""
    rng = np.random.default_rng(seed)
    kinds = misfits.kinds(view)
    names = sorted(set(kinds))
    rows = rng.choice(len(view), count, replace=False)
    facts = {}
    for row in rows.tolist():
        other = str(rng.choice([name for name in names if name != kinds[row]]))
        facts[view.catalogue.ids[row]] = {"type": other, "category": ("Branch", other)}
    return view.with_facts(facts, 1), rows


@pytest.mark.parametrize("seed", range(3))
def test_products_that_were_filed_wrongly_come_first(seed):
    view = shop(1500)
    wrong, rows = relabelled(view, 20, seed)
    found = wrong_category(wrong, most=40)
    assert len(np.intersect1d([one.row for one in found], rows)) >= 14
    true = misfits.kinds(view)
    planted = [one for one in found if one.row in rows]
    assert np.mean([one.better == true[one.row] for one in planted]) > 0.9
    assert all(one.kind != true[one.row] and one.share >= misfits.DOUBT for one in planted)
    assert all(one.row not in one.beside for one in found)


def test_who_is_corrected_is_no_misfit_any_more():
    view = shop(1500)
    wrong, _ = relabelled(view, 20)
    first = wrong_category(wrong, most=1)[0]
    item = wrong.catalogue.ids[first.row]
    facts = {**wrong.facts, item: {"type": first.better, "category": first.category}}
    assert first.row not in [one.row for one in wrong_category(wrong.with_facts(facts, 2))]


def test_at_a_border_where_two_kinds_mix_nobody_is_doubted():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 2, 400)
    beside = rng.integers(0, 2, (400, 15))  # the neighbours of both kinds are of both kinds alike
    code[0], beside[0] = 2, 0  # and a third kind whose only product stands among the first
    code[1:40], beside[1:40] = 2, 2
    found, better = doubts(code, beside, 3)
    assert found[0] > 1.0
    assert better[0] in (0, 1)
    assert found[0] > np.sort(found[1:])[-1]


def test_products_without_kind_or_shops_without_kinds_raise_no_doubt():
    view = shop(60)
    facts = {item: {"type": None, "category": ()} for item in view.catalogue.ids}
    assert wrong_category(view.with_facts(facts, 1)) == ()
    assert wrong_category(shop(20)) == ()
    assert text_against_picture(shop(20)) == ()


def test_a_product_with_the_picture_of_another_is_found():
    view = shop(1500)
    rng = np.random.default_rng(0)
    image = np.array(view.snapshot.vectors["image"])
    kinds = np.array(misfits.kinds(view))
    there = np.flatnonzero(view.snapshot.present["image"])
    rows = rng.choice(there, 30, replace=False)
    for row in rows.tolist():
        image[row] = view.snapshot.vectors["image"][rng.choice(there[kinds[there] != kinds[row]])]
    swapped = Edition("swapped", view.catalogue, {**view.snapshot.vectors, "image": image}, view.snapshot.present)
    found = text_against_picture(worlds.opened(swapped, view.calibration))
    assert np.isin(rows, [one.row for one in found[:45]]).mean() > 0.9
    assert found[0].agreement <= found[-1].agreement < misfits.STRANGE


# -- pictures ----------------------------------------------------------------------------------------------------------


def photograph(seed: int) -> Image.Image:
    """A picture with something in it, unlike any other."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (9, 7, 3), dtype=np.uint8))
    return small.resize((120, 150), Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str = "WEBP", quality: int = 80) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=quality)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def pictures():
    """60 photographs, and 12 of them saved anew: smaller, as JPEG, a little brighter."""
    made = {f"{seed:032x}": saved(photograph(seed)) for seed in range(60)}
    again = {}
    for seed in range(12):
        image = photograph(seed)
        if seed % 3 == 0:
            image = image.resize((90, 112))
        if seed % 3 == 1:
            image = ImageEnhance.Brightness(image).enhance(1.04)
        again[f"{1000 + seed:032x}"] = saved(image, "JPEG", 60)
    return {**made, **again}


def looked_at(folder, pictures):
    return prints(folder, list(pictures), pictures.__getitem__)


def test_planted_near_duplicates_are_all_found_and_nothing_else(tmp_path, pictures):
    looks = looked_at(tmp_path, pictures)
    codes = np.arange(72, dtype=np.int32)
    found = groups(looks, None, codes, np.full(72, -1, dtype=np.int32))
    assert {one.rows for one in found} == {(seed, 60 + seed) for seed in range(12)}
    assert all(one.likeness >= duplicates.ALIKE and not one.same_file for one in found)


def test_one_file_under_two_products_is_found_but_within_one_family_is_none_of_it(tmp_path):
    data = {"a" * 32: saved(photograph(1)), "b" * 32: saved(photograph(2))}
    looks = prints(tmp_path, ["a" * 32, "a" * 32, "b" * 32, "b" * 32, ""], data.__getitem__)
    picture, family = np.array([0, 0, 1, 1, -1], dtype=np.int32), np.array([0, 1, 5, 5, -1], dtype=np.int32)
    found = groups(looks, None, picture, family)
    assert [(one.rows, one.same_file) for one in found] == [((0, 1), True)]


def test_an_encoder_that_sees_two_things_is_believed(tmp_path, pictures):
    looks = looked_at(tmp_path, pictures)
    apart = np.zeros((72, 4), dtype=np.float32)
    apart[:60, 0] = apart[60:, 1] = 1.0
    image = VectorSignal("image", apart, np.ones(72, dtype=bool))
    nothing = np.full(72, -1, dtype=np.int32)
    assert groups(looks, image, nothing, nothing) == ()


def test_a_chain_is_no_group():
    angle = np.arccos(duplicates.ALIKE) * 0.9 * np.arange(6)
    chain = VectorSignal("picture", np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32), np.ones(6, bool))
    codes = np.full(6, -1, dtype=np.int32)
    found = groups(chain, None, codes, codes)
    assert found
    assert all(len(one.rows) == 2 for one in found)
    assert {row for one in found for row in one.rows} == set(range(6))


@pytest.mark.parametrize("limit", [0.3, 0.7, 0.95])
def test_pairs_are_all_that_there_are(limit):
    rng = np.random.default_rng(0)
    vectors = worlds.units(rng, rng.normal(size=(8, 100))[rng.integers(0, 8, 300)] + 0.7 * rng.normal(size=(300, 100)))
    present = rng.random(300) > 0.1
    p, q, cosines = pairs(VectorSignal("image", vectors, present), limit)
    whole = vectors.astype(np.float64) @ vectors.T
    expected = {(a, b) for a, b in zip(*np.nonzero(whole >= limit), strict=True) if a < b and present[a] and present[b]}
    assert set(zip(p.tolist(), q.tolist(), strict=True)) == {(int(a), int(b)) for a, b in expected}
    np.testing.assert_allclose(cosines, whole[p, q], atol=1e-9)


def test_a_picture_is_looked_at_once(tmp_path, pictures):
    asked = []

    def read(key):
        asked.append(key)
        return pictures[key]

    keys = list(pictures)[:10]
    first = prints(tmp_path, keys, read)
    again = prints(tmp_path, [*keys, "", keys[0]], read)
    assert asked == keys
    np.testing.assert_array_equal(again.vectors[:10], first.vectors)
    np.testing.assert_array_equal(again.vectors[11], first.vectors[0])
    assert not again.present[10]
    more = prints(tmp_path, list(pictures)[:11], read)
    assert asked == list(pictures)[:11]
    assert more.present.all()
    assert len(list(tmp_path.glob("prints-*"))) == 1


def test_pictures_that_cannot_be_read_and_what_is_kept_of_them_damaged_stop_nothing(tmp_path, pictures):
    keys = list(pictures)[:3]
    found = prints(tmp_path, [*keys, "broken"], lambda key: pictures.get(key, b"no picture"))
    assert found.present.tolist() == [True, True, True, False]
    file = next(next(tmp_path.glob("prints-*")).glob("*.npy"))
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    again = prints(tmp_path, keys, pictures.__getitem__)
    assert again.present.all()
    with pytest.raises(OSError):  # noqa: PT011 what Pillow raises says enough
        print_of(b"no picture")


# -- the worklist ------------------------------------------------------------------------------------------------------


def test_the_worklist_names_products_reason_and_remedy_and_forgets_what_was_left(tmp_path, pictures):
    wrong, _ = relabelled(shop(1500), 20)
    keys = list(pictures)
    looks = looked_at(tmp_path, {keys[0]: pictures[keys[0]], keys[60]: pictures[keys[60]]})
    vectors = np.zeros((1500, looks.vectors.shape[1]), dtype=np.float32)
    here = np.flatnonzero(wrong.signals["image"].present)[:2]
    vectors[here] = looks.vectors
    plain = VectorSignal("picture", vectors, vectors.any(axis=1))
    cases = worklist(wrong, plain)
    first = next(case for case in cases if case.kind == CATEGORY)
    assert first.correct["type"]
    assert first.correct["category"]
    assert "nearest" in first.says
    assert first.beside
    assert len({case.key for case in cases}) == len(cases)
    left = standing(cases, {first.key: {"who": "Ada"}})
    assert first not in left
    assert len(left) == len(cases) - 1
    again = worklist(wrong, None)
    assert first.key in {case.key for case in again}
    assert not [case for case in again if case.kind == TWINS]
    assert first.as_json()["correct"]["category"] == list(first.correct["category"])

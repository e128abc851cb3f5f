"""Calibration: the same shop gives the same reference, and a signal's scale does not matter."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.catalogue import Catalogue, Item
from core.rank import calibrate as cal
from core.rank.twins import identity
from tests.rank.rank_worlds import calibrated, edition


def test_a_small_shop_is_calibrated_on_all_its_pairs():
    p, q = cal.draw([f"i{n}" for n in range(20)])
    assert len({(a, b) for a, b in zip(p, q, strict=True)}) == 190
    assert (p < q).all()


@pytest.mark.parametrize("n", [60, 300])
def test_a_large_shop_is_calibrated_on_distinct_pairs_drawn_by_its_ids(n):
    ids = [f"i{i:04d}" for i in range(n)]
    p, q = cal.draw(ids, pairs=1000)
    assert len(p) >= 1000
    assert len(set(zip(p.tolist(), q.tolist(), strict=True))) == len(p)
    assert p.min() >= 0
    assert (p < q).all()
    assert q.max() < n
    again = cal.draw(ids, pairs=1000)
    np.testing.assert_array_equal(p, again[0])
    assert not np.array_equal(cal.draw([*ids[:-1], "other"], pairs=1000)[0][:1000], p[:1000])
    counts = np.bincount(np.concatenate([p, q]), minlength=n)
    assert counts.max() < 6 * counts.mean()


def test_every_pair_number_is_one_pair():
    ids = [f"i{i}" for i in range(3000)]
    p, q = cal.draw(ids, pairs=200_000)
    assert (p >= 0).all()
    assert (p < q).all()
    assert (q < 3000).all()


def test_colourways_and_twins_are_no_reference():
    shop = edition(200, 5)
    calibration = calibrated(shop)
    signals = {n: cal.sig.VectorSignal(n, shop.vectors[n], shop.present[n]) for n in shop.vectors}
    p, q = cal.draw(shop.catalogue.ids)
    twins = identity(shop.catalogue, signals["text"], signals["image"]).pairs(p, q)
    assert 0 < twins.sum() < len(p)
    assert calibration.about["pairs"] == (~twins).sum() == len(calibration.raw["item", "text"])
    family = shop.catalogue.frame["family_id"].tolist()
    assert all(twins[i] for i in range(len(p)) if family[p[i]] is not None and family[p[i]] == family[q[i]])


def test_a_pair_without_a_picture_has_no_picture_value():
    shop = edition(50, 6)
    raw = calibrated(shop).raw["item", "image"]
    assert 0 < np.isnan(raw).sum() < len(raw)


def test_a_signal_that_is_the_same_everywhere_says_nothing():
    raw = {("item", "text"): np.full(100, 0.7), ("item", "image"): np.r_[np.full(99, 1e6), 1e6 + 1e-6]}
    calibration = cal.Calibration(raw, {})
    assert not calibration.has("item", "text")
    assert not calibration.has("item", "image")
    assert not calibration.has("item", "behaviour")


def test_a_shop_of_two_products_still_has_a_list():
    calibration = cal.Calibration({("item", "text"): np.array([0.4])}, {})
    assert calibration.has("item", "text")
    assert float(calibration.z("item", "text", np.array([0.4]))[0]) == 0.0


def test_heavy_tails_are_drawn_in_and_similarities_are_not():
    values = np.r_[np.zeros(999), 1000.0]
    calibration = cal.Calibration({("item", "behaviour"): values, ("item", "text"): values}, {})
    scaled = (1000 - values.mean()) / values.std()
    assert float(calibration.z("item", "text", np.array([1000.0]))[0]) == pytest.approx(scaled)
    assert float(calibration.z("item", "behaviour", np.array([1000.0]))[0]) == pytest.approx(3 * np.arcsinh(scaled / 3))


def test_it_comes_back_from_the_disk_as_it_was_and_notices_when_it_does_not():
    calibration = calibrated(edition(60, 2)).with_words({"text": np.linspace(0, 1, 50), "words": np.zeros(50)})
    arrays, meta = calibration.to_arrays()
    again = cal.Calibration.from_arrays(arrays, meta)
    assert again.id == calibration.id
    assert again.sigma == calibration.sigma
    assert again.means == calibration.means
    arrays["item.text"] = arrays["item.text"] + 1e-9
    with pytest.raises(ValueError, match="calibration"):
        cal.Calibration.from_arrays(arrays, meta)


def test_its_id_is_its_content_and_does_not_depend_on_the_moment():
    one, other = calibrated(edition(60, 2)), calibrated(edition(60, 2))
    assert one.id == other.id != calibrated(edition(60, 3)).id


def test_all_signals_of_one_kind_speak_of_the_same_pairs():
    with pytest.raises(ValueError, match="same pairs"):
        cal.Calibration({}, {}).with_words({"text": np.zeros(3), "words": np.zeros(4)})


@pytest.mark.parametrize("count", [0, 1])
def test_a_shop_without_pairs_calibrates(count):
    shop = Catalogue.of([Item("a", type="Bag")][:count])
    vectors = {"text": np.zeros((count, 4), np.float32)}
    calibration = cal.calibrate(shop, vectors, {"text": np.ones(count, bool)})
    assert not any(kind == "item" for kind, _ in calibration.sigma)

"""The score: a sum that explains itself, whatever is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import BadRequest
from core.domain.strategy import PRIOR_SIGNALS
from core.rank.blend import blend_for, contributions, score
from core.rank.calibrate import Calibration
from core.rank.signals import VectorSignal, sides_of_rows
from tests.rank.rank_worlds import AT, units, view

SHOP = view(150, 4)
KNOWN = {*SHOP.signals, *PRIOR_SIGNALS}
LANES = np.arange(20)
ROWS = np.tile(np.arange(20, 90), (20, 1))


def scored(weights, boosts=None, shop=SHOP):
    blend = blend_for(shop.calibration, "item", weights, KNOWN - {"words"})
    sides = sides_of_rows(shop.signals, LANES)
    priors = shop.priors(blend, AT)
    parts = score(blend, shop.signals, sides, ROWS, priors, boosts)
    return blend, priors, parts


NAMES = ("text", "image", "attributes", "newness", "margin", "stock_depth")
weight = st.one_of(st.just(0.0), st.floats(0.01, 5.0))


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, weight)))
def test_contributions_sum_to_the_score(weights):
    if not any(weights.values()):
        return
    boosts = np.zeros(ROWS.shape)
    boosts[:, 3] = 0.25
    blend, priors, parts = scored(weights, boosts)
    total = sum(contributions(blend, parts, priors, boosts).values())
    ok = np.isfinite(parts.scores)
    assert ok.any()
    np.testing.assert_allclose(total[ok], parts.scores[ok], atol=1e-9, rtol=0)


def test_contributions_keep_the_signs_of_their_signals():
    blend, priors, parts = scored({"text": 0.35, "image": 0.35, "attributes": 0.3})
    shares = contributions(blend, parts, priors, None)
    for name in blend.similarity:
        assert (np.sign(shares[name]) == np.sign(parts.z[name])).all()


def test_a_blend_of_nothing_remarkable_explains_itself_by_the_slope():
    flat = Calibration({("item", "text"): np.linspace(-1, 1, 201), ("item", "image"): np.linspace(-1, 1, 201)}, {})
    blend = blend_for(flat, "item", {"text": 0.5, "image": 0.5}, {"text", "image"})
    _, _, parts = scored({"text": 1.0})
    sigma = flat.sigma["item", "text"]
    z = {"text": np.array([[1.0, 0.3 * sigma]]), "image": np.array([[-1.0, 0.3 * sigma]])}
    g = 0.5 * z["text"] + 0.5 * z["image"]
    pattern = np.full((1, 2), 3)
    same = type(parts)(np.array([[0, 1]]), z, pattern, g, blend.normal(g, pattern))
    shares = contributions(blend, same, {}, None)
    assert shares["text"][0, 0] == pytest.approx(-shares["image"][0, 0])
    assert shares["text"][0, 0] == pytest.approx(0.5 * blend.distribution(3).slope(0.0))


@pytest.mark.parametrize("factor", [10.0, 3.0, 0.1, 7e5])
def test_only_the_ratios_of_weights_count(factor):
    weights = {"text": 0.35, "image": 0.35, "attributes": 0.3, "margin": 0.1}
    _, _, one = scored(weights)
    _, _, other = scored({name: factor * weight for name, weight in weights.items()})
    np.testing.assert_array_equal(one.scores, other.scores)


def test_weight_zero_is_the_same_as_the_signal_being_absent_even_where_its_values_are_nan():
    _, _, without = scored({"text": 0.5, "attributes": 0.5})
    nothing = VectorSignal("image", np.full((150, 16), np.nan, np.float32), np.ones(150, bool))
    broken = {**SHOP.signals, "image": nothing}
    blend = blend_for(SHOP.calibration, "item", {"text": 0.5, "attributes": 0.5, "image": 0.0}, KNOWN)
    found = score(blend, broken, sides_of_rows(broken, LANES), ROWS, {})
    np.testing.assert_array_equal(found.scores, without.scores)


def test_senseless_weights_are_refused():
    for weights in ({"text": 0.0, "image": 0.0}, {}, {"text": -0.1}, {"text": float("nan")}, {"colour": 1.0}):
        with pytest.raises(BadRequest):
            blend_for(SHOP.calibration, "item", weights, KNOWN)


def test_a_missing_prior_counts_nothing():
    blend, priors, _ = scored({"text": 0.7, "margin": 0.3})
    unknown = np.isnan(SHOP.catalogue.money("cost")) | np.isnan(SHOP.catalogue.money("price"))
    assert unknown.any()
    assert (priors["margin"][unknown] == 0).all()
    assert blend.share == pytest.approx(0.7)


def test_items_with_nothing_in_common_have_no_score():
    _, _, parts = scored({"image": 1.0})
    bare = ~SHOP.signals["image"].present[ROWS]
    assert bare.any()
    assert (parts.scores[bare] == -np.inf).all()


def test_an_item_without_a_picture_stands_where_its_share_of_closer_pairs_puts_it():
    """Pairs of equal closeness by what they have get equal scores, whether pictures join in or not."""
    rng = np.random.default_rng(0)
    text = rng.standard_normal(20_000)
    image = np.where(rng.random(20_000) < 0.3, np.nan, 0.8 * text + 0.6 * rng.standard_normal(20_000))
    calibration = Calibration({("item", "text"): text, ("item", "image"): image}, {})
    blend = blend_for(calibration, "item", {"text": 0.5, "image": 0.5}, {"text", "image"})
    both = blend.distribution(3)
    words = blend.distribution(1)
    assert both.n == np.isfinite(image).sum()
    assert words.n == 20_000
    for share in (0.5, 0.9, 0.999, 0.9999):
        z_text, z_image = calibration.z("item", "text", text), calibration.z("item", "image", image)
        g_both = np.nanquantile(0.5 * z_text + 0.5 * z_image, share)
        g_words = np.quantile(0.5 * z_text, share)
        np.testing.assert_allclose(both.normal(np.array([g_both])), words.normal(np.array([g_words])), atol=0.15)


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.integers(0, 5))
def test_the_scale_of_a_raw_signal_does_not_matter(a, b, seed):
    rng = np.random.default_rng(seed)
    text, image = rng.standard_normal(2000), rng.standard_normal(2000)
    some = rng.standard_normal((2, 40))
    order = []
    for scale, shift in ((1.0, 0.0), (a, b)):
        calibration = Calibration({("item", "text"): scale * text + shift, ("item", "image"): image}, {})
        blend = blend_for(calibration, "item", {"text": 0.4, "image": 0.6}, {"text", "image"})
        g = 0.4 * calibration.z("item", "text", scale * some[0] + shift) + 0.6 * calibration.z("item", "image", some[1])
        order.append(np.argsort(-blend.distribution(3).normal(g), kind="stable"))
    np.testing.assert_array_equal(*order)


def test_a_constant_signal_changes_nothing():
    raw = dict(SHOP.calibration.raw)
    raw["item", "behaviour"] = np.full(len(raw["item", "text"]), 3.3)
    calibration = Calibration(raw, SHOP.calibration.means)
    signals = {**SHOP.signals, "behaviour": VectorSignal("behaviour", units(150, 8, 0), np.ones(150, bool))}
    sides = sides_of_rows(signals, LANES)
    with_it = blend_for(calibration, "item", {"text": 0.5, "attributes": 0.2, "behaviour": 0.3}, {*KNOWN, "behaviour"})
    without = blend_for(calibration, "item", {"text": 0.5, "attributes": 0.2}, KNOWN)
    np.testing.assert_array_equal(
        score(with_it, signals, sides, ROWS, {}).scores, score(without, signals, sides, ROWS, {}).scores
    )

"""A picture is described in the shop's own words, and the confidence means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.domain.errors import BadRequest
from core.embed.tower import captions, zero_shot
from core.embed.tower.zero_shot import Scales, Shown, attributes, calibration_error, confidences, fit_scale

DIM = 64


class PaintedEncoder:
    """Knows a picture by its size and colour: 10 px wide is jeans, 20 px is a cap."""

    name, key, dim, note = "painted", "image-painted", DIM, ""

    def encode_words(self, texts):
        out = np.zeros((len(texts), DIM), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(" for ", " ").split():
                out[row] += np.random.default_rng(list(word.encode())).normal(size=DIM)
        return captions.unit(out)

    def encode_images(self, images):
        kinds = {10: "jeans", 20: "caps"}
        said = [f"{'red' if im.getpixel((0, 0))[0] > 128 else 'blue'} {kinds[im.width]} women" for im in images]
        return self.encode_words(said)


def shown(width: int, colour: str, **more) -> Shown:
    return attributes(PaintedEncoder(), [Image.new("RGB", (width, 10), colour)], ["Jeans", "Caps"], **more)[0]


def test_a_red_cap_is_a_red_cap():
    cap = shown(20, "red")
    assert cap.best("type").value == "Caps"
    assert cap.best("colour").value == "Red"
    assert cap.best("audience").value == "Women"
    assert shown(10, "blue").best("type").value == "Jeans"


def test_confidences_of_an_attribute_add_up_to_one_best_first():
    for guesses in shown(20, "red").guesses.values():
        sure = [guess.confidence for guess in guesses]
        assert sum(sure) == pytest.approx(1)
        assert sure == sorted(sure, reverse=True)


def test_an_encoder_nothing_was_fitted_for_says_so():
    assert not shown(20, "red", scales=Scales("another", {"type": 9.0})).calibrated
    assert shown(20, "red", scales=Scales("image-painted", {"type": 9.0})).calibrated


def test_without_types_there_is_nothing_to_choose_from():
    with pytest.raises(BadRequest, match="at least one type"):
        zero_shot.wordbook(PaintedEncoder().encode_words, [])


def test_the_fitted_scale_makes_confidence_the_share_that_is_right():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 0.1, (4000, 6))
    chances = confidences(scores, 20.0)
    truth = [int(rng.choice(6, p=row)) for row in chances]
    scale = fit_scale(scores, truth)
    assert scale == pytest.approx(20, rel=0.15)
    assert calibration_error(confidences(scores, scale), truth) < 0.03
    assert calibration_error(confidences(scores, 200.0), truth) > 0.1

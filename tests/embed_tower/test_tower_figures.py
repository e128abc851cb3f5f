"""The figures of an encoder are what they say they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.embed.tower import captions, data, evaluate


def test_neighbours_are_the_nearest_and_never_the_picture_itself():
    angles = np.array([0.0, 0.1, 0.3, 2.0])
    pictures = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert evaluate.top_k(pictures, pictures, 2, skip_self=True).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]


def test_same_label_counts_the_share_among_the_nearest():
    pictures = captions.unit(np.array([[1, 0], [1, 0.1], [1, 0.3], [0, 1]], np.float32))
    assert evaluate.same_label(pictures, ["a", "a", "b", ""], k=1) == pytest.approx(2 / 3)


def test_accuracy_leaves_out_what_is_not_asked_for():
    words = np.eye(3, dtype=np.float32)
    pictures = np.eye(3, dtype=np.float32)[[0, 1, 1, 2]]
    assert evaluate.accuracy(pictures, ["a", "b", "c", "other"], words, ["a", "b", "c"]) == pytest.approx(2 / 3)
    assert evaluate.accuracy(pictures, ["a", "b", "c", "other"], words, ["a", "b", "c"], first=3) == 1


def test_recall_asks_each_title_for_its_own_picture():
    pictures = np.eye(3, dtype=np.float32)
    titles = captions.unit(np.array([[1, 0, 0], [0.9, 0.8, 0], [0, 0, 1]], np.float32))
    assert evaluate.recall_of_pictures(titles, pictures, 1) == pytest.approx(2 / 3)
    assert evaluate.recall_of_pictures(titles, pictures, 2) == 1


def test_titles_are_drawn_once_each():
    table = pd.DataFrame({"title": ["a", "a", "b", "", "c"]})
    assert evaluate.titles_drawn(table, 10).tolist() == [0, 2, 4]


def test_the_backdrop_is_the_white_that_touches_the_edge():
    picture = np.full((40, 40, 3), 255, np.uint8)
    picture[10:30, 10:30] = 40
    picture[18:22, 18:22] = 255  # a white button in the middle belongs to the product
    mask = data.product_mask(picture)
    assert mask[0, 0] == 0
    assert mask[20, 20] == 255
    assert (data.product_mask(np.full((40, 40, 3), 90, np.uint8)) == 255).all()


def test_a_caption_is_encoded_once_and_kept(tmp_path):
    asked = []

    def encode(texts):
        asked.extend(texts)
        return np.ones((len(texts), 4), np.float32)

    first = captions.CaptionBank(encode, tmp_path / "bank.npz")
    first(["a", "b", "a"])
    again = captions.CaptionBank(encode, tmp_path / "bank.npz")(["b", "c"])
    assert asked == ["a", "b", "c"]
    assert again.shape == (2, 4)


@pytest.mark.parametrize(
    ("title", "pattern"),
    [
        ("Reid & Taylor Men Check Purple Shirts", "Checked"),
        ("Fabindia Men Striped Green Shirt", "Striped"),
        ("Puma Men Solid Striped Polo", ""),  # says two things, so it is not asked
        ("Titan Women Silver Watch", ""),
        ("Checkers Men Blue Tie", ""),
    ],
)
def test_a_title_tells_the_pattern_only_when_it_says_one(title, pattern):
    from core.embed.tower.ship import pattern_of

    assert pattern_of(title) == pattern

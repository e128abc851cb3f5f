"""Only what is missing is encoded, and a killed build goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.domain.arrays import Mask, Vectors
from core.embed.cached import encode_with_cache


class Cache:
    def __init__(self) -> None:
        self.kept: dict[str, Vectors] = {}

    def find(self, hashes: Sequence[str]) -> tuple[Mask, Vectors]:
        there = np.array([name in self.kept for name in hashes], dtype=bool)
        empty = np.zeros(2, dtype=np.float32)
        return there, np.array([self.kept.get(name, empty) for name in hashes], dtype=np.float32).reshape(-1, 2)

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        self.kept.update(zip(hashes, vectors, strict=True))


class Encoder:
    """Each content is a number in words; its vector is (number, 1). Fails at `fails_at`."""

    def __init__(self, contents: Sequence[str], fails_at: int | None = None) -> None:
        self.contents, self.fails_at = contents, fails_at
        self.calls: list[list[int]] = []

    def __call__(self, positions: list[int]) -> Vectors:
        if self.fails_at == len(self.calls):
            raise KeyboardInterrupt
        self.calls.append(positions)
        return np.array([[float(self.contents[at]), 1.0] for at in positions], dtype=np.float32)


def test_only_what_is_missing_is_encoded() -> None:
    cache, contents = Cache(), ["3", "1", "2"]
    cache.add(["1"], np.array([[1, 1]], dtype=np.float32))
    encoder = Encoder(contents)
    vectors = encode_with_cache(cache.find, cache.add, contents, encoder, dim=2)
    assert vectors[:, 0].tolist() == [3, 1, 2]
    assert encoder.calls == [[0, 2]]
    again = Encoder(contents)
    encode_with_cache(cache.find, cache.add, contents, again, dim=2)
    assert again.calls == []


def test_equal_contents_are_encoded_once_and_nothing_keeps_a_zero_row() -> None:
    contents = ["7", "", "7", "5"]
    encoder = Encoder(contents)
    vectors = encode_with_cache(Cache().find, Cache().add, contents, encoder, dim=2)
    assert encoder.calls == [[0, 3]]
    assert vectors.tolist() == [[7, 1], [0, 0], [7, 1], [5, 1]]


def test_a_build_that_is_killed_loses_no_more_than_a_chunk() -> None:
    cache, contents = Cache(), [str(n) for n in range(10)]
    with pytest.raises(KeyboardInterrupt):
        encode_with_cache(cache.find, cache.add, contents, Encoder(contents, fails_at=2), 3, dim=2)
    assert sorted(cache.kept) == [str(n) for n in range(6)]
    rest = Encoder(contents)
    vectors = encode_with_cache(cache.find, cache.add, contents, rest, 3, dim=2)
    assert rest.calls == [[6, 7, 8], [9]]
    assert vectors[:, 0].tolist() == list(range(10))


def test_texts_of_like_length_share_a_chunk_whatever_the_order_of_rows() -> None:
    contents = ["1111", "2", "333", "4", "55"]
    encoder = Encoder(contents)
    encode_with_cache(Cache().find, Cache().add, contents, encoder, 2, dim=2, lengths=[len(c) for c in contents])
    assert encoder.calls == [[1, 3], [4, 2], [0]]
    turned = contents[::-1]
    other = Encoder(turned)
    encode_with_cache(Cache().find, Cache().add, turned, other, 2, dim=2, lengths=[len(c) for c in turned])
    assert [[turned[at] for at in call] for call in other.calls] == [
        [contents[at] for at in call] for call in encoder.calls
    ]


def test_progress_counts_up_to_the_end_with_rate_and_time_left() -> None:
    seen: list[tuple[int, int, float, float]] = []
    contents = [str(n) for n in range(5)]
    encode_with_cache(Cache().find, Cache().add, contents, Encoder(contents), 2, lambda *told: seen.append(told), dim=2)
    assert [done for done, *_ in seen] == [0, 2, 4, 5]
    assert all(total == 5 for _, total, *_ in seen)
    assert seen[-1][2] > 0
    assert seen[-1][3] == 0


def test_an_encoder_that_returns_the_wrong_shape_is_a_bug_that_shows() -> None:
    with pytest.raises(ValueError, match="returned"):
        encode_with_cache(Cache().find, Cache().add, ["1", "2"], lambda at: np.zeros((1, 2), np.float32), dim=2)


def test_an_empty_catalogue_has_no_vectors_and_no_crash() -> None:
    assert encode_with_cache(Cache().find, Cache().add, [], Encoder([]), dim=2).shape == (0, 2)

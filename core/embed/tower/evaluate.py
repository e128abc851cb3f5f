"""The figures of an image encoder on pictures that training never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.domain.arrays import Rows, Vectors
from core.embed.tower import captions
from core.embed.tower.captions import Encode, Vocabulary, ensemble
from core.embed.tower.data import Collection

TYPE_AT_LEAST = 20  # products a type must have among the held-back ones to be counted
TYPES = 54  # the most frequent ones, whether or not all of them have so many
COLOURS = 16
TITLES = 2000
NEIGHBOURS = 10
PHOTO_CLASSES = 10


def top_k(queries: Vectors, gallery: Vectors, k: int, *, skip_self: bool = False) -> Rows:
    """[n, k] rows of `gallery` nearest to each query by inner product, best first.

    skip_self: queries are the gallery's own first rows, and none finds itself.
    """
    out = np.empty((len(queries), k), np.int64)
    for start in range(0, len(queries), 1024):
        scores = queries[start : start + 1024] @ gallery.T
        if skip_self:
            scores[np.arange(len(scores)), np.arange(start, start + len(scores))] = -np.inf
        best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        out[start : start + 1024] = np.take_along_axis(best, order, axis=1)
    return out


def same_label(pictures: Vectors, labels: Sequence[str], k: int = NEIGHBOURS) -> float:
    """Mean share of the k nearest other pictures that carry the same label; a picture without one is not asked."""
    names = np.asarray(labels, dtype=object)
    near = top_k(pictures, pictures, k, skip_self=True)
    asked = names != ""
    return float((names[near] == names[:, None])[asked].mean())


def accuracy(pictures: Vectors, labels: Sequence[str], words: Vectors, names: Sequence[str], first: int = 1) -> float:
    """Share of the pictures whose label is among the `first` words nearest to it; other labels do not count."""
    places = {name: place for place, name in enumerate(names)}
    truth = np.array([places.get(label, -1) for label in labels])
    best = np.argsort(-(pictures[truth >= 0] @ words.T), axis=1, kind="stable")[:, :first]
    return float((best == truth[truth >= 0, None]).any(axis=1).mean())


def recall_of_pictures(titles: Vectors, pictures: Vectors, k: int) -> float:
    """Share of the titles whose own picture is among the k nearest; row i of both belong together."""
    scores = titles @ pictures.T
    place = (scores > np.diag(scores)[:, None]).sum(axis=1)
    return float((place < k).mean())


def titles_drawn(table: pd.DataFrame, count: int = TITLES) -> Rows:
    """Rows of `count` products with different titles, drawn with seed 0."""
    first = np.flatnonzero(~table.title.duplicated().to_numpy() & (table.title != "").to_numpy())
    drawn = np.random.default_rng(0).choice(first, min(count, len(first)), replace=False)
    return np.sort(drawn).astype(np.int64)


def studio_figures(
    pictures: Vectors, held: pd.DataFrame, words: Encode | None, vocabulary: Vocabulary
) -> dict[str, float]:
    """Figures over held-back studio products. words: an encoder's `encode_words`, or None for one that has no words.

    vocabulary: of the training part; its frequent types and colours fill the caption templates.
    """
    near = {
        "nearest ten: same type": same_label(pictures, held.type.tolist()),
        "nearest ten: same colour": same_label(pictures, held.colour.tolist()),
    }
    if words is None:
        return near
    counts = held.type.value_counts()
    types = sorted(counts[counts >= TYPE_AT_LEAST].index)
    named = held.colour[held.colour != ""].value_counts()
    colours = sorted(named.index, key=lambda c: (-int(named[c]), c))[:COLOURS]
    said_types = ensemble(words, captions.type_captions(types, vocabulary.colours))
    wide = sorted(counts.index, key=lambda t: (-int(counts[t]), t))[:TYPES]
    said_wide = ensemble(words, captions.type_captions(wide, vocabulary.colours))
    said_colours = ensemble(words, captions.colour_captions(colours, vocabulary.types))
    kinds, shades = held.type.tolist(), held.colour.tolist()
    rows = titles_drawn(held)
    said = words(held.title.iloc[rows].tolist())
    return {
        "types of 20 products and more": len(types),
        "type, plain word": accuracy(pictures, kinds, words(types), types),
        "type": accuracy(pictures, kinds, said_types, types),
        "type, first three": accuracy(pictures, kinds, said_types, types, first=3),
        f"type, of the {TYPES} most frequent": accuracy(pictures, kinds, said_wide, wide),
        "colour, plain word": accuracy(pictures, shades, words(colours), colours),
        "colour": accuracy(pictures, shades, said_colours, colours),
        "title → picture, R@1": recall_of_pictures(said, pictures[rows], 1),
        "title → picture, R@10": recall_of_pictures(said, pictures[rows], 10),
        **near,
    }


def photo_figures(
    pictures: Vectors, held: pd.DataFrame, words: Encode | None, frequent: Sequence[str]
) -> dict[str, float]:
    """Figures over held-back amateur photos. frequent: classes from the most frequent, over all photos."""
    near = {"photos, nearest ten: same class": same_label(pictures, held.type.tolist())}
    if words is None:
        return near
    classes = list(frequent[:PHOTO_CLASSES])
    said = ensemble(words, captions.photo_captions(classes))
    labels = held.type.tolist()
    return {
        "photos, plain word": accuracy(pictures, labels, words(classes), classes),
        "photos": accuracy(pictures, labels, said, classes),
        "photos, majority class": float(held.type[held.type.isin(classes)].value_counts(normalize=True).iloc[0]),
        **near,
    }


def boutique_figures(pictures: Vectors, drawn: pd.DataFrame) -> dict[str, float]:
    """Figures over the drawings of a demo boutique. drawn: as `data.drawings` reads it."""
    return {
        "boutique, nearest ten: same department": same_label(pictures, [c.split(" > ")[0] for c in drawn.category]),
        "boutique, nearest ten: same category": same_label(pictures, drawn.category.tolist()),
        "boutique, nearest ten: same colour": same_label(pictures, drawn.colour.tolist()),
    }


def frequent_classes(photos: pd.DataFrame) -> list[str]:
    counts = photos.type.value_counts()
    return sorted(counts.index, key=lambda c: (-int(counts[c]), c))


class Progress:
    """Measures a tower during training, on the stored pictures of the held-back part."""

    def __init__(self, studio: Collection, photos: Collection, bank: Encode, vocabulary: Vocabulary) -> None:
        self._parts = [(c, np.flatnonzero(c.table.held.to_numpy())) for c in (studio, photos)]
        self._held = [c.table.iloc[rows].reset_index(drop=True) for c, rows in self._parts]
        self._bank, self._vocabulary = bank, vocabulary
        self._frequent = frequent_classes(photos.table)

    def _figures(self, pictures: Vectors, held: pd.DataFrame) -> dict[str, float]:
        if held is self._held[0]:
            return studio_figures(pictures, held, self._bank, self._vocabulary)
        return photo_figures(pictures, held, self._bank, self._frequent)

    def __call__(self, tower_state: Mapping[str, Any]) -> dict[str, float]:
        import torch

        from core.embed.tower.augment import still
        from core.embed.tower.model import DIM, IMAGE_SIZE, new_tower

        tower = new_tower()
        tower.load_state_dict(dict(tower_state))
        tower.eval().to(memory_format=torch.channels_last)
        figures: dict[str, float] = {}
        for (collection, rows), held in zip(self._parts, self._held, strict=True):
            vectors = np.empty((len(rows), DIM), np.float32)
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
                for start in range(0, len(rows), 256):
                    part = rows[start : start + 256]
                    seen = tower(still(collection.pixels, part, IMAGE_SIZE))
                    vectors[start : start + len(part)] = seen.float().numpy()
            figures |= self._figures(captions.unit(vectors), held)
        return figures

"""Which items are one product to a shopper: colourways of a style, equal pictures, the same words twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Rows, Scores, Vectors
from core.domain.catalogue import Catalogue, Item
from core.rank.signals import VectorSignal

SAME_WORDS = 0.98  # cosine of texts above which two items of one type and brand read the same
SAME_PICTURE = 0.95  # cosine of pictures above which two items look the same
NEAR = 0.01  # how far a cosine on the grid may be off at the very worst, in up to 1,500 d


@dataclass(frozen=True, eq=False)
class Identity:
    """Codes [n] of what makes two items the same; -1 is unknown. An unknown family or picture equals no other.

    text, image: the vectors to compare words and pictures by; image is None in a shop without an image model.
    """

    family: Codes
    picture: Codes
    kind: Codes
    brand: Codes
    text: VectorSignal | None
    image: VectorSignal | None

    def pairs(self, p: Rows, q: Rows) -> Mask:
        """[m] whether the items `p` [m] and `q` [m] are twins."""
        same = _known_equal(self.family[p], self.family[q]) | _known_equal(self.picture[p], self.picture[q])
        open_ = ~same & (self.kind[p] == self.kind[q]) & (self.brand[p] == self.brand[q])
        found = np.flatnonzero(open_)
        same[found] = self._read_and_look_the_same(p[found], q[found])
        return same

    def among(self, rows: Rows, words: Vectors | None = None, looks: Vectors | None = None) -> Mask:
        """[B, m, m] which of `rows` [B, m] are twins of one another; rows below 0 are nobody's.

        words, looks: [B, m, m] their cosines of text and of pictures to within `NEAR`; what these leave in doubt, or
        None, is computed exactly.
        """
        a, b = rows[:, :, None], rows[:, None, :]
        family, picture = _padded(self.family, rows), _padded(self.picture, rows)
        same = _known_equal(family[:, :, None], family[:, None, :])
        same |= _known_equal(picture[:, :, None], picture[:, None, :])
        if self.text is not None:
            brands = int(self.brand.max(initial=0)) + 2
            both = _padded(self.kind, rows).astype(np.int64) * brands + _padded(self.brand, rows)
            open_ = (both[:, :, None] == both[:, None, :]) & (a < b) & (rows >= 0)[:, :, None]
            if words is not None:
                open_ &= words > SAME_WORDS - NEAR
            lane, i, j = np.nonzero(open_ & ~same)
            at = lane, i, j
            twin = self._read_and_look_the_same(
                rows[lane, i], rows[lane, j], None if words is None else words[at], None if looks is None else looks[at]
            )
            lane, i, j = lane[twin], i[twin], j[twin]
            same[lane, i, j] = same[lane, j, i] = True
        same &= (rows >= 0)[:, :, None] & (rows >= 0)[:, None, :]
        return same

    def _read_and_look_the_same(
        self, p: Rows, q: Rows, words: Vectors | None = None, looks: Vectors | None = None
    ) -> Mask:
        if self.text is None or not len(p):
            return np.zeros(len(p), dtype=bool)
        same = _above(self.text, p, q, SAME_WORDS, words) & self.text.present[p] & self.text.present[q]
        if self.image is not None:
            seen = np.flatnonzero(same & self.image.present[p] & self.image.present[q])
            same[seen] = _above(self.image, p[seen], q[seen], SAME_PICTURE, None if looks is None else looks[seen])
        return same


def widened(
    known: Identity,
    catalogue: Catalogue,
    items: Sequence[Item],
    places: Sequence[int],
    text: VectorSignal | None,
    image: VectorSignal | None,
) -> Identity:
    """`known` of `catalogue` for one with `items` more, each laid in before the old row of `places` (ascending)."""
    frame = catalogue.frame
    mains = {"family_id": known.family, "type": known.kind, "brand": known.brand}
    out = [
        _further(codes, frame[name].to_numpy(dtype=object), [getattr(item, name) for item in items], places)
        for name, codes in mains.items()
    ]
    pictures = np.array([keys[0] if keys else None for keys in frame["pictures"].tolist()], dtype=object)
    picture = _further(known.picture, pictures, [item.pictures[0] if item.pictures else None for item in items], places)
    return Identity(out[0], picture, out[1], out[2], text, image)


def _further(codes: Codes, values: AnyArray, fresh: Sequence[str | None], places: Sequence[int]) -> Codes:
    """`codes` [n] of `values` with those of further values laid in; a value that is new gets a code of its own."""
    found: dict[str, int] = {}
    free = int(codes.max(initial=-1)) + 1
    for value in fresh:
        if value is not None and value not in found:
            at = np.flatnonzero(values == value)
            found[value] = int(codes[at[0]]) if len(at) else free
            free += not len(at)
    laid = np.array([-1 if value is None else found[value] for value in fresh], dtype=np.int32)
    return np.insert(codes, places, laid)


def identity(catalogue: Catalogue, text: VectorSignal | None, image: VectorSignal | None) -> Identity:
    """What makes the items of `catalogue` one product or two."""
    frame = catalogue.frame
    pictures = [keys[0] if keys else None for keys in frame["pictures"].tolist()]
    family, kind, brand = (coded(frame[name].tolist()) for name in ("family_id", "type", "brand"))
    return Identity(family, coded(pictures), kind, brand, text, image)


def coded(values: list[str | None]) -> Codes:
    """Values as codes in order of first appearance, -1 for None."""
    seen: dict[str, int] = {}
    return np.array([-1 if v is None else seen.setdefault(v, len(seen)) for v in values], dtype=np.int32)


def _above(signal: VectorSignal, p: Rows, q: Rows, limit: float, about: Vectors | None) -> Mask:
    """[m] whether the exact cosine of each pair is above `limit`; `about` [m] is its cosine to within `NEAR`."""
    if about is None:
        return cosines(signal, p, q) > limit
    out: Mask = about > limit
    doubtful = np.flatnonzero(np.abs(about - limit) <= NEAR)
    out[doubtful] = cosines(signal, p[doubtful], q[doubtful]) > limit
    return out


def cosines(signal: VectorSignal, p: Rows, q: Rows) -> Scores:
    """[m] cosines of pairs of rows, in float64, each by itself."""
    out = np.empty(len(p))
    for start in range(0, len(p), 16_384):
        part = slice(start, start + 16_384)
        out[part] = signal.exact(signal.of_rows(p[part]), q[part, None])[:, 0]
    return out


def _known_equal(a: AnyArray, b: AnyArray) -> Mask:
    out: Mask = (a == b) & (a >= 0)
    return out


def _padded(codes: Codes, rows: Rows) -> Codes:
    out: Codes = np.where(rows >= 0, codes[rows], -1) if len(codes) else np.full(rows.shape, -1, dtype=np.int32)
    return out

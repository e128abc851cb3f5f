"""Several interests as one query: a product counts by the one interest that it is closest to, in all signals.

Which interest that is follows from the weighted sum over the signals that vary from interest to interest, so that a
product is never close by the words of one interest and the picture of another. An interest in many kinds of things
lies near the middle of the shop and so closer to everything: what any product has of it is taken off. A smaller
interest stands back a little: it must be so many deviations closer to win a place from the largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores, Vectors

KEPT = 8  # sets of rows whose raw values are remembered: every stage asks about the rows of the one before


@dataclass(frozen=True, eq=False)
class Several:
    """The sides of K interests, as the one side of a shopper.

    signals: name -> the signals that vary from interest to interest; straight in their raw value.
    sides:   name -> [K] sides.    known: name -> [K] which interests have that side.
    slopes:  name -> weight / deviation.    means, deviations: name -> of the reference pairs.
    above:   name -> [K] how much closer than any pair the products of the shop are to each interest.
    behind:  [K] deviations that each interest stands back.
    """

    signals: Mapping[str, Any]
    sides: Mapping[str, Any]
    known: Mapping[str, Mask]
    slopes: Mapping[str, float]
    means: Mapping[str, float]
    deviations: Mapping[str, float]
    above: Mapping[str, Scores]
    behind: Scores
    _kept: dict[bytes, tuple[Codes, dict[str, Matrix]]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.behind)

    def scan(self, name: str) -> Vectors:
        """[1, n] float32 raw values of the closest interest, good to the error of the signal."""
        codes, raw = self._quick
        return np.take_along_axis(raw[name], codes[None, :], axis=0)

    def exact(self, name: str, rows: Rows) -> Matrix:
        """[1, m] raw values of `rows` [1, m]."""
        codes, raw = self._of(rows[0])
        out: Matrix = np.take_along_axis(raw[name], codes[None, :], axis=0)
        return out

    def closest(self, rows: Rows) -> Codes:
        """[m] the number of the interest that each of `rows` [m] is closest to; of equals the lower."""
        return self._of(np.asarray(rows, dtype=np.int64))[0]

    @cached_property
    def _quick(self) -> tuple[Codes, dict[str, Vectors]]:
        raw = {name: self._shifted(name, self.signals[name].scan(self.sides[name])) for name in self.signals}
        present = {name: self.signals[name].present for name in self.signals}
        return self._chosen(raw, present), {name: values.astype(np.float32) for name, values in raw.items()}

    def _of(self, rows: Rows) -> tuple[Codes, dict[str, Matrix]]:
        key = rows.tobytes()
        if key not in self._kept:
            every = np.broadcast_to(rows, (len(self), len(rows)))
            raw = {n: self._shifted(n, self.signals[n].exact(self.sides[n], every)) for n in self.signals}
            present = {name: self.signals[name].present[rows] for name in self.signals}
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = self._chosen(raw, present), raw
        return self._kept[key]

    def _shifted(self, name: str, raw: AnyArray) -> AnyArray:
        """[K, m] raw values as seen from where each interest stands; one without the side is any pair."""
        known = np.where(self.known[name][:, None], raw - self.above[name][:, None].astype(raw.dtype), self.means[name])
        out: AnyArray = known - (self.behind * self.deviations[name])[:, None].astype(known.dtype)
        return out

    def _chosen(self, raw: Mapping[str, AnyArray], present: Mapping[str, Mask]) -> Codes:
        total: Any = 0.0
        for name, values in raw.items():
            total = total + np.where(present[name], self.slopes[name] * values, 0.0)
        out: Codes = np.argmax(np.round(total, 12), axis=0).astype(np.int64)
        return out

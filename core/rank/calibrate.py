"""Calibration: what the raw values of each signal mean in this shop.

A million pairs of different products are drawn once, by hash of the ids, and the raw value of every signal is kept for
each. z = (raw - mu) / sigma over the pairs that have the signal; any blend of signals then has a reference distribution
that a changed weight only needs to sum up and sort again.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores, Vectors
from core.domain.catalogue import Catalogue
from core.domain.strategy import PRIOR_SIGNALS
from core.rank import signals as sig
from core.rank.behaviour import BehaviourSignal
from core.rank.distribution import Distribution
from core.rank.twins import identity

PAIRS = 1_000_000
FLAT = 1e-9  # a sigma below this share of the largest |raw| means that the signal says nothing
SQUASHED = ("behaviour", *PRIOR_SIGNALS)  # heavy tails: 3 asinh(z / 3)
PRIOR = "prior"  # the kind under which priors are kept: they do not depend on the query
_KEPT = 24  # blended distributions held at a time, up to 24 MB each at a million pairs
_KEPT_PATTERNS = 12  # sets of signals whose reference values are held at a time

Key = tuple[str, str]  # (kind of query, signal)


class Calibration:
    """Raw values over the reference pairs, and what follows from them.

    raw:   (kind, signal) -> [pairs of that kind] float64, NaN where a pair does not have the signal. All signals of one
           kind speak of the same pairs in the same order. Priors have the kind "prior" and one value an item.
    means: field -> mean agreement over the pairs that know it, for the attribute signal.
    about: plain facts for people (how many pairs, of how many items, which encoders).
    id:    hash of all numbers above.
    """

    def __init__(
        self, raw: Mapping[Key, Scores], means: Mapping[str, float], about: Mapping[str, Any] | None = None
    ) -> None:
        self.raw = {key: np.asarray(raw[key], dtype=np.float64) for key in sorted(raw)}
        self.means = {name: float(means[name]) for name in sorted(means)}
        self.about = dict(about or {})
        self.mu: dict[Key, float] = {}
        self.sigma: dict[Key, float] = {}
        for key, values in self.raw.items():
            moments = _moments(values)
            if moments is not None:
                self.mu[key], self.sigma[key] = moments
        self.id = self._hash()
        self._references: OrderedDict[tuple[str, tuple[str, ...]], tuple[Scores, ...]] = OrderedDict()
        self._distributions: OrderedDict[Any, Distribution] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, kind: str, signal: str) -> bool:
        """Whether the signal says anything about queries of this kind."""
        return (kind, signal) in self.sigma

    def z(self, kind: str, signal: str, raw: AnyArray) -> AnyArray:
        """Raw values on the common scale; NaN stays NaN. Raises KeyError for a signal that `has` denies."""
        key = (kind, signal)
        scaled = (raw - self.mu[key]) / self.sigma[key]
        return 3.0 * np.arcsinh(scaled / 3.0) if signal in SQUASHED else scaled

    def distribution(self, kind: str, weights: Sequence[tuple[str, float]]) -> Distribution:
        """The distribution of sum w z over all reference pairs that have at least these signals; kept for reuse."""
        key = (kind, tuple(weights))
        with self._lock:
            if key in self._distributions:
                self._distributions.move_to_end(key)
                return self._distributions[key]
        names = tuple(name for name, _ in weights)
        found = Distribution(self._reference(kind, names), [weight for _, weight in weights])
        with self._lock:
            found = self._distributions.setdefault(key, found)
            while len(self._distributions) > _KEPT:
                self._distributions.popitem(last=False)
        return found

    def apart(self) -> Calibration:
        """The same numbers with a memory of its own, so that trying many weights pushes nothing out that is in use."""
        other = object.__new__(Calibration)
        other.__dict__.update(self.__dict__)
        with self._lock:
            other._references = OrderedDict(self._references)
        other._distributions, other._lock = OrderedDict(), threading.Lock()
        return other

    def with_words(self, raw: Mapping[str, Scores]) -> Calibration:
        """The same, with reference values for the kind "words": signal -> [m] over m (query, item) pairs, NaN for none.

        All signals speak of the same m pairs. Raises ValueError when their lengths differ.
        """
        if len({len(values) for values in raw.values()}) > 1:
            raise ValueError("all signals of one kind must speak of the same pairs")
        kept = {key: values for key, values in self.raw.items() if key[0] != "words"}
        return Calibration({**kept, **{("words", name): v for name, v in raw.items()}}, self.means, self.about)

    def beside(self, raw: Mapping[Key, Scores]) -> Calibration:
        """The same, with reference values that are worked out anew and not kept on disk: those of shoppers, of a trend.

        raw: as in the whole. The id stays that of what is kept: what is added follows from the shop and its record.
        """
        other = self.apart() if any(kind != PRIOR for kind, _ in raw) else object.__new__(Calibration)
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name not in other.__dict__})
        other.raw, other.mu, other.sigma = {**self.raw, **raw}, dict(self.mu), dict(self.sigma)
        for key, values in raw.items():
            moments = _moments(np.asarray(values, dtype=np.float64))
            other.mu.pop(key, None)
            other.sigma.pop(key, None)
            if moments is not None:
                other.mu[key], other.sigma[key] = moments
        return other

    def to_arrays(self) -> tuple[dict[str, AnyArray], dict[str, Any]]:
        """Plain arrays by name, and a plain dict, for the disk."""
        arrays: dict[str, AnyArray] = {f"{kind}.{name}": values for (kind, name), values in self.raw.items()}
        return arrays, {"means": self.means, "about": self.about, "id": self.id}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], meta: Mapping[str, Any]) -> Calibration:
        """What `to_arrays` gave. Raises ValueError when the numbers are not those that the id was made of."""
        raw = {(name.split(".", 1)[0], name.split(".", 1)[1]): values for name, values in arrays.items()}
        out = cls(raw, meta["means"], meta["about"])
        if out.id != meta["id"]:
            raise ValueError(f"calibration {meta['id']} holds the numbers of {out.id}")
        return out

    def _reference(self, kind: str, names: tuple[str, ...]) -> tuple[Scores, ...]:
        """The z of some signals over all reference pairs that have at least these."""
        with self._lock:
            if (kind, names) not in self._references:
                if len(self._references) >= _KEPT_PATTERNS:
                    self._references.popitem(last=False)
                raw = [self.raw[kind, name] for name in names]
                have = np.logical_and.reduce([np.isfinite(values) for values in raw])
                self._references[kind, names] = tuple(
                    np.asarray(self.z(kind, name, values if have.all() else values[have]), dtype=np.float64)
                    for name, values in zip(names, raw, strict=True)
                )
            return self._references[kind, names]

    def _hash(self) -> str:
        digest = hashlib.sha256(json.dumps(self.means, sort_keys=True).encode())
        for (kind, name), values in self.raw.items():
            digest.update(f"\n{kind}.{name} {len(values)}\n".encode())
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        return digest.hexdigest()[:16]


def calibrate(
    catalogue: Catalogue,
    vectors: Mapping[str, Vectors],
    present: Mapping[str, Mask],
    *,
    at: datetime | None = None,
    about: Mapping[str, Any] | None = None,
    behaviour: Mapping[str, BehaviourSignal] | None = None,
    trending: Scores | None = None,
    reviews: Scores | None = None,
) -> Calibration:
    """Draw the reference pairs of `catalogue` and take the raw value of every signal over them.

    vectors, present: "text" and, with an image model, "image": unit rows [n, d], and which of them exist [n].
    at:    the moment at which newness is taken; None is the latest release, so that equal shops calibrate alike.
    behaviour: kind of query -> what shoppers do, for a shop that knows: "item", and "together" for baskets.
    trending:  [n] the trend of each product, likewise.    reviews: [n] its mean rating, NaN without.
    """
    similar = {
        name: sig.VectorSignal(name, vectors[name], np.asarray(present[name], dtype=bool)) for name in sorted(vectors)
    }
    p, q = draw(catalogue.ids)
    same = identity(catalogue, similar.get("text"), similar.get("image")).pairs(p, q)
    p, q = p[~same][:PAIRS], q[~same][:PAIRS]
    order = np.lexsort((q, p))  # neighbours in memory are read together
    p, q = p[order], q[order]
    attributes = sig.AttributeSignal(catalogue)
    means = attribute_means(attributes, p, q)
    raw: dict[Key, Scores] = {("item", name): raw_pairs(signal, p, q) for name, signal in similar.items()}
    raw["item", "attributes"] = raw_pairs(attributes.with_means(means), p, q)
    for kind, found in (behaviour or {}).items():
        raw[kind, "behaviour"] = np.where(found.present[p] & found.present[q], found.pairs(p, q), np.nan)
    for prior in priors(catalogue, catalogue.pieces(), at or latest_release(catalogue)):
        raw[PRIOR, prior.name] = prior.values
    if trending is not None:
        raw[PRIOR, "trending"] = np.asarray(trending, dtype=np.float64)
    if reviews is not None:
        raw[PRIOR, "reviews"] = np.asarray(reviews, dtype=np.float64)
    return Calibration(raw, means, {"pairs": len(p), "items": len(catalogue), **(about or {})})


def draw(ids: Sequence[str], pairs: int = PAIRS) -> tuple[Rows, Rows]:
    """Row pairs p < q, drawn by hash of the sorted ids: all if there are at most `pairs`, else some more than that,
    in an order of their own, because twins will be taken out."""
    n = len(ids)
    total = n * (n - 1) // 2
    if total <= pairs:
        first, second = np.triu_indices(n, 1)
        return first.astype(np.int64), second.astype(np.int64)
    seed = hashlib.sha256("\0".join(ids).encode("utf-8", "surrogatepass")).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    if total <= 4 * pairs:
        number = rng.permutation(total)
    else:
        number = np.unique(rng.integers(0, total, int(1.15 * pairs)))
        number = number[rng.permutation(len(number))]
    # Pair number t in the order (0,1), (0,2), (1,2), (0,3) ...: q is the triangular root of t.
    q = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) // 2).astype(np.int64)
    q -= q * (q - 1) // 2 > number
    q += (q + 1) * q // 2 <= number
    return number - q * (q - 1) // 2, q


def raw_pairs(signal: sig.Signal, p: Rows, q: Rows) -> Scores:
    """[m] raw values of the pairs, NaN where either side does not have the signal."""
    out = np.full(len(p), np.nan)
    found = np.flatnonzero(signal.present[p] & signal.present[q])
    for start in range(0, len(found), 16_384):
        part = found[start : start + 16_384]
        out[part] = signal.exact(signal.of_rows(p[part]), q[part, None])[:, 0]
    return out


def attribute_means(signal: sig.AttributeSignal, p: Rows, q: Rows) -> dict[str, float]:
    """Field -> mean agreement over the pairs that know it; fields that no pair knows are left out."""
    means = {}
    for column, name in enumerate(signal.fields):
        table = signal.agreements[column]
        a, b = signal.codes[p, column], signal.codes[q, column]
        known = (a < len(table)) & (b < len(table))
        if known.any():
            means[name] = float(table[a[known], b[known]].mean())
    return means


def priors(catalogue: Catalogue, pieces: Scores, at: datetime) -> list[sig.Prior]:
    """The priors that need no shoppers."""
    return [sig.newness(catalogue, at), sig.margin(catalogue), sig.stock_depth(pieces)]


def latest_release(catalogue: Catalogue) -> datetime:
    """The last release date of the catalogue; the epoch where none is known."""
    latest = catalogue.frame["release_at"].max() if len(catalogue) else None
    if latest is None or latest != latest:
        return datetime(1970, 1, 1, tzinfo=UTC)
    moment: datetime = latest.to_pydatetime()
    return moment.astimezone(UTC)


def _moments(values: Scores) -> tuple[float, float] | None:
    """Mean and deviation of the values that exist; None when they say nothing."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if len(known) == 1:
        return float(known[0]), 1.0  # one pair has no deviation yet; it must not silence a shop of two products
    mu, sigma = float(known.mean()), float(known.std())
    return None if sigma <= FLAT * float(np.abs(known).max()) else (mu, sigma)

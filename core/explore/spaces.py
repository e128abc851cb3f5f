"""Spaces: what nearness on a map means, as arithmetic and as vectors.

The arithmetic is that of the lists: calibrated signals, weighed and summed, with f_A for products that lack one. A map
is drawn from vectors, so a space is also given as features whose inner product is the weighted sum up to a constant:
sqrt(w / sigma) times the unit vectors of words and pictures, and the tables of details taken apart into vectors. Only
the details are not exact there: their tables are no inner products, and the part that cannot be one is left out. What
a map is worth is therefore always measured against the arithmetic, never against the features.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from core.domain.arrays import AnyArray, Mask, Matrix, Rows, Scores, Vectors
from core.domain.errors import BadRequest
from core.domain.strategy import DEFAULT_WEIGHTS, SIGNAL_NAMES, normalised
from core.rank import agreement
from core.rank.blend import Blend, blend_for
from core.rank.candidates import ColumnCache, Scanner, Wishes, pool, scope
from core.rank.signals import AttributeSignal, Sides, VectorSignal, sides_of_rows
from core.recommend.view import View

TEXT, IMAGE, ATTRIBUTES, BEHAVIOUR = "text", "image", "attributes", "behaviour"
BLENDED = (TEXT, IMAGE, ATTRIBUTES)  # signals that a blend may weigh
SKETCH = 100  # dimensions that neighbours are looked for in, as PaCMAP's authors do
BORROWED = 10  # nearest products that lend a missing picture or text to a product
LANDMARKS = 600  # distinct values of one detail whose table is taken apart whole
ENERGY = 1e-5  # a direction of a table that carries a smaller share of it is left out
GRID = 512  # points at which one distribution is read off as another
FLAT_UP_TO = 60_000  # products among which neighbours are looked for exactly
SEEN_AT_LEAST = 3.0  # visits below which a product's behaviour says nothing
HABITS = 64  # dimensions of the behaviour space


@dataclass(frozen=True)
class Space:
    """Signals and how much each counts in nearness; weights sum to 1. Behaviour stands alone."""

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        unknown = sorted(set(self.weights) - {*BLENDED, BEHAVIOUR})
        if unknown or (BEHAVIOUR in self.weights and len(self.weights) > 1):
            known = ", ".join((*BLENDED, BEHAVIOUR))
            raise BadRequest(f"A map shows {known}, or a blend of {', '.join(BLENDED)}; not {dict(self.weights)}.")
        object.__setattr__(self, "weights", MappingProxyType(normalised(self.weights)))

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def name(self) -> str:
        """The signal it consists of, or "blend"."""
        return next(iter(self.weights)) if len(self.weights) == 1 else "blend"

    @property
    def label(self) -> str:
        """What a person reads.

        >>> Space({"text": 1.0}).label, Space({"text": 3.0, "image": 1.0}).label
        ('Words', 'Words 75 %, Picture 25 %')
        """
        if len(self.weights) == 1:
            return SIGNAL_NAMES[self.name]
        return ", ".join(f"{SIGNAL_NAMES[name]} {100 * weight:.0f} %" for name, weight in self.weights.items())

    @property
    def key(self) -> str:
        plain = {name: round(weight, 9) for name, weight in self.weights.items()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]

    @classmethod
    def of(cls, name: str) -> Space:
        """The space of one signal."""
        return cls({name: 1.0})


class Visits(Protocol):
    """Pairs of products and the visits that acted on both; see core/lab/together.py."""

    @property
    def one(self) -> Rows: ...
    @property
    def other(self) -> Rows: ...
    @property
    def visits(self) -> Scores: ...
    @property
    def popularity(self) -> Scores: ...
    @property
    def fingerprint(self) -> str: ...


def spaces(view: View, visits: Visits | None = None) -> tuple[Space, ...]:
    """The spaces this shop has a map of: its blend first, then each signal by itself."""
    single = [Space.of(name) for name in BLENDED if _alive(view, name)]
    single += [Space.of(BEHAVIOUR)] if visits is not None and len(visits.one) else []
    blend = house_space(view)
    return (blend, *single) if blend is not None and len(blend.weights) > 1 else tuple(single)


def house_space(view: View) -> Space | None:
    """The blend of the live strategy, over the signals that tell products apart; None where there are none."""
    for weights in (view.strategy.weights, DEFAULT_WEIGHTS, dict.fromkeys(BLENDED, 1.0)):
        known = {name: w for name, w in weights.items() if name in BLENDED and w > 0 and _alive(view, name)}
        if known:
            return Space(known)
    return None


def _alive(view: View, name: str) -> bool:
    return name in view.signals and view.calibration.has("item", name) and bool(view.signals[name].present.any())


class Near(Protocol):
    """Nearness in a real space."""

    @property
    def present(self) -> Mask:
        """[n] products that have a place in it."""

    def close(self, rows: Rows) -> Vectors:
        """[B, n] float32 closeness of all products to those in `rows`; -inf to itself and where nothing is known."""

    def nearest(self, row: int, k: int) -> tuple[Rows, Scores]:
        """The k products nearest to the one in `row`, best first, and their scores; exact."""


def near(view: View, space: Space, visits: Visits | None = None) -> Near:
    """Nearness in `space`. Raises BadRequest where this shop does not have what the space is made of."""
    if space.name == BEHAVIOUR:
        if visits is None:
            raise BadRequest("This shop has no record of what shoppers did, so there is no such map.")
        return Angles(habits(visits))
    missing = [SIGNAL_NAMES[name] for name in space.weights if not _alive(view, name)]
    if missing:
        raise BadRequest(f"{', '.join(missing)} cannot be mapped: the products of this edition do not have it.")
    return Blended(view, blend_for(view.calibration, "item", space.weights, set(space.weights)))


@dataclass(frozen=True, eq=False)
class Angles:
    """Nearness by the cosine of vectors [n, d]; zero rows have no place."""

    vectors: Vectors

    @cached_property
    def present(self) -> Mask:
        return np.asarray(self.vectors.any(axis=1), dtype=bool)

    def close(self, rows: Rows) -> Vectors:
        out: Vectors = self.vectors[rows] @ self.vectors.T
        out[:, ~self.present] = -np.inf
        out[np.arange(len(rows)), rows] = -np.inf
        return out

    def nearest(self, row: int, k: int) -> tuple[Rows, Scores]:
        wide = self.vectors.astype(np.float64)
        scores = np.where(self.present, (wide * wide[row]).sum(axis=1), -np.inf)
        scores[row] = -np.inf
        return _best(np.arange(len(scores)), scores, k)


@dataclass(frozen=True, eq=False)
class Blended:
    """Nearness by the score of lists, without priors, rules or stock."""

    view: View
    blend: Blend

    @cached_property
    def present(self) -> Mask:
        have = [self.view.signals[name].present for name in self.blend.similarity]
        return np.asarray(np.logical_or.reduce(have), dtype=bool)

    @cached_property
    def scanner(self) -> Scanner:
        return Scanner(self.blend, self.view.signals, scope(self.blend, self.view.signals, self.present))

    @property
    def _full(self) -> int:
        return (1 << len(self.blend.similarity)) - 1

    def close(self, rows: Rows) -> Vectors:
        sides = sides_of_rows(self.view.signals, rows)
        out = self.of_sides(sides)
        out[np.arange(len(rows)), rows] = -np.inf
        return out

    def of_sides(self, sides: Sides) -> Vectors:
        """[B, n] closeness to products, or to one query of any kind, on one scale whatever signals a pair has: that of
        the full blend's g."""
        known = bool((sides.rows >= 0).all())
        g = self.scanner.many(sides) if known else self.scanner.one(sides, ColumnCache())
        mine = np.zeros(len(sides), dtype=np.int64)
        for bit, name in enumerate(self.blend.similarity):
            mine |= sides.present[name].astype(np.int64) << bit
        for bits, start, stop in self.scanner.scope.segments:
            for code in np.unique(mine).tolist():
                lanes = np.flatnonzero(mine == code)
                part = g[lanes, start:stop]
                if code & bits == 0:
                    g[lanes, start:stop] = -np.inf
                elif code & bits != self._full:
                    g[lanes, start:stop] = self._as_full(code & bits, part)
        out = np.full((len(sides), len(self.view)), -np.inf, dtype=np.float32)
        out[:, self.scanner.scope.rows] = g
        return out

    def _as_full(self, pattern: int, g: Vectors) -> Vectors:
        """The g of the full blend that stands where `g` stands among the pairs with this pattern."""
        here, there = self._scale(pattern), self._scale(self._full)
        normal = np.interp(g, here[0], here[1])
        return np.interp(normal, there[1], there[0]).astype(np.float32)

    def _scale(self, pattern: int) -> tuple[Scores, Scores]:
        """g and f_A(g) at `GRID` points."""
        found = self.blend.distribution(pattern)
        most = sum(
            self.blend.weights[name] * 12.0 for bit, name in enumerate(self.blend.similarity) if pattern >> bit & 1
        )
        g = np.linspace(-most, most, GRID)
        return g, np.asarray(found.normal(g), dtype=np.float64)

    def nearest(self, row: int, k: int) -> tuple[Rows, Scores]:
        rows = np.array([row], dtype=np.int64)
        sides = sides_of_rows(self.view.signals, rows)
        g = self.scanner.one(sides, self.view.columns)
        found = pool(self.scanner, g, sides, Wishes([rows]), {}, np.array([k]))
        kept = found.rows[0] >= 0
        return found.rows[0][kept], found.scores[0][kept]


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    known = np.flatnonzero(np.isfinite(scores))
    order = known[np.lexsort((rows[known], -np.round(scores[known], 9)))][:k]
    return rows[order], scores[order]


# -- as vectors --------------------------------------------------------------------------------------------------------


def features(
    view: View, space: Space, visits: Visits | None = None, *, without: Collection[str] = ()
) -> tuple[Vectors, Mask]:
    """[n, d] float32 whose inner products are the nearness of `space` up to a constant, and [n] which rows have any.

    without: fields of the details that are left out. What a product lacks is lent by its nearest in what it has.
    """
    if space.name == BEHAVIOUR:
        angles = near(view, space, visits)
        assert isinstance(angles, Angles)
        return angles.vectors, angles.present
    near(view, space)  # so that what cannot be mapped is refused in one place
    blocks, masks = [], []
    for name, weight in space.weights.items():
        signal = view.signals[name]
        scale = np.float32(np.sqrt(weight / view.calibration.sigma["item", name]))
        if isinstance(signal, AttributeSignal):
            block = of_details(signal, without)
        else:
            assert isinstance(signal, VectorSignal)
            block = np.asarray(signal.vectors, dtype=np.float32)
        blocks.append(np.where(signal.present[:, None], block * scale, np.float32(0)))
        masks.append(np.asarray(signal.present, dtype=bool))
    present = np.asarray(np.logical_or.reduce(masks), dtype=bool)
    _lend(blocks, masks, present)
    return np.concatenate(blocks, axis=1), present


def of_details(signal: AttributeSignal, without: Collection[str] = ()) -> Vectors:
    """[n, d] vectors whose inner product is about the agreement in details; a field that is unknown is the mean one.

    The table of each field is the product of a matrix with itself as far as its eigenvalues are positive; above
    `LANDMARKS` values the most frequent stand for all (Williams and Seeger, "Using the Nyström method", NIPS 2000).
    """
    out = [np.zeros((len(signal.codes), 1), dtype=np.float32)]
    for column, name in enumerate(signal.fields):
        table = signal.agreements[column]
        if not len(table) or name in without:
            continue
        codes = signal.codes[:, column]
        known = codes < len(table)
        vectors = _taken_apart(table, np.bincount(codes[known], minlength=len(table)))
        placed = np.empty((len(codes), vectors.shape[1]))
        placed[known] = vectors[codes[known]]
        placed[~known] = placed[known].mean(axis=0) if known.any() else 0.0
        out.append((np.sqrt(agreement.FIELD_WEIGHTS[name]) * placed).astype(np.float32))
    return np.concatenate(out, axis=1)


def _taken_apart(table: Matrix, counts: Rows) -> Matrix:
    """[values, r] vectors whose inner products are the table's positive part."""
    chosen = np.sort(np.argsort(-counts, kind="stable")[:LANDMARKS])
    values, directions = np.linalg.eigh(table[np.ix_(chosen, chosen)])
    keep = values > ENERGY * values.sum()
    if len(chosen) == len(table):
        return np.asarray(directions[:, keep] * np.sqrt(values[keep]), dtype=np.float64)
    return np.asarray(table[:, chosen] @ (directions[:, keep] / np.sqrt(values[keep])), dtype=np.float64)


def _lend(blocks: list[Vectors], masks: list[Mask], present: Mask) -> None:
    """Fill what products lack with the mean of the nearest that have it, at the usual length; in place."""
    for at, mask in enumerate(masks):
        needy = np.flatnonzero(present & ~mask)
        lenders = np.flatnonzero(mask)
        if not len(needy) or not len(lenders):
            continue
        length = float(np.linalg.norm(blocks[at][lenders], axis=1).mean())
        others = [other for other in range(len(blocks)) if other != at]
        known = np.concatenate([np.where(masks[o][:, None], blocks[o], np.float32(0)) for o in others], axis=1)
        found = search(sketch(known[lenders], known[needy]), min(BORROWED, len(lenders)))
        mean = blocks[at][lenders[found]].mean(axis=1)
        norms = np.linalg.norm(mean, axis=1, keepdims=True)
        blocks[at][needy] = mean * (length / np.maximum(norms, 1e-9))


def habits(visits: Visits) -> Vectors:
    """[n, d] unit vectors of what shoppers do with products in one visit; zero below `SEEN_AT_LEAST` visits.

    Truncated singular vectors of visits(a, b) / sqrt(visits(a) visits(b)): two products lie near when the same others
    are acted on beside them.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import svds

    n = len(visits.popularity)
    seen = visits.popularity >= SEEN_AT_LEAST
    both = seen[visits.one] & seen[visits.other]
    one, other = visits.one[both], visits.other[both]
    out = np.zeros((n, HABITS), dtype=np.float32)
    if not len(one):
        return out
    values = visits.visits[both] / np.sqrt(visits.popularity[one] * visits.popularity[other])
    itself = np.flatnonzero(seen)  # in every visit that acts on it
    values = np.concatenate([values, np.ones(len(itself))])
    one, other = np.concatenate([one, itself]), np.concatenate([other, itself])
    table = coo_matrix((values, (one, other)), shape=(n, n)).tocsr()
    count = min(HABITS, n - 1)
    left, sizes, _ = svds(table, k=count, v0=np.ones(n), which="LM")
    vectors = left * np.sqrt(sizes)
    norms = np.linalg.norm(vectors, axis=1)
    there = norms > 1e-9
    out[there, :count] = (vectors[there] / norms[there, None]).astype(np.float32)
    return out


# -- neighbours of many ------------------------------------------------------------------------------------------------


def sketch(vectors: Vectors, queries: Vectors | None = None, dims: int = SKETCH) -> tuple[Vectors, Vectors]:
    """`vectors` [n, d] and `queries` [m, d] (by default the same) along their first principal directions, centred."""
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = vectors - mean
    _, directions = np.linalg.eigh(centred.T @ centred)
    chosen = directions[:, ::-1][:, :dims]
    chosen = chosen * np.where(chosen[np.argmax(np.abs(chosen), axis=0), np.arange(chosen.shape[1])] < 0, -1, 1)
    base = np.ascontiguousarray(centred @ chosen.astype(np.float32))
    if queries is None:
        return base, base
    return base, np.ascontiguousarray((queries - mean) @ chosen.astype(np.float32))


def search(
    sketched: tuple[Vectors, Vectors], k: int, progress: Callable[[int, int], None] | None = None
) -> Rows:  # fmt: skip
    """[m, k] positions of the nearest of the base vectors to each query, best first, by Euclidean distance."""
    from faiss import METRIC_L2, IndexFlatL2, IndexHNSWFlat

    base, queries = sketched
    index: Any = IndexFlatL2(base.shape[1]) if len(base) <= FLAT_UP_TO else IndexHNSWFlat(base.shape[1], 32, METRIC_L2)
    index.add(base)
    out = np.empty((len(queries), k), dtype=np.int64)
    step = 4096
    for start in range(0, len(queries), step):
        out[start : start + step] = index.search(queries[start : start + step], k)[1]
        if progress is not None:
            progress(min(start + step, len(queries)), len(queries))
    return out


def others(found: Rows, k: int) -> Rows:
    """[n, k] of [n, k + 1] neighbours of every row, without the row itself, which need not come first among equals."""
    mine = found == np.arange(len(found))[:, None]
    mine[~mine.any(axis=1), -1] = True
    out: AnyArray = found[~mine].reshape(len(found), -1)
    return np.asarray(out[:, :k], dtype=np.int64)

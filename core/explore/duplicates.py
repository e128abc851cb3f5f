"""Near-identical pictures and texts: every pair of the catalogue that is closer than a limit, none overlooked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import Codes, Rows, Scores
from core.explore.spaces import sketch
from core.rank.signals import VectorSignal

ALIKE = 0.97  # cosine of pictures above which they are near-identical; see `python -m tests.benchmarks.map`
COARSE = 64  # dimensions of the first look
LANES = 1024
SLACK = 1e-4  # how far a float32 distance may be off

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Group:
    """Products whose pictures are near-identical, in order of row. closest: the highest cosine in it.

    same_file: all show one and the same picture.
    """

    rows: tuple[int, ...]
    closest: float
    same_file: bool


def pairs(signal: VectorSignal, limit: float, progress: Progress | None = None) -> tuple[Rows, Rows, Scores]:
    """[m] rows p < q of all pairs whose cosine is at least `limit`, and the cosines; exact.

    Unit vectors with that cosine lie at most sqrt(2 - 2 limit) apart, and no projection puts them further apart: what
    is further apart in a few dimensions need not be looked at in all of them.
    """
    there = np.flatnonzero(signal.present)
    empty = np.empty(0, dtype=np.int64)
    if len(there) < 2:
        return empty, empty, np.empty(0)
    base, _ = sketch(np.asarray(signal.vectors[there], dtype=np.float32), dims=COARSE)
    norms = np.einsum("ij,ij->i", base, base)
    reach = np.float32(2.0 - 2.0 * limit + SLACK)
    found: list[tuple[Rows, Rows, Scores]] = []
    for start in range(0, len(there), LANES):
        stop = min(start + LANES, len(there))
        apart = base[start:stop] @ base[start:].T
        apart *= -2.0
        apart += norms[start:stop, None]
        apart += norms[None, start:]
        lanes, columns = np.nonzero(apart <= reach)
        ahead = columns > lanes
        p, q = there[start + lanes[ahead]], there[start + columns[ahead]]
        cosines = _exact(signal, p, q)
        close = cosines >= limit
        found.append((p[close], q[close], cosines[close]))
        if progress is not None:
            progress(stop, len(there))
    p, q, cosines = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return p, q, cosines


def groups(
    signal: VectorSignal, picture: Codes, family: Codes, *, limit: float = ALIKE, progress: Progress | None = None
) -> tuple[Group, ...]:
    """Products with near-identical pictures, the largest likeness first.

    picture, family: [n] codes, -1 unknown. Products of one family that share one picture file are no finding: a shop
    that has one photograph for all sizes or colours knows it.
    """
    p, q, cosines = pairs(signal, limit, progress)
    known = (family[p] >= 0) & (family[p] == family[q]) & (picture[p] >= 0) & (picture[p] == picture[q])
    p, q, cosines = p[~known], q[~known], cosines[~known]
    if not len(p):
        return ()
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(picture)
    _, label = connected_components(coo_matrix((np.ones(len(p)), (p, q)), shape=(n, n)), directed=False)
    closest: dict[int, float] = {}
    for code, cosine in zip(label[p].tolist(), cosines.tolist(), strict=True):
        closest[code] = max(cosine, closest.get(code, -1.0))
    members: dict[int, list[int]] = {code: [] for code in closest}
    for row in np.unique(np.concatenate([p, q])).tolist():
        members[int(label[row])].append(row)
    out = [
        Group(tuple(rows), round(closest[code], 9), len(set(picture[rows].tolist())) == 1 and picture[rows[0]] >= 0)
        for code, rows in members.items()
    ]
    return tuple(sorted(out, key=lambda one: (not one.same_file, -one.closest, one.rows)))


def _exact(signal: VectorSignal, p: Rows, q: Rows) -> Scores:
    out = np.empty(len(p))
    for start in range(0, len(p), 16_384):
        part = slice(start, start + 16_384)
        out[part] = signal.exact(signal.of_rows(p[part]), q[part, None])[:, 0]
    return out

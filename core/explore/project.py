"""Projections: many dimensions onto a plane, in the same place as last time.

PaCMAP: Wang, Huang, Rudin and Shaposhnik, "Understanding how dimension reduction tools work", JMLR 22(201), 2021. The
pairs and gradients are those of the authors' package. Its outer loop is run here, because a map that is drawn anew must
start from the last one at its full size, the package shrinks any start to a point, and because somebody waits for it
and wants to see how far it is. Neighbours are exact; nothing is left to the order of threads.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import AnyArray, Matrix, Rows, Scores, Vectors
from core.explore.spaces import others, search, sketch

log = logging.getLogger("vitrine.explore")

PACMAP, PCA = "pacmap", "pca"
METHODS = (PACMAP, PCA)
NEIGHBOURS, CANDIDATES = 10, 60  # neighbours that pull at a point, and how many they are chosen from
MID_NEAR, FURTHER = 5, 20  # pairs of the two other kinds, for each point
PHASES = (100, 100, 250)  # steps in which first the whole and then the parts take shape
AGAIN = 120  # steps of the last phase with which a known map takes up what is new
GENTLY = 0.1  # length of such a step
FEW = 50  # points below which there is nothing for PaCMAP to weigh against one another
NEWCOMERS = 0.3  # a map with a larger share of new points takes shape anew, from where the old ones were
PLACED_BY = 10  # nearest products between which a newcomer is placed

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something that has no point of its own belongs. apart: how far apart, as a share of the map's width, the
    products lie that it is placed between; near: their rows, nearest first."""

    x: float
    y: float
    apart: float
    near: tuple[int, ...]


def project(
    vectors: Vectors, *, method: str = PACMAP, seed: int = 0, last: Matrix | None = None,
    progress: Progress | None = None,
) -> Vectors:  # fmt: skip
    """[n, 2] float32 places of `vectors` [n, d].

    last: [n, 2] where points lay on the map before, NaN for those that are new; the map keeps them there as well as it
    can. progress: steps done, of how many. Equal arguments give equal maps. Raises ValueError for another method.
    """
    if method not in METHODS:
        raise ValueError(f"{method!r} is no projection; there are {', '.join(METHODS)}")
    if len(vectors) < 3:
        return np.asarray([[float(at), 0.0] for at in range(len(vectors))], dtype=np.float32).reshape(-1, 2)
    base, _ = sketch(vectors)
    known = None if last is None else np.isfinite(last).all(axis=1)
    if method == PCA or len(vectors) < FEW:
        flat = np.zeros((len(base), 2), dtype=np.float32)
        flat[:, : min(2, base.shape[1])] = base[:, :2]
        return flat if last is None or known is None else aligned(flat, last)
    found = others(search((base, base), min(CANDIDATES, len(base) - 1) + 1), CANDIDATES)
    if last is None or known is None or known.sum() < 3:
        return _pacmap(base, found, seed, 0.01 * base[:, :2], PHASES, 1.0, progress)
    start = last.copy()
    if not known.all():
        new = np.flatnonzero(~known)
        start[new] = _between(base, np.flatnonzero(known), new, last)
    if known.mean() >= 1.0 - NEWCOMERS:
        made = _pacmap(base, found, seed, start.astype(np.float32), (0, 0, AGAIN), GENTLY, progress)
    else:
        small = ((start - start.mean(axis=0)) / np.maximum(start.std(axis=0), 1e-9) * 1e-4).astype(np.float32)
        made = _pacmap(base, found, seed, small, PHASES, 1.0, progress)
    return aligned(made, last)


def _pacmap(
    base: Vectors, found: Rows, seed: int, start: Vectors, phases: tuple[int, int, int], length: float,
    progress: Progress | None,
) -> Vectors:  # fmt: skip
    """found: [n, c] the nearest of each point, from which those are chosen that pull at it."""
    _compile()
    from pacmap.pacmap import (
        pacmap_grad,
        sample_FP_pair_deterministic,
        sample_MN_pair_deterministic,
        update_embedding_adam,
    )

    pulling = _pulling(base, found)
    count = min(NEIGHBOURS, found.shape[1])
    mid = sample_MN_pair_deterministic(base, MID_NEAR, seed, 0)
    further = sample_FP_pair_deterministic(base, pulling, count, FURTHER, seed)
    places = np.ascontiguousarray(start, dtype=np.float32)
    mean, square = np.zeros_like(places), np.zeros_like(places)
    whole = sum(phases)
    for step in range(whole):
        near, middle = _weights(step, phases)
        slope = pacmap_grad(places, pulling, mid, further, near, middle, 1.0)
        update_embedding_adam(places, slope, mean, square, 0.9, 0.999, length, step)
        if progress is not None and (step + 1) % 10 == 0:
            progress(step + 1, whole)
    return np.asarray(places, dtype=np.float32)


def _compile() -> None:
    """Let another process compile the package, should this be the first time on this machine, and this one go on.

    numba compiles it on import, for some 15 seconds, and keeps the result on disk; a page that is open meanwhile would
    stand still. A program that has nothing else to do compiles for itself.
    """
    if "pacmap" in sys.modules or threading.current_thread() is threading.main_thread():
        return
    done = subprocess.run([sys.executable, "-c", "import pacmap"], capture_output=True, text=True, check=False)
    if done.returncode:
        log.warning("The projection was not compiled beforehand: %s", done.stderr.strip()[-200:])


def _weights(step: int, phases: tuple[int, int, int]) -> tuple[float, float]:
    """How much near and mid-near pairs pull at a step; far ones always push by 1. The paper's schedule."""
    if step < phases[0]:
        done = step / phases[0]
        return 2.0, (1.0 - done) * 1000.0 + done * 3.0
    return (3.0, 3.0) if step < phases[0] + phases[1] else (1.0, 0.0)


def _pulling(base: Vectors, found: Rows) -> AnyArray:
    """[n * 10, 2] int32 pairs of near points: those nearest by distance over what is usual around both ends."""
    apart = np.empty(found.shape, dtype=np.float32)
    for column in range(found.shape[1]):
        difference = base - base[found[:, column]]
        apart[:, column] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    usual = np.maximum(apart[:, 3:6].mean(axis=1) if found.shape[1] > 3 else apart.mean(axis=1), 1e-10)
    scaled = apart**2 / usual[:, None] / usual[found]
    order = np.argsort(scaled, axis=1, kind="stable")[:, :NEIGHBOURS]
    chosen = np.take_along_axis(found, order, axis=1)
    first = np.repeat(np.arange(len(base)), chosen.shape[1])
    return np.stack([first, chosen.ravel()], axis=1).astype(np.int32)


def aligned(places: Vectors, last: Matrix) -> Vectors:
    """`places` [n, 2] turned, mirrored, moved and scaled onto `last` [n, 2], as far as its points are known (not NaN).

    Procrustes; Schönemann, Psychometrika 31, 1966.
    """
    known = np.isfinite(last).all(axis=1)
    if known.sum() < 3:
        return places
    here, there = places[known].astype(np.float64), last[known].astype(np.float64)
    middle, goal = here.mean(axis=0), there.mean(axis=0)
    left, sizes, right = np.linalg.svd((here - middle).T @ (there - goal))
    spread = float(((here - middle) ** 2).sum())
    scale = float(sizes.sum()) / spread if spread > 1e-12 else 1.0
    turned = (places - middle) @ (left @ right) * scale + goal
    return np.asarray(turned, dtype=np.float32)


def _between(base: Vectors, known: Rows, new: Rows, last: Matrix) -> Matrix:
    """[m, 2] places of new points among the known ones."""
    k = min(PLACED_BY + 1, len(known))
    found = search((np.ascontiguousarray(base[known]), np.ascontiguousarray(base[new])), k)
    apart = np.stack([np.linalg.norm(base[new] - base[known[found[:, at]]], axis=1) for at in range(k)], axis=1)
    return np.stack(
        [_middle(last[known[mine]], -distances) for mine, distances in zip(found, apart, strict=True)]
    )  # fmt: skip


def place(places: Vectors, close: AnyArray) -> Spot | None:
    """Where something belongs that is so `close` [n] to each product (-inf: nothing to compare); None if to none.

    Nobody else moves. It lies among the nearest of them: where these lie apart, with the larger part, not in between.
    """
    there = np.flatnonzero(np.isfinite(close) & np.isfinite(places).all(axis=1))
    if not len(there):
        return None
    k = min(PLACED_BY + 1, len(there))
    best = there[np.argpartition(-close[there], k - 1)[:k]]
    best = best[np.lexsort((best, -close[best]))]
    x, y = _middle(places[best], close[best])
    apart = float(np.median(np.linalg.norm(places[best] - (x, y), axis=1)))
    return Spot(float(x), float(y), apart / max(width(places), 1e-9), tuple(best[:PLACED_BY].tolist()))


def _middle(spots: AnyArray, close: AnyArray) -> Scores:
    """[2] between some spots [k, 2], by how much closer than the last of them each is; far ones do not count."""
    weights = np.asarray(close - close.min(), dtype=np.float64) + 1e-9 * max(1.0, float(np.abs(close).max()))
    between = np.linalg.norm(spots[:, None, :] - spots[None, :, :], axis=2)
    heart = int(np.argmin(between @ weights))
    outward = np.argsort(between[heart], kind="stable")
    half = outward[np.searchsorted(weights[outward].cumsum(), 0.5 * weights.sum())]
    counted = weights * (between[heart] <= 2.0 * between[heart, half])
    return np.asarray((spots * counted[:, None]).sum(axis=0) / counted.sum(), dtype=np.float64)


def width(places: AnyArray) -> float:
    """How wide a map is: the longer side of the rectangle around all its points."""
    known = places[np.isfinite(places).all(axis=1)]
    return float(np.ptp(known, axis=0).max()) if len(known) else 0.0


def moves(places: AnyArray, last: AnyArray) -> Scores:
    """[m] how far each point that is on both maps moved, as a share of the width."""
    both = np.isfinite(places).all(axis=1) & np.isfinite(last).all(axis=1)
    return np.asarray(np.linalg.norm(places[both] - last[both], axis=1) / max(width(places), 1e-9), dtype=np.float64)

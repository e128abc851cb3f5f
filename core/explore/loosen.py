"""A map loosened for the eye: where it would draw a whole kind of product as one dot, room is made for each of them.

Crowded groups that stand alone are drawn larger, each about its own middle and in proportion, into the empty paper
around them and never into one another; then points that would cover one another step aside. On the demo boutique the
first step leaves the share of true neighbours that the map shows at .68, the second takes it to .64. Regions, white
space and what is placed later are reckoned on the map before; what the map is worth is measured on this one, which is
what a person sees. Where most products were drawn before, each keeps the room that it was given then, so that the map
holds still; a new one takes that of the product it lies closest to.
"""

from __future__ import annotations

import numpy as np

from core.domain.arrays import AnyArray, Vectors

UP_TO = 60_000  # points above which nothing is done
ASIDE_UP_TO = 6_000  # points above which none steps aside: there is no room for each, and who is near whom would suffer
LINK = 0.015  # of the map's width: points that lie about so close are of one group
ROOM = 0.45  # of the gap to the nearest other group that a group may grow by; both together leave some paper between
MOST = 30.0  # times its size that a group may grow
FULL = 0.08  # of the map's width: how far the outermost point of a group may lie from its middle
INK = 0.12  # of the square around a map that points, each with its share of room, may fill
KNOWN = 0.5  # share of the points that must have been on the last map for the room they had there to be kept
STEPS = 20  # in which points step aside


def loosened(places: Vectors, last: tuple[AnyArray, AnyArray] | None = None) -> Vectors:
    """[n, 2] float32 where to draw the points of `places` [n, 2]; the same where nothing stands alone.

    last: [n, 2] the places of the map before and [n, 2] where it was drawn, NaN for products that are new.

    >>> tight = np.array([[0, 0], [0, 0.1], [9, 0], [9, 0.1]], dtype=np.float32)
    >>> loosened(tight)[:, 0].tolist(), bool(loosened(tight)[1, 1] > 0.5)
    ([0.0, 0.0, 9.0, 9.0], True)
    """
    there = np.flatnonzero(np.isfinite(places).all(axis=1))
    if not 2 <= len(there) <= UP_TO:
        return places
    points = places[there].astype(np.float64)
    wide = float(np.ptp(points, axis=0).max())
    if wide <= 0:
        return places
    out = places.copy()
    spread = _as_before(points, (last[0][there], last[1][there])) if last is not None else None
    if spread is None:
        spread = _grown(points, wide)
    if len(there) <= ASIDE_UP_TO:
        spread = _aside(spread, float(np.ptp(spread, axis=0).max()) * (INK / len(there)) ** 0.5)
    out[there] = spread
    return out


def _as_before(points: AnyArray, last: tuple[AnyArray, AnyArray]) -> AnyArray | None:
    """[n, 2] points moved as they were on the last map; None where too few of them were on it."""
    from scipy.spatial import cKDTree

    gave = last[1] - last[0]
    known = np.isfinite(gave).all(axis=1)
    if known.mean() < KNOWN:
        return None
    of = np.flatnonzero(known)[cKDTree(points[known]).query(points)[1]]
    return points + np.where(known[:, None], gave, gave[of])


def _grown(points: AnyArray, wide: float) -> AnyArray:
    """[n, 2] with each group that stands alone drawn larger, about its own middle."""
    group, middle, radius, gap = _groups(points, wide)
    reach = np.minimum(radius + ROOM * gap, np.maximum(FULL * wide, radius))
    grown = np.where(radius > 0, np.clip(reach / np.maximum(radius, 1e-12), 1.0, MOST), 1.0)
    return np.asarray(middle[group] + (points - middle[group]) * grown[group][:, None])


def _groups(points: AnyArray, wide: float) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
    """[n] the group of each point; [groups, 2] its middle, how far its outermost point lies from that, and at least how
    wide the gap is between it and another group. A group is a stretch of a fine grid without an empty square across."""
    from scipy.ndimage import label
    from scipy.spatial import cKDTree

    side = LINK * wide / 2.0
    square = np.floor((points - points.min(axis=0)) / side).astype(np.int64)
    grid = np.zeros(square.max(axis=0) + 1, dtype=bool)
    grid[square[:, 0], square[:, 1]] = True
    found, count = label(grid, structure=np.ones((3, 3)))
    group = found[square[:, 0], square[:, 1]] - 1
    sizes = np.bincount(group)
    middle = np.stack([np.bincount(group, points[:, axis]) / sizes for axis in (0, 1)], axis=1)
    radius, gap = np.zeros(count), np.zeros(count)
    np.maximum.at(radius, group, np.linalg.norm(points - middle[group], axis=1))
    taken = np.argwhere(found > 0).astype(np.float64) * side
    owner = found[found > 0] - 1
    for one in range(count if count > 1 else 0):
        apart = cKDTree(taken[owner != one]).query(taken[owner == one])[0].min()
        gap[one] = max(0.0, float(apart) - 2.0**0.5 * side)
    return group, middle, radius, gap


def _aside(points: AnyArray, least: float) -> AnyArray:
    """[n, 2] with those that lie closer than `least` moved apart, as far as `STEPS` small steps do it."""
    from scipy.spatial import cKDTree

    points, n = points.copy(), len(points)
    turns = np.arange(n) * np.pi * (3.0 - 5.0**0.5)  # a direction for each, for those that lie on one spot
    for _ in range(STEPS):
        pairs = cKDTree(points).query_pairs(least, output_type="ndarray")
        if not len(pairs):
            break
        one, other = pairs.T
        apart = points[one] - points[other]
        far = np.linalg.norm(apart, axis=1)
        apart[far < 1e-9] = np.stack([np.cos(turns[one]), np.sin(turns[one])], axis=1)[far < 1e-9]
        push = apart / np.maximum(np.linalg.norm(apart, axis=1), 1e-12)[:, None] * ((least - far) / 2.0)[:, None]
        move = np.stack([np.bincount(one, side, n) - np.bincount(other, side, n) for side in push.T], axis=1)
        length = np.maximum(np.linalg.norm(move, axis=1), 1e-12)
        points += 0.6 * move * (np.minimum(length, 0.8 * least) / length)[:, None]
    return points

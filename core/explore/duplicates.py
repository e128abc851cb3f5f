"""Near-identical pictures: the same photograph saved twice, in another size or quality, under two products.

Encoders cannot tell: the same picture saved anew may be further apart (.93) than two black belts (.97). So the picture
itself is looked at, at 12 by 15 points, and the encoder is asked whether it agrees. Pairs are found exactly.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Rows, Scores
from core.domain.errors import Damaged, NotReady, ShopError
from core.explore.spaces import sketch
from core.rank import twins
from core.rank.signals import VectorSignal
from core.store import generations, sealed

log = logging.getLogger("vitrine.explore")

GRID = (12, 15)  # points across and down
ALIKE = 0.99  # correlation of two pictures at these points above which they are one photograph
# What the encoder must say of them, too: the less alike the points, the surer. (correlation, cosine) from which on two
# pictures are one photograph, by pictures saved anew in 35,000 products; see `python -m tests.benchmarks.map`. The last
# is for what is thin on white, such as a chain, whose few points change most when it is made smaller.
AGREED = ((0.998, 0.90), (ALIKE, 0.92), (0.975, 0.991))
COARSE = 64  # dimensions of the first look
LANES = 1024
SLACK = 1e-4  # how far a float32 distance may be off
TOLD_EVERY = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Group:
    """Products whose pictures are near-identical, each to each, in order of row.

    likeness: the lowest correlation in it. same_file: all show one and the same file.
    """

    rows: tuple[int, ...]
    likeness: float
    same_file: bool


# -- pictures as points ------------------------------------------------------------------------------------------------


def print_of(data: bytes) -> AnyArray:
    """[540] uint8 colours of a picture at 12 by 15 points. Raises OSError for what is no picture."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB").resize(GRID, Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8).ravel()


def prints(
    folder: Path, keys: Sequence[str], read: Callable[[str], bytes], progress: Progress | None = None
) -> VectorSignal:
    """The pictures of all products as unit vectors, whose products are correlations; "" has none.

    folder: where what was looked at once is kept, by the picture's content.
    """
    known = _kept(folder)
    wanted = dict.fromkeys(key for key in keys if key)
    missing = [key for key in wanted if key not in known]
    for done, key in enumerate(missing, 1):
        try:
            known[key] = print_of(read(key))
        except (OSError, ShopError) as error:
            log.warning("The picture %s cannot be looked at: %s", key, error)
        if progress is not None and (done % TOLD_EVERY == 0 or done == len(missing)):
            progress(done, len(missing))
    if missing:
        _keep(folder, {key: known[key] for key in wanted if key in known})
    plain = np.zeros((len(keys), GRID[0] * GRID[1] * 3), dtype=np.float32)
    for row, key in enumerate(keys):
        if key in known:
            plain[row] = known[key]
    plain -= plain.mean(axis=1, keepdims=True)
    length = np.linalg.norm(plain, axis=1, keepdims=True)
    there = length[:, 0] > 1.0  # a picture of one colour looks like every other
    vectors = np.where(there[:, None], plain / np.maximum(length, 1e-9), np.float32(0))
    return VectorSignal("picture", vectors, there)


def _kept(folder: Path) -> dict[str, AnyArray]:
    newest = _newest(folder)
    if newest is None:
        return {}
    try:
        arrays, _ = generations.load_arrays(newest)
    except (Damaged, NotReady) as error:
        log.warning("Pictures are looked at anew: %s", error.message)
        sealed.set_aside(newest)
        return {}
    names = arrays["keys"].tobytes().decode().split("\0") if len(arrays["keys"]) else []
    return dict(zip(names, arrays["prints"], strict=True))


def _keep(folder: Path, known: Mapping[str, AnyArray]) -> None:
    names = "\0".join(known).encode()
    before = _newest(folder)
    goal = folder / f"prints-{hashlib.sha256(names).hexdigest()[:16]}"
    stacked = np.stack(list(known.values())) if known else np.zeros((0, GRID[0] * GRID[1] * 3), dtype=np.uint8)
    generations.save_arrays(goal, {"keys": np.frombuffer(names, np.uint8), "prints": stacked}, {"grid": list(GRID)})
    if before is not None and before != goal:
        sealed.set_aside(before)


def _newest(folder: Path) -> Path | None:
    found = sorted(folder.glob("prints-*"), key=lambda path: path.stat().st_mtime) if folder.is_dir() else []
    return found[-1] if found else None


# -- pairs and groups --------------------------------------------------------------------------------------------------


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
        cosines = twins.cosines(signal, p, q)
        close = cosines >= limit
        found.append((p[close], q[close], cosines[close]))
        if progress is not None:
            progress(stop, len(there))
    p, q, cosines = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return p, q, cosines


def groups(
    looks: VectorSignal, image: VectorSignal | None, picture: Codes, family: Codes, progress: Progress | None = None
) -> tuple[Group, ...]:
    """Products with near-identical pictures, those with one file first, then the likest.

    looks: `prints`. image: the encoder's vectors, None where there is none. picture, family: [n] codes, -1 unknown.
    Products of one family that share one file are no finding: a shop that has one photograph for all sizes knows it.
    """
    p, q, likeness = pairs(looks, ALIKE if image is None else min(least for least, _ in AGREED), progress)
    known = (family[p] >= 0) & (family[p] == family[q]) & (picture[p] >= 0) & (picture[p] == picture[q])
    one = likeness >= ALIKE
    if image is not None:
        both = np.flatnonzero(image.present[p] & image.present[q])
        one[both] = _one_photograph(likeness[both], twins.cosines(image, p[both], q[both]))
    found = one & ~known
    p, q, likeness = p[found], q[found], likeness[found]
    out = [
        Group(rows, least, bool(picture[rows[0]] >= 0 and len(set(picture[list(rows)].tolist())) == 1))
        for rows, least in _cliques(p, q, likeness)
    ]
    return tuple(sorted(out, key=lambda one: (not one.same_file, -one.likeness, one.rows)))


def _one_photograph(likeness: Scores, cosines: Scores) -> Mask:
    """[m] whether points and encoder together say that two pictures are one photograph."""
    steps = [(likeness >= least) & (cosines >= agreed) for least, agreed in AGREED]
    return np.asarray(np.logical_or.reduce(steps), dtype=bool)


def _cliques(p: Rows, q: Rows, likeness: Scores) -> list[tuple[tuple[int, ...], float]]:
    """Groups in which each is near-identical to each, made from the likest pairs on; no group is a chain."""
    near: dict[int, dict[int, float]] = {}
    for one, other, like in zip(p.tolist(), q.tolist(), likeness.tolist(), strict=True):
        near.setdefault(one, {})[other] = like
        near.setdefault(other, {})[one] = like
    group: dict[int, set[int]] = {row: {row} for row in near}
    for at in np.lexsort((q, p, -np.round(likeness, 9))).tolist():
        one, other = group[int(p[at])], group[int(q[at])]
        if one is not other and all(b in near[a] for a in one for b in other):
            one |= other
            for row in other:
                group[row] = one
    seen: set[int] = set()
    out = []
    for row in sorted(group):
        if row in seen or len(group[row]) < 2:
            continue
        seen |= group[row]
        rows = tuple(sorted(group[row]))
        out.append((rows, min(near[a][b] for a in rows for b in rows if a < b)))
    alone = [
        (tuple(sorted((a, b))), like) for a in near if len(group[a]) < 2 for b, like in near[a].items()
    ]  # products near to a member of a group but not to all of it still stand beside the likest
    best: dict[int, tuple[tuple[int, ...], float]] = {}
    for pair, like in alone:
        for row in pair:
            if len(group[row]) < 2 and like > best.get(row, ((), -1.0))[1]:
                best[row] = (pair, like)
    return out + list(dict(sorted(best.values())).items())


def first_pictures(pictures: Sequence[Sequence[str]], has: Callable[[str], bool]) -> list[str]:
    """The key of each product's main picture, "" where the pack does not have it."""
    return [keys[0] if keys and has(keys[0]) else "" for keys in pictures]

"""Misfits: products that are probably in the wrong category, and products whose text and picture disagree.

Both go by the nearest products. Of a wrong category it is not enough that the neighbours are of another kind: at the
border between two kinds half of all products have such neighbours. So it is asked how much likelier these neighbours
are beside a product of another kind than beside one of its own, by how often kinds stand beside one another in this
shop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores
from core.explore.spaces import IMAGE, TEXT, features, house_space, others, search, sketch
from core.rank.calibrate import raw_pairs
from core.rank.signals import VectorSignal
from core.recommend.view import View

NEIGHBOURS = 15
LOOKED_AT = 40  # nearest from which a product's own colourways and twins are taken out
DOUBT = 0.5  # share of the neighbours that must be of another kind
BELIEF = 2.0  # neighbours' worth of belief that every kind may stand beside every other
STRANGE = 0.75  # deviations above a chance pair below which text and picture are said to disagree

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A product that is probably in the wrong category.

    kind, better: what it is said to be, and what its neighbours say. share: of its neighbours that are of another kind
    than `kind`. doubt: log of how much likelier such neighbours are if it is `better`, for each of them.
    category: the path that most products of the better kind have. beside: rows of its nearest, nearest first.
    """

    row: int
    kind: str
    better: str
    category: tuple[str, ...]
    share: float
    doubt: float
    beside: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Odd:
    """A product whose text and picture disagree.

    agreement: how close the pictures of its nearest by words are to its own, or the words of its nearest by picture to
    its own, whichever is closer; in deviations above a pair drawn by chance. by_words, by_picture: rows of these.
    """

    row: int
    agreement: float
    by_words: tuple[int, ...]
    by_picture: tuple[int, ...]


def kinds(view: View) -> list[str | None]:
    """[n] what each product is said to be: its type, else the last step of its category."""
    frame = view.catalogue.frame
    both = zip(frame["type"].tolist(), frame["category"].tolist(), strict=True)
    return [kind or (category[-1] if category else None) for kind, category in both]


def wrong_category(
    view: View, *, most: int | None = None, progress: Progress | None = None
) -> tuple[Misfit, ...]:  # fmt: skip
    """Products whose neighbours are of another kind, the surest first. Facts count: what was corrected is at rest."""
    space = house_space(view)
    named = kinds(view)
    if space is None or len(view) < 2 * NEIGHBOURS:
        return ()
    vectors, present = features(view, space, without=("category",))
    labels = sorted({kind for kind in named if kind})
    place = {kind: code for code, kind in enumerate(labels)}
    code = np.array([place[kind] if kind else -1 for kind in named], dtype=np.int64)
    here = np.flatnonzero(present & (code >= 0))
    if len(labels) < 2 or len(here) < 2 * NEIGHBOURS:
        return ()
    beside = neighbours_of(view, sketch(vectors[here]), here, progress)
    doubt, better = doubts(code[here], np.where(beside >= 0, code[beside], -1), len(labels))
    voted = beside >= 0
    other = np.where(voted, code[beside] != code[here][:, None], False)
    share = other.sum(axis=1) / np.maximum(voted.sum(axis=1), 1)
    found = np.flatnonzero((share >= DOUBT) & (doubt > 0))
    found = found[np.lexsort((here[found], -np.round(doubt[found], 9)))][:most]
    paths = _usual_paths(view, named)
    return tuple(
        Misfit(
            int(here[at]), labels[code[here[at]]], labels[better[at]], paths[labels[better[at]]], float(share[at]),
            float(doubt[at]), tuple(row for row in beside[at].tolist() if row >= 0),
        )
        for at in found.tolist()
    )  # fmt: skip


def doubts(code: Codes | Rows, beside: Rows, count: int) -> tuple[Scores, Rows]:
    """[m] how much a product's neighbours speak for another kind than its own, and [m] for which.

    code: [m] kind of each product. beside: [m, k] kinds of its neighbours, -1 for none. count: how many kinds there
    are.

    doubt = max over kinds b of the mean over neighbours of log P(neighbour's kind | b) - log P(neighbour's kind | own);
    P is counted over all products, each without its own neighbours, and mixed with the share of each kind.
    """
    voted = beside >= 0
    votes = np.zeros((len(code), count), dtype=np.float32)
    lanes = np.repeat(np.arange(len(code)), beside.shape[1]).reshape(beside.shape)
    np.add.at(votes, (lanes[voted], beside[voted]), 1.0)
    seen = np.zeros((count, count))
    np.add.at(seen, code, votes)
    share = np.bincount(code, minlength=count) / max(1, len(code))
    chance = np.log((seen + BELIEF * share) / (seen.sum(axis=1, keepdims=True) + BELIEF))
    number = np.maximum(voted.sum(axis=1), 1)
    told = votes @ chance.T.astype(np.float32)  # [m, kinds] for each kind, how likely its neighbours are
    own_seen = seen[code] - votes
    own = np.log((own_seen + BELIEF * share) / (own_seen.sum(axis=1, keepdims=True) + BELIEF))
    mine = (votes * own).sum(axis=1)
    told[np.arange(len(code)), code] = -np.inf
    told[votes == 0] = -np.inf  # a kind that no neighbour is of is not proposed
    better = np.argmax(told, axis=1)
    best = told[np.arange(len(code)), better]
    return np.where(np.isfinite(best), (best - mine) / number, -np.inf), better.astype(np.int64)


def text_against_picture(
    view: View, *, most: int | None = None, progress: Progress | None = None
) -> tuple[Odd, ...]:  # fmt: skip
    """Products whose text and picture disagree, the oddest first."""
    text, image = view.signals.get(TEXT), view.signals.get(IMAGE)
    known = all(view.calibration.has("item", name) for name in (TEXT, IMAGE))
    if not isinstance(text, VectorSignal) or not isinstance(image, VectorSignal) or not known:
        return ()
    here = np.flatnonzero(text.present & image.present)
    if len(here) < 2 * NEIGHBOURS:
        return ()

    def part(first: bool) -> Progress | None:
        if progress is None:
            return None
        return lambda done, total: progress(done + (0 if first else total), 2 * total)

    by_words = neighbours_of(view, sketch(text.vectors[here]), here, part(True))
    by_picture = neighbours_of(view, sketch(image.vectors[here]), here, part(False))
    agreement = np.maximum(_mean_z(view, image, here, by_words), _mean_z(view, text, here, by_picture))
    found = np.flatnonzero(agreement < STRANGE)
    found = found[np.lexsort((here[found], np.round(agreement[found], 9)))][:most]
    return tuple(
        Odd(int(here[at]), float(agreement[at]), _rows(by_words[at]), _rows(by_picture[at])) for at in found.tolist()
    )


def neighbours_of(view: View, sketched: tuple[AnyArray, AnyArray], here: Rows, progress: Progress | None) -> Rows:
    """[m, 15] rows of the nearest of each product in `here` [m], its own colourways and twins left out; -1 for none."""
    looked = min(LOOKED_AT, len(here) - 1)
    found = here[others(search(sketched, looked + 1, progress), looked)]
    mine = np.repeat(here, looked)
    kin: Mask = _kin(view, mine, found.ravel()).reshape(found.shape)
    order = np.argsort(kin, axis=1, kind="stable")[:, :NEIGHBOURS]
    kept = np.take_along_axis(found, order, axis=1)
    kept[np.take_along_axis(kin, order, axis=1)] = -1
    return kept


def _kin(view: View, p: Rows, q: Rows) -> Mask:
    """[m] pairs of one family or one picture: whoever was entered together is wrong together."""
    one = view.identity
    family = (one.family[p] == one.family[q]) & (one.family[p] >= 0)
    return np.asarray(family | ((one.picture[p] == one.picture[q]) & (one.picture[p] >= 0)), dtype=bool)


def _mean_z(view: View, signal: VectorSignal, here: Rows, beside: Rows) -> Scores:
    """[m] mean z of a signal between products and those beside them."""
    safe = np.where(beside >= 0, beside, here[:, None])
    raw = raw_pairs(signal, np.repeat(here, beside.shape[1]), safe.ravel()).reshape(beside.shape)
    z: Matrix = np.where(beside >= 0, view.calibration.z("item", signal.name, raw), np.nan)
    counted = np.isfinite(z)
    total = np.where(counted, z, 0.0).sum(axis=1)
    return np.asarray(np.where(counted.any(axis=1), total / np.maximum(counted.sum(axis=1), 1), np.inf))


def _usual_paths(view: View, named: list[str | None]) -> dict[str, tuple[str, ...]]:
    """Kind -> the category path that most of its products have."""
    counted: dict[str, dict[tuple[str, ...], int]] = {}
    for kind, path in zip(named, view.catalogue.frame["category"].tolist(), strict=True):
        if kind:
            mine = counted.setdefault(kind, {})
            mine[path] = mine.get(path, 0) + 1
    return {kind: min(paths, key=lambda path: (-paths[path], path)) for kind, paths in counted.items()}


def _rows(beside: Rows) -> tuple[int, ...]:
    return tuple(row for row in beside.tolist() if row >= 0)

"""The regions of a map and their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import Codes, Vectors
from core.domain.catalogue import Catalogue
from core.explore import words

SAMPLE = 6_000  # points that regions are found by; the others join the nearest of these
SMALLEST = (0.007, 0.01, 0.015, 0.02, 0.03, 0.05)  # of the points make a region; the first that gives few enough
FEWEST, MOST = 4, 40  # regions that a legend can hold; where there is no such number the map is cut into even parts
LARGEST = 0.3  # of the points may be in one region
TERMS = 6  # words that are kept for each region
NAMED_BY = 2  # of which so many beside its kind name it
MAINLY = 0.4  # a kind with this share of a region is in its name


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the map. name: what a legend says. terms: the words that mark it. x, y: its middle point."""

    name: str
    terms: tuple[str, ...]
    size: int
    x: float
    y: float

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "terms": list(self.terms), "size": self.size, "x": self.x, "y": self.y}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Region:
        return cls(plain["name"], tuple(plain["terms"]), int(plain["size"]), float(plain["x"]), float(plain["y"]))


def regions(places: Vectors, catalogue: Catalogue, seed: int = 0) -> tuple[Codes, tuple[Region, ...]]:
    """[n] the region of each point, the largest first, -1 where it is not on the map; and the regions.

    HDBSCAN over the map (Campello, Moulavi and Sander, PAKDD 2013); a point that it leaves out joins the nearest.
    """
    there = np.flatnonzero(np.isfinite(places).all(axis=1))
    codes = np.full(len(places), -1, dtype=np.int32)
    if not len(there):
        return codes, ()
    found = _found(places[there], seed)
    sizes = np.bincount(found)
    order = np.lexsort((np.arange(len(sizes)), -sizes))
    renamed = np.empty(len(sizes), dtype=np.int32)
    renamed[order] = np.arange(len(sizes))
    codes[there] = renamed[found]
    return codes, _named(places, codes, len(sizes), catalogue)


def _found(points: Vectors, seed: int) -> Codes:
    if len(points) < 5 * FEWEST:
        return np.zeros(len(points), dtype=np.int32)
    from scipy.spatial import cKDTree
    from sklearn.cluster import HDBSCAN, KMeans

    rng = np.random.default_rng(seed)
    some = points
    if len(points) > SAMPLE:
        some = points[np.sort(rng.choice(len(points), SAMPLE, replace=False))]
    for way in ("eom", "leaf"):  # whole regions, or, where one would take up too much of the map, their finest parts
        for share in SMALLEST:
            finder = HDBSCAN(
                min_cluster_size=max(5, round(share * len(some))),
                min_samples=5,
                cluster_selection_method=way,
                copy=True,
            )
            labels = finder.fit(some).labels_
            inside = labels >= 0
            if FEWEST <= labels.max() + 1 <= MOST and np.bincount(labels[inside]).max() <= LARGEST * len(some):
                nearest = cKDTree(some[inside]).query(points)[1]
                return np.asarray(labels[inside][nearest], dtype=np.int32)
    count = int(np.clip(round(np.sqrt(len(points) / 4)), FEWEST, MOST))
    return np.asarray(KMeans(count, n_init=3, random_state=seed).fit(points).labels_, dtype=np.int32)


def _named(places: Vectors, codes: Codes, count: int, catalogue: Catalogue) -> tuple[Region, ...]:
    table, known = words.counts(words.texts(catalogue))
    marks = words.marking(words.by_group(table, codes, count)) if known else np.zeros((count, 0))
    kinds = catalogue.frame["type"].tolist()
    out: list[Region] = []
    for code in range(count):
        rows = np.flatnonzero(codes == code)
        terms = [word for word, _ in words.top(marks[code], known, TERMS)]
        kind = _mostly([kinds[row] for row in rows.tolist()])
        x, y = _heart(places[rows])
        name = _name(kind, terms, [one.name for one in out])
        out.append(Region(name, tuple(terms), len(rows), x, y))
    return tuple(out)


def _mostly(kinds: Sequence[str | None]) -> str | None:
    """The kind that most of a region are of; None where no kind has `MAINLY` of it."""
    said: dict[str, int] = {}
    for kind in kinds:
        if kind:
            said[kind] = said.get(kind, 0) + 1
    if not said:
        return None
    best = min(said, key=lambda kind: (-said[kind], kind))
    return best if said[best] >= MAINLY * len(kinds) else None


def _name(kind: str | None, terms: Sequence[str], taken: Sequence[str]) -> str:
    """The kind and the words that mark the region beside it; no two regions have one name."""
    parts = {part.rstrip("s") for part in kind.casefold().split()} if kind else set[str]()
    said: list[str] = []
    for term in terms:
        if term.rstrip("s") not in parts | {one.rstrip("s") for one in said}:
            said.append(term)
    short = said[: NAMED_BY if kind else NAMED_BY + 1]
    name = " · ".join([kind, *short] if kind else short) or "Others"
    for word in said[len(short) :]:
        if name not in taken:
            return name
        name = f"{name} · {word}"
    first, number = name, 2
    while name in taken:
        name, number = f"{first} {number}", number + 1
    return name


def _heart(points: Vectors) -> tuple[float, float]:
    """The point nearest to the medians of both coordinates: a name stands on its region also where that is a ring."""
    middle = np.asarray(np.median(points, axis=0), dtype=np.float32)
    at = int(np.argmin(((points - middle) ** 2).sum(axis=1)))
    return round(float(points[at, 0]), 4), round(float(points[at, 1]), 4)

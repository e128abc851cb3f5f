"""Two editions side by side: what stands beside a product by its picture alone, under the image model of each.

The lists are the engine's own with the whole weight on the picture, full relevance and no limit on houses; rules and
pins are left out, because they say nothing of a model. Anchors are products with a picture in both editions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores
from core.domain.errors import BadRequest
from core.domain.query import Request
from core.domain.rules import NOTHING
from core.domain.strategy import Strategy
from core.recommend.similar import rank_all
from core.recommend.view import View

NEAREST = 10  # neighbours over which shares are counted
SHOWN = 6  # neighbours that are shown of one product
TOGETHER = 10  # products that are shown at once
MOST = 2000  # anchors over which shares are counted; a larger shop is sampled
LANES = 200  # anchors between two words of progress
BY_PICTURE = Strategy(name="Picture alone", weights={"image": 1.0}, lam=1.0, brand_cap=None)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One edition in a comparison. model: who reads its pictures."""

    edition: str
    model: str
    view: View


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the nearest ten agree with their product, in 0..1.

    values: for each edition.    gained: second less first.    within: half the width of its 95 % interval, from the
    differences product by product.    products: those whose own value is known and that have neighbours in both.
    """

    values: tuple[float, float]
    gained: float
    within: float
    products: int

    def as_json(self) -> dict[str, Any]:
        return {
            "values": [round(value, 6) for value in self.values], "gained": round(self.gained, 6),
            "within": round(self.within, 6), "products": self.products,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beside:
    """A product and its first neighbours under each edition, by id."""

    anchor: str
    first: tuple[str, ...]
    second: tuple[str, ...]

    @property
    def shared(self) -> frozenset[str]:
        return frozenset(self.first) & frozenset(self.second)

    def as_json(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor, "first": list(self.first), "second": list(self.second),
            "shared": sorted(self.shared),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two editions make of the same products.

    comparable: products with a picture in both.    counted: of them, those the shares are counted over.
    same:       "type" and "colour" -> Share; one whose field the catalogue does not hold is missing.
    overlap:    share of the nearest ten that both have.
    """

    editions: tuple[str, str]
    models: tuple[str, str]
    comparable: int
    counted: int
    same: Mapping[str, Share]
    overlap: float

    def as_json(self) -> dict[str, Any]:
        return {
            "editions": list(self.editions), "models": list(self.models), "comparable": self.comparable,
            "counted": self.counted, "overlap": round(self.overlap, 6),
            "same": {name: share.as_json() for name, share in self.same.items()},
        }  # fmt: skip


def comparable(first: Side, second: Side) -> list[str]:
    """Ids with a picture in both editions, in order. Raises BadRequest when an edition compares no pictures at all."""
    held = []
    for side in (first, second):
        signal = side.view.signals.get("image")
        if signal is None or not signal.present.any():
            raise BadRequest(f"The edition {side.edition} compares no pictures. Choose one that does.")
        held.append({side.view.catalogue.ids[row] for row in np.flatnonzero(signal.present)})
    return sorted(held[0] & held[1])


def compare(
    first: Side, second: Side, *, at: datetime, most: int = MOST, progress: Progress | None = None
) -> Comparison:
    """Shares of same type and same colour among the nearest ten, over all comparable products or `most` of them.

    progress: told how many lists of both editions are done.
    """
    known = comparable(first, second)
    seed = _seed(first, second)
    anchors = sorted(sorted(known, key=lambda item: _draw(seed, item))[:most]) if len(known) > most else known
    lists = []
    for place, side in enumerate((first, second)):
        lists.append(_nearest(side, anchors, at, _counted(progress, place * len(anchors), 2 * len(anchors))))
    same = {}
    for name in ("type", "colour"):
        share = _share(first, second, anchors, lists, name)
        if share is not None:
            same[name] = share
    together = [len({*one} & {*two}) / max(len(one), len(two), 1) for one, two in zip(*lists, strict=True)]
    return Comparison(
        (first.edition, second.edition), (first.model, second.model), len(known), len(anchors), same,
        float(np.mean(together)) if together else 0.0,
    )  # fmt: skip


def side_by_side(first: Side, second: Side, *, at: datetime, page: int = 0, count: int = TOGETHER) -> list[Beside]:
    """`count` products with their first neighbours under each edition; `page` brings others.

    The rule is fixed: departments take turns, and within one the order is drawn from the ids of the two editions.
    """
    known = comparable(first, second)
    if not known:
        return []
    order = _taking_turns(first, known, _seed(first, second))
    start = page * count % len(order)
    anchors = [*order[start:], *order[:start]][:count]
    one, two = (_nearest(side, anchors, at, None) for side in (first, second))
    return [
        Beside(anchor, tuple(left[:SHOWN]), tuple(right[:SHOWN]))
        for anchor, left, right in zip(anchors, one, two, strict=True)
    ]


def _nearest(side: Side, anchors: Sequence[str], at: datetime, progress: Progress | None) -> list[list[str]]:
    """The nearest ids of each anchor by picture alone, at most NEAREST; what only fills a list up is left out."""
    view = side.view.with_rules((), 0, lambda anchor, request: NOTHING)
    asked = Request(k=NEAREST, at=at, strategy=BY_PICTURE)
    ids = view.catalogue.ids
    found: list[list[str]] = []
    for start in range(0, len(anchors), LANES):
        rows: Rows
        scores: Scores
        rows, scores = rank_all(view, asked, anchors[start : start + LANES])
        meant: Mask = (rows >= 0) & np.isfinite(scores)
        found += [[ids[row] for row in line[keep]] for line, keep in zip(rows, meant, strict=True)]
        if progress is not None:
            progress(len(found), len(anchors))
    return found


def _share(
    first: Side, second: Side, anchors: Sequence[str], lists: Sequence[Sequence[Sequence[str]]], name: str
) -> Share | None:
    """None when no product says its `name`."""
    values: list[AnyArray] = []
    for side, nearest in zip((first, second), lists, strict=True):
        said = dict(zip(side.view.catalogue.ids, _said(side.view, name), strict=True))
        values.append(
            np.array(
                [
                    np.mean([said[other] == said[anchor] for other in others]) if others and said[anchor] else np.nan
                    for anchor, others in zip(anchors, nearest, strict=True)
                ]
            )
        )
    one, two = values
    both = np.isfinite(one) & np.isfinite(two)
    count = int(both.sum())
    if not count:
        return None
    gained = (two - one)[both]
    within = 1.96 * float(gained.std(ddof=1)) / float(np.sqrt(count)) if count > 1 else float("nan")
    shares = (float(one[both].mean()), float(two[both].mean()))
    return Share(shares, float(gained.mean()), 0.0 if np.isnan(within) else within, count)


def _said(view: View, name: str) -> list[str]:
    """[n] what each item says of itself: its type, or its first colour; "" where it says nothing."""
    column = view.catalogue.frame[name]
    if name == "colour":
        return [str(value[0]).casefold() if value is not None and len(value) else "" for value in column]
    return ["" if value is None or value != value else str(value).casefold() for value in column]


def _taking_turns(side: Side, known: Sequence[str], seed: str) -> list[str]:
    """`known` in the fixed order: the departments, largest first, give one product each in turn."""
    wanted = set(known)
    departments: dict[str, list[str]] = {}
    for item, path in zip(side.view.catalogue.ids, side.view.catalogue.frame["category"], strict=True):
        if item in wanted:
            top = path[0] if path is not None and len(path) else ""
            departments.setdefault(top, []).append(item)
    queues = [
        sorted(items, key=lambda item: _draw(seed, item))
        for _, items in sorted(departments.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    longest = max(map(len, queues), default=0)
    return [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]


def _counted(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)


def _seed(first: Side, second: Side) -> str:
    return "-".join(sorted((first.edition, second.edition)))


def _draw(seed: str, item: str) -> bytes:
    return hashlib.sha256(f"{seed}/{item}".encode()).digest()

"""The map of the catalogue on a page: what is chosen on it, and what the browser is told so that it can draw it.

Places go to the browser as whole numbers on a square, so that a point costs four bytes and both sides mean the same
spot; what a pointer draws around products comes back in them and is checked here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.domain.arrays import AnyArray, Mask, Rows, Scores
from core.domain.catalogue import Catalogue
from core.domain.progress import Progress, Watch
from core.explore.atlas import LISTED
from core.explore.maps import SHOWN, CatalogueMap
from core.explore.project import Spot
from core.shop import Shop
from pages.kit import colouring, engine, held, text, underway
from pages.kit.cards import picture_path
from pages.kit.colouring import Colouring

PAGE, CHOSEN, EXPOSURE = "map", "map:chosen", "exposure"
EXPLORE = "Explore"
DRAWN = "Drawn on the map"
SIDE = 65_535  # steps of the square that places are told in
SMALL = 0.16  # of the square: the name of a region that is smaller stands above it
CORNERS = 2_000  # of a line drawn around products, at most
FLOWN_TO = 5_000  # products of a selection that the map goes to


# -- what is chosen ----------------------------------------------------------------------------------------------------


def chosen() -> tuple[str, ...]:
    """Ids of the products that are chosen, wherever that was done; those that have left the catalogue are not."""
    known = engine.shop().catalogue(engine.at())
    return tuple(item for item in held.of(CHOSEN).get("ids", ()) if item in known)


def why() -> str:
    """How the selection came about, in words; empty where nothing is chosen."""
    return str(held.of(CHOSEN).get("why", ""))


def choose(ids: Sequence[str], why: str = "") -> None:
    """Make these products the selection. why: how it came about, in words, such as "Drawn on the map"."""
    held.keep(CHOSEN, {"ids": list(dict.fromkeys(ids)), "why": why} if ids else {})


def look_at(ids: Sequence[str], why: str) -> None:
    """Make these products the selection and the map page show where they lie."""
    choose(ids, why)
    held.put(PAGE, mode=EXPLORE, item="")


def exposure(shop: Shop) -> Scores | None:
    """[n] each product's share of all places of You May Also Like, as of the hour that is looked at.

    None while it is being computed, which the page then shows. A large shop takes a while, once.
    """
    at = engine.moment().replace(minute=0, second=0, microsecond=0)
    mark = repr((shop.view(engine.at()).versions, at))

    def work(watch: Watch) -> Scores:
        says = "Making every list"
        return shop.atlas.exposure(at, lambda done, total: watch(Progress(says, done, total)), k=LISTED)

    done = underway.watched(
        shop, EXPOSURE, "Who is shown how often", work, "It is computed once, and then kept.", mark
    )  # fmt: skip
    return done.found if done is not None else None


# -- what the browser draws --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sheet:
    """A map as the browser has it.

    mark:   changes when anything of it does.    rows: [m] the products on it; the first of them are a fair sample.
    spots:  [m, 2] uint16 their places.          plain: what is sent once.
    corner, step: places on paper = corner + step * spots.    drawn: the map.
    """

    mark: str
    rows: Rows
    spots: AnyArray
    corner: AnyArray
    step: float
    plain: Mapping[str, Any]
    drawn: CatalogueMap

    def told(self, spot: Spot) -> dict[str, float]:
        """Where something that has no point of its own is drawn."""
        x, y = np.clip((np.array(self.drawn.beside(spot)) - self.corner) / self.step, 0, SIDE)
        return {"x": round(float(x), 1), "y": round(float(y), 1)}

    def mask(self, rows: Rows) -> str:
        """Some products as one bit for each point."""
        wanted = np.zeros(int(max(self.rows.max(initial=-1), rows.max(initial=-1))) + 1, dtype=bool)
        wanted[rows] = True
        return _text(np.packbits(wanted[self.rows], bitorder="little"))

    def within(self, polygon: Sequence[Sequence[float]]) -> Mask:
        """[m] points inside a line drawn around them."""
        return inside(self.spots.astype(np.float64), np.asarray(polygon, dtype=np.float64))


def sheet(drawn: CatalogueMap, catalogue: Catalogue, facts: int) -> Sheet:
    """What the browser is told of a map and its products. facts: the version of the facts in `catalogue`."""
    return _sheet(f"{drawn.key}-{drawn.snapshot[:8]}-{facts}", drawn, catalogue)


@st.cache_resource(max_entries=6, show_spinner=False)
def _sheet(mark: str, _drawn: CatalogueMap, _catalogue: Catalogue) -> Sheet:
    there = np.flatnonzero(_drawn.there)
    rng = np.random.default_rng(0)
    first = rng.permutation(_drawn.sample())
    rows = np.concatenate([first, rng.permutation(np.setdiff1d(there, first))]).astype(np.int64)
    places = _drawn.paper[rows].astype(np.float64)
    low, high = (places.min(axis=0), places.max(axis=0)) if len(rows) else (np.zeros(2), np.ones(2))
    step = max(float((high - low).max()), 1e-9) / SIDE
    corner = (low + high - step * SIDE) / 2.0
    spots = np.clip(np.rint((places - corner) / step), 0, SIDE).astype(np.uint16)
    regions = _drawn.region[rows]
    names = [
        {"name": one.name[:1].upper() + one.name[1:], **_spoken(spots[regions == code])}
        for code, one in enumerate(_drawn.regions)
        if (regions == code).any()
    ]
    plain = {
        "mark": mark, "places": _text(spots), "rows": _text(rows.astype(np.int32)), "names": names,
        "most": max(1, min(SHOWN, len(first))), "texts": _words(_catalogue, rows),
    }  # fmt: skip
    return Sheet(mark, rows, spots, corner, step, plain, _drawn)


def _spoken(spots: AnyArray) -> dict[str, float]:
    """Where the name of a region stands: on its heart, or above a small region, which it would hide."""
    points = spots.astype(np.float64)
    middle = np.median(points, axis=0)
    heart = points[np.argmin(((points - middle) ** 2).sum(axis=1))]
    left, right = np.quantile(points[:, 0], (0.05, 0.95))
    low, high = np.quantile(points[:, 1], (0.05, 0.95))
    small = max(right - left, high - low) < SMALL * SIDE
    spoken = ((left + right) / 2, float(points[:, 1].max()), 1) if small else (heart[0], heart[1], 0)
    return dict(zip(("x", "y", "above"), (float(one) for one in spoken), strict=True))


def _words(catalogue: Catalogue, rows: Rows) -> str:
    """Title, house, price and picture of each product, made small: the browser shows them beside the pointer."""
    frame = catalogue.frame.iloc[rows]
    prices = [None if one != one else round(one) for one in catalogue.money("price")[rows].tolist()]
    told, kinds = _few([text.money(one, catalogue.currency) for one in prices])
    houses, known = _few([(one or "").strip() for one in frame["brand"].tolist()])
    plain = {
        "t": [" ".join(str(one or "").split()) or f"Untitled, {item}"
              for one, item in zip(frame["title"].tolist(), frame["id"].tolist(), strict=True)],
        "h": houses, "H": known, "p": told, "P": kinds,
        "k": [_key(cell) for cell in frame["pictures"].tolist()],
    }  # fmt: skip
    return base64.b64encode(zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 3)).decode()


def _key(pictures: Sequence[str]) -> str:
    return pictures[0] if len(pictures) and picture_path(pictures[0]) else ""


def _few(values: Sequence[str]) -> tuple[list[int], list[str]]:
    """Each value as its place among the distinct ones."""
    places: dict[str, int] = {}
    return [places.setdefault(value, len(places)) for value in values], list(places)


def figure(
    of: Sheet, colours: Colouring, by: str, name: str, *, chosen: Rows | None = None, lit: Rows | None = None,
    focus: Mapping[str, Any] | None = None, spots: Sequence[tuple[str, Spot]] = (), fly: tuple[str, Rows] | None = None,
    say: str = "",
) -> dict[str, Any]:  # fmt: skip
    """All that the browser draws on a map, but for the `plain` of its sheet.

    by, name: what it is coloured by.       chosen, lit: rows that stand out.    spots: what has no point of its own.
    focus: a row and its true neighbours.   fly: where the map goes, once for each mark.
    """
    codes = colours.codes[of.rows]
    return {
        "mark": of.mark, "by": name, "codes": _text(codes.astype(np.uint8)), "legend": colouring.mapping(colours),
        "legendMark": f"{of.mark}:{by}:{hashlib.sha256(codes.tobytes()).hexdigest()[:8]}", "note": colours.note,
        "chosen": None if chosen is None or not len(chosen) else of.mask(chosen),
        "lit": None if lit is None or not len(lit) else of.mask(lit), "focus": dict(focus) if focus else None,
        "spots": [
            {"label": label, "near": list(spot.near), **of.told(spot)} for label, spot in spots
        ],
        "fly": {"mark": fly[0], "rows": fly[1][:FLOWN_TO].tolist()} if fly else None, "say": say,
    }  # fmt: skip


def _text(array: AnyArray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


# -- what the browser sent ---------------------------------------------------------------------------------------------


def polygon(sent: Any) -> list[tuple[float, float]] | None:
    """The corners of a line drawn around products; None for what is none."""
    if not isinstance(sent, list) or not 3 <= len(sent) <= CORNERS:
        return None
    out = []
    for corner in sent:
        if not isinstance(corner, list) or len(corner) != 2 or not all(_number(one) for one in corner):
            return None
        out.append((float(corner[0]), float(corner[1])))
    return out


def hidden(sent: Any, entries: int) -> list[int]:
    """The lines of the legend that are switched off."""
    if not isinstance(sent, list):
        return []
    return sorted({one for one in sent if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < entries})


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e6 <= value <= 1e6


def inside(points: AnyArray, corners: AnyArray) -> Mask:
    """[n] which points [n, 2] lie inside the closed line through `corners` [m, 2], by the even-odd rule.

    >>> inside(np.array([[1.0, 1.0], [3.0, 1.0]]), np.array([[0, 0], [2, 0], [2, 2], [0, 2]])).tolist()
    [True, False]
    """
    within = np.zeros(len(points), dtype=bool)
    low, high = corners.min(axis=0), corners.max(axis=0)
    some = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x, y = points[some].T
    odd = np.zeros(len(some), dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if ay == by:
            continue
        odd ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    within[some] = odd
    return within


def outwards(of: Sheet, points: Rows) -> Rows:
    """Rows of some points, from the middle of them outwards."""
    spots = of.spots[points].astype(np.float64)
    far = ((spots - np.median(spots, axis=0)) ** 2).sum(axis=1) if len(points) else np.zeros(0)
    return of.rows[points[np.lexsort((of.rows[points], far))]]

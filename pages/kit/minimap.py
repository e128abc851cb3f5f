"""A small map that stands still: the whole catalogue as fine points, and a few places marked on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.domain.arrays import AnyArray, Rows
from core.explore.maps import CatalogueMap
from pages.kit import text

SIDE, EDGE = 1000, 30  # of the drawing, in its own units
POINTS = 4_000
LEAST = 34  # radius of a circle that a number fits into


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle on the map, in its places. label: what stands in it."""

    x: float
    y: float
    radius: float
    label: str = ""


def drawing(
    drawn: CatalogueMap, says: str, *, rings: Sequence[Ring] = (), near: Sequence[int] = (),
    here: tuple[float, float] | None = None,
) -> str:  # fmt: skip
    """The map as SVG. says: what it shows, for who cannot see it. near: rows to point out. here: a place of its own."""
    rows = drawn.sample(POINTS)
    low, scale = _frame(drawn.places[drawn.there])
    wide, high = _at(low, scale, drawn.places[drawn.there].max(axis=0), 0)
    height = max(200, round(high)) + EDGE

    def put(place: AnyArray) -> tuple[float, float]:
        x, y = _at(low, scale, place, EDGE)
        return x, height - y  # up is up

    def dots(of: Rows | Sequence[int]) -> str:
        return "".join("M{:.0f} {:.0f}h0".format(*put(drawn.places[row])) for row in of)

    made = [f'<path class="all" d="{dots(rows)}"/>']
    if near:
        made.append(f'<path class="near" d="{dots(list(near))}"/>')
    for one in rings:
        x, y = put(np.array([one.x, one.y]))
        radius = max(LEAST, one.radius * scale)
        made.append(f'<circle class="ring" cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"/>')
        made.append(f'<text x="{x:.0f}" y="{y:.0f}" dy=".36em">{text.markup(one.label)}</text>')
    if here is not None:
        x, y = put(np.array(here))
        made += [
            f'<circle class="halo" cx="{x:.0f}" cy="{y:.0f}" r="38"/>',
            f'<circle class="here" cx="{x:.0f}" cy="{y:.0f}" r="13"/>',
        ]
    return (
        f'<svg class="minimap" viewBox="0 0 {max(400, round(wide)) + 2 * EDGE} {height + EDGE}" role="img" '
        f'aria-label="{text.markup(says)}">{"".join(made)}</svg>'
    )


def _frame(places: AnyArray) -> tuple[AnyArray, float]:
    """The lower corner of all places, and drawing units for each of theirs."""
    low, high = places.min(axis=0), places.max(axis=0)
    return low, (SIDE - 2 * EDGE) / max(float((high - low).max()), 1e-9)


def _at(low: AnyArray, scale: float, place: AnyArray, edge: float) -> tuple[float, float]:
    x, y = (np.asarray(place, dtype=np.float64) - low) * scale + edge
    return float(x), float(y)


def show(svg: str, aside: str = "") -> None:
    beneath = f'<p class="aside">{text.markup(aside)}</p>' if aside else ""
    st.html(f'<div class="minimap-frame">{svg}{beneath}</div>')

"""Charts, drawn by Plotly in the colours of the house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from core.domain.listing import Listing
from core.domain.strategy import SIGNALS
from pages.kit import text

if TYPE_CHECKING:
    import plotly.graph_objects as go


# One tint a signal or part of a look, in light and in dark.
TINTS = {
    "base": ("#B9B0A2", "#5C544B"), "text": ("#6B2A32", "#CDAA7A"), "image": ("#B08D57", "#C07A72"),
    "attributes": ("#3F5A52", "#86A79B"), "behaviour": ("#2F3A4A", "#8C9CB5"), "trending": ("#8A7F72", "#A79B8C"),
    "newness": ("#7C8A72", "#9DB08F"), "margin": ("#A08C74", "#8F8374"), "stock_depth": ("#C4A79A", "#E3CFC4"),
    "boost": ("#14110E", "#EFE9DF"), "worn_together": ("#6B2A32", "#CDAA7A"), "colour": ("#B08D57", "#C07A72"),
    "occasion": ("#3F5A52", "#86A79B"), "price": ("#2F3A4A", "#8C9CB5"), "words": ("#8A7F72", "#A79B8C"),
    "picture": ("#7C8A72", "#9DB08F"), "learned": ("#C4A79A", "#E3CFC4"),
}  # fmt: skip


def carried_by(listing: Listing) -> go.Figure:
    """One bar a place, made of what each signal adds to the score or takes from it."""
    import plotly.graph_objects as go

    order = ("base", *SIGNALS, "boost")
    scored = [one for one in listing.items if one.contributions]
    names = sorted({name for one in scored for name in one.contributions}, key=order.index)
    dark = st.context.theme.type == "dark"
    figure = go.Figure()
    for name in names:
        values = [one.contributions.get(name, 0.0) for one in scored]
        if any(round(value, 9) for value in values):
            figure.add_bar(
                x=[str(one.rank) for one in scored], y=values, name=text.part_name(name),
                marker={"color": TINTS.get(name, TINTS["trending"])[dark], "line": {"width": 0}},
                hovertemplate=f"{text.part_name(name)} %{{y:+.2f}}<extra>Place %{{x}}</extra>",
            )  # fmt: skip
    figure.update_layout(
        barmode="relative", bargap=0.45, height=250, margin={"l": 0, "r": 0, "t": 8, "b": 0}, dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, hovermode="x unified",
    )  # fmt: skip
    figure.update_xaxes(title=None, type="category", fixedrange=True)
    figure.update_yaxes(title=None, zeroline=True, fixedrange=True)
    return figure


def blend_line(shares: Mapping[str, int], named: Callable[[str], str]) -> None:
    """What counts and how much, as one line: a stretch of colour for each share."""
    told = sorted(shares.items(), key=lambda pair: list(TINTS).index(pair[0]))
    stretches = "".join(
        f'<i style="flex:{share} 0 0;background:light-dark({TINTS[name][0]}, {TINTS[name][1]})"></i>'
        for name, share in told
        if share
    )
    said = text.listed(f"{named(name)} {share} per cent" for name, share in told if share)
    st.html(f'<div class="blend" role="img" aria-label="{text.markup(said or "nothing weighed")}">{stretches}</div>')

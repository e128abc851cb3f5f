"""What shoppers wrote about a product: the mean, what several of them say, and a sentence of one."""

from __future__ import annotations

import streamlit as st

from core.domain.catalogue import Item
from core.domain.reviews import ReviewSummary
from pages.kit import engine, frame, states, text


def panel(item: Item) -> None:
    """The reviews of `item`, where it has any."""
    found = engine.shop().reviews.summary(item.id)
    if found is None:
        return
    frame.section("Reviews", aside(found))
    if not found.themes:
        states.said("They say nothing in common that could be named.")
        return
    head = "".join(f"<th>{name}</th>" for name in ("They say", "Tone", "Reviews", "In their words"))
    rows = "".join(
        f'<tr><td class="word">{text.markup(theme.label)}</td><td class="mute whole">{text.markup(theme.tone)}</td>'
        f"<td>{text.count(theme.count)}</td>"
        f"<td>{text.markup(f'“{theme.quote}”') if theme.quote else ''}</td></tr>"
        for theme in found.themes
    )
    begin = '<div class="wide" tabindex="0" role="region" aria-label="Reviews"><table class="plain-table">'
    st.html(f"{begin}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>")


def aside(found: ReviewSummary) -> str:
    """How many there are, their mean, and whether they were made up."""
    said = [text.count(found.count, "review")]
    if found.mean is not None:
        said.insert(0, f"{found.mean:.1f} of 5")
    if found.simulated:
        said.append("made up for the demo")
    return ", ".join(said)

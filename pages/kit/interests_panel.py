"""What a shopper is interested in: clusters of pictures, each with its share of the taste and what it has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.recommend.taste import LIKED, NOW, OTHERS, STYLE, Interest
from pages.kit import cards, charts, engine, frame, parts, states, text

KEY = "shoppers:interests"
FACES = 4
SOURCES = {
    LIKED: "From what was done before", NOW: "From this visit", STYLE: "From the answers to the quiz",
    OTHERS: "Lent by shoppers alike",
}  # fmt: skip


def panel(interests: Sequence[Interest], away: Mapping[str, float]) -> None:
    """The section. away: what counts against, and how much."""
    frame.section("What they like", text.count(len(interests), "interest") if interests else "")
    if not interests:
        states.said("No taste is known yet. Let them do something, and it shows here.")
        return
    catalogue = engine.shop().catalogue(engine.at())
    line(interests)
    shown = []
    for number, one in enumerate(interests):
        items = [item for item, _ in one.items if item in catalogue]
        pictures = [url for item in items if (url := cards.picture_url(catalogue.item(item)))][:FACES]
        name = one.label or (text.title(catalogue.item(one.medoid)) if one.medoid in catalogue else one.medoid)
        name = name[:1].upper() + name[1:]
        shown.append({
            "id": f"interest-{number}", "title": name, "brand": f"{text.per_cent(one.share)} of the taste",
            "images": pictures if len(pictures) > 2 else pictures[:1], "image": pictures[0] if pictures else "",
            "initial": name[:1], "alt": name,
            "open": f"{name}: {text.listed(text.title(catalogue.item(item)) for item in items[:FACES])}", "href": "",
            "badges": [["dark", "This visit"]] if one.source == NOW else [], "tools": [],
            "note": f"{SOURCES.get(one.source, '')}, {text.count(len(one.items), 'product')}",
        })  # fmt: skip
    parts.rail(shown, key=KEY, label="Interests, the largest first", layout="grid")
    gone = [text.title(catalogue.item(item)) for item in away if item in catalogue]
    if gone:
        more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
        states.said(f"Counts against: {text.listed(gone[:3]) if not more else ', '.join(gone[:3])}{more}.")


def line(interests: Sequence[Interest]) -> None:
    """The shares of the interests as one line: a stretch of colour for each."""
    tints = [charts.TINTS[name] for name in ("text", "image", "attributes", "behaviour", "trending", "newness")]
    stretches = "".join(
        f'<i style="flex:{one.share:.4f} 0 0;background:light-dark({tints[n % 6][0]}, {tints[n % 6][1]})"></i>'
        for n, one in enumerate(interests)
    )
    said = text.listed(f"{one.label or 'one without a name'} {one.share:.0%}" for one in interests)
    st.html(f'<div class="blend" role="img" aria-label="{text.markup(said)}">{stretches}</div>')

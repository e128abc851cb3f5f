"""A | B: two strategies around the same products, as strips with place moves and as figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.domain.arrays import Rows
from core.domain.catalogue import Item
from core.domain.listing import Listing
from core.domain.query import Request
from core.lab import compare as comparing
from core.lab.compare import Comparison
from core.rank.figures import ListChange
from core.recommend import similar
from pages.kit import answers, cards, engine, frame, parts, session, sides, states, text
from pages.kit.sides import Side

FIRST, SECOND, SHEET = "tuning:first", "tuning:second", "tuning:sheet"
CHOSEN = "tuning:chosen"
LISTS = (10, 20, 50)
SHOWN = 6
FIGURES = {"length": "Products in a list", **comparing.FIGURE_NAMES}


def request(side: Side, anchor: str | None) -> Request:
    return Request(anchor=anchor, k=session.current().places, at=engine.at(), strategy=side.strategy)


def one_product(item: Item, a: Side, b: Side) -> None:
    """Both lists of one product, under one another, and how far apart they are."""
    first, second = (made(one, item.id) for one in (a, b))
    sides.line("A", a, item.id)
    strip(first, second, item, FIRST, "A", lone="Leaves")
    sides.line("B", b, item.id)
    strip(second, first, item, SECOND, "B", lone="New", moved_from=a.name)
    figures(compared([item.id], [rows(one) for one in (first, second)]), a, b)


def made(one: Side, anchor: str) -> Listing:
    """The list of one side. What does not hang on a slider is kept for the minute: the other side moves."""
    shop = engine.shop()
    if one.id == sides.TRYING:
        return shop.recommend(request(one, anchor))
    minute = engine.moment().replace(second=0, microsecond=0)
    mark = (one.id, anchor, session.current().places, minute, shop.view(engine.at()).versions, repr(one))
    slot = f"tuning:kept:{one.id}"
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != mark:
        kept = st.session_state[slot] = (mark, shop.recommend(request(one, anchor), draft=one.documents))
    found: Listing = kept[1]
    return found


def strip(
    mine: Listing, other: Listing, anchor: Item, key: str, letter: str, *, lone: str, moved_from: str = ""
) -> None:  # fmt: skip
    """One list as cards. lone: what is said of a card that the other list has not.

    moved_from: the name of the other side, when the arrows tell of moves against it.
    """
    catalogue = engine.shop().catalogue(engine.at())
    items = {placed.id: catalogue.item(placed.id) for placed in mine.items}
    if not items:
        states.said(" ".join(note.text for note in mine.notes) or "Nothing compares with it.")
        return
    was = {item: place for place, item in enumerate(other.ids, 1)}
    made = cards.listed(mine, items, at=engine.moment(), anchor=anchor, tools=(answers.TOOL, cards.TO_LIST))
    for one in made:
        one["note"], one["moved"], one["movedText"] = "", 0, ""
        if one["id"] not in was:
            one["badges"] = [["accent" if moved_from else "", lone], *one["badges"]][:2]
        elif moved_from and was[one["id"]] != one["place"]:
            one["moved"] = was[one["id"]] - one["place"]
            one["movedText"] = f"Place {was[one['id']]} with {moved_from}"
    parts.rail(made, key=key, label=f"List {letter}", size="small", say=f"List {letter} has changed.",
               on_action=lambda: follow(key))  # fmt: skip


def rows(listing: Listing) -> Rows:
    """[1, places] the list as rows of the catalogue, -1 where it is short."""
    out = np.full((1, session.current().places), -1, dtype=np.int64)
    found = engine.shop().catalogue(engine.at()).rows(listing.ids)
    out[0, : len(found)] = found
    return out


def compared(anchors: Sequence[str], both: Sequence[Rows]) -> Comparison:
    view = engine.shop().view(engine.at())
    minute = engine.moment().replace(second=0, microsecond=0)
    return comparing.compare(view, view.catalogue.rows(anchors), both[0], both[1], view.live(minute))


def follow(key: str) -> None:
    sent = parts.event(key)
    if sent.get("id") not in engine.shop().catalogue():
        return
    if sent.get("type") == answers.ASK:
        answers.about(str(sent["id"]))
    elif sent.get("type") == "list":
        choose(str(sent["id"]))
    else:
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def choose(item: str) -> None:
    """The page goes on with another product."""
    session.commit(item=item)
    st.query_params["item"] = item
    st.session_state["kit:again"] = True


# -- the sheet ---------------------------------------------------------------------------------------------------------


def chosen() -> list[str]:
    """The products that somebody came here with, to see their lists; those that have left the catalogue are not."""
    catalogue = engine.shop().catalogue(engine.at())
    return [item for item in st.session_state.get(CHOSEN, ()) if item in catalogue]


def anchors(scope: str, number: int) -> list[str]:
    """Products on sale, of one branch of the shop or of all of it, in even steps; or those that somebody chose."""
    return chosen()[:number] if scope == CHOSEN else engine.spread(scope, number)


def sheet(scope: str, number: int, a: Side, b: Side) -> None:
    """Many products under both sides: the figures first, then the lists, those that differ most before the others."""
    chosen = anchors(scope, number)
    if not chosen:
        states.empty("No list here", "Nothing of this kind is on sale.")
        return
    shop, lists = engine.shop(), []
    for one in (a, b):
        view = shop.view(engine.at()) if one.documents is None else shop.proposed(one.documents, engine.at())
        asked = Request(k=session.current().places, at=engine.moment(), strategy=one.strategy)
        lists.append(similar.rank_all(view, asked, chosen)[0])
    found = compared(chosen, lists)
    sides.line("A", a, None)
    sides.line("B", b, None)
    figures(found, a, b)
    order = sorted(range(len(found.moves)), key=lambda at: (found.apart[at][1], at))
    parts.versus(
        [line(found.moves[at], found.apart[at]) for at in order], labels=(f"A · {a.name}", f"B · {b.name}"),
        told=(f"Only with {a.name}, or moved", f"Only with {b.name}, or moved"), key=SHEET,
        label="Lists under both strategies", on_action=lambda: follow(SHEET),
    )  # fmt: skip


def line(change: ListChange, apart: tuple[float, float]) -> dict:
    """One product with both lists; what stands alike in both stands back."""
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()

    def side(ids: Sequence[str]) -> list[dict]:
        return [{**cards.card(catalogue.item(one), at=at), "own": one in change.moves} for one in ids[:SHOWN]]

    moved = sum(before is not None and after is not None for before, after in change.moves.values())
    fresh = sum(before is None for before, _ in change.moves.values())
    said = [f"{text.count(fresh, 'product')} new" if fresh else "", f"{moved} moved" if moved else ""]
    return {
        "anchor": cards.card(catalogue.item(change.anchor), at=at),
        "remark": ", ".join(filter(None, said)) or "The same list",
        "sides": [side(change.before), side(change.after)],
    }


# -- figures -----------------------------------------------------------------------------------------------------------


def figures(found: Comparison, a: Side, b: Side) -> None:
    """How far apart the two are, as figures."""
    told = [
        ("In both", per_cent(found.overlap), "of the products"),
        ("Order alike", per_cent(found.rbo), "first places count most"),
    ]
    if found.lists > 1:
        told.insert(0, ("Lists that differ", f"{text.count(found.changed)} of {text.count(found.lists)}", ""))
    for name, (before, after) in found.figures.items():
        if name == "length" or not (math.isfinite(before) or math.isfinite(after)):
            continue
        told.append((FIGURES[name], figure(name, after), f"A {figure(name, before)}"))
    frame.figures(told, label="B against A", kind="versus-figures")
    houses(found, a, b)


def houses(found: Comparison, a: Side, b: Side) -> None:
    moved = [share for share in found.brands if round(share.after - share.before, 4)][:6]
    if not moved:
        return
    with st.expander("Houses that win or lose places", key="versus-houses", type="compact"):
        lines = "".join(
            f"<tr><th scope='row'>{text.markup(share.name)}</th><td>{per_cent(share.before)}</td>"
            f"<td>{per_cent(share.after)}</td><td class='mute'>{per_cent(share.catalogue)}</td></tr>"
            for share in moved
        )
        st.html(
            '<div class="wide" tabindex="0" role="region" aria-label="Houses"><table class="plain-table"><thead><tr>'
            f"<th scope='col'>House</th><th scope='col'>A: {text.markup(a.name)}</th>"
            f"<th scope='col'>B: {text.markup(b.name)}</th><th scope='col'>Of the catalogue</th></tr></thead>"
            f"<tbody>{lines}</tbody></table></div>"
        )


def figure(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    if name == "price":
        return text.money(round(value), engine.currency())
    return f"{value:.1f}" if name == "length" else per_cent(value)


def per_cent(share: float) -> str:
    return "unknown" if not math.isfinite(share) else f"{100 * share:.0f}{text.NBSP}%"

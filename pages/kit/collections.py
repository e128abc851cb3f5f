"""Collections: all of them as a shelf, and one of them opened, changed in the draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.domain.changes import Key
from core.domain.collections import KIND, LONGEST_NAME, LONGEST_NOTE, Collection, collections_in
from core.domain.rules import Rule
from core.shop import Shop
from pages.kit import (
    address,
    atlas,
    cards,
    deeds,
    documents,
    engine,
    finder,
    frame,
    held,
    keeping,
    parts,
    selection,
    shaping,
    states,
    text,
)

STORE, SHELF, MODE = "collections", "collections:shelf", "Collections"
MADE = {
    "new": ("accent", "New in your draft"),
    "changed": ("accent", "Changed in your draft"),
    "out": ("", "Taken out"),
}
FACES = 4  # products whose pictures stand for a collection


def panel(shop: Shop) -> None:
    """The collection that is opened, else all of them."""
    frame.once(keeping.SAID)
    shaping.said()
    found = keeping.known()
    if opened() in found:
        one(shop, found[opened()])
        return
    if opened():
        states.said(f"There is no collection {opened()[:80]!r} any more.", "warn")
        open_one("")
    shelf(shop, found)


def opened() -> str:
    """Id of the collection that is opened; "" where all of them are shown."""
    return str(held.of(STORE).get("open", ""))


def open_one(id: str) -> None:
    held.put(STORE, open=id)
    held.put(selection.STORE, page=0)


# -- all of them ---------------------------------------------------------------------------------------------------


def shelf(shop: Shop, found: dict[str, Collection]) -> None:
    made = keeping.drafted()
    gone = {
        key.id: plain for key, plain in engine.published().items() if key.kind == KIND and made.get(key.id) == "out"
    }
    if not found and not gone:
        states.empty(
            "No collection yet",
            "Products under a name, for a window, a launch or a rule. Choose some on the map, or tick them in the "
            "catalogue, and save them.",
            ("Tick products in the catalogue", "catalogue.py", None),
        )
        return
    speaking = keeping.speaking(keeping.standing())
    lines = [_card(shop, each, made.get(id, ""), speaking.get(id, ())) for id, each in found.items()]
    taken = collections_in({Key(KIND, id): plain for id, plain in gone.items()})
    lines += [_card(shop, each, "out", ()) for each in taken.values()]
    count = text.count(len(found), "collection")
    st.html(f'<p class="count" role="status">{text.markup(count[:1].upper() + count[1:])}</p>')
    parts.rail(lines, key=SHELF, label="Collections", layout="grid", size="large", on_action=lambda: _follow())


def _card(shop: Shop, one: Collection, made: str, rules: Sequence[Rule]) -> dict[str, Any]:
    catalogue = shop.catalogue(engine.at())
    here = [item for item in one.items if item in catalogue]
    pictures = [url for item in here[: 6 * FACES] if (url := cards.picture_url(catalogue.item(item)))][:FACES]
    note = [one.note] if one.note else []
    spoken = [f"{text.count(len(rules), 'rule')} about it"] if rules else []
    gone = [f"{text.count(len(one) - len(here))} not in the shop any more"] if len(here) < len(one) else []
    back = {"act": "back", "label": "Put it back", "icon": "plus"}
    return {
        "id": one.id, "title": one.name, "brand": text.count(len(one), "product"), "initial": one.name[:1].upper(),
        "images": pictures, "open": f"Open {one.name}",
        "href": "" if made == "out" else address.link("map", mode=MODE.lower(), collection=one.id),
        "alt": one.name, "badges": [list(MADE[made])] if made else [], "dim": made == "out",
        "tools": [back] if made == "out" else [], "note": " · ".join([*note, *spoken, *gone]),
    }  # fmt: skip


def _follow() -> None:
    sent = parts.event(SHELF)
    id = str(sent.get("id", ""))
    if sent.get("type") == "back":
        if keeping.drafted().get(id) == "out":
            keeping.doing(lambda: keeping.put_back(id))
    elif id in keeping.known():
        open_one(id)


# -- one of them ---------------------------------------------------------------------------------------------------


def one(shop: Shop, of: Collection) -> None:
    """A collection opened: its name, what can be done with it, and its products."""
    st.button("All collections", key="collection-back", type="tertiary", icon=":material/arrow_back:",
              on_click=open_one, args=("",))  # fmt: skip
    catalogue = shop.catalogue(engine.at())
    here = [item for item in of.items if item in catalogue]
    lost = [item for item in of.items if item not in catalogue]
    made = keeping.drafted().get(of.id, "")
    mark = f'<span class="state draft">{MADE[made][1]}</span>' if made else ""
    note = f'<p class="lede">{text.markup(of.note)}</p>' if of.note else ""
    count = text.count(len(of), "product")
    st.html(
        f'<div class="collection"><h2>{text.markup(of.name)}</h2><p class="aside">'
        f"{text.markup(count[:1].upper() + count[1:])} {mark}</p>{note}</div>"
    )
    with st.container(key="collection-deeds", horizontal=True, vertical_alignment="center", gap="small"):
        if here:
            deeds.row(shop, here, "collection", of=of)
        finder.finder("collection-add", lambda item: keeping.doing(lambda: keeping.add(of.id, [item])),
                      opens=cards.PRODUCT, label="Put a product in", key="collection-find", lazy=True)  # fmt: skip
        _fill(of)
        _rename(of)
        _drop(of)
    rules = keeping.speaking(keeping.standing()).get(of.id, [])
    if rules:
        lines = "".join(
            f'<li><a href="/curation-rules?rule={text.markup(rule.id)}" target="_self">'
            f"{text.markup(documents.rule_sentence(rule))}</a></li>"
            for rule in rules
        )
        st.html(f'<ul class="spoken" aria-label="Rules about it">{lines}</ul>')
    if lost:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="collection-lost"):
            states.said(f"Not in the shop any more: {text.listed(lost[:5])}"
                        f"{f' and {len(lost) - 5} more' if len(lost) > 5 else ''}.", "warn")  # fmt: skip
            st.button("Take these out", key="collection-lost-out", type="tertiary",
                      on_click=lambda: keeping.doing(lambda: keeping.take_out(of.id, lost)))  # fmt: skip
    if here:
        selection.about(shop, here, of=of)
    else:
        states.empty("Nothing in it yet", "Put products in by name, or choose some on the map or in the catalogue.")


def _fill(of: Collection) -> None:
    """What is chosen on the map goes into this one."""
    chosen = atlas.chosen()
    fresh = [item for item in chosen if item not in of.items]
    if fresh:
        st.button(f"Put in the {text.count(len(fresh))} chosen on the map", key="collection-fill", type="tertiary",
                  icon=":material/add:", on_click=lambda: keeping.doing(lambda: keeping.add(of.id, fresh)))  # fmt: skip


def _rename(of: Collection) -> None:
    sheet = st.popover("Rename", icon=":material/edit:", key=f"collection-rename-{of.name}", type="tertiary",
                       on_change="rerun")  # fmt: skip
    if not sheet.open:
        return
    with sheet, st.container(width=330), st.form("collection:rename", border=False):
        st.text_input("Name", value=of.name, key=f"collection:name:{of.id}", max_chars=LONGEST_NAME)
        st.text_input("Note", value=of.note, key=f"collection:note:{of.id}", max_chars=LONGEST_NOTE,
                      placeholder="What it is for")  # fmt: skip
        st.form_submit_button("Into my draft", type="primary", width="stretch", on_click=_named, args=(of.id,))


def _named(id: str) -> None:
    typed = [str(st.session_state.get(f"collection:{what}:{id}") or "") for what in ("name", "note")]
    keeping.doing(lambda: keeping.rename(id, *typed))


def _drop(of: Collection) -> None:
    sheet = st.popover("Take away", icon=":material/delete:", key="collection-drop", type="tertiary", on_change="rerun")
    if not sheet.open:
        return
    with sheet, st.container(width=330):
        rules = len(keeping.speaking(keeping.standing()).get(of.id, ()))
        then = f" {text.count(rules, 'rule')} about it will match nothing." if rules else ""
        st.caption(text.plain(f"Its {text.count(len(of), 'product')} stay in the shop.{then}"))
        st.button("Take the collection away", key="collection-drop-now", type="primary", width="stretch",
                  on_click=_dropped, args=(of,))  # fmt: skip


def _dropped(of: Collection) -> None:
    if keeping.doing(lambda: keeping.drop(of.id)):
        open_one("")
        st.session_state[keeping.SAID] = (f"“{of.name}” leaves with your draft. Undo brings it back.", "")

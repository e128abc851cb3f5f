"""What can be done with some products, wherever they were chosen: keep them, make a rule of them, try them, look at
them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from core.domain.catalogue import State
from core.domain.collections import LONGEST_NAME, LONGEST_NOTE, Collection
from core.domain.rules import KINDS
from core.domain.words import slug
from core.intake.export import csv_bytes
from core.shop import Shop
from pages.kit import atlas, engine, held, keeping, rule_form, states, text
from pages.kit.keeping import SAID

STORE = "deeds"
RULES = tuple(kind for kind in ("quota", "boost", "block", "keep", "pin_best") if kind in KINDS)
FEW = 40  # products that a rule may name one by one
LISTS = 50  # that the tuning lab makes at once
SURE = 0.6  # share of the products that must have a value for it to be in a proposed name
HEADER = ("id", "title", "house", "category", "type", "colour", "price", "currency", "state")
KEPT, NAMED = "As a collection", "One by one"


def row(
    shop: Shop, ids: Sequence[str], key: str, *, of: Collection | None = None, on_map: bool = False,
    after: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """The deeds side by side. key: its own for each place. of: the collection that these products are, if they are one.

    on_map: they are looked at on the map already. after: called once they are kept, or gone to a rule.
    """
    if of is None:
        keep(shop, ids, key, after)
    make_a_rule(shop, ids, key, of, after)
    if not on_map:
        why = of.name if of is not None else "Chosen in the Catalogue"
        st.button("Look at them on the map", key=f"{key}-map", icon=":material/scatter_plot:", type="tertiary",
                  on_click=_on_map, args=(tuple(ids), why))  # fmt: skip
    st.button("Try in Tuning", key=f"{key}-tuning", icon=":material/tune:", type="tertiary",
              help="Their lists under two strategies, side by side",
              on_click=_to_tuning, args=(tuple(ids),))  # fmt: skip
    st.download_button(
        "CSV", lambda: table(shop, ids), f"{slug(of.name if of is not None else 'chosen products', 'products')}.csv",
        "text/csv", key=f"{key}-csv", icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip


def bar(
    shop: Shop, ids: Sequence[str], key: str, let_go: Callable[[], None],
    more: tuple[str, Callable[[], None]] | None = None,
) -> None:  # fmt: skip
    """The deeds at the foot of the window, for products that were ticked one by one. more: how to choose many more."""
    with st.container(key="chosen-bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="chosen-count" role="status">{text.count(len(ids))} chosen</p>', width="content")
        st.button("Let go", key=f"{key}-none", type="tertiary", icon=":material/close:", on_click=let_go)
        row(shop, ids, key, after=let_go)
        if more is not None:
            st.button(text.plain(more[0]), key=f"{key}-all", type="tertiary", icon=":material/select_all:",
                      help="Choose everything that the page found", on_click=more[1])  # fmt: skip


# -- keep them -----------------------------------------------------------------------------------------------------


def keep(shop: Shop, ids: Sequence[str], key: str, after: Callable[[], None] | None) -> None:
    """The popover that makes a collection of them, or puts them into one."""
    sheet = st.popover("Save as collection", icon=":material/bookmark_add:", key=f"{key}-keep-{_turn(key)}",
                       on_change="rerun")  # fmt: skip
    if not sheet.open:
        return
    with sheet, st.container(width=330):
        collections, idea = keeping.known(), proposed(shop, ids)
        into = f"{key}:into"
        if st.session_state.get(into) not in ("", *collections):
            st.session_state[into] = ""
        if collections:
            names = {"": "A new collection", **{id: one.name for id, one in collections.items()}}
            st.selectbox("Into", list(names), format_func=names.__getitem__, key=into)
        with st.form(f"{key}:keep", border=False):
            if not st.session_state[into]:
                st.text_input("Name", key=f"{key}:name", max_chars=LONGEST_NAME, placeholder=idea or "Autumn window")
                st.text_input("Note", key=f"{key}:note", max_chars=LONGEST_NOTE, placeholder="What it is for")
            st.form_submit_button("Into my draft", type="primary", width="stretch",
                                  on_click=_keep, args=(tuple(ids), key, idea, after))  # fmt: skip
        st.caption(f"{text.count(len(ids), 'product')}, in this order. It is live when you publish your draft.")


def _keep(ids: tuple[str, ...], key: str, idea: str, after: Callable[[], None] | None) -> None:
    into = str(st.session_state.get(f"{key}:into") or "")

    def step() -> None:
        if into:
            fresh, name = keeping.add(into, ids), keeping.now()[into].name
            said = (
                f"{text.count(fresh, 'product')} more in “{name}”."
                if fresh
                else f"All of them are in “{name}” already."
            )
        else:
            made = keeping.make(_typed(key, "name") or idea, ids, _typed(key, "note"))
            said = f"“{made.name}” is in your draft, with {text.count(len(made), 'product')}."
        st.session_state[SAID] = (said, "")

    if keeping.doing(step):
        _done(key, after)


# -- make a rule ---------------------------------------------------------------------------------------------------


def make_a_rule(
    shop: Shop, ids: Sequence[str], key: str, of: Collection | None, after: Callable[[], None] | None
) -> None:  # fmt: skip
    """The popover that begins a rule about them: as a collection, which can grow, or each by its name."""
    sheet = st.popover("Make a rule", icon=":material/gavel:", key=f"{key}-rule-{_turn(key)}", on_change="rerun")
    if not sheet.open:
        return
    with sheet, st.container(width=330):
        st.radio("What it does", RULES, format_func=rule_form.KIND_LABELS.__getitem__, key=f"{key}:kind")
        states.said(rule_form.WHAT[st.session_state[f"{key}:kind"]])
        idea = proposed(shop, ids) if of is None else ""
        same = None if of is not None else _kept_as(ids)
        if of is None:
            few = len(ids) <= FEW
            if few:
                st.segmented_control("Its products", (KEPT, NAMED), key=f"{key}:how", required=True, default=KEPT)
            one_by_one = few and st.session_state.get(f"{key}:how") == NAMED
            if same is not None and not one_by_one:
                states.said(f"About the collection “{same.name}”, which holds just these.")
            elif not one_by_one:
                st.text_input("Name of the collection", key=f"{key}:rule-name", max_chars=LONGEST_NAME,
                              placeholder=idea or "Autumn window",
                              help="Put more into it later, and the rule is about those too.")  # fmt: skip
        st.button("Write the rule", key=f"{key}-write", type="primary", width="stretch",
                  on_click=_write, args=(tuple(ids), key, getattr(of or same, "id", ""), idea, after))  # fmt: skip


def _kept_as(ids: Sequence[str]) -> Collection | None:
    """The collection that holds just these products, if there is one."""
    return next((one for one in keeping.known().values() if set(one.items) == set(ids)), None)


def _write(ids: tuple[str, ...], key: str, of: str, idea: str, after: Callable[[], None] | None) -> None:
    kind = str(st.session_state.get(f"{key}:kind") or RULES[0])
    if kind not in RULES:
        return
    one_by_one = len(ids) <= FEW and st.session_state.get(f"{key}:how") == NAMED

    def step() -> None:
        chosen = "" if one_by_one else of or keeping.make(_typed(key, "rule-name") or idea, ids).id
        rule_form.begin(kind, items=list(ids) if one_by_one else [], collections=[chosen] if chosen else [])
        st.session_state["kit:go"] = ("curation_rules.py", {})

    if keeping.doing(step):
        _done(key, after)


# -- elsewhere -----------------------------------------------------------------------------------------------------


def _on_map(ids: tuple[str, ...], why: str) -> None:
    atlas.look_at(ids, why)
    st.session_state["kit:go"] = ("map.py", {})


def _to_tuning(ids: tuple[str, ...]) -> None:
    st.session_state["kit:go"] = ("tuning.py", {"mode": "ab", "anchors": ",".join(evenly(ids, LISTS))})


def evenly(ids: Sequence[str], most: int) -> list[str]:
    """At most so many of the products that have a list, in even steps.

    Those that cannot be sold are left out, unless none can.
    """
    shop = engine.shop()
    catalogue = shop.catalogue(engine.at())
    rows = catalogue.rows([item for item in ids if item in catalogue])
    live = rows[np.asarray(catalogue.states(engine.moment()) == State.LIVE)[rows]]
    found = live if len(live) else rows
    if len(found) > most:
        found = found[np.linspace(0, len(found) - 1, most).astype(np.int64)]
    return [catalogue.ids[row] for row in found.tolist()]


def table(shop: Shop, ids: Sequence[str]) -> bytes:
    """The products as CSV, in their order; one that has left the catalogue keeps its id."""
    catalogue, at = shop.catalogue(engine.at()), engine.moment()

    def cells(id: str) -> list[object]:
        if id not in catalogue:
            return [id, *[""] * (len(HEADER) - 2), "not in the catalogue"]
        item = catalogue.item(id)
        price = "" if item.price is None else item.price / 10 ** text.MINOR_DIGITS.get(item.currency or "", 2)
        return [
            id, item.title, item.brand, " > ".join(item.category), item.type, ", ".join(item.colour), price,
            item.currency, str(item.state(at)),
        ]  # fmt: skip

    return csv_bytes(HEADER, (cells(id) for id in ids))


# -- words ---------------------------------------------------------------------------------------------------------


def proposed(shop: Shop, ids: Sequence[str]) -> str:
    """A name for these products, from what most of them share; "" where that is nothing, or the name is taken.

    "Black bags of Aurel"
    """
    known = shop.catalogue(engine.at())
    found = shop.atlas.statistics([item for item in ids if item in known], engine.moment())
    shared = {}
    for field, values in found.fields.items():
        value, n = next(iter(values.items()), ("", 0))
        if n >= SURE * len(found):
            shared[field] = value
    thing = shared.get("type") or _deepest(found.fields.get("category", {}), len(found))
    if not (thing or shared.get("brand")):
        return ""
    words = [shared.get("colour", ""), (thing or "products").lower() if shared.get("colour") else thing or "Products"]
    name = " ".join(filter(None, words)) + (f" of {shared['brand']}" if "brand" in shared else "")
    name = (name[:1].upper() + name[1:])[:LONGEST_NAME]
    taken = {one.name.casefold() for one in keeping.known().values()}
    number = 2
    free = name
    while free.casefold() in taken:
        free, number = f"{name} {number}"[:LONGEST_NAME], number + 1
    return free


def _deepest(categories: dict[str, int] | object, size: int) -> str:
    """Of the categories that most are in, the one with the fewest: paths count at every level."""
    if not isinstance(categories, dict):
        return ""
    shared = [(n, value) for value, n in categories.items() if n >= SURE * size]
    return min(shared)[1] if shared else ""


def _typed(key: str, name: str) -> str:
    return " ".join(str(st.session_state.get(f"{key}:{name}") or "").split())


def _turn(key: str) -> int:
    """How often something was done here: a popover with another key is closed again."""
    return int(held.of(STORE).get(key, 0))


def _done(key: str, after: Callable[[], None] | None) -> None:
    held.put(STORE, **{key: _turn(key) + 1})
    for name in ("name", "note", "rule-name", "into"):
        st.session_state.pop(f"{key}:{name}", None)
    if after is not None:
        after()

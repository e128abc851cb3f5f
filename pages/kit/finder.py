"""Another product: found by name, house or id, in a popover."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.kit import cards, engine, parts, states

MOST = 9


def finder(
    page: str,
    choose: Callable[[str], None],
    *,
    opens: str,
    label: str = "Another product",
    key: str = "finder",
    lazy: bool = False,
) -> None:
    """The popover. `choose` is called with the id that was picked; `opens` is the page that the cards link to.

    key: its own on a page that has several.    lazy: what is in it is made once it is opened, for a page that is
    redrawn while a slider moves.
    """
    popover = st.popover(label, icon=":material/search:", key=key, on_change="rerun" if lazy else "ignore")
    if lazy and not popover.open:
        return
    with popover:
        st.text_input(
            "Find a product", key=_key(page, "find"), placeholder="Name, house or id", max_chars=200,
            icon=":material/search:", width=460,
        )  # fmt: skip
        _matches(page, choose, opens)


@st.fragment
@states.guarded
def _matches(page: str, choose: Callable[[str], None], opens: str) -> None:
    catalogue = engine.shop().catalogue(engine.at())
    words = str(st.session_state.get(_key(page, "find")) or "").strip()
    found = engine.find(words, MOST)
    if not found:
        states.said("No product answers to that.")
        return
    at = engine.moment()

    def picked() -> None:
        sent = parts.event(_key(page, "pick"))
        if sent.get("id") in engine.shop().catalogue():
            st.session_state[_key(page, "find")] = ""
            st.session_state["kit:again"] = True
            choose(sent["id"])

    parts.rail(
        [cards.card(catalogue.item(one), at=at, tools=(), opens=opens) for one in found],
        key=_key(page, "pick"), label="Products found", layout="grid", size="small", on_action=picked,
    )  # fmt: skip
    if st.session_state.pop("kit:again", False):
        st.rerun()


def _key(page: str, what: str) -> str:
    return f"{page}:{what}"

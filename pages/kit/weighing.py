"""What the panels of weights have in common: how what is tried stands, what can be done with it, and their sliders."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.kit import text

LIVE, DRAFT, TRYING = "live", "draft", "trying"
WORDS = {LIVE: "Live", DRAFT: "In draft", TRYING: "Trying (only you)"}


def title(words: str, tried: object | None, differs: bool, draft: object | None) -> str:
    """The heading of a panel and how what is tried stands, which is returned.

    tried: None where it makes no sense.    differs: from what is live.    draft: what this person's draft says, if any.
    """
    kind = LIVE if not differs else DRAFT if draft is not None and tried == draft else TRYING
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.subheader(words, anchor=False, width="content")
        st.html(f'<span class="state {kind}" role="status">{WORDS[kind]}</span>', width="content")
    return kind


def deeds(
    kind: str,
    *,
    makes_sense: bool,
    waits: bool,
    prefix: str,
    why: str,
    then: str,
    seen: str,
    reset: Callable[[], None],
    keep: Callable[[], None],
    publish: Callable[[], None],
    take_up: Callable[[], None],
) -> None:
    """What can be done with what is tried: one line in every state, so that the first slider stays under the hand.

    makes_sense: whether it can be kept.    waits: whether a draft can be taken up.    why: key of the comment.
    prefix: of the keys of the buttons.    then: Markdown that says what becomes of making it live.    seen: what is
    said where there is nothing to do.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="weight-actions"):
        if kind != LIVE:
            st.button("Reset", key=f"{prefix}reset", type="tertiary", on_click=reset, help="Back to what is live")
            if makes_sense and kind == TRYING:
                st.button("Keep as draft", key=f"{prefix}draft", type="tertiary", on_click=keep)
            if makes_sense:
                with st.popover("Make live", type="tertiary", key=f"{prefix}make-live"):
                    st.markdown(then)
                    st.text_input("Why", key=why, max_chars=200, placeholder="Asked by the house")
                    st.button("Make live", key=f"{prefix}publish", type="primary", on_click=publish, width="stretch")
        elif waits:
            st.button("Take up my draft", key=f"{prefix}take_draft", type="tertiary", on_click=take_up)
        else:
            st.html(f'<p class="aside">{text.markup(seen)}</p>', width="content")


def slider(words: str, now: int, said: str, help: str, key: str, write: Callable[[int], None]) -> None:
    """A slider from 0 to 100 under its name and what it comes to. write: keeps what it was moved to."""
    st.html(
        f'<div class="share" aria-hidden="true" title="{text.markup(help)}"><b>{text.markup(words)}</b>'
        f"<span>{text.markup(said)}</span></div>"
    )
    st.session_state[key] = now
    st.slider(
        words, 0, 100, key=key, label_visibility="collapsed", on_change=lambda: write(int(st.session_state[key]))
    )  # fmt: skip

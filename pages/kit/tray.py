"""The draft in the head of every page: what is changed and not yet live, one step back, and the way to publish it."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from core.curation.desk import Desk
from core.domain.changes import ChangeSet
from core.domain.errors import ShopError
from pages.kit import engine, session, text

SAID = "tray:said"


def desk() -> Desk | None:
    """The desk of whoever is there; None until a name is known."""
    studio, who = engine.studio(), session.current().who
    return Desk(studio, who) if studio is not None and who else None


def tray(*, at_the_desk: bool = False) -> None:
    """One quiet strip while a draft holds something; nothing otherwise. at_the_desk: this is the page it leads to."""
    mine = desk()
    draft = mine.draft() if mine is not None else None
    if mine is None or draft is None or not draft.edits:
        return
    if said := st.session_state.pop(SAID, None):
        st.html(f'<p class="said warn" role="alert">{text.markup(said)}</p>')
    with st.container(key="tray", horizontal=True, vertical_alignment="center", gap="small"):
        label = f"{draft.name} · {text.count(len(draft), 'change')}"
        with st.popover(text.plain(label), icon=":material/edit_note:", key="tray-steps", type="tertiary"):
            _steps(mine, draft)
        st.html('<span class="tray-aside">not live yet</span>', width="stretch")
        st.button("Undo", key="tray-undo", type="tertiary", icon=":material/undo:", on_click=_undo,
                  help="Take back the last step")  # fmt: skip
        if at_the_desk:
            return
        st.page_link("publish.py", label="Measure", icon=":material/monitoring:", query_params={"measure": "1"})
        st.page_link("publish.py", label="Publish", icon=":material/publish:")


def _steps(mine: Desk, draft: ChangeSet) -> None:
    """The steps of the draft in the order they were made, and the other drafts of this person."""
    steps = [[edit.says for edit in edits] for _, edits in groupby(draft.edits, key=lambda edit: edit.step)]
    lines = "".join(f"<li>{text.markup(said[0])}{_and_more(said)}</li>" for said in steps)
    st.html(f'<ol class="steps" aria-label="Steps of the draft">{lines}</ol>')
    st.session_state["control:draft-name"] = draft.name
    st.text_input("Name of the draft", key="control:draft-name", max_chars=60, on_change=_rename)
    others = [one.name for one in mine.drafts() if one.name != draft.name and one.edits]
    for number, name in enumerate(others):
        st.button(f"Go on with {text.plain(name)}", key=f"tray-other-{number}", type="tertiary",
                  on_click=_work_on, args=(name,))  # fmt: skip


def _and_more(said: list[str]) -> str:
    """How many edits were made at once with the first one."""
    return f' <i class="aside">and {len(said) - 1} more at once</i>' if len(said) > 1 else ""


def _undo() -> None:
    if (mine := desk()) is not None:
        _doing(lambda: mine.undo(engine.now()))


def _rename() -> None:
    name = str(st.session_state.get("control:draft-name") or "")
    if (mine := desk()) is not None and name.strip():
        _doing(lambda: mine.rename(name, engine.now()))


def _work_on(name: str) -> None:
    if (mine := desk()) is not None:
        _doing(lambda: mine.work_on(name))


def _doing(step) -> None:
    """A step of a callback; what a person can put right is said beside the tray."""
    try:
        step()
    except ShopError as error:
        st.session_state[SAID] = error.message

"""The style quiz of a first visit: taken as a shopper takes it, and edited as data, in the draft."""

from __future__ import annotations

import streamlit as st

from core.domain.changes import Documents
from core.domain.quiz import Quiz
from pages.kit import engine, held, quiz_form, quiz_taking, rule_book, states, text, tray

PAGE, TAKE, EDIT = "quiz:page", "Take it", "Edit it"


def panel() -> None:
    """The part of New Arrivals that is about a shopper's first visit."""
    standing = documents()
    quiz = quiz_form.standing_quiz(standing)
    if said := st.session_state.pop(rule_book.SAID, None):
        states.said(*said)
    if quiz is None and not quiz_form.opened():
        nothing_yet()
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="quiz-bar"):
        st.segmented_control("Quiz", (TAKE, EDIT), label_visibility="collapsed", required=True,
                             **held.bound(PAGE, "mode", TAKE))  # fmt: skip
        if made := drafted(quiz, standing):
            st.html(f'<p class="aside">{text.markup(made)}</p>', width="content")
    if held.of(PAGE).get("mode", TAKE) == EDIT:
        quiz_form.show(standing)
        return
    written, wrong = quiz_form.written()
    if wrong:
        states.said(f"The quiz being edited cannot be taken yet. {wrong}", "warn")
    shown = written or quiz
    if shown is None:
        return
    if written is not None and written != quiz:
        states.said("With what you are editing, which is not in your draft yet.")
    if shown.off:
        states.said("It is switched off: nobody is asked. Here it is tried all the same.")
    quiz_taking.show(shown, {**standing, quiz_form.KEY: shown.changed(off=False).as_json()})


def documents() -> Documents:
    """All documents with the draft of whoever is here; the live ones for somebody without a name."""
    desk = tray.desk()
    return desk.draft().applied(engine.published()) if desk is not None else engine.published()


def drafted(quiz: Quiz | None, standing: Documents) -> str:
    """What the draft makes of the quiz; "" where it stands as published."""
    live = engine.published().get(quiz_form.KEY)
    if standing.get(quiz_form.KEY) == live:
        return ""
    if quiz is None:
        return "Taken out in your draft"
    return "New in your draft" if live is None else "Changed in your draft"


def nothing_yet() -> None:
    states.empty(
        "No quiz yet", "A few questions on a first visit: answers narrow what is shown, and point at styles, which are "
        "products that you choose. Without it, whoever is new sees what is trending.",
    )  # fmt: skip
    with st.container(horizontal=True, horizontal_alignment="center", key="first-quiz"):
        st.button("Begin with a proposal", key="quiz:propose", type="primary", on_click=_propose)
        st.button("Begin from nothing", key="quiz:blank", on_click=_blank)


def _propose() -> None:
    quiz_form.edit(engine.shop().proposed_quiz(engine.at()))
    held.put(PAGE, mode=EDIT)


def _blank() -> None:
    quiz_form.edit(Quiz())
    held.put(PAGE, mode=EDIT)

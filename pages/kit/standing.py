"""One product in the list of a shopper: why it stands there, why it does not, and what it would take."""

from __future__ import annotations

import json

import streamlit as st

from core.curation.desk import Desk
from core.domain.changes import Documents, Key
from core.domain.errors import ShopError
from core.domain.query import Request
from core.domain.rules import Rule
from core.lab.takes import Answer, Change
from pages.kit import answers, cards, documents, drafting, engine, finder, held, hybrid, personas, states, text

ABOUT, TOOK, SAID = "standing:about", "standing:took", "standing:said"
MOST = 6  # ways that are shown


def about(item: str) -> None:
    """The panel is about this product from now on."""
    st.session_state[ABOUT] = item
    st.session_state.pop(TOOK, None)


def panel(asked: Request, draft: Documents | None) -> None:
    """The panel. asked: the list it is about, `draft` as in `recommend`."""
    with st.expander("Why, why not, and what would it take", expanded=True, key="answers", type="compact"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            finder.finder("standing", about, opens=cards.PRODUCT, label="Name any product", key="standing-find",
                          lazy=True)  # fmt: skip
            st.html(
                '<p class="aside">Any product of the shop, in the list or not. On a card, the question mark asks too.'
                "</p>",
                width="stretch",
            )
        item = st.session_state.get(ABOUT)
        catalogue = engine.shop().catalogue(engine.at())
        if item is None or item not in catalogue:
            return
        found = engine.shop().explain(asked, item, draft=draft)
        answers.head(catalogue.item(item), found)
        if found.score is not None or found.attributes:
            with st.container(key="answer-columns"):
                left, right = st.columns([1, 1.25], gap="large")
            with left:
                if found.score is not None and found.contributions:
                    st.html(answers.sums(found))
            with right:
                if found.attributes:
                    st.html(answers.attributes(found))
        if found.interest is not None:
            _takes(asked, item, "out" if found.placed is not None else "in", draft)


def _takes(asked: Request, item: str, goal: str, draft: Documents | None) -> None:
    """The smallest change that brings it in, or keeps it out; worked out when asked for."""
    who = json.dumps(held.of(personas.STORE), sort_keys=True, default=str)
    mark = (who, item, goal, asked.k, asked.strategy, draft, engine.shop().view(engine.at()).versions)
    label = "What would bring it in" if goal == "in" else "What would keep it out"
    if st.button(label, key="standing:go", icon=":material/lightbulb:"):
        with st.spinner("Trying settings, and asking the list itself"):
            answer = engine.shop().what_would_it_take(asked, item, goal=goal, every=True, draft=draft)
        st.session_state[TOOK] = (mark, answer)
    if said := st.session_state.pop(SAID, None):
        states.said(*said)
    took = st.session_state.get(TOOK)
    if took is None or took[0] != mark:
        return
    answer: Answer = took[1]
    ways = {change.text for change in answer.changes}
    told = [one for one in answer.said if one not in ways] or ["The smallest change stands first."]
    st.html(f'<p class="answer" role="status">{text.markup(" ".join(told))}</p>')
    for number, change in enumerate(answer.changes[:MOST]):
        _way(number, change, item)
    if answer.changes:
        states.said("Each of these was tried: the list was made anew and the place read off it.")


def _way(number: int, change: Change, item: str) -> None:
    with st.container(key=f"way-{number}", horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute", gap="small"):  # fmt: skip
        st.html(f'<p class="way">{text.markup(change.text)}</p>', width="stretch")
        with st.container(horizontal=True, width="content", gap="small"):
            if change.strategy is not None:
                st.button("Try it", key=f"way-try-{number}", type="tertiary", on_click=hybrid.take_up,
                          args=(change.strategy,))  # fmt: skip
            if change.strategy is not None or change.rule is not None or change.drop is not None:
                st.button("Into my draft", key=f"way-draft-{number}", type="tertiary", on_click=_adopt, args=(change,))
            if change.facts is not None:
                st.page_link("product.py", label="Open the product", query_params={"item": item})
    with st.expander(f"The list then, {len(change.ids)} places", key=f"way-list-{number}", on_change="rerun",
                     type="compact") as fold:  # fmt: skip
        if fold.open:
            answers.show(change.ids, item, f"standing:list:{number}")


def _adopt(change: Change) -> None:
    """One change into this person's draft."""
    try:
        desk = Desk(engine.shop().studio, engine.who())
        if change.strategy is not None:
            drafting.keep(hybrid.KEY, change.strategy.as_json())
        elif change.rule is not None:
            rule = Rule.from_json(change.rule)
            key = Key("rule", rule.id)
            desk.edit(key, rule.as_json(), says=documents.lines(key, rule.as_json())[0], at=engine.now())
        elif change.drop is not None:
            desk.edit(Key("rule", change.drop), None, says=f"Rule {change.drop} taken out.", at=engine.now())
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
    else:
        st.session_state[SAID] = ("It is in your draft.", "")
        st.session_state["kit:again"] = True

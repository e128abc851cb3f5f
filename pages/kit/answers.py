"""Answers about one product in one list: why it stands there, why it does not, and what it would take."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.curation.desk import Desk
from core.domain.catalogue import Item
from core.domain.changes import Documents, Key
from core.domain.errors import ShopError
from core.domain.query import Request
from core.domain.rules import Rule
from core.domain.strategy import SIGNALS
from core.lab.takes import Answer, Change
from core.lab.why import DIFFERS, LIKE, SAME, Attribute, Explanation
from pages.kit import cards, documents, engine, finder, parts, sides, states, text

ASK = "ask"
TOOL = {"act": ASK, "label": "Why, and what would it take", "icon": "why"}
ABOUT, RIVALS, SAID = "answers:about", "answers:rivals", "answers:said"
GOALS = {"in": "Bring it in", "out": "Keep it out"}
PLACES = (3, 5, 10, 20)
STATES = {SAME: "the same", LIKE: "alike", DIFFERS: "differs"}
WORDS_TOLD = 8


def about(item: str) -> None:
    """The panel is about this product from now on."""
    st.session_state[ABOUT] = item
    st.session_state.pop("answers:took", None)


def panel(asked: Request, draft: Documents | None = None, whose: str = "") -> None:
    """The panel. asked: the list it is about, `draft` as in `recommend`; whose: what it is called, among several."""
    with st.expander("Why, why not, and what would it take", expanded=True, key="answers", type="compact"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            finder.finder("answers", about, opens=cards.PRODUCT, label="Name any product", key="answers-find",
                          lazy=True)  # fmt: skip
            about_list = f"Asked of {text.markup(whose)}. " if whose else ""
            st.html(
                f'<p class="aside">{about_list}Any product of the shop, in the list or not. On a card, the question '
                "mark asks too.</p>",
                width="stretch",
            )
        item = st.session_state.get(ABOUT)
        catalogue = engine.shop().catalogue(engine.at())
        if item is None or item not in catalogue:
            return
        if item == asked.anchor:
            states.said("It is the product itself. Name another one.")
            return
        found = engine.shop().explain(asked, item, draft=draft)
        head(catalogue.item(item), found)
        reasons(found)
        what_it_takes(asked, found, draft)


def head(item: Item, found: Explanation) -> None:
    """Which product, and the answer in sentences."""
    picture = cards.picture_url(item)
    initial = text.markup((text.house(item) or text.title(item))[:1].upper())
    shot = f'<img src="{picture}" alt="">' if picture else f'<span aria-hidden="true">{initial}</span>'
    safe = (
        f'<p class="quote">“{text.markup(found.safe_reason)}.” <span class="aside">A shopper may read this.</span></p>'
        if found.safe_reason
        else ""
    )
    st.html(
        f'<div class="anchor small" id="answer"><div class="portrait">{shot}</div><div>'
        f'<p class="anchor-title">{text.markup(text.title(item))}</p>'
        f'<p class="answer" role="status">{_sentence(" ".join(found.said))}</p>{safe}</div></div>'
    )
    if found.why_not is not None and found.why_not.lost_to:
        catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
        st.html('<p class="by">What it lost to</p>')
        parts.rail(
            [
                cards.card(catalogue.item(one.id), at=at, place=one.place, note=one.why.capitalize())
                for one in found.why_not.lost_to
            ],
            key=RIVALS, label="What it lost to", size="small", on_action=lambda: follow(RIVALS),
        )  # fmt: skip


def _sentence(said: str) -> str:
    """A sentence of the engine for a page: a number stays on the line of its sign."""
    return text.markup(said.replace(" %", f"{text.NBSP}%"))


def follow(key: str) -> None:
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def reasons(found: Explanation) -> None:
    """Parts of the score that add up, what the two share and what differs, and the words that made them close."""
    with st.container(key="answer-columns"):
        left, middle, right = st.columns([1, 1.25, 0.9], gap="large")
    with left:
        if found.score is not None:
            st.html(sums(found))
    with middle:
        st.html(attributes(found))
    with right:
        st.html(words(found))


def sums(found: Explanation) -> str:
    """The score as a sum: what is shown adds up to what is shown."""
    order = ("base", *SIGNALS, "boost")
    names = sorted(found.contributions, key=lambda name: order.index(name) if name in order else len(order))
    values = [found.contributions[name] for name in names]
    assert found.score is not None
    shown = text.rounded(values, found.score, 2)
    most = max((abs(value) for value in values), default=0) or 1
    lines = "".join(
        f"<tr><th scope='row'>{text.markup(text.part_name(name))}</th><td class='bars' aria-hidden='true'>"
        f"<span class='bar'><i class='{'minus' if value < 0 else 'plus'}' "
        f"style='width:{min(50.0, 50 * abs(value) / most):.1f}%'></i></span></td>"
        f"<td class='value' data-exact='{value!r}'>{text.signed(tidy)}</td></tr>"
        for name, value, tidy in zip(names, values, shown, strict=True)
        if not (name in ("base", "boost") and round(value, 9) == 0 and tidy == 0)
    )
    total = text.signed(round(found.score, 2))
    return (
        f'<table class="parts-sum"><caption>What adds up</caption><tbody>{lines}</tbody><tfoot><tr>'
        f"<th scope='row'>Score</th><td></td><td class='value' data-exact='{found.score!r}'>{total}</td></tr>"
        "</tfoot></table>"
    )


def attributes(found: Explanation) -> str:
    """What the two share and where they differ, line by line."""
    catalogue = engine.shop().catalogue(engine.at())
    pair = [catalogue.item(one) for one in (found.item, found.anchor) if one is not None]
    beside = "Beside" if found.anchor is not None else "Their taste"

    def values(one: Attribute) -> list[str]:
        if one.field == "price" and found.anchor is None:
            usual = float(one.anchor.split()[0].replace(",", ""))  # of a taste, which is no product
            return [text.money(pair[0].price, pair[0].currency), text.money(round(100 * usual), pair[0].currency)]
        if one.field == "price":
            return [text.money(item.price, item.currency) for item in pair]
        return [one.item, one.anchor]

    known = [one for one in found.attributes if one.state in STATES]
    if not known:
        return '<p class="aside">Nothing is known of both to compare.</p>'
    lines = "".join(
        f"<tr class='{one.state}'><th scope='row'>{text.markup(one.name)}</th>"
        + (
            f"<td colspan='2'>{text.markup(values(one)[0])}</td>"
            if one.state == SAME
            else f"<td>{text.markup(values(one)[0])}</td><td class='mute'>{text.markup(values(one)[1])}</td>"
        )
        + "</tr>"
        for one in known
    )
    return (
        '<table class="plain-table shared"><caption>Shared and differing</caption><thead><tr><th scope="col"></th>'
        f'<th scope="col">This one</th><th scope="col">{beside}</th></tr></thead><tbody>{lines}</tbody></table>'
    )


def words(found: Explanation) -> str:
    """The words that made the two close: longer is more."""
    close = found.words
    told = [one for one in close.words if one.loss > 0][:WORDS_TOLD]
    note = f'<p class="aside">{text.markup(close.note)}</p>' if close.note else ""
    if not told:
        said = "" if close.note else '<p class="aside">No single word makes the two close.</p>'
        return f'<p class="by">The words that made them close</p>{said}{note}'
    most = told[0].loss
    lines = "".join(
        f"<li><b>{text.markup(one.word)}</b><i style='width:{max(4.0, 100 * one.loss / most):.0f}%'></i></li>"
        for one in told
    )
    return f'<p class="by">The words that made them close</p><ul class="word-bars">{lines}</ul>{note}'


# -- what would it take ------------------------------------------------------------------------------------------------


def what_it_takes(asked: Request, found: Explanation, draft: Documents | None) -> None:
    """The smallest change that brings it in or keeps it out, worked out on demand and adopted with one click."""
    st.html('<p class="by">What would it take</p>')
    me = st.session_state.get("answers:took")
    goal_now = "out" if found.placed is not None else "in"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="answers-take"):
        places = sorted({*PLACES, asked.k})
        if st.session_state.get("answers:k") not in places:
            st.session_state["answers:k"] = asked.k
        k = st.selectbox("Places", places, key="answers:k", width=150, label_visibility="collapsed",
                         format_func=lambda n: f"the first {n}")  # fmt: skip
        if st.session_state.get("answers:for") != (asked.anchor, found.item, goal_now):
            st.session_state["answers:for"] = (asked.anchor, found.item, goal_now)
            st.session_state["answers:goal"] = goal_now
        goal = st.segmented_control("Goal", list(GOALS), format_func=GOALS.get, key="answers:goal", required=True,
                                    label_visibility="collapsed", width="content")  # fmt: skip
        mark = (asked.changed(k=int(k)), found.item, goal, draft, engine.shop().view(engine.at()).versions)
        if st.button("Work it out", key="answers:go", type="primary"):
            with st.spinner("Trying settings, and asking the list itself"):
                answer = engine.shop().what_would_it_take(
                    asked.changed(k=int(k)), found.item, goal=str(goal), every=True, draft=draft
                )
            me = st.session_state["answers:took"] = (mark, answer)
    states.told(SAID)
    if me is None or me[0] != mark:
        return
    answer: Answer = me[1]
    ways = {change.text for change in answer.changes}
    told = [one for one in answer.said if one not in ways] or ["The smallest change stands first."]
    st.html(f'<p class="answer" role="status">{_sentence(" ".join(told))}</p>')
    for number, change in enumerate(answer.changes[:6]):
        one_change(number, change, answer)
    if answer.changes:
        states.said("Each of these was tried: the list was made anew and the place read off it.")


def one_change(number: int, change: Change, answer: Answer) -> None:
    """One way, with what it comes to, and how to take it up."""
    with st.container(key=f"way-{number}", horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute", gap="small"):  # fmt: skip
        st.html(f'<p class="way">{_sentence(change.text)}</p>', width="stretch")
        with st.container(horizontal=True, width="content", gap="small"):
            if change.strategy is not None:
                st.button("Try it", key=f"way-try-{number}", type="tertiary",
                          on_click=sides.try_out, args=(change.strategy,))  # fmt: skip
            if change.strategy is not None or change.rule is not None or change.drop is not None:
                st.button("Into my draft", key=f"way-draft-{number}", type="tertiary",
                          on_click=_adopt, args=(change, answer.anchor))  # fmt: skip
            if change.facts is not None:
                st.page_link("product.py", label="Open the product", query_params={"item": answer.item})
    with st.expander(f"The list then, {len(change.ids)} places", key=f"way-list-{number}", on_change="rerun",
                     type="compact") as fold:  # fmt: skip
        if fold.open:
            show(change.ids, answer.item, f"answers:list:{number}")


def show(ids: Sequence[str], marked: str, key: str) -> None:
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    parts.rail(
        [
            cards.card(
                catalogue.item(one), at=at, place=place, badges=[("accent", "Here")] if one == marked else ()
            )
            for place, one in enumerate(ids, 1)
        ],
        key=key, label="The list then", size="small", on_action=lambda: follow(key),
    )  # fmt: skip


def _adopt(change: Change, anchor: str) -> None:
    """One change into this person's draft."""
    try:
        desk = Desk(engine.shop().studio, engine.who())
        if change.strategy is not None:
            key = sides.place_around(anchor, desk.standing())
            plain = change.strategy.as_json()
            desk.edit(key, plain, says=documents.lines(key, plain)[0], at=engine.now())
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

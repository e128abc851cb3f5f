"""Taking the quiz: its questions as a shopper sees them, the first list, its ladder, and what each answer moved."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.changes import Documents
from core.domain.listing import Listing, Origin
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.quiz import MULTI, PICTURE, Question, Quiz
from core.domain.visit import Visit
from core.recommend.first_visit import RUNG_NAMES, RUNGS, FirstVisit, rung_of
from pages.kit import cards, engine, finder, held, parts, session, states, text

TAKEN, LIST, SEEN = "quiz:taken", "quiz:list", "quiz:seen"
CHOOSE = {"act": "choose", "label": "Choose this", "icon": "choose"}
LEAVE = {"act": "leave", "label": "Leave it", "icon": "remove"}
LADDER = RUNGS[:4]
MOST_INTERACTIONS = 40
NAMED = 3  # products named in a cell


def show(quiz: Quiz, documents: Documents) -> None:
    """Questions at the left, the list and its reasons at the right; both live."""
    left, right = st.columns([1, 1.6], gap="large")
    with left, st.container(key="quiz-questions", gap="small"):
        st.html(f'<h2 class="field-of">{text.markup(quiz.title)}</h2>')
        if quiz.intro:
            states.said(quiz.intro)
        for question in quiz.questions:
            ask(question)
        if not quiz.questions:
            states.said("It asks nothing yet. “Edit it” is where questions are written.")
        since()
        st.button("Begin anew", key="quiz:anew", type="tertiary", on_click=_anew)
    with right, st.container(key="quiz-answer"):
        result(quiz, documents)


# -- the questions -------------------------------------------------------------------------------------------------


def answers(quiz: Quiz) -> dict[str, tuple[str, ...]]:
    """What is answered so far: answers to questions that are gone, and more than one takes, are passed over."""
    kept = held.of(TAKEN)
    out = {}
    for question in quiz.questions:
        some = kept.get(f"q:{question.id}")
        some = [some] if isinstance(some, str) else list(some or ())
        there = [one.id for one in question.options if one.id in some]
        out[question.id] = tuple(there[: question.limit])
    return {id: some for id, some in out.items() if some}


def ask(question: Question) -> None:
    """One question, by its kind."""
    if question.kind == PICTURE:
        _pictures(question)
        return
    labels = {one.id: text.plain(one.label) for one in question.options}
    bound = held.bound(TAKEN, f"q:{question.id}")
    multi = question.kind == MULTI
    kept = st.session_state[bound["key"]]
    there = [one for one in ([kept] if isinstance(kept, str) else kept or []) if one in labels]
    st.session_state[bound["key"]] = there if multi else (there[0] if there else None)
    if multi and 1 < question.limit < len(labels):
        states.said(f"Up to {question.limit}.")
    st.pills(text.plain(question.text), list(labels), format_func=labels.__getitem__,
             selection_mode="multi" if multi else "single", **bound)  # fmt: skip


def _pictures(question: Question) -> None:
    chosen = _chosen(question)
    st.html(f'<p class="by">{text.markup(question.text)}</p>')
    if 1 < question.limit < len(question.options):
        states.said(f"Up to {question.limit}.")
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    shown, gone = [], []
    for option in question.options:
        item = option.shows
        if item is None or item not in catalogue:
            gone.append(option)
            continue
        card = cards.card(catalogue.item(item), at=at, tools=(LEAVE if option.id in chosen else CHOOSE,),
                          badges=[("dark", "Chosen")] if option.id in chosen else [])  # fmt: skip
        shown.append({**card, "id": option.id, "title": option.label, "brand": "", "price": "", "was": "",
                      "open": option.label, "badges": card["badges"][: option.id in chosen]})  # fmt: skip
    parts.rail(shown, key=f"quiz:pictures:{question.id}", label=question.text, layout="grid", size="small",
               stay=True, on_action=lambda: _picked(question))  # fmt: skip
    for option in gone:
        on = option.id in chosen
        st.button(f"{'✓ ' if on else ''}{text.plain(option.label)}", key=f"quiz:plain:{question.id}:{option.id}",
                  type="tertiary", on_click=_toggle, args=(question, option.id))  # fmt: skip


def _chosen(question: Question) -> list[str]:
    return [one for one in held.of(TAKEN).get(f"q:{question.id}") or () if one in {o.id for o in question.options}]


def _picked(question: Question) -> None:
    sent = parts.event(f"quiz:pictures:{question.id}")
    if sent.get("id") in {one.id for one in question.options}:
        _toggle(question, str(sent["id"]))


def _toggle(question: Question, option: str) -> None:
    chosen = _chosen(question)
    if option in chosen:
        chosen.remove(option)
    else:  # one more than may be chosen lets the first go
        chosen = [*chosen, option][-question.limit :]
    held.put(TAKEN, **{f"q:{question.id}": chosen})


def since() -> None:
    """What happened since: products looked at, and how often; the quiz fades with it."""
    with st.expander("And then, in the shop", key="quiz-since", type="compact"):
        finder.finder("quiz", _look_at, opens=cards.PRODUCT, label="Look at a product", key="quiz-look")
        catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
        seen = _seen()
        if seen:
            parts.rail([cards.card(catalogue.item(item), at=at, tools=(LEAVE,)) for item in seen], key=SEEN,
                       label="Looked at", layout="grid", size="small", on_action=_leave)  # fmt: skip
            least = len(seen)
            kept = int(held.of(TAKEN).get("interactions") or 0)
            held.put(TAKEN, interactions=min(MOST_INTERACTIONS, max(least, kept)))
            st.slider("Interactions so far", least, MOST_INTERACTIONS, **held.bound(TAKEN, "interactions"))
        else:
            states.said("Nothing was looked at yet, so the quiz counts alone.")
        bound = held.bound(TAKEN, "came_for")
        st.selectbox("The visit began on", [None, *engine.roots()], format_func=lambda one: text.plain(one or "Home"),
                     **bound)  # fmt: skip


def _seen() -> list[str]:
    known = engine.shop().catalogue(engine.at())
    return [item for item in held.of(TAKEN).get("seen") or () if item in known]


def _look_at(item: str) -> None:
    held.put(TAKEN, seen=[*(one for one in _seen() if one != item), item][-MOST_INTERACTIONS:])


def _leave() -> None:
    sent = parts.event(SEEN)
    if sent.get("type") == "leave":
        held.put(TAKEN, seen=[one for one in _seen() if one != sent.get("id")])
    elif sent.get("id") in engine.shop().catalogue():
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def _anew() -> None:
    held.keep(TAKEN, {})


def visit(quiz: Quiz) -> Visit:
    """The visit that this page has seen so far."""
    kept, seen = held.of(TAKEN), tuple(_seen())
    came = kept.get("came_for")
    interactions = int(kept.get("interactions") or 0) if seen else None
    return Visit(answers(quiz), seen, interactions, {"category": (came,)} if came in engine.roots() else {})


# -- what comes of them --------------------------------------------------------------------------------------------


def result(quiz: Quiz, documents: Documents) -> None:
    here = visit(quiz)
    asked = Request(Placement.COLD_START, k=session.current().places, at=engine.moment(), visit=here)
    found = engine.shop().first_visit(asked, draft=documents)
    st.html('<p class="by">The first list</p>')
    st.html(ladder(found))
    tiles(found.listing)
    for note in found.listing.notes:
        if not note.code.startswith(("rung_", "no_", "quiz_weight")):  # said beside it
            states.said(note.text)
    moved(quiz, found)


def ladder(found: FirstVisit) -> str:
    """The four rungs with how many places each has, as markup."""
    counts = dict(found.rungs)
    rungs = [*LADDER[:3], *([RUNGS[4]] if counts.get(RUNGS[4]) else [LADDER[3]])]
    lines = "".join(
        f'<li class="{"on" if counts.get(rung) else "off"}"><strong>{text.markup(RUNG_NAMES[rung])}</strong>'
        f"<span>{text.markup(text.count(counts.get(rung, 0), 'place'))}</span></li>"
        for rung in rungs
    )
    pins = sum(one.origin is Origin.PIN for one in found.listing.items)
    held_ = f'<p class="aside">{text.markup(text.count(pins, "place"))} held by a pin.</p>' if pins else ""
    return f'<ol class="ladder" aria-label="Where the list comes from">{lines}</ol>{held_}'


def tiles(listing: Listing) -> None:
    """The list, each product with the rung that it comes from."""
    if not listing.items:
        states.said("Nothing can be shown. See what is in stock, and whom the answers leave.")
        return
    catalogue = engine.shop().catalogue(engine.at())
    items = {one.id: catalogue.item(one.id) for one in listing.items}
    made = cards.listed(listing, items, at=engine.moment(), tools=(cards.TO_PRODUCT,))
    for card, placed in zip(made, listing.items, strict=True):
        rung = rung_of(placed)
        if rung is not None:
            card["note"] = RUNG_NAMES[rung]
            card["badges"] = [one for one in card["badges"] if one != list(cards.ORIGIN_BADGES[Origin.FILL])]
    parts.rail(made, key=LIST, label="The first list", layout="grid", size="small", on_action=_open)


def _open() -> None:
    sent = parts.event(LIST)
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


def moved(quiz: Quiz, found: FirstVisit) -> None:
    """Which answer moved what: the list with each of them, against the list without."""
    if not found.moved:
        states.said("Answer a question, and what it moves stands here.")
        return
    st.html('<p class="by">Which answer moved what</p>')
    rows = "".join(
        f"<tr><td>{text.markup(quiz.question(one.question).text)}</td>"
        f"<td>{text.markup(quiz.question(one.question).option(one.option).label)}</td>"
        f"<td>{text.markup(_named(one.came))}</td><td>{text.markup(_named(one.gone))}</td>"
        f"<td class='num'>{text.count(one.moved)}</td></tr>"
        for one in found.moved
    )
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="Which answer moved what">'
        '<table class="plain-table moved">'
        "<thead><tr><th scope='col'>Question</th><th scope='col'>Answer</th><th scope='col'>Brought in</th>"
        "<th scope='col'>Kept out</th><th scope='col' class='num'>Others moved</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
    if quiz_weight := _weight(found):
        states.said(quiz_weight)


def _weight(found: FirstVisit) -> str:
    share = round(100 * found.weight)
    return (
        "" if share in (0, 100) else f"The quiz counts for {share}{text.NBSP}% of what this shopper is taken to like."
    )


def _named(items: Sequence[str]) -> str:
    """Some products by name, and how many more."""
    if not items:
        return "Nothing"
    catalogue = engine.shop().catalogue(engine.at())
    named = [text.title(catalogue.item(item)) for item in items[:NAMED]]
    rest = len(items) - NAMED
    return f"{', '.join(named)} and {rest} more" if rest > 0 else text.listed(named)

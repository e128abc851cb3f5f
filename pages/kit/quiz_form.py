"""The form of the style quiz: questions, answers, products of a style, the picks of the house; kept in the draft."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.domain.changes import Documents, Key
from core.domain.errors import BadRequest, ShopError
from core.domain.quiz import (
    FIRST,
    KIND_NAMES,
    KINDS,
    MOST_OPTIONS,
    MOST_PICKS,
    MOST_QUESTIONS,
    MOST_STYLE,
    MULTI,
    SINGLE,
    Quiz,
)
from core.domain.words import slug
from pages.kit import cards, engine, finder, held, parts, rule_book, states, text

KEY = Key("quiz", FIRST)
FORM, HERE, PICKS = "quiz:form", "quiz:here", "quiz:picks"
FIELDS = ("audience", "category", "type", "occasion", "season", "colour", "material", "pattern", "brand", "collection")
OUT = {"act": "remove", "label": "Take out", "icon": "remove"}
LEAD = {"act": "lead", "label": "Set first", "icon": "left"}
MOST_VALUES = 1000
FILE_MB = 1
Plain = dict[str, Any]
Path = tuple[str | int, ...]


# -- opening and closing -------------------------------------------------------------------------------------------


def opened() -> bool:
    return FORM in st.session_state


def edit(quiz: Quiz) -> None:
    held.keep(FORM, quiz.as_json())


def close() -> None:
    for key in (FORM, HERE):
        st.session_state.pop(key, None)


def standing_quiz(standing: Documents) -> Quiz | None:
    """The quiz as the draft has it; None where there is none, or it makes no sense."""
    plain = standing.get(KEY)
    try:
        return None if plain is None else Quiz.from_json(plain)
    except BadRequest:
        return None


def written() -> tuple[Quiz | None, str]:
    """The quiz that the form says; None and what is still wrong with it, or None and "" where no form is open."""
    if not opened():
        return None, ""
    try:
        return Quiz.from_json(_tidied(held.of(FORM))), ""
    except ShopError as error:
        return None, error.message


def _tidied(plain: Plain) -> Plain:
    """Without spaces around words, and a limit only where it means something."""
    plain = copy.deepcopy(plain)
    for name in ("title", "intro"):
        plain[name] = " ".join(str(plain.get(name) or "").split())
    for question in plain.get("questions", ()):
        question["text"] = " ".join(str(question.get("text") or "").split())
        if question.get("kind") == SINGLE or not question.get("most") or question["most"] > len(question["options"]):
            question.pop("most", None)
        for option in question.get("options", ()):
            option["label"] = " ".join(str(option.get("label") or "").split())
            option["filters"] = {name: value for name, value in (option.get("filters") or {}).items()
                                 if value not in (None, [], ())}  # fmt: skip
    return plain


# -- the page ------------------------------------------------------------------------------------------------------


def show(standing: Documents) -> None:
    """Words and questions at the left, the question being written at the right; the picks below."""
    if not opened():
        found = standing_quiz(standing)
        edit(found or Quiz())
    fields = held.of(FORM)
    quiz, wrong = written()
    left, right = st.columns([1, 1.6], gap="large")
    with left, st.container(key="quiz-words", gap="medium"):
        st.text_input("Title", max_chars=80, **_bound(("title",)))
        st.text_input("Introduction", max_chars=400, placeholder="A line before the first question",
                      **_bound(("intro",)))  # fmt: skip
        questions(fields)
        st.toggle("Switched off", help="The quiz is kept, and nobody is asked.", **_bound(("off",), False))
    with right, st.container(key="quiz-question", gap="medium"):
        if fields["questions"]:
            question(_here(fields))
        else:
            states.said("No question yet. “Add a question” begins one.")
    picks(fields)
    with st.container(key="quiz-keep", horizontal=True, vertical_alignment="center", gap="small"):
        same = quiz is not None and standing.get(KEY) == quiz.as_json()
        st.button("Keep in my draft", key="quiz:keep", type="primary", disabled=quiz is None or same,
                  on_click=_keep, args=(quiz, standing))  # fmt: skip
        st.button("Forget my edits", key="quiz:forget", type="tertiary", on_click=close)
        if KEY in standing:
            st.button("Take the quiz out", key="quiz:out", type="tertiary", on_click=_take_out)
        states.said(wrong or ("Nothing is changed yet." if same else "Only you see it, until you publish it."))
    as_file(quiz)


def _here(fields: Mapping[str, Any]) -> int:
    """The number of the question that is being written."""
    return min(int(st.session_state.get(HERE, 0)), len(fields["questions"]) - 1)


def questions(fields: Mapping[str, Any]) -> None:
    """The questions in their order: one of them is being written at the right."""
    st.html('<h2 class="field-of">Questions</h2>')
    count = len(fields["questions"])
    if count:
        st.session_state["quiz:which"] = _here(fields)
        st.radio(
            "Questions", range(count), key="quiz:which", label_visibility="collapsed",
            format_func=lambda n: text.plain(fields["questions"][n].get("text") or "Without words yet"),
            on_change=lambda: st.session_state.__setitem__(HERE, st.session_state["quiz:which"]),
        )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        st.button("Add a question", key="quiz:add", icon=":material/add:", on_click=_add_question,
                  disabled=count >= MOST_QUESTIONS)  # fmt: skip


def question(n: int) -> None:
    """One question: its words, its kind, its answers."""
    fields = held.of(FORM)["questions"][n]
    st.text_input("Question", max_chars=160, **_bound(("questions", n, "text")))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.segmented_control("Kind", list(KINDS), format_func=KIND_NAMES.__getitem__, required=True,
                             **_bound(("questions", n, "kind"), SINGLE))  # fmt: skip
        if fields["kind"] != SINGLE:
            st.number_input("Up to", 1, max(1, len(fields["options"])), value=None, step=1, width=120,
                            placeholder="All", **_bound(("questions", n, "most")))  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        st.button("Earlier", key="quiz:up", icon=":material/arrow_upward:", type="tertiary", disabled=n == 0,
                  on_click=_move, args=(n, n - 1))  # fmt: skip
        st.button("Later", key="quiz:down", icon=":material/arrow_downward:", type="tertiary",
                  disabled=n == len(held.of(FORM)["questions"]) - 1, on_click=_move, args=(n, n + 1))  # fmt: skip
        st.button("Take the question out", key="quiz:drop", type="tertiary", on_click=_drop, args=(("questions", n),))
    for m, option in enumerate(fields["options"]):
        with st.expander(text.plain(_about(option)), key=f"quiz-option-{n}-{m}",
                         expanded=not str(option.get("label") or "").strip()):  # fmt: skip
            answer(n, m)
    st.button("Add an answer", key="quiz:add-option", icon=":material/add:", on_click=_add_option, args=(n,),
              disabled=len(fields["options"]) >= MOST_OPTIONS)  # fmt: skip


def _about(option: Mapping[str, Any]) -> str:
    """An answer in a line: its words, and what it does."""
    filters, style = option.get("filters") or {}, option.get("style") or []
    does = [text.count(len(style), "product")] if style else []
    does += [text.listed(text.value_name(name, one) for one in values) for name, values in filters.items()
             if isinstance(values, list) and values]  # fmt: skip
    does += [f"{word} {text.money(filters[name], engine.currency())}" for name, word in
             (("price_from", "from"), ("price_to", "up to")) if filters.get(name) is not None]  # fmt: skip
    return f"{option.get('label') or 'Without words yet'} · {text.listed(does) if does else 'narrows nothing'}"


def answer(n: int, m: int) -> None:
    """One answer: its words, the products that are its style, what it narrows to."""
    path: Path = ("questions", n, "options", m)
    option = _at(path)
    st.text_input("Answer", max_chars=60, **_bound((*path, "label")))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html('<p class="by">Its style: products that you choose</p>', width="content")
        finder.finder(f"quiz:{n}:{m}", partial(_add_item, (*path, "style"), MOST_STYLE), opens=cards.PRODUCT,
                      label="Add a product", key=f"quiz-find-{n}-{m}")  # fmt: skip
    products((*path, "style"), option.get("style") or [], f"quiz:style:{n}:{m}", "Products of the style")
    st.html('<p class="by">What it narrows to</p>')
    narrowing(path, option)
    with st.container(horizontal=True, gap="small"):
        for field, label in (("price_from", "From"), ("price_to", "Up to")):
            _price((*path, "filters", field), f"{label}, {text.SYMBOLS.get(engine.currency() or '', '')}".rstrip(", "))
    st.button("Take the answer out", key=f"quiz:drop:{n}:{m}", type="tertiary", on_click=_drop, args=(path,))


def narrowing(path: Path, option: Mapping[str, Any]) -> None:
    """The values that an answer leaves, field by field; a field that the catalogue does not know is left out."""
    known, shown = engine.facets(), []
    for field in FIELDS:
        chosen = list((option.get("filters") or {}).get(field) or ())
        options = list(dict.fromkeys([*list(known.get(field, {}))[:MOST_VALUES], *chosen]))
        if field == "audience":
            options = [one for one in options if one in text.AUDIENCE_NAMES]
        if len(options) > 1 or chosen:
            shown.append((field, options))
    for column, start in zip(st.columns(2, gap="small"), (0, 1), strict=True):
        with column:
            for field, options in shown[start::2]:
                st.multiselect(
                    text.field_name(field), options, placeholder="Any", format_func=partial(text.value_name, field),
                    **_bound((*path, "filters", field), []),
                )  # fmt: skip


def picks(fields: Mapping[str, Any]) -> None:
    """What the house shows to whoever it knows nothing of."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html('<h2 class="field-of">Picked by the house</h2>')
        finder.finder("quiz:picks", partial(_add_item, ("picks",), MOST_PICKS), opens=cards.PRODUCT,
                      label="Add a pick", key="quiz-pick")  # fmt: skip
    states.said("The last rung of the ladder: shown where answers, the visit and what is trending leave places free.")
    products(("picks",), fields.get("picks") or [], PICKS, "Picked by the house")


def products(path: Path, items: Sequence[str], key: str, label: str) -> None:
    """Products that can be taken out or set first, and those that are gone."""
    known, at = engine.shop().catalogue(engine.at()), engine.moment()
    there = [item for item in items if item in known]
    if there:
        parts.rail([cards.card(known.item(item), at=at, tools=(LEAD, OUT)) for item in there], key=key, label=label,
                   layout="grid", size="small", on_action=partial(_of_products, path, key))  # fmt: skip
    for item in items:
        if item not in known:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                states.said(f"{item} is not in the catalogue any more.", "warn")
                st.button("Take it out", key=f"{key}:gone:{item}", type="tertiary",
                          on_click=_set, args=(path, [one for one in items if one != item]))  # fmt: skip


def as_file(quiz: Quiz | None) -> None:
    """The quiz as data: to a file and back."""
    with st.expander("The quiz as a file", key="quiz-file", type="compact"):
        if quiz is not None:
            plain = json.dumps(quiz.as_json(), ensure_ascii=False, indent=1).encode()
            st.download_button("Save as JSON", plain, file_name="quiz.json", mime="application/json",
                               key="quiz:save")  # fmt: skip
        given = st.file_uploader("Read a quiz from a JSON file", type=["json"], key="quiz:read",
                                 max_upload_size=FILE_MB)  # fmt: skip
        if given is not None and st.button("Read it", key="quiz:take"):
            try:
                edit(Quiz.from_json(json.loads(given.getvalue().decode("utf-8-sig"))).changed(id=FIRST))
            except (ValueError, RecursionError):
                states.said("This file is no JSON. Save one here first to see how it is written.", "warn")
            except ShopError as error:
                states.said(error.message, "warn")
            else:
                st.rerun()


# -- what the buttons do -------------------------------------------------------------------------------------------


def _keep(quiz: Quiz | None, standing: Documents) -> None:
    if quiz is None:
        return
    says = f"{'Change' if KEY in standing else 'New'} quiz: {quiz.title}"
    if rule_book.step(lambda desk: desk.edit(KEY, quiz.as_json(), says=says, at=engine.now())):
        close()
        st.session_state[rule_book.SAID] = (f"In your draft: the quiz “{quiz.title}”.", "")


def _take_out() -> None:
    if rule_book.step(lambda desk: desk.edit(KEY, None, says="Take out the quiz", at=engine.now())):
        close()


def _add_question() -> None:
    fields = held.of(FORM)
    taken = {one["id"] for one in fields["questions"]}
    options = [{"id": "a", "label": ""}, {"id": "b", "label": ""}]
    fresh = {"id": _free("question", taken), "text": "", "kind": MULTI, "options": options}
    st.session_state[HERE] = len(fields["questions"])
    held.put(FORM, questions=[*fields["questions"], fresh])


def _add_option(n: int) -> None:
    options = _at(("questions", n, "options"))
    fresh = {"id": _free("answer", {one["id"] for one in options}), "label": ""}
    _set(("questions", n, "options"), [*options, fresh])


def _free(name: str, taken: set[str]) -> str:
    return next(one for one in (f"{slug(name)}-{n}" for n in range(1, len(taken) + 2)) if one not in taken)


def _move(n: int, to: int) -> None:
    questions_ = list(held.of(FORM)["questions"])
    if 0 <= to < len(questions_):
        questions_.insert(to, questions_.pop(n))
        held.put(FORM, questions=questions_)
        st.session_state[HERE] = to


def _drop(path: Path) -> None:
    listed = list(_at(path[:-1]))
    del listed[int(path[-1])]
    _set(path[:-1], listed)


def _add_item(path: Path, most: int, item: str) -> None:
    here = list(_at(path, []))
    _set(path, [*here, *([item] if item not in here else [])][:most])


def _of_products(path: Path, key: str) -> None:
    sent, here = parts.event(key), list(_at(path, []))
    item = sent.get("id")
    if item not in here:
        return
    if sent.get("type") == "remove":
        _set(path, [one for one in here if one != item])
    elif sent.get("type") == "lead":
        _set(path, [item, *(one for one in here if one != item)])
    elif sent.get("type") in ("open", "product"):
        st.session_state["kit:go"] = ("product.py", {"item": item})


# -- fields in fields ----------------------------------------------------------------------------------------------


def _at(path: Path, default: Any = None) -> Any:
    """What the form has at `path`."""
    here: Any = held.of(FORM)
    for step in path:
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        else:
            return default
    return default if here is None else here


def _set(path: Path, value: Any) -> None:
    """Write `value` at `path`; fields on the way are made where they are missing."""
    whole = copy.deepcopy(held.of(FORM))
    here: Any = whole
    for step in path[:-1]:
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
    here[path[-1]] = value
    held.keep(FORM, whole)


def _bound(path: Path, default: Any = "", read: Callable[[Any], Any] = lambda one: one) -> dict[str, Any]:
    """Arguments of a control that shows what stands at `path` and writes it back."""
    key = f"{FORM}:{':'.join(map(str, path))}"
    st.session_state[key] = _at(path, None if path[-1] == "most" else default)
    return {"key": key, "on_change": lambda: _set(path, read(st.session_state[key]))}


def _price(path: Path, label: str) -> None:
    """A price in whole units of the shop's currency."""
    unit = 10 ** text.MINOR_DIGITS.get(engine.currency() or "", 2)
    bound = _bound(path, None, lambda value: None if value is None else round(value * unit))
    kept = st.session_state[bound["key"]]
    st.session_state[bound["key"]] = None if kept is None else kept / unit
    st.number_input(label, 0.0, value=None, step=10.0, width=150, format="%g", placeholder="Any", **bound)

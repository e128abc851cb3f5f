"""The style quiz of a first visit, as data: questions, options, and what an answer comes to.

An option narrows what is shown (filters), points at a style, or both. A style is a handful of products that a curator
chose, not a sentence. The quiz is a document of the book that rules are kept in: lists depend on the book's version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.domain.catalogue import AUDIENCES
from core.domain.errors import BadRequest
from core.domain.query import FILTER_FIELDS, Filters

KIND = "quiz"  # stands where a rule's kind would, in the book
FIRST = "first-visit"  # the quiz that a first visit is asked
SINGLE, MULTI, PICTURE = "single", "multi", "picture"
KINDS = (SINGLE, MULTI, PICTURE)
KIND_NAMES = {SINGLE: "One answer", MULTI: "Several answers", PICTURE: "Pictures to choose from"}
MOST_QUESTIONS, MOST_OPTIONS, MOST_STYLE, MOST_PICKS = 12, 24, 24, 48
_LONGEST = {"title": 80, "intro": 400, "text": 160, "label": 60}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_NUMBERS = ("price_from", "price_to")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer. An option with neither filters nor style is "no matter".

    filters: what the answer leaves; fields joined by *and*. An audience lets in what its shoppers may be shown.
    style:   ids of the products that define it; none of them need be in the catalogue (any more).
    picture: id of the product whose picture stands for it; without one, the first of its style.
    """

    id: str
    label: str
    filters: Filters = field(default_factory=Filters)
    style: tuple[str, ...] = ()
    picture: str | None = None

    @property
    def shows(self) -> str | None:
        """Id of the product that is shown for it."""
        return self.picture or (self.style[0] if self.style else None)

    def as_json(self) -> dict[str, Any]:
        rest = {"filters": self.filters.as_json(), "style": list(self.style), "picture": self.picture}
        return {"id": self.id, "label": self.label, **{name: value for name, value in rest.items() if value}}


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    kind: "single" one answer; "multi" several; "picture" answered by pictures, `most` of them.
    most: so many answers at most; None is one for a single question and no limit for the others.
    """

    id: str
    text: str
    kind: str
    options: tuple[Option, ...]
    most: int | None = None

    @property
    def limit(self) -> int:
        """How many of its options may be chosen."""
        return 1 if self.kind == SINGLE else self.most or len(self.options)

    def option(self, id: str) -> Option:
        """Raises BadRequest."""
        found = next((one for one in self.options if one.id == id), None)
        if found is None:
            known = ", ".join(one.id for one in self.options)
            raise BadRequest(f"The question {self.id!r} has no answer {id!r}. It has {known}.")
        return found

    def as_json(self) -> dict[str, Any]:
        plain = {"id": self.id, "text": self.text, "kind": self.kind}
        most = {"most": self.most} if self.most is not None else {}
        return {**plain, **most, "options": [one.as_json() for one in self.options]}


@dataclass(frozen=True, slots=True)
class Quiz:
    """A quiz, and what stands at the end of the ladder. Raises BadRequest when it makes no sense.

    picks: the products a shop shows to whoever it knows nothing of, in the curator's order.
    """

    id: str = FIRST
    title: str = "Find your style"
    intro: str = ""
    questions: tuple[Question, ...] = ()
    picks: tuple[str, ...] = ()
    off: bool = False

    def __post_init__(self) -> None:
        _checked(self)

    def changed(self, **changes: Any) -> Quiz:
        return replace(self, **changes)

    def question(self, id: str) -> Question:
        """Raises BadRequest."""
        found = next((one for one in self.questions if one.id == id), None)
        if found is None:
            known = ", ".join(one.id for one in self.questions) or "none yet"
            raise BadRequest(f"The quiz has no question {id!r}. Its questions: {known}.")
        return found

    def chosen(self, answers: Mapping[str, Sequence[str]]) -> tuple[tuple[Question, tuple[Option, ...]], ...]:
        """The questions that were answered, in the quiz's order, each with the options chosen, in its order.

        Raises BadRequest for what is not asked, and for more answers than a question takes.
        """
        out = []
        for id, some in answers.items():
            question = self.question(id)
            for one in some:
                question.option(one)
            if len(set(some)) > question.limit:
                most = "one answer" if question.limit == 1 else f"{question.limit} answers"
                raise BadRequest(f"The question {id!r} takes {most} at most; {len(set(some))} were given.")
        for question in self.questions:
            mine = answers.get(question.id, ())
            if mine:
                out.append((question, tuple(one for one in question.options if one.id in mine)))
        return tuple(out)

    @property
    def items(self) -> tuple[str, ...]:
        """Every product it names, each once."""
        named = [item for one in self.questions for option in one.options for item in (*option.style, option.picture)]
        return tuple(dict.fromkeys(item for item in (*named, *self.picks) if item))

    def as_json(self) -> dict[str, Any]:
        """The quiz as plain JSON; what is left to its default is left out."""
        rest = {"intro": self.intro, "picks": list(self.picks), "off": self.off}
        return {
            "id": self.id, "kind": KIND, "title": self.title,
            "questions": [one.as_json() for one in self.questions],
            **{name: value for name, value in rest.items() if value},
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Any) -> Quiz:
        """The quiz that `as_json` wrote, or that a person did. Raises BadRequest with what to do."""
        read = _Reader(plain, "The quiz")
        read.only(("id", "kind", "title", "intro", "questions", "picks", "off"))
        if (kind := read.text("kind", KIND)) != KIND:
            raise read.refuse(f"its kind is {kind!r}. Leave it out, or write {KIND!r}.")
        questions = tuple(_question(one) for one in read.list("questions"))
        off = read.plain.get("off", False)
        if not isinstance(off, bool):
            raise read.refuse(f"off is {off!r}; write true or false.")
        return cls(
            read.text("id", FIRST), read.text("title", "Find your style"), read.text("intro", ""), questions,
            read.texts("picks"), off,
        )  # fmt: skip


def quiz_in(book: Iterable[Mapping[str, Any]], id: str = FIRST) -> Quiz | None:
    """The quiz of that id in a stored book; None where there is none, it is off, or it cannot be read."""
    for plain in book:
        if plain.get("kind") == KIND and plain.get("id") == id:
            try:
                quiz = Quiz.from_json(plain)
            except BadRequest:  # it was checked when it was published; the lists say so, see RuleBook.problems
                return None
            return None if quiz.off else quiz
    return None


class _Reader:
    """The fields of an object as JSON; every complaint names it."""

    def __init__(self, plain: Any, name: str) -> None:
        if not isinstance(plain, Mapping):
            raise BadRequest(f"{name} is an object with fields; {str(plain)[:80]!r} is none.")
        self.plain, self.name = plain, name

    def refuse(self, text: str) -> BadRequest:
        return BadRequest(f"{self.name}: {text}")

    def only(self, known: Sequence[str]) -> None:
        if unknown := sorted(set(map(str, self.plain)) - set(known)):
            raise self.refuse(f"it has no field {', '.join(map(repr, unknown))}. It has {', '.join(known)}.")

    def text(self, name: str, default: str) -> str:
        value = self.plain.get(name, default)
        if not isinstance(value, str):
            raise self.refuse(f"{name} is {str(value)[:80]!r}; write it as text.")
        return value

    def list(self, name: str) -> Sequence[Any]:
        value = self.plain.get(name) or ()
        if not isinstance(value, list | tuple):
            raise self.refuse(f"{name} is {str(value)[:80]!r}; write a list.")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.list(name)
        if not all(isinstance(one, str) and one for one in value):
            raise self.refuse(f"{name} is {str(value)[:80]!r}; write a list of texts.")
        return tuple(dict.fromkeys(value))


def _question(plain: Any) -> Question:
    named = plain.get("id") if isinstance(plain, Mapping) else None
    read = _Reader(plain, f"Question {str(named)[:80]!r} of the quiz")
    read.only(("id", "text", "kind", "most", "options"))
    most = plain.get("most")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int)):
        raise read.refuse(f"most is {most!r}; write a whole number.")
    return Question(
        read.text("id", ""), read.text("text", ""), read.text("kind", SINGLE),
        tuple(_option(one, read.name) for one in read.list("options")), most,
    )  # fmt: skip


def _option(plain: Any, where: str) -> Option:
    named = plain.get("id") if isinstance(plain, Mapping) else None
    read = _Reader(plain, f"Answer {str(named)[:80]!r} to {where[:1].lower()}{where[1:]}")
    read.only(("id", "label", "filters", "style", "picture"))
    return Option(
        read.text("id", ""), read.text("label", ""), _filters(read), read.texts("style"),
        read.text("picture", "") or None,
    )  # fmt: skip


def _filters(read: _Reader) -> Filters:
    plain = read.plain.get("filters") or {}
    part = _Reader(plain, read.name)
    for name in _NUMBERS:
        value = plain.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise part.refuse(f"{name} is {value!r}; write a whole number of minor units.")
    fields = {}
    for name in plain:
        if name in _NUMBERS:
            continue
        if name not in FILTER_FIELDS or name == "state":
            known = ", ".join(one for one in FILTER_FIELDS if one != "state")
            raise part.refuse(f"there is no filter {name!r}. The filters are {known}, {', '.join(_NUMBERS)}.")
        value = plain[name]
        if not isinstance(value, str | list | tuple) or not all(isinstance(one, str) and one for one in value):
            raise part.refuse(f"{name} is {str(value)[:80]!r}; write a list of texts.")
        fields[name] = (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))
    if wrong := [one for one in fields.get("audience", ()) if one not in AUDIENCES]:
        raise part.refuse(f"there is no audience {wrong[0]!r}. Use {', '.join(AUDIENCES)}.")
    try:
        return Filters(fields, plain.get("price_from"), plain.get("price_to"))
    except BadRequest as error:
        raise part.refuse(error.message) from None


def _checked(quiz: Quiz) -> None:
    _named("The quiz", quiz.id, "title", quiz.title)
    if len(quiz.intro) > _LONGEST["intro"] or not (quiz.intro == "" or quiz.intro.isprintable()):
        raise BadRequest(f"The introduction of the quiz is one line of at most {_LONGEST['intro']} characters.")
    if len(quiz.questions) > MOST_QUESTIONS:
        raise BadRequest(f"The quiz asks {len(quiz.questions)} questions. Nobody answers more than {MOST_QUESTIONS}.")
    if len(quiz.picks) > MOST_PICKS:
        raise BadRequest(f"The quiz has {len(quiz.picks)} picks. Name at most {MOST_PICKS}.")
    _each_once("two questions", [one.id for one in quiz.questions])
    for question in quiz.questions:
        where = f"The question {question.id!r}"
        _named(where, question.id, "text", question.text)
        if question.kind not in KINDS:
            raise BadRequest(f"{where} is of the kind {question.kind!r}. There are {', '.join(KINDS)}.")
        if not 2 <= len(question.options) <= MOST_OPTIONS:
            raise BadRequest(f"{where} has {len(question.options)} answers; give it 2 to {MOST_OPTIONS}.")
        if question.most is not None and not 1 <= question.most <= len(question.options):
            raise BadRequest(f"{where} takes {question.most} answers; it has {len(question.options)}.")
        _each_once(f"two answers to {question.id!r}", [one.id for one in question.options])
        for option in question.options:
            _named(f"An answer to {question.id!r}", option.id, "label", option.label)
            if len(option.style) > MOST_STYLE:
                raise BadRequest(f"The style of {option.label!r} has {len(option.style)} products, {MOST_STYLE} do.")
            if question.kind == PICTURE and option.shows is None:
                raise BadRequest(
                    f"The answer {option.label!r} has no picture to choose it by. Give it a product of its style."
                )


def _named(where: str, id: str, field: str, text: str) -> None:
    if not _ID.fullmatch(id):
        raise BadRequest(f"{where}: {id[:80]!r} is no id. Use 1 to 64 letters, digits, dots and hyphens.")
    longest = _LONGEST[field]
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise BadRequest(f"{where} needs a {field} of 1 to {longest} characters, on one line.")


def _each_once(what: str, ids: Sequence[str]) -> None:
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise BadRequest(f"There are {what} with the id {twice[0]!r}. Give one of them another.")

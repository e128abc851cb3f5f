"""What is known of a shopper on the first visit: what a quiz was answered with, what was looked at, where it began."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.catalogue import AUDIENCES
from core.domain.errors import BadRequest

MOST_SEEN = 200
MOST_INTERACTIONS = 1_000_000
FADING = 5  # the quiz weighs as much as so many interactions
_FIELDS = ("answers", "seen", "interactions", "came_for", "audience")


@dataclass(frozen=True, slots=True)
class Visit:
    """A shopper whom nothing but this visit is known of.

    answers:      question -> the options chosen, of the shop's quiz.
    seen:         ids of products looked at, in the order they were; what is gone from the catalogue says nothing.
    interactions: how many there were in all; None is as many as `seen` holds.
    came_for:     field -> values of the page that the visit began on, such as {"category": ["Bags"]}.
    audience:     whom the visit is for, where the shop's front knows it; an answer that says so goes before it.
    """

    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    interactions: int | None = None
    came_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    audience: str | None = None

    def __post_init__(self) -> None:
        for name in ("answers", "came_for"):
            tidy = {key: tuple(dict.fromkeys(values)) for key, values in getattr(self, name).items() if values}
            object.__setattr__(self, name, tidy)
        object.__setattr__(self, "seen", tuple(dict.fromkeys(self.seen)))
        if len(self.seen) > MOST_SEEN:
            raise BadRequest(f"{len(self.seen)} products were seen; name the last {MOST_SEEN} at most.")
        count = self.interactions
        if count is not None and (
            isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_INTERACTIONS
        ):
            raise BadRequest(f"interactions is {count!r}; it is a whole number from 0 to {MOST_INTERACTIONS:,}.")
        if self.audience is not None and self.audience not in AUDIENCES:
            raise BadRequest(f"There is no audience {self.audience!r}. Use {', '.join(AUDIENCES)}.")

    def __bool__(self) -> bool:
        return bool(self.answers or self.seen or self.came_for or self.audience)

    @property
    def weight(self) -> float:
        """What share the quiz has in what the shopper is taken to like: 5 / (5 + interactions).

        >>> Visit().weight, Visit(interactions=5).weight
        (1.0, 0.5)
        """
        count = max(self.interactions or 0, len(self.seen))
        return FADING / (FADING + count)

    def without(self, question: str, option: str) -> Visit:
        """The same visit, had that one answer not been given."""
        answers = {key: tuple(one for one in some if (key, one) != (question, option))
                   for key, some in self.answers.items()}  # fmt: skip
        return Visit(answers, self.seen, self.interactions, self.came_for, self.audience)

    def as_json(self) -> dict[str, Any]:
        """The visit as plain JSON; what is left to its default is left out."""
        plain: dict[str, Any] = {
            "answers": {key: list(some) for key, some in self.answers.items()}, "seen": list(self.seen),
            "came_for": {key: list(some) for key, some in self.came_for.items()}, "audience": self.audience,
        }  # fmt: skip
        out = {name: value for name, value in plain.items() if value}
        return out if self.interactions is None else {**out, "interactions": self.interactions}

    @classmethod
    def from_json(cls, plain: Any) -> Visit:
        """The visit that `as_json` wrote, or that a person did. One option may stand without a list.

        Raises BadRequest with what to do.
        """
        if not isinstance(plain, Mapping):
            raise BadRequest(f"A visit is an object with the fields {', '.join(_FIELDS)}; {str(plain)[:80]!r} is none.")
        if unknown := sorted(set(map(str, plain)) - set(_FIELDS)):
            raise BadRequest(f"A visit has no field {', '.join(map(repr, unknown))}. It has {', '.join(_FIELDS)}.")
        audience = plain.get("audience")
        if audience is not None and not isinstance(audience, str):
            raise BadRequest(f"audience is {audience!r}; write it as text.")
        return cls(
            _lists(plain, "answers"), _texts(plain.get("seen"), "seen"), plain.get("interactions"),
            _lists(plain, "came_for"), audience,
        )  # fmt: skip


def parse_answers(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """["occasion=evening", "occasion=work"] as a map from questions to options. Raises BadRequest."""
    answers: dict[str, tuple[str, ...]] = {}
    for text in texts:
        question, equals, option = text.partition("=")
        if not (equals and question and option):
            raise BadRequest(f"{text!r} answers nothing. Write it like QUESTION=OPTION.")
        answers[question] = (*answers.get(question, ()), option)
    return answers


def _lists(plain: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    value = plain.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise BadRequest(f'{name} is {str(value)[:80]!r}; write it like {{"occasion": ["evening"]}}.')
    return {key: _texts(some, f"{name} to {key!r}") for key, some in value.items()}


def _texts(value: Any, name: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value if value is not None else []
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) and one for one in listed):
        raise BadRequest(f"{name} is {str(value)[:80]!r}; write a list of texts.")
    return tuple(listed)

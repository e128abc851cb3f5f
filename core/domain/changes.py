"""A draft: what one merchandiser would change, and how it meets what others published meanwhile.

Everything that can be published is a document: a rule, a campaign, a collection, the strategy of a placement, a named
strategy, a saved look. A draft is a list of edits to documents, in the order they were made, so that the last step can
be undone. It remembers what each document was when it was first touched. Publishing compares that with what stands
now, document by document (three-way, as version control does): changes to different documents both survive, and two
changes to the same one are shown to the second publisher, who chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from core.domain.errors import BadRequest, Conflict

KINDS = ("rule", "campaign", "quiz", "collection", "strategy", "blend", "look", "arrival")
BOOK = ("rule", "campaign", "quiz", "collection")  # kept in one book, whose version is all that lists know of them
Plain = Mapping[str, Any]  # a document as JSON


class Key(NamedTuple):
    """Which document: kind, and its id among its kind, or its placement (of a strategy)."""

    kind: str
    id: str

    @classmethod
    def of(cls, plain: Iterable[str]) -> Key:
        kind, name = plain
        if kind not in KINDS:
            raise BadRequest(f"There is nothing called {kind!r} to change. There are {', '.join(KINDS)}.")
        return cls(kind, name)


Documents = Mapping[Key, Plain]


@dataclass(frozen=True, slots=True)
class Edit:
    """One document edited. after: as it shall be; None takes it away.    says: the edit in a sentence.

    step: those made at once (a file of rules, a campaign taken back) are one step, and are undone as one.
    """

    key: Key
    after: Plain | None
    says: str
    at: datetime
    step: int = 0

    def as_json(self) -> dict[str, Any]:
        moment = self.at.isoformat()
        return {"key": list(self.key), "after": self.after, "says": self.says, "at": moment, "step": self.step}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], step: int = 0) -> Edit:
        """step: which one it was, of a draft that was kept before steps had numbers."""
        moment = datetime.fromisoformat(plain["at"])
        return cls(Key.of(plain["key"]), plain["after"], plain["says"], moment, int(plain.get("step", step)))


@dataclass(frozen=True, slots=True)
class Change:
    """What a draft makes of one document, whatever steps led there. before None: it is new; after None: it goes."""

    key: Key
    before: Plain | None
    after: Plain | None
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A document that somebody else published a change to meanwhile. base: what it was when this draft touched it."""

    key: Key
    base: Plain | None
    theirs: Plain | None
    mine: Plain | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A named draft of one merchandiser.

    edits: in the order they were made.
    base:  each touched document as it was when it was first touched; a document that did not exist is None.
    """

    name: str
    edits: tuple[Edit, ...] = ()
    base: Mapping[Key, Plain | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.changes)

    def edited(
        self, key: Key, after: Plain | None, now: Plain | None, *, says: str, at: datetime, together: bool = False
    ) -> ChangeSet:  # fmt: skip
        """With one more edit. now: the document as it stands published; kept when this draft touches it first.

        together: it is part of the last step, and is undone with it.
        """
        base = dict(self.base)
        base.setdefault(key, now)
        last = self.edits[-1].step if self.edits else -1
        edit = Edit(key, after, says, at, max(last, 0) if together else last + 1)
        return replace(self, edits=(*self.edits, edit), base=base)

    def undone(self) -> ChangeSet:
        """Without its last step. Raises BadRequest when there is none."""
        if not self.edits:
            raise BadRequest("This draft has no step that could be undone.")
        edits = tuple(edit for edit in self.edits if edit.step != self.edits[-1].step)
        touched = {edit.key for edit in edits}
        base = {key: was for key, was in self.base.items() if key in touched}
        return replace(self, edits=edits, base=base)

    def without(self, key: Key) -> ChangeSet:
        """Without any step on one document: theirs is taken."""
        edits = tuple(edit for edit in self.edits if edit.key != key)
        return replace(self, edits=edits, base={k: was for k, was in self.base.items() if k != key})

    def over(self, key: Key, theirs: Plain | None) -> ChangeSet:
        """Knowing what somebody else made of a document, and keeping one's own."""
        return replace(self, base={**self.base, key: theirs})

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changes, one entry for each document, in the order of first touch; steps that cancel out are gone."""
        base, last, says = self.base, dict[Key, Plain | None](), dict[Key, list[str]]()
        for edit in self.edits:
            last[edit.key] = edit.after
            says.setdefault(edit.key, []).append(edit.says)
        return tuple(
            Change(key, base.get(key), after, tuple(says[key]))
            for key, after in last.items()
            if not same(base.get(key), after)
        )

    def clashes(self, published: Documents) -> tuple[Clash, ...]:
        """Documents that others changed since this draft touched them, and not to the same."""
        return tuple(
            Clash(change.key, change.before, published.get(change.key), change.after)
            for change in self.changes
            if not same(published.get(change.key), change.before) and not same(published.get(change.key), change.after)
        )

    def applied(self, published: Documents) -> dict[Key, Plain]:
        """The documents as they would be with this draft, over what stands now; a clash takes the draft's side."""
        out = dict(published)
        for change in self.changes:
            if change.after is None:
                out.pop(change.key, None)
            else:
                out[change.key] = change.after
        return out

    def as_json(self) -> dict[str, Any]:
        return {
            "edits": [edit.as_json() for edit in self.edits],
            "base": [[*key, was] for key, was in self.base.items()],
        }

    @classmethod
    def from_json(cls, name: str, plain: Mapping[str, Any]) -> ChangeSet:
        """Raises BadRequest for what is no draft."""
        try:
            edits = tuple(Edit.from_json(edit, number) for number, edit in enumerate(plain["edits"]))
            base = {Key.of((kind, id)): was for kind, id, was in plain["base"]}
        except (KeyError, TypeError, ValueError, BadRequest) as error:
            raise BadRequest(f"The draft {name!r} cannot be read ({error}). Discard it and begin anew.") from None
        return cls(name, edits, base)


def same(one: Plain | None, other: Plain | None) -> bool:
    """Whether two documents say the same."""
    return one == other


def ready(draft: ChangeSet, published: Documents) -> tuple[Change, ...]:
    """The changes of a draft that can be published over what stands now.

    Raises BadRequest for an empty draft, Conflict naming the documents that somebody else changed meanwhile.
    """
    if clashes := draft.clashes(published):
        named = ", ".join(f"{clash.key.kind} {clash.key.id}" for clash in clashes)
        raise Conflict(
            f"Somebody else published a change to {named} since you began. Nothing was overwritten: look at both sides "
            "on the page Publish and choose."
        )
    found = tuple(change for change in draft.changes if not same(published.get(change.key), change.after))
    if not found:
        raise BadRequest(f"The draft {draft.name!r} changes nothing, so there is nothing to publish.")
    return found


def reverting(target: Documents, published: Documents, keys: Iterable[Key]) -> tuple[Change, ...]:
    """The changes that bring `keys` back to what they are in `target`."""
    return tuple(
        Change(key, published.get(key), target.get(key), ("Rolled back",))
        for key in dict.fromkeys(keys)
        if not same(published.get(key), target.get(key))
    )

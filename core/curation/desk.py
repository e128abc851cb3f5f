"""A merchandiser's desk: the drafts of one person, and publishing one of them.

A draft is kept in the studio database after every step, so it survives the browser, and no one else sees or publishes
it. What is published, and what a draft would make of it, are documents (core/domain/changes.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.domain.changes import ChangeSet, Clash, Documents, Key, Plain, ready
from core.domain.errors import BadRequest
from core.store.publications import Publications, Published
from core.store.studio import Draft, Studio

FIRST = "My changes"  # the draft that the first edit begins, until it gets a name
ACTIVE = "draft"  # the preference that says which draft a person works on
LONGEST_NAME = 60


class Desk:
    """The drafts of `who`. For many windows of one person at once."""

    def __init__(self, studio: Studio, who: str) -> None:
        self._studio = studio
        self.who = who
        self.publications = Publications(studio)

    def published(self, at: datetime | None = None) -> dict[Key, Plain]:
        """Every document as it stands published."""
        return self.publications.documents(at)

    def drafts(self) -> list[ChangeSet]:
        """All drafts of this person, the one worked on last first."""
        return [self._read(one) for one in self._studio.drafts(self.who)]

    @property
    def name(self) -> str:
        """The name of the draft that is worked on."""
        return str(self._studio.pref(self.who, ACTIVE, FIRST))

    def draft(self) -> ChangeSet:
        """The draft that is worked on; an empty one before the first edit."""
        name = self.name
        return next((one for one in self.drafts() if one.name == name), ChangeSet(name))

    def work_on(self, name: str) -> ChangeSet:
        """Work on another draft, which is begun where there is none of that name. Raises BadRequest."""
        self._studio.set_pref(self.who, ACTIVE, _named(name))
        return self.draft()

    def rename(self, name: str, at: datetime) -> ChangeSet:
        """Give the draft another name. Raises BadRequest when another draft has it."""
        fresh, old = _named(name), self.draft()
        if fresh == old.name:
            return old
        if any(one.name == fresh for one in self.drafts()):
            raise BadRequest(f"You have a draft called {fresh!r} already. Take another name.")
        self._studio.revise_draft(self.who, fresh, lambda _: old.as_json(), at)
        self._drop(old.name)
        return self.work_on(fresh)

    def edit(self, key: Key, after: Plain | None, *, says: str, at: datetime) -> ChangeSet:
        """One more step: `after` instead of what the document is in the draft; None takes it away."""
        now = self.published().get(key)
        return self._revise(lambda draft: draft.edited(key, after, now, says=says, at=at), at)

    def edit_all(self, steps: Sequence[tuple[Key, Plain | None, str]], *, at: datetime) -> ChangeSet:
        """Many edits as one step, each (document, what it shall be, what that says): all are made, or none."""
        published = self.published()

        def edited(draft: ChangeSet) -> ChangeSet:
            for number, (key, after, says) in enumerate(steps):
                draft = draft.edited(key, after, published.get(key), says=says, at=at, together=number > 0)
            return draft

        return self._revise(edited, at)

    def undo(self, at: datetime) -> ChangeSet:
        """Take back the last step. Raises BadRequest when there is none."""
        return self._revise(lambda draft: draft.undone(), at)

    def take_theirs(self, key: Key, at: datetime) -> ChangeSet:
        """Of a clash, keep what somebody else published."""
        return self._revise(lambda draft: draft.without(key), at)

    def keep_mine(self, key: Key, at: datetime) -> ChangeSet:
        """Of a clash, keep the draft's, now that the other side was seen."""
        theirs = self.published().get(key)
        return self._revise(lambda draft: draft.over(key, theirs), at)

    def discard(self) -> None:
        """Throw the draft away; nothing published changes."""
        self._drop(self.name)

    def standing(self) -> dict[Key, Plain]:
        """The documents as they would be with the draft."""
        return self.draft().applied(self.published())

    def clashes(self, published: Documents | None = None) -> tuple[Clash, ...]:
        """What others published meanwhile to documents that the draft changes too."""
        return self.draft().clashes(self.published() if published is None else published)

    def publish(self, why: str, at: datetime) -> Published:
        """Make the draft live, whole, and clear the desk.

        Raises Conflict when a document was changed by others meanwhile, BadRequest without a comment or a change;
        the draft is then as it was.
        """
        draft = self.draft()
        done = self.publications.publish(
            ready(draft, self.published()), name=draft.name, who=self.who, at=at, why=why
        )  # fmt: skip
        self._drop(draft.name, only=draft)
        self._studio.set_pref(self.who, ACTIVE, FIRST)
        return done

    def _read(self, kept: Draft) -> ChangeSet:
        if "strategy" in kept.content:  # weights alone, as drafts were before they could hold anything else
            key = Key("strategy", str(kept.content["placement"]))
            empty = ChangeSet(kept.name)
            return empty.edited(key, kept.content["strategy"], self.published().get(key), says=kept.name, at=kept.at)
        return ChangeSet.from_json(kept.name, kept.content)

    def _revise(self, step: Any, at: datetime) -> ChangeSet:
        name = self.name

        def revise(plain: dict[str, Any] | None) -> dict[str, Any]:
            revised: ChangeSet = step(ChangeSet(name) if plain is None else ChangeSet.from_json(name, plain))
            return revised.as_json()

        return ChangeSet.from_json(name, self._studio.revise_draft(self.who, name, revise, at))

    def _drop(self, name: str, only: ChangeSet | None = None) -> None:
        """Drop a draft; with `only`, just where it still is that one, so that a step made meanwhile stays."""
        for one in self._studio.drafts(self.who):
            if one.name == name and (only is None or ChangeSet.from_json(name, one.content) == only):
                self._studio.drop_draft(one.id)


def _named(name: str) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= LONGEST_NAME or not tidy.isprintable():
        raise BadRequest(f"A draft's name has 1 to {LONGEST_NAME} characters.")
    return tidy

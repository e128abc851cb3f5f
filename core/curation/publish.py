"""Publishing a rule book: checked as a whole, then written document by document, so that nobody's work is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.curation.resolve import RuleBook, read_book, refuse_clashes
from core.domain.campaigns import KIND as CAMPAIGN
from core.domain.changes import BOOK, Change, Documents, Key, reverting
from core.domain.errors import BadRequest
from core.domain.rules import Pin, Rule
from core.recommend.view import View
from core.store.publications import Publications, Published, in_book
from core.store.studio import Studio

RULE = "rule"


def check_book(rules: Sequence[Rule], view: View) -> None:
    """Raises BadRequest for two rules with one id, SlotTaken for two pins that want one place in one list."""
    read_book([rule.as_json() for rule in rules])
    refuse_clashes(RuleBook(tuple(rules)).on(view))


def check_changes(documents: Documents, changes: Sequence[Change], view: View) -> None:
    """Whether the book may become what it is in `documents`, of which `changes` are new; for every way to publish.

    Raises BadRequest for a changed rule that makes no sense, SlotTaken for two pins that want one place in one list,
    where a change brought that about.
    """
    changed = {change.key for change in changes if change.key.kind in BOOK and change.after is not None}
    for change in changes:
        if change.key in changed and change.key.kind == RULE:
            Rule.from_json(change.after)
    campaigns = {key.id for key in changed if key.kind == CAMPAIGN}
    book = RuleBook.of(plain for key, plain in documents.items() if key.kind in BOOK)
    pins = tuple(rule for rule in book.rules if isinstance(rule.act, Pin))
    fresh = {rule.id for rule in pins if Key(RULE, rule.id) in changed or rule.campaign in campaigns}
    if fresh:
        refuse_clashes(replace(book, rules=pins).on(view), fresh)


def publish_book(
    studio: Studio, rules: Sequence[Rule], view: View, *, who: str, at: datetime, why: str, name: str = "Rules",
    opened: Documents | None = None,
) -> Published:  # fmt: skip
    """Make `rules` the shop's rule book.

    opened: the documents as they were when the work on the book began; by default as they stand now.
    Raises Conflict when somebody changed one of these rules meanwhile, BadRequest without a comment or a change, and
    what `check_book` raises; nothing is written then.
    """
    check_book(rules, view)
    publications = Publications(studio)
    stood = publications.documents() if opened is None else opened
    before = {key: plain for key, plain in stood.items() if key.kind == RULE}
    after = {Key(RULE, rule.id): rule.as_json() for rule in rules}
    changes = [
        Change(key, before.get(key), after.get(key), (name,))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]
    if not changes:
        raise BadRequest("This is the rule book that is published already.")
    return publications.publish(changes, name=name, who=who, at=at, why=why)


def rollback_book(studio: Studio, version: int | None, *, who: str, at: datetime, why: str = "") -> Published:
    """Bring the rules and campaigns back to what they were in `version` of the book (without it, the one before).

    It is a publication like any other, and can be rolled back itself. Raises BadRequest for a version that never was.
    """
    newest = studio.rules_version()
    wanted = newest - 1 if version is None else version
    if not 0 <= wanted < newest:
        least = f"0 to {newest - 1}" if newest else "none yet"
        raise BadRequest(f"There is no earlier version {wanted} of the rules. There is {least}.")
    then = in_book(studio.rules(wanted))
    publications = Publications(studio)
    now = {key: plain for key, plain in publications.documents().items() if key.kind in BOOK}
    changes = reverting(then, now, [*now, *then])
    if not changes:
        raise BadRequest(f"The rules are what they were in version {wanted}.")
    said = why or f"Rolled back to version {wanted} of the rules"
    return publications.publish(changes, name=f"Rules of version {wanted}", who=who, at=at, why=said)

"""Campaigns: what is shown together for a while, and begins and ends by itself.

A rule, or a saved look, that names a campaign counts only while its campaign does. What that comes to is worked out
here, once: `under` narrows the dates of such rules to those of their campaign, and everything below reads dates alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.domain.errors import BadRequest
from core.domain.rules import Rule, read_moment, written_moment

KIND = "campaign"  # stands where a rule's kind would, in the book that both are kept in
COMING, RUNNING, OVER, OFF, MISSING = "coming", "running", "over", "off", "missing"
MOST_HEROES = 24
_LONGEST_NAME, _LONGEST_STORY = 80, 2000
_FIELDS = ("id", "kind", "name", "story", "starts_at", "ends_at", "zone", "heroes", "collection", "off")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. Raises BadRequest, with its id, when it makes no sense.

    starts_at, ends_at: UTC; from the first until just before the second; None is "always was", "has no end".
    zone:               in which they were written.
    story:              what it tells; lines are kept.
    heroes:             ids of the products it is about, the first one first; none of them need be there (any more).
    collection:         the collection of the catalogue that it shows, if it is about one.
    """

    id: str
    name: str
    story: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    zone: str = "UTC"
    heroes: tuple[str, ...] = ()
    collection: str | None = None
    off: bool = False

    def __post_init__(self) -> None:
        _checked(self)

    def changed(self, **changes: Any) -> Campaign:
        return replace(self, **changes)

    def phase(self, at: datetime) -> str:
        """Where it stands at `at`: `COMING`, `RUNNING`, `OVER` or `OFF`."""
        if self.off:
            return OFF
        if self.starts_at is not None and at < self.starts_at:
            return COMING
        return OVER if self.ends_at is not None and at >= self.ends_at else RUNNING

    def as_json(self) -> dict[str, Any]:
        """The campaign as plain JSON; what is left to its default is left out."""
        rest = {
            "story": self.story, "starts_at": written_moment(self.starts_at),
            "ends_at": written_moment(self.ends_at),
            "zone": self.zone if self.zone != "UTC" else None, "heroes": list(self.heroes),
            "collection": self.collection, "off": self.off,
        }  # fmt: skip
        return {
            "id": self.id,
            "kind": KIND,
            "name": self.name,
            **{name: value for name, value in rest.items() if value},
        }

    @classmethod
    def from_json(cls, plain: Any) -> Campaign:
        """The campaign that `as_json` wrote, or that a person did. Raises BadRequest with what to do.

        Without an id, it gets one from its name. Dates without a zone are read in the campaign's own.
        """
        if not isinstance(plain, Mapping):
            raise BadRequest(f"A campaign is an object with fields; {str(plain)[:80]!r} is none.")
        name = _text(plain, "name", "") or ""
        id = _text(plain, "id", None) or id_of(name)
        if unknown := sorted(set(map(str, plain)) - set(_FIELDS)):
            raise _refused(id, f"it has no field {', '.join(map(repr, unknown))}. It has {', '.join(_FIELDS)}.")
        if plain.get("kind", KIND) != KIND:
            raise _refused(id, f"its kind is {plain['kind']!r}. Leave it out, or write {KIND!r}.")
        heroes, off = plain.get("heroes") or (), plain.get("off", False)
        if not isinstance(heroes, list | tuple) or not all(isinstance(one, str) and one for one in heroes):
            raise _refused(id, f"its heroes are {heroes!r}; write a list of product ids.")
        if not isinstance(off, bool):
            raise _refused(id, f"off is {off!r}; write true or false.")
        zone = _text(plain, "zone", None) or "UTC"
        return cls(
            id, name, _text(plain, "story", None) or "", _moment(plain, "starts_at", zone, id),
            _moment(plain, "ends_at", zone, id), zone, tuple(dict.fromkeys(heroes)),
            _text(plain, "collection", None) or None, off,
        )  # fmt: skip


def id_of(name: str) -> str:
    """A short id from a campaign's name.

    >>> id_of("Autumn, in the city")
    'autumn-in-the-city'
    """
    slug = "-".join(re.findall(r"[a-z0-9]+", name.casefold()))[:48].strip("-")
    return slug or "c-" + hashlib.sha256(json.dumps(name).encode()).hexdigest()[:8]


def by_id(campaigns: Iterable[Campaign]) -> dict[str, Campaign]:
    return {one.id: one for one in campaigns}


def phase_of(campaign: str | None, campaigns: Mapping[str, Campaign], at: datetime) -> str:
    """Where what names a campaign stands at `at`; `RUNNING` for what names none, `MISSING` where it is not there."""
    if campaign is None:
        return RUNNING
    found = campaigns.get(campaign)
    return MISSING if found is None else found.phase(at)


def under(rules: Sequence[Rule], campaigns: Iterable[Campaign]) -> tuple[Rule, ...]:
    """`rules` as their campaigns let them count: within the campaign's dates, off where it is off or not there.

    Rules without a campaign are as they were. What is off here stays where it stands, so numbers do not move.
    """
    known = by_id(campaigns)
    return tuple(rule if rule.campaign is None else _under(rule, known.get(rule.campaign)) for rule in rules)


def _under(rule: Rule, campaign: Campaign | None) -> Rule:
    if campaign is None or campaign.off:
        return rule.changed(off=True)
    starts = max((one for one in (rule.starts_at, campaign.starts_at) if one is not None), default=None)
    ends = min((one for one in (rule.ends_at, campaign.ends_at) if one is not None), default=None)
    if starts is not None and ends is not None and starts >= ends:  # they never meet
        return rule.changed(off=True)
    return rule.changed(starts_at=starts, ends_at=ends)


def _refused(id: str, text: str) -> BadRequest:
    return BadRequest(f"Campaign {id[:80]}: {text}")


def _text(plain: Mapping[str, Any], name: str, default: str | None) -> str | None:
    value = plain.get(name, default)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"A campaign's {name} is {value!r}; write it as text.")
    return value


def _moment(plain: Mapping[str, Any], name: str, zone: str, id: str) -> datetime | None:
    text = _text(plain, name, None)
    try:
        return read_moment(text, zone)
    except ValueError:
        raise _refused(id, f"{name} is {text!r}; write it like 2026-03-01 or 2026-03-01T09:00.") from None


def _checked(one: Campaign) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", one.id):
        raise BadRequest(f"{one.id[:80]!r} is no id for a campaign. Use 1 to 64 letters, digits, dots and hyphens.")
    if not one.name.strip() or len(one.name) > _LONGEST_NAME or not one.name.isprintable():
        raise _refused(one.id, f"it has a name of 1 to {_LONGEST_NAME} characters, on one line.")
    lines = one.story.replace("\n", "")
    if len(one.story) > _LONGEST_STORY or (lines and not lines.isprintable()):
        raise _refused(one.id, f"its story is text of at most {_LONGEST_STORY:,} characters.")
    if one.collection is not None and (len(one.collection) > 200 or not one.collection.isprintable()):
        raise _refused(one.id, "its collection is the name of one, on one line.")
    if len(one.heroes) > MOST_HEROES:
        raise _refused(one.id, f"it has {len(one.heroes)} heroes. Name at most {MOST_HEROES}.")
    for moment in (one.starts_at, one.ends_at):
        if moment is not None and moment.tzinfo is None:
            raise _refused(one.id, f"the moment {moment.isoformat()} has no time zone.")
    if one.starts_at is not None and one.ends_at is not None and one.ends_at <= one.starts_at:
        raise _refused(one.id, "it ends before it begins. Swap the dates, or give it a later end.")
    try:
        ZoneInfo(one.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _refused(one.id, f"{one.zone!r} is no time zone. Use an IANA name such as Europe/Paris.") from None

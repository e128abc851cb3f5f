"""Campaigns over documents: what belongs to one, all of it without one, and taking one back as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.campaigns import Campaign
from core.domain.changes import Change, Documents, Key, Plain, same
from core.domain.errors import BadRequest, UnknownCampaign
from core.store.publications import Publications, Published
from core.store.studio import Studio

KIND = "campaign"
SOON = timedelta(days=7)
STARTS, ENDS = "starts", "ends"
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Event:
    """A campaign that begins (`STARTS`) or ends (`ENDS`) at a moment."""

    campaign: Campaign
    what: str
    at: datetime


def key_of(id: str) -> Key:
    return Key(KIND, id)


def campaign(documents: Documents, id: str) -> Campaign:
    """One campaign. Raises UnknownCampaign."""
    plain = documents.get(key_of(id))
    if plain is None:
        raise UnknownCampaign(id)
    return Campaign.from_json(plain)


def campaigns(documents: Documents) -> tuple[Campaign, ...]:
    """All campaigns among the documents, those that begin first first; the ones that always were stand before them."""
    found = [Campaign.from_json(plain) for key, plain in documents.items() if key.kind == KIND]
    return tuple(sorted(found, key=lambda one: (one.starts_at is not None, one.starts_at or datetime.max, one.name)))


def members(documents: Documents, id: str) -> dict[Key, Plain]:
    """The rules and looks of a campaign."""
    return {key: plain for key, plain in documents.items() if key.kind != KIND and plain.get(KIND) == id}


def without(documents: Documents, id: str) -> dict[Key, Plain]:
    """The documents as they would be if the campaign were not, nor what belongs to it."""
    gone = {key_of(id), *members(documents, id)}
    return {key: plain for key, plain in documents.items() if key not in gone}


def telling(one: Campaign, now: datetime) -> datetime:
    """The moment at which a campaign's effect is best told: now while it runs, else its first or last whole minute.

    A campaign that is off is asked about as if it were on. Impact is measured as of a whole minute.
    """
    if one.ends_at is not None and now >= one.ends_at:
        return one.ends_at - _MINUTE
    if one.starts_at is None:
        return now
    first = one.starts_at.replace(second=0, microsecond=0)
    return max(now, first if first == one.starts_at else first + _MINUTE)


def events(found: Iterable[Campaign], at: datetime, within: timedelta = SOON) -> tuple[Event, ...]:
    """What begins and what ends in the time after `at`, the soonest first. Campaigns that are off do neither."""
    told = [
        Event(one, what, moment)
        for one in found
        if not one.off
        for what, moment in ((STARTS, one.starts_at), (ENDS, one.ends_at))
        if moment is not None and at < moment <= at + within
    ]
    return tuple(sorted(told, key=lambda event: (event.at, event.campaign.id)))


def taking_back(past: Sequence[Published], documents: Documents, id: str) -> tuple[Change, ...]:
    """The changes that take a campaign back as one: it goes, and what belongs to it returns to what it was before it
    joined the campaign; what was made for the campaign goes with it.

    past: all publications, the newest first.    documents: all that is published.
    """
    says = ("The campaign is taken back",)
    keys = [key_of(id), *members(documents, id)]
    before = {key: _before_joining(past, key, id) for key in keys[1:]}
    return tuple(
        Change(key, documents.get(key), before.get(key), says)
        for key in keys
        if not same(documents.get(key), before.get(key))
    )


def _before_joining(past: Sequence[Published], key: Key, id: str) -> Plain | None:
    """What a document was before the publication that brought it into the campaign it is in; None: it was not."""
    for one in past:
        for change in one.changes:
            if change.key == key and not _belongs(change.before, id):
                return change.before
    return None


def _belongs(plain: Mapping[str, object] | None, id: str) -> bool:
    return plain is not None and plain.get(KIND) == id


def rollback(studio: Studio, id: str, *, who: str, at: datetime, why: str = "") -> Published:
    """Take a campaign back as one, as a publication like any other.

    Raises UnknownCampaign, Conflict when somebody publishes meanwhile, BadRequest where what would come back makes no
    sense any more.
    """
    publications = Publications(studio)
    documents = publications.documents()
    if key_of(id) not in documents and not members(documents, id):
        raise UnknownCampaign(id)
    changes = taking_back(publications.history(), documents, id)
    if not changes:
        raise BadRequest(f"Nothing of the campaign {id!r} is published.")
    plain = documents.get(key_of(id))
    name = Campaign.from_json(plain).name if plain is not None else id
    return publications.publish(
        changes, name=f"Roll back of {name}", who=who, at=at, why=why or f"The campaign “{name}” was taken back as one"
    )

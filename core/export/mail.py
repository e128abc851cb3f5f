"""Lists that leave the shop for mail tools and feeds: one row a shopper or a product, with what is needed to show each.

What is written may be shown when it is written: whatever sold out, was blocked or was kept back while the lists were
being made is taken out of them again, and so is who opted out or was forgotten meanwhile. Rows for shoppers are keyed
by the ids that were given, which are kept nowhere else, or by the salted hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.domain.catalogue import Catalogue, Item, State
from core.domain.errors import BadRequest, Conflict
from core.domain.listing import Listing, Placed, Versions
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.shoppers import Context, Person
from core.domain.words import MINOR_DIGITS
from core.intake.export import csv_bytes, csv_text
from core.lab.shoppers import safe_reason
from core.recommend.personal import NOBODY, stranger
from core.store import files

if TYPE_CHECKING:
    from core.recommend.view import View
    from core.shop import Shop

BESIDE = (
    Placement.SIMILAR, Placement.SUBSTITUTE, Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND,
    Placement.TOGETHER,
)  # fmt: skip
ALONE = (Placement.TRENDING, Placement.COLD_START)
PLACEMENTS = (Placement.FOR_YOU, *BESIDE, *ALONE)
FIELDS = ("id", "title", "house", "price", "currency", "picture", "link", "reason")  # of each product in a row
EVERYBODY = "everybody"  # key of the one row of a list that is the same for all
SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
PICTURE = ".webp"
ATTEMPTS = 5  # times that lists are made again because of what was published meanwhile
PARTS = ("id", "picture", "placement", "place")  # what may stand in braces in an address

Progress = Callable[[int, int], None]
Shown = tuple[tuple[str, str], ...]  # ids with a sentence that a shopper may read, or ""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a product's page and its picture are, with {id}, {picture}, {placement} and {place} in braces.

    link:    "" leaves the column empty.    picture: "" gives the name of the picture in the shop's pack.
    """

    link: str = ""
    picture: str = ""

    def __post_init__(self) -> None:
        for name in ("link", "picture"):
            address = getattr(self, name)
            if not address:
                continue
            if not re.match(r"https?://[^\s/]", address) or not address.isprintable() or " " in address:
                raise BadRequest(f"The {name} {address[:80]!r} is no address. Begin it with https://.")
            if "{" in re.split(r"[/?#\\]", address.partition("://")[2])[0]:
                raise BadRequest(f"The {name} {address[:80]!r} leaves open whose site it is. Write its name out.")
            rest = re.sub(r"\{(?:" + "|".join(PARTS) + r")\}", "", address)
            if "{" in rest or "}" in rest:
                raise BadRequest(
                    f"The {name} may hold {', '.join(f'{{{one}}}' for one in PARTS)}, and no other braces."
                )

    def of(self, name: str, item: Item, placement: str, place: int) -> str:
        """The address of a product; what is filled in is escaped, so that no id leads elsewhere."""
        picture = item.pictures[0] if item.pictures else ""
        if name == "picture" and not picture:
            return ""
        if not (address := getattr(self, name)):
            return f"{picture}{PICTURE}" if name == "picture" else ""
        values = {"id": item.id, "picture": picture, "placement": placement, "place": str(place)}
        return re.sub(r"\{(\w+)\}", lambda found: quote(values[found[1]], safe=""), address)


@dataclass(frozen=True, slots=True)
class Row:
    """One list. key: whose it is, as it was given."""

    key: str
    items: Shown


@dataclass(frozen=True, slots=True)
class Lists:
    """Many lists of one placement, as they may leave the shop.

    left_out: why and how many rows there are not.    at: the moment asked about.    versions: what they were made
    with, the facts being those that all of them were held against last.
    """

    request: Request
    rows: tuple[Row, ...]
    left_out: Mapping[str, int]
    catalogue: Catalogue
    versions: Versions
    at: datetime
    encoders: Mapping[str, str | None] = field(default_factory=dict)
    simulated: bool = False

    @property
    def keyed_by(self) -> str:
        placement = self.request.placement
        return "shopper" if placement == Placement.FOR_YOU else "product" if placement in BESIDE else "list"


# -- making them -------------------------------------------------------------------------------------------------------


def for_shoppers(
    shop: Shop,
    request: Request,
    given: Sequence[str] | None = None,
    *,
    context: Context | None = None,
    strangers: bool = False,
    progress: Progress | None = None,
) -> Lists:
    """For You, a row for each shopper who may have one: nobody who opted out, or is known to have given no consent.

    given:     ids as the shop has them, or hashes; None is everybody of whom anything is kept, by hash.
    strangers: those of whom nothing is kept have the list of a first visit; else they have no row.
    context:   where and when the mail is read, as far as that is known.
    """
    store = shop.events
    wanted, strange, left_out = _wanted(shop, given, strangers)

    def person(asked: Request, shopper: str) -> Person:
        if shopper == NOBODY:
            return replace(stranger(), context=context or Context())
        return store.person(shopper, asked.at, context)

    def make(asked: Request, shoppers: Sequence[str]) -> Iterator[Listing]:
        lists = shop.for_you_all(asked, (person(asked, one) for one in shoppers))
        for done, listing in enumerate(lists, 1):
            yield listing
            if progress is not None:
                progress(done, len(shoppers))

    subjects = list(dict.fromkeys(NOBODY if one in strange else one for one in wanted.values()))
    made = _made(shop, request, subjects, make)
    standing = dict.fromkeys(strange, True) | store.standing(list(wanted.values()))  # some opted out meanwhile
    rows = []
    for key, one in wanted.items():
        if standing.get(one):
            rows.append(Row(key, made.items[NOBODY if one in strange else one]))
        else:
            left_out["no consent, or opted out"] += 1
    return _whole(shop, request, rows, left_out, made)


def _wanted(shop: Shop, given: Sequence[str] | None, strangers: bool) -> tuple[dict[str, str], set[str], Counter[str]]:
    """Key -> hash of those who may have a list; the hashes of those of whom nothing is kept, all of whom have one; and
    why the others have none."""
    store, left_out = shop.events, Counter[str]()
    hashes: dict[str, str] = {}
    if given is None:
        known = store.standing()
        hashes = {one: one for one in known}
    else:
        for raw in given:
            try:
                hashes[raw] = shop.shopper_id(raw)
            except BadRequest:
                left_out["no id"] += 1
        known = store.standing(list(hashes.values()))
    wanted: dict[str, str] = {}
    strange: set[str] = set()
    for key, one in hashes.items():
        if known.get(one, strangers):
            wanted[key] = one
            strange |= {one} - known.keys()
        else:
            left_out["no consent, or opted out" if one in known else "nothing is known"] += 1
    return wanted, strange, left_out


def beside_products(
    shop: Shop, request: Request, anchors: Sequence[str] | None = None, *, progress: Progress | None = None
) -> Lists:
    """The list beside each product (None: of every one) whose lists may leave the shop.

    What is not released yet is not spoken of, and what was one of a kind and is sold does not come again.
    """
    left_out = Counter[str]()
    moment = request.at or datetime.now(UTC)
    catalogue = shop.catalogue(moment)
    if anchors is not None:
        left_out["not in the catalogue"] = sum(one not in catalogue for one in anchors)
        anchors = [one for one in dict.fromkeys(anchors) if one in catalogue]
    kept, gone = shop.to_export(anchors, moment)
    left_out["one of a kind, and sold"] = len(gone)
    states = dict(zip(catalogue.ids, catalogue.states(moment), strict=True))
    states |= dict.fromkeys(_coming(shop), State.EMBARGOED)
    for state, why in ((State.EMBARGOED, "not released yet"), (State.RETIRED, "retired")):
        left_out[why] = sum(states[one] == state for one in kept)
        kept = [one for one in kept if states[one] != state]

    def make(asked: Request, some: Sequence[str]) -> Iterator[Listing]:
        return shop.recommend_all(asked, some, progress)

    made = _made(shop, request, kept, make)
    return _whole(shop, request, [Row(one, made.items[one]) for one in kept], left_out, made)


def for_everybody(shop: Shop, request: Request) -> Lists:
    """A list that is the same for all, as one row."""
    made = _made(shop, request, [EVERYBODY], lambda asked, _: iter([shop.recommend(asked)]))
    return _whole(shop, request, [Row(EVERYBODY, made.items[EVERYBODY])], Counter(), made)


@dataclass(frozen=True, slots=True)
class _Made:
    items: Mapping[str, Shown]
    catalogue: Catalogue
    versions: Versions
    at: datetime
    encoders: Mapping[str, str | None]


def _made(
    shop: Shop,
    request: Request,
    subjects: Sequence[str],
    make: Callable[[Request, Sequence[str]], Iterator[Listing]],
) -> _Made:
    """The lists of all subjects, of which nothing may have been taken off sale or blocked while they were made.

    Where facts changed, the lists that hold what may not be sold now are made again; where rules or weights did, all.
    Raises Conflict where the shop changes faster than lists can be made.
    """
    items: dict[str, Shown] = {}
    encoders: Mapping[str, str | None] = {}
    left, before = list(subjects), (-1, -1)
    if request.at is not None:
        request = request.changed(exclude=(*request.exclude, *_coming(shop)))
    asked = request.changed(at=request.at or datetime.now(UTC))
    view = shop.view(asked.at, asked.placement)
    alike = False  # whether one state of rules and weights made all of them, and still holds
    for _ in range(ATTEMPTS):
        used, read = view.versions, _Read(view.catalogue)
        for subject, listing in zip(left, make(asked, left), strict=True):
            items[subject] = tuple((one.id, read.reason(listing, one)) for one in listing.items)
            encoders, used = listing.encoders, listing.versions
        at = request.at or datetime.now(UTC)
        now = request.changed(at=at)
        view = shop.view(at, now.placement)
        open_ = _Open(view, now)
        fresh = (view.versions.rules, view.versions.strategy)
        alike = (used.rules, used.strategy) == fresh and (len(left) == len(items) or before == fresh)
        before = used.rules, used.strategy
        if not alike:
            left = list(items)
        else:
            left = [subject for subject, shown in items.items() if not open_.all(subject, shown)]
        if not left:
            break
        asked = now
    if not alike:
        raise Conflict("Rules or weights change while lists are made, again and again. Export them at a quieter hour.")
    for subject in left:  # stock that never comes to rest: a list may be short, but holds nothing that is gone
        items[subject] = open_.only(subject, items[subject])
    return _Made(items, view.catalogue, view.versions, at, encoders)


def _coming(shop: Shop) -> list[str]:
    """What is not released as of now: it may not leave the shop yet, for whatever day the lists are."""
    now = datetime.now(UTC)
    catalogue = shop.catalogue(now)
    states = zip(catalogue.ids, catalogue.states(now), strict=True)
    return [item for item, state in states if state == State.EMBARGOED]


class _Open:
    """What may stand in the lists of one placement at one moment."""

    def __init__(self, view: View, asked: Request) -> None:
        assert asked.at is not None
        self._view, self._asked = view, asked
        states = zip(view.catalogue.ids, view.catalogue.states(asked.at), strict=True)
        self._live = {item for item, state in states if state == State.LIVE}
        self._alike = None if asked.placement in BESIDE else view.curation(None, asked).blocked

    def only(self, subject: str, shown: Shown) -> Shown:
        """What of a list may still stand in it; rules begin and end by the clock too."""
        blocked = self._alike
        if blocked is None:
            blocked = self._view.curation(subject, self._asked.changed(anchor=subject)).blocked
        return tuple(pair for pair in shown if pair[0] in self._live and pair[0] not in blocked)

    def all(self, subject: str, shown: Shown) -> bool:
        return len(self.only(subject, shown)) == len(shown)


class _Read(dict[str, Item]):
    """The products of a catalogue, each read once."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue

    def __missing__(self, item: str) -> Item:
        self[item] = found = self._catalogue.item(item)
        return found

    def reason(self, listing: Listing, one: Placed) -> str:
        """What a shopper may read of a product in a list, without the full stop; "" where nothing can be said."""
        said = next((note.text for note in one.notes if note.code == "to_the_shopper"), "")
        if said or listing.anchor is None:
            return said.rstrip(".")
        return safe_reason(self[listing.anchor], self[one.id])


def _whole(shop: Shop, request: Request, rows: Sequence[Row], left_out: Counter[str], made: _Made) -> Lists:
    """All of it, without empty lists: a mail that shows nothing is none."""
    left_out["nothing to show"] += sum(not row.items for row in rows)
    return Lists(
        request, tuple(row for row in rows if row.items), {why: count for why, count in left_out.items() if count},
        made.catalogue, made.versions, made.at, made.encoders, shop.simulated,
    )  # fmt: skip


# -- writing them ------------------------------------------------------------------------------------------------------


def write(
    path: Path,
    make: Callable[[], Lists],
    *,
    addresses: Addresses | None = None,
    pictures: Callable[[Mapping[str, str]], None] | None = None,
) -> dict[str, Any]:
    """Lists as a file, CSV or JSON Lines by its name, with what is to be known of them in `FILE.about.json` beside it.

    make: gives them; asked once it is certain that the file can be written. The file that was there stays until the
    new one is whole.    pictures: is told the picture of each product shown, name -> key in the shop's pack.

    Returns what stands in the file beside it. Raises BadRequest for a name that says no format, StorageFailed.
    """
    kind = SUFFIXES.get(path.suffix.casefold())
    if kind is None:
        raise BadRequest(f"{path.name} says no format. End it in {', '.join(SUFFIXES)}.")
    if path.is_dir():
        raise BadRequest(f"{path} is a folder. Name a file in it, such as {path / 'lists.csv'}.")
    digest, addresses = hashlib.sha256(), addresses or Addresses()
    with files.replacing(path) as file:
        lists = make()
        for part in (_csv if kind == "csv" else _json_lines)(lists, addresses):
            digest.update(part)
            file.write(part)
    if pictures is not None:
        shown = {item for row in lists.rows for item, _ in row.items}
        keys = [one.pictures[0] for one in map(lists.catalogue.item, sorted(shown)) if one.pictures]
        pictures({f"{key}{PICTURE}": key for key in keys})
    about = {
        "file": path.name, "format": kind, "sha256": digest.hexdigest(), "placement": str(lists.request.placement),
        "k": lists.request.k, "keyed_by": lists.keyed_by, "rows": len(lists.rows),
        "short": sum(len(row.items) < lists.request.k for row in lists.rows), "left_out": dict(lists.left_out),
        "at": lists.at.isoformat().replace("+00:00", "Z"), **lists.versions.as_json(),
        "encoders": dict(lists.encoders), "filters": lists.request.filters.as_json(), "link": addresses.link,
        "picture": addresses.picture, "simulated": lists.simulated,
    }  # fmt: skip
    files.write_json(path.with_name(f"{path.name}.about.json"), about)
    return about


def _csv(lists: Lists, addresses: Addresses) -> Iterator[bytes]:
    """A row a list, its products side by side."""
    read, places = _Read(lists.catalogue), range(1, lists.request.k + 1)
    yield csv_bytes([lists.keyed_by, "products", *(f"{name}_{place}" for place in places for name in FIELDS)], ())
    rows = (
        [row.key, len(row.items), *(cell for cells in _cells(lists, row, addresses, read) for cell in cells)]
        for row in lists.rows
    )
    width = 2 + len(FIELDS) * lists.request.k
    while some := [[*row, *[""] * (width - len(row))] for row in islice(rows, 1000)]:
        yield csv_text([str(cell) for cell in some[0]], some[1:]).encode("utf-8", errors="replace")


def _json_lines(lists: Lists, addresses: Addresses) -> Iterator[bytes]:
    read = _Read(lists.catalogue)
    for row in lists.rows:
        shown = [dict(zip(FIELDS, cells, strict=True)) for cells in _cells(lists, row, addresses, read)]
        plain = {lists.keyed_by: row.key, "products": shown}
        yield (json.dumps(plain, ensure_ascii=False) + "\n").encode("utf-8", errors="replace")


def _cells(lists: Lists, row: Row, addresses: Addresses, read: _Read) -> Iterable[tuple[str, ...]]:
    """Each product of a row as texts, in the order of `FIELDS`."""
    placement = str(lists.request.placement)
    for place, (item, reason) in enumerate(row.items, 1):
        one = read[item]
        picture, link = (addresses.of(name, one, placement, place) for name in ("picture", "link"))
        yield (item, one.title, one.brand or "", price(one.price, one.currency), one.currency or "", picture, link,
               reason)  # fmt: skip


def price(minor: int | None, currency: str | None) -> str:
    """A price as programs write it; "" where it is unknown.

    >>> price(18900, "EUR"), price(1200, "JPY"), price(None, "EUR")
    ('189.00', '1200', '')
    """
    if minor is None:
        return ""
    digits = MINOR_DIGITS.get(currency or "", 2)
    return f"{minor / 10**digits:.{digits}f}"

"""The folder `inbox` of a shop: files that its own systems drop there, taken in without a build and without a person.

The name of a file says what it holds:

    events…                            what shoppers did; orders… and purchases… the same, each row a purchase
    crm…, shoppers…, customers…        what the customer system knows of shoppers
    anything else                      stock and prices

A file is taken in once it has come to rest, in order of time. One of stock is then moved away: to `done`, with the rows
that were not taken beside it, or to `refused`, with the reason. One that speaks of shoppers does not stay: nothing that
says who somebody is may lie about in the shop's folder, so it is removed, and a receipt stays in its place, with the
numbers of the rows that were refused and why, without what they say. One that is named as if it held stock and has
columns of a customer speaks of shoppers too.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, Conflict, NotReady, ShopError
from core.intake import crm, stock_feed
from core.intake import events as telling
from core.intake.export import csv_bytes
from core.intake.facts import plan_facts
from core.intake.mapping import plain_name
from core.intake.people import PERSON_NAMES, SHOPPER_NAMES, Told
from core.intake.personal import masked
from core.intake.read import Table, name_of
from core.settings import Settings
from core.store import files
from core.store.events import EventStore
from core.store.files import StorageFailed
from core.store.layout import Layout
from core.store.lock import briefly
from core.store.salt import salt_for
from core.store.studio import Studio

log = logging.getLogger("vitrine.inbox")

FOLDER, DONE, REFUSED = "inbox", "done", "refused"
STOCK, EVENTS, SHOPPERS = "stock", "events", "shoppers"
NAMES: Mapping[str, tuple[str, str | None]] = {  # first word of a name -> what it holds, and what its rows are
    "events": (EVENTS, None), "event": (EVENTS, None), "orders": (EVENTS, "purchase"),
    "purchases": (EVENTS, "purchase"), "crm": (SHOPPERS, None), "shoppers": (SHOPPERS, None),
    "customers": (SHOPPERS, None),
}  # fmt: skip
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
RESTS = 5.0  # seconds for which a file has not grown when it is taken in
KEPT = 100  # files that stay in `done`, and in `refused`
LONGEST = 180  # bytes of a name that stay there: no disk takes more than 255
LATER = (Conflict, NotReady, StorageFailed)  # nothing is wrong with the file: it is tried again
HINT = "A file of events is named like events.csv, one of shoppers like crm.csv; any other holds stock and prices."
REMOVED = "The file speaks of shoppers and was removed; drop it again once it is mended."
FAULT = "It could not be read through a fault of ours. The operator finds the reason in the log."
# Columns that no file of stock needs: one that has them speaks of shoppers, whatever it is called.
OF_SHOPPERS = frozenset(map(plain_name, (*SHOPPER_NAMES, *PERSON_NAMES)))


class _OfShoppers(BadRequest):
    """A file that speaks of shoppers under a name that does not say so."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file.

    what:     "stock", "events" or "shoppers".    changed: products or shoppers that changed, or events that are new.
    refused:  rows that were not taken.    repeated: events that were known already, or of who is not followed.
    version:  of the facts after a file of stock that changed some.
    reason:   why it was not taken in; "" where it was.    waits: it lies where it lay, and is tried again.
    """

    file: str
    changed: int
    refused: int
    version: int | None = None
    reason: str = ""
    what: str = STOCK
    repeated: int = 0
    waits: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file, "what": self.what, "changed": self.changed, "repeated": self.repeated,
            "refused": self.refused, "facts": self.version, "reason": self.reason, "waits": self.waits,
        }  # fmt: skip

    @property
    def text(self) -> str:
        if self.reason:
            return f"{self.file} {'waits' if self.waits else 'was not taken in'}. {self.reason}"
        refused = f", {self.refused:,} rows refused" if self.refused else ""
        if self.what == EVENTS:
            return f"{self.file}: {self.changed:,} events kept, {self.repeated:,} not needed{refused}."
        what = "shoppers known differently now" if self.what == SHOPPERS else "products changed"
        return f"{self.file}: {self.changed:,} {what}{refused}."


def inbox(layout: Layout) -> Path:
    """The folder that files are dropped into."""
    return layout.data / FOLDER


def held(path: Path) -> tuple[str, str | None]:
    """What a file holds by its name, and the kind of its events where the name says it.

    >>> held(Path("events-2026-03-01.csv")), held(Path("Orders.xlsx")), held(Path("crm.csv")), held(Path("night.csv"))
    (('events', None), ('events', 'purchase'), ('shoppers', None), ('stock', None))
    """
    first = re.match(r"[a-z]*", path.name.casefold())
    return NAMES.get(first[0] if first else "", (STOCK, None))


def look(
    settings: Settings, studio: Studio, present: Callable[[], Catalogue], at: datetime, *, rests: float = RESTS
) -> list[Taken]:
    """Take in what was dropped into the folder and has come to rest, in order of time; for as often as one likes.

    present: gives the catalogue with the facts that hold now; asked only where there is a file.
    """
    found = waiting(settings, at, rests=rests)
    if not found:
        return []
    with briefly(inbox(Layout(settings.data)) / ".lock"):
        resting = sorted((path for path in found if path.is_file()), key=lambda path: (path.stat().st_mtime, path.name))
        return [_take(path, settings, studio, present, at) for path in resting]


def waiting(settings: Settings, at: datetime, *, rests: float = RESTS) -> list[Path]:
    """The files that have come to rest."""
    folder = inbox(Layout(settings.data))
    return [path for path in folder.iterdir() if _rested(path, at, rests)] if folder.is_dir() else []


def _rested(path: Path, at: datetime, rests: float) -> bool:
    if path.name.startswith(".") or path.suffix.casefold() not in SUFFIXES:
        return False
    try:
        return path.is_file() and not path.is_symlink() and at.timestamp() - path.stat().st_mtime >= rests
    except OSError:
        return False  # taken away just now


def _take(path: Path, settings: Settings, studio: Studio, present: Callable[[], Catalogue], at: datetime) -> Taken:
    what, kind = held(path)
    name = name_of(path)
    try:
        if what == STOCK:
            return _take_stock(path, settings, studio, present(), at)
        return _take_people(path, what, kind, settings, studio, present(), at)
    except LATER as error:
        return Taken(name, 0, 0, reason=error.message, what=what, waits=True)
    except _OfShoppers as error:
        what, reason = SHOPPERS, f"{error.message} {HINT} {REMOVED}"
    except ShopError as error:
        reason = f"{error.message} {HINT}" if what == STOCK else f"{error.message} {REMOVED}"
    except Exception:  # a file that meets a bug of ours must not keep all that come after it waiting
        log.exception("A file in the inbox was not taken in")
        reason = FAULT if what == STOCK else f"{FAULT} {REMOVED}"
    try:
        _away(path, REFUSED, at, {"txt": f"{reason}\n".encode()}, stays=what == STOCK)
    except StorageFailed as error:
        return Taken(name, 0, 0, reason=f"{reason} {error.message}", what=what, waits=True)
    return Taken(name, 0, 0, reason=reason, what=what)


def _take_stock(path: Path, settings: Settings, studio: Studio, present: Catalogue, at: datetime) -> Taken:
    plan = plan_facts(path, settings=settings, present=present)
    if found := sorted({plain_name(one) for one in plan.table.headers} & OF_SHOPPERS):
        raise _OfShoppers(f"By its name it holds stock and prices, and it has a column {found[0]!r}.")
    version = stock_feed.carry_out(plan, studio, who=stock_feed.WHO, at=at)
    _away(path, DONE, at, {"refused.csv": plan.bad_rows_csv()} if plan.bad else {})
    return Taken(name_of(path), len(plan.changes), len(plan.bad), version)


def _take_people(
    path: Path, what: str, kind: str | None, settings: Settings, studio: Studio, present: Catalogue, at: datetime
) -> Taken:
    store = EventStore(studio)
    salt, name = salt_for(settings, store), name_of(path)
    plan: telling.EventsPlan | crm.ShoppersPlan
    if what == EVENTS:
        plan = telling.plan_events(path, salt=salt, settings=settings, present=present, kind=kind, at=at)
    else:
        plan = crm.plan_shoppers(path, salt=salt, present=present)
    told, receipt = plan.report, _receipt(plan.report, plan.table, plan.bad)
    if not plan.ready:
        _away(path, REFUSED, at, {**receipt, "txt": receipt["txt"] + f"{REMOVED}\n".encode()}, stays=False)
        return Taken(name, 0, told.refused, reason=f"Nothing in it can be taken. {REMOVED}", what=what)
    if isinstance(plan, telling.EventsPlan):
        added = telling.carry_out(plan, store)
        taken = Taken(name, added.new, told.refused, what=what, repeated=added.repeated + added.refused)
    else:
        taken = Taken(name, crm.carry_out(plan, store, at), told.refused, what=what)
    _away(path, DONE, at, receipt, stays=False)
    return taken


def _receipt(told: Told, table: Table, bad: Mapping[int, tuple[str, ...]]) -> dict[str, bytes]:
    """What stays of a file about shoppers: counts, and which rows were refused; nothing of what they say.

    Columns that are not read are named by their first letters: in a file without a header they are somebody's name.
    """
    said = told.summary()
    for header in sorted(set(table.headers) - set(told.mapping.values()), key=len, reverse=True):
        if len(header) > 2:
            said = re.sub(rf"(?<!\w){re.escape(header)}(?!\w)", lambda found: masked(found[0]), said)
    out = {"txt": f"{said}\n".encode()}
    if bad:
        out["refused.csv"] = csv_bytes(["row", "reason"], ([row, " ".join(bad[row])] for row in sorted(bad)))
    return out


def _away(path: Path, where: str, at: datetime, beside: Mapping[str, bytes], *, stays: bool = True) -> None:
    """Take a file out of the folder: moved under the moment it was taken in, or removed where it may not stay.

    What is said of it stands there too; the oldest of many go.
    """
    folder = path.parent / where
    files.make_folder(folder)
    target = folder / f"{at:%Y%m%dT%H%M%S}-{_short(path.name)}"
    for suffix, content in beside.items():
        files.write_bytes(target.with_name(f"{target.name}.{suffix}"), content)
    with files.speaking(target):
        if stays:
            os.replace(path, target)
        else:
            path.unlink()
    files.fsync_dir(folder)
    files.fsync_dir(path.parent)
    for old in sorted(one for one in folder.iterdir() if not one.is_dir())[: -2 * KEPT]:
        old.unlink(missing_ok=True)


def _short(name: str) -> str:
    """The name of a file, cut where a moment before it and what is said of it behind it would make it too long."""
    whole = os.fsencode(name)
    if len(whole) <= LONGEST:
        return name
    told = f"-{hashlib.sha256(whole).hexdigest()[:12]}{Path(name).suffix}"
    return whole[: LONGEST - len(told)].decode("utf-8", "ignore") + told

"""Events from files and from the shop's front: read, checked, hashed; what speaks of a person is refused.

An id of a shopper, a visit or an event is a salted hash before anything is kept, and before anything is said of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, ShopError
from core.domain.events import KINDS, Event
from core.domain.shoppers import EVENT, SESSION, SHOPPER
from core.intake.checks import RowReader
from core.intake.export import csv_bytes
from core.intake.people import (
    ITEM_NAMES,
    MOMENT_NAMES,
    SHOPPER_NAMES,
    PeoplePlan,
    bad_rows,
    made_id,
    needs,
    opened,
    read_hashes,
    refuse_personal,
    told,
)
from core.intake.personal import KINDS as PERSONAL_KINDS
from core.intake.personal import personal_of
from core.intake.read import Limits, Table
from core.intake.report import Findings
from core.intake.values import (
    NOTHING,
    NumberStyle,
    Read,
    date_reader,
    is_unknown,
    minor_digits,
    money_reader,
    month_first,
    number_style,
    read_id,
    refused,
    split_money,
    warned,
)
from core.settings import Settings
from core.store.events import Added, EventStore

MOST_POSTED = 1_000  # events that are posted at once
BAD_CODE = "bad_event"

NAMES: Mapping[str, Sequence[str]] = {
    "id": ("id", "event_id", "eventid", "uuid"),
    "kind": ("kind", "event", "event_type", "eventtype", "type", "action", "behavior", "behaviour", "interaction"),
    "item": ITEM_NAMES,
    "shopper": SHOPPER_NAMES,
    "session": (
        "session", "session_id", "sessionid", "user_session", "visit", "visit_id", "invoice", "invoiceno", "invoice_no",
        "order", "order_id", "orderid", "basket", "basket_id", "transaction_id", "transactionid",
    ),
    "at": MOMENT_NAMES,
    "client_at": ("client_at", "client_time", "device_time"),
    "placement": ("placement", "list", "widget", "shelf"),
    "position": ("position", "slot", "place"),
    "anchor": ("anchor", "anchor_id", "anchor_item"),
    "query": ("query", "search", "search_term", "search_query", "keywords"),
    "strategy": ("strategy", "strategy_version"),
    "snapshot": ("snapshot", "snapshot_id", "edition"),
    "arm": ("arm", "experiment_arm", "variant", "bucket"),
    "quantity": ("quantity", "qty", "pieces", "units", "count"),
    "size": ("size",),
    "price": ("price", "unit_price", "unitprice"),
    "target": ("target",),
    "value": ("value",),
    "simulated": ("simulated",),
}  # fmt: skip
_WORDS: Mapping[str, str] = {
    "view": "view viewed detail product_view productview view_item item_view page_view pdp_view look",
    "save": "save saved wishlist add_to_wishlist addtowishlist favorite favourite like bookmark wish",
    "cart": "cart add_to_cart addtocart add_to_bag addtobag basket add_to_basket bag cart_add",
    "purchase": "purchase purchased buy bought order ordered transaction sale checkout conversion sold",
    "return": "return returned refund refunded sent_back cancellation",
    "impression": "impression impressions shown view_item_list exposure",
    "click": "click clicked select_item list_click",
    "not_for_me": "not_for_me notforme dislike disliked hide hidden not_interested",
    "search": "search searched view_search_results query",
    "for_me": "for_me forme unhide undislike show_again",
}
KIND_WORDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_SPOKEN = ("item", "placement", "anchor", "query", "snapshot", "arm", "size", "value")  # texts of an event


@dataclass(frozen=True, slots=True, eq=False)
class EventsPlan(PeoplePlan):
    """What a file of events holds."""

    _rows: tuple[int, ...]
    _values: Mapping[str, AnyArray]

    def events(self) -> Iterator[Event]:
        """The events that can be taken, in order of the file."""
        return (_event(self._values, position) for position in self._rows)


def plan_events(
    file: str | Path,
    *,
    salt: bytes,
    settings: Settings,
    present: Catalogue | None = None,
    kind: str | None = None,
    mapping: Mapping[str, str] | None = None,
    at: datetime,
    limits: Limits | None = None,
) -> EventsPlan:
    """The dry run of a file of events: CSV, TSV, Parquet or Excel, one row an event.

    present: the catalogue, to say how many events name a product it lacks; they are taken all the same.
    kind:    what every row is, where no column says so: a file of orders is purchases. A quantity below 0 is a return.
    at:      now; what lies ahead of it is told.
    An event without an id gets one from what it says, so that the same file taken in twice is taken in once.
    Raises Refused when the file is no table, BadRequest for a bad mapping.
    """
    if kind is not None and kind not in KINDS:
        raise BadRequest(f"There is no kind of event {kind!r}. There are {', '.join(KINDS)}.")
    table, findings, columns = opened(file, NAMES, mapping, "Events", limits)
    values: dict[str, AnyArray] = {}
    rows: tuple[int, ...] = ()
    if needs(columns, ("at",) if kind is not None else ("kind", "at"), table, findings):
        values = _values(table, columns, findings, salt, settings, kind)
        rows = _usable(table, values, findings)
    report = told(table, "events", len(rows), columns, findings, _figures(values, rows, present, at))
    return EventsPlan(report, table, bad_rows(findings), rows, values)


def carry_out(plan: EventsPlan, store: EventStore) -> Added:
    """Keep the events of `plan`. Raises BadRequest when there is none."""
    if not plan.ready:
        raise BadRequest(f"{plan.report.file} holds no event that can be taken. Nothing was kept.")
    return store.add(plan.events())


# --- files ------------------------------------------------------------------------------------------------------------


def _values(
    table: Table, columns: Mapping[str, str], findings: Findings, salt: bytes, settings: Settings, kind: str | None
) -> dict[str, AnyArray]:
    """Field -> [n] values, checked one by one; what cannot be read refuses its row."""
    rows = RowReader(table, findings, strict=True)
    refuse_personal(rows, [columns[name] for name in _SPOKEN if name in columns])
    values: dict[str, AnyArray] = {
        name: read_hashes(rows, columns[name], salt, mark)
        for name, mark in (("id", EVENT), ("shopper", SHOPPER), ("session", SESSION))
        if name in columns
    }
    readers = {
        "kind": _read_kind, "item": read_id, "anchor": read_id, "placement": _read_text, "query": _read_text,
        "snapshot": _read_text, "arm": _read_text, "size": _read_text, "target": _read_text, "value": _read_text,
        "position": _whole("position"), "strategy": _whole("strategy"), "quantity": _whole("quantity"),
        "simulated": lambda text: Read(text.strip().casefold() in ("true", "1")),
    }  # fmt: skip
    values |= {name: rows.read(columns[name], reader) for name, reader in readers.items() if name in columns}
    for name in ("at", "client_at"):
        if name in columns:
            first = month_first(rows.coded(columns[name]).words)
            if first:
                findings.add("month_first", "warning", f"The dates in {columns[name]!r} were read month first.",
                             column=columns[name])  # fmt: skip
            values[name] = rows.read(columns[name], date_reader("moment", settings.zone(), months_first=first))
    if "price" in columns:
        values["price"] = _prices(rows, columns["price"], settings)
    if kind is not None and "kind" not in values:
        values["kind"] = np.full(len(table), kind, dtype=object)
    _returned(values)
    if "id" not in values:
        values["id"] = np.full(len(table), None, dtype=object)
    _name(values, salt)
    return values


def _returned(values: dict[str, AnyArray]) -> None:
    """A purchase of fewer than no pieces is a return of as many."""
    if "quantity" not in values:
        return
    kinds = values["kind"].copy()
    for i, pieces in enumerate(values["quantity"]):
        if pieces is not None and pieces < 0 and kinds[i] in ("purchase", "return"):
            values["quantity"][i], kinds[i] = -pieces, "return"
    values["kind"] = kinds


def _name(values: dict[str, AnyArray], salt: bytes) -> None:
    """Ids for events that have none: a hash of what they say, and of how often the file has said it before."""
    names = sorted(set(values) - {"id"})
    seen: Counter[str] = Counter()
    for i in np.flatnonzero(values["id"] == None):  # noqa: E711 - elementwise
        said = json.dumps([[name, str(values[name][i])] for name in names if values[name][i] is not None])
        values["id"][i] = made_id(salt, said, seen, EVENT)


def _usable(table: Table, values: Mapping[str, AnyArray], findings: Findings) -> tuple[int, ...]:
    """Positions of the rows that are events; the others are told with the reason."""
    usable = []
    for i, row in enumerate(table.rows.tolist()):
        if row in findings.refused:
            continue
        if values["kind"][i] is None or values["at"][i] is None:
            missing = "kind" if values["kind"][i] is None else "moment"
            findings.add(f"no_{missing}", "error", f"The row has no {missing}.", row=row)
            continue
        try:
            _event(values, i)
        except BadRequest as error:
            findings.add(BAD_CODE, "error", error.message, row=row)
            continue
        usable.append(i)
    return tuple(usable)


def _event(values: Mapping[str, AnyArray], position: int) -> Event:
    given = {name: column[position] for name, column in values.items() if column[position] is not None}
    return Event(**given)


def _figures(
    values: Mapping[str, AnyArray], rows: Sequence[int], present: Catalogue | None, at: datetime
) -> dict[str, Any]:
    if not rows:
        return {}
    where = np.array(rows, dtype=np.int64)
    moments = [values["at"][i] for i in rows]
    items = [one for one in values["item"][where] if one is not None] if "item" in values else []
    ids = values["id"][where]
    out: dict[str, Any] = {
        "kinds": dict(Counter(values["kind"][where]).most_common()),
        "shoppers": len({one for one in values["shopper"][where] if one is not None}) if "shopper" in values else 0,
        "products": len(set(items)),
        "from": min(moments).date().isoformat(),
        "to": max(moments).date().isoformat(),
        "repeated in the file": len(ids) - len(set(ids)) or None,
        "after now": sum(moment > at for moment in moments) or None,
    }
    if present is not None:
        out["of products the shop lacks"] = sum(item not in present for item in items) or None
    return out


def _read_kind(text: str) -> Read:
    kind = KIND_WORDS.get(text.strip().casefold().replace(" ", "_").replace("-", "_"))
    if kind is None:
        return Read(
            None, refused("unknown_kind", f"This is no kind of event known here. There are {', '.join(KINDS)}.")
        )
    return Read(kind)


def _read_text(text: str) -> Read:
    return NOTHING if is_unknown(text) else Read(text.strip() or None)


def _whole(name: str) -> Any:
    def read_whole(text: str) -> Read:
        word = text.strip().removesuffix(".0")
        if is_unknown(word):
            return NOTHING
        if not word.lstrip("-").isdecimal() or len(word) > 12:
            return Read(None, refused("bad_number", f"The {name} is not a whole number."))
        return Read(int(word))

    return read_whole


def _prices(rows: RowReader, header: str, settings: Settings) -> AnyArray:
    """[n] minor units; what is no price of this shop is left out, for an event says enough without it."""
    style = number_style([parts[0] for word in rows.coded(header).words if (parts := split_money(word))])
    if style.decimal is None and rows.table.kind != "csv":
        style = NumberStyle(".")
    reader = money_reader("price", currency=settings.currency, style=style)

    def read_price(text: str) -> Read:
        found = reader(text)
        if found.value is None or found.value[1] not in (None, settings.currency):
            return Read(
                None, warned("no_price", "The price cannot be read; the event is kept without.") if text else None
            )
        return Read(found.value[0])

    loose = RowReader(rows.table, rows.findings)
    return loose.read(header, read_price)


def export_csv(events: Iterable[Event], currency: str) -> Iterator[bytes]:
    """Events as a CSV file that `plan_events` reads, part by part; ids are the hashes, prices are written out."""
    names = ("id", "at", *(name for name in NAMES if name not in ("id", "at")))
    digits = minor_digits(currency)

    def cell(event: Event, name: str) -> Any:
        value = getattr(event, name)
        if isinstance(value, datetime):
            return value.isoformat().replace("+00:00", "Z")
        if name == "price" and value is not None:
            return f"{value / 10**digits:.{digits}f}"
        return "" if value is None else value

    whole = csv_bytes(names, ())
    yield whole
    rest = iter(events)
    while some := list(islice(rest, 5_000)):
        rows = ([cell(one, name) for name in names] for one in some)
        yield csv_bytes(names, rows)[len(whole) :]


# --- posted -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one of several posted events was not taken. index: its place among them, from 0."""

    index: int
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"index": self.index, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Received:
    """Posted events: those that can be kept, and why the others cannot.

    strange: how many name a product that the shop lacks; they are kept all the same.
    """

    events: tuple[Event, ...]
    refused: tuple[Refusal, ...]
    strange: int


def received(plain: Any, *, salt: bytes, at: datetime, present: Catalogue) -> Received:
    """Events as the shop's front posted them, a list of objects; `at` is when the server heard of them.

    One that makes no sense, or speaks of a person, is refused by its place in the list, and the others are taken.
    Raises BadRequest when this is no list of events, or too many.
    """
    if not isinstance(plain, list):
        raise BadRequest('Post events as {"events": [{"id": …, "kind": "view", "item": …, "shopper": …}, …]}.')
    if len(plain) > MOST_POSTED:
        raise BadRequest(f"{len(plain):,} events are posted at once; {MOST_POSTED:,} are taken. Send them in parts.")
    events: list[Event] = []
    found: list[Refusal] = []
    for index, one in enumerate(plain):
        try:
            event = Event.from_json(one, salt=salt, at=at)
            if event.simulated:  # or whoever can post could make real visits look made up
                raise BadRequest("What is posted happened: simulated is said by the demo's own record alone.")
            _impersonal(event, present)
        except ShopError as error:
            found.append(Refusal(index, error.code, error.message))
        else:
            events.append(event)
    strange = sum(one.item is not None and one.item not in present for one in events)
    return Received(tuple(events), tuple(found), strange)


class PersonalData(ShopError):
    """Text that looks as if it spoke of a person."""

    code = "personal_data"


def _impersonal(event: Event, present: Catalogue) -> None:
    """Raises PersonalData for an event in which a text speaks of a person."""
    spoken = {name: value for name in _SPOKEN if (value := getattr(event, name)) is not None and value not in present}
    if not spoken:
        return
    for name, kinds in zip(spoken, personal_of(list(spoken.values())), strict=True):
        if kinds:
            what = " and ".join(PERSONAL_KINDS[kind] for kind in kinds)
            raise PersonalData(f"{name} looks as if it held {what}. Send events without what says who somebody is.")

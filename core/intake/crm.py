"""What a shop's customer system knows of shoppers that shapes a list: tier, wishlist, sizes, houses, consent.

Names, addresses and everything else in such a file are not read, and the id becomes a salted hash.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.domain.arrays import AnyArray
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest
from core.domain.shoppers import SHOPPER, Shopper
from core.intake.checks import RowReader
from core.intake.people import (
    SHOPPER_NAMES,
    PeoplePlan,
    bad_rows,
    needs,
    opened,
    read_hashes,
    refuse_personal,
    told,
)
from core.intake.read import Table
from core.intake.report import Findings
from core.intake.values import Read, is_unknown, read_word, refused, set_reader
from core.store.events import EventStore

NAMES: Mapping[str, tuple[str, ...]] = {
    "shopper": (*SHOPPER_NAMES, "id"),
    "tier": ("tier", "loyalty_tier", "status", "level", "segment"),
    "wishlist": ("wishlist", "wish_list", "favourites", "favorites", "saved"),
    "sizes": ("sizes", "size"),
    "followed": ("followed", "followed_brands", "followed_houses", "brands", "favourite_brands", "favorite_brands"),
    "consent": ("consent", "personalisation", "personalization", "tracking_consent", "opt_in", "gdpr_consent"),
    "opted_out": ("opted_out", "opt_out", "do_not_track"),
}
_YES = frozenset(("yes", "y", "true", "t", "1", "on", "given", "granted", "oui", "ja", "si", "sí", "opt-in", "x", "✓"))
_NO = frozenset(("no", "n", "false", "f", "0", "off", "withdrawn", "denied", "non", "nein", "opt-out", "-"))
_SIZE = re.compile(r"\s*([^:=]{1,60}?)\s*[:=]\s*([^:=]{1,40}?)\s*")


@dataclass(frozen=True, slots=True, eq=False)
class ShoppersPlan(PeoplePlan):
    """What a file of a customer system holds.

    fields: hash of the shopper -> what the file says of them; what it is silent about stays as it is.
    """

    fields: Mapping[str, Mapping[str, Any]]


def plan_shoppers(
    file: str | Path, *, salt: bytes, present: Catalogue | None = None, mapping: Mapping[str, str] | None = None
) -> ShoppersPlan:
    """The dry run of a file of shoppers: CSV, TSV, Parquet or Excel, one row a shopper.

    Where the file has a column of consent, an empty cell is none. present: the catalogue, to say how many wishes it
    lacks. Raises Refused when the file is no table, BadRequest for a bad mapping.
    """
    table, findings, columns = opened(file, NAMES, mapping, "Shoppers")
    fields: dict[str, dict[str, Any]] = {}
    if needs(columns, ("shopper",), table, findings):
        if len(columns) == 1:
            findings.add(
                "no_fields", "error", "No column was recognised as a tier, wishlist, sizes, houses or consent: "
                f"{', '.join(table.headers[:12])}.",
            )  # fmt: skip
        else:
            fields = _fields(table, columns, findings, salt)
    report = told(table, "shoppers", len(fields), columns, findings, _figures(fields, present))
    return ShoppersPlan(report, table, bad_rows(findings), fields)


def carry_out(plan: ShoppersPlan, store: EventStore, at: datetime) -> int:
    """Keep what `plan` says of shoppers; returns how many that changed. Raises BadRequest when there is none."""
    if not plan.ready:
        raise BadRequest(f"{plan.report.file} holds no shopper that can be taken. Nothing was kept.")
    known = {one.id: one for one in store.shoppers()}
    return store.keep_shoppers(
        (known.get(shopper, Shopper(shopper)).changed(**said) for shopper, said in plan.fields.items()), at
    )


def _fields(table: Table, columns: Mapping[str, str], findings: Findings, salt: bytes) -> dict[str, dict[str, Any]]:
    rows = RowReader(table, findings, strict=True)
    refuse_personal(
        rows, [header for name, header in columns.items() if name not in ("shopper", "consent", "opted_out")]
    )
    ids = read_hashes(rows, columns["shopper"], salt, SHOPPER)
    words = set_reader(unknown=True)
    readers: dict[str, Callable[[str], Read]] = {
        "tier": read_word, "wishlist": words, "followed": words, "sizes": _read_sizes, "consent": _read_yes,
        "opted_out": _read_yes,
    }  # fmt: skip
    values: dict[str, AnyArray] = {
        name: rows.read(header, readers[name]) for name, header in columns.items() if name in readers
    }
    nothing: Mapping[str, Any] = {"wishlist": (), "followed": (), "sizes": {}, "consent": False, "opted_out": False}
    out: dict[str, dict[str, Any]] = {}
    for i, row in enumerate(table.rows.tolist()):
        if row in findings.refused:
            continue
        if ids[i] is None:
            findings.add("empty_id", "error", "The row has no id.", row=row)
            continue
        said: dict[str, Any] = {
            name: nothing.get(name) if column[i] is None else column[i] for name, column in values.items()
        }
        if ids[i] in out:
            findings.add("duplicate_id", "error", "An earlier row speaks of the same shopper.", row=row)
            continue
        try:
            Shopper(ids[i], **said)
        except BadRequest as error:
            findings.add("bad_shopper", "error", error.message, row=row)
            continue
        out[ids[i]] = said
    return out


def _figures(fields: Mapping[str, Mapping[str, Any]], present: Catalogue | None) -> dict[str, Any]:
    if not fields:
        return {}
    wishes = [item for said in fields.values() for item in said.get("wishlist", ())]
    return {
        "tiers": dict(Counter(said["tier"] for said in fields.values() if said.get("tier")).most_common(10)),
        "wishes": len(wishes) or None,
        "of products the shop lacks": sum(item not in present for item in wishes) or None
        if present is not None
        else None,
        "without consent": sum(said.get("consent") is False for said in fields.values()) or None,
        "opted out": sum(said.get("opted_out") is True for said in fields.values()) or None,
    }


def _read_yes(text: str) -> Read:
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return Read(word in _YES)
    if is_unknown(word):
        return Read(False)
    return Read(None, refused("bad_yes", "This says neither yes nor no."))


def _read_sizes(text: str) -> Read:
    """ "Shoes: 38; Tops: M" or the same as JSON, as a map."""
    if is_unknown(text):
        return Read({})
    bad = Read(None, refused("bad_sizes", "The sizes cannot be read. Write them like Shoes: 38; Tops: M."))
    if text.strip().startswith("{"):
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError):
            return bad
        return Read({str(kind): str(size) for kind, size in plain.items()}) if isinstance(plain, dict) else bad
    found = [_SIZE.fullmatch(part) for part in re.split(r"[;|,]", text) if part.strip()]
    sizes = {one[1]: one[2] for one in found if one is not None}
    return Read(sizes) if len(sizes) == len(found) else bad

"""A rule as the fields of a form, and back: nothing of the page, so that every field can be tested for itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.query import Filters
from core.domain.rules import NEVER, PIN_DAYS, Boost, Boundary, Pin, PinBest, Quota, Rule
from pages.kit import text

ALL, THESE, ALIKE = "all", "these", "alike"  # the lists that a rule bears on
NUMBER = "number"  # a boost by a number instead of a step
Fields = Mapping[str, Any]

# What "compared with the product beside" can say, in the order it is asked.
RELATIONS = {
    "brand same": "Same house", "brand other": "Another house", "category same": "Same category",
    "category other": "Another category", "type same": "Same type", "type other": "Another type",
    "price cheaper": "Cheaper", "price dearer": "Dearer", "collection same": "Same collection",
    "collection other": "Another collection", "colour same": "Same colour", "colour other": "Another colour",
    "material same": "Same material", "occasion same": "Same occasion", "season same": "Same season",
    "audience same": "For the same people", "brand_tier same": "Same house tier", "family_id same": "Same style",
}  # fmt: skip


def blank(kind: str, zone: str, now: datetime) -> dict[str, Any]:
    """The fields of a new rule. A pin ends after the usual days, unless told otherwise."""
    ends = None
    if kind == "pin":
        ends = (now + timedelta(days=PIN_DAYS)).astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
    return {
        "id": None, "kind": kind, "items": [], "collections": [], "filters": {}, "price_from": None,
        "price_to": None, "in_stock": False,
        "relations": [], "new_days": None, "place": 1, "step": "clear", "down": False, "amount": 25, "by": "",
        "at_least": 2, "at_most": None, "percent": False, "brands": [], "others": [], "only": False, "placements": [],
        "beside": ALL, "anchors": [], "anchor_filters": {}, "anchor_from": None, "anchor_to": None, "audiences": [],
        "locales": "", "starts_at": None, "ends_at": ends, "zone": zone, "priority": 0, "note": "", "off": False,
        "campaign": "", "anchor_in_stock": False,
    }  # fmt: skip


def of_rule(rule: Rule, currency: str | None) -> dict[str, Any]:
    """The fields that say what `rule` says. currency: prices are shown in its whole units."""
    act, target, scope = rule.act, rule.target, rule.scope
    unit = 10 ** text.MINOR_DIGITS.get(currency or "", 2)
    zone = ZoneInfo(rule.zone)
    out = blank(rule.kind, rule.zone, datetime(2000, 1, 1, tzinfo=UTC))
    out |= {
        "id": rule.id, "items": list(target.items), "filters": _lists(target.filters),
        "collections": list(target.collections),
        "price_from": _whole(target.filters.price_from, unit), "price_to": _whole(target.filters.price_to, unit),
        "in_stock": target.filters.in_stock, "relations": [" ".join(pair) for pair in target.relations],
        "new_days": target.new_days, "placements": [str(one) for one in scope.placements],
        "beside": THESE if scope.anchors else ALIKE if scope.anchor_filters else ALL,
        "anchors": list(scope.anchors), "anchor_filters": _lists(scope.anchor_filters),
        "anchor_from": _whole(scope.anchor_filters.price_from, unit),
        "anchor_to": _whole(scope.anchor_filters.price_to, unit), "anchor_in_stock": scope.anchor_filters.in_stock,
        "audiences": list(scope.audiences), "locales": ", ".join(scope.locales),
        "starts_at": _local(rule.starts_at, zone), "ends_at": _local(rule.ends_at, zone), "priority": rule.priority,
        "note": rule.note, "off": rule.off, "campaign": rule.campaign or "",
    }  # fmt: skip
    match act:
        case Pin() | PinBest():
            out["place"] = act.place
        case Boost():
            amount = round(100 * abs(act.amount), 9)
            out |= {"step": act.step or NUMBER, "down": act.amount < 0, "by": act.by or "",
                    "amount": int(amount) if amount == int(amount) else amount}  # fmt: skip
        case Quota():
            out |= {"at_least": act.least, "at_most": act.most, "percent": act.percent}
        case Boundary():
            out |= {"brands": list(act.brands), "others": list(act.others), "only": act.only}
        case _:
            pass
    return out


def as_json(fields: Fields, currency: str | None) -> dict[str, Any]:
    """The rule as plain JSON, as these fields say it; what the kind does not ask for is left out."""
    kind = fields["kind"]
    unit = 10 ** text.MINOR_DIGITS.get(currency or "", 2)
    plain: dict[str, Any] = {"kind": kind, "zone": fields["zone"]}
    if fields.get("id"):
        plain["id"] = fields["id"]
    if kind in ("pin", "pin_best"):
        plain["place"] = fields["place"]
    elif kind == "boost":
        sign = -1 if fields["down"] else 1
        if fields["step"] == NUMBER:
            plain["amount"] = round(sign * float(fields["amount"] or 0) / 100, 9)
        else:
            plain |= {"step": fields["step"], "direction": "down" if fields["down"] else "up"}
        if fields["by"]:
            plain["by"] = fields["by"]
    elif kind == "quota":
        bounds = {name: fields[name] for name in ("at_least", "at_most") if fields[name] is not None}
        plain |= {**bounds, "percent": bool(fields["percent"])}
    elif kind == "boundary":
        plain |= {"brands": list(fields["brands"]), "others": list(fields["others"]), "only": bool(fields["only"])}
    if kind == "pin":
        plain["target"] = {"items": list(fields["items"][:1])}
    elif kind != "boundary":
        plain["target"] = _given({
            "items": list(fields["items"]), "collections": list(fields["collections"]),
            "relations": [one.rsplit(" ", 1) for one in fields["relations"]],
            "filters": _filters(fields, "filters", "price_from", "price_to", "in_stock", unit),
            "new_days": fields["new_days"],
        })  # fmt: skip
    plain["scope"] = _given({
        "placements": list(fields["placements"]), "audiences": list(fields["audiences"]),
        "anchors": list(fields["anchors"]),
        "anchor_filters": _filters(fields, "anchor_filters", "anchor_from", "anchor_to", "anchor_in_stock", unit),
        "locales": [one.strip() for one in str(fields["locales"] or "").split(",") if one.strip()],
    })  # fmt: skip
    for name in ("starts_at", "ends_at"):
        if fields[name] is not None:
            plain[name] = fields[name].isoformat()
    if kind == "pin" and fields["ends_at"] is None:
        plain["ends_at"] = NEVER
    rest = {"priority": fields["priority"], "note": " ".join(str(fields["note"] or "").split()), "off": fields["off"],
            "campaign": fields["campaign"]}  # fmt: skip
    return plain | _given(rest)


def beside(fields: Fields, choice: str) -> dict[str, Any]:
    """The changes that come with another choice of lists: what is no longer shown says nothing any more."""
    alike = {"anchor_filters": {}, "anchor_from": None, "anchor_to": None, "anchor_in_stock": False}
    return {"beside": choice, **({} if choice == THESE else {"anchors": []}), **({} if choice == ALIKE else alike)}


def unsaid(fields: Fields) -> str:
    """What is still to be chosen before these fields are a rule, in plain words; "" where nothing is."""
    kind = fields["kind"]
    if kind == "pin" and not fields["items"]:
        return "Choose the product to pin."
    if kind == "boundary" and not fields["brands"]:
        return "Choose the houses that the rule is about."
    if kind == "boundary" and not fields["others"] and not fields["only"]:
        return "Choose the houses that they shall not stand beside."
    for low, high in (("price_from", "price_to"), ("anchor_from", "anchor_to")):
        if fields[low] is not None and fields[high] is not None and fields[low] > fields[high]:
            return f"No price lies between {fields[low]:g} and {fields[high]:g}. Swap the two."
    if kind == "quota" and fields["at_least"] is None and fields["at_most"] is None:
        return "Say how many places: at least, at most, or both."
    if kind not in ("pin", "boundary") and not (kind == "boost" and fields["by"]) and not speaks(fields):
        return "Choose the products that the rule is about: by name, or by what they have in common."
    if fields["beside"] == THESE and not fields["anchors"]:
        return "Choose the products beside which the rule shall work, or let it work beside all."
    if fields["beside"] == ALIKE and not (
        fields["anchor_filters"] or fields["anchor_from"] is not None or fields["anchor_to"] is not None
        or fields["anchor_in_stock"]
    ):  # fmt: skip
        return "Say beside which products the rule shall work, or let it work beside all."
    return ""


def speaks(fields: Fields) -> bool:
    """Whether these fields choose any products at all."""
    given = (fields[name] for name in ("items", "collections", "filters", "relations", "in_stock"))
    return any(given) or any(fields[name] is not None for name in ("price_from", "price_to", "new_days"))


def _filters(fields: Fields, name: str, low: str, high: str, stock: str, unit: int) -> dict[str, Any]:
    prices = {"price_from": fields[low], "price_to": fields[high]}
    return _given({
        **{field: list(values) for field, values in fields[name].items() if values},
        **{key: None if value is None else round(value * unit) for key, value in prices.items()},
        "in_stock": fields[stock],
    })  # fmt: skip


def _given(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if value not in (None, "", [], {}, False, 0) or (
        name in ("price_from", "price_to") and value is not None)}  # fmt: skip


def _lists(filters: Filters) -> dict[str, list[str]]:
    return {name: list(values) for name, values in filters.fields.items()}


def _whole(minor: int | None, unit: int) -> float | None:
    return None if minor is None else minor / unit


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)

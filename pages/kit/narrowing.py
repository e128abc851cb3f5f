"""Narrowing: which values of which fields are chosen, as facets with counts and as words that can be taken away."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from core.domain.query import FILTER_FIELDS, Filters
from pages.kit import text

# The order in which a shop's people narrow; what a catalogue does not know is left out.
FACETS = (
    "category", "type", "audience", "brand", "colour", "material", "pattern", "occasion", "season", "collection",
    "brand_tier", "state",
)  # fmt: skip
OPEN = ("category", "audience", "brand")
Chosen = Mapping[str, Sequence[str]]
Counts = Mapping[str, Mapping[str, int]]


def filters(chosen: Chosen, price_from: int | None, price_to: int | None) -> Filters:
    """The chosen values as filters; a price range the wrong way round is turned."""
    if price_from is not None and price_to is not None and price_from > price_to:
        price_from, price_to = price_to, price_from
    return Filters({name: tuple(values) for name, values in chosen.items()}, price_from, price_to)


def groups(
    counts: Counts, chosen: Chosen, *, fields: Sequence[str] = FACETS, roots: Container[str] = ()
) -> list[dict[str, Any]]:  # fmt: skip
    """Facets as the browser draws them: chosen values are always there, even where nothing is left of them.

    roots: the first levels of the category tree; deeper ones are left to the facet of types.
    """
    made = []
    for field in fields:
        known = dict(counts.get(field, {}))
        picked = list(chosen.get(field, ()))
        if field == "category" and roots:
            known = {value: n for value, n in known.items() if value in roots}
        for value in picked:
            known.setdefault(value, 0)
        if len(known) < 2 and not picked:
            continue
        made.append(
            {
                "field": field,
                "name": text.field_name(field),
                "open": field in OPEN or bool(picked),
                "options": [
                    {
                        "value": value,
                        "name": text.value_name(field, value),
                        "count": text.count(n),
                        "on": value in picked,
                    }
                    for value, n in known.items()
                ],
            }
        )
    return made


def price(
    low: int | None, high: int | None, currency: str | None, span: tuple[int, int] | None = None
) -> dict[str, Any]:
    """The range of prices as the browser draws it, in whole units; `span` is what there is."""
    unit = 10 ** text.MINOR_DIGITS.get(currency or "", 2)
    return {
        "name": f"Price, {text.SYMBOLS.get(currency or '', currency or '')}".rstrip(", "),
        "from": None if low is None else low // unit,
        "to": None if high is None else -(-high // unit),
        "fromHint": str(span[0] // unit) if span else "",
        "toHint": str(-(-span[1] // unit)) if span else "",
    }


def changed(
    sent: Mapping[str, Any], chosen: Chosen, low: int | None, high: int | None, currency: str | None
) -> tuple[dict[str, list[str]], int | None, int | None]:
    """The choice after what the browser sent; what makes no sense changes nothing."""
    picked = {name: list(values) for name, values in chosen.items()}
    field, value = sent.get("field"), sent.get("value")
    if field in FILTER_FIELDS and isinstance(value, str) and len(value) <= 200:
        values = [one for one in picked.get(field, []) if one != value]
        if sent.get("on") is True:
            values.append(value)
        picked[field] = values[:50]
    elif sent.get("price") in ("from", "to") and (value is None or isinstance(value, int | float)):
        unit = 10 ** text.MINOR_DIGITS.get(currency or "", 2)
        minor = None if value is None or not 0 <= value < 10**10 else round(value * unit)
        low, high = (minor, high) if sent["price"] == "from" else (low, minor)
        if low is not None and high is not None and low > high:
            low, high = high, low
    return {name: values for name, values in picked.items() if values}, low, high


def words(chosen: Chosen, low: int | None, high: int | None, currency: str | None) -> list[tuple[str, str, str]]:
    """(field, value, words) of everything chosen, for the row of things that can be taken away."""
    made = [(field, value, text.value_name(field, value)) for field in chosen for value in chosen[field]]
    if low is not None:
        made.append(("price", "from", f"from {text.money(low, currency)}"))
    if high is not None:
        made.append(("price", "to", f"to {text.money(high, currency)}"))
    return made

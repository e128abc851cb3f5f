"""The catalogue as a table that a person can read, and back."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from core.demo.products import Draft
from core.domain.catalogue import Item

SETS = ("colour", "material", "occasion", "season", "tags")
COLUMNS = (
    "id", "family_id", "title", "brand", "brand_tier", "category", "type", "audience", "colour", "shade", "material", "pattern",
    "occasion", "season", "collection", "tags", "price", "former_price", "cost", "currency", "stock", "release_day", "embargo_day",
    "retired_day", "picture", "description", "extra",
)  # fmt: skip


def table(drafts: Sequence[Draft]) -> pd.DataFrame:
    """One row a product, all cells text; sets are joined by "|", stock is "S=3 M=0", days count from the anchor day."""
    rows = []
    for d in drafts:
        extra = {key: value for key, value in sorted(d.extra.items()) if key != "shade"}
        rows.append(
            {
                "id": d.id, "family_id": d.family_id, "title": d.title, "brand": d.house.name, "brand_tier": d.house.tier,
                "category": " > ".join(d.category), "type": d.category[-1], "audience": d.audience, "colour": "|".join(d.colour),
                "shade": d.extra.get("shade", d.shade), "material": "|".join(d.material), "pattern": d.pattern or "", "occasion": "|".join(d.occasion),
                "season": "|".join(d.season), "collection": d.collection, "tags": "|".join(d.tags), "price": d.price,
                "former_price": d.former_price or "", "cost": d.cost, "currency": "EUR",
                "stock": " ".join(f"{size}={left}" for size, left in d.stock.items()), "release_day": d.release_day,
                "embargo_day": "" if d.embargo_day is None else d.embargo_day, "retired_day": "" if d.retired_day is None else d.retired_day,
                "picture": f"pictures/{d.id}.webp" if d.has_picture else "", "description": d.description or "",
                "extra": "|".join(f"{key}={value}" for key, value in extra.items()),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(str)


def items(frame: pd.DataFrame, anchor: datetime) -> list[Item]:
    """The rows of `frame` as items, their days counted from `anchor` (midnight, UTC). Pictures are left to the importer."""
    return [
        _item(dict(zip(frame.columns, row, strict=True)), anchor) for row in frame.itertuples(index=False, name=None)
    ]


def _item(row: dict[str, Any], anchor: datetime) -> Item:
    def text(name: str) -> str | None:
        return row[name] or None

    def split(name: str) -> tuple[str, ...]:
        return tuple(part for part in row[name].split("|") if part)

    def money(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    def day(name: str) -> datetime | None:
        return anchor + timedelta(days=int(row[name])) if row[name] else None

    stock = {}
    for part in row["stock"].split(" "):
        size, _, left = part.rpartition("=")
        stock[size] = int(left)
    extra = dict(pair.split("=", 1) for pair in split("extra"))
    return Item(
        id=row["id"], title=row["title"], family_id=text("family_id"), brand=text("brand"), brand_tier=money("brand_tier"),
        category=tuple(row["category"].split(" > ")), type=text("type"), audience=text("audience"), colour=split("colour"),
        material=split("material"), pattern=text("pattern"), occasion=split("occasion"), season=split("season"),
        collection=text("collection"), description=text("description"), tags=split("tags"), price=money("price"), currency=text("currency"),
        former_price=money("former_price"), cost=money("cost"), stock=stock, release_at=day("release_day"), embargo_until=day("embargo_day"),
        retired_at=day("retired_day"), extra={"shade": row["shade"], **extra},
    )  # fmt: skip

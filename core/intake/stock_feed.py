"""Stock and prices as they come from a shop's own systems: in files, or posted.

They become facts, live with the next list; no vector is made anew for them. What is dropped into a folder is found by
core/intake/inbox.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, ShopError
from core.intake.facts import FactsPlan
from core.store import facts as values
from core.store.studio import Studio

WHO = "stock feed"
MOST_POSTED = 10_000
FIELDS = ("stock", "price", "former_price")


def carry_out(plan: FactsPlan, studio: Studio, *, who: str, at: datetime) -> int | None:
    """Make the changes of a file live; the new version of the facts, None where nothing differs.

    Raises BadRequest for a file that cannot be used.
    """
    if not plan.report.ready:
        raise BadRequest(plan.report.summary())
    if not plan.changes:
        return None
    return studio.change_facts(plan.changes, before=plan.before, who=who, at=at, why=f"from {plan.report.file}"[:200])


def posted(plain: Any, present: Catalogue) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Stock and prices that were posted, a list of objects with an id and any of stock, price and former_price.

    stock is a number of pieces, or a map from sizes to them; sizes that are not named keep their stock. Prices are in
    minor units. null makes a field unknown. Returns item -> field -> value, and what is wrong by its place in the list.
    Raises BadRequest when this is no such list, or too long.
    """
    if not isinstance(plain, list):
        raise BadRequest('Post stock as {"items": [{"id": …, "stock": 3, "price": 12900}, …]}.')
    if len(plain) > MOST_POSTED:
        raise BadRequest(f"{len(plain):,} products are posted at once; {MOST_POSTED:,} are taken. Send them in parts.")
    changes: dict[str, dict[str, Any]] = {}
    refused: list[dict[str, Any]] = []
    for index, one in enumerate(plain):
        try:
            item, fields = _posted(one, present)
        except ShopError as error:
            refused.append({"index": index, **error.as_json()})
        else:
            changes.setdefault(item, {}).update(fields)
    for item, fields in changes.items():
        now = present.item(item)
        if isinstance(stock := fields.get("stock"), Mapping) and now.stock and "" not in stock and "" not in now.stock:
            fields["stock"] = {**now.stock, **stock}
    different = {
        item: {name: value for name, value in fields.items() if value != getattr(present.item(item), name)}
        for item, fields in changes.items()
    }
    return {item: fields for item, fields in different.items() if fields}, refused


def _posted(one: Any, present: Catalogue) -> tuple[str, dict[str, Any]]:
    if not isinstance(one, Mapping) or not isinstance(one.get("id"), str):
        raise BadRequest("Each product is an object with its id.")
    if one["id"] not in present:
        raise BadRequest("There is no product with this id in this shop.")
    if unknown := sorted(set(map(str, one)) - {"id", *FIELDS}):
        raise BadRequest(f"There is no field {unknown[0][:40]!r}. Post any of {', '.join(FIELDS)}.")
    fields = {name: one[name] for name in FIELDS if name in one}
    if not fields:
        raise BadRequest(f"Nothing is said of this product. Post any of {', '.join(FIELDS)}.")
    stock = fields.get("stock")
    if isinstance(stock, int) and not isinstance(stock, bool):
        fields["stock"] = {"": stock}
    return one["id"], {name: values.checked(name, value) for name, value in fields.items()}

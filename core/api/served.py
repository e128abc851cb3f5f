"""How every list leaves the shop: out of the cache where it was made already, with the headers that say so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request, Response

from core.api.answers import NOBODYS, ShopJSON
from core.api.cache import Answer, Keeper, key_of, opened
from core.domain.placements import Placement
from core.shop import Shop
from core.store.studio import Studio

PASSING = ("exact_words_only",)  # notes of a list that is another as soon as the encoders are warm

# By studio database: an edition that is swapped for another finds the cache as it was.
_keepers: WeakKeyDictionary[Studio, tuple[str, Keeper]] = WeakKeyDictionary()
_lock = threading.Lock()


def served(
    request: Request,
    shop: Shop,
    placement: Placement,
    make: Callable[[datetime], dict[str, Any]],
    *,
    at: datetime | None,
    shopper: str | None = None,
) -> Response:
    """The list that `request` asks for, as `make` makes it for a moment, or as it was made before.

    at: the moment asked about; with one, nothing is kept.    shopper: their hash, where the list is for one.
    """
    keeper = keeper_of(shop)
    moment = at or now()

    def fresh() -> tuple[bytes, bool]:
        plain = make(moment)
        passing = any(note["code"] in PASSING for note in plain.get("notes", ()))
        return ShopJSON({}).render(plain), not (passing and shop.warming)

    if at is not None or not keeper.keeps:
        return _said(Keeper(None, 0).answer("", fresh))
    asked = sorted(request.query_params.multi_items(), key=lambda one: one[0])  # what is repeated keeps its order
    told = shop.standing(placement, moment, shopper)
    return _said(keeper.answer(key_of({"path": request.scope["route"].path_format, "asked": asked, **told}), fresh))


def now() -> datetime:
    """The clock of this door."""
    return datetime.now(UTC)


def keeper_of(shop: Shop) -> Keeper:
    """What keeps the lists of a shop, as its settings say."""
    wanted = f"{shop.settings.cache} {shop.settings.cache_seconds}"
    with _lock:
        known = _keepers.get(shop.studio)
        if known is None or known[0] != wanted:
            keeper = Keeper(opened(shop.settings.cache), float(shop.settings.cache_seconds))
            known = _keepers[shop.studio] = wanted, keeper
        return known[1]


def _said(found: Answer) -> Response:
    headers = {**NOBODYS, "X-Cache": found.outcome if found.outcome == "bypass" else "hit" if found.hit else "miss"}
    if found.hit:
        headers["Age"] = str(found.age)
    return Response(found.body, media_type=ShopJSON.media_type, headers=headers)

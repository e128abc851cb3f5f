"""The process's one engine, as pages ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import streamlit as st

from core import build
from core import shop as shops
from core.domain.catalogue import Catalogue, State
from core.domain.changes import Documents
from core.domain.errors import BadRequest, NotReady
from core.domain.query import Filters
from core.recommend.browse import Shelf
from core.settings import Settings
from core.store.publications import Publications
from core.store.studio import Studio
from pages.kit import session, text


def shop() -> shops.Shop:
    """The shop that serves; raises NotReady before there is one."""
    return shops.current()


def ready() -> bool:
    try:
        shops.current()
    except NotReady:
        return False
    return True


def simulated() -> bool:
    """Whether what is shown was invented: the demo boutique."""
    return ready() and shop().simulated


def works() -> build.Works | None:
    """The long work of this app, where it has begun."""
    try:
        return build.works()
    except NotReady:
        return None


def settings() -> Settings:
    works_ = works()
    return works_.settings if works_ is not None else shop().settings


def zone() -> ZoneInfo:
    return settings().zone()


def today() -> date:
    return datetime.now(zone()).date()


def as_of() -> date | None:
    """The day the shop is shown as of; None is now."""
    chosen = session.current().as_of
    return date.fromisoformat(chosen) if chosen else None


def at() -> datetime | None:
    """The moment that lists are asked for: None is now, else the end of the chosen day."""
    chosen = as_of()
    return None if chosen is None else text.as_utc(chosen, zone())


def now() -> datetime:
    return datetime.now(UTC)


def moment() -> datetime:
    """The moment that is looked at, as a moment."""
    return at() or now()


def who() -> str:
    """The name that a change carries. Raises BadRequest when nobody has said it."""
    name = session.current().who
    if not name:
        raise BadRequest("Every change carries a name. Tell us yours at the top of the page, then try again.")
    return name


def introduce(name: str) -> None:
    """Take `name` as the person of this session, and note the visit."""
    name = " ".join(name.split())[:60]
    if not name:
        return
    book = studio()
    now = datetime.now(UTC)
    since = None
    if book is not None:
        before = book.last_visit(name)
        book.person(name, at=now)
        book.visited(name, at=now)
        since = before.isoformat() if before else None
    session.commit(who=name, since=since)


def studio() -> Studio | None:
    """The studio database, as soon as the app has one."""
    works_ = works()
    if works_ is not None:
        return works_.studio
    return shop().studio if ready() else None


def published() -> Documents:
    """Every document as it stands published at the moment that is looked at."""
    return Publications(shop().studio).documents(at())


def shelf(filters: Filters, *, words: str = "", sort: str = "featured", page: int = 1, size: int = 48) -> Shelf:
    """A page of the catalogue; "featured" is the order of the search where there are words."""
    return shop().browse(filters, words=words, sort=sort, page=page, size=size, at=at())


def find(words: str, most: int) -> list[str]:
    """Ids of products that answer to `words`: an id as it is, else the best matches of a search."""
    catalogue = shop().catalogue(at())
    if words in catalogue:
        return [words]
    return [catalogue.ids[row] for row in shelf(Filters(), words=words, size=most).rows]


def spread(branch: str, number: int) -> list[str]:
    """Products on sale, of one branch of the shop or ("") of all of it, in even steps; at most so many."""
    catalogue = shop().catalogue(at())
    live = catalogue.states(moment()) == State.LIVE
    rows = [
        row for row, (alive, path) in enumerate(zip(live, catalogue.column("category"), strict=True))
        if alive and (not branch or branch in path)
    ]  # fmt: skip
    return [catalogue.ids[row] for row in rows[:: max(1, len(rows) // number)][:number]]


def currency() -> str | None:
    """The shop's one currency; None when its catalogue names none."""
    return _of_catalogue("currency", lambda known: known.currency)


def roots() -> list[str]:
    """The first levels of the category tree, by name."""
    return _of_catalogue("roots", lambda known: sorted({path[0] for path in known.column("category") if path}))


def occasions() -> list[str]:
    """What products of this shop are for, the most frequent first."""
    return _of_catalogue("occasions", lambda known: list(shop().occasions()))


def facets() -> Mapping[str, Mapping[str, int]]:
    """Field -> its values in this shop as it is now, the most frequent first, with how many products have each."""
    return _of_catalogue("facets", lambda known: shop().browse(size=1).facets)  # for everybody, whatever day they see


def priced() -> bool:
    """Whether this catalogue knows prices at all."""
    return _of_catalogue("priced", lambda known: bool(known.frame["price"].notna().any()))


_made: WeakKeyDictionary[Catalogue, dict[str, Any]] = WeakKeyDictionary()


def _of_catalogue(name: str, make: Callable[[Catalogue], Any]) -> Any:
    """What `make` makes of the catalogue as it is now; made once for each."""
    known = shop().catalogue()
    kept = _made.setdefault(known, {})
    if name not in kept:
        kept[name] = make(known)
    return kept[name]


def chosen() -> str | None:
    """The product this page is about: the one in the address, else the one that was chosen before.

    Raises UnknownItem for an address that names none; what was chosen before stays chosen.
    """
    catalogue = shop().catalogue(at())
    asked = st.query_params.get("item")
    if asked:
        catalogue.row(asked)
        if asked != session.current().item:
            session.commit(item=asked)
        return asked
    item = session.current().item
    if item is None or item not in catalogue:
        return None
    st.query_params["item"] = item
    return item


def presentable() -> str | None:
    """A product to begin with when nothing was chosen: on sale, with a picture, from the middle of the catalogue."""
    catalogue = shop().catalogue(at())
    states = catalogue.states(moment())
    good = (states == State.LIVE) & catalogue.has_pictures()
    rows = good.nonzero()[0]
    return catalogue.ids[int(rows[len(rows) // 2])] if len(rows) else (catalogue.ids[0] if len(catalogue) else None)

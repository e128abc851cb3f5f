"""What has just come in, as New Arrivals needs it: its pictures, its rehearsal, and how it joins the shop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakSet

import numpy as np

from core.curation.desk import Desk
from core.domain.arrays import Vectors
from core.domain.arrivals import KIND, Arrival
from core.domain.changes import Change, Key
from core.domain.errors import ShopError
from core.recommend.cold_start import Rehearsal
from core.shop import Shop
from pages.kit import cards, engine, text, tray

PAGE, REHEARSAL, BATCH, QUIZ = "arrivals:page", "Rehearsal", "Arrivals", "Style quiz"
CAME_IN = "arrivals:batch"  # what came in together and is not kept yet
_prepared: WeakSet[Shop] = WeakSet()
log = logging.getLogger("vitrine.pages")
SURE = 0.5  # a suggestion this sure is taken up until somebody says otherwise
JOINS = "It joins the catalogue in a moment."
LATER = "It joins the catalogue with the next edition."


def url(key: str) -> str:
    """Where a card finds the picture of an arrival; "" where the shop has none of that key."""
    return cards.picture_path(key) if engine.shop().pictures.has(key) else ""


def size(key: str) -> tuple[int, int]:
    return engine.shop().pictures.size(key)


def rehearsed(arrival: Arrival, bar: Any = None) -> Rehearsal:
    """Everything that would be so were it on sale at the moment that is looked at; `bar` shows how far it is.

    Raises ShopError.
    """
    return read_and_rehearsed(arrival, bar)[0]


def read_and_rehearsed(arrival: Arrival, bar: Any = None) -> tuple[Rehearsal, dict[str, Vectors]]:
    """The rehearsal, and signal -> [d] the vector that was read of the arrival for it. Raises ShopError."""
    shop, mine = engine.shop(), threading.get_ident()

    def tell(what: str, done: int, total: int) -> None:
        if bar is not None and threading.get_ident() == mine:  # workers may not write on pages
            bar.progress(min(1.0, done / max(1, total)), text=what)

    made = shop.rehearse(arrival, at=engine.at(), progress=tell)
    of, row = made.view.snapshot, made.view.catalogue.row(made.item.id)
    read = {name: np.array(vectors[row]) for name, vectors in of.vectors.items() if of.present[name][row]}
    # The view that has it is large, and has told all that it tells.
    return replace(made, view=shop.view(engine.at())), read


def prepare() -> None:
    """Make what the first rehearsal needs beside the page, while somebody chooses a photo; once for each edition."""
    shop = engine.shop()
    if engine.works() is None or shop in _prepared or shop.rehearsals_ready():
        return
    _prepared.add(shop)

    def work() -> None:
        try:
            shop.prepare_rehearsals()
        except ShopError as error:
            log.warning("Rehearsals could not be prepared: %s", error.message)

    threading.Thread(target=work, name="rehearsals", daemon=True).start()


def standing() -> dict[str, tuple[Mapping[str, Any], bool]]:
    """Id -> the arrival as a document, and whether it is published already: with the draft of whoever is here."""
    live = {key: plain for key, plain in engine.published().items() if key.kind == KIND}
    desk = tray.desk()
    after = desk.draft().applied(live) if desk is not None else live
    return {key.id: (plain, live.get(key) == plain) for key, plain in after.items() if key.kind == KIND}


def leaving() -> dict[str, Mapping[str, Any]]:
    """Id -> the published arrivals that leave again with the draft of whoever is here."""
    desk = tray.desk()
    if desk is None:
        return {}
    live = {key: plain for key, plain in engine.published().items() if key.kind == KIND}
    after = desk.draft().applied(live)
    return {key.id: plain for key, plain in live.items() if key not in after}


def take_back_in_draft(id: str) -> None:
    """Put it into the draft that a kept arrival leaves again. Raises BadRequest, Conflict."""
    engine.who()
    desk, key = tray.desk(), Key(KIND, id)
    assert desk is not None
    before = desk.published().get(key)
    if before is not None:
        desk.edit_all([(key, None, f"{before.get('title') or id} leaves again")], at=engine.now())


def settle() -> str:
    """Let what is published join the catalogue; what is to be said of it."""
    works = engine.works()
    if works is None:
        return LATER
    works.settle_arrivals()  # where other work is under way, it is looked for again when that is done
    return JOINS


def publish(arrivals: Sequence[Arrival], why: str) -> str:
    """Make arrivals live as one publication, and let them join. Raises BadRequest, Conflict."""
    desk = Desk(engine.shop().studio, engine.who())
    live = desk.published()
    changes = [
        Change(key, live.get(key), one.as_json(), (f"{one.title} joins the catalogue",))
        for one in arrivals
        if live.get(key := Key(KIND, one.id)) != one.as_json()
    ]
    if not changes:
        return ""
    named = arrivals[0].title[:60] if len(arrivals) == 1 else text.count(len(arrivals), "new arrival")
    desk.publications.publish(changes, name=named, who=desk.who, at=engine.now(), why=why)
    for change in changes:  # what is live need not wait in the draft
        desk.take_theirs(change.key, engine.now())
    return settle()


def take_back(id: str, why: str) -> str:
    """Take a kept arrival out again. Raises BadRequest, Conflict."""
    desk, key = Desk(engine.shop().studio, engine.who()), Key(KIND, id)
    before = desk.published().get(key)
    if before is None:
        return ""
    said = f"{before.get('title') or id} leaves again"
    desk.publications.publish(
        [Change(key, before, None, (said,))], name="Arrival taken back", who=desk.who, at=engine.now(), why=why
    )
    desk.take_theirs(key, engine.now())
    return settle()

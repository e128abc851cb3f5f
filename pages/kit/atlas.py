"""The map of the catalogue on a page: what is chosen on it, how it is coloured, and what the browser draws of it."""

from __future__ import annotations

from collections.abc import Sequence

from pages.kit import engine, held

CHOSEN = "map:chosen"


def chosen() -> tuple[str, ...]:
    """Ids of the products that are chosen, wherever that was done; those that have left the catalogue are not."""
    known = engine.shop().catalogue(engine.at())
    return tuple(item for item in held.of(CHOSEN).get("ids", ()) if item in known)


def why() -> str:
    """How the selection came about, in words; empty where nothing is chosen."""
    return str(held.of(CHOSEN).get("why", ""))


def choose(ids: Sequence[str], why: str = "") -> None:
    """Make these products the selection. why: how it came about, in words, such as "Drawn on the map"."""
    held.keep(CHOSEN, {"ids": list(dict.fromkeys(ids)), "why": why} if ids else {})

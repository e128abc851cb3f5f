"""A small shop for the store's tests, and the things that are done to it while it is killed.

The functions named `do_*` run in a process of their own (see `store_kills`), so they take plain values only.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import Conflict, NotReady
from core.domain.strategy import Strategy
from core.store.backup import backup
from core.store.generations import Pointer, open_snapshot, prune, publish, rollback, save_arrays, write_generation
from core.store.layout import Layout
from core.store.pictures import PicturePack
from core.store.source import save_source
from core.store.studio import Studio
from core.store.vectors import VectorCache

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def catalogue(edition: int = 0, items: int = 12) -> Catalogue:
    """A catalogue whose every title says which edition it is, so that a mixture would show."""
    return Catalogue.of(
        Item(
            f"{number:03d}",
            title=f"Bag {number}, edition {edition}",
            brand="NA" if number % 3 else None,
            brand_tier=number % 4 or None,
            category=("Bags", "Handbags") if number % 2 else (),
            colour=("red", "blue")[: number % 3],
            price=12_50 + number if number % 4 else None,
            currency="EUR",
            stock={"M": number % 3, "": 1} if number % 5 == 1 else {} if number % 5 == 2 else None,
            release_at=NOW + timedelta(days=number, microseconds=number) if number % 2 else None,
            pictures=(f"{number:032x}",) if number % 3 else (),
            extra={"usage": "Casual", "naïve": "“x”"} if number % 2 else {},
        )
        for number in range(items)
    )


def vectors(edition: int = 0, items: int = 12, dim: int = 8) -> dict[str, Any]:
    rng = np.random.default_rng(edition)
    return {signal: rng.standard_normal((items, dim)).astype(np.float32) for signal in ("image", "text")}


def presence(items: int = 12) -> dict[str, Any]:
    return {"image": np.arange(items) % 3 != 0, "text": np.ones(items, dtype=bool)}


def generation(layout: Layout, edition: int = 0, *, items: int = 12, **changes: Any) -> str:
    """Write an edition; the later ones are newer."""
    content: dict[str, Any] = {
        "catalogue": catalogue(edition, items),
        "vectors": vectors(edition, items),
        "present": presence(items),
        "models": {"text": {"name": "a model", "key": "a-model@1", "dim": 8}},
        "template": "{title}",
        "findings": [{"code": "no_picture", "text": "4 products have no picture.", "count": 4, "ids": ["000"]}],
        "built_at": NOW + edition * DAY,
        "meta": {"file": "shop.csv"},
    }
    return write_generation(layout, **{**content, **changes})


def published(layout: Layout, edition: int = 0) -> str:
    """Write an edition with a calibration of its own, and let it serve."""
    written = generation(layout, edition)
    save_arrays(layout.calibration / f"c{edition}", {"pairs": np.arange(edition + 3)}, {"edition": edition})
    publish(layout, written, f"c{edition}")
    return written


def picture(number: int) -> bytes:
    """Bytes of no format; the pack keeps bytes."""
    return np.random.default_rng(number).bytes(40 + 17 * (number % 5))


def hashes(start: int, end: int) -> list[str]:
    return [f"hash-{number}" for number in range(start, end)]


def rows(start: int, end: int) -> Any:
    return np.stack([np.full(4, number, dtype=np.float32) for number in range(start, end)])


CHANGES: Mapping[str, Mapping[str, Any]] = {
    f"{number:03d}": {"price": 100 + number, "stock": {"S": number}} for number in range(40)
}


def do_save_source(data: Path) -> None:
    save_source(Layout(data), catalogue(1), {"edition": 1})


def do_add_vectors(data: Path) -> None:
    cache = VectorCache(Layout(data).vectors)
    cache.add("a model", hashes(10, 16), rows(10, 16))
    cache.add("a model", hashes(14, 20), rows(14, 20))


def do_add_pictures(data: Path) -> None:
    pack = PicturePack(Layout(data).pictures)
    for number in range(10, 20):
        pack.add(picture(number), 30, 40)
        if number == 14:
            pack.flush()
    pack.flush()


def do_publish(data: Path) -> None:
    published(Layout(data), 1)


def do_rollback(data: Path) -> None:
    with suppress(NotReady):  # one that was killed after its last step has rolled back already
        rollback(Layout(data))


def do_prune(data: Path) -> None:
    prune(Layout(data), keep=1)


def do_change_facts(data: Path) -> None:
    studio = Studio(Layout(data).studio_db)
    studio.change_facts(CHANGES, before={}, who="Ada", at=NOW)


def do_open_studio(data: Path) -> None:
    Studio(data / "another.db")


def do_backup(data: Path) -> None:
    backup(Layout(data), data.parent / "copy")


def try_publish(data: Path, generation_id: str, calibration: str) -> bool:
    """Publish against the first publication; whether it went through."""
    layout = Layout(data)
    first = open_snapshot(layout, generation_id).manifest.source["first"]
    try:
        publish(layout, generation_id, calibration, expected=Pointer(first, "c", 1))
    except Conflict:
        return False
    return True


def insist(where: str, who: str, times: int) -> None:
    """Change facts and publish strategies against the newest version, again and again until each went through."""
    studio = Studio(where)
    for turn in range(times):
        for stream in ("facts", "strategy"):
            while True:
                try:
                    if stream == "facts":
                        studio.change_facts(
                            {who: {"price": turn}}, before={}, who=who, at=NOW, expected=studio.facts_version()
                        )
                    else:
                        studio.publish_strategy(
                            who, Strategy(lam=turn / 100), who=who, at=NOW, expected=studio.strategy_version()
                        )
                    break
                except Conflict:
                    continue

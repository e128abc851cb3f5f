"""Stock and prices as they come from a shop's own systems: files dropped into a folder, or posted.

They become facts, live with the next list; no vector is made anew for them. A file is taken in once it has come to
rest, then moved away: to `done`, with the rows that were not taken beside it, or to `refused`, with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, ShopError
from core.intake.facts import FactsPlan, plan_facts
from core.intake.read import name_of
from core.settings import Settings
from core.store import facts as values
from core.store import files
from core.store.layout import Layout
from core.store.lock import briefly
from core.store.studio import Studio

FOLDER, DONE, REFUSED = "inbox", "done", "refused"
WHO = "stock feed"
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
RESTS = 5.0  # seconds for which a file has not grown when it is taken in
KEPT = 100  # files that stay in `done`, and in `refused`
MOST_POSTED = 10_000
FIELDS = ("stock", "price", "former_price")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. reason: "" where it was taken in."""

    file: str
    changed: int
    refused: int
    version: int | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file, "changed": self.changed, "refused": self.refused, "facts": self.version,
            "reason": self.reason,
        }  # fmt: skip

    @property
    def text(self) -> str:
        if self.reason:
            return f"{self.file} was not taken in. {self.reason}"
        refused = f", {self.refused:,} rows refused" if self.refused else ""
        return f"{self.file}: {self.changed:,} products changed{refused}."


def inbox(layout: Layout) -> Path:
    """The folder that files are dropped into."""
    return layout.data / FOLDER


def look(
    settings: Settings, studio: Studio, present: Callable[[], Catalogue], at: datetime, *, rests: float = RESTS
) -> list[Taken]:
    """Take in what was dropped into the folder and has come to rest, in order of time; for as often as one likes.

    present: gives the catalogue with the facts that hold now; asked only where there is a file.
    """
    folder = inbox(Layout(settings.data))
    if not folder.is_dir():
        return []
    waiting = [path for path in folder.iterdir() if _rested(path, at, rests)]
    if not waiting:
        return []
    with briefly(folder / ".lock"):
        resting = sorted(
            (path for path in waiting if path.is_file()), key=lambda path: (path.stat().st_mtime, path.name)
        )
        return [_take(path, settings, studio, present(), at) for path in resting]


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


def _rested(path: Path, at: datetime, rests: float) -> bool:
    if path.name.startswith(".") or path.suffix.casefold() not in SUFFIXES:
        return False
    try:
        return path.is_file() and not path.is_symlink() and at.timestamp() - path.stat().st_mtime >= rests
    except OSError:
        return False  # taken away just now


def _take(path: Path, settings: Settings, studio: Studio, present: Catalogue, at: datetime) -> Taken:
    name = name_of(path)
    try:
        plan = plan_facts(path, settings=settings, present=present)
        version = carry_out(plan, studio, who=WHO, at=at)
    except ShopError as error:
        _move(path, REFUSED, at, {"txt": f"{error.message}\n".encode()})
        return Taken(name, 0, 0, reason=error.message)
    beside = {"refused.csv": plan.bad_rows_csv()} if plan.bad else {}
    _move(path, DONE, at, beside)
    return Taken(name, len(plan.changes), len(plan.bad), version)


def _move(path: Path, where: str, at: datetime, beside: Mapping[str, bytes]) -> None:
    """Move a file away, under the moment it was taken in, with what is said of it; the oldest of many go."""
    folder = path.parent / where
    files.make_folder(folder)
    target = folder / f"{at:%Y%m%dT%H%M%S}-{path.name}"
    for suffix, content in beside.items():
        files.write_bytes(target.with_name(f"{target.name}.{suffix}"), content)
    with files.speaking(target):
        os.replace(path, target)
    files.fsync_dir(folder)
    for old in sorted(folder.iterdir())[: -2 * KEPT]:
        old.unlink(missing_ok=True)

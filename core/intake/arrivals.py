"""Products to come: photos, folders, zips and tables into arrivals, and published arrivals into the shop's source.

A plan writes nothing. Pictures are opened in the encoders' process, which a hostile one cannot leave; what is kept of
them is written anew from pixels, so no place or camera ever reaches the shop. File names are shown and may become a
title; no path is ever made of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.domain.arrivals import KIND, MOST_PICTURES, Arrival, fresh_id
from core.domain.catalogue import Catalogue, Item
from core.domain.changes import Documents
from core.domain.errors import BadRequest, Refused, ShopError
from core.embed.template import PERSONAL
from core.intake.checks import incoming
from core.intake.mapping import map_columns
from core.intake.personal import personal_of
from core.intake.pictures import SUFFIXES, Entry, PictureIndex, PictureLimits, match
from core.intake.read import Limits, Table, read
from core.intake.report import Finding, Findings
from core.settings import Settings
from core.store.pictures import PicturePack, picture_key

MARKS = "arrivals"  # in the meta of the source: id -> what of it joined the catalogue
MOST = 500  # arrivals of one batch
SECONDS = 120.0  # for opening all pictures of one batch
AT_ONCE = 8
LIMITS = PictureLimits(files=2_000, total_bytes=1 << 30)
TABLE_LIMITS = Limits(size=32 << 20)
TABLES = frozenset({".csv", ".tsv", ".txt", ".parquet", ".xlsx"})
SPOKEN = ("title", "description", "brand", "collection")

Thumbnail = tuple[bytes, int, int]  # WebP, width, height
Decode = Callable[[Sequence[bytes]], "list[Thumbnail | str]"]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a batch holds. Nothing was written; `take` puts its pictures into the shop's pack.

    arrivals: in the order of the table, then of the photos.    named: id -> the file or row it comes from.
    refused:  (file, why) of pictures that cannot be taken.     pictures: key -> thumbnail.
    """

    arrivals: tuple[Arrival, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[tuple[str, str], ...] = ()
    refused_rows: int = 0
    pictures: Mapping[str, Thumbnail] = field(default_factory=dict)

    def summary(self) -> str:
        rows = f", {self.refused_rows:,} row{'s' if self.refused_rows > 1 else ''} refused" if self.refused_rows else ""
        bad = f", {len(self.refused):,} picture{'s' if len(self.refused) > 1 else ''} refused" if self.refused else ""
        return f"{len(self.arrivals):,} arrival{'' if len(self.arrivals) == 1 else 's'}{rows}{bad}."

    def as_json(self) -> dict[str, Any]:
        return {
            "arrivals": [one.as_json() for one in self.arrivals], "named": dict(self.named),
            "findings": [one.as_json() for one in self.findings], "counts": dict(self.counts),
            "refused": [{"file": name, "reason": why} for name, why in self.refused],
            "refused_rows": self.refused_rows,
        }  # fmt: skip


def plan_uploads(
    uploads: Sequence[tuple[str, bytes]],
    decode: Decode,
    *,
    settings: Settings,
    taken: Collection[str] = (),
    release_at: datetime | None = None,
    progress: Progress | None = None,
    seconds: float = SECONDS,
) -> Plan:
    """The arrivals in uploaded files: photos, zips of photos, tables. See `plan`."""
    with tempfile.TemporaryDirectory(prefix="vitrine-arrivals-") as folder:
        tables: list[Path] = []
        images: list[Path] = []
        shown: dict[Path, str] = {}
        loose = Path(folder) / "photos.zip"
        photos = 0
        with zipfile.ZipFile(loose, "w", zipfile.ZIP_STORED) as archive:
            for number, (name, data) in enumerate(uploads):
                ending = os.path.splitext(name)[1].lower()
                if ending == ".zip" or ending in TABLES:
                    path = Path(folder) / f"{number}{ending}"
                    path.write_bytes(data)
                    shown[path] = name
                    (images if ending == ".zip" else tables).append(path)
                else:  # whatever it is called: its bytes say whether it is a picture
                    base = re.split(r"[\\/]", name)[-1].replace("\x00", "") or "photo"
                    stem, end = os.path.splitext(base)
                    archive.writestr(f"{number:04d}/{stem}{end if end.lower() in SUFFIXES else end + '.jpg'}", data)
                    photos += 1
        if photos:
            images.insert(0, loose)
            shown[loose] = "the photos"
        return plan(
            tables, images, decode, settings=settings, taken=taken, release_at=release_at, progress=progress,
            seconds=seconds, shown=shown, loose=loose if photos else None,
        )  # fmt: skip


def plan_paths(
    paths: Sequence[Path],
    decode: Decode,
    *,
    settings: Settings,
    taken: Collection[str] = (),
    release_at: datetime | None = None,
    progress: Progress | None = None,
    seconds: float = SECONDS,
) -> Plan:
    """The arrivals in files and folders that somebody named. Raises Refused for one that is not there."""
    uploads: list[tuple[str, bytes]] = []
    tables: list[Path] = []
    images: list[Path] = []
    for path in paths:
        if path.is_dir() or path.suffix.lower() == ".zip":
            images.append(path)
        elif path.suffix.lower() in TABLES:
            tables.append(path)
        elif path.is_file():
            if path.stat().st_size > LIMITS.file_bytes:
                raise Refused(f"{path.name} has more than {LIMITS.file_bytes >> 20} MB.")
            uploads.append((path.name, path.read_bytes()))
        else:
            raise Refused(f"There is no file or folder {path.name!r} at {path.parent}.")
    more: dict[str, Any] = {
        "settings": settings, "release_at": release_at, "progress": progress, "seconds": seconds,
    }  # fmt: skip
    if not uploads:
        return plan(tables, images, decode, taken=taken, **more)
    first = plan_uploads(uploads, decode, taken=taken, **more)
    if not tables and not images:
        return first
    rest = plan(tables, images, decode, taken={*taken, *(one.id for one in first.arrivals)}, **more)
    return Plan(
        (*rest.arrivals, *first.arrivals), {**rest.named, **first.named}, (*rest.findings, *first.findings),
        {**rest.counts, **first.counts}, (*rest.refused, *first.refused), rest.refused_rows,
        {**rest.pictures, **first.pictures},
    )  # fmt: skip


def plan(
    tables: Sequence[Path],
    images: Sequence[Path],
    decode: Decode,
    *,
    settings: Settings,
    taken: Collection[str] = (),
    release_at: datetime | None = None,
    progress: Progress | None = None,
    seconds: float = SECONDS,
    shown: Mapping[Path, str] | None = None,
    loose: Path | None = None,
) -> Plan:
    """The dry run of a batch: what would arrive, what not and why.

    tables:  catalogues of arrivals, in which an id may be missing.    images: folders and zips.
    decode:  pictures -> thumbnails, or why there is none; see `EncoderWorker.decode_pictures`.
    taken:   ids that no arrival may have.    release_at: of arrivals that name none: a capsule has one day.
    seconds: for opening all pictures; what is left then is refused.    shown: what a path is called by its uploader.
    """
    findings, names = Findings(), dict(shown or {})
    used = set(taken)
    rows: list[tuple[Item, tuple[str, ...], str]] = []
    for path in tables:
        try:
            rows += _rows_of(path, names.get(path, path.name), settings, used, findings)
        except ShopError as error:
            findings.add("table_refused", "warning", f"{names.get(path, path.name)}: {error.message}")
    try:
        with PictureIndex(images, findings, limits=LIMITS) as index:
            return _planned(rows, index, decode, used, release_at, progress, seconds, findings, loose is not None)
    except Refused as error:
        findings.add("pictures_refused", "warning", error.message)
        with PictureIndex((), findings) as nothing:
            return _planned(rows, nothing, decode, used, release_at, progress, seconds, findings, False)


def take(plan: Plan, pack: PicturePack, only: Iterable[str] | None = None) -> None:
    """Put the pictures of a plan into the shop's pack; with `only`, those of some arrivals."""
    wanted = None if only is None else {key for one in plan.arrivals if one.id in set(only) for key in one.pictures}
    for key, thumbnail in plan.pictures.items():
        if wanted is None or key in wanted:
            pack.add(*thumbnail)
    pack.flush()


# -- photos --------------------------------------------------------------------------------------------------------


def _planned(
    rows: Sequence[tuple[Item, tuple[str, ...], str]], index: PictureIndex, decode: Decode, used: set[str],
    release_at: datetime | None, progress: Progress | None, seconds: float, findings: Findings, loose: bool,
) -> Plan:  # fmt: skip
    matching = Findings()
    ids = [item.id for item, _, _ in rows]
    found = match(
        ids, index, matching, names={item.id: names for item, names, _ in rows if names}, rows=dict.fromkeys(ids, 0)
    ).found if index.entries else {}  # fmt: skip
    for one in matching.listed():
        if one.code != "pictures_left":  # these become arrivals of their own
            findings.add(one.code, one.severity, one.text, column=one.column, value=one.value, item=one.item)
    matched = {entry for entries in found.values() for entry in entries}
    groups = _grouped([entry for entry in index.entries if entry not in matched], loose)
    if len(rows) + len(groups) > MOST:
        findings.add("too_many", "warning", f"At most {MOST:,} arrivals are taken at once; the rest was left out.")
        rows, groups = rows[:MOST], groups[: max(0, MOST - len(rows))]
    wanted = [entry for item, _, _ in rows for entry in found.get(item.id, ())]
    wanted += [entry for _, entries in groups for entry in entries]
    keys, pictures, refused = _opened(list(dict.fromkeys(wanted)), index, decode, progress, seconds)
    arrivals: list[Arrival] = []
    named: dict[str, str] = {}
    for item, _, where in rows:
        mine = tuple(dict.fromkeys(keys[entry] for entry in found.get(item.id, ()) if entry in keys))
        try:
            arrivals.append(_arrival(item, mine, release_at))
            named[item.id] = where
        except BadRequest as error:
            findings.add("arrival_refused", "warning", error.message, value=where, item=item.id)
    seen: dict[str, str] = {}
    for title, entries in groups:
        mine = tuple(dict.fromkeys(keys[entry] for entry in entries if entry in keys))[:MOST_PICTURES]
        if not mine:
            continue
        where = _shown(entries[0], loose)
        if mine[0] in seen:
            findings.add("same_picture", "warning", f"The same picture as {seen[mine[0]]}.", value=where)
        seen.setdefault(mine[0], where)
        id = fresh_id(mine, used)
        used.add(id)
        arrivals.append(Arrival(id=id, title=title, pictures=mine, release_at=release_at))
        named[id] = where
    return Plan(
        tuple(arrivals), named, findings.listed(), dict(findings.counts),
        tuple((_shown(entry, loose), why) for entry, why in refused.items()),
        len(findings.refused), {key: pictures[key] for one in arrivals for key in one.pictures},
    )  # fmt: skip


def _opened(
    entries: Sequence[Entry], index: PictureIndex, decode: Decode, progress: Progress | None, seconds: float
) -> tuple[dict[Entry, str], dict[str, Thumbnail], dict[Entry, str]]:
    """Entry -> key, key -> thumbnail, entry -> why it is refused."""
    keys: dict[Entry, str] = {}
    pictures: dict[str, Thumbnail] = {}
    refused: dict[Entry, str] = {}
    until = time.monotonic() + seconds
    for start in range(0, len(entries), AT_ONCE):
        part = entries[start : start + AT_ONCE]
        if progress is not None:
            progress("Opening the pictures", start, len(entries))
        if time.monotonic() > until:
            refused |= dict.fromkeys(entries[start:], f"Opening these pictures took more than {seconds:.0f} seconds.")
            break
        data: dict[Entry, bytes] = {}
        for entry in part:
            try:
                data[entry] = index.read(entry)
            except Refused as error:
                refused[entry] = error.message
        for entry, result in zip(data, decode(list(data.values())), strict=True):
            if isinstance(result, str):
                refused[entry] = result
            else:
                keys[entry] = picture_key(result[0])
                pictures[keys[entry]] = result
    if progress is not None:
        progress("Opening the pictures", len(entries), len(entries))
    return keys, pictures, refused


def _grouped(entries: Sequence[Entry], loose: bool) -> list[tuple[str, list[Entry]]]:
    """Photos by product: coat_1 and coat_2 are one, so are those in a folder that says what they show; any other photo
    is a product of its own. With the title that its name suggests."""
    groups: dict[tuple[Any, ...], tuple[str, list[Entry]]] = {}
    for entry in sorted(entries, key=lambda one: (one.source, one.name)):
        folder, _, base = entry.name.rpartition("/")
        stem = os.path.splitext(base)[0]
        bare = re.sub(r"[ _\-.]+\(?\d{1,2}\)?$", "", stem)
        place = "" if loose else folder.rsplit("/", 1)[-1]
        if bare != stem and title_of(bare):
            key: tuple[Any, ...] = (entry.source, "" if loose else folder, bare.casefold())
            title = title_of(bare)
        elif title_of(place):
            key, title = (entry.source, folder), title_of(place)
        else:
            key, title = (entry.source, entry.name), title_of(stem)
        known = groups.setdefault(key, (title, []))
        if len(known[1]) >= MOST_PICTURES:
            known = groups.setdefault((*key, entry.name), (title, []))
        known[1].append(entry)
    return list(groups.values())


_CAMERA = re.compile(
    r"img|dsc[fn]?|pxl|mvimg|p\d|photo|image|picture|screenshot|whatsapp|signal|scan|untitled|copy|bild"
)


def title_of(stem: str) -> str:
    """What a file's name says of its product; "" for the names that cameras and programs give.

    >>> title_of("navy-wool_coat"), title_of("IMG_20260301_1203"), title_of("ea7b6656-3f84-4eb3-9099-23e623fc1018")
    ('Navy wool coat', '', '')
    """
    words = [word for word in re.split(r"[\s_\-.,+()\[\]]+", stem) if word]
    spoken = [word for word in words if re.fullmatch(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)?", word)]
    if not spoken or _CAMERA.match(words[0].casefold()) or len(spoken) * 2 < len(words):
        return ""
    if len(words) == 1 and len(stem) < 3:
        return ""
    text = " ".join(words)[:200]
    return text[:1].upper() + text[1:]


def _shown(entry: Entry, loose: bool) -> str:
    name = entry.name.split("/", 1)[-1] if loose and entry.source == 0 else entry.name
    return name.encode("utf-8", "replace").decode()[:200]


# -- tables --------------------------------------------------------------------------------------------------------


def _rows_of(
    path: Path, shown: str, settings: Settings, used: set[str], findings: Findings
) -> list[tuple[Item, tuple[str, ...], str]]:
    """(product, names of its pictures, where it stands) of each row of a table that can be taken."""
    table = replace(read(path, limits=TABLE_LIMITS), name=shown)
    columns = map_columns(table.headers)
    mapping: dict[str, str] = {}
    if "id" not in columns.fields:
        table, header = _with_ids(table, used)
        mapping["id"] = header
    columns = map_columns(table.headers, mapping=mapping, findings=findings)
    new = incoming(table, columns, settings, findings)
    out: list[tuple[Item, tuple[str, ...], str]] = []
    for item in () if new is None else sorted(new.catalogue, key=lambda one: new.rows[one.id]):
        assert new is not None
        row = new.rows[item.id]
        if item.id in used:
            findings.add(
                "id_taken", "error", f"There is a product with the id {item.id!r} already.", row=row, item=item.id
            )
            continue
        used.add(item.id)
        out.append((item, new.names.get(item.id, ()), f"{shown}, row {row}"))
    return out


def _with_ids(table: Table, used: Collection[str]) -> tuple[Table, str]:
    """`table` with a column of fresh ids, and the name of that column."""
    header = "id"
    while header in table.headers:
        header += "_"
    ids: list[str] = []
    given: set[str] = set(used)
    for at in range(len(table)):
        ids.append(fresh_id([table.name, *table.cells(at)], given))
        given.add(ids[-1])
    return replace(table, data=table.data.append_column(header, pa.array(ids, pa.string()))), header


def _arrival(item: Item, pictures: tuple[str, ...], release_at: datetime | None) -> Arrival:
    dates = [date for date in (item.release_at, item.embargo_until) if date is not None]
    return replace(Arrival.of(item), pictures=pictures, release_at=max(dates) if dates else release_at)


# -- into the source -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """The source with the published arrivals.

    marks:  id -> what of it joined, for the meta.    put, gone: ids that joined or changed, and that left.
    theirs: published arrivals whose id the catalogue's own file has by now; that row counts.
    """

    catalogue: Catalogue
    marks: Mapping[str, str]
    put: tuple[str, ...]
    gone: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.put or self.gone)


def published(documents: Documents) -> dict[str, Arrival]:
    """The arrivals among published documents, by id."""
    return {key.id: Arrival.from_json(plain) for key, plain in documents.items() if key.kind == KIND}


def joined(
    catalogue: Catalogue, marks: Mapping[str, str], arrivals: Mapping[str, Arrival], currency: str
) -> Joined:  # fmt: skip
    """What the source is with these arrivals published; `marks` are of those that it has already.

    currency: of prices that name none.
    """
    theirs = tuple(sorted(id for id in arrivals if id in catalogue and id not in marks))
    wanted = {id: one for id, one in arrivals.items() if id not in theirs}
    new = {id: mark_of(one) for id, one in wanted.items()}
    put = tuple(sorted(id for id, mark in new.items() if marks.get(id) != mark or id not in catalogue))
    gone = tuple(sorted(id for id in marks if id not in new and id in catalogue))
    if not put and not gone:
        return Joined(catalogue, new, (), (), theirs)
    usual = next((code for code in catalogue.frame["currency"].tolist() if code), currency)
    left = {*put, *gone}
    stays = [item not in left for item in catalogue.ids]
    kept = Catalogue(catalogue.frame[stays])
    return Joined(_with(kept, [product(wanted[id], usual) for id in put]), new, put, gone, theirs)


def product(arrival: Arrival, currency: str) -> Item:
    """An arrival as the catalogue has it: with a currency where it has a price, and flags on what looks personal."""
    item = arrival.item()
    if item.price is not None and item.currency is None:
        item = replace(item, currency=currency)
    flagged = [name for name in SPOKEN if any(personal_of([getattr(item, name) or ""]))]
    flagged += [name for name in item.extra.get(PERSONAL, "").split(",") if name]
    if flagged:
        item = replace(item, extra={**item.extra, PERSONAL: ",".join(sorted(set(flagged)))})
    return item


def mark_of(arrival: Arrival) -> str:
    """Sixteen characters that differ when anything of it does."""
    return hashlib.sha256(json.dumps(arrival.as_json(), sort_keys=True).encode()).hexdigest()[:16]


def _with(catalogue: Catalogue, items: Sequence[Item]) -> Catalogue:
    import pandas as pd

    if not items:
        return catalogue
    frame = pd.concat([catalogue.frame, Catalogue.of(items).frame], ignore_index=True)
    ids = frame["id"].tolist()
    return Catalogue(frame.iloc[sorted(range(len(ids)), key=ids.__getitem__)])

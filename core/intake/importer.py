"""A catalogue file into the shop, in two steps: a plan that writes nothing, and the carrying out of that plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.domain.catalogue import COLUMNS, Catalogue, tidy
from core.domain.errors import BadRequest, NotReady, Refused
from core.intake.arrivals import MARKS
from core.intake.checks import Incoming, cells_of, differences, gaps, incoming, merged
from core.intake.facts import rows_with_reasons
from core.intake.mapping import IGNORE, Columns, map_columns
from core.intake.pictures import Matches, PictureIndex, Progress, match, pack_pictures
from core.intake.presets import Preset, preset_named, suggested
from core.intake.read import SEPARATOR_NAMES, Limits, Table, read
from core.intake.report import Findings, PictureCounts, Report
from core.settings import Settings
from core.store import files
from core.store.layout import Layout
from core.store.lock import exclusive
from core.store.pictures import PicturePack
from core.store.source import load_source, save_source

AUTO, NONE = "auto", "none"


@dataclass(frozen=True, slots=True, eq=False)
class ImportPlan:
    """What an import would do. Nothing has been written; `carry_out` does it.

    incoming: the products of the file; None when it cannot be imported (`report` says why).
    after:    the catalogue as it would be, with the pictures that products have now.
    """

    file: Path
    table: Table
    report: Report
    incoming: Incoming | None
    after: Catalogue | None
    matches: Matches
    images: tuple[Path, ...]
    merge: bool
    sha256: str
    mapping: Mapping[str, tuple[str, ...]]
    preset: str | None
    bad: Mapping[int, tuple[str, ...]]

    @property
    def ready(self) -> bool:
        return self.after is not None and self.report.ready


@dataclass(frozen=True, slots=True, eq=False)
class ImportResult:
    """What an import did. pictures_refused: (product, file, reason)."""

    catalogue: Catalogue
    meta: Mapping[str, Any]
    pictures: int
    pictures_refused: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "items": len(self.catalogue),
            "pictures": self.pictures,
            "pictures_refused": [{"id": i, "file": f, "reason": r} for i, f, r in self.pictures_refused[:1000]],
            "pictures_refused_total": len(self.pictures_refused),
        }


def plan(
    file: str | Path,
    *,
    images: Sequence[str | Path] = (),
    preset: str | None = AUTO,
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    settings: Settings,
    present: Catalogue | None = None,
    merge: bool = False,
    encoding: str | None = None,
    limits: Limits | None = None,
) -> ImportPlan:
    """The dry run of importing `file`: what would be imported, what not and why, what would change. Writes nothing.

    images:  folders and zip files with pictures.
    preset:  "auto" takes the preset whose columns all are there; a name; None or "none" takes none.
    mapping: field -> column, before preset and names of columns; see `map_columns`.
    present: the catalogue as imported so far. merge: put the file's products into it instead of replacing it.

    Raises Refused when the file cannot be read as a table, BadRequest for a preset or mapping that makes no sense.
    """
    file = Path(file)
    mapping = dict(mapping or {})
    named = None if preset in (None, AUTO, NONE) else preset_named(str(preset))
    digest = files.sha256(file) if file.is_file() else ""
    table = read(file, limits=limits, encoding=encoding)
    fits = suggested(table.headers)
    chosen = named or (fits if preset == AUTO else None)
    findings = Findings()
    columns = _columns(table, chosen, mapping, findings)
    needs_title = not (merge and present is not None and len(present) > 0)
    new = incoming(table, columns, settings, findings, preset=chosen, needs_title=needs_title)
    matches, after = Matches(), None
    if new is not None:
        if merge and present is not None:
            new = _without_untitled(new, present, findings)
        matches = _matched(new, images, findings, chosen)
        if present is not None and images and not merge:
            _note_lost_pictures(new, present, matches, findings)
        after = _after(new, present, merge, pictures=bool(images))
        if merge and present is not None and new.currency is not None:
            _check_currency(new, present, findings)
    added, changed, removed = differences(present, after) if after is not None else ((), (), ())
    report = _report(table, findings, columns, chosen, fits, new, after, matches, merge)
    report = replace(
        report,
        added=added,
        changed=changed,
        removed=removed,
        unchanged=(len(after) - len(added) - len(changed)) if after is not None else 0,
    )
    refused = {row: tuple(texts) for row, texts in findings.refused.items()}
    ready = not findings.blocked and after is not None
    return ImportPlan(
        file,
        table,
        replace(report, ready=ready),
        new,
        after,
        matches,
        tuple(Path(path) for path in images),
        merge,
        digest,
        columns.shown(),
        chosen.name if chosen else None,
        refused,
    )


def _columns(
    table: Table, preset: Preset | None, mapping: Mapping[str, str | Sequence[str]], findings: Findings
) -> Columns:
    fields = None if preset is None else {**preset.fields, IGNORE: preset.ignore}
    return map_columns(table.headers, preset=fields, mapping=mapping, findings=findings)


def _without_untitled(new: Incoming, present: Catalogue, findings: Findings) -> Incoming:
    """When merging, a row may name only what changes; but a product that is new needs a title."""
    keep = np.array(
        [
            item in present or title != ""
            for item, title in zip(new.catalogue.ids, new.catalogue.frame["title"], strict=True)
        ],
        dtype=bool,
    )
    if keep.all():
        return new
    for row in np.flatnonzero(~keep):
        item = new.catalogue.ids[row]
        findings.add(
            "new_without_title", "error", "The product is new, and has no title.", row=new.rows[item], item=item
        )
    return replace(new, catalogue=Catalogue(new.catalogue.frame[keep]))


def _check_currency(new: Incoming, present: Catalogue, findings: Findings) -> None:
    there = {code for code in present.frame["currency"] if code is not None}
    if there and new.currency not in there:
        findings.add(
            "currency_differs",
            "error",
            f"The file's prices are in {new.currency}, the shop's in "
            f"{', '.join(sorted(there))}. One shop has one currency; replace the catalogue instead of merging.",
        )


def _matched(new: Incoming, images: Sequence[str | Path], findings: Findings, preset: Preset | None) -> Matches:
    if not images:
        named = sum(bool(names) for names in new.names.values())
        if named:
            findings.add(
                "pictures_not_given",
                "warning",
                f"{named:,} products name a picture file, but no folder or zip with pictures was given.",
            )
        return Matches()
    with PictureIndex(images, findings) as index:
        return match(
            new.catalogue.ids, index, findings, names=new.names, rows=new.rows, padded=preset.padded if preset else 0
        )


def _note_lost_pictures(new: Incoming, present: Catalogue, matches: Matches, findings: Findings) -> None:
    had = present.has_pictures()
    lost = sum(
        bool(had[present.row(item)]) for item in new.catalogue.ids if item in present and item not in matches.found
    )
    if lost:
        findings.add(
            "pictures_lost",
            "warning",
            f"{lost:,} products have a picture now and none among those given; they will have none. "
            "Give all pictures, give none to keep them, or merge.",
        )


def _after(new: Incoming, present: Catalogue | None, merge: bool, *, pictures: bool) -> Catalogue:
    """The catalogue after the import. Without pictures given, products keep those they have."""
    if present is None:
        return new.catalogue
    if merge:
        return merged(present, new.catalogue, new.fields)
    if pictures:
        return new.catalogue
    old = cells_of(present, "pictures")
    return _with_pictures(
        new.catalogue, {item: old[present.row(item)] for item in new.catalogue.ids if item in present}
    )


def _with_pictures(catalogue: Catalogue, keys: Mapping[str, tuple[str, ...]]) -> Catalogue:
    columns: dict[str, list[Any]] = {name: cells_of(catalogue, name) for name in COLUMNS}
    columns["pictures"] = [keys.get(item) or now for item, now in zip(catalogue.ids, columns["pictures"], strict=True)]
    return Catalogue(tidy(pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})))


def _report(
    table: Table, findings: Findings, columns: Columns, preset: Preset | None, fits: Preset | None,
    new: Incoming | None, after: Catalogue | None, matches: Matches, merge: bool,
) -> Report:  # fmt: skip
    pictured = np.zeros(0, dtype=bool)
    if after is not None:
        pictured = np.array([item in matches.found for item in after.ids], dtype=bool) | after.has_pictures()
    counts = PictureCounts(
        files=matches.files,
        matched=matches.files - matches.left,
        items=len(matches.found),
        kept=int(np.count_nonzero(pictured)) - len(matches.found),
    )
    return Report(
        file=table.name,
        kind=table.kind,
        encoding=table.encoding,
        separator=SEPARATOR_NAMES.get(table.separator, table.separator) if table.separator else None,
        preset=preset.name if preset else None,
        suggested=fits.name if fits else None,
        merge=merge,
        rows=len(table) + len(table.bad),
        accepted=len(new.catalogue) if new is not None else 0,
        refused=len(findings.refused),
        mapping=columns.shown(),
        extras=columns.extras,
        findings=findings.listed(),
        counts=dict(findings.counts),
        severities=dict(findings.severities),
        gaps=gaps(after, pictured) if after is not None else (),
        pictures=counts,
        personal=new.personal if new is not None else 0,
        currency=new.currency if new is not None else None,
    )


def carry_out(
    plan: ImportPlan,
    layout: Layout,
    *,
    who: str,
    at: datetime,
    progress: Progress | None = None,
    workers: int = 2,
) -> ImportResult:
    """Do what `plan` says: pack the pictures, then put the catalogue in place in one step, under the shop's lock.

    A kill at any moment leaves the catalogue as it was; pictures packed by then are there for the next try. A merge is
    done anew on the catalogue that is there by now, so that no other import in between is lost.

    Raises BadRequest for a plan that is not ready, Refused when the file has changed since, Conflict when the shop is
    busy. Pictures that cannot be taken are named in the result; their products are imported without them.
    """
    if not plan.ready or plan.incoming is None or plan.after is None:
        raise BadRequest(f"This import cannot be carried out. {plan.report.summary()}")
    with exclusive(layout, "import"):
        if not plan.file.is_file() or files.sha256(plan.file) != plan.sha256:
            raise Refused(f"{plan.table.name} has changed since it was checked. Check it again, then confirm.")
        layout.ensure()
        keys: Mapping[str, tuple[str, ...]] = {}
        refused: tuple[tuple[str, str, str], ...] = ()
        if plan.images:
            with PictureIndex(plan.images, Findings()) as index:
                pack = PicturePack(layout.pictures)
                packed = pack_pictures(plan.matches, index, pack, workers=workers, progress=progress)
            keys, refused = packed.keys, packed.refused
        if progress is not None:
            progress("catalogue", 0, 1)
        try:
            there, before = load_source(layout)
            present: Catalogue | None = there
        except NotReady:
            present, before = None, {}
        after = _after(plan.incoming, present, plan.merge, pictures=bool(plan.images))
        catalogue = _with_pictures(after, keys) if keys else after
        meta = _meta(plan, who, at, catalogue, refused)
        if plan.merge and (marks := _still_arrivals(before, plan.incoming)):
            meta[MARKS] = marks
        save_source(layout, catalogue, meta)
        if progress is not None:
            progress("catalogue", 1, 1)
    return ImportResult(catalogue, meta, sum(len(found) for found in keys.values()), refused)


def _still_arrivals(before: Mapping[str, Any], new: Incoming) -> dict[str, str]:
    """Products that joined as arrivals and of which the merged file says nothing."""
    return {item: mark for item, mark in dict(before.get(MARKS, {})).items() if item not in new.catalogue}


def _meta(
    plan: ImportPlan, who: str, at: datetime, catalogue: Catalogue, refused: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    """How the catalogue came here; plain JSON."""
    report = plan.report
    return {
"file": plan.table.name, "sha256": plan.sha256, "kind": report.kind, "preset": plan.preset, "merge": plan.merge,
        "mapping": {name: list(columns) for name, columns in plan.mapping.items()},
        "images": [path.name for path in plan.images], "who": who, "at": at.isoformat(), "items": len(catalogue),
        "rows": report.rows, "refused": report.refused, "findings": dict(report.counts), "currency": report.currency,
        "pictures_refused": [list(entry) for entry in refused[:1000]], "pictures_refused_total": len(refused),
        "personal": report.personal,
    }  # fmt: skip


def bad_rows_csv(plan: ImportPlan) -> bytes:
    """The refused rows as a CSV file for mending: row, reason, then the cells as written, safe for spreadsheets."""
    return rows_with_reasons(plan.table, plan.bad)


def set_aside(plan: ImportPlan, path: str | Path) -> int:
    """Write the refused rows to `path`; how many they are. Nothing is written when there are none."""
    if plan.bad:
        files.write_bytes(Path(path), bad_rows_csv(plan))
    return len(plan.bad)

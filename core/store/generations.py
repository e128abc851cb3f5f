"""Generations: what a build made, sealed on disk, and the pointer to the one that serves.

A generation is built in a hidden folder beside the live one, sealed with checksums, put on disk, read back, and only
then renamed to its id. Publishing changes one file, CURRENT, by one atomic rename.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.domain.arrays import AnyArray, Mask, Vectors
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, Conflict, Damaged, NotReady
from core.store import files, sealed
from core.store.database import sqlite_faults
from core.store.layout import Layout
from core.store.lock import briefly
from core.store.pictures import PicturePack
from core.store.source import CATALOGUE, canonical_columns, load_source, read_catalogue, write_catalogue
from core.store.vectors import VectorCache

FORMAT = 1
BEFORE = "CURRENT.before"  # what CURRENT was before its last change, should the disk damage it
KEPT_PUBLICATIONS = 200  # how far back CURRENT remembers what served before


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a build or a check found, for people and programs.

    ids: the items concerned, or the first of them; count: how many there are.
    """

    code: str
    text: str
    count: int = 1
    ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "text": self.text, "count": self.count, "ids": list(self.ids)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Finding:
        return cls(plain["code"], plain["text"], int(plain.get("count", 1)), tuple(plain.get("ids", ())))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says about itself.

    models: signal -> {"name", "key", "dim"}.    counts: "items" and how many have each signal.
    source: the meta of the import it was built from.    files: name -> sha256.    built_at: UTC.
    """

    id: str
    format: int
    built_at: datetime
    models: Mapping[str, Mapping[str, Any]]
    counts: Mapping[str, int]
    text_template: str
    source: Mapping[str, Any]
    files: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Manifest:
        return cls(
            id=plain["id"], format=plain["format"], built_at=datetime.fromisoformat(plain["built_at"]),
            models=plain["models"], counts=plain["counts"], text_template=plain["text_template"],
            source=plain["source"], files=plain["files"],
            findings=tuple(Finding.from_json(finding) for finding in plain["findings"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One generation, open for reading. Vectors are memory-mapped and may not be written to.

    vectors: signal ("text", "image") -> float32 [n, d], zero rows where absent.    present: signal -> [n].
    arrays:  whatever else the build keeps with a generation, by name.
    notices: what was found while it was opened, such as a newer generation that is damaged.
    """

    id: str
    catalogue: Catalogue
    vectors: Mapping[str, Vectors]
    present: Mapping[str, Mask]
    manifest: Manifest
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)
    notices: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Pointer:
    """What serves. number: counts every publication and roll back of this shop, from 1."""

    generation: str
    calibration: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """A generation in the list of editions. calibration: the one it was last published with, or None."""

    id: str
    built_at: datetime
    counts: Mapping[str, int]
    models: Mapping[str, Mapping[str, Any]]
    current: bool
    calibration: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "built_at": self.built_at.isoformat().replace("+00:00", "Z"),
            "counts": dict(self.counts),
            "models": {signal: dict(model) for signal, model in self.models.items()},
            "current": self.current,
            "calibration": self.calibration,
        }


class _Whatever:
    """Stands for "publish whatever is current"; None stands for "nothing is current yet"."""


WHATEVER: Final = _Whatever()


def write_generation(
    layout: Layout,
    *,
    catalogue: Catalogue,
    vectors: Mapping[str, Vectors],
    present: Mapping[str, Mask],
    models: Mapping[str, Mapping[str, Any]],
    template: str,
    findings: Sequence[Finding | Mapping[str, Any]] = (),
    built_at: datetime,
    meta: Mapping[str, Any] | None = None,
    arrays: Mapping[str, AnyArray] | None = None,
) -> str:
    """Put a generation on disk, sealed and read back, and return its id. It serves nobody before `publish`.

    vectors, present: signal -> [n, d] and [n], in the order of the catalogue; rows that are not present become zero.
    The id is a hash of catalogue, vectors, presence, models, template and arrays; not of time, findings or meta. Equal
    content gets the same id and is not written twice. Raises ValueError for arrays that do not fit the catalogue,
    StorageFailed when the disk does not take them.
    """
    tidy = {signal: _checked(signal, vectors[signal], present[signal], len(catalogue)) for signal in sorted(vectors)}
    masks = {signal: np.ascontiguousarray(present[signal], dtype=bool) for signal in sorted(vectors)}
    extras = {name: np.ascontiguousarray(array) for name, array in sorted((arrays or {}).items())}
    generation = _content_id(catalogue, tidy, masks, models, template, extras)
    final = layout.generations / generation
    files.make_folder(layout.generations)
    files.sweep(layout.generations)
    if final.is_dir():
        if not sealed.damaged(final):
            return generation
        sealed.set_aside(final)
    with files.building(layout.generations, generation) as folder:
        write_catalogue(folder / CATALOGUE, catalogue)
        for signal, values in tidy.items():
            _save_array(folder / f"vectors-{signal}.npy", values)
            _save_array(folder / f"present-{signal}.npy", masks[signal])
        for name, array in extras.items():
            _save_array(folder / f"array-{name}.npy", array)
        manifest = {
            "id": generation,
            "format": FORMAT,
            "built_at": _utc(built_at).isoformat(),
            "models": {signal: dict(model) for signal, model in models.items()},
            "counts": {"items": len(catalogue), **{signal: int(mask.sum()) for signal, mask in masks.items()}},
            "text_template": template,
            "source": dict(meta or {}),
            "findings": [f.as_json() if isinstance(f, Finding) else Finding.from_json(f).as_json() for f in findings],
        }
        sealed.seal(folder, manifest)
        sealed.settle(folder, final)
    return generation


def open_snapshot(layout: Layout, generation: str, verify: bool = True) -> Snapshot:
    """A generation by its id.

    Raises Damaged when a checksum is off, NotReady when there is no such generation or an older Vitrine made it.
    """
    folder = _folder(layout, generation)
    manifest = read_manifest(layout, generation)
    if verify:
        sealed.verify(folder, {"files": manifest.files})
    signals = [name[8:-4] for name in manifest.files if name.startswith("vectors-")]
    catalogue = read_catalogue(folder / CATALOGUE)
    return Snapshot(
        id=generation,
        catalogue=catalogue,
        vectors={signal: _load_array(folder / f"vectors-{signal}.npy") for signal in signals},
        present={signal: _load_array(folder / f"present-{signal}.npy") for signal in signals},
        manifest=manifest,
        arrays={name[6:-4]: _load_array(folder / name) for name in manifest.files if name.startswith("array-")},
    )


def read_manifest(layout: Layout, generation: str) -> Manifest:
    """What a generation says about itself. Raises Damaged and NotReady as `open_snapshot` does."""
    folder = _folder(layout, generation)
    plain = sealed.read_manifest(folder)
    if plain.get("format") != FORMAT:
        raise NotReady(
            f"The edition {generation} was made by another version of Vitrine. Run `vitrine build` to make it again."
        )
    try:
        return Manifest.from_json(plain)
    except (KeyError, TypeError, ValueError):
        raise Damaged(f"{folder / sealed.MANIFEST} is not a manifest of a generation.") from None


def publish(
    layout: Layout, generation: str, calibration: str, *, expected: Pointer | _Whatever | None = WHATEVER
) -> Pointer:
    """Let a generation serve, with a calibration. One atomic rename: a reader sees the old pointer or the new one.

    expected: what the publisher believes to be current (None: nothing). When something else is, Conflict is raised and
    nothing changes. Without it the last publisher wins, and the others stay in the list of editions.
    What is current already is not published a second time. Raises Damaged or NotReady for a generation that cannot
    serve.
    """
    with briefly(pointer_lock(layout)):
        state = _state_or_before(layout)
        _expect(state, expected)
        _fit_to_serve(layout, generation)
        if state.pointer and state.whole and state.pointer == Pointer(generation, calibration, state.pointer.number):
            return state.pointer
        return _point(layout, state, generation, calibration, [*state.stack, (generation, calibration)])


def rollback(layout: Layout, generation: str | None = None) -> Pointer:
    """Let an earlier generation serve: what served before the current (as far as it is whole), or `generation`.

    Called again without an id it goes back one further. A generation comes back with the calibration it last served
    with. Raises NotReady when there is none to go back to.
    """
    with briefly(pointer_lock(layout)):
        state = _state_or_before(layout)
        if state.pointer is None:
            raise NotReady()
        if generation is None:
            now = (state.pointer.generation, state.pointer.calibration)
            below = list(state.stack)
            while below:
                below.pop()
                if below and below[-1] != now and _serves(layout, below[-1][0]):
                    return _point(layout, state, *below[-1], below)
            raise NotReady("There is no earlier edition to go back to. `vitrine snapshot list` shows what there is.")
        _fit_to_serve(layout, generation)
        calibration = state.calibrations.get(generation, state.pointer.calibration)
        return _point(layout, state, generation, calibration, [*state.stack, (generation, calibration)])


def current(layout: Layout) -> Pointer | None:
    """What serves; None before the first publication. Raises Damaged when CURRENT cannot be read."""
    return _state(layout).pointer


def last_known(layout: Layout) -> Pointer | None:
    """What serves; where CURRENT is damaged what served before it; None before the first publication."""
    return _state_or_before(layout).pointer


def open_current(layout: Layout) -> tuple[Snapshot, str]:
    """The snapshot that serves, and the id of its calibration.

    When it or its calibration is damaged, the one that served before it is opened, and so on; the snapshot's `notices`
    say so. Raises NotReady when nothing was published yet, Damaged when nothing that is whole is left.
    """
    notices: list[Finding] = []
    try:
        state = _state(layout)
    except Damaged as error:
        notices.append(Finding("damaged_pointer", error.message))
        state = _state_or_before(layout)
    if state.pointer is None and not notices:
        raise NotReady()
    for generation, calibration in _candidates(layout, state):
        try:
            snapshot = open_snapshot(layout, generation)
            _whole_calibration(layout, calibration)
        except (Damaged, NotReady) as error:
            notices.append(Finding("damaged_edition", f"The edition {generation} is not served. {error.message}"))
            continue
        if notices:
            built = snapshot.manifest.built_at.strftime("%Y-%m-%d %H:%M UTC")
            text = f"The edition {generation} of {built} serves instead. Run `vitrine check`, then `vitrine build`."
            notices.append(Finding("serving_earlier_edition", text))
        return replace(snapshot, notices=tuple(notices)), calibration
    raise Damaged(
        " ".join(["No edition of this shop is whole.", *(n.text for n in notices[:3]), "Run `vitrine build`."])
    )


def editions(layout: Layout) -> list[Edition]:
    """All generations on disk that can be read, newest first."""
    state = _state_or_before(layout)
    serving = state.pointer.generation if state.pointer else None
    found = []
    for generation in _generation_ids(layout):
        try:
            manifest = read_manifest(layout, generation)
        except (Damaged, NotReady):
            continue  # `check` names it
        found.append(
            Edition(
                generation, manifest.built_at, manifest.counts, manifest.models, generation == serving,
                state.calibrations.get(generation),
            )
        )  # fmt: skip
    return sorted(found, key=lambda edition: (edition.built_at, edition.id), reverse=True)


def prune(layout: Layout, keep: int = 5) -> list[str]:
    """Remove old generations, and return their ids.

    What serves, the `keep` newest, and all that are newer than what serves stay; so does everything that a process
    still has open, until that lets go.
    """
    if keep < 1:
        raise BadRequest(f"keep is {keep}; at least one edition is kept.")
    removed = []
    with briefly(pointer_lock(layout)):
        known = editions(layout)
        serving = next((edition for edition in known if edition.current), None)
        if serving is None:
            return []
        for edition in known[keep:]:
            if edition.built_at < serving.built_at:
                sealed.set_aside(layout.generations / edition.id)
                removed.append(edition.id)
    return removed


def check(layout: Layout) -> list[Finding]:
    """Compare everything on disk with its checksums. An empty list means that the shop is whole."""
    found: list[Finding] = []
    try:
        pointer = current(layout)
        if pointer is not None and not (layout.generations / pointer.generation).is_dir():
            found.append(Finding("missing_edition", f"CURRENT names {pointer.generation}, which is not there."))
    except Damaged as error:
        found.append(Finding("damaged_pointer", error.message))
    for generation in _generation_ids(layout):
        found += [Finding("damaged_edition", text) for text in sealed.damaged(layout.generations / generation)]
    for folder in sorted(_visible_folders(layout.calibration)):
        found += [Finding("damaged_calibration", text) for text in sealed.damaged(folder)]
    try:
        load_source(layout)
    except NotReady:
        pass  # nothing was imported yet, so nothing can be damaged
    except Damaged as error:
        found.append(Finding("damaged_source", error.message))
    found += [Finding("damaged_vectors", text) for text in VectorCache(layout.vectors).check()]
    found += [Finding("damaged_pictures", text) for text in PicturePack(layout.pictures).check()]
    found += [Finding("damaged_studio", text) for text in sqlite_faults(layout.studio_db)]
    return found


def save_arrays(folder: Path, arrays: Mapping[str, AnyArray], meta: Mapping[str, Any]) -> None:
    """Seal `arrays` and `meta` (plain JSON) in `folder`, which must not exist yet.

    Where it exists with equal arrays nothing is written; a damaged one is written again. Raises Conflict when it holds
    other arrays, ValueError for arrays of python objects.
    """
    names = {name: f"{number:03d}.npy" for number, name in enumerate(sorted(arrays))}
    files.make_folder(folder.parent)
    files.sweep(folder.parent)
    with files.building(folder.parent, folder.name) as beside:
        for name, file in names.items():
            _save_array(beside / file, np.asarray(arrays[name]))
        made = sealed.seal(beside, {"format": FORMAT, "arrays": names, "meta": dict(meta)})
        if sealed.settle(beside, folder):
            return
        if not sealed.damaged(folder):
            there = sealed.read_manifest(folder)
            if (there["files"], there["arrays"]) == (made["files"], made["arrays"]):
                return
            raise Conflict(f"{folder} holds something else already, and what is sealed is not changed.")
        sealed.set_aside(folder)
        sealed.settle(beside, folder)


def load_arrays(folder: Path) -> tuple[dict[str, AnyArray], dict[str, Any]]:
    """Arrays and meta from a folder of `save_arrays`. Raises Damaged, or NotReady when it is not there."""
    if not folder.is_dir():
        raise NotReady(f"{folder} is not there. Run `vitrine build`.")
    plain = sealed.read_manifest(folder)
    sealed.verify(folder, plain)
    return {name: _load_array(folder / file) for name, file in plain["arrays"].items()}, dict(plain["meta"])


# --- the pointer -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """CURRENT. stack: what served, the current last; a roll back takes from its end."""

    pointer: Pointer | None = None
    stack: tuple[tuple[str, str], ...] = ()
    calibrations: Mapping[str, str] = field(default_factory=dict)
    plain: Mapping[str, Any] = field(default_factory=dict)  # as it stands in the file
    whole: bool = True  # False when CURRENT is damaged, and this is what it was before


def pointer_lock(layout: Layout) -> Path:
    """The file that is locked while CURRENT is read and changed, and while generations are removed."""
    return layout.generations / ".pointer.lock"


def _state(layout: Layout, name: str = "CURRENT") -> _State:
    path = layout.data / name
    try:
        plain = files.read_json(path)
    except FileNotFoundError:
        return _State()
    try:
        bare = {key: value for key, value in plain.items() if key != "sha256"}
        if plain["sha256"] != _hash(bare):
            raise Damaged(f"{path} is damaged: its checksum differs.")
        return _State(
            Pointer(plain["generation"], plain["calibration"], plain["number"]),
            tuple((generation, calibration) for generation, calibration in plain["stack"]),
            plain["calibrations"],
            plain,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Damaged(f"{path} is damaged: it does not name a generation.") from None


def _state_or_before(layout: Layout) -> _State:
    """CURRENT; where it is damaged what it was before; where that is damaged too, as if nothing was published yet."""
    try:
        return _state(layout)
    except Damaged:
        try:
            return replace(_state(layout, BEFORE), whole=False)
        except Damaged:
            return _State(whole=False)  # `check` and `open_current` say so


def _expect(state: _State, expected: Pointer | _Whatever | None) -> None:
    if isinstance(expected, _Whatever) or expected == state.pointer:
        return
    now = "nothing" if state.pointer is None else f"the edition {state.pointer.generation}"
    raise Conflict(f"Somebody published first: {now} is current now. Look at it, then publish again.")


def _point(layout: Layout, state: _State, generation: str, calibration: str, stack: list[tuple[str, str]]) -> Pointer:
    number = 1 + (state.pointer.number if state.pointer else 0)
    plain: dict[str, Any] = {
        "generation": generation,
        "calibration": calibration,
        "number": number,
        "stack": [list(pair) for pair in stack[-KEPT_PUBLICATIONS:]],
        "calibrations": {**state.calibrations, generation: calibration},
    }
    if state.pointer is not None:
        files.write_json(layout.data / BEFORE, state.plain)
    files.write_json(layout.current, {**plain, "sha256": _hash(plain)})
    return Pointer(generation, calibration, number)


def _fit_to_serve(layout: Layout, generation: str) -> None:
    """Raises Damaged or NotReady for a generation that cannot serve."""
    sealed.verify(_folder(layout, generation), {"files": read_manifest(layout, generation).files})


def _serves(layout: Layout, generation: str) -> bool:
    try:
        _fit_to_serve(layout, generation)
    except (Damaged, NotReady):
        return False
    return True


def _candidates(layout: Layout, state: _State) -> list[tuple[str, str]]:
    """Generation and calibration, in the order in which they are tried: what served last, then the newest."""
    pairs = [(state.pointer.generation, state.pointer.calibration)] if state.pointer else []
    pairs += list(reversed(state.stack))
    if state.pointer:
        spare = state.pointer.calibration
        pairs += [(edition.id, state.calibrations.get(edition.id, spare)) for edition in editions(layout)]
    return list(dict.fromkeys(pairs))


def _whole_calibration(layout: Layout, calibration: str) -> None:
    folder = layout.calibration / calibration
    if folder.is_dir():  # one that was never saved can be drawn again; that is the caller's to notice
        sealed.verify(folder, sealed.read_manifest(folder))


# --- content and arrays ----------------------------------------------------------------------------------------------


def _content_id(
    catalogue: Catalogue,
    vectors: Mapping[str, Vectors],
    present: Mapping[str, Mask],
    models: Mapping[str, Mapping[str, Any]],
    template: str,
    arrays: Mapping[str, AnyArray],
) -> str:
    content = hashlib.sha256()
    content.update(json.dumps([FORMAT, template, models], sort_keys=True, default=dict).encode())
    for name, column in canonical_columns(catalogue).items():
        content.update(f"\n{name} {len(column)}\n".encode())
        content.update(column)
    for signal, values in vectors.items():
        content.update(f"\n{signal} {values.shape}\n".encode())
        content.update(values.data)
        content.update(present[signal].data)
    for name, array in arrays.items():
        content.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        content.update(array.data)
    return content.hexdigest()[:16]


def _checked(signal: str, vectors: Vectors, present: Mask, items: int) -> Vectors:
    """`vectors` as contiguous float32 [n, d] with zeros where not present. Raises ValueError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", signal):
        raise ValueError(f"{signal!r} is no name for a signal")
    if vectors.ndim != 2 or len(vectors) != items or present.shape != (items,):
        raise ValueError(f"{signal}: vectors {vectors.shape} and presence {present.shape} do not fit {items} items")
    tidy = np.ascontiguousarray(vectors, dtype=np.float32)
    mask = np.asarray(present, dtype=bool)
    if not np.isfinite(tidy[mask]).all():
        raise ValueError(f"{signal}: a vector holds numbers that are not finite")
    if tidy[~mask].any():
        tidy = np.where(mask[:, None], tidy, np.float32(0))
    return tidy


def _save_array(path: Path, array: AnyArray) -> None:
    with path.open("xb") as file:
        files.write_array(file, array)


def _load_array(path: Path) -> AnyArray:
    """An array, memory-mapped and read-only. Raises Damaged."""
    try:
        return files.read_array(path)
    except ValueError:
        raise Damaged(f"{path} is not an array.") from None
    except FileNotFoundError:
        raise Damaged(f"{path} is missing.") from None


def _folder(layout: Layout, generation: str) -> Path:
    folder = layout.generations / generation
    if not re.fullmatch(r"[0-9a-f]{16}", generation) or not folder.is_dir():
        raise NotReady(f"There is no edition {generation!r}. `vitrine snapshot list` shows what there is.")
    return folder


def _generation_ids(layout: Layout) -> list[str]:
    return [path.name for path in sorted(_visible_folders(layout.generations)) if len(path.name) == 16]


def _visible_folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"the moment {moment} has no time zone")
    return moment.astimezone(UTC)


def _hash(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

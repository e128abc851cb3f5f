"""The catalogue as it was imported, and a catalogue as Parquet without python objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.domain.arrays import AnyArray
from core.domain.catalogue import (
    COLUMNS,
    DATE_COLUMNS,
    MONEY_COLUMNS,
    SET_COLUMNS,
    Catalogue,
)
from core.domain.errors import Damaged, NotReady
from core.store import files, sealed
from core.store.layout import Layout
from core.store.lock import briefly

CATALOGUE = "catalogue.parquet"
KEPT = 3  # earlier imports that stay on disk, for a person to go back to

_NUMBERS = (*MONEY_COLUMNS, "brand_tier")
_TYPES: Mapping[str, Any] = {
    **dict.fromkeys(COLUMNS, pa.string()),
    **dict.fromkeys(SET_COLUMNS, pa.list_(pa.string())),
    **dict.fromkeys(_NUMBERS, pa.int64()),
    **dict.fromkeys(DATE_COLUMNS, pa.timestamp("us", tz="UTC")),
    "stock": pa.map_(pa.string(), pa.int64()),
    "extra": pa.map_(pa.string(), pa.string()),
}
SCHEMA = pa.schema([(name, _TYPES[name]) for name in COLUMNS])


def save_source(
    layout: Layout, catalogue: Catalogue, meta: Mapping[str, Any], beside: Mapping[str, bytes] | None = None
) -> None:
    """Keep `catalogue` as the shop's source, with `meta` (plain JSON) about the import.

    beside: further files that belong to this import and leave with it, by name, such as the demo's events.
    The new one takes the old one's place at once; a kill at any moment leaves the one or the other.
    Raises StorageFailed.
    """
    files.make_folder(layout.source)
    files.sweep(layout.source)
    with files.building(layout.source, "import") as folder:
        write_catalogue(folder / CATALOGUE, catalogue)
        for name, content in (beside or {}).items():
            files.write_bytes(folder / name, content)
        sealed.seal(folder, {"meta": dict(meta), "items": len(catalogue)})
        name = files.sha256(folder / sealed.MANIFEST)[:16]
        if not sealed.settle(folder, layout.source / name) and sealed.damaged(layout.source / name):
            sealed.set_aside(layout.source / name)
            sealed.settle(folder, layout.source / name)
    with briefly(layout.source / ".lock"):
        try:
            earlier = [known for known in _imports(layout) if known != name]
        except Damaged:
            earlier = []  # the new import mends the list
        kept = [name, *earlier[:KEPT]]
        files.write_json(layout.source / "CURRENT", {"imports": kept})
        for path in layout.source.iterdir():
            if path.is_dir() and not path.name.startswith(".") and path.name in earlier[KEPT:]:
                sealed.set_aside(path)


def load_source(layout: Layout) -> tuple[Catalogue, dict[str, Any]]:
    """The catalogue as it was imported last, and the import's meta.

    Raises NotReady when nothing was imported yet, Damaged when a checksum is off.
    """
    folder, manifest = _present(layout)
    return read_catalogue(folder / CATALOGUE), dict(manifest["meta"])


def _present(layout: Layout) -> tuple[Path, dict[str, Any]]:
    """The folder of the last import and its manifest, once every checksum is right."""
    known = _imports(layout)
    if not known:
        raise NotReady("No catalogue was imported yet. Run `vitrine import FILE`, or open Shop setup.")
    folder = layout.source / known[0]
    try:
        manifest = sealed.read_manifest(folder)
        sealed.verify(folder, manifest)
    except Damaged as error:
        raise Damaged(f"{error.message} Import the catalogue again, or restore a backup.") from None
    return folder, manifest


def _imports(layout: Layout) -> list[str]:
    try:
        return [str(name) for name in files.read_json(layout.source / "CURRENT")["imports"]]
    except FileNotFoundError:
        return []
    except (KeyError, TypeError):
        raise Damaged(f"{layout.source / 'CURRENT'} is damaged. Import the catalogue again.") from None


def write_catalogue(path: Path, catalogue: Catalogue) -> None:
    with files.replacing(path) as file:
        pq.write_table(to_arrow(catalogue), file, compression="zstd")


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in a Parquet file. Raises Damaged."""
    try:
        with files.speaking(path, "read"), path.open("rb") as file:
            return from_arrow(pq.read_table(file))
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise Damaged(f"{path} cannot be read as a catalogue: {error}") from None


def to_arrow(catalogue: Catalogue) -> Any:
    """`catalogue` as an Arrow table of `SCHEMA`: lists for sets, maps for stock and extra, no python objects."""
    return pa.table({name: _to_column(name, catalogue.frame[name]) for name in COLUMNS}, schema=SCHEMA)


def _to_column(name: str, values: Any) -> Any:
    if name in _NUMBERS:
        missing = values.isna().to_numpy(dtype=bool)
        numbers = values.fillna(0).to_numpy(dtype=np.int64)
        return pa.array(numbers, type=pa.int64(), mask=missing)
    if name in DATE_COLUMNS:
        return pa.Array.from_pandas(values.dt.as_unit("us"), type=_TYPES[name])
    cells = values.tolist()
    if name == "stock":
        cells = [None if cell is None else list(cell.items()) for cell in cells]
    elif name == "extra":
        cells = [[(str(key), str(value)) for key, value in cell.items()] for cell in cells]
    return pa.array(cells, type=_TYPES[name])


def from_arrow(table: Any) -> Catalogue:
    """The catalogue in an Arrow table of `SCHEMA`. Raises KeyError or ValueError for any other table."""
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        column = table.column(name)
        if column.type != _TYPES[name]:
            raise ValueError(f"the column {name} is {column.type}, not {_TYPES[name]}")
        columns[name] = _from_column(name, _whole(column))
    return Catalogue(pd.DataFrame(columns, columns=list(COLUMNS)))


def _from_column(name: str, column: Any) -> Any:
    if name in _NUMBERS:
        missing = column.is_null().to_numpy(zero_copy_only=False)
        return pd.arrays.IntegerArray(column.fill_null(0).to_numpy(zero_copy_only=False).copy(), missing.copy())
    if name in DATE_COLUMNS:
        moments = column.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[us]")
        return pd.DatetimeIndex(moments).tz_localize("UTC")
    if name in SET_COLUMNS:
        cells = _tuples(column)
    elif name == "stock":
        cells = _dicts(column, lambda: None)
    elif name == "extra":
        cells = _dicts(column, dict)
    else:
        cells = column.to_numpy(zero_copy_only=False)
    return pd.Series(cells, dtype=object)


def _tuples(column: Any) -> AnyArray:
    """[n] tuples from a list column. Equal ones are one object: a catalogue repeats its categories and colours."""
    values = column.values.to_numpy(zero_copy_only=False).tolist()
    offsets = column.offsets.to_numpy().tolist()
    seen: dict[tuple[str, ...], tuple[str, ...]] = {}
    cells = np.empty(len(column), dtype=object)
    for row in range(len(column)):
        cell = tuple(values[offsets[row] : offsets[row + 1]])
        cells[row] = seen.setdefault(cell, cell)
    return cells


def _dicts(column: Any, absent: Callable[[], Any]) -> AnyArray:
    keys = column.keys.to_numpy(zero_copy_only=False).tolist()
    values = column.items.to_numpy(zero_copy_only=False).tolist()
    offsets = column.offsets.to_numpy().tolist()
    missing = column.is_null().to_numpy(zero_copy_only=False).tolist()
    cells = np.empty(len(column), dtype=object)
    for row in range(len(column)):
        here = slice(offsets[row], offsets[row + 1])
        cells[row] = absent() if missing[row] else dict(zip(keys[here], values[here], strict=True))
    return cells


def _whole(column: Any) -> Any:
    """A chunked column as one array."""
    whole = column.combine_chunks()
    if not isinstance(whole, pa.ChunkedArray):
        return whole
    return pa.array([], type=column.type) if whole.num_chunks == 0 else pa.concat_arrays(whole.chunks)


def canonical_columns(catalogue: Catalogue) -> dict[str, bytes]:
    """Column -> bytes that are equal exactly when the values are; what a generation's id is made of."""
    out = {}
    for name in COLUMNS:
        values = catalogue.frame[name]
        if name in _NUMBERS:
            cells = values.astype(object).where(values.notna(), None).tolist()
        elif name in DATE_COLUMNS:
            cells = values.dt.as_unit("us").astype("int64").where(values.notna(), -1).tolist()
        else:
            cells = values.tolist()
        out[name] = json.dumps(cells, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    return out

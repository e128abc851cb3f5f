"""A map of the catalogue: drawn once for each content, space and method, and kept beside the shop's data.

A map knows nothing of the overlay of facts: it is drawn from the edition alone, so that a corrected colour moves no
point before the next build. What stands beside it on the page (true neighbours, misfits, statistics) reads the facts.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Rows, Scores, Vectors
from core.domain.errors import BadRequest, Damaged, NotReady
from core.domain.progress import Progress, Watch, silent
from core.explore import project as projecting
from core.explore.clusters import Region, regions
from core.explore.fidelity import Fidelity, fidelity
from core.explore.loosen import loosened
from core.explore.project import METHODS, PACMAP, Spot, moves, project
from core.explore.spaces import BEHAVIOUR, Space, Visits, features, near
from core.recommend.view import View
from core.store import files, generations, sealed

log = logging.getLogger("vitrine.explore")

FORMAT = 2
MOST_KEPT = 24  # maps of one shop on disk; those that were drawn first go
SHOWN = 50_000  # points that a browser is given at once


@dataclass(frozen=True, eq=False)
class CatalogueMap:
    """All products on a plane.

    places:  [n, 2] float32, NaN for products that have nothing of what the map shows.
    paper:   [n, 2] float32, where they are drawn: `places` loosened for the eye. Fidelity is measured on it.
    region:  [n] which of `regions` a product lies in, -1 for none.
    moved:   median move of the products that were on the map before, as a share of its width; None for a first map.
    snapshot, calibration: what it was drawn from.
    """

    key: str
    space: Space
    method: str
    seed: int
    snapshot: str
    calibration: str
    places: Vectors
    paper: Vectors
    region: Codes
    regions: tuple[Region, ...]
    fidelity: Fidelity
    moved: float | None = None

    def __len__(self) -> int:
        return len(self.places)

    @property
    def there(self) -> Mask:
        """[n] products that are on it."""
        return np.asarray(np.isfinite(self.places).all(axis=1), dtype=bool)

    @property
    def width(self) -> float:
        return projecting.width(self.places)

    def beside(self, spot: Spot) -> tuple[float, float]:
        """Where on paper something is drawn that has no point of its own: as it lies to the product closest to it."""
        best = spot.near[0]
        x, y = np.array((spot.x, spot.y)) + self.paper[best] - self.places[best]
        return float(x), float(y)

    def sample(self, most: int = SHOWN, seed: int = 0) -> Rows:
        """Rows to show when there are more than `most`: each region keeps its share, and at least one of its points."""
        there = np.flatnonzero(self.there)
        if len(there) <= most:
            return there
        rng = np.random.default_rng(seed)
        kept = []
        for code in range(len(self.regions)):
            rows = np.flatnonzero(self.region == code)
            count = max(1, int(most * len(rows) / len(there)))
            kept.append(rng.choice(rows, min(count, len(rows)), replace=False))
        return np.sort(np.concatenate(kept))

    def inside(self, x: tuple[float, float], y: tuple[float, float]) -> Rows:
        """Rows whose points lie in a rectangle, edges included: all of them once somebody has zoomed in."""
        with np.errstate(invalid="ignore"):
            low, high = self.paper >= (x[0], y[0]), self.paper <= (x[1], y[1])
        return np.flatnonzero(low.all(axis=1) & high.all(axis=1))


@dataclass(frozen=True, eq=False)
class Last:
    """What the next map needs of the one before. ids: [m].    places, paper: [m, 2], as in `CatalogueMap`."""

    ids: Sequence[str]
    places: Vectors
    paper: Vectors


def map_key(view: View, space: Space, method: str, seed: int, visits: Visits | None = None) -> str:
    """What a map is kept under: all that it is drawn from."""
    behind = visits.fingerprint if space.name == BEHAVIOUR and visits is not None else view.versions.calibration
    plain = [FORMAT, view.versions.snapshot, behind, space.key, method, seed]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]


def draw(
    view: View, space: Space, *, method: str = PACMAP, seed: int = 0, visits: Visits | None = None,
    last: Last | None = None, watch: Watch = silent,
) -> CatalogueMap:  # fmt: skip
    """Draw the map of a shop as its edition has it.

    last: the map before, so that what was there stays there.
    Raises BadRequest for a space that the shop does not have, or an unknown method.
    """
    if method not in METHODS:
        raise BadRequest(f"There is no map by {method!r}. There are {', '.join(METHODS)}.")
    view = view.with_facts({}, 0) if view.facts else view
    watch(Progress("Reading the products"))
    vectors, present = features(view, space, visits)
    before = _before(view, last)

    def told(stage: str) -> projecting.Progress:
        return lambda done, total: watch(Progress(stage, done, total))

    places = np.full((len(view), 2), np.nan, dtype=np.float32)
    known = None if before is None else before[0][present]
    places[present] = project(
        vectors[present], method=method, seed=seed, last=known, progress=told("Drawing the map")
    )  # fmt: skip
    paper = loosened(places, before)
    found = fidelity(paper, near(view, space, visits), seed=seed, progress=told("Measuring what it is worth"))
    watch(Progress("Naming its regions"))
    codes, named = regions(places, view.catalogue, seed)
    moved = None if before is None else _median(moves(paper, before[1]))
    versions = view.versions
    return CatalogueMap(
        map_key(view, space, method, seed, visits), space, method, seed, versions.snapshot, versions.calibration,
        places, paper, codes, named, found, moved,
    )  # fmt: skip


def _before(view: View, last: Last | None) -> tuple[AnyArray, AnyArray] | None:
    """[n, 2] where the products lay on the last map, and [n, 2] where they were drawn, NaN for those that were not on
    it; None without one, or where too few of them were on it."""
    if last is None:
        return None
    places, paper = np.full((len(view), 2), np.nan), np.full((len(view), 2), np.nan)
    there = [(view.catalogue.row(item), at) for at, item in enumerate(last.ids) if item in view.catalogue]
    if there:
        rows, ats = np.array(there).T
        places[rows], paper[rows] = last.places[ats], last.paper[ats]
    return (places, paper) if np.isfinite(places).all(axis=1).sum() >= 3 else None


def _median(values: Scores) -> float | None:
    return float(np.median(values)) if len(values) else None


# -- on disk -----------------------------------------------------------------------------------------------------------


def kept(folder: Path, key: str) -> CatalogueMap | None:
    """The map that is kept under `key`; None where there is none, or it is damaged and will be drawn anew."""
    if not (folder / key).is_dir():
        return None
    try:
        arrays, meta = generations.load_arrays(folder / key)
    except (Damaged, NotReady) as error:
        log.warning("A map is drawn anew: %s", error.message)
        sealed.set_aside(folder / key)
        return None
    worth = meta["fidelity"]
    found = Fidelity(
        arrays["trust"], arrays["kept"], arrays["measured"], worth["trustworthiness"], worth["preservation"],
        (worth["error"][0], worth["error"][1]), worth["k"],
    )  # fmt: skip
    return CatalogueMap(
        key, Space(meta["space"]), meta["method"], meta["seed"], meta["snapshot"], meta["calibration"],
        arrays["places"], arrays["paper"], arrays["region"],
        tuple(Region.from_json(one) for one in meta["regions"]), found, meta["moved"],
    )  # fmt: skip


def keep(folder: Path, drawn: CatalogueMap, ids: Sequence[str]) -> None:
    """Seal a map in `folder` and remember it as the last one of its space and method."""
    worth = drawn.fidelity
    arrays = {
        "places": drawn.places, "paper": drawn.paper, "region": drawn.region, "trust": worth.trust, "kept": worth.kept,
        "measured": worth.measured, "ids": np.frombuffer("\0".join(ids).encode("utf-8", "surrogatepass"), np.uint8),
    }  # fmt: skip
    generations.save_arrays(folder / drawn.key, arrays, _meta(drawn))
    line = _line(drawn.space, drawn.method, drawn.seed)
    series = [[of, key] for of, key in _series(folder) if key != drawn.key] + [[line, drawn.key]]
    for _, key in series[:-MOST_KEPT]:
        sealed.set_aside(folder / key)
    files.write_json(folder / "series.json", series[-MOST_KEPT:])


def last_of(folder: Path, space: Space, method: str, seed: int) -> Last | None:
    """What is left of the last map of this space and method; None where there is none that is whole."""
    for line, key in reversed(_series(folder)):
        if line != _line(space, method, seed):
            continue
        try:
            arrays, _ = generations.load_arrays(folder / key)
        except (Damaged, NotReady):
            continue
        ids = arrays["ids"].tobytes().decode("utf-8", "surrogatepass").split("\0")
        return Last(tuple(ids), arrays["places"], arrays.get("paper", arrays["places"]))  # the first maps had none
    return None


def _line(space: Space, method: str, seed: int) -> str:
    """What the maps of one space have in common over all editions. Blends of other weights hold still together."""
    return f"{space.name}/{method}/{seed}"


def _series(folder: Path) -> list[tuple[str, str]]:
    """(line, key) of the maps that are kept, the last one last."""
    try:
        return [(str(line), str(key)) for line, key in files.read_json(folder / "series.json")]
    except (FileNotFoundError, Damaged, TypeError, ValueError):
        return []


def _meta(drawn: CatalogueMap) -> Mapping[str, Any]:
    worth = drawn.fidelity
    return {
        "space": dict(drawn.space.weights), "method": drawn.method, "seed": drawn.seed, "snapshot": drawn.snapshot,
        "calibration": drawn.calibration, "moved": drawn.moved,
        "regions": [one.as_json() for one in drawn.regions],
        "fidelity": {
            "trustworthiness": worth.trustworthiness, "preservation": worth.preservation, "error": list(worth.error),
            "k": worth.k,
        },
    }  # fmt: skip

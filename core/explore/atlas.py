"""The atlas of one opened shop: its maps, and all that is asked of them.

Pages, API and command line ask here. Nothing in it is slow twice: maps and pictures are kept beside the shop's data,
the rest in memory as long as what it rests on stays the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.domain.arrays import AnyArray, Scores, Vectors
from core.domain.catalogue import Item
from core.domain.errors import BadRequest, Conflict, ModelMissing, NotReady, Refused
from core.domain.progress import Progress, Watch, silent
from core.domain.query import Request
from core.explore import duplicates, maps, selection
from core.explore import worklist as working
from core.explore.maps import CatalogueMap
from core.explore.neighbours import Neighbour, neighbours
from core.explore.project import PACMAP, Spot, place
from core.explore.selection import Difference, Selection
from core.explore.spaces import BEHAVIOUR, Blended, Near, Space, Visits, house_space, near, spaces
from core.explore.white_space import SHOWN_LIFT, Gap, white_space
from core.explore.worklist import Case, Worked
from core.rank.agreement import FIELD_WEIGHTS
from core.rank.figures import exposure
from core.rank.signals import VectorSignal, sides_of_item
from core.recommend.reverse import all_lists
from core.recommend.view import View

LISTED = 10  # places of a list that exposure counts
MAPS, NEARS, LISTS = 6, 6, 2  # that are held in memory


class Seen(Protocol):
    """Typed words as the encoders see them; None where one is off or not warm yet."""

    @property
    def text(self) -> Vectors | None: ...
    @property
    def image(self) -> Vectors | None: ...


class Pictures(Protocol):
    def has(self, key: str) -> bool: ...
    def read(self, key: str) -> bytes: ...


class Prefs(Protocol):
    """What of the studio database the worklist needs; see core/store/studio.py."""

    def set_pref(self, who: str, name: str, value: Any) -> None: ...
    def prefs_named(self, prefix: str) -> dict[tuple[str, str], Any]: ...
    def audit(self, who: str, at: datetime, action: str, detail: Any = None) -> None: ...


@dataclass(frozen=True, eq=False)
class Sources:
    """What an atlas is made from. folder: where maps are kept. view: the shop at a moment.

    visits: what shoppers do together, None without a record. words, photos: through the encoders of the edition.
    """

    folder: Path
    view: Callable[[datetime | None], View]
    visits: Callable[[], Visits | None]
    words: Callable[[str], Seen]
    photos: Callable[[Sequence[bytes]], Vectors] | None
    pictures: Pictures
    prefs: Prefs


class Atlas:
    """Safe to ask from many threads; what is long is done by one of them at a time, and the others wait for it."""

    def __init__(self, sources: Sources) -> None:
        self._of = sources
        self._lock = threading.Lock()
        self._working = threading.Lock()
        self._maps: dict[str, CatalogueMap] = {}
        self._nears: dict[tuple[int, str], tuple[View, Near]] = {}
        self._lists: dict[Any, tuple[tuple[Case, ...], dict[str, dict[str, Any]]]] = {}

    # -- maps ------------------------------------------------------------------------------------------------------

    def spaces(self, at: datetime | None = None) -> tuple[Space, ...]:
        """What this shop has maps of: its blend first, then each signal by itself."""
        return spaces(self._of.view(at), self._of.visits())

    def map(
        self, space: Space | str | None = None, *, method: str = PACMAP, seed: int = 0, watch: Watch = silent,
        kept_only: bool = False, at: datetime | None = None,
    ) -> CatalogueMap | None:  # fmt: skip
        """The map of a space (None: the shop's blend; a name: one signal), drawn where it is not kept yet.

        kept_only: None instead of drawing it. Raises BadRequest for a space that this shop does not have.
        """
        view = self._of.view(at)
        wanted = self._space(view, space)
        visits = self._of.visits() if wanted.name == BEHAVIOUR else None
        key = maps.map_key(view, wanted, method, seed, visits)
        if (found := self._known(key, len(view))) is not None or kept_only:
            return found
        with self._working:
            if (found := self._known(key, len(view))) is not None:
                return found
            last = maps.last_of(self._of.folder, wanted, method, seed)
            drawn = maps.draw(view, wanted, method=method, seed=seed, visits=visits, last=last, watch=watch)
            watch(Progress("Keeping the map"))
            try:
                maps.keep(self._of.folder, drawn, view.catalogue.ids)
            except Conflict:  # another process drew it meanwhile, from another last map: that one holds
                return self._known(key, len(view)) or drawn
            return self._hold(drawn)

    def _space(self, view: View, space: Space | str | None) -> Space:
        if isinstance(space, str):
            space = None if space == "blend" else Space.of(space)
        wanted = space or house_space(view)
        if wanted is None:
            raise BadRequest("There is nothing to draw a map from: no signal tells the products of this shop apart.")
        return wanted

    def _known(self, key: str, size: int) -> CatalogueMap | None:
        with self._lock:
            if key in self._maps:
                return self._maps[key]
        found = maps.kept(self._of.folder, key)
        return self._hold(found) if found is not None and len(found) == size else None

    def _hold(self, found: CatalogueMap) -> CatalogueMap:
        with self._lock:
            self._maps[found.key] = found
            while len(self._maps) > MAPS:
                del self._maps[next(iter(self._maps))]
        return found

    def _near(self, view: View, space: Space) -> Near:
        key = (id(view), space.key)
        with self._lock:
            if key in self._nears and self._nears[key][0] is view:
                return self._nears[key][1]
        made = near(view, space, self._of.visits() if space.name == BEHAVIOUR else None)
        with self._lock:
            self._nears[key] = view, made
            while len(self._nears) > NEARS:
                del self._nears[next(iter(self._nears))]
        return made

    def neighbours(
        self, drawn: CatalogueMap, item: str, k: int = 10, at: datetime | None = None
    ) -> tuple[Neighbour, ...]:  # fmt: skip
        """The true neighbours of a product in the space of a map, and which of them the map hides.

        Raises UnknownItem, BadRequest for a product that is not on the map.
        """
        view = self._of.view(at)
        return neighbours(self._near(view, drawn.space), drawn.paper, view.catalogue.row(item), k)

    # -- what has no point of its own ------------------------------------------------------------------------------

    def place_words(self, drawn: CatalogueMap, words: str, at: datetime | None = None) -> Spot:
        """Where words belong on a map. Raises BadRequest for no words, NotReady while the encoders warm up,
        ModelMissing where none reads words."""
        if not words.strip():
            raise BadRequest("Type a word or two to place on the map.")
        seen = self._of.words(words)
        given = {name: vector for name, vector in (("text", seen.text), ("image", seen.image)) if vector is not None}
        if not given:
            raise NotReady("Words cannot be read yet: the encoders are warming up, or off. Try again in a few seconds.")
        return self._spot(drawn, self._close(drawn, given, "words", at))

    def place_photo(self, drawn: CatalogueMap, photo: bytes, at: datetime | None = None) -> Spot:
        """Where a photo belongs on a map. Raises ModelMissing without a picture model, Refused for what is no photo."""
        if self._of.photos is None:
            raise ModelMissing("Photos cannot be read here: this edition has no picture model. Look at Shop setup.")
        vector = self._of.photos([photo])[0]
        if not vector.any():
            raise Refused("This photo could not be read. Save it as JPEG, PNG or WebP and try again.")
        return self._spot(drawn, self._close(drawn, {"image": vector}, "item", at))

    def place_item(
        self, drawn: CatalogueMap, item: Item, vectors: Mapping[str, AnyArray], at: datetime | None = None
    ) -> Spot:  # fmt: skip
        """Where a product belongs that need not be in the catalogue; vectors: signal -> unit vector [d]."""
        view = self._of.view(at)
        measured = self._near(view, drawn.space)
        if not isinstance(measured, Blended):
            raise BadRequest("On the map of behaviour only products have a place that shoppers have met.")
        return self._spot(drawn, measured.of_sides(sides_of_item(view.signals, item, vectors))[0])

    def _close(
        self, drawn: CatalogueMap, given: Mapping[str, Vectors], kind: str, at: datetime | None
    ) -> AnyArray:  # fmt: skip
        """[n] how close all products are to a query, by the signals of the space that it has, else by all it has."""
        view = self._of.view(at)
        known = {
            name: vector for name, vector in given.items()
            if isinstance(view.signals.get(name), VectorSignal) and view.calibration.has(kind, name)
        }  # fmt: skip
        if not known:
            raise ModelMissing("No encoder of this edition can read that. Look at the models in Shop setup.")
        names = [name for name in known if name in drawn.space.weights] or list(known)
        total, weight = np.zeros(len(view)), np.zeros(len(view))
        for name in names:
            signal = view.signals[name]
            assert isinstance(signal, VectorSignal)
            raw = signal.scan(np.asarray(known[name], dtype=np.float32)[None, :])[0].astype(np.float64)
            share = drawn.space.weights.get(name, 1.0)
            total += np.where(signal.present, share * view.calibration.z(kind, name, raw), 0.0)
            weight += share * signal.present
        return np.where(weight > 0, total / np.maximum(weight, 1e-12), -np.inf)

    def _spot(self, drawn: CatalogueMap, close: AnyArray) -> Spot:
        found = place(drawn.places, close)
        if found is None:
            raise BadRequest("Nothing on this map can be compared with that.")
        return found

    # -- selections ------------------------------------------------------------------------------------------------

    def exposure(
        self, at: datetime, progress: Callable[[int, int], None] | None = None, *, k: int = LISTED
    ) -> Scores:  # fmt: skip
        """[n] each product's share of all places of "You May Also Like", discounted by place; sums to 1."""
        view = self._of.view(at)
        request = Request(k=k, at=at.replace(second=0, microsecond=0))
        return exposure(all_lists(view, request, progress), len(view))

    def statistics(self, items: Sequence[str], at: datetime, exposure: Scores | None = None) -> Selection:
        """What a selection consists of; exposure: as `exposure` gives it, to audit theirs. Raises UnknownItem."""
        view = self._of.view(at)
        return selection.statistics(view, view.catalogue.rows(items), at, exposure)

    def compare(self, one: Sequence[str], other: Sequence[str], at: datetime | None = None) -> Difference:
        """What sets two selections apart. Raises UnknownItem, BadRequest for an empty one."""
        view = self._of.view(at)
        return selection.compare(view, view.catalogue.rows(one), view.catalogue.rows(other))

    def white_space(
        self, drawn: CatalogueMap, at: datetime, *, demand: Scores | None = None, most: int = 12
    ) -> tuple[Gap, ...]:  # fmt: skip
        """Regions with demand and few products: what shoppers did, else exposure, as `exposure` gives it (demand)."""
        view = self._of.view(at)
        visits = self._of.visits() if demand is None else None
        if visits is not None and visits.popularity.any():
            return white_space(drawn.places, visits.popularity, view.live(at), view.catalogue, most)
        shown = self.exposure(at) if demand is None else demand
        return white_space(drawn.places, shown, view.live(at), view.catalogue, most, SHOWN_LIFT)

    def knows_demand(self) -> bool:
        """Whether there is a record of what shoppers did; without one, demand is how often lists show a product."""
        visits = self._of.visits()
        return visits is not None and bool(visits.popularity.any())

    # -- the worklist ----------------------------------------------------------------------------------------------

    def worklist(
        self, *, watch: Watch = silent, at: datetime | None = None, everything: bool = False
    ) -> tuple[Case, ...]:  # fmt: skip
        """What is probably wrong in the catalogue, the surest of each kind first, but for what somebody has left.

        everything: what was left, too. The first time it takes its time; it is kept until the catalogue changes.
        """
        view = self._of.view(at)
        key = _list_key(view)
        with self._lock:
            kept = self._lists.get(key)
        if kept is None:
            with self._working:
                with self._lock:
                    kept = self._lists.get(key)
                if kept is None:
                    cases = self._worked(view, watch)
                    kept = cases, working.said_of(view, cases)
                    with self._lock:
                        self._lists[key] = kept
                        while len(self._lists) > LISTS:
                            del self._lists[next(iter(self._lists))]
        return kept[0] if everything else working.standing(kept[0], self.left())

    def worked(self, at: datetime | None = None, *, everything: bool = False) -> Worked | None:
        """The worklist as it was made last for this edition, less what was corrected since; None before the first time.

        Takes no time. It may have been made before a correction elsewhere: `current` says so.
        """
        view = self._of.view(at)
        key = _list_key(view)
        with self._lock:
            found = [one for one in self._lists if one[0] == key[0]]
            now = key if key in found else found[-1] if found else None
            kept = self._lists[now] if now is not None else None
        if kept is None:
            return None
        cases = working.untouched(view, *kept)
        return Worked(cases if everything else working.standing(cases, self.left()), now == key)

    def _worked(self, view: View, watch: Watch) -> tuple[Case, ...]:
        keys = duplicates.first_pictures(view.catalogue.frame["pictures"].tolist(), self._of.pictures.has)

        def told(stage: str, done: int, total: int) -> None:
            watch(Progress(stage, done, total))

        looks = duplicates.prints(
            self._of.folder, keys, self._of.pictures.read, lambda done, total: told("Looking at pictures", done, total)
        )
        return working.worklist(view, looks, told)

    def leave(self, case: Case, *, who: str, at: datetime, why: str = "") -> None:
        """Take a case off the worklist, for everybody."""
        self._of.prefs.set_pref(who, working.PREFIX + case.key, {"at": at.isoformat(), "why": why})
        self._of.prefs.audit(who, at, "left", {"case": case.kind, "items": list(case.items), "why": why})

    def take_up(self, case: Case, *, who: str, at: datetime) -> None:
        """Put a case that was left back on the worklist, whoever left it."""
        for person, name in self._of.prefs.prefs_named(working.PREFIX + case.key):
            self._of.prefs.set_pref(person, name, None)
        self._of.prefs.audit(who, at, "taken up", {"case": case.kind, "items": list(case.items)})

    def left(self) -> dict[str, dict[str, Any]]:
        """Key of each case that was left -> who left it ("who"), when ("at") and why ("why")."""
        found = self._of.prefs.prefs_named(working.PREFIX)
        return {
            name.removeprefix(working.PREFIX): {"who": who, **value}
            for (who, name), value in sorted(found.items())
            if value is not None
        }


def _list_key(view: View) -> tuple[tuple[str, str], tuple[Any, ...]]:
    """The edition, and what of the facts, a worklist was made from."""
    return (view.versions.snapshot, view.versions.calibration), _seen(view)


def _seen(view: View) -> tuple[Any, ...]:
    """What of the facts the worklist depends on."""
    names = (*FIELD_WEIGHTS, "type", "family_id")
    said = sorted(
        (item, name, repr(fields[name])) for item, fields in view.facts.items() for name in names if name in fields
    )
    return tuple(said)

"""Named strategies, and where they hold: in a placement, or in a placement around the products of one category.

All of them are documents of the strategy stream. `similar` is the strategy of a placement, `similar@Bags > Totes` that
of its lists around products of one category; the deepest category that has one wins. A named strategy holds nowhere by
itself: what is assigned carries a copy, so that every list depends on what stands at its own place alone. When a named
strategy is changed, the copies that were equal to it are changed with it (`following`), in the same draft.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from core.domain.changes import Documents, Key, Plain
from core.domain.errors import BadRequest
from core.domain.placements import Placement
from core.domain.strategy import Strategy
from core.domain.words import slug

KIND = "blend"  # of a document that is a named strategy; STRATEGY of one that holds somewhere
STRATEGY = "strategy"
AT, STEP = "@", " > "
LONGEST_NAME = 60

Path = tuple[str, ...]


def place_of(placement: str, category: Sequence[str] = ()) -> Key:
    """The document that holds in `placement`, or in it around the products of `category` (from its root).

    >>> place_of("similar", ("Bags", "Totes")).id
    'similar@Bags > Totes'
    """
    return Key(STRATEGY, f"{placement}{AT}{STEP.join(category)}" if category else str(placement))


def read_place(id: str) -> tuple[str, Path]:
    """The placement and the category that a document of strategies holds in.

    >>> read_place("similar@Bags > Totes"), read_place("search")
    (('similar', ('Bags', 'Totes')), ('search', ()))
    """
    placement, at, path = id.partition(AT)
    return placement, tuple(path.split(STEP)) if at else ()


def check_place(id: str) -> None:
    """Raises BadRequest for a place where no strategy can hold."""
    placement, category = read_place(id)
    if AT not in id:
        return
    if placement != Placement.SIMILAR:
        raise BadRequest("Strategies of a category are for You May Also Like. Other placements have one for all.")
    if not all(step.strip() == step and step for step in category):
        raise BadRequest(f"{id!r} names no category. Write it like similar@Bags > Totes.")


def checked_blend(plain: Plain) -> Plain:
    """A named strategy, once it makes sense. Raises BadRequest."""
    strategy = Strategy.from_json(plain)
    if not 1 <= len(strategy.name.strip()) <= LONGEST_NAME or not strategy.name.isprintable():
        raise BadRequest(f"A strategy's name has 1 to {LONGEST_NAME} characters.")
    return strategy.as_json()


def fresh_id(name: str, taken: Container[str]) -> str:
    """An id for a strategy of this name that no other has."""
    first = slug(name)
    number, found = 1, first
    while found in taken:
        number += 1
        found = f"{first}-{number}"
    return found


def named(documents: Documents) -> dict[str, Strategy]:
    """The named strategies, by id, in the order of their names."""
    found = {key.id: Strategy.from_json(plain) for key, plain in documents.items() if key.kind == KIND}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].name.casefold(), pair[0])))


def places(documents: Documents, placement: str = Placement.SIMILAR) -> dict[Path, Strategy]:
    """Where strategies hold in a placement: () is all of it, then the categories that have their own."""
    found = {}
    for key, plain in documents.items():
        if key.kind == STRATEGY and read_place(key.id)[0] == placement:
            found[read_place(key.id)[1]] = Strategy.from_json(plain)
    return dict(sorted(found.items()))


def following(documents: Documents, blend: Plain) -> list[Key]:
    """Where a named strategy holds: the places whose strategy equals it."""
    looks = place_of(Placement.LOOK)
    return [key for key, plain in documents.items() if key.kind == STRATEGY and key != looks and plain == blend]


@dataclass(frozen=True, eq=False)
class ByCategory:
    """The strategies of some categories; the deepest that an item is in wins, without regard to case.

    >>> found = ByCategory({("Bags",): Strategy("Bags"), ("Bags", "Totes"): Strategy("Totes")})
    >>> [found.of(path).name if found.of(path) else None for path in (("bags", "Totes"), ("Bags", "Clutches"), ())]
    ['Totes', 'Bags', None]
    """

    paths: Mapping[Path, Strategy] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", {_folded(path): path for path in self.paths})

    def __bool__(self) -> bool:
        return bool(self.paths)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByCategory) and dict(self.paths) == dict(other.paths)

    __hash__ = None  # type: ignore[assignment]

    def of(self, category: Sequence[str]) -> Strategy | None:
        """The strategy for products in `category`; None where the placement's own holds."""
        holding = self.holding(category)
        return self.paths[holding] if holding else None

    def holding(self, category: Sequence[str]) -> Path:
        """Which of the categories the strategy for products in `category` is assigned to; () for the placement."""
        known: dict[Path, Path] = self._folded  # type: ignore[attr-defined]
        path = _folded(category)
        return next((known[path[:deep]] for deep in range(len(path), 0, -1) if path[:deep] in known), ())


def _folded(path: Sequence[str]) -> Path:
    return tuple(step.casefold() for step in path)

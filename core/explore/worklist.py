"""The worklist beside the map: what is probably wrong in the catalogue, one case after the other, and what was left.

A case is named by what it says. Somebody who leaves it will not see it again, until the product changes and the case
says something else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.domain.catalogue import Catalogue
from core.explore import misfits
from core.explore.duplicates import Group, groups
from core.explore.misfits import Misfit, Odd
from core.rank.signals import VectorSignal
from core.recommend.view import View

CATEGORY, PICTURE, TWINS = "wrong_category", "text_and_picture", "same_picture"
KINDS = {
    CATEGORY: "Probably in the wrong category",
    PICTURE: "Text and picture disagree",
    TWINS: "Near-identical pictures",
}
MOST = 500  # cases of each kind
PREFIX = "map.left:"  # of the preferences that say what was left
LEAN = 4  # neighbours that a case names on either side
SETTLED_BY = {CATEGORY: ("type", "category"), PICTURE: (), TWINS: ("family_id",)}  # facts that put a case right

_NOTHING = object()  # a fact that nobody has corrected

Progress = Callable[[str, int, int], None]  # what is being looked for, done, of how many


@dataclass(frozen=True, slots=True)
class Case:
    """Something to look at.

    kind:   one of `KINDS`. items: the products concerned, the one to correct first.
    says:   what is wrong, as a sentence. correct: fields that would put it right, as facts; empty where only somebody
            who looks can tell.
    beside: products that show why, nearest first; where text and picture disagree, those that its picture is like.
    read_like: those that its words are like. weight: how sure it is; comparable within one kind only.
    """

    key: str
    kind: str
    items: tuple[str, ...]
    says: str
    correct: Mapping[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    read_like: tuple[str, ...] = ()
    weight: float = 0.0

    def as_json(self) -> dict[str, Any]:
        correct = {name: list(value) if isinstance(value, tuple) else value for name, value in self.correct.items()}
        return {
            "key": self.key, "kind": self.kind, "items": list(self.items), "says": self.says, "correct": correct,
            "beside": list(self.beside), "read_like": list(self.read_like), "weight": round(self.weight, 6),
        }  # fmt: skip


def worklist(
    view: View, looks: VectorSignal | None, progress: Progress | None = None, *, most: int = MOST
) -> tuple[Case, ...]:
    """All cases of the shop as `view` has it, the kinds in turn, the surest of each first.

    looks: the pictures as points (`duplicates.prints`); None leaves near-identical pictures out.
    """

    def told(kind: str) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, total: progress(KINDS[kind], done, total)

    catalogue = view.catalogue
    image = view.signals.get("image")
    out = [_of_misfit(catalogue, one) for one in misfits.wrong_category(view, most=most, progress=told(CATEGORY))]
    out += [_of_odd(catalogue, one) for one in misfits.text_against_picture(view, most=most, progress=told(PICTURE))]
    if looks is not None:
        found = groups(
            looks, image if isinstance(image, VectorSignal) else None, view.identity.picture, view.identity.family,
            told(TWINS),
        )  # fmt: skip
        out += [_of_group(catalogue, one) for one in found[:most]]
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Worked:
    """The list as it was made last. current: it would be the same if it were made anew."""

    cases: tuple[Case, ...]
    current: bool


def said_of(view: View, cases: Sequence[Case]) -> dict[str, dict[str, Any]]:
    """What is corrected by hand of each product of some cases, by which one sees whether it is corrected later."""
    ids = {item for case in cases for item in case.items} & set(view.facts)
    return {item: dict(view.facts[item]) for item in ids}


def untouched(view: View, cases: Sequence[Case], said: Mapping[str, Mapping[str, Any]]) -> tuple[Case, ...]:
    """The cases of an earlier list that nobody has put right since. said: `said_of` of that time."""

    def as_it_was(item: str, names: Sequence[str]) -> bool:
        now, then = view.facts.get(item, {}), said.get(item, {})
        return item in view.catalogue and all(now.get(name, _NOTHING) == then.get(name, _NOTHING) for name in names)

    return tuple(case for case in cases if all(as_it_was(item, SETTLED_BY[case.kind]) for item in case.items))


def standing(cases: Sequence[Case], left: Mapping[str, Any]) -> tuple[Case, ...]:
    """The cases that nobody has left. left: key -> who left it and when."""
    return tuple(case for case in cases if case.key not in left)


def _of_misfit(catalogue: Catalogue, one: Misfit) -> Case:
    item = catalogue.ids[one.row]
    count, of = round(one.share * len(one.beside)), len(one.beside)
    others = f"none of its {of} nearest is" if count == of else f"{count} of its {of} nearest are not"
    says = f"It is filed under {one.kind}, but {others}; it looks like {one.better}."
    correct = {"type": one.better, "category": one.category}
    beside = _ids(catalogue, one.beside)
    key = _key(CATEGORY, [item], [one.kind, one.better])
    return Case(key, CATEGORY, (item,), says, correct, beside, weight=one.doubt)


def _of_odd(catalogue: Catalogue, one: Odd) -> Case:
    item = catalogue.ids[one.row]
    says = "Its picture looks like other products than its words describe."
    pictures = catalogue.at_row(one.row).pictures
    seen, read = _ids(catalogue, one.by_picture[:LEAN]), _ids(catalogue, one.by_words[:LEAN])
    key = _key(PICTURE, [item], [catalogue.title(item), *pictures[:1]])
    return Case(key, PICTURE, (item,), says, beside=seen, read_like=read, weight=-one.agreement)


def _of_group(catalogue: Catalogue, one: Group) -> Case:
    items = _ids(catalogue, one.rows)
    number = "Two products" if len(items) == 2 else f"{len(items)} products"
    says = f"{number} show the same picture." if one.same_file else f"{number} show near-identical pictures."
    pictures = [catalogue.at_row(row).pictures[:1] for row in one.rows]
    key = _key(TWINS, items, [picture for some in pictures for picture in some])
    return Case(key, TWINS, items, says, weight=one.likeness)


def _ids(catalogue: Catalogue, rows: Sequence[int]) -> tuple[str, ...]:
    return tuple(catalogue.ids[row] for row in rows)


def _key(kind: str, items: Sequence[str], about: Sequence[str]) -> str:
    plain = json.dumps([kind, list(items), list(about)], ensure_ascii=False)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:24]

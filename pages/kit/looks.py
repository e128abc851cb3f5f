"""A look as the board draws it: its tiles, the looks to choose from, what holds it together, what could be swapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.catalogue import Catalogue, Item
from core.domain.listing import Origin
from core.domain.looks import PART_NAMES, PARTS, ROLE_NAMES, ROLES, Look, Pair, Piece, Swap
from core.recommend.saved import ANCHOR, MISSING, Gone, KeptLook, Mend
from pages.kit import cards, shaping, text
from pages.kit.board import Pieces

# From head to foot, as a stylist lays pieces out; the first ones stand higher on the board.
HEIGHT = (
    "hat", "eyewear", "scarf", "jewellery", "tie", "outer", "mid_layer", "full_body", "top", "belt", "gloves", "watch",
    "bottom", "small_leather", "bag", "hosiery", "shoes",
)  # fmt: skip
LARGE = ("outer", "mid_layer", "full_body", "top", "bottom", "shoes", "bag")
BESIDE = 4  # pieces to the left and right of the anchor; the others stand at its foot
FORMALITY = ("sport", "casual", "smart", "dressed up", "black tie")
WHY_GONE = {
    "sold out": "is sold out", "embargoed": "is not out yet", "retired": "is retired",
    MISSING: "is no longer in the catalogue",
}  # fmt: skip
GONE_BADGES = {"sold out": "Sold out", "embargoed": "Not out yet", "retired": "Retired", MISSING: "Missing"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a look is drawn: the catalogue and moment it is shown in, its anchor, and the shop's money.

    role: what the anchor is in a look; empty where it is nothing that is worn or carried.
    """

    catalogue: Catalogue
    at: datetime
    anchor: Item
    role: str
    currency: str | None

    def item(self, item: str) -> Item:
        return known(item, self.catalogue)

    def money(self, minor: int | None) -> str:
        return text.money(minor, self.currency)


def known(item: str, catalogue: Catalogue) -> Item:
    """The product, or what is left to say of one that is no longer in the catalogue."""
    return catalogue.item(item) if item in catalogue else Item(id=item, title=item)


def said_gone(kept: KeptLook, catalogue: Catalogue) -> list[str]:
    """What is gone of a saved look, and why, in a few words each."""
    return [f"{text.title(known(one.id, catalogue))} {WHY_GONE[one.why]}" for one in kept.gone]


def name_of(role: str) -> str:
    return ROLE_NAMES.get(role, role.replace("_", " ").capitalize())


# -- the board -----------------------------------------------------------------------------------------------------


def tiles(
    look: Look, pieces: Pieces, scene: Scene, *, locked: Mapping[str, str], gone: Sequence[Gone] = ()
) -> list[dict[str, Any]]:
    """The anchor, the pieces around it, and the places that nothing fills.

    pieces: (role, id) of what is to be shown; pieces that are gone stand among them although `look` is without them.
    """
    lost = {one.id: one for one in gone}
    scored = {piece.id: piece for piece in look.pieces}
    made: list[dict[str, Any]] = [
        {
            **_product(scene.anchor, scene), "kind": "anchor", "key": f"anchor:{scene.anchor.id}", "role": "",
            "zone": "centre", **_gone(lost.get(scene.anchor.id)),
        }
    ]  # fmt: skip
    for role, item in pieces:
        product = scene.item(item)
        made.append({
            **_product(product, scene), "kind": "piece", "key": f"{role}:{item}", "role": role,
            "roleName": name_of(role), "locked": locked.get(role) == item,
            "why": why(scored[item], product, scene) if item in scored else None, **_gone(lost.get(item)),
        })  # fmt: skip
        if item in scored and item not in lost:
            pinned = scored[item].origin is Origin.PIN
            badges = [["dark", "Pinned"], *made[-1]["badges"]] if pinned else made[-1]["badges"]
            made[-1] |= {"badges": badges, "menu": shaping.piece_menu(pinned=pinned), "menuName": shaping.SHAPE_LOOKS}
    filled = {role for role, _ in pieces}
    for role in look.unfilled:
        if role not in filled:
            made.append({
                "kind": "unfilled", "key": f"unfilled:{role}", "role": role, "roleName": name_of(role),
                "text": "Nothing in the shop fits here.",
            })  # fmt: skip
    return _placed(made)


def _placed(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each tile its place: garments beside the anchor, high ones high, the others at its foot."""

    def height(one: Mapping[str, Any]) -> int:
        return HEIGHT.index(one["role"]) if one["role"] in HEIGHT else len(HEIGHT)

    around = [one for one in made if one["kind"] != "anchor"]
    large_first = sorted(around, key=lambda one: (one["role"] not in LARGE, height(one)))
    beside = sorted(large_first[:BESIDE], key=height)
    foot = sorted(large_first[BESIDE:], key=height)
    for place, one in enumerate(beside):
        one["zone"] = "left" if place % 2 == 0 else "right"
    for one in foot:
        one["zone"] = "foot"
    return [*(one for one in made if one["kind"] == "anchor"), *beside, *foot]


def _product(item: Item, scene: Scene) -> dict[str, Any]:
    card = cards.card(item, at=scene.at, tools=())
    kept = ("id", "href", "open", "brand", "title", "initial", "image", "alt", "price", "badges")
    return {name: card[name] for name in kept}


def _gone(one: Gone | None) -> dict[str, Any]:
    return {"gone": True, "badges": [["accent", GONE_BADGES[one.why]]]} if one else {}


def small(item: Item) -> dict[str, str]:
    """A product as a small picture."""
    return {
        "id": item.id,
        "image": cards.picture_url(item),
        "initial": (text.house(item) or text.title(item))[:1].upper(),
    }


def tab(key: str, name: str, look: Look, pieces: Pieces, scene: Scene, *, on: bool) -> dict[str, Any]:
    """A look to choose, as a strip of its pieces."""
    told = [text.signed(round(look.score, 2))] if look.pieces else []
    if (total := scene.money(look.harmony.total)) and look.pieces:
        told.append(total)
    order = sorted(pieces, key=lambda one: HEIGHT.index(one[0]) if one[0] in HEIGHT else len(HEIGHT))
    return {
        "key": key, "name": name, "on": on, "figure": " · ".join(told),
        "pictures": [small(scene.item(item)) for _, item in order],
    }  # fmt: skip


# -- what holds it together ----------------------------------------------------------------------------------------


def adds_up(contributions: Mapping[str, float], score: float) -> dict[str, Any]:
    """Signed parts that add up to the score, exactly and as shown."""
    names = sorted(contributions, key=lambda name: PARTS.index(name) if name in PARTS else len(PARTS))
    values = [contributions[name] for name in names]
    most = max((abs(value) for value in values), default=0) or 1
    shown = text.rounded(values, score, 2)
    return {
        "parts": [
            {"name": part_name(name), "share": value / most, "text": text.signed(tidy), "exact": repr(value)}
            for name, value, tidy in zip(names, values, shown, strict=True)
        ],
        "sumName": "Score",
        "sum": text.signed(round(score, 2)),
        "exact": repr(score),
    }  # fmt: skip


def part_name(part: str) -> str:
    return PART_NAMES.get(part, text.part_name(part))


def why(piece: Piece, item: Item, scene: Scene) -> dict[str, Any]:
    """How a piece goes with the product of the look."""
    return {
        "heading": f"With the {text.title(scene.anchor)}", "title": text.title(item),
        **adds_up(piece.contributions, piece.score), "lines": [note.text for note in piece.notes],
    }  # fmt: skip


def card(look: Look, scene: Scene, *, budget: int | None) -> dict[str, Any]:
    """The card beside the board."""
    harmony = look.harmony
    roles = {piece.id: piece.role for piece in look.pieces}
    prices = [(item, price) for item, price in harmony.prices if price is not None]
    top = max((price for _, price in prices), default=0) or 1
    made = {
        "title": "Harmony",
        "sum": adds_up(look.contributions, look.score),
        "palette": palette(harmony.palette, scene),
        "formality": formality(harmony.formality),
        "seasons": seasons(harmony.seasons),
        "ladder": [
            {"name": piece_name(item, roles, scene), "title": text.title(scene.item(item)), "share": price / top,
             "price": scene.money(price), "anchor": item == scene.anchor.id}
            for item, price in sorted(prices, key=lambda pair: -pair[1])
        ],
        "totalName": "All pieces added",
        "total": scene.money(harmony.total) or "unknown",
        "totalNote": "", "over": False,
        "best": [pair(one, roles, scene, carries=True) for one in harmony.best[:3]],
        "weakest": pair(harmony.weakest, roles, scene, carries=False) if harmony.weakest else None,
        "notes": [note.text for note in look.notes],
    }  # fmt: skip
    if budget is not None and harmony.total is not None:
        left = budget - harmony.total
        made["over"] = left < 0
        made["totalNote"] = f"{scene.money(abs(left))} {'over' if left < 0 else 'under'} the budget"
    return made


def palette(shades: Sequence[tuple[str, str, str]], scene: Scene) -> list[dict[str, Any]]:
    """The colours of a look, each once, as wide as it has pieces."""
    worn: dict[tuple[str, str], list[str]] = {}
    for item, name, shade in shades:
        worn.setdefault((name, shade), []).append(text.title(scene.item(item)))
    made = []
    for (name, shade), titles in worn.items():
        words = text.value_name("colour", name)
        made.append({"hex": shade, "name": words, "count": len(titles), "title": f"{words}: {', '.join(titles)}"})
    return made


def formality(span: tuple[float, float] | None) -> dict[str, Any] | None:
    """Where the pieces stand between sport and black tie."""
    if span is None:
        return None
    low, high = (FORMALITY[min(len(FORMALITY), max(1, round(value))) - 1] for value in span)
    words = low if low == high else f"{low} to {high}"
    ends = [(min(5.0, max(1.0, value)) - 1) / 4 for value in span]
    return {
        "words": words[:1].upper() + words[1:], "from": ends[0], "to": ends[1],
        "low": FORMALITY[0].capitalize(), "high": FORMALITY[-1].capitalize(),
    }  # fmt: skip


def seasons(agreed: Sequence[str]) -> str:
    if len(agreed) >= 4:
        return "All year"
    words = text.listed(agreed)
    return words[:1].upper() + words[1:]


def piece_name(item: str, roles: Mapping[str, str], scene: Scene) -> str:
    """What a product is in the look, in a word or two."""
    if item in roles:
        return name_of(roles[item])
    return name_of(scene.role) if scene.role else scene.item(item).type or "The product"


def pair(one: Pair, roles: Mapping[str, str], scene: Scene, *, carries: bool) -> dict[str, Any]:
    """Two pieces, and the part that does most for them, or against them."""
    first, second = piece_name(one.a, roles, scene), piece_name(one.b, roles, scene)
    told = ""
    if one.contributions:
        part = (max if carries else min)(one.contributions, key=lambda name: one.contributions[name])
        told = f"{part_name(part)} {text.signed(one.contributions[part])}"
    return {
        "a": small(scene.item(one.a)), "b": small(scene.item(one.b)), "name": f"{first} and {second.lower()}",
        "text": told, "figure": text.signed(round(one.score, 2)),
    }  # fmt: skip


# -- swap and mend -------------------------------------------------------------------------------------------------


def swap(found: Swap, now: Item | None, scene: Scene) -> dict[str, Any]:
    """The drawer: what could stand in a role, with the look's score before and after."""
    role = name_of(found.role)
    title = f"Instead of the {text.title(now)}" if now else f"A piece for {role.lower()}"
    return {
        "role": found.role, "title": title,
        "text": f"The look has {text.signed(round(found.before, 2))} now. Beside each stands what it would have.",
        "none": f"Nothing else in the shop fits as {role.lower()} here.",
        "options": [option(piece.id, after, found.before, scene) for piece, after in found.options],
    }  # fmt: skip


def option(item: str, after: float | None, before: float | None, scene: Scene) -> dict[str, Any]:
    """A product that could stand in a place."""
    product = scene.item(item)
    title, house, price = text.title(product), text.house(product), text.money(product.price, product.currency)
    made = {**small(product), "brand": house, "title": title, "price": price, "after": "", "difference": "",
            "better": False}  # fmt: skip
    said = [one for one in (title, house, price) if one]
    if after is not None:
        made["after"] = text.signed(round(after, 2))
        said.append(f"the look would have {made['after']}")
        if before is not None:
            difference = round(round(after, 2) - round(before, 2), 2)
            made["difference"] = "the same" if difference == 0 else text.signed(difference)
            made["better"] = difference > 0
    made["say"] = ", ".join(said)
    return made


def mend(found: Mend, scene: Scene, *, keeps: bool) -> dict[str, Any]:
    """What is gone, and what could stand in its place. keeps: whether one click saves the mended look as well."""
    gone = found.gone
    product = scene.item(gone.id)
    name = text.title(product)
    what = "The product of this look" if gone.role == ANCHOR else name_of(gone.role)
    done = "One click puts it in its place and saves the look." if keeps else "One click puts it in its place."
    words = f"What could stand in its place, best first. {done}"
    if not found.options:
        words = "Nothing in the shop could stand in its place. Bring it back in stock, or swap other pieces first."
    return {
        "id": gone.id, "name": name, "title": f"{what}: {name} {WHY_GONE[gone.why]}", "text": words,
        "options": [{**option(item, after, None, scene), "does": "Mend with this"} for item, after in found.options],
    }  # fmt: skip


def by_height(pieces: Pieces) -> Pieces:
    return tuple(sorted(pieces, key=lambda one: ROLES.index(one[0])))

"""The catalogue of the boutique: style families, their colourways, and how each one is to be drawn."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.demo.houses import BY_NAME, HOUSES, NEW_HOUSE, House
from core.demo.kinds import KINDS, SIZES, Kind
from core.demo.palette import MATERIALS, METAL_WORDS, RGB, SHADES, STONES
from core.demo.words import PERSONAL_STYLE, description, title

Rng = np.random.Generator

PATTERN_WORDS = {
    "stripe": "striped", "breton": "breton stripe", "pinstripe": "pinstripe", "check": "checked", "gingham": "gingham",
    "windowpane": "windowpane", "houndstooth": "houndstooth", "herringbone": "herringbone", "dots": "polka dot", "floral": "floral",
    "leopard": "leopard", "zebra": "zebra", "argyle": "argyle", "paisley": "paisley", "geometric": "geometric", "abstract": "abstract",
    "monogram": "monogram",
}  # fmt: skip
TWO_COLOURED = {
    "stripe",
    "breton",
    "check",
    "gingham",
    "houndstooth",
    "dots",
    "zebra",
    "argyle",
    "geometric",
    "abstract",
    "floral",
    "paisley",
}
TIER_PRICE = {1: 0.48, 2: 1.0, 3: 1.75, 4: 3.3}
TIER_COST = {1: 0.47, 2: 0.39, 3: 0.33, 4: 0.27}
NEW_HOUSE_TYPES = ("Wool coats", "Day dresses", "Shoulder bags", "Bucket bags", "Loafers", "Wool scarves")

# Materials that come in some colours only.
SHADES_OF = {
    "denim": ("denim blue", "indigo", "black", "ecru", "sky", "charcoal", "white"),
    "straw": ("honey", "oat", "sand", "ivory", "black"),
    "raffia": ("honey", "oat", "sand", "tan", "black"),
    "camel hair": ("camel", "honey", "oat", "chocolate"),
    "cotton gabardine": ("sand", "stone", "khaki", "navy", "black", "olive", "bottle green", "brick"),
    "cotton poplin": ("white", "sky", "ivory", "navy", "blush", "ice blue", "butter", "black"),
}
GROUP_SHADES = {
    "tie": ("navy", "bordeaux", "bottle green", "black", "slate blue", "mustard", "plum", "charcoal"),
    "eyewear": ("black", "tortoiseshell", "honey", "chalk", "bottle green", "oxblood", "navy", "blush"),
}


@dataclass
class Draft:
    """One product while the boutique is being made. Days are counted from the anchor day; money is in cents."""

    id: str
    family_id: str
    kind: Kind
    house: House
    title: str
    audience: str
    shade: str
    colour: tuple[str, ...]
    material: tuple[str, ...]
    pattern: str | None
    occasion: tuple[str, ...]
    season: tuple[str, ...]
    collection: str
    description: str | None
    tags: tuple[str, ...]
    price: int
    cost: int
    stock: dict[str, int]
    release_day: int
    drawing: dict[str, Any]
    former_price: int | None = None
    embargo_day: int | None = None
    retired_day: int | None = None
    category: tuple[str, ...] = ()
    has_picture: bool = True
    extra: dict[str, str] = field(default_factory=dict)


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def draw_one(rng: Rng, choices: tuple[Any, ...] | list[Any], weights: Any = None) -> Any:
    """One of `choices`, by weight."""
    if weights is None:
        return choices[int(rng.integers(len(choices)))]
    share = np.array(weights, dtype=float)
    return choices[int(rng.choice(len(choices), p=share / share.sum()))]


def make(seed: int, share: float = 1.0) -> list[Draft]:
    """All products of the boutique, before its stories are planted. `share` < 1 makes a smaller one, for tests."""
    drafts: list[Draft] = []
    taken: set[str] = set()
    for place, kind in enumerate(KINDS):
        count = max(1, round(kind.families * share))
        houses = _houses_for(kind, count, np.random.default_rng([seed, 1, place]))
        if kind.type in NEW_HOUSE_TYPES:
            houses.append(BY_NAME[NEW_HOUSE])
        for number, house in enumerate(houses):
            rng = np.random.default_rng([seed, 2, place, number])
            drafts.extend(_family(rng, seed, kind, house, taken, (place, number)))
    return drafts


def _houses_for(kind: Kind, count: int, rng: Rng) -> list[House]:
    """Which house makes each style; the larger a house's interest, the more of them, and none twice in a row."""
    able = [house for house in HOUSES if house.groups.get(kind.group) and house.name != NEW_HOUSE]
    weights = [house.groups[kind.group] for house in able]
    chosen: list[House] = []
    for _ in range(count):
        fresh = [0.35 ** chosen.count(house) * weight for house, weight in zip(able, weights, strict=True)]
        chosen.append(draw_one(rng, able, fresh))
    return chosen


def _audience(rng: Rng, kind: Kind, house: House) -> str:
    roll = rng.random()
    men = kind.men * (0.35 + 1.5 * house.men) if kind.men < 1 else 1.0
    if house.men == 0.0:
        men = 0.0
    if roll < men:
        return "men"
    return "unisex" if roll < men + kind.unisex else "women"


def _sizes(kind: Kind, audience: str) -> tuple[str, ...]:
    key = kind.sizes
    if key == "clothes":
        key = "letters" if audience == "unisex" else audience
    elif key == "shoes":
        key = "shoes men" if audience == "men" else "shoes women"
    elif key == "jeans" and audience == "men":
        key = "jeans men"
    sizes = SIZES[key]
    if key == "belts" and audience == "men":
        return ("85", "90", "95", "100", "105")
    return sizes


def _shades(rng: Rng, kind: Kind, house: House, material: str, count: int, options: dict[str, Any]) -> list[str]:
    if (
        kind.group == "jewellery"
        or (kind.group == "watch" and options.get("strap") in ("metal", "mesh", "bangle"))
        or (kind.group == "eyewear" and options.get("wire"))
    ):
        metals = ["gold", "silver"] + (["rose gold"] if kind.group != "eyewear" else ["gunmetal"])
        if material in ("18-carat gold", "gold-plated brass"):
            metals = ["gold", "rose gold"]
        if material in ("sterling silver",):
            metals = ["silver"]
        if material in ("stainless steel", "titanium"):
            metals = ["silver", "gunmetal", "gold"]
        return [str(m) for m in rng.permutation(metals)[: min(count, len(metals))]]
    pool = list(SHADES_OF.get(material) or GROUP_SHADES.get(kind.group) or house.palette)
    if material in SHADES_OF or kind.group in GROUP_SHADES:
        weights = [1.6 if shade in house.palette else 0.8 for shade in pool]
    else:
        weights = [1.0 / (1 + 0.16 * rank) for rank in range(len(pool))]
        if rng.random() < 0.25:  # a colour of the season that is not the house's own
            stranger = str(draw_one(rng, sorted(SHADES)))
            if stranger not in pool:
                pool.append(stranger)
                weights.append(1.2)
    share = np.array(weights) / np.sum(weights)
    return [pool[i] for i in rng.choice(len(pool), size=min(count, len(pool)), replace=False, p=share)]


def _family(rng: Rng, seed: int, kind: Kind, house: House, taken: set[str], key: tuple[int, int]) -> list[Draft]:
    audience = _audience(rng, kind, house)
    options = {name: value for name, value in kind.cut(rng, audience).items() if value not in (None, False)}
    material = str(draw_one(rng, kind.materials[house.tier - 1]))
    noun = str(draw_one(rng, kind.nouns(options)))
    style = _name(rng, house, noun, taken)
    family = slug(f"{style} {noun}")
    printable = MATERIALS[material].surface in (
        "cotton",
        "poplin",
        "linen",
        "wool",
        "silk",
        "satin",
        "knit",
        "canvas",
        "velvet",
        "nylon",
        "grained",
        "tweed",
        "felt",
        "leather",
    ) and not options.get("rib")
    soft = kind.group in ("dress", "shirt", "skirt", "scarf", "knit", "coat", "jacket", "trousers", "tie", "hat")
    print_share = min(0.97, house.printed * kind.printed * (1.0 if soft else 0.8))
    pattern = None
    if kind.type == "Silk scarves":
        print_share = 1.0
    if printable and kind.printed and rng.random() < print_share:
        pattern = _pattern(rng, kind, house, MATERIALS[material].surface)
    metal = str(draw_one(rng, house.metals, [3.0, *[1.0] * (len(house.metals) - 1)] if len(house.metals) > 1 else None))
    colourways = int(rng.choice([1, 2, 3, 4], p=[0.26, 0.40, 0.26, 0.08]))
    if house.name == NEW_HOUSE:
        colourways = int(rng.integers(2, 4))
    shades = _shades(rng, kind, house, material, colourways, options)
    stone = str(draw_one(rng, sorted(STONES)))
    if options.get("style") in ("pearls", "pearl") or options.get("pendant") == "pearl":
        stone = str(draw_one(rng, ("freshwater pearl", "akoya pearl")))
    elif options.get("style") in ("beads", "bead"):
        stone = str(draw_one(rng, ("turquoise", "coral", "malachite", "lapis lazuli", "tiger's eye", "onyx")))
    collection = str(draw_one(rng, ("permanent", "current", "coming"), [0.42, 0.55, 0.03]))
    if house.name == NEW_HOUSE:
        collection = "current"
    release = {
        "permanent": -int(rng.integers(220, 1500)),
        "current": -int(rng.integers(4, 110)),
        "coming": int(rng.integers(4, 40)),
    }[collection]
    if house.name == NEW_HOUSE:
        release = -int(rng.integers(6, 18))
    price = _price(rng, kind, house, material)
    cost = int(price * np.clip(TIER_COST[house.tier] + rng.normal(0, 0.045), 0.18, 0.6))
    occasion = tuple(dict.fromkeys([str(draw_one(rng, kind.occasions)), str(draw_one(rng, kind.occasions))]))
    season = kind.seasons
    if MATERIALS[material].word in ("linen", "raffia", "straw"):
        season = ("spring", "summer")
    elif MATERIALS[material].word in ("velvet", "shearling", "wool tweed", "corduroy", "wool flannel"):
        season = ("autumn", "winter")
    tags = PERSONAL_STYLE[house.voice] if rng.random() < 0.6 else PERSONAL_STYLE[house.voice][:1]
    words_rng_key = [seed, 3, *key]
    out = []
    for number, shade in enumerate(shades):
        own = np.random.default_rng([seed, 4, *key, number])
        item = _unique(slug(f"{style} {noun} {shade}"), taken)
        drawing, plains = _drawing(
            np.random.default_rng([seed, 5, *key]),
            own,
            kind,
            house,
            material,
            shade,
            pattern,
            metal,
            options,
            stone,
            number,
        )
        materials = [material]
        if (
            kind.group == "jewellery"
            and options.get("style") not in ("hoop", "twist", "knot", "chain", "bold", "bangle", "leaf", "signet")
            and (options.get("pendant") in (None, "stone", "drop", "pearl"))
        ):
            materials.append(stone.removesuffix(" stone"))
        if kind.group == "watch" and options.get("strap") == "leather":
            materials.append("calfskin")
        said = MATERIALS[material].said
        text = description(np.random.default_rng(words_rng_key), own, group=kind.group, type_=kind.type, noun=noun, name=style, said=said,
                           occasion=occasion, voice=house.voice, shade=shade)  # fmt: skip
        known = house.pattern_known
        word = (
            PATTERN_WORDS[pattern]
            if pattern
            else ("quilted" if options.get("quilt") and kind.group in ("bag", "slg") else "plain")
        )
        out.append(
            Draft(
                id=item, family_id=family, kind=kind, house=house, title=title(style, noun, shade, np.random.default_rng(words_rng_key)),
                audience=audience, shade=shade, colour=plains, material=tuple(materials), pattern=word if known else None,
                occasion=occasion, season=season, collection=collection, description=text, tags=tags, price=price, cost=cost,
                stock=_stock(own, _sizes(kind, audience), house), release_day=release, drawing=drawing, category=kind.path,
                extra={"shade": shade, "hardware": metal} if kind.group in ("bag", "belt", "slg") and known else {"shade": shade},
            )
        )  # fmt: skip
    return out


def _name(rng: Rng, house: House, noun: str, taken: set[str]) -> str:
    for name in rng.permutation(np.array(house.names, dtype=object)):
        key = slug(f"{name} {noun}")
        if key not in taken:
            taken.add(key)
            return str(name)
    pair = rng.choice(np.array(house.names, dtype=object), 2, replace=False)
    name = f"{pair[0]} {('II', 'III', 'Petit', 'Grand')[int(rng.integers(4))]}"
    taken.add(slug(f"{name} {noun}"))
    return name


def _unique(wanted: str, taken: set[str]) -> str:
    item, number = wanted, 2
    while item in taken:
        item, number = f"{wanted}-{number}", number + 1
    taken.add(item)
    return item


def _pattern(rng: Rng, kind: Kind, house: House, surface: str) -> str | None:
    pool = house.prints or ("dots",)
    if kind.type == "Silk scarves":
        pool = ("paisley", "floral", "geometric", "abstract", "dots", "monogram")
    elif kind.group == "tie":
        pool = ("stripe", "dots", "paisley", "check", "herringbone", "geometric")
    elif kind.type == "Wool scarves":
        pool = tuple(
            p for p in (*house.prints, "check", "stripe", "houndstooth") if p not in ("floral", "breton", "monogram")
        )
    elif kind.group == "knit":
        pool = tuple(
            p for p in house.prints if p in ("breton", "stripe", "argyle", "leopard", "zebra", "check", "geometric")
        ) or ("breton",)
    elif kind.group in ("coat", "jacket", "trousers"):
        pool = tuple(
            p
            for p in house.prints
            if p in ("check", "windowpane", "houndstooth", "herringbone", "pinstripe", "leopard", "abstract")
        ) or ("windowpane", "houndstooth")
    elif kind.group in ("bag", "slg"):
        pool = tuple(p for p in house.prints if p not in ("pinstripe", "herringbone", "breton", "argyle")) or (
            "monogram",
        )
    elif kind.group == "shoe":
        pool = tuple(
            p
            for p in house.prints
            if p in ("leopard", "zebra", "stripe", "gingham", "floral", "dots", "houndstooth", "check")
        ) or ("leopard",)
    elif kind.group == "hat":
        pool = tuple(
            p for p in house.prints if p in ("check", "houndstooth", "herringbone", "stripe", "breton", "dots")
        ) or ("check",)
    return str(draw_one(rng, pool))


def _price(rng: Rng, kind: Kind, house: House, material: str) -> int:
    euros = kind.price * TIER_PRICE[house.tier] * MATERIALS[material].cost ** 0.8 * rng.uniform(0.84, 1.22)
    step = 5 if euros < 200 else 10 if euros < 1000 else 50
    return int(max(15, round(euros / step) * step)) * 100


def _stock(rng: Rng, sizes: tuple[str, ...], house: House) -> dict[str, int]:
    level = {1: 26, 2: 15, 3: 8, 4: 4}[house.tier]
    if len(sizes) == 1:
        return {sizes[0]: int(2 + rng.poisson(level * 1.4))}
    middle = (len(sizes) - 1) / 2
    return {
        size: int(1 + rng.poisson(level * np.exp(-(((n - middle) / 2.4) ** 2)) * 0.6)) for n, size in enumerate(sizes)
    }


# ---------------------------------------------------------------- what the drawing table is told

TORTOISE: RGB = (150, 92, 44)


def _rgb(shade: str) -> RGB:
    if shade == "tortoiseshell":
        return TORTOISE
    return SHADES[shade].rgb


def _plain(shade: str) -> str:
    if shade in METAL_WORDS:
        return METAL_WORDS[shade]
    return "brown" if shade == "tortoiseshell" else SHADES[shade].plain


def _lum(rgb: RGB) -> float:
    return (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) / 255


def _contrast(rng: Rng, house: House, shade: str, pattern: str) -> tuple[str, str]:
    """Two more colours for a print on a ground of `shade`."""
    ground = _lum(_rgb(shade))
    pool = [
        s
        for s in (*house.palette, "ivory", "white", "black", "navy")
        if abs(_lum(_rgb(s)) - ground) > 0.3 and s != shade
    ]
    second = str(draw_one(rng, pool)) if pool else ("ivory" if ground < 0.5 else "black")
    rest = [s for s in (*house.palette, "rose", "honey", "sage") if s not in (shade, second)]
    third = str(draw_one(rng, rest))
    if pattern == "leopard":
        return "espresso", ("tobacco" if ground > 0.45 else "honey")
    if pattern == "zebra":
        return ("black" if ground > 0.3 else "ivory"), third
    if pattern in ("pinstripe", "windowpane"):
        return ("ivory" if ground < 0.5 else "chocolate"), third
    if pattern == "herringbone":
        return ("stone" if ground < 0.35 else "taupe" if ground < 0.7 else "sand"), third
    if pattern == "houndstooth":
        return ("ivory" if ground < 0.45 else "espresso"), third
    return second, third


def _drawing(rng: Rng, own: Rng, kind: Kind, house: House, material: str, shade: str, pattern: str | None, metal: str,
             options: dict[str, Any], stone: str, number: int) -> tuple[dict[str, Any], tuple[str, ...]]:  # fmt: skip
    """Everything `drawing.studio.render` needs, as plain values, and the plain colours of the product."""
    surface = options.get("surface", MATERIALS[material].surface)
    if options.get("rib"):
        surface = "rib"
    if kind.type == "Puffer coats":
        surface = "quilted"
    plains = [_plain(shade)]
    second, third = "ivory", "honey"
    if pattern:
        second, third = _contrast(own, house, shade, pattern)
        if pattern in TWO_COLOURED:
            plains.append(_plain(second))
    else:
        ground = _lum(_rgb(shade)) if shade not in METAL_WORDS else 0.5
        pool = [s for s in house.palette if s != shade and abs(_lum(_rgb(s)) - ground) > 0.15] or ["ivory"]
        second, third = str(draw_one(own, pool)), str(draw_one(own, pool))
    if shade in METAL_WORDS:
        rgb = STONES[stone] if kind.group == "jewellery" else (150, 150, 150)
        metal = shade
    else:
        rgb = _rgb(shade)
    size = float(
        {
            "scarf": 1.0,
            "tie": 0.55,
            "shirt": 0.8,
            "bag": 0.9,
            "shoe": 0.5,
            "slg": 0.7,
            "hat": 0.7,
            "skirt": 1.0,
            "dress": 1.0,
        }.get(kind.group, 0.9)
    ) * float(rng.choice([0.75, 1.0, 1.0, 1.35]))
    drawing: dict[str, Any] = {
        "draw": kind.draw, "audience": "men" if options.get("_man") else "women", "rgb": rgb, "surface": surface, "print": pattern,
        "second": _rgb(second), "third": _rgb(third), "size": size, "options": dict(options), "hardware": metal, "paper": house.paper,
        "room": kind.room, "most": kind.most, "standing": kind.standing, "seed": int(own.integers(1 << 30)),
    }  # fmt: skip
    trim_roll, trim_kind = rng.random(), int(rng.integers(3))
    if kind.group == "jewellery":
        drawing["second"] = STONES[stone]
    if kind.group in ("bag", "slg") and (trim_roll < 0.3 or surface in ("straw", "canvas")):
        word = ("cognac", second, "espresso")[trim_kind]
        if shade != word:
            drawing["trim"] = {"rgb": _rgb(word), "surface": "leather"}
    if kind.type == "Sneakers":
        drawing["trim"] = {"rgb": _rgb(second), "surface": ("leather", "suede", "leather")[trim_kind]}
        if _plain(second) not in plains:
            plains.append(_plain(second))
    elif kind.group == "shoe" and options.get("cap") and trim_roll < 0.7:
        drawing["trim"] = {"rgb": _rgb(second), "surface": "leather"}
    elif kind.group == "shoe" and (options.get("trim_heel") or trim_roll < 0.12):
        drawing["trim"] = {"rgb": _rgb(("cognac", second, "black")[trim_kind]), "surface": "leather"}
    if kind.group in ("knit",) and not pattern and trim_roll < 0.2:
        drawing["trim"] = {"rgb": _rgb(second), "surface": "rib"}
    if kind.group == "jacket" and options.get("collar") in ("shawl", "peak") and trim_roll < 0.25:
        drawing["trim"] = {"rgb": tuple(int(v * 0.6) for v in rgb), "surface": "satin"}
    if options.get("white_collar"):
        drawing["collar"] = {"rgb": SHADES["white"].rgb, "surface": "poplin"}
    if options.get("stitched") and surface in ("denim", "canvas", "corduroy"):
        drawing["stitch"] = (
            (212, 158, 88) if surface == "denim" and _lum(rgb) < 0.6 else tuple(int(v * 0.6 + 90) for v in rgb)
        )
    if options.get("metal"):
        drawing["metal_buttons"] = True
    elif kind.group in ("coat", "jacket", "knit") and rng.random() < 0.3:
        drawing["button"] = ((70, 46, 32), (34, 30, 30), (222, 208, 184))[int(rng.integers(3))]
    elif kind.group in ("shirt", "dress"):
        drawing["button"] = (236, 230, 218) if _lum(rgb) < 0.75 else (214, 204, 190)
    drawing["lining"] = _rgb(str(draw_one(rng, ("tan", "stone", "taupe", "garnet", "honey", "sand", "chestnut"))))
    if kind.group == "eyewear":
        lens = ((60, 56, 54), (78, 62, 48), (62, 88, 74), (70, 84, 110), (134, 88, 70))[int(rng.integers(5))]
        drawing["second"] = lens
        if shade == "tortoiseshell":
            drawing.update(print="leopard", second=lens, third=(96, 50, 22), size=0.4, tortoise=True)
    if kind.group == "watch":
        drawing["third"] = ((28, 28, 32), (28, 44, 84), (26, 70, 54))[int(rng.integers(3))]
        drawing["surface"] = "leather" if options.get("case") != "diver" else "rubber"
        drawing["hardware"] = metal
        drawing["options"]["dial"] = tuple(options.get("dial", (244, 240, 230)))
    del number
    return drawing, tuple(dict.fromkeys(plains))


def with_men(drafts: list[Draft]) -> list[Draft]:
    """The cut of men's and unisex products is the wider one."""
    for draft in drafts:
        draft.drawing = {**draft.drawing, "audience": "men" if draft.audience in ("men", "unisex") else "women"}
    return drafts


__all__ = ["Draft", "make", "replace", "slug", "with_men"]

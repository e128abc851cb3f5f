"""The kinds of product: how each is cut, sized, priced and named."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Rng = np.random.Generator
Options = dict[str, Any]


def pick(rng: Rng, *choices: Any) -> Any:
    """One of `choices`, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def chance(rng: Rng, share: float) -> bool:
    return bool(rng.random() < share)


SIZES: dict[str, tuple[str, ...]] = {
    "women": ("34", "36", "38", "40", "42", "44"),
    "men": ("46", "48", "50", "52", "54"),
    "letters": ("XS", "S", "M", "L", "XL"),
    "shoes women": ("36", "37", "38", "39", "40", "41"),
    "shoes men": ("40", "41", "42", "43", "44", "45"),
    "jeans": ("26", "27", "28", "29", "30", "31", "32"),
    "jeans men": ("29", "30", "31", "32", "33", "34", "36"),
    "belts": ("75", "80", "85", "90", "95"),
    "hats": ("S", "M", "L"),
    "gloves": ("6.5", "7", "7.5", "8", "8.5"),
    "rings": ("48", "50", "52", "54", "56", "58"),
    "one": ("",),
}


@dataclass(frozen=True)
class Kind:
    """One type of product.

    path: the category from the root; its last word is the type.  group: what houses are asked for.  draw: module and
    function of the drawing.  families: styles of it.  price: euros in tier 2 at an ordinary material.  materials: by
    tier from 1 to 4.  men: share of styles for men; unisex: share for both.  printed: how often a print suits it.
    room, most, standing: how it is set on the paper.  cut: the choices of its silhouette.  nouns: what it is called.
    """

    path: tuple[str, str]
    group: str
    draw: str
    families: int
    price: int
    sizes: str
    materials: tuple[tuple[str, ...], ...]
    nouns: Callable[[Options], tuple[str, ...]]
    cut: Callable[[Rng, str], Options]
    occasions: tuple[str, ...]
    seasons: tuple[str, ...]
    men: float = 0.3
    unisex: float = 0.0
    printed: float = 1.0
    room: tuple[float, float] = (330, 452)
    most: float = 1.25
    standing: bool = False

    @property
    def type(self) -> str:
        return self.path[1]


def _named(*names: str) -> Callable[[Options], tuple[str, ...]]:
    return lambda options: names


def _by(option: str, table: dict[Any, tuple[str, ...]], *otherwise: str) -> Callable[[Options], tuple[str, ...]]:
    return lambda options: table.get(options.get(option), otherwise)


LEATHERS = (("vegan leather", "grained leather", "nylon", "canvas"), ("grained leather", "canvas", "suede", "vegan leather"),
            ("calfskin", "suede", "grained leather", "embossed leather", "nappa leather", "patent leather"),
            ("calfskin", "nappa leather", "embossed leather", "suede", "woven leather", "silk satin"))  # fmt: skip
SHOE_LEATHERS = (("vegan leather", "suede", "grained leather", "polyester satin"), ("grained leather", "suede", "nubuck", "calfskin"),
                 ("calfskin", "suede", "patent leather", "nappa leather", "embossed leather"), ("nappa leather", "calfskin", "suede", "silk satin", "patent leather", "velvet"))  # fmt: skip
KNITS = (
    ("acrylic", "cotton knit", "acrylic"),
    ("lambswool", "merino wool", "cotton knit", "acrylic"),
    ("merino wool", "mohair", "alpaca", "cashmere"),
    ("cashmere", "cashmere", "alpaca", "merino wool"),
)
COATINGS = (
    ("wool blend", "wool blend"),
    ("virgin wool", "wool tweed", "wool blend", "wool bouclé"),
    ("virgin wool", "wool bouclé", "cashmere blend"),
    ("camel hair", "cashmere blend", "virgin wool"),
)
FLUID = (
    ("viscose", "polyester satin", "organic cotton"),
    ("viscose", "cotton poplin", "linen"),
    ("silk crêpe", "silk twill", "viscose", "chiffon"),
    ("silk satin", "silk crêpe", "chiffon", "velvet", "lace"),
)
SHIRTINGS = (
    ("organic cotton", "cotton poplin", "viscose"),
    ("cotton poplin", "linen", "organic cotton"),
    ("cotton poplin", "silk twill", "linen"),
    ("silk crêpe", "silk satin", "cotton poplin"),
)
SUITINGS = (
    ("wool blend", "organic cotton", "viscose"),
    ("wool flannel", "tropical wool", "linen", "corduroy"),
    ("tropical wool", "wool flannel", "linen"),
    ("virgin wool", "tropical wool", "silk crêpe", "cashmere blend"),
)

AUTUMN = ("autumn", "winter")
ALL = ("spring", "summer", "autumn", "winter")
WARM = ("spring", "summer")
MILD = ("spring", "autumn")


# ---------------------------------------------------------------- cuts


def tote_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "trapeze", "straight", "wide", "basket"), "drop": pick(r, 92, 120, 140), "gap": pick(r, 48, 58, 70),
            "base": chance(r, 0.35), "clasp": pick(r, None, None, "turn", "ring", "knot"), "tassel": chance(r, 0.2), "quilt": chance(r, 0.14)}  # fmt: skip


def shoulder_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "saddle", "box", "long", "half", "tall"), "flap": pick(r, "round", "square", "point", "scallop"),
            "strap": pick(r, "leather", "leather", "chain"), "clasp": pick(r, "turn", "ring", "buckle", "bar", "lock", "knot", "leaf"),
            "drop": pick(r, 110, 140, 172), "quilt": chance(r, 0.22), "tassel": chance(r, 0.15), "piping": chance(r, 0.2)}  # fmt: skip


def crossbody_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "camera", "round", "moon"), "strap": pick(r, "leather", "chain", "webbing"), "quilt": chance(r, 0.25),
            "tassel": chance(r, 0.3), "clasp": pick(r, None, None, "ring", "bar", "leaf")}  # fmt: skip


def bucket_cut(r: Rng, a: str) -> Options:
    return {"strap": pick(r, "leather", "leather", "chain"), "drop": pick(r, 110, 150, 180)}


def hobo_cut(r: Rng, a: str) -> Options:
    return {"deep": pick(r, 90, 124, 150), "strap": pick(r, "leather", "leather", "chain"), "rings": chance(r, 0.6),
            "clasp": pick(r, None, None, "knot", "ring", "bar"), "tassel": chance(r, 0.25), "quilt": chance(r, 0.12)}  # fmt: skip


def handle_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "trapeze", "box", "dome", "doctor"), "strap": pick(r, "leather", "leather", "bamboo", "chain"),
            "clasp": pick(r, "turn", "lock", "bar", "ring", "leaf"), "quilt": chance(r, 0.12), "scarf_tie": chance(r, 0.18), "tassel": chance(r, 0.18)}  # fmt: skip


def clutch_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "envelope", "frame", "minaudiere", "fold"), "clasp": pick(r, "turn", "bar", "knot", "leaf"),
            "strap": pick(r, None, None, "wrist"), "quilt": chance(r, 0.15)}  # fmt: skip


def backpack_cut(r: Rng, a: str) -> Options:
    return {"style": pick(r, "flap", "zip")}


def pump_cut(r: Rng, a: str) -> Options:
    return {"style": "pump", "heel": pick(r, "stiletto", "kitten", "block", "flare", "curved", "cone"), "toe": pick(r, "pointed", "almond", "round", "square"),
            "throat": pick(r, "low", "high", "low", "dorsay"), "deco": pick(r, None, None, "bow", "buckle", "crystal"), "ankle": chance(r, 0.3),
            "cap": chance(r, 0.15), "trim_heel": chance(r, 0.2), "metal_heel": chance(r, 0.12), "sole": pick(r, "leather", "tan", "self")}  # fmt: skip


def loafer_cut(r: Rng, a: str) -> Options:
    return {
        "style": "loafer",
        "saddle": pick(r, "penny", "bit", "tassel", "fringe", "plate"),
        "sole": pick(r, "leather", "leather", "rubber", "crepe", "tan"),
    }


def sneaker_cut(r: Rng, a: str) -> Options:
    return {"style": "sneaker", "model": pick(r, "court", "runner", "slim"), "high": chance(r, 0.25), "sole": pick(r, "white", "white", "crepe", "rubber"),
            "mark": pick(r, "stripe", "line", "star", "none"), "lace": chance(r, 0.3)}  # fmt: skip


def ankle_cut(r: Rng, a: str) -> Options:
    heel = (
        pick(r, "low", "lug", "low")
        if a == "men"
        else pick(r, "low", "lug", "block", "stiletto", "flare", "kitten", "cone")
    )
    return {"style": "boot", "shaft": pick(r, "ankle", "lace", "ankle"), "heel": heel, "toe": pick(r, "round", "almond", "pointed", "square") if a != "men" else pick(r, "round", "almond"),
            "detail": pick(r, "zip", "buckle", "strap", "chain", "plain"), "sole": pick(r, "leather", "rubber", "crepe"), "welt": chance(r, 0.4),
            "furry": chance(r, 0.2) and heel in ("low", "lug"), "cap": chance(r, 0.2), "lace": chance(r, 0.3)}  # fmt: skip


def chelsea_cut(r: Rng, a: str) -> Options:
    return {
        "style": "boot",
        "shaft": "chelsea",
        "heel": pick(r, "low", "lug"),
        "toe": pick(r, "round", "almond"),
        "sole": pick(r, "leather", "rubber", "crepe"),
        "welt": chance(r, 0.4),
    }


def knee_cut(r: Rng, a: str) -> Options:
    return {"style": "boot", "shaft": pick(r, "knee", "mid", "knee"), "heel": pick(r, "low", "block", "stiletto", "flare", "cone", "curved"), "toe": pick(r, "pointed", "almond", "square", "round"),
            "detail": pick(r, "zip", "plain", "buckle", "strap"), "slouch": chance(r, 0.35), "sole": pick(r, "leather", "self")}  # fmt: skip


def sandal_cut(r: Rng, a: str) -> Options:
    heel = "flat" if a != "women" else pick(r, "flat", "flat", "platform", "block", "stiletto", "kitten", "curved")
    return {"style": "sandal", "heel": heel, "straps": pick(r, "cross", "two", "thong", "slide", "fisherman"), "deco": pick(r, None, None, "buckle", "ring", "bow", "crystal") if a == "women" else None,
            "sole": pick(r, "tan", "leather", "cork"), "ankle": chance(r, 0.7)}  # fmt: skip


def ballet_cut(r: Rng, a: str) -> Options:
    return {
        "style": "ballet",
        "toe": pick(r, "round", "pointed", "square", "almond"),
        "deco": pick(r, "bow", "bow", "buckle", "none"),
        "cap": chance(r, 0.4),
        "ankle": chance(r, 0.3),
        "sole": pick(r, "tan", "leather"),
    }


def derby_cut(r: Rng, a: str) -> Options:
    return {
        "style": "derby",
        "toe_style": pick(r, "plain", "cap", "brogue", "wing"),
        "sole": pick(r, "leather", "rubber", "crepe", "white"),
        "lace": chance(r, 0.2),
    }


def mule_cut(r: Rng, a: str) -> Options:
    return {
        "style": "mule",
        "heel": pick(r, "flat", "flat", "kitten", "block"),
        "deco": pick(r, "bit", "buckle", "bow", "woven", "none"),
        "sole": pick(r, "tan", "leather"),
    }


def espadrille_cut(r: Rng, a: str) -> Options:
    return {"style": "espadrille", "wedge": a == "women" and chance(r, 0.6)}


def coat_cut(r: Rng, a: str) -> Options:
    closure = (
        pick(r, "single", "double", "wrap", "single") if a != "men" else pick(r, "single", "double", "toggle", "single")
    )
    collar = pick(r, "notch", "peak", "shawl", "stand") if a != "men" else pick(r, "notch", "peak", "stand")
    if closure == "toggle":
        collar = "hood"
    if closure == "wrap":
        collar = pick(r, "shawl", "notch")
    return {"closure": closure, "collar": collar, "length": pick(r, "knee", "midi", "thigh") if a != "men" else pick(r, "thigh", "knee"),
            "shape": pick(r, "straight", "fitted", "flared", "cocoon") if a != "men" else "straight", "belt": "tie" if closure == "wrap" else (pick(r, None, None, "buckle") if a != "men" else None),
            "pockets": pick(r, "flap", "patch", "welt"), "fit": pick(r, "regular", "easy", "oversized"), "lapel_width": pick(r, 0.85, 1.0, 1.25), "buttons": pick(r, 2, 3, 4), "metal": chance(r, 0.25)}  # fmt: skip


def trench_cut(r: Rng, a: str) -> Options:
    return {"closure": pick(r, "double", "double", "single"), "collar": pick(r, "notch", "peak"), "length": pick(r, "knee", "midi", "thigh"), "shape": pick(r, "straight", "flared") if a != "men" else "straight",
            "belt": pick(r, "buckle", "tie"), "storm": True, "pockets": "welt", "fit": pick(r, "regular", "easy"), "buttons": 4}  # fmt: skip


def puffer_cut(r: Rng, a: str) -> Options:
    return {"closure": "zip", "collar": pick(r, "hood", "funnel", "stand"), "length": pick(r, "hip", "thigh", "knee", "crop"), "shape": "straight", "pockets": pick(r, "none", "zip"), "fit": pick(r, "regular", "easy"),
            "quilt": pick(r, "channel", "channel", "diamond"), "sleeve_quilt": True}  # fmt: skip


def blazer_cut(r: Rng, a: str) -> Options:
    closure = pick(r, "single", "double", "single")
    return {"closure": closure, "collar": pick(r, "notch", "peak", "shawl") if a != "men" else pick(r, "notch", "peak"), "length": pick(r, "hip", "hip", "thigh"), "shape": pick(r, "fitted", "straight") if a != "men" else "fitted",
            "fit": pick(r, "slim", "regular", "easy"), "pockets": pick(r, "flap", "patch", "welt"), "buttons": pick(r, 1, 2, 3) if closure == "single" else 2, "cuff_buttons": True, "panels": True,
            "deep": pick(r, 10, 24, 40), "metal": chance(r, 0.3), "lapel_width": pick(r, 0.8, 1.0, 1.2)}  # fmt: skip


def leather_jacket_cut(r: Rng, a: str) -> Options:
    closure = pick(r, "biker", "zip", "single", "biker")
    return {"closure": closure, "collar": {"biker": "notch", "zip": pick(r, "stand", "shirt"), "single": "shirt"}[closure], "length": pick(r, "crop", "hip"), "pockets": pick(r, "zip", "welt", "chest") if closure != "biker" else "zip",
            "fit": pick(r, "slim", "regular", "easy"), "band": pick(r, None, None, "rib") if closure == "zip" else None, "buttons": 5, "metal": True, "chest_zip": chance(r, 0.4), "panels": True}  # fmt: skip


def casual_jacket_cut(r: Rng, a: str) -> Options:
    return {
        "closure": "single",
        "collar": "shirt",
        "length": pick(r, "crop", "crop", "hip"),
        "pockets": "chest",
        "yoke": True,
        "fit": pick(r, "regular", "easy", "oversized"),
        "buttons": 5,
        "metal": True,
        "stitched": True,
    }


def bomber_cut(r: Rng, a: str) -> Options:
    return {
        "closure": "zip",
        "collar": pick(r, "stand", "stand", "shirt"),
        "length": "crop",
        "pockets": pick(r, "welt", "zip"),
        "fit": pick(r, "regular", "easy"),
        "band": "rib",
        "cuff": "rib",
    }


def day_dress_cut(r: Rng, a: str) -> Options:
    return {"neck": pick(r, "crew", "v", "square", "scoop", "boat", "wrap"), "shape": pick(r, "a-line", "full", "sheath", "shift", "tiered"), "length": pick(r, "mini", "knee", "midi", "midi", "maxi"),
            "sleeve": pick(r, "none", "short", "long", "three-quarter", "puff", "bishop", "bell"), "waist": pick(r, "natural", "natural", "empire", "drop"), "belt": pick(r, None, None, None, "tie", "buckle"), "pleats": chance(r, 0.12)}  # fmt: skip


def slip_cut(r: Rng, a: str) -> Options:
    return {
        "neck": pick(r, "slip", "sweetheart", "cowl", "halter"),
        "shape": pick(r, "slip", "slip", "column", "a-line"),
        "length": pick(r, "mini", "midi", "midi", "maxi"),
        "sleeve": "none",
        "waist": "none",
        "slit": chance(r, 0.4),
    }


def evening_cut(r: Rng, a: str) -> Options:
    neck = pick(r, "strapless", "sweetheart", "v", "halter", "boat", "square")
    return {"neck": neck, "shape": pick(r, "mermaid", "full", "column", "a-line"), "length": pick(r, "maxi", "maxi", "midi"), "sleeve": "none" if neck in ("strapless", "sweetheart", "halter") else pick(r, "none", "long", "cap"),
            "slit": chance(r, 0.3), "sequins": chance(r, 0.15), "pleats": chance(r, 0.12)}  # fmt: skip


def shirt_dress_cut(r: Rng, a: str) -> Options:
    return {
        "neck": "shirt",
        "shape": pick(r, "a-line", "shift", "full"),
        "length": pick(r, "knee", "midi", "midi"),
        "sleeve": pick(r, "long", "short", "three-quarter", "bishop"),
        "belt": pick(r, None, "tie", "buckle"),
        "cuff": pick(r, "button", "plain"),
    }


def knit_dress_cut(r: Rng, a: str) -> Options:
    return {
        "neck": pick(r, "crew", "v", "boat", "scoop"),
        "shape": pick(r, "sheath", "column", "a-line"),
        "length": pick(r, "knee", "midi"),
        "sleeve": pick(r, "long", "three-quarter", "short"),
        "rib": chance(r, 0.6),
        "cuff": "rib",
    }


def jumper_cut(r: Rng, a: str) -> Options:
    surface = pick(r, "knit", "knit", "rib", "waffle", "cable")
    return {"neck": pick(r, "crew", "v", "boat", "funnel") if a != "men" else pick(r, "crew", "v", "polo"), "fit": pick(r, "slim", "regular", "easy", "oversized"), "length": pick(r, "crop", "regular", "regular") if a != "men" else "regular",
            "surface": surface, "cables": pick(r, 1, 2, 3, 5) if surface == "cable" else None, "yoke_band": surface == "knit" and chance(r, 0.2), "sleeve": pick(r, "long", "long", "bishop", "short") if a == "women" else "long"}  # fmt: skip


def roll_cut(r: Rng, a: str) -> Options:
    surface = pick(r, "knit", "rib", "rib", "cable")
    return {
        "neck": "roll",
        "fit": pick(r, "slim", "regular", "easy"),
        "length": pick(r, "regular", "regular", "long"),
        "surface": surface,
        "cables": pick(r, 2, 3) if surface == "cable" else None,
    }


def cardigan_cut(r: Rng, a: str) -> Options:
    return {"neck": pick(r, "cardigan", "crew", "v"), "open": True, "depth": pick(r, 30, 70, 120), "fit": pick(r, "slim", "regular", "easy", "oversized"), "length": pick(r, "crop", "regular", "long", "maxi") if a != "men" else "regular",
            "surface": pick(r, "knit", "rib", "waffle"), "buttons": pick(r, 3, 5, 7), "metal": chance(r, 0.35)}  # fmt: skip


def vest_cut(r: Rng, a: str) -> Options:
    surface = pick(r, "knit", "cable", "rib")
    return {
        "neck": pick(r, "v", "v", "crew"),
        "sleeve": "none",
        "fit": pick(r, "slim", "regular"),
        "length": "regular",
        "surface": surface,
        "cables": 3 if surface == "cable" else None,
    }


def shirt_cut(r: Rng, a: str) -> Options:
    return {"neck": pick(r, "collar", "collar", "stand", "camp"), "sleeve": pick(r, "long", "long", "short"), "cuff": "button", "fit": pick(r, "slim", "regular", "easy", "oversized"), "pocket": chance(r, 0.4),
            "collar_size": pick(r, 0.9, 1.0, 1.2), "white_collar": chance(r, 0.12)}  # fmt: skip


def blouse_cut(r: Rng, a: str) -> Options:
    return {
        "neck": pick(r, "bow", "stand", "wrap", "v", "square", "cowl"),
        "sleeve": pick(r, "bishop", "bell", "puff", "long", "three-quarter"),
        "fit": pick(r, "slim", "regular", "easy"),
        "ruffle": chance(r, 0.2),
        "length": pick(r, "regular", "crop"),
    }


def tee_cut(r: Rng, a: str) -> Options:
    return {
        "neck": pick(r, "crew", "v", "scoop", "boat") if a != "men" else pick(r, "crew", "v"),
        "sleeve": pick(r, "short", "short", "long", "cap") if a == "women" else pick(r, "short", "long"),
        "fit": pick(r, "slim", "regular", "easy", "oversized"),
        "tee": True,
        "pocket": chance(r, 0.25),
    }


def polo_cut(r: Rng, a: str) -> Options:
    return {
        "neck": "polo",
        "sleeve": pick(r, "short", "long"),
        "fit": pick(r, "slim", "regular", "easy"),
        "length": "regular",
        "surface": "knit",
    }


def tailored_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "straight", "slim", "wide", "tapered", "cropped", "flared") if a != "men" else pick(r, "straight", "slim", "tapered"), "crease": chance(r, 0.75), "pleats": chance(r, 0.4), "turnup": chance(r, 0.25), "side_stripe": chance(r, 0.08),
            "belt": pick(r, None, None, None, "tie") if a != "men" else None}  # fmt: skip


def jeans_cut(r: Rng, a: str) -> Options:
    return {
        "shape": pick(r, "skinny", "straight", "wide", "flared", "barrel", "cropped")
        if a != "men"
        else pick(r, "slim", "straight", "tapered"),
        "crease": False,
        "turnup": chance(r, 0.3),
        "stitched": True,
        "metal": True,
    }


def wide_cut(r: Rng, a: str) -> Options:
    return {
        "shape": pick(r, "wide", "barrel", "wide"),
        "crease": chance(r, 0.3),
        "pleats": chance(r, 0.5),
        "drawstring": chance(r, 0.3),
        "belt": pick(r, None, None, "tie"),
    }


def shorts_cut(r: Rng, a: str) -> Options:
    return {
        "shape": "shorts",
        "crease": chance(r, 0.5),
        "pleats": chance(r, 0.5),
        "turnup": chance(r, 0.5),
        "drawstring": chance(r, 0.3),
    }


def chino_cut(r: Rng, a: str) -> Options:
    return {
        "shape": pick(r, "tapered", "straight", "slim", "jogger"),
        "crease": False,
        "cargo": chance(r, 0.3),
        "turnup": chance(r, 0.4),
    }


def skirt_cut(r: Rng, a: str) -> Options:
    return {
        "shape": pick(r, "a-line", "pencil", "full", "tulip", "wrap", "tiered", "slip", "pleated"),
        "length": pick(r, "mini", "knee", "midi", "midi", "maxi"),
        "slit": chance(r, 0.2),
        "front_buttons": chance(r, 0.2),
        "pockets": chance(r, 0.15),
        "belt": pick(r, None, None, None, "belt"),
        "metal": chance(r, 0.4),
    }


def pleated_cut(r: Rng, a: str) -> Options:
    return {"shape": "pleated", "length": pick(r, "mini", "knee", "midi", "midi"), "count": pick(r, 9, 13, 19)}


def scarf_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "knot", "stole", "knot", "stole")}


def square_cut(r: Rng, a: str) -> Options:
    return {"shape": pick(r, "square", "square", "twilly")}


def brim_cut(r: Rng, a: str) -> Options:
    return {
        "style": pick(r, "fedora", "cloche") if a == "women" else "fedora",
        "bow": chance(r, 0.7),
        "feather": chance(r, 0.35),
        "pin": chance(r, 0.3),
        "dip": pick(r, 2, 10, 20),
    }


def sun_cut(r: Rng, a: str) -> Options:
    return {
        "style": pick(r, "wide", "panama", "wide"),
        "dip": pick(r, 0, 8, 16),
        "bow": chance(r, 0.5),
        "feather": False,
    }


def beanie_cut(r: Rng, a: str) -> Options:
    return {
        "style": "beanie",
        "pompom": pick(r, None, None, "one", "two"),
        "patch": chance(r, 0.4),
        "surface": pick(r, "rib", "knit", "waffle"),
    }


def soft_hat_cut(r: Rng, a: str) -> Options:
    return {"style": pick(r, "beret", "newsboy", "beret"), "band": chance(r, 0.5), "pin": chance(r, 0.4)}


def cap_cut(r: Rng, a: str) -> Options:
    return {"style": pick(r, "cap", "bucket"), "patch": chance(r, 0.6), "band": chance(r, 0.4)}


def belt_cut(r: Rng, a: str) -> Options:
    return {
        "width": pick(r, "slim", "classic", "wide") if a == "women" else pick(r, "classic", "classic", "slim"),
        "buckle": pick(r, "frame", "round", "plaque", "interlock", "horseshoe", "covered"),
    }


def sun_glasses_cut(r: Rng, a: str) -> Options:
    wire = chance(r, 0.3)
    return {
        "style": pick(r, "round", "square", "cat", "aviator", "oval", "oversized", "hex", "shield")
        if a == "women"
        else pick(r, "round", "square", "aviator", "hex"),
        "wire": wire,
        "gradient": chance(r, 0.5),
        "thick": pick(r, 8.0, 11.0, 14.0),
        "chain": chance(r, 0.12),
    }


def optical_cut(r: Rng, a: str) -> Options:
    return {
        "style": pick(r, "round", "square", "oval", "cat"),
        "optical": True,
        "wire": chance(r, 0.4),
        "thick": pick(r, 6.0, 9.0),
    }


def watch_cut(r: Rng, a: str) -> Options:
    return {"case": pick(r, "round", "round", "cushion", "rect", "diver") if a != "women" else pick(r, "round", "small", "oval", "rect", "cushion"), "strap": pick(r, "leather", "leather", "metal", "mesh") if a != "women" else pick(r, "leather", "leather", "metal", "mesh", "bangle"),
            "dial": pick(r, (244, 240, 230), (236, 230, 216), (30, 40, 70), (28, 28, 32), (26, 72, 56), (198, 206, 212), (214, 190, 150), (112, 30, 44), (226, 204, 200)), "index": pick(r, "bar", "dot", "roman", "four"), "chrono": chance(r, 0.22), "date": chance(r, 0.4),
            "moon": chance(r, 0.14), "gems": a == "women" and chance(r, 0.25), "applied": chance(r, 0.5), "no_seconds": chance(r, 0.4)}  # fmt: skip


def necklace_cut(r: Rng, a: str) -> Options:
    style = pick(r, "fine", "chain", "bold", "pearls", "beads", "fine") if a != "men" else pick(r, "chain", "fine")
    return {"piece": "necklace", "style": style, "drop": pick(r, 120, 160, 200), "pendant": pick(r, "drop", "disc", "bar", "heart", "stone", "pearl", "leaf") if style in ("fine", "chain") else None, "rows": pick(r, 1, 1, 2, 3),
            "graduated": chance(r, 0.5), "size": pick(r, 7.0, 9.0, 12.0), "double": style == "fine" and chance(r, 0.3)}  # fmt: skip


def earring_cut(r: Rng, a: str) -> Options:
    return {
        "piece": "earrings",
        "style": pick(r, "hoop", "drop", "pearl", "chandelier", "knot", "bead", "leaf", "twist", "stud"),
        "size": pick(r, 32.0, 46.0, 60.0),
        "thick": pick(r, 5.0, 9.0, 15.0),
    }


def ring_cut(r: Rng, a: str) -> Options:
    return {
        "piece": "ring",
        "style": pick(r, "solitaire", "trilogy", "band", "pearl", "dome", "signet") if a != "men" else "signet",
    }


def bracelet_cut(r: Rng, a: str) -> Options:
    return {
        "piece": "bracelet",
        "style": pick(r, "bangle", "cuff", "chain", "beads", "tennis"),
        "count": pick(r, 1, 3),
        "thick": pick(r, 8.0, 14.0, 20.0),
        "stones": chance(r, 0.4),
        "size": pick(r, 11.0, 14.0, 18.0),
        "charm": chance(r, 0.4),
        "accent": chance(r, 0.5),
    }


def brooch_cut(r: Rng, a: str) -> Options:
    return {"piece": "brooch", "style": pick(r, "flower", "sun")}


def gloves_cut(r: Rng, a: str) -> Options:
    return {"cuff": pick(r, "plain", "rib", "fur", "strap", "button"), "long": pick(r, 0, 0, 50) if a == "women" else 0}


def slg_cut(r: Rng, a: str) -> Options:
    return {
        "shape": pick(r, "long", "bifold", "card", "coin"),
        "clasp": pick(r, "turn", "bar", "ring"),
        "quilt": chance(r, 0.2),
        "emblem": chance(r, 0.4),
    }


def tie_cut(r: Rng, a: str) -> Options:
    return {"style": pick(r, "blade", "blade", "knit", "bow", "clip")}


STANDS: Options = {"room": (350, 420), "most": 1.3, "standing": True}
SHOE: Options = {"room": (396, 350), "most": 1.3, "standing": True}
HELD: Options = {"room": (350, 360), "most": 1.5}

KINDS: tuple[Kind, ...] = (
    Kind(("Bags", "Tote bags"), "bag", "bags.tote", 10, 320, "one", LEATHERS, _by("shape", {"basket": ("basket", "basket bag")}, "tote", "tote bag", "shopper"), tote_cut, ("work", "weekend", "travel"), ALL, 0.1, 0.2, 1.0, **STANDS),
    Kind(("Bags", "Shoulder bags"), "bag", "bags.flap_bag", 16, 390, "one", LEATHERS, _named("shoulder bag", "shoulder bag", "flap bag"), shoulder_cut, ("work", "day", "evening"), ALL, 0.0, 0.0, 0.8, **STANDS),
    Kind(("Bags", "Crossbody bags"), "bag", "bags.crossbody", 10, 260, "one", LEATHERS, _by("shape", {"moon": ("crossbody bag", "sling bag")}, "crossbody bag", "camera bag"), crossbody_cut, ("day", "travel", "weekend"), ALL, 0.1, 0.2, 0.9, **STANDS),
    Kind(("Bags", "Bucket bags"), "bag", "bags.bucket", 6, 340, "one", LEATHERS, _named("bucket bag", "drawstring bag"), bucket_cut, ("day", "weekend"), ALL, 0.0, 0.0, 0.9, **STANDS),
    Kind(("Bags", "Hobo bags"), "bag", "bags.hobo", 6, 360, "one", LEATHERS, _named("hobo bag", "slouchy shoulder bag"), hobo_cut, ("day", "weekend"), ALL, 0.0, 0.0, 0.8, **STANDS),
    Kind(("Bags", "Top-handle bags"), "bag", "bags.top_handle", 10, 460, "one", LEATHERS, _by("shape", {"doctor": ("doctor bag", "top-handle bag"), "dome": ("bowling bag", "top-handle bag")}, "top-handle bag", "handbag"), handle_cut, ("work", "day", "ceremony"), ALL, 0.0, 0.0, 0.8, **STANDS),
    Kind(("Bags", "Clutches"), "bag", "bags.clutch", 8, 220, "one", (("polyester satin", "vegan leather"), ("velvet", "satin", "suede"), ("satin", "patent leather", "calfskin", "embossed leather"), ("silk satin", "velvet", "nappa leather", "satin")), _named("clutch", "evening bag", "pouch"), clutch_cut, ("evening", "ceremony"), ALL, 0.0, 0.0, 1.0, room=(370, 330), most=1.35, standing=True),
    Kind(("Bags", "Backpacks"), "bag", "bags.backpack", 6, 280, "one", (("nylon", "canvas"), ("canvas", "nylon", "grained leather"), ("grained leather", "suede", "canvas"), ("calfskin", "nappa leather")), _named("backpack", "rucksack"), backpack_cut, ("travel", "weekend", "work"), ALL, 0.3, 0.5, 0.8, **STANDS),
    Kind(("Shoes", "Pumps"), "shoe", "shoes.shoe", 10, 260, "shoes women", SHOE_LEATHERS, _named("pump", "court shoe", "heel"), pump_cut, ("evening", "work", "ceremony"), ALL, 0.0, 0.0, 0.8, **SHOE),
    Kind(("Shoes", "Loafers"), "shoe", "shoes.shoe", 12, 230, "shoes", SHOE_LEATHERS, _named("loafer", "loafer", "moccasin"), loafer_cut, ("work", "day"), MILD, 0.5, 0.0, 0.5, **SHOE),
    Kind(("Shoes", "Sneakers"), "shoe", "shoes.shoe", 11, 160, "shoes", (("vegan leather", "canvas", "nylon"), ("canvas", "grained leather", "suede"), ("calfskin", "suede", "nubuck"), ("calfskin", "nappa leather")), _named("sneaker", "trainer"), sneaker_cut, ("sport", "weekend", "day"), ALL, 0.45, 0.0, 0.4, **SHOE),
    Kind(("Shoes", "Ankle boots"), "shoe", "shoes.shoe", 9, 290, "shoes", (*SHOE_LEATHERS[:3], ("calfskin", "nappa leather", "suede")), _named("ankle boot", "bootie"), ankle_cut, ("day", "work", "weekend"), AUTUMN, 0.35, 0.0, 0.4, **SHOE),
    Kind(("Shoes", "Chelsea boots"), "shoe", "shoes.shoe", 5, 280, "shoes", (("vegan leather", "suede"), ("grained leather", "nubuck", "suede"), ("calfskin", "suede"), ("calfskin", "suede")), _named("Chelsea boot"), chelsea_cut, ("day", "weekend", "work"), AUTUMN, 0.6, 0.0, 0.0, **SHOE),
    Kind(("Shoes", "Knee boots"), "shoe", "shoes.shoe", 6, 420, "shoes women", (("vegan leather", "suede"), ("suede", "grained leather"), ("calfskin", "suede", "embossed leather"), ("nappa leather", "calfskin", "suede")), _named("knee boot", "tall boot"), knee_cut, ("day", "work", "evening"), AUTUMN, 0.0, 0.0, 0.5, **SHOE),
    Kind(("Shoes", "Sandals"), "shoe", "shoes.shoe", 12, 200, "shoes", SHOE_LEATHERS, _named("sandal"), sandal_cut, ("holiday", "day", "evening"), WARM, 0.2, 0.0, 0.6, **SHOE),
    Kind(("Shoes", "Ballet flats"), "shoe", "shoes.shoe", 7, 210, "shoes women", SHOE_LEATHERS, _named("ballet flat", "ballerina"), ballet_cut, ("day", "work"), MILD, 0.0, 0.0, 0.8, **SHOE),
    Kind(("Shoes", "Derbies and brogues"), "shoe", "shoes.shoe", 7, 270, "shoes", (("vegan leather", "suede"), ("grained leather", "suede", "calfskin"), ("calfskin", "suede"), ("calfskin",)), _by("toe_style", {"wing": ("brogue", "wingtip"), "brogue": ("brogue",)}, "derby", "lace-up"), derby_cut, ("work", "ceremony"), MILD, 0.75, 0.0, 0.0, **SHOE),
    Kind(("Shoes", "Mules"), "shoe", "shoes.shoe", 5, 220, "shoes women", SHOE_LEATHERS, _named("mule", "slipper"), mule_cut, ("day", "holiday"), WARM, 0.0, 0.0, 0.8, **SHOE),
    Kind(("Shoes", "Espadrilles"), "shoe", "shoes.shoe", 4, 120, "shoes", (("canvas", "linen"), ("canvas", "suede"), ("canvas", "suede"), ("suede", "canvas")), _named("espadrille"), espadrille_cut, ("holiday", "weekend"), WARM, 0.25, 0.0, 1.0, **SHOE),
    Kind(("Coats", "Wool coats"), "coat", "garments.coat", 11, 560, "clothes", COATINGS, _by("closure", {"wrap": ("wrap coat", "belted coat"), "toggle": ("duffle coat",), "double": ("double-breasted coat", "overcoat")}, "coat", "overcoat"), coat_cut, ("work", "day"), AUTUMN, 0.4, 0.0, 1.0),
    Kind(("Coats", "Trench coats"), "coat", "garments.coat", 6, 480, "clothes", (("organic cotton", "nylon"), ("cotton gabardine",), ("cotton gabardine", "suede"), ("cotton gabardine", "nappa leather")), _named("trench coat", "trench", "raincoat"), trench_cut, ("work", "day", "travel"), MILD, 0.4, 0.0, 0.3),
    Kind(("Coats", "Puffer coats"), "coat", "garments.coat", 5, 390, "letters", (("quilted nylon",), ("quilted nylon",), ("quilted nylon",), ("quilted nylon",)), _named("puffer", "down coat", "quilted coat"), puffer_cut, ("weekend", "travel", "sport"), AUTUMN, 0.4, 0.3, 0.1),
    Kind(("Jackets", "Blazers"), "jacket", "garments.coat", 9, 380, "clothes", (*SUITINGS[:2], ("tropical wool", "wool flannel", "linen", "velvet"), ("virgin wool", "velvet", "cashmere blend", "wool tweed")), _named("blazer", "tailored jacket"), blazer_cut, ("work", "ceremony", "evening"), MILD, 0.4, 0.0, 1.0),
    Kind(("Jackets", "Leather jackets"), "jacket", "garments.coat", 6, 620, "clothes", (("vegan leather",), ("suede", "grained leather"), ("nappa leather", "suede"), ("nappa leather", "suede")), _by("closure", {"biker": ("biker jacket",)}, "leather jacket", "jacket"), leather_jacket_cut, ("weekend", "evening", "day"), MILD, 0.4, 0.0, 0.0),
    Kind(("Jackets", "Casual jackets"), "jacket", "garments.coat", 5, 210, "letters", (("denim", "corduroy"), ("denim", "corduroy", "canvas"), ("denim", "suede"), ("suede", "denim")), _named("trucker jacket", "overshirt", "jacket"), casual_jacket_cut, ("weekend", "day"), MILD, 0.45, 0.2, 0.2),
    Kind(("Jackets", "Bombers"), "jacket", "garments.coat", 4, 280, "letters", (("nylon", "polyester satin"), ("nylon", "suede"), ("satin", "suede"), ("silk satin", "suede")), _named("bomber jacket", "bomber"), bomber_cut, ("weekend", "sport", "travel"), MILD, 0.4, 0.2, 0.6),
    Kind(("Dresses", "Day dresses"), "dress", "garments.dress", 13, 260, "women", FLUID, _by("neck", {"wrap": ("wrap dress",)}, "dress", "day dress"), day_dress_cut, ("day", "work", "holiday"), WARM, 0.0, 0.0, 1.4),
    Kind(("Dresses", "Slip dresses"), "dress", "garments.dress", 5, 280, "women", (("polyester satin", "viscose"), ("viscose", "satin"), ("silk crêpe", "satin"), ("silk satin", "silk crêpe")), _named("slip dress", "bias dress"), slip_cut, ("evening", "holiday"), WARM, 0.0, 0.0, 0.8),
    Kind(("Dresses", "Evening dresses"), "dress", "garments.dress", 7, 620, "women", (("polyester satin", "viscose"), ("satin", "velvet"), ("silk crêpe", "velvet", "satin"), ("silk satin", "velvet", "lace", "chiffon")), _named("evening dress", "gown", "evening gown"), evening_cut, ("evening", "ceremony"), ALL, 0.0, 0.0, 0.6),
    Kind(("Dresses", "Shirt dresses"), "dress", "garments.dress", 5, 240, "women", SHIRTINGS, _named("shirt dress", "shirtwaister"), shirt_dress_cut, ("work", "day", "holiday"), WARM, 0.0, 0.0, 1.2),
    Kind(("Dresses", "Knitted dresses"), "dress", "garments.dress", 4, 250, "letters", KNITS, _named("knitted dress", "jumper dress"), knit_dress_cut, ("work", "day"), AUTUMN, 0.0, 0.0, 0.5),
    Kind(("Knitwear", "Jumpers"), "knit", "garments.knit", 12, 220, "letters", KNITS, _named("jumper", "sweater", "pullover"), jumper_cut, ("day", "weekend", "work"), AUTUMN, 0.45, 0.1, 0.7),
    Kind(("Knitwear", "Roll-necks"), "knit", "garments.knit", 6, 230, "letters", KNITS, _named("roll-neck", "turtleneck"), roll_cut, ("work", "day", "weekend"), AUTUMN, 0.4, 0.1, 0.3),
    Kind(("Knitwear", "Cardigans"), "knit", "garments.knit", 8, 240, "letters", KNITS, _named("cardigan"), cardigan_cut, ("day", "work", "weekend"), MILD, 0.35, 0.0, 0.5),
    Kind(("Knitwear", "Knitted vests"), "knit", "garments.knit", 3, 170, "letters", KNITS, _named("knitted vest", "tank"), vest_cut, ("work", "day"), MILD, 0.4, 0.0, 0.9),
    Kind(("Shirts and tops", "Shirts"), "shirt", "garments.shirt", 11, 150, "clothes", SHIRTINGS, _named("shirt"), shirt_cut, ("work", "day", "weekend"), ALL, 0.6, 0.0, 1.3),
    Kind(("Shirts and tops", "Blouses"), "shirt", "garments.shirt", 8, 190, "women", FLUID, _by("neck", {"bow": ("pussy-bow blouse", "blouse")}, "blouse"), blouse_cut, ("work", "evening", "day"), MILD, 0.0, 0.0, 1.1),
    Kind(("Shirts and tops", "T-shirts"), "shirt", "garments.shirt", 7, 70, "letters", (("organic cotton",), ("organic cotton", "linen"), ("organic cotton", "silk crêpe"), ("organic cotton", "silk crêpe")), _named("T-shirt", "tee"), tee_cut, ("weekend", "day", "sport"), WARM, 0.45, 0.2, 0.8),
    Kind(("Shirts and tops", "Polo shirts"), "shirt", "garments.knit", 4, 140, "letters", (("cotton knit",), ("cotton knit", "merino wool"), ("cotton knit", "merino wool"), ("cashmere", "merino wool")), _named("polo shirt", "knitted polo"), polo_cut, ("weekend", "sport", "day"), WARM, 0.75, 0.0, 0.6),
    Kind(("Trousers", "Tailored trousers"), "trousers", "garments.trousers", 10, 210, "clothes", SUITINGS, _named("trousers", "tailored trousers", "pleated trousers"), tailored_cut, ("work", "ceremony", "day"), ALL, 0.4, 0.0, 0.9),
    Kind(("Trousers", "Jeans"), "trousers", "garments.trousers", 7, 140, "jeans", (("denim",), ("denim",), ("denim",), ("denim",)), _named("jeans"), jeans_cut, ("weekend", "day"), ALL, 0.45, 0.0, 0.0),
    Kind(("Trousers", "Wide-leg trousers"), "trousers", "garments.trousers", 5, 190, "women", (("viscose", "organic cotton"), ("linen", "viscose", "corduroy"), ("silk crêpe", "tropical wool", "linen"), ("silk satin", "silk crêpe")), _named("wide-leg trousers", "palazzo trousers"), wide_cut, ("day", "evening", "holiday"), WARM, 0.0, 0.0, 0.9),
    Kind(("Trousers", "Chinos"), "trousers", "garments.trousers", 4, 130, "clothes", (("organic cotton",), ("organic cotton", "corduroy"), ("organic cotton", "linen"), ("linen",)), _named("chinos", "cotton trousers"), chino_cut, ("weekend", "day", "travel"), MILD, 0.7, 0.0, 0.2),
    Kind(("Trousers", "Shorts"), "trousers", "garments.trousers", 4, 110, "clothes", (("organic cotton", "linen"), ("linen", "organic cotton"), ("linen", "silk crêpe"), ("linen", "silk crêpe")), _named("shorts", "Bermuda shorts"), shorts_cut, ("holiday", "weekend"), WARM, 0.5, 0.0, 0.6),
    Kind(("Skirts", "Skirts"), "skirt", "garments.skirt", 9, 180, "women", (*FLUID[:1], ("wool flannel", "denim", "corduroy", "linen"), ("silk crêpe", "suede", "wool bouclé", "wool flannel"), ("silk satin", "nappa leather", "wool bouclé")), _by("shape", {"pencil": ("pencil skirt",), "wrap": ("wrap skirt", "kilt"), "slip": ("slip skirt",)}, "skirt"), skirt_cut, ("work", "day", "evening"), ALL, 0.0, 0.0, 0.9),
    Kind(("Skirts", "Pleated skirts"), "skirt", "garments.skirt", 4, 190, "women", (("viscose", "polyester satin"), ("wool flannel", "viscose"), ("satin", "silk crêpe"), ("silk satin", "silk crêpe")), _named("pleated skirt", "sunray skirt"), pleated_cut, ("work", "day"), MILD, 0.0, 0.0, 0.9),
    Kind(("Scarves", "Wool scarves"), "scarf", "accessories.scarf", 9, 120, "one", (("acrylic", "wool blend"), ("lambswool", "wool blend", "merino wool"), ("cashmere", "merino wool", "alpaca"), ("cashmere", "cashmere")), _by("shape", {"stole": ("stole", "wrap")}, "scarf"), scarf_cut, ("day", "weekend", "work"), AUTUMN, 0.3, 0.5, 1.8),
    Kind(("Scarves", "Silk scarves"), "scarf", "accessories.scarf", 7, 150, "one", (("polyester satin",), ("viscose", "silk twill"), ("silk twill",), ("silk twill",)), _by("shape", {"twilly": ("neckerchief", "ribbon scarf")}, "silk square", "scarf"), square_cut, ("day", "work", "ceremony"), ALL, 0.05, 0.1, 3.0, room=(320, 330)),
    Kind(("Hats", "Felt hats"), "hat", "accessories.hat", 5, 170, "hats", (("wool felt",), ("wool felt",), ("wool felt",), ("wool felt",)), _by("style", {"cloche": ("cloche",)}, "fedora", "felt hat"), brim_cut, ("day", "ceremony"), AUTUMN, 0.3, 0.3, 0.0, room=(330, 300)),
    Kind(("Hats", "Sun hats"), "hat", "accessories.hat", 4, 120, "hats", (("straw",), ("straw", "raffia"), ("raffia",), ("raffia",)), _by("style", {"panama": ("panama hat",)}, "sun hat", "straw hat"), sun_cut, ("holiday",), WARM, 0.2, 0.2, 0.0, room=(350, 300)),
    Kind(("Hats", "Beanies"), "hat", "accessories.hat", 5, 70, "one", KNITS, _named("beanie", "knitted hat"), beanie_cut, ("weekend", "sport", "day"), AUTUMN, 0.2, 0.6, 0.3, room=(270, 310)),
    Kind(("Hats", "Berets and caps"), "hat", "accessories.hat", 4, 90, "hats", (("wool blend",), ("wool felt", "wool tweed"), ("wool felt", "velvet"), ("cashmere blend",)), _by("style", {"newsboy": ("baker boy cap", "flat cap")}, "beret"), soft_hat_cut, ("day", "weekend"), AUTUMN, 0.1, 0.3, 0.6, room=(310, 280)),
    Kind(("Hats", "Baseball and bucket hats"), "hat", "accessories.hat", 4, 60, "one", (("organic cotton", "denim"), ("organic cotton", "corduroy", "nylon"), ("linen", "suede"), ("cashmere blend",)), _by("style", {"bucket": ("bucket hat",)}, "cap", "baseball cap"), cap_cut, ("sport", "weekend", "holiday"), WARM, 0.2, 0.7, 0.8, room=(320, 290)),
    Kind(("Belts", "Belts"), "belt", "accessories.belt", 10, 110, "belts", (("vegan leather",), ("grained leather", "suede"), ("calfskin", "embossed leather", "suede", "woven leather"), ("calfskin", "embossed leather")), _named("belt"), belt_cut, ("work", "day"), ALL, 0.4, 0.1, 0.0, **HELD),
    Kind(("Eyewear", "Sunglasses"), "eyewear", "accessories.eyewear", 12, 190, "one", (("acetate",), ("acetate", "stainless steel"), ("acetate", "titanium"), ("acetate", "titanium")), _named("sunglasses"), sun_glasses_cut, ("holiday", "day"), WARM, 0.3, 0.2, 0.0, **HELD),
    Kind(("Eyewear", "Optical frames"), "eyewear", "accessories.eyewear", 4, 220, "one", (("acetate",), ("acetate", "stainless steel"), ("titanium", "acetate"), ("titanium",)), _named("glasses", "optical frame"), optical_cut, ("work", "day"), ALL, 0.2, 0.5, 0.0, **HELD),
    Kind(("Watches", "Watches"), "watch", "accessories.watch", 12, 420, "one", (("stainless steel",), ("stainless steel",), ("stainless steel", "gold-plated brass"), ("stainless steel", "18-carat gold")), _by("case", {"diver": ("diving watch",)}, "watch", "wristwatch"), watch_cut, ("work", "day", "ceremony"), ALL, 0.5, 0.1, 0.0, room=(230, 452)),
    Kind(("Jewellery", "Necklaces"), "jewellery", "accessories.jewellery", 10, 160, "one", (("gold-plated brass",), ("gold-plated brass", "sterling silver"), ("sterling silver", "gold-plated brass"), ("18-carat gold", "sterling silver")), _by("style", {"pearls": ("pearl necklace", "strand"), "beads": ("bead necklace",), "bold": ("chain necklace", "collar")}, "necklace", "pendant"), necklace_cut, ("evening", "day", "ceremony"), ALL, 0.1, 0.0, 0.0, room=(280, 380)),
    Kind(("Jewellery", "Earrings"), "jewellery", "accessories.jewellery", 10, 110, "one", (("gold-plated brass",), ("gold-plated brass", "sterling silver"), ("sterling silver", "gold-plated brass"), ("18-carat gold", "sterling silver")), _by("style", {"hoop": ("hoop earrings", "hoops"), "stud": ("stud earrings", "studs"), "chandelier": ("chandelier earrings",)}, "earrings", "drop earrings"), earring_cut, ("evening", "day"), ALL, 0.0, 0.0, 0.0, room=(290, 330), most=1.7),
    Kind(("Jewellery", "Rings"), "jewellery", "accessories.jewellery", 7, 140, "rings", (("gold-plated brass",), ("sterling silver", "gold-plated brass"), ("sterling silver",), ("18-carat gold",)), _by("style", {"signet": ("signet ring",), "band": ("eternity ring", "ring")}, "ring", "cocktail ring"), ring_cut, ("evening", "ceremony", "day"), ALL, 0.15, 0.0, 0.0, room=(240, 300), most=1.15),
    Kind(("Jewellery", "Bracelets"), "jewellery", "accessories.jewellery", 7, 130, "one", (("gold-plated brass",), ("gold-plated brass", "sterling silver"), ("sterling silver",), ("18-carat gold",)), _by("style", {"bangle": ("bangle",), "cuff": ("cuff",)}, "bracelet"), bracelet_cut, ("day", "evening"), ALL, 0.1, 0.1, 0.0, room=(300, 300)),
    Kind(("Jewellery", "Brooches"), "jewellery", "accessories.jewellery", 2, 90, "one", (("gold-plated brass",), ("gold-plated brass",), ("gold-plated brass", "sterling silver"), ("18-carat gold",)), _named("brooch"), brooch_cut, ("ceremony", "evening"), ALL, 0.0, 0.0, 0.0, room=(230, 260), most=1.1),
    Kind(("Gloves", "Gloves"), "gloves", "accessories.gloves", 6, 110, "gloves", (("acrylic", "wool blend"), ("suede", "lambswool", "grained leather"), ("nappa leather", "suede"), ("nappa leather", "cashmere")), _named("gloves"), gloves_cut, ("day", "work"), AUTUMN, 0.4, 0.0, 0.2, room=(300, 390)),
    Kind(("Small leather goods", "Wallets and card holders"), "slg", "bags.wallet", 9, 120, "one", (("vegan leather",), ("grained leather", "suede"), ("calfskin", "embossed leather", "grained leather"), ("calfskin", "woven leather")), _by("shape", {"card": ("card holder",), "coin": ("coin purse", "zip pouch"), "long": ("continental wallet", "long wallet")}, "wallet", "billfold"), slg_cut, ("day", "work", "travel"), ALL, 0.3, 0.3, 0.8, room=(310, 280), most=1.35),
    Kind(("Ties", "Ties"), "tie", "accessories.tie", 7, 80, "one", (("polyester satin", "organic cotton"), ("wool flannel", "silk twill"), ("silk twill", "silk satin"), ("silk twill", "silk satin")), _by("style", {"bow": ("bow tie",), "knit": ("knitted tie",)}, "tie"), tie_cut, ("work", "ceremony"), ALL, 1.0, 0.0, 2.6, room=(230, 440)),
)  # fmt: skip

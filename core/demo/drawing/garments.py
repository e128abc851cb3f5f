"""Clothes: coats, jackets, dresses, knitwear, shirts, trousers and skirts, hung before the wall."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from dataclasses import replace
from typing import Any

import skia  # type: ignore[import-not-found, import-untyped, unused-ignore]

from core.demo.drawing.kit import (
    GLOW,
    INK,
    Cloth,
    Sheet,
    box,
    curve,
    flip,
    luminance,
    mirrored,
    mix,
    oval,
    path,
    ribbon,
)
from core.demo.drawing.look import Look

C = 240.0  # the middle of the sheet


def both(sheet: Sheet, d: str, cloth: Cloth, **how: Any) -> None:
    """The same part on the right and, mirrored, on the left."""
    folds = how.pop("folds", ())
    angle = how.pop("angle", 0.0)
    mirrored_folds = [(480 - f[0], f[1], 480 - f[2], f[3], -f[4], f[5], f[6]) for f in folds]
    sheet.part(path(flip(d)), cloth, folds=mirrored_folds, angle=angle, **how)
    sheet.part(path(d), cloth, folds=folds, angle=-angle, **how)


class Cut:
    """The measures of an upper garment. All x are half widths from the middle."""

    def __init__(self, look: Look) -> None:
        man = look.audience == "men"
        easy = {"slim": -7, "regular": 0, "easy": 9, "oversized": 20}[look.get("fit", "regular")]
        self.top = 110.0
        self.neck = 35.0 if man else 32.0
        self.shoulder = (96.0 if man else 82.0) + 0.75 * easy
        self.drop = 23.0 + 0.25 * max(0, easy)
        self.bust = (88.0 if man else 74.0) + easy
        self.waist = (86.0 if man else 64.0) + easy
        self.hip = (88.0 if man else 78.0) + easy
        self.armpit = self.top + 104 + max(0, easy) * 0.9


def front(cut: Cut, neckline: str, depth: float, hem: float, hem_half: float, waist_y: float) -> str:
    """The outline of the front, right half mirrored."""
    y, n = cut.top, cut.neck
    start = {
        "crew": f"M {C} {y + 22} C {C + n * 0.6} {y + 22} {C + n} {y + 16} {C + n} {y}",
        "scoop": f"M {C} {y + depth} C {C + n * 0.9} {y + depth} {C + n + 4} {y + depth * 0.5} {C + n + 2} {y}",
        "v": f"M {C} {y + depth} L {C + n} {y}",
        "boat": f"M {C} {y + 15} Q {C + n + 18} {y + 14} {C + n + 24} {y + 7}",
        "square": f"M {C} {y + depth} L {C + n + 5} {y + depth} L {C + n + 8} {y}",
        "high": f"M {C} {y + 3} Q {C + n * 0.7} {y + 3} {C + n} {y}",
    }[neckline]
    return mirrored(
        f"{start} L {C + cut.shoulder - 6} {y + cut.drop - 3} Q {C + cut.shoulder + 1} {y + cut.drop} "
        f"{C + cut.shoulder} {y + cut.drop + 9} C {C + cut.shoulder - 8} {y + 58} {C + cut.bust - 6} {cut.armpit - 18} "
        f"{C + cut.bust} {cut.armpit} C {C + cut.bust} {cut.armpit + 40} {C + cut.waist} {waist_y - 36} "
        f"{C + cut.waist} {waist_y} C {C + cut.waist + 2} {waist_y + 44} {C + hem_half - 5} {hem - (hem - waist_y) * 0.42} "
        f"{C + hem_half} {hem} Q {C + hem_half * 0.5} {hem + 5} {C} {hem + 5}"
    )


def back_neck(sheet: Sheet, cut: Cut, cloth: Cloth, depth: float, label: bool = True) -> None:
    """The inside of the back, seen through the neckline."""
    y, n = cut.top, cut.neck
    inside = cloth.darker(0.42)
    d = f"M {C - n - 8} {y} Q {C} {y + 13} {C + n + 8} {y} L {C + n + 4} {y + depth} L {C - n - 4} {y + depth} Z"
    sheet.part(path(d), inside, form=0.2, lift=0, edge=0.4)
    if label:
        sheet.flat(
            box(C - 10, y + 12, C + 10, y + 19, 0.8), mix(cloth.rgb, GLOW, 0.75 if luminance(cloth.rgb) < 0.6 else 0.2)
        )
        sheet.line(path(f"M {C - 6} {y + 15.5} L {C + 6} {y + 15.5}"), INK, 0.8, 0.6)


def sleeve(cut: Cut, kind: str, length: float, width: float) -> tuple[str, tuple[float, float, float, float]]:
    """The right sleeve as path data, and its cuff line (outer x, y, inner x, y)."""
    y = cut.top
    sx, sy = C + cut.shoulder - 5, y + cut.drop - 3
    ax, ay = C + cut.bust - 4, cut.armpit + 3
    out = {"short": 70, "cap": 46, "puff": 34}.get(kind, 34)
    ex, ey = sx + out * length / 250, sy + length
    ix, iy = ex - width, ey + 3
    if kind == "bishop":
        ex, ix = ex - 2, ex - 24
        d = (
            f"M {sx} {sy} C {sx + 22} {sy + 20} {sx + 34} {sy + length * 0.6} {ex + 22} {ey - 34} Q {ex + 16} {ey - 8} {ex} {ey} "
            f"L {ix} {iy} Q {ix - 20} {iy - 16} {ix - 16} {iy - 50} L {ax} {ay} Q {ax - 6} {ay - 50} {sx - 14} {sy + 6} Z"
        )
    elif kind == "bell":
        d = (
            f"M {sx} {sy} C {sx + 16} {sy + 24} {sx + 22} {sy + length * 0.5} {ex + 26} {ey} Q {ex - 8} {ey + 12} {ex - 44} {iy + 4} "
            f"C {ix - 8} {iy - 70} {ax + 6} {ay + 26} {ax} {ay} Q {ax - 6} {ay - 50} {sx - 14} {sy + 6} Z"
        )
        ex, ey, ix, iy = ex + 26, ey, ex - 44, iy + 4
    elif kind == "puff":
        ex, ey, ix, iy = sx + 26, sy + length, sx - 10, sy + length + 6
        d = (
            f"M {sx - 10} {sy + 4} C {sx + 4} {sy - 24} {sx + 50} {sy + 4} {ex + 14} {ey - 24} Q {ex + 10} {ey - 6} {ex} {ey} "
            f"L {ix} {iy} Q {ax - 4} {ay - 8} {ax - 4} {ay - 20} Q {ax - 8} {ay - 56} {sx - 10} {sy + 4} Z"
        )
    else:
        bow = 15 if length > 120 else 8
        d = (
            f"M {sx} {sy} C {sx + bow} {sy + 16} {sx + bow + 4} {sy + length * 0.42} {ex} {ey} L {ix} {iy} "
            f"C {ix - 6} {iy - length * 0.38} {ax + 3} {ay + 20} {ax} {ay} Q {ax - 6} {ay - 50} {sx - 14} {sy + 6} Z"
        )
    return d, (ex, ey, ix, iy)


SLEEVES = {"long": (240, 31), "three-quarter": (196, 38), "short": (94, 52), "cap": (50, 44), "bishop": (240, 24),
           "bell": (214, 40), "puff": (84, 40), "wide": (236, 46)}  # fmt: skip


def sleeves(sheet: Sheet, look: Look, cut: Cut, cloth: Cloth) -> tuple[float, float, float, float] | None:
    kind = look.get("sleeve", "long")
    if kind == "none":
        return None
    length, width = SLEEVES[kind]
    if look.audience == "men" and kind == "long":
        length, width = 246, 35
    width += 5 if look.get("fit") in ("easy", "oversized") else 0
    d, cuff = sleeve(cut, kind, length, width)
    ex, ey, ix, iy = cuff
    folds: list[tuple[float, ...]] = [
        (C + cut.bust + 2, cut.armpit + 8, C + cut.shoulder + 18, cut.armpit + 46, 3, 5, 0.9),
        (ix + 8, iy - 104 if length > 150 else iy - 30, ex - 3, ey - 62 if length > 150 else ey - 14, 4, 4, 0.6),
    ]
    if length > 150:
        folds.append((C + cut.shoulder - 2, cut.top + 62, (ex + ix) / 2 + 5, ey - 34, 5, 6, 0.55))
        folds.append((ix + 6, iy - 76, ex - 6, ey - 44, 3, 4, 0.7))
    if kind in ("bishop", "puff"):
        for k in range(4):
            x = ix + (ex - ix) * (k + 0.5) / 4
            folds.append((x, ey, x + (k - 1.2) * 5, ey - 44, 2, 3, 0.8))
    both(sheet, d, cloth, folds=folds, angle=look.get("sleeve_angle", 7.0), lift=0.6)
    if cloth.surface == "quilted":
        for one in (d, flip(d)):
            _quilting(sheet, path(one), cut, ey + 4, cut.hip, look.get("quilt", "channel"))
    cuff_kind = look.get("cuff", "plain")
    if cuff_kind == "rib":
        band = f"M {ex + 1} {ey - 20} L {ex + 0.5} {ey + 2} Q {(ex + ix) / 2} {iy + 3} {ix + 1} {iy + 1} L {ix} {iy - 18} Q {(ex + ix) / 2} {iy - 15} {ex + 1} {ey - 20} Z"
        both(sheet, band, replace(look.trim or cloth.plain(), surface="rib"), lift=0.3, form=0.8, edge=0.7, angle=6)
    elif cuff_kind == "button":
        band = f"M {ex + 1} {ey - 19} L {ex} {ey + 1} Q {(ex + ix) / 2} {iy + 2} {ix} {iy + 1} L {ix} {iy - 17} Q {(ex + ix) / 2} {iy - 15} {ex + 1} {ey - 19} Z"
        both(sheet, band, look.trim or cloth, lift=0.3, form=0.6, edge=0.6)
        for side in (1, -1):
            sheet.button(C + side * ((ex + ix) / 2 - C - 8), ey - 8, 2.1, mix(cloth.rgb, GLOW, 0.5))
    elif kind in ("bishop", "puff"):
        band = f"M {ex + 1} {ey - 3} L {ex} {ey + 8} L {ix} {iy + 8} L {ix} {iy - 3} Z"
        both(sheet, band, cloth.plain(), lift=0.3, form=0.6, edge=0.5)
    else:
        for side in (1, -1):

            def at(x: float, side: int = side) -> float:
                return C + side * (x - C)

            sheet.seam(path(f"M {at(ex)} {ey - 7} Q {at((ex + ix) / 2)} {iy - 5} {at(ix)} {iy - 6}"), cloth.rgb, 0.6)
            if look.get("cuff_buttons"):
                for k in range(3):
                    sheet.button(at(ix + 5), iy - 10 - 7 * k, 2.0, *look.buttons())
    return cuff


def lapels(sheet: Sheet, look: Look, cut: Cut, cloth: Cloth, kind: str, depth: float, over: float) -> None:
    y, n = cut.top, cut.neck
    wide = look.get("lapel_width", 1.0)
    under = look.trim or cloth
    if kind == "shawl":
        d = (
            f"M {C} {y - 9} Q {C + n * 0.8} {y - 10} {C + n + 4} {y} C {C + n + 34 * wide} {y + 34} {C + n + 30 * wide} {y + depth * 0.6} "
            f"{C + over} {y + depth + 4} C {C + 8} {y + depth * 0.7} {C + n - 4} {y + 46} {C + n - 8} {y + 9} Q {C + n * 0.5} {y + 8} {C} {y + 8} Z"
        )
        both(sheet, d, under, lift=1.1, form=0.4, angle=-14)
        return
    tip = {"notch": (40 * wide, 66.0), "peak": (46 * wide, 44.0)}[kind]
    lapel = (
        f"M {C + n + 2} {y + 46} L {C + n + tip[0]} {y + tip[1]} Q {C + n + 16} {y + depth * 0.62} {C + over} {y + depth + 4} "
        f"C {C + over - 2} {y + depth * 0.8} {C + n - 14} {y + 60} {C + n - 6} {y + 26} Z"
    )
    both(sheet, lapel, under, lift=1.1, form=0.4, angle=-16)
    collar = mirrored(
        f"M {C} {y - 9} Q {C + n * 0.8} {y - 10} {C + n + 5} {y - 1} L {C + n + 30 * wide} {y + 44} L {C + n + 3} {y + 48} "
        f"C {C + n - 3} {y + 30} {C + n - 6} {y + 16} {C + n - 9} {y + 8} Q {C + n * 0.5} {y + 9} {C} {y + 9}"
    )
    sheet.part(path(collar), look.collar or cloth, lift=0.9, form=0.3)


def shirt_collar(sheet: Sheet, cut: Cut, cloth: Cloth, size: float = 1.0, open_: float = 0.0) -> None:
    y, n = cut.top, cut.neck
    stand = mirrored(
        f"M {C} {y - 12} Q {C + n * 0.8} {y - 12} {C + n - 2} {y - 3} L {C + n - 3} {y + 6} Q {C + n * 0.6} {y + 3} {C} {y + 4}"
    )
    sheet.part(path(stand), cloth.darker(0.2), lift=0.2, form=0.3, edge=0.4)
    leaf = (
        f"M {C + n - 8} {y - 12} Q {C + n + 5} {y - 6} {C + n + 6} {y + 3} L {C + n - 2 + 12 * size} {y + 38 * size} "
        f"L {C + 5 + open_} {y + 24 + open_ * 0.7} Q {C + n - 10} {y + 8} {C + n - 8} {y - 12} Z"
    )
    both(sheet, leaf, cloth, lift=0.8, form=0.3, angle=-20, edge=0.8)
    for side in (1, -1):
        sheet.stitch(path(f"M {C + side * (n - 5 + 12 * size)} {y + 34 * size} L {C + side * (8 + open_)} {y + 22 + open_ * 0.7}"),
                     mix(cloth.rgb, INK, 0.3), 0.7, 2.4, 0.5)  # fmt: skip


def pocket_flap(sheet: Sheet, cloth: Cloth, x: float, y: float, w: float = 46, h: float = 14, slant: float = 3) -> None:
    d = f"M {x - w / 2} {y} L {x + w / 2} {y + slant} L {x + w / 2 - 1} {y + h + slant} Q {x} {y + h + 3 + slant / 2} {x - w / 2 + 1} {y + h} Z"
    both(sheet, d, cloth, lift=0.6, form=0.2, edge=0.7)


def patch_pocket(sheet: Sheet, cloth: Cloth, x: float, y: float, w: float, h: float, stitch: Any = None) -> None:
    d = f"M {x - w / 2} {y} L {x + w / 2} {y} L {x + w / 2 - 1} {y + h - 6} Q {x + w / 2 - 2} {y + h} {x + w / 2 - 8} {y + h} L {x - w / 2 + 8} {y + h} Q {x - w / 2 + 2} {y + h} {x - w / 2 + 1} {y + h - 6} Z"
    both(sheet, d, cloth, lift=0.5, form=0.2, edge=0.6)
    if stitch is not None:
        for shift in (0, 480):
            s = 1 if shift == 0 else -1
            sheet.stitch(
                path(f"M {shift + s * (x - w / 2 + 3)} {y + 4} L {shift + s * (x + w / 2 - 3)} {y + 4}"), stitch
            )


def body_folds(cut: Cut, hem: float, waist_y: float, amount: float = 1.0) -> list[tuple[float, ...]]:
    w = cut.waist
    return [
        (C - cut.bust + 8, cut.armpit + 4, C - w * 0.45, waist_y - 6, 4, 7, 0.7 * amount),
        (C + cut.bust - 8, cut.armpit + 4, C + w * 0.45, waist_y - 4, -4, 7, 0.8 * amount),
        (C - w * 0.62, waist_y - 2, C - w * 0.7, hem - 12, -3, 8, 0.55 * amount),
        (C + w * 0.56, waist_y + 2, C + w * 0.72, hem - 8, 4, 9, 0.7 * amount),
        (C + w * 0.2, waist_y + 20, C + w * 0.3, hem - 4, 3, 7, 0.35 * amount),
    ]


def belt_at(sheet: Sheet, cloth: Cloth, half: float, y: float, kind: str, hardware: str, tie: bool) -> None:
    band = f"M {C - half - 2} {y - 8} Q {C} {y - 2} {C + half + 2} {y - 8} L {C + half + 2} {y + 8} Q {C} {y + 14} {C - half - 2} {y + 8} Z"
    sheet.part(path(band), cloth.plain(), lift=0.8, form=0.8, edge=0.8)
    if tie:
        for points, widths in (
            ([(C + 4, y + 6), (C + 12, y + 48), (C + 6, y + 92)], [9, 13, 15]),
            ([(C - 2, y + 6), (C - 16, y + 40), (C - 20, y + 74)], [9, 13, 14]),
        ):
            sheet.part(ribbon(points, widths), cloth.plain(), lift=0.9, form=0.6)
        for side in (-1, 1):
            loop = [(C, y + 4), (C + side * 20, y - 8), (C + side * 30, y + 6), (C + side * 14, y + 12), (C, y + 6)]
            sheet.part(ribbon(loop, [6, 9, 10, 9, 6]), cloth.plain(), lift=0.6, form=0.4)
        sheet.part(box(C - 8, y - 5, C + 8, y + 13, 4), cloth.plain(), lift=0.8)
    else:
        buckle(sheet, C, y + 3, 11, 11, hardware)


def buckle(
    sheet: Sheet, x: float, y: float, rx: float, ry: float, kind: str, round_: bool = False, bar: float = 3.6
) -> None:
    if round_:
        from core.demo.drawing.kit import ring

        sheet.plate(ring(x, y, rx, ry, bar), kind)
    else:
        from core.demo.drawing.kit import minus

        sheet.plate(
            minus(
                box(x - rx, y - ry, x + rx, y + ry, 3), box(x - rx + bar, y - ry + bar, x + rx - bar, y + ry - bar, 1.5)
            ),
            kind,
        )
    sheet.wire(path(f"M {x} {y} L {x + rx - 1} {y}"), kind, 2.0)


# ---------------------------------------------------------------- jackets and coats


def coat(sheet: Sheet, look: Look) -> None:
    """Coats, trench coats, blazers and jackets."""
    cut, cloth = Cut(look), look.cloth
    length = look.get("length", "knee")
    hem = {"crop": 352, "hip": 402, "thigh": 448, "knee": 530, "midi": 590}[length]
    closure = look.get("closure", "single")
    collar = look.get("collar", "notch")
    waist_y = cut.top + 176
    shape = look.get("shape", "straight")
    if shape == "straight":
        cut.waist = (cut.bust + cut.hip) / 2 - 2
    flare = {"straight": 4, "fitted": 8, "flared": 34, "cocoon": -8}[shape] + (hem - 320) * (
        0.05 if shape != "flared" else 0.16
    )
    half = cut.hip + max(flare, -10)
    depth = {"crop": 96, "hip": 128, "thigh": 128, "knee": 132, "midi": 132}[length] + look.get("deep", 0)
    if collar in ("stand", "hood", "funnel", "crew", "shirt"):
        depth = 30.0
    over = {"single": 12.0, "double": 34.0, "wrap": 40.0, "zip": 0.0, "biker": 34.0, "toggle": 10.0, "open": 2.0}[
        closure
    ]
    lining = replace(cloth, rgb=look.lining, surface="satin", pattern=None)
    sleeves(sheet, look, cut, cloth)
    neck = "v" if depth > 40 else "crew"
    back_neck(sheet, cut, lining if depth > 40 else cloth, depth + 10)
    outline = front(cut, neck, depth, hem, half, waist_y)
    sheet.part(path(outline), cloth, folds=body_folds(cut, hem, waist_y, 0.9), lift=1.2)
    if look.cloth.surface == "quilted":
        _quilting(sheet, path(outline), cut, hem, half, look.get("quilt", "channel"))
    rgb = cloth.rgb
    # the front edge
    top_x = C
    if closure == "biker":
        sheet.zip([(C + cut.neck - 4, cut.top + 44), (C + 16, cut.top + 150), (C + 8, hem - 6)], look.hardware)
    elif closure == "zip":
        sheet.zip([(C, cut.top + 24), (C, (cut.top + hem) / 2), (C, hem)], look.hardware)
    else:
        edge = path(
            f"M {top_x + over * 0.2} {cut.top + depth + 3} L {C + over} {cut.top + depth + 12} L {C + over + 1} {hem + 4}"
        )
        if closure == "open":
            edge = path(f"M {C} {cut.top + depth} L {C} {hem + 4}")
        sheet.shade(
            path(
                f"M {C + over} {cut.top + depth + 8} L {C + over + 9} {cut.top + depth + 10} L {C + over + 9} {hem} L {C + over} {hem} Z"
            ),
            0.26,
            4,
        )
        sheet.seam(edge, rgb, 1.2, 1.4)
    if look.get("panels"):
        for side in (1, -1):
            sheet.seam(
                path(
                    f"M {C + side * (cut.bust - 6)} {cut.armpit + 2} C {C + side * (cut.waist - 22)} {waist_y - 50} {C + side * (cut.waist - 28)} {waist_y + 30} {C + side * (half - 36)} {hem + 3}"
                ),
                rgb,
                0.7,
            )
    # collar
    if collar in ("notch", "peak", "shawl"):
        lapels(sheet, look, cut, cloth, collar, depth, over if closure != "open" else 2)
    elif collar == "shirt":
        shirt_collar(sheet, cut, look.collar or cloth, 1.2)
    elif collar in ("stand", "funnel"):
        high = 14 if collar == "stand" else 30
        y, n = cut.top, cut.neck
        d = mirrored(
            f"M {C} {y - high + 6} Q {C + n * 0.8} {y - high + 4} {C + n} {y - high} L {C + n + 4} {y + 4} Q {C + n * 0.6} {y + 26} {C} {y + 27}"
        )
        sheet.part(path(d), look.collar or cloth, lift=0.8, form=0.8)
        if closure == "zip" and collar == "funnel":
            sheet.zip([(C, y - high + 12), (C, y + 20)], look.hardware, 9)
    elif collar == "hood":
        y, n = cut.top, cut.neck
        hood = mirrored(
            f"M {C} {y - 44} C {C + n + 14} {y - 44} {C + n + 26} {y - 8} {C + n + 12} {y + 18} Q {C + n * 0.5} {y + 42} {C} {y + 40}"
        )
        sheet.part(path(hood), cloth, lift=1.0)
        inner = mirrored(
            f"M {C} {y - 30} C {C + n} {y - 30} {C + n + 6} {y - 6} {C + n - 4} {y + 8} Q {C + n * 0.5} {y + 28} {C} {y + 28}"
        )
        sheet.part(path(inner), (look.collar or cloth).darker(0.45), lift=0.2, form=0.5)
    # waist and pockets
    pocket_y = waist_y + (36 if length not in ("crop",) else 6)
    pockets = look.get("pockets", "flap")
    px = C + cut.waist * 0.60
    if pockets == "flap":
        pocket_flap(sheet, cloth, px, pocket_y)
    elif pockets == "patch":
        patch_pocket(sheet, cloth, px, pocket_y, 50, 58)
    elif pockets == "welt":
        for side in (1, -1):
            sheet.part(
                path(
                    f"M {C + side * (px - C + 12)} {pocket_y - 8} L {C + side * (px - C + 19)} {pocket_y - 6} L {C + side * (px - C + 9)} {pocket_y + 44} L {C + side * (px - C + 1)} {pocket_y + 42} Z"
                ),
                cloth,
                lift=0.5,
                form=0.2,
            )
    elif pockets == "zip":
        for side in (1, -1):
            sheet.zip(
                [(C + side * (px - C + 14), pocket_y - 26), (C + side * (px - C), pocket_y + 16)], look.hardware, 8
            )
    elif pockets == "chest":
        patch_pocket(sheet, cloth, C + 44, cut.top + 92, 42, 12, look.stitch)
        patch_pocket(sheet, cloth, C + 44, cut.top + 104, 40, 40, look.stitch)
    if look.get("storm"):
        flap = f"M {C + cut.shoulder - 8} {cut.top + 24} L {C + cut.bust - 10} {cut.armpit + 8} Q {C + 40} {cut.armpit + 20} {C + 30} {cut.armpit - 8} L {C + cut.neck + 12} {cut.top + 40} Z"
        sheet.part(path(flap), cloth, lift=0.6, form=0.2, edge=0.6)
        both(
            sheet,
            f"M {C + cut.shoulder - 4} {cut.top + 18} L {C + cut.shoulder + 2} {cut.top + 28} L {C + 50} {cut.top + 13} L {C + 50} {cut.top + 5} Z",
            cloth,
            lift=0.5,
            form=0.2,
        )
        for side in (1, -1):
            sheet.button(C + side * 56, cut.top + 12, 2.4, *look.buttons())
    if look.get("belt"):
        wide = cut.waist + 2
        belt_at(sheet, look.trim or cloth, wide, waist_y, "self", look.hardware, look.get("belt") == "tie")
    if look.get("band") == "rib":
        band = f"M {C - half - 1} {hem - 18} Q {C} {hem - 12} {C + half + 1} {hem - 18} L {C + half - 5} {hem + 8} Q {C} {hem + 14} {C - half + 5} {hem + 8} Z"
        sheet.part(path(band), replace(look.trim or cloth.plain(), surface="rib"), lift=0.4)
    if look.get("yoke"):
        for side in (1, -1):
            line = path(
                f"M {C + side * (cut.shoulder - 3)} {cut.top + 62} Q {C + side * 40} {cut.top + 72} {C} {cut.top + 72}"
            )
            sheet.seam(line, rgb, 0.9)
            if look.stitch:
                sheet.stitch(line, look.stitch)
        if look.stitch:
            sheet.stitch(path(f"M {C + 10} {cut.top + 40} L {C + 10} {hem - 4}"), look.stitch)
            sheet.stitch(path(f"M {C - 8} {cut.top + 40} L {C - 8} {hem - 4}"), look.stitch)
            sheet.stitch(path(f"M {C - half + 2} {hem - 13} Q {C} {hem - 8} {C + half - 2} {hem - 13}"), look.stitch)
    # fastenings
    first = cut.top + depth + 16
    if closure == "single":
        count = look.get("buttons", 3)
        step = min(52.0, (min(hem - 60, cut.top + 330.0) - first) / max(1, count))
        for k in range(count):
            y = first + k * step
            if look.get("belt") and abs(y - waist_y) < 12:
                continue
            sheet.button(C, y, 4.8, *look.buttons())
    elif closure == "double":
        for k in range(look.get("buttons", 3)):
            y = first + k * 42
            if look.get("belt") and abs(y - waist_y) < 14:
                continue
            for side in (1, -1):
                sheet.button(C + side * 25, y, 5.0, *look.buttons())
    elif closure == "toggle":
        for k in range(4):
            y = cut.top + 62 + k * 54
            for side in (1, -1):
                sheet.part(
                    ribbon([(C + side * 4, y), (C + side * 26, y - 3)], 4), Cloth((70, 48, 34), "leather"), lift=0.4
                )
            sheet.part(
                ribbon([(C - 13, y + 1), (C, y), (C + 13, y - 1)], [3, 8, 3]),
                Cloth((128, 88, 52), "acetate"),
                lift=0.6,
                upright=False,
            )
    if look.get("chest_zip"):
        sheet.zip([(C + 30, cut.top + 84), (C + 60, cut.top + 96)], look.hardware, 7)


def _quilting(sheet: Sheet, outline: Any, cut: Cut, hem: float, half: float, kind: str) -> None:
    c = sheet.c
    c.save()
    c.clipPath(outline, skia.ClipOp.kIntersect, True)
    if kind == "channel":
        step = 30
        for k in range(30):
            y = cut.top + 34 + k * step
            if y > hem:
                break
            line = path(f"M {C - 150} {y - 4} Q {C} {y + 7} {C + 150} {y - 4}")
            sheet.shade(
                path(
                    f"M {C - 150} {y - 12} Q {C} {y} {C + 150} {y - 12} L {C + 150} {y} Q {C} {y + 10} {C - 150} {y} Z"
                ),
                0.24,
                4,
            )
            sheet.shade(
                path(
                    f"M {C - 150} {y + 4} Q {C} {y + 15} {C + 150} {y + 4} L {C + 150} {y + 10} Q {C} {y + 21} {C - 150} {y + 10} Z"
                ),
                0.22,
                3.4,
                GLOW,
            )
            sheet.line(line, INK, 1.1, 0.5)
    else:
        for k in range(-14, 26):
            for sign in (1, -1):
                x = C + k * 26
                line = path(f"M {x} {cut.top} L {x + sign * 420} {cut.top + 560}")
                sheet.shade(line, 0.10, 2)
                sheet.line(line, INK, 0.9, 0.42)
                c.save()
                c.translate(1.4, 1.0)
                sheet.line(line, GLOW, 0.8, 0.22)
                c.restore()
    c.restore()


# ---------------------------------------------------------------- knitwear, shirts, tops


def knit(sheet: Sheet, look: Look) -> None:
    """Jumpers, roll-necks, cardigans and knitted vests."""
    cut, cloth = Cut(look), look.cloth
    neckline = look.get("neck", "crew")
    length = {"crop": 224, "regular": 272, "long": 330, "maxi": 420}[look.get("length", "regular")]
    hem, waist_y = cut.top + length, cut.top + 170
    cut.waist = cut.bust - (6 if look.get("fit") == "slim" else 1)
    half = cut.hip - 2
    depth = {"v": 74.0, "cardigan": 128.0}.get(neckline, 22.0)
    if look.get("open"):
        depth = look.get("depth", 110.0)
    cuff_look = look.but(cuff="rib")
    if look.get("sleeve") == "none":
        cut.shoulder -= 10
    sleeves(sheet, cuff_look, cut, cloth)
    rib = replace(look.trim or cloth.plain(), surface="rib")
    if neckline == "roll":
        y, n = cut.top, cut.neck
        outline = front(cut, "high", 0, hem, half, waist_y)
    else:
        back_neck(sheet, cut, cloth.plain(), depth + 8)
        outline = front(
            cut, "v" if depth > 40 else ("boat" if neckline == "boat" else "crew"), depth, hem, half, waist_y
        )
    sheet.part(path(outline), cloth, folds=body_folds(cut, hem, waist_y, 0.7), lift=1.0)
    if look.get("cables"):
        _cables(sheet, cut, cloth, hem, look.get("cables"))
    if look.get("yoke_band"):
        _fairisle(sheet, look, path(outline), cut)
    band = f"M {C - half - 1} {hem - 22} Q {C} {hem - 16} {C + half + 1} {hem - 22} L {C + half - 3} {hem + 5} Q {C} {hem + 11} {C - half + 3} {hem + 5} Z"
    sheet.part(path(band), rib, lift=0.3, edge=0.7)
    y, n = cut.top, cut.neck
    if neckline == "roll":
        under = mirrored(
            f"M {C} {y - 28} Q {C + n * 0.6} {y - 28} {C + n - 4} {y - 34} L {C + n + 2} {y + 4} Q {C + n * 0.5} {y + 14} {C} {y + 14}"
        )
        sheet.part(path(under), rib, lift=0.8)
        fold = mirrored(
            f"M {C} {y - 30} Q {C + n * 0.6} {y - 30} {C + n - 2} {y - 36} L {C + n + 4} {y - 10} Q {C + n * 0.5} {y} {C} {y}"
        )
        sheet.part(path(fold), rib, lift=0.7)
    elif neckline == "funnel":
        tube = mirrored(
            f"M {C} {y - 8} Q {C + n * 0.6} {y - 8} {C + n - 3} {y - 14} L {C + n + 3} {y + 4} Q {C + n * 0.5} {y + 25} {C} {y + 25}"
        )
        sheet.part(path(tube), rib, lift=0.6)
    elif neckline == "polo":
        shirt_collar(sheet, cut, rib, 1.15, 8)
        sheet.seam(path(f"M {C} {y + 30} L {C} {y + 92}"), cloth.rgb)
        for k in range(3):
            sheet.button(C + 3, y + 42 + k * 20, 3, *look.buttons())
    elif depth > 40:
        strip = [(C + n + 1, y - 1), (C + n * 0.5, y + depth * 0.52), (C + 2, y + depth + 4)]
        if look.get("open"):
            strip += [(C, y + depth + 60), (C, hem + 6)]
            sheet.shade(box(C + 6, y + depth, C + 14, hem), 0.3, 4)
        for side in (-1, 1):
            points = [
                (C + side * (px - C) + (5 if look.get("open") else 0) * (1 if side > 0 else 0), py) for px, py in strip
            ]
            sheet.part(ribbon(points, 11), rib, lift=0.4, form=0.5, edge=0.7)
        top = ribbon([(C - n - 2, y), (C, y + 9), (C + n + 2, y)], 9)
        sheet.part(top, rib, lift=0.3, form=0.4, edge=0.5)
        if look.get("open"):
            count = look.get("buttons", 5)
            for k in range(count):
                sheet.button(
                    C + 4, y + depth + 16 + k * (hem - y - depth - 34) / max(1, count - 1), 4.0, *look.buttons()
                )
    else:
        x = n + (22 if neckline == "boat" else 0)
        dip = 17 if neckline == "boat" else 27
        collar = ribbon(
            [
                (C - x - 1, y),
                (C - x * 0.62, y + dip * 0.72),
                (C, y + dip),
                (C + x * 0.62, y + dip * 0.72),
                (C + x + 1, y),
            ],
            11,
        )
        sheet.part(collar, rib, lift=0.5, form=0.5, edge=0.7)
        back = ribbon([(C - x, y), (C, y + 9), (C + x, y)], 8)
        sheet.part(back, rib.darker(0.12), lift=0.2, form=0.4, edge=0.5)


def _cables(sheet: Sheet, cut: Cut, cloth: Cloth, hem: float, count: int) -> None:
    dark = luminance(cloth.rgb) < 0.2
    xs = {1: [0], 2: [-30, 30], 3: [-44, 0, 44], 5: [-56, -28, 0, 28, 56]}[count]
    for x in xs:
        top, bottom = cut.top + 44, hem - 30
        for side in (-9, 9):
            sheet.seam(path(f"M {C + x + side} {top} L {C + x + side} {bottom}"), cloth.rgb, 0.8)
        y = top + 4
        while y + 22 < bottom:
            for sign in (1, -1):
                strand = ribbon([(C + x - sign * 4.6, y), (C + x, y + 11), (C + x + sign * 4.6, y + 22)], [5, 7.4, 5])
                sheet.part(strand, cloth.lighter(0.10 if not dark else 0.16), lift=0.5, form=0.5, edge=0.7)
            y += 21


def _fairisle(sheet: Sheet, look: Look, outline: Any, cut: Cut) -> None:
    sheet.c.save()
    sheet.c.clipPath(outline, skia.ClipOp.kIntersect, True)
    a, b = look.cloth.second, look.cloth.third
    for k in range(3):
        y = cut.top + 52 + k * 26
        sheet.line(path(f"M {C - 120} {y} Q {C} {y + 18} {C + 120} {y}"), a, 3.2, 0.9)
        for n in range(-12, 13):
            x = C + n * 10
            yy = y + 10 + 9 * (1 - (n / 12) ** 2)
            sheet.flat(path(f"M {x} {yy - 5} L {x + 4} {yy} L {x} {yy + 5} L {x - 4} {yy} Z"), b if k % 2 else a, 0.95)
    sheet.c.restore()


def shirt(sheet: Sheet, look: Look) -> None:
    """Shirts, blouses, T-shirts and tops."""
    cut, cloth = Cut(look), look.cloth
    neck = look.get("neck", "collar")
    length = {"crop": 216, "regular": 286, "long": 330}[look.get("length", "regular")]
    hem, waist_y = cut.top + length, cut.top + 176
    cut.waist = cut.bust - (10 if look.audience != "men" else 4)
    if look.get("fit") in ("easy", "oversized"):
        cut.waist = cut.bust
    half = cut.hip
    if look.get("sleeve") == "none":
        cut.shoulder -= 16
    depth = {"v": 70.0, "bow": 24.0, "scoop": 46.0, "square": 52.0, "camp": 70.0, "wrap": 104.0, "cowl": 40.0}.get(
        neck, 24.0
    )
    line = {
        "v": "v",
        "scoop": "scoop",
        "square": "square",
        "camp": "v",
        "wrap": "v",
        "cowl": "scoop",
        "boat": "boat",
    }.get(neck, "crew")
    sleeves(sheet, look, cut, cloth)
    back_neck(sheet, cut, cloth.plain(), depth + 8)
    outline = front(cut, line, depth, hem, half, waist_y)
    sheet.part(path(outline), cloth, folds=body_folds(cut, hem, waist_y, 1.0), lift=0.9)
    y, n, rgb = cut.top, cut.neck, cloth.rgb
    if neck in ("collar", "stand", "bow", "camp"):
        start = y + (depth if neck == "camp" else 24)
        placket = box(C - 9, start, C + 9, hem + 4)
        sheet.part(placket, cloth, lift=0.25, form=0.1, edge=0.35)
        for x in (-6.5, 6.5):
            sheet.stitch(path(f"M {C + x} {start + 4} L {C + x} {hem}"), mix(rgb, INK, 0.35), 0.6, 2.2, 0.5)
        count = 6
        for k in range(count):
            by = start + 18 + k * (hem - start - 44) / (count - 1)
            if look.buttons()[0] is None:
                sheet.button(C, by, 3.2, *look.buttons())
            else:
                sheet.button(C, by, 3.2, look.buttons()[0])
    if neck == "collar":
        shirt_collar(sheet, cut, look.collar or cloth, look.get("collar_size", 1.0))
    elif neck == "camp":
        leaf = f"M {C + n - 8} {y - 9} Q {C + n + 6} {y - 4} {C + n + 7} {y + 3} L {C + n + 24} {y + 42} L {C + n + 2} {y + 46} L {C + 2} {y + depth + 4} Q {C + n - 14} {y + 34} {C + n - 8} {y - 9} Z"
        both(sheet, leaf, cloth, lift=0.8, form=0.3, angle=-16)
    elif neck == "stand":
        d = mirrored(
            f"M {C} {y - 6} Q {C + n * 0.8} {y - 7} {C + n} {y - 11} L {C + n + 3} {y + 3} Q {C + n * 0.6} {y + 24} {C} {y + 25}"
        )
        sheet.part(path(d), cloth, lift=0.6, form=0.7)
    elif neck == "bow":
        d = mirrored(
            f"M {C} {y + 6} Q {C + n * 0.8} {y} {C + n} {y - 9} L {C + n + 4} {y + 4} Q {C + n * 0.6} {y + 27} {C} {y + 28}"
        )
        sheet.part(path(d), cloth, lift=0.6, form=0.6)
        for points, widths in (
            ([(C + 2, y + 26), (C + 20, y + 84), (C + 14, y + 150)], [10, 24, 30]),
            ([(C - 2, y + 26), (C - 22, y + 74), (C - 20, y + 128)], [10, 22, 28]),
        ):
            sheet.part(
                ribbon(points, widths),
                cloth,
                lift=0.9,
                folds=[(points[0][0], points[0][1], points[2][0], points[2][1] - 8, 3, 4, 0.8)],
            )
        for side in (-1, 1):
            loop = path(
                f"M {C} {y + 22} C {C + side * 20} {y - 4} {C + side * 58} {y + 8} {C + side * 54} {y + 34} C {C + side * 46} {y + 50} {C + side * 18} {y + 40} {C} {y + 30} Z"
            )
            sheet.part(loop, cloth, lift=0.8, form=0.5, folds=[(C, y + 26, C + side * 40, y + 24, 2, 4, 0.9)])
        sheet.part(box(C - 8, y + 16, C + 8, y + 36, 5), cloth, lift=0.8)
    elif neck == "wrap":
        sheet.shade(
            path(
                f"M {C - n} {y} L {C + cut.waist - 4} {waist_y + 8} L {C + cut.waist - 10} {waist_y + 16} L {C - n - 4} {y + 10} Z"
            ),
            0.2,
            4,
        )
        sheet.seam(curve([(C - n, y), (C - 2, y + depth), (C + cut.waist - 4, waist_y + 14)]), rgb, 1.2)
        sheet.seam(curve([(C + n, y), (C + 4, y + depth - 8)]), rgb, 1.0)
    else:
        wide = 7.5 if look.get("tee") else 4.5
        if line == "crew":
            sheet.part(
                ribbon([(C - n, y), (C - n * 0.62, y + 17), (C, y + 25), (C + n * 0.62, y + 17), (C + n, y)], wide),
                look.trim or cloth,
                lift=0.3,
                form=0.3,
                edge=0.5,
            )
            sheet.part(
                ribbon([(C - n, y), (C, y + 9), (C + n, y)], wide * 0.8),
                (look.trim or cloth).darker(0.1),
                lift=0.1,
                form=0.3,
                edge=0.4,
            )
        elif line == "v":
            for side in (1, -1):
                sheet.part(
                    ribbon([(C + side * n, y - 1), (C, y + depth + 2)], wide),
                    look.trim or cloth,
                    lift=0.3,
                    form=0.3,
                    edge=0.4,
                )
    if look.get("pocket"):
        sheet.part(
            path(
                f"M {C + 26} {y + 84} L {C + 62} {y + 84} L {C + 62} {y + 118} L {C + 44} {y + 126} L {C + 26} {y + 118} Z"
            ),
            cloth,
            lift=0.4,
            form=0.1,
            edge=0.5,
        )
        sheet.stitch(path(f"M {C + 29} {y + 88} L {C + 59} {y + 88}"), mix(rgb, INK, 0.35), 0.7, 2.2, 0.6)
    if look.get("ruffle"):
        for k, side in ((0, 1), (1, -1)):
            points = [
                (C + side * 14, y + 26),
                (C + side * 22, y + 80),
                (C + side * 16, y + 140),
                (C + side * 20, y + 190),
            ]
            sheet.part(
                ribbon(points, [8, 18, 16, 10]),
                cloth,
                lift=0.7,
                folds=[
                    (C + side * 10, y + 60 + k * 8, C + side * 30, y + 66, 1, 3, 0.9),
                    (C + side * 10, y + 110, C + side * 28, y + 114, 1, 3, 0.9),
                    (C + side * 10, y + 150, C + side * 28, y + 152, 1, 3, 0.9),
                ],
            )
    sheet.seam(path(f"M {C - half + 2} {hem - 6} Q {C} {hem - 1} {C + half - 2} {hem - 6}"), rgb, 0.5)


# ---------------------------------------------------------------- dresses


def dress(sheet: Sheet, look: Look) -> None:
    cut, cloth = Cut(look), look.cloth
    y = cut.top
    length = {"mini": 300, "knee": 372, "midi": 438, "maxi": 520}[look.get("length", "midi")]
    hem, waist_y = (
        y + length,
        y + {"empire": 112, "natural": 158, "drop": 226, "none": 160}[look.get("waist", "natural")],
    )
    shape = look.get("shape", "a-line")
    neck = look.get("neck", "crew")
    cut.waist = {
        "a-line": 58,
        "full": 56,
        "slip": 66,
        "sheath": 62,
        "shift": 76,
        "column": 62,
        "mermaid": 58,
        "tiered": 70,
    }[shape]
    if look.get("waist") == "empire":
        cut.waist = 66
    half: float = {
        "a-line": 122,
        "full": 176,
        "slip": 98,
        "sheath": 70,
        "shift": 92,
        "column": 76,
        "mermaid": 118,
        "tiered": 136,
    }[shape]
    half *= {"mini": 0.84, "knee": 0.94, "midi": 1.0, "maxi": 1.12}[look.get("length", "midi")]
    straps = neck in ("slip", "halter", "strapless", "sweetheart")
    if look.get("sleeve") == "none" and not straps:
        cut.shoulder -= 18
    hip_y = waist_y + 70
    hip = {
        "a-line": cut.waist + 26,
        "full": cut.waist + 50,
        "slip": 84,
        "sheath": 80,
        "shift": 84,
        "column": 78,
        "mermaid": 80,
        "tiered": 96,
    }[shape]
    knee_y = y + 330
    if shape == "mermaid":
        skirt = f"C {C + hip} {waist_y + 30} {C + hip + 2} {hip_y + 20} {C + 66} {knee_y} C {C + 66} {knee_y + 40} {C + half - 20} {hem - 40} {C + half} {hem}"
    else:
        skirt = f"C {C + cut.waist + 6} {waist_y + 20} {C + hip - 4} {hip_y - 34} {C + hip} {hip_y} C {C + hip + (half - hip) * 0.3} {hip_y + (hem - hip_y) * 0.35} {C + half - (half - hip) * 0.14} {hem - (hem - hip_y) * 0.3} {C + half} {hem}"
    wave = 7 if shape in ("a-line", "full", "mermaid", "tiered") else 3
    bottom = f"Q {C + half * 0.72} {hem + 14 + wave} {C + half * 0.5} {hem + 12} Q {C + half * 0.25} {hem + 12 + wave * 1.6} {C} {hem + 15}"
    n = cut.neck
    depth = {"v": 84.0, "wrap": 112.0, "scoop": 58.0, "square": 58.0, "cowl": 62.0, "collar": 24.0, "shirt": 24.0}.get(
        neck, 24.0
    )
    if straps:
        bust_y = y + 66
        dip = {"slip": 22, "halter": 6, "strapless": 6, "sweetheart": 14}[neck]
        begin = f"M {C} {bust_y + dip} " + (
            f"Q {C + 26} {bust_y + dip} {C + 40} {bust_y - 8} Q {C + 58} {bust_y + 2} {C + cut.bust - 8} {cut.armpit - 10}"
            if neck != "sweetheart" else f"Q {C + 12} {bust_y - 14} {C + 36} {bust_y - 14} Q {C + 60} {bust_y - 10} {C + cut.bust - 8} {cut.armpit - 16}"
        )  # fmt: skip
        if neck == "strapless":
            begin = f"M {C} {bust_y + 8} Q {C + 40} {bust_y + 2} {C + cut.bust - 10} {bust_y + 8} L {C + cut.bust - 7} {cut.armpit - 8}"
        if neck == "halter":
            begin = f"M {C} {y + 10} Q {C + n * 0.8} {y + 4} {C + n + 2} {y - 10} C {C + n + 8} {y + 40} {C + cut.bust - 18} {cut.armpit - 34} {C + cut.bust - 8} {cut.armpit - 6}"
        side = f"C {C + cut.bust - 6} {cut.armpit + 30} {C + cut.waist} {waist_y - 30} {C + cut.waist} {waist_y} "
        outline = mirrored(f"{begin} {side} {skirt} {bottom}")
        back = path(
            f"M {C - cut.bust + 10} {cut.armpit - 12} Q {C} {cut.armpit - 34} {C + cut.bust - 10} {cut.armpit - 12} L {C + cut.bust - 14} {cut.armpit + 14} L {C - cut.bust + 14} {cut.armpit + 14} Z"
        )
        if neck in ("slip", "sweetheart", "strapless"):
            sheet.part(back, cloth.plain().darker(0.42), lift=0, form=0.3)
        if neck in ("slip", "sweetheart") and look.get("straps", True):
            for s in (1, -1):
                sheet.line(
                    curve(
                        [
                            (C + s * 40, bust_y - 7),
                            (C + s * 47, y + 10),
                            (C + s * 44, y - 14),
                            (C + s * 36, y + 20),
                            (C + s * 34, cut.armpit - 20),
                        ]
                    ),
                    mix(cloth.rgb, INK, 0.25),
                    3.0,
                )
                sheet.line(
                    curve([(C + s * 40, bust_y - 7), (C + s * 47, y + 10), (C + s * 44, y - 14)]),
                    mix(cloth.rgb, GLOW, 0.12),
                    1.8,
                )
    else:
        line = {"v": "v", "wrap": "v", "scoop": "scoop", "square": "square", "cowl": "scoop", "boat": "boat"}.get(
            neck, "crew"
        )
        sleeves(sheet, look, cut, cloth)
        back_neck(sheet, cut, cloth.plain(), depth + 8)
        whole = front(cut, line, depth, hem, half, waist_y)
        half_path = whole.split(f"{C + cut.waist} {waist_y} C")[0] + f"{C + cut.waist} {waist_y} "
        outline = mirrored(half_path + skirt + " " + bottom)
    folds = body_folds(cut, waist_y + 30, waist_y, 0.5)[:2]
    count = {"a-line": 5, "full": 8, "slip": 4, "sheath": 2, "shift": 3, "column": 4, "mermaid": 5, "tiered": 6}[shape]
    for k in range(count):
        u = (k + 0.5) / count * 2 - 1
        begin_y = waist_y + (4 if shape in ("full", "a-line") else 40 + 20 * (k % 2))
        folds.append(
            (
                C + u * cut.waist * 0.92,
                begin_y,
                C + u * half * 0.94,
                hem + 6,
                u * 8,
                6 + 5 * abs(u) + (3 if shape == "full" else 0),
                0.95 - 0.3 * (k % 2),
            )
        )
    if shape == "mermaid":
        folds = folds[:2] + [
            (C + u * 50, knee_y, C + u * 108, hem + 6, u * 6, 8, 0.9) for u in (-0.9, -0.45, 0.0, 0.45, 0.9)
        ]
    sheet.part(path(outline), cloth, folds=folds, lift=1.0)
    rgb = cloth.rgb
    if look.get("pleats"):
        sheet.c.save()
        sheet.c.clipPath(path(outline), skia.ClipOp.kIntersect, True)
        _pleat_lines(sheet, cut.waist, half, waist_y, hem + 14, rgb)
        sheet.c.restore()
    if shape == "tiered":
        for share in (0.36, 0.68):
            ty = waist_y + (hem - waist_y) * share
            w = cut.waist + (half - cut.waist) * (share * 0.8 + 0.2) + 6
            sheet.shade(
                path(
                    f"M {C - w} {ty} Q {C} {ty + 10} {C + w} {ty} L {C + w} {ty + 8} Q {C} {ty + 20} {C - w} {ty + 8} Z"
                ),
                0.28,
                4,
            )
            sheet.seam(path(f"M {C - w} {ty} Q {C} {ty + 10} {C + w} {ty}"), rgb, 1.0)
            for k in range(15):
                x = C - w + 2 * w * (k + 0.5) / 15
                sheet.shade(path(f"M {x - 1.5} {ty + 6} L {x + 1.5} {ty + 6} L {x + 3} {ty + 34} Z"), 0.22, 2)
    if look.get("slit"):
        x = C + cut.waist * 0.62
        sheet.shade(path(f"M {x} {hem - 150} L {x + 20} {hem + 16} L {x - 1} {hem + 16} Z"), 0.6, 3)
        sheet.seam(path(f"M {x} {hem - 152} L {x - 2} {hem + 15}"), rgb, 1.2)
    belt = look.get("belt")
    if belt:
        belt_at(sheet, look.trim or cloth, cut.waist, waist_y, "self", look.hardware, belt == "tie")
    elif look.get("waist") != "none" and shape in ("a-line", "full", "sheath"):
        sheet.seam(path(f"M {C - cut.waist} {waist_y} Q {C} {waist_y + 7} {C + cut.waist} {waist_y}"), rgb, 0.9)
    if neck == "wrap":
        sheet.shade(
            path(
                f"M {C - n} {y} L {C + cut.waist} {waist_y} L {C + cut.waist - 10} {waist_y + 10} L {C - n - 4} {y + 10} Z"
            ),
            0.22,
            4,
        )
        sheet.seam(curve([(C - n, y), (C - 4, y + depth - 4), (C + cut.waist - 8, waist_y - 2)]), rgb, 1.2)
        sheet.seam(curve([(C + 12, waist_y + 8), (C + 30, hip_y + 60), (C + 26, hem + 14)]), rgb, 1.1)
    elif neck in ("shirt", "collar"):
        if neck == "shirt":
            sheet.part(box(C - 8, y + 24, C + 8, hem + 14), cloth, lift=0.3, form=0.1, edge=0.3)
            for k in range(8):
                by = y + 46 + k * 46
                if by < hem and not (belt and abs(by - waist_y) < 12):
                    sheet.button(C, by, 3.2, *look.buttons())
        shirt_collar(sheet, cut, look.collar or cloth, 1.05)
    elif neck == "cowl":
        for d in (40, 58, 80):
            sheet.shade(ribbon([(C - n - 2, y + 8), (C, y + d + 8), (C + n + 2, y + 8)], 4), 0.28, 2.5)
            sheet.shade(ribbon([(C - n, y + 4), (C, y + d), (C + n, y + 4)], 3), 0.20, 2, GLOW)
    elif not straps and neck in ("crew", "v", "scoop", "square", "boat"):
        pass
    if look.get("sequins"):
        rng = sheet.rng
        sheet.c.save()
        sheet.c.clipPath(path(outline), skia.ClipOp.kIntersect, True)
        for _ in range(900):
            x, yy = rng.uniform(C - half, C + half), rng.uniform(y, hem + 14)
            sheet.flat(oval(x, yy, 1.3), GLOW if rng.random() < 0.55 else INK, rng.uniform(0.15, 0.6))
        sheet.c.restore()


def _pleat_lines(sheet: Sheet, top: float, bottom: float, y0: float, y1: float, rgb: Any, count: int = 13) -> None:
    for k in range(count + 1):
        u = k / count * 2 - 1
        x0, x1 = C + u * top, C + u * bottom
        xn0, xn1 = C + (u + 2 / count) * top, C + (u + 2 / count) * bottom
        sheet.shade(
            path(f"M {x0} {y0} L {x0 + (xn0 - x0) * 0.5} {y0} L {x1 + (xn1 - x1) * 0.62} {y1} L {x1} {y1} Z"), 0.26, 2.2
        )
        sheet.shade(
            path(f"M {x0 + (xn0 - x0) * 0.7} {y0} L {xn0} {y0} L {xn1} {y1} L {x1 + (xn1 - x1) * 0.8} {y1} Z"),
            0.20,
            2.0,
            GLOW,
        )
        sheet.seam(path(f"M {x0} {y0} L {x1} {y1}"), rgb, 0.9, 1.0)


# ---------------------------------------------------------------- trousers and skirts


def trousers(sheet: Sheet, look: Look) -> None:
    cloth, rgb = look.cloth, look.cloth.rgb
    shape = look.get("shape", "straight")
    man = look.audience == "men"
    y = 90.0
    waist = 66.0 if man else 60.0
    hip = (
        waist
        + {
            "skinny": 14,
            "slim": 14,
            "straight": 17,
            "wide": 22,
            "flared": 14,
            "barrel": 26,
            "cropped": 17,
            "shorts": 20,
            "tapered": 20,
            "jogger": 22,
        }[shape]
    )
    outer, inner = {"skinny": (52, 24), "slim": (60, 26), "straight": (72, 24), "wide": (104, 18), "flared": (100, 16), "barrel": (66, 26),
                    "cropped": (70, 28), "shorts": (94, 10), "tapered": (60, 28), "jogger": (58, 30)}[shape]  # fmt: skip
    hem = {"cropped": 430.0, "shorts": 250.0}.get(shape, 508.0)
    crotch = y + 132.0
    knee = {
        "wide": 92,
        "flared": 62,
        "barrel": 96,
        "straight": 74,
        "skinny": 58,
        "slim": 64,
        "cropped": 76,
        "shorts": 90,
        "tapered": 76,
        "jogger": 78,
    }[shape]
    knee_in = {"wide": 10, "flared": 20, "barrel": 6, "skinny": 20}.get(shape, 16)
    d = (
        f"M {C} {y + 4} L {C + waist} {y} C {C + waist + 6} {y + 30} {C + hip} {y + 70} {C + hip + 1} {crotch - 14} "
        f"C {C + hip + 2} {crotch + 40} {C + knee} {crotch + (hem - crotch) * 0.3} {C + knee} {crotch + (hem - crotch) * 0.46} "
        f"C {C + knee} {crotch + (hem - crotch) * 0.7} {C + outer} {hem - 60} {C + outer} {hem} Q {C + (outer + inner) / 2} {hem + 6} {C + inner} {hem + 1} "
        f"C {C + inner - 2} {hem - 70} {C + knee_in} {crotch + (hem - crotch) * 0.6} {C + knee_in - 4} {crotch + (hem - crotch) * 0.4} Q {C + 6} {crotch + 40} {C} {crotch} L {C} {y + 4} Z"
    )
    crease = look.get("crease", True)
    mid = (outer + inner) / 2
    folds: list[tuple[float, ...]] = [
        (C + 4, crotch + 6, C + hip - 22, crotch - 22, -4, 6, 0.8),
        (C + 6, crotch + 18, C + knee * 0.6, crotch + 40, 4, 6, 0.7),
        (
            C + knee - 6,
            crotch + (hem - crotch) * 0.42,
            C + knee_in + 12,
            crotch + (hem - crotch) * 0.5,
            3,
            5,
            0.6 if shape != "shorts" else 0.2,
        ),
        (C + outer - 4, hem - 40, C + inner + 8, hem - 26, 3, 5, 0.5),
    ]
    if crease:
        folds.append((C + hip * 0.5, y + 60, C + mid, hem - 2, 2, 3.2, 0.9))
    if shape in ("wide", "flared", "shorts"):
        folds += [
            (C + knee * 0.75, crotch + 60, C + outer * 0.84, hem, 3, 8, 0.7),
            (C + knee * 0.35, crotch + 90, C + outer * 0.34, hem, -2, 7, 0.6),
        ]
    inside = mirrored(
        f"M {C} {y - 6} Q {C + waist * 0.6} {y - 6} {C + waist} {y} L {C + waist} {y + 14} L {C} {y + 16}"
    )
    sheet.part(path(inside), cloth.plain().darker(0.5), lift=0, form=0.2)
    both(sheet, d, cloth, folds=folds, lift=0.7, form=0.75)
    # waistband
    band = mirrored(
        f"M {C} {y + 5} Q {C + waist * 0.6} {y + 4} {C + waist} {y} L {C + waist + 4} {y + 17} Q {C + waist * 0.6} {y + 22} {C} {y + 22}"
    )
    if shape == "jogger" or look.get("drawstring"):
        sheet.part(path(band), replace(cloth, surface="rib", pattern=None), lift=0.4)
        for side, reach in ((1, 46), (-1, 38)):
            sheet.line(
                curve([(C + side * 4, y + 16), (C + side * 10, y + 34), (C + side * 7, y + 20 + reach)]),
                mix(rgb, GLOW, 0.75),
                2.4,
            )
    else:
        sheet.part(path(band), cloth, lift=0.4, form=0.5, edge=0.6)
        for x in (-0.72, -0.3, 0.3, 0.72):
            sheet.part(
                box(C + x * waist - 2.6, y + 1, C + x * waist + 2.6, y + 23, 1), cloth.plain(), lift=0.4, edge=0.3
            )
        sheet.button(C + 1, y + 13, 3.6, *look.buttons())
    sheet.seam(path(f"M {C} {y + 22} L {C} {crotch}"), rgb, 1.0)
    fly = path(f"M {C + 14} {y + 22} L {C + 14} {y + 78} Q {C + 12} {y + 94} {C} {y + 100}")
    if look.stitch:
        sheet.stitch(fly, look.stitch)
        sheet.stitch(path(f"M {C - waist} {y + 19} Q {C} {y + 24} {C + waist} {y + 19}"), look.stitch)
        for side in (1, -1):
            pocket = path(f"M {C + side * 26} {y + 22} Q {C + side * 34} {y + 50} {C + side * (waist + 8)} {y + 50}")
            sheet.seam(pocket, rgb)
            sheet.stitch(pocket, look.stitch)
            sheet.stitch(
                path(f"M {C + side * (outer - 3)} {hem - 9} L {C + side * (inner + 3)} {hem - 8}"), look.stitch
            )
            for px in (27, waist + 5):
                sheet.flat(oval(C + side * px, y + (27 if px == 27 else 47), 1.4), (190, 130, 80))
    else:
        sheet.seam(fly, rgb, 0.5)
        for side in (1, -1):
            sheet.seam(path(f"M {C + side * (waist - 12)} {y + 22} L {C + side * (hip - 4)} {y + 84}"), rgb, 0.9)
    if look.get("pleats"):
        for side in (1, -1):
            for k in range(2):
                x = C + side * (26 + 13 * k)
                sheet.shade(path(f"M {x - 2} {y + 22} L {x + 3} {y + 22} L {x + side * 4} {y + 84} Z"), 0.4, 2)
                sheet.seam(path(f"M {x} {y + 22} L {x + side * 3} {y + 72}"), rgb, 0.9)
    if look.get("turnup"):
        both(sheet, f"M {C + outer + 1} {hem - 20} L {C + outer + 1} {hem + 1} Q {C + mid} {hem + 7} {C + inner - 1} {hem + 2} L {C + inner - 1} {hem - 19} Q {C + mid} {hem - 14} {C + outer + 1} {hem - 20} Z",
             cloth.lighter(0.12) if look.stitch else cloth, lift=0.5, form=0.5, edge=0.6)  # fmt: skip
    if shape == "jogger":
        both(
            sheet,
            f"M {C + outer + 1} {hem - 16} L {C + outer - 6} {hem + 8} L {C + inner + 5} {hem + 8} L {C + inner - 1} {hem - 16} Z",
            replace(cloth, surface="rib", pattern=None),
            lift=0.4,
        )
    if look.get("cargo"):
        both(
            sheet,
            f"M {C + hip - 28} {crotch + 30} L {C + hip + 2} {crotch + 28} L {C + hip - 2} {crotch + 88} L {C + hip - 32} {crotch + 88} Z",
            cloth,
            lift=0.7,
            form=0.3,
        )
        both(
            sheet,
            f"M {C + hip - 30} {crotch + 26} L {C + hip + 4} {crotch + 24} L {C + hip + 2} {crotch + 44} L {C + hip - 30} {crotch + 46} Z",
            cloth,
            lift=0.6,
            form=0.2,
        )
    if look.get("belt"):
        belt_at(sheet, look.trim or cloth, waist + 2, y + 10, "self", look.hardware, look.get("belt") == "tie")
    if look.get("side_stripe"):
        for side in (1, -1):
            sheet.line(
                curve(
                    [
                        (C + side * (waist + 1), y + 24),
                        (C + side * (hip - 3), crotch - 10),
                        (C + side * (knee - 4), crotch + (hem - crotch) * 0.46),
                        (C + side * (outer - 4), hem - 2),
                    ]
                ),
                look.cloth.second,
                5,
                0.9,
            )


def skirt(sheet: Sheet, look: Look) -> None:
    cloth, rgb = look.cloth, look.cloth.rgb
    shape = look.get("shape", "a-line")
    y, waist = 120.0, 62.0
    length = {"mini": 172, "knee": 262, "midi": 344, "maxi": 420}[look.get("length", "midi")]
    hem = y + length
    hip_y = y + 78
    hip = {"pencil": 88, "a-line": 92, "full": 118, "pleated": 92, "slip": 86, "tulip": 96, "tiered": 104, "wrap": 90}[
        shape
    ]
    half: float = {
        "pencil": 72,
        "a-line": 128,
        "full": 184,
        "pleated": 132,
        "slip": 106,
        "tulip": 66,
        "tiered": 150,
        "wrap": 108,
    }[shape]
    half *= {"mini": 0.86, "knee": 0.93, "midi": 1.0, "maxi": 1.1}[look.get("length", "midi")]
    wave = 6 if shape in ("full", "a-line", "slip", "tiered") else 1
    bottom = f"Q {C + half * 0.74} {hem + 10 + wave} {C + half * 0.5} {hem + 10} Q {C + half * 0.25} {hem + 10 + wave * 1.8} {C} {hem + 13}"
    outline = mirrored(
        f"M {C} {y + 6} L {C + waist} {y} C {C + waist + 8} {y + 22} {C + hip - 2} {hip_y - 30} {C + hip} {hip_y} "
        f"C {C + hip + (half - hip) * 0.35} {hip_y + (hem - hip_y) * 0.36} {C + half - (half - hip) * 0.1} {hem - (hem - hip_y) * 0.34} {C + half} {hem} {bottom}"
    )
    folds: list[tuple[float, ...]] = []
    count = {"pencil": 2, "a-line": 5, "full": 9, "pleated": 0, "slip": 5, "tulip": 4, "tiered": 6, "wrap": 3}[shape]
    for k in range(count):
        u = (k + 0.5) / count * 2 - 1
        start = y + (18 if shape in ("full", "tiered", "a-line") else 56 + 24 * (k % 2))
        folds.append(
            (
                C + u * waist * 0.94,
                start,
                C + u * half * 0.95,
                hem + 8,
                u * 8,
                6 + 6 * abs(u) + (4 if shape == "full" else 0),
                1.0 - 0.3 * (k % 2),
            )
        )
    inside = mirrored(
        f"M {C} {y - 5} Q {C + waist * 0.6} {y - 5} {C + waist} {y} L {C + waist} {y + 14} L {C} {y + 16}"
    )
    sheet.part(path(inside), cloth.plain().darker(0.5), lift=0, form=0.2)
    sheet.part(path(outline), cloth, folds=folds, lift=0.8)
    if shape == "pleated":
        sheet.c.save()
        sheet.c.clipPath(path(outline), skia.ClipOp.kIntersect, True)
        _pleat_lines(sheet, waist, half, y + 16, hem + 14, rgb, look.get("count", 13))
        sheet.c.restore()
    if shape == "tiered":
        for share in (0.38, 0.7):
            ty = y + (hem - y) * share
            w = waist + (half - waist) * (share * 0.85 + 0.12) + 8
            sheet.shade(
                path(
                    f"M {C - w} {ty} Q {C} {ty + 10} {C + w} {ty} L {C + w} {ty + 8} Q {C} {ty + 20} {C - w} {ty + 8} Z"
                ),
                0.28,
                4,
            )
            sheet.seam(path(f"M {C - w} {ty} Q {C} {ty + 10} {C + w} {ty}"), rgb, 1.0)
    if look.get("slit"):
        x = C + 34
        sheet.shade(path(f"M {x} {hem - 110} L {x + 16} {hem + 14} L {x - 1} {hem + 14} Z"), 0.6, 2.6)
        sheet.seam(path(f"M {x} {hem - 112} L {x - 2} {hem + 12}"), rgb, 1.2)
    if shape == "wrap":
        edge = curve([(C + 34, y + 16), (C + 30, y + 120), (C + 44, hem + 12)])
        sheet.shade(ribbon([(C + 40, y + 20), (C + 37, y + 120), (C + 52, hem + 8)], 9), 0.3, 4)
        sheet.seam(edge, rgb, 1.2)
        for k in range(2):
            strap_y = y + 30 + 24 * k
            sheet.part(
                ribbon([(C + 16, strap_y), (C + 66, strap_y - 3)], 7), Cloth(mix(rgb, INK, 0.5), "leather"), lift=0.5
            )
            buckle(sheet, C + 40, strap_y - 1.5, 7, 6.5, look.hardware, bar=2.4)
    if look.get("front_buttons"):
        sheet.part(box(C - 9, y + 18, C + 9, hem + 12), cloth, lift=0.3, form=0.1, edge=0.4)
        for k in range(7):
            by = y + 34 + k * max(34.0, length / 7.5)
            if by < hem:
                sheet.button(C, by, 4.2, *look.buttons())
    if look.get("pockets"):
        patch_pocket(sheet, cloth, C + waist * 0.72, y + 52, 44, 48, look.stitch)
    if look.stitch:
        sheet.stitch(path(f"M {C - half + 3} {hem - 4} Q {C} {hem + 8} {C + half - 3} {hem - 4}"), look.stitch)
        sheet.stitch(path(f"M {C} {y + 22} L {C} {y + 84}"), look.stitch)
    band = mirrored(
        f"M {C} {y + 5} Q {C + waist * 0.6} {y + 4} {C + waist} {y} L {C + waist + 5} {y + 16} Q {C + waist * 0.6} {y + 22} {C} {y + 22}"
    )
    sheet.part(path(band), look.trim or cloth, lift=0.4, form=0.5, edge=0.6)
    if look.get("belt"):
        belt_at(sheet, Cloth((52, 36, 28), "leather"), waist + 4, y + 11, "belt", look.hardware, False)
    elif not look.get("front_buttons") and shape != "slip":
        sheet.button(C + 2, y + 13, 3.4, *look.buttons())

"""Shoes, seen from the side; the second of the pair stands behind."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from dataclasses import replace
from typing import Any

import skia  # type: ignore[import-not-found, import-untyped, unused-ignore]

from core.demo.drawing.garments import buckle
from core.demo.drawing.kit import GLOW, INK, Cloth, Sheet, box, curve, luminance, mix, oval, path, ribbon, ring, within
from core.demo.drawing.look import Look

# The foot points right; the ground is y = 470, the toe is near x = 390, the heel near x = 110.
G = 470.0


def _sole(look: Look) -> Cloth:
    kind = look.get("sole", "leather")
    rgb = {
        "leather": (58, 40, 30),
        "crepe": (196, 160, 112),
        "white": (240, 236, 228),
        "rubber": (36, 34, 34),
        "tan": (168, 122, 78),
        "self": mix(look.cloth.rgb, INK, 0.3),
        "cork": (182, 140, 96),
        "raffia": (206, 176, 128),
    }[kind]
    return Cloth(
        rgb,
        {"crepe": "suede", "white": "rubber", "rubber": "rubber", "cork": "suede", "raffia": "straw"}.get(
            kind, "leather"
        ),
    )


def pair(sheet: Sheet, look: Look, draw: Any) -> None:
    """One shoe behind, smaller and shifted, and one in front."""
    c = sheet.c
    c.save()
    c.translate(66, -42)
    c.translate(240, G)
    c.scale(0.93, 0.93)
    c.translate(-240, -G)
    draw(sheet, look)
    c.restore()
    draw(sheet, look)


def shoe(sheet: Sheet, look: Look) -> None:
    pair(sheet, look, {
        "pump": pump, "boot": boot, "loafer": loafer, "sneaker": sneaker, "sandal": sandal, "ballet": ballet,
        "derby": derby, "mule": mule, "espadrille": espadrille,
    }[look.get("style", "loafer")])  # fmt: skip


def _heel(sheet: Sheet, look: Look, kind: str, top: float, x: float = 112.0) -> None:
    """A heel from the height `top` down to the ground."""
    cloth = look.trim.plain() if look.get("trim_heel") and look.trim else look.cloth.plain()
    if look.get("metal_heel"):
        cloth = Cloth({"gold": (205, 160, 80), "silver": (178, 182, 188)}.get(look.hardware, (150, 150, 150)), "patent")
    d = {
        "stiletto": f"M {x - 4} {top - 4} C {x + 2} {top + 30} {x + 8} {G - 50} {x + 10} {G} L {x + 19} {G} C {x + 20} {G - 50} {x + 34} {top + 26} {x + 62} {top + 4} Z",
        "kitten": f"M {x - 2} {top - 2} C {x + 4} {top + 12} {x + 10} {G - 24} {x + 11} {G} L {x + 25} {G} C {x + 26} {G - 20} {x + 34} {top + 12} {x + 62} {top + 4} Z",
        "block": f"M {x - 6} {top - 4} L {x - 2} {G} L {x + 46} {G} Q {x + 48} {top + 20} {x + 66} {top + 2} Z",
        "flare": f"M {x - 2} {top - 4} Q {x + 6} {top + 40} {x - 4} {G} L {x + 46} {G} Q {x + 38} {top + 40} {x + 62} {top + 2} Z",
        "curved": f"M {x - 6} {top - 4} C {x - 2} {top + 30} {x + 26} {G - 36} {x + 4} {G} L {x + 34} {G} C {x + 46} {G - 40} {x + 36} {top + 30} {x + 64} {top + 2} Z",
        "cone": f"M {x - 8} {top - 4} L {x + 14} {G} L {x + 28} {G} Q {x + 40} {top + 36} {x + 62} {top + 2} Z",
    }[kind]
    sheet.part(path(d), cloth, lift=0.5, form=0.9)
    tip = path(f"M 0 {G - 4} L 480 {G - 4} L 480 {G} L 0 {G} Z")
    sheet.flat(within(path(d), tip), INK, 0.9)


def pump(sheet: Sheet, look: Look) -> None:
    kind = look.get("heel", "stiletto")
    rise = {"stiletto": 112.0, "kitten": 54.0, "block": 84.0, "flare": 70.0, "curved": 96.0, "cone": 90.0}[kind]
    h = G - rise
    toe = look.get("toe", "pointed")
    tx = {"pointed": 398, "almond": 390, "round": 380, "square": 384}[toe]
    _heel(sheet, look, kind, h - 6)
    sole = path(
        f"M 106 {h - 4} C 150 {h + 6} 200 {G - 40} 262 {G - 10} Q 300 {G + 1} {tx - 20} {G} L {tx} {G - 4} L {tx - 6} {G - 12} L 290 {G - 12} C 220 {G - 30} 170 {h - 6} 106 {h - 14} Z"
    )
    sheet.part(sole, _sole(look), lift=0.3, edge=0.4)
    nose = {
        "pointed": f"C 350 {G - 36} 384 {G - 16} {tx} {G - 5}",
        "almond": f"C 346 {G - 42} 384 {G - 30} {tx} {G - 6}",
        "round": f"C 340 {G - 48} 384 {G - 44} {tx + 2} {G - 6}",
        "square": f"C 340 {G - 42} 372 {G - 36} {tx} {G - 26} L {tx + 4} {G - 6}",
    }[toe]
    throat = look.get("throat", "low")
    tx0, ty0 = {"low": (292, G - 50), "high": (268, G - 66), "dorsay": (292, G - 50)}[throat]
    counter = f"M 104 {h - 8} C 98 {h - 44} 104 {h - 66} 112 {h - 74} "
    top_line = (
        f"C 150 {h - 40} 220 {G - 66} {tx0} {ty0} "
        if throat != "dorsay"
        else f"Q 126 {h - 40} 150 {h - 8} C 190 {h + 20} 240 {G - 44} {tx0} {ty0} "
    )
    inner = path(
        f"M 112 {h - 70} C 150 {h - 62} 230 {G - 90} {tx0 + 2} {ty0 + 2} C 240 {G - 44} 170 {h - 10} 112 {h - 60} Z"
    )
    if throat != "dorsay":
        sheet.part(inner, Cloth(look.lining, "leather").darker(0.25), lift=0, form=0.3, edge=0.5)
    upper = path(f"{counter} {top_line} {nose} L 292 {G - 10} C 216 {G - 30} 166 {h - 2} 106 {h - 10} Z")
    sheet.part(upper, look.cloth, lift=0.6, upright=False, form=0.7)
    sheet.seam(
        curve([(114, h - 70), (160, h - 40), (tx0 - 50, ty0 + 6), (tx0 - 2, ty0 + 3)])
        if throat != "dorsay"
        else path(f"M 150 {h - 8} L 152 {h}"),
        look.cloth.rgb,
        0.6,
    )
    if look.get("cap"):
        cap = within(upper, path(f"M {tx - 56} {G - 80} Q {tx - 44} {G - 30} {tx - 60} {G} L 480 {G} L 480 {G - 90} Z"))
        sheet.part(cap, look.trim or look.cloth.darker(0.4), lift=0.2, form=0.6, upright=False)
    deco = look.get("deco")
    if deco == "bow":
        _bow(sheet, tx0 + 12, ty0 + 6, look.trim or look.cloth)
    elif deco == "buckle":
        sheet.plate(ring(tx0 + 14, ty0 + 12, 14, 11, 4), look.hardware)
    elif deco == "crystal":
        for k in range(5):
            sheet.gem(tx0 - 4 + k * 9, ty0 + 4 + k * 4.4, 4.6, (226, 232, 240))
    if look.get("ankle"):
        band = ribbon([(104, h - 84), (134, h - 70), (172, h - 78), (186, h - 92), (150, h - 102), (106, h - 92)], 8)
        sheet.part(ribbon([(112, h - 72), (110, h - 84), (108, h - 94)], 9), look.cloth, lift=0.3)
        sheet.part(band, look.cloth.plain(), lift=0.5)
        buckle(sheet, 178, h - 84, 7, 7, look.hardware, bar=2.2)
    elif look.get("sling"):
        pass


def _bow(sheet: Sheet, x: float, y: float, cloth: Cloth, size: float = 1.0) -> None:
    for s in (-1, 1):
        loop = path(
            f"M {x} {y} C {x + s * 8 * size} {y - 20 * size} {x + s * 34 * size} {y - 18 * size} {x + s * 30 * size} {y + 2} C {x + s * 28 * size} {y + 16 * size} {x + s * 10 * size} {y + 10 * size} {x} {y + 3} Z"
        )
        sheet.part(loop, cloth, lift=0.5, form=0.5)
    sheet.part(box(x - 5 * size, y - 6 * size, x + 5 * size, y + 8 * size, 3), cloth, lift=0.5)


def ballet(sheet: Sheet, look: Look) -> None:
    toe = look.get("toe", "round")
    nose = {
        "round": f"C 352 {G - 56} 396 {G - 48} 398 {G - 10}",
        "pointed": f"C 350 {G - 46} 390 {G - 24} 410 {G - 7}",
        "square": f"C 350 {G - 50} 384 {G - 42} 396 {G - 30} L 400 {G - 8}",
        "almond": f"C 352 {G - 52} 396 {G - 38} 402 {G - 9}",
    }[toe]
    sheet.part(
        path(f"M 96 {G - 12} L 400 {G - 10} Q 404 {G} 392 {G} L 100 {G} Q 92 {G - 4} 96 {G - 12} Z"),
        _sole(look),
        lift=0.3,
    )
    sheet.part(path(f"M 96 {G - 18} L 140 {G - 16} L 138 {G} L 98 {G} Z"), _sole(look).darker(0.2), lift=0.2)
    inner = path(f"M 106 {G - 84} C 150 {G - 80} 250 {G - 78} 314 {G - 60} C 250 {G - 40} 150 {G - 40} 106 {G - 70} Z")
    sheet.part(inner, Cloth(look.lining, "leather").darker(0.2), lift=0, form=0.3)
    upper = path(
        f"M 94 {G - 12} C 84 {G - 50} 92 {G - 82} 104 {G - 88} C 116 {G - 60} 170 {G - 44} 230 {G - 46} Q 290 {G - 48} 316 {G - 62} {nose} L 396 {G - 9} L 96 {G - 10} Z"
    )
    sheet.part(upper, look.cloth, lift=0.6, upright=False, form=0.8)
    edge = curve([(105, G - 86), (130, G - 60), (180, G - 47), (240, G - 46), (296, G - 52), (316, G - 61)])
    sheet.line(edge, (look.trim or look.cloth.darker(0.35)).rgb, 3.4)
    if look.get("cap"):
        cap = within(upper, path(f"M 352 {G - 90} Q 364 {G - 30} 346 {G} L 480 {G} L 480 {G - 90} Z"))
        sheet.part(cap, look.trim or look.cloth.darker(0.5), lift=0.2, form=0.6, upright=False)
    deco = look.get("deco", "bow")
    if deco == "bow":
        _bow(sheet, 324, G - 58, look.trim or look.cloth, 0.6)
    elif deco == "buckle":
        sheet.plate(ring(330, G - 50, 15, 10, 4), look.hardware)
    if look.get("ankle"):
        sheet.part(ribbon([(150, G - 52), (200, G - 88), (252, G - 50)], 8), look.cloth.plain(), lift=0.5)
        buckle(sheet, 236, G - 62, 6.5, 6, look.hardware, bar=2.2)


def mule(sheet: Sheet, look: Look) -> None:
    heel = look.get("heel", "flat")
    if heel == "flat":
        h = G - 14
        sheet.part(
            path(f"M 90 {G - 14} L 396 {G - 12} Q 402 {G} 388 {G} L 94 {G} Q 84 {G - 6} 90 {G - 14} Z"),
            _sole(look),
            lift=0.3,
        )
        foot = path(f"M 92 {G - 24} C 150 {G - 28} 260 {G - 22} 380 {G - 22} L 384 {G - 12} L 92 {G - 12} Z")
        sheet.part(foot, Cloth(look.lining, "leather"), lift=0.2, form=0.3)
        upper = path(
            f"M 214 {G - 12} C 206 {G - 46} 226 {G - 88} 262 {G - 94} C 320 {G - 84} 388 {G - 50} 400 {G - 12} Z"
        )
        sheet.part(upper, look.cloth, upright=False, form=0.8)
    else:
        h = G - 74
        _heel(sheet, look, heel, h - 4)
        foot = path(
            f"M 98 {h - 12} C 150 {h - 6} 210 {G - 46} 280 {G - 20} L 392 {G - 12} L 392 {G} L 300 {G} C 210 {G - 24} 160 {h + 8} 100 {h} Z"
        )
        sheet.part(foot, Cloth(look.lining, "leather"), lift=0.3, form=0.3)
        upper = path(
            f"M 262 {G - 16} C 250 {G - 50} 266 {G - 82} 290 {G - 84} C 330 {G - 76} 384 {G - 44} 398 {G - 8} L 300 {G - 4} Z"
        )
        sheet.part(upper, look.cloth, upright=False, form=0.8)
    b = upper.getBounds()
    deco = look.get("deco", "none")
    if deco == "buckle":
        sheet.plate(ring(b.centerX() + 4, b.centerY() - 2, 17, 14, 5), look.hardware)
    elif deco == "bit":
        _bit(sheet, b.left() + 24, b.top() + 40, look.hardware)
    elif deco == "bow":
        _bow(sheet, b.left() + 62, b.top() + 34, look.trim or look.cloth, 0.9)
    elif deco == "woven":
        sheet.c.save()
        sheet.c.clipPath(upper, skia.ClipOp.kIntersect, True)
        for k in range(-4, 18):
            for s in (1, -1):
                sheet.line(
                    path(f"M {b.left() + k * 17} {b.top() - 10} L {b.left() + k * 17 + s * 110} {b.bottom() + 10}"),
                    INK,
                    1.5,
                    0.4,
                )
        sheet.c.restore()


def _bit(sheet: Sheet, x: float, y: float, kind: str) -> None:
    sheet.wire(path(f"M {x} {y} L {x + 34} {y - 10}"), kind, 4.4)
    for dx, dy in ((0, 0), (34, -10)):
        sheet.plate(ring(x + dx, y + dy, 9, 10, 3), kind, 0.5)


def loafer(sheet: Sheet, look: Look) -> None:
    man = look.audience == "men"
    cloth = look.cloth
    chunky = look.get("sole") in ("rubber", "crepe")
    th = 26 if chunky else 13
    base = G - th
    sheet.part(
        path(
            f"M 88 {base - 2} L 396 {base - 2} Q 408 {base + 6} 402 {G - 4} Q 398 {G} 390 {G} L 176 {G} L 172 {G - 6 if not chunky else G} L 92 {G} Q 84 {G - 8} 88 {base - 2} Z"
        ),
        _sole(look),
        lift=0.3,
        form=0.5,
    )
    sheet.part(
        path(f"M 88 {base + 6} L 168 {base + 6} L 166 {G} L 92 {G} Z"), _sole(look).darker(0.25), lift=0.3, form=0.4
    )
    y = base
    inner = path(
        f"M 104 {y - 88} C 140 {y - 96} 210 {y - 92} 258 {y - 100} L 250 {y - 70} C 200 {y - 60} 150 {y - 62} 106 {y - 76} Z"
    )
    sheet.part(inner, Cloth(look.lining, "leather").darker(0.3), lift=0, form=0.3)
    upper = path(
        f"M 90 {y} C 80 {y - 40} 86 {y - 80} 100 {y - 92} C 130 {y - 74} 190 {y - 66} 232 {y - 78} Q 250 {y - 104} 268 {y - 104} C 320 {y - 92} 394 {y - 62} 402 {y - 14} Q 403 {y - 4} 396 {y} Z"
    )
    sheet.part(upper, cloth, upright=False, form=0.8, lift=0.6)
    apron = curve(
        [(256, y - 76), (300, y - 82), (352, y - 66), (378, y - 44), (366, y - 34), (320, y - 40), (262, y - 44)]
    )
    sheet.seam(apron, cloth.rgb, 1.2, 1.6)
    if cloth.surface != "croc":
        _dots_along(sheet, [(300, y - 85), (352, y - 69), (382, y - 44)], cloth.rgb)
    style = look.get("saddle", "penny")
    if style in ("penny", "bit", "tassel", "fringe"):
        saddle = path(
            f"M 234 {y - 80} L 282 {y - 99} C 302 {y - 72} 306 {y - 44} 298 {y - 2} L 252 {y - 2} C 262 {y - 36} 250 {y - 62} 234 {y - 80} Z"
        )
        sheet.part(within(saddle, upper), look.trim or cloth, lift=0.6, form=0.4)
    if style == "penny":
        sheet.flat(path(f"M 262 {y - 70} L 286 {y - 78} L 290 {y - 66} L 268 {y - 58} Z"), INK, 0.75)
    elif style == "bit":
        _bit(sheet, 252, y - 58, look.hardware)
    elif style == "tassel":
        for dx in (0, 15):
            sheet.part(
                path(f"M {270 + dx} {y - 66} L {277 + dx} {y - 68} L {286 + dx} {y - 34} L {272 + dx} {y - 30} Z"),
                (look.trim or cloth).darker(0.15),
                lift=0.6,
            )
    elif style == "fringe":
        kiltie = path(f"M 262 {y - 88} L 306 {y - 92} L 352 {y - 40} L 296 {y - 30} Z")
        sheet.part(kiltie, look.trim or cloth, lift=0.7)
        for k in range(7):
            sheet.line(path(f"M {276 + k * 6} {y - 66 - k} L {300 + k * 8} {y - 31 - k * 1.4}"), INK, 1.0, 0.7)
    else:
        sheet.plate(box(262, y - 74, 300, y - 62, 3), look.hardware)
    sheet.seam(path(f"M 100 {y - 90} Q 128 {y - 40} 124 {y - 2}"), cloth.rgb, 0.8)
    if man:
        sheet.stitch(path(f"M 96 {y - 3} L 392 {y - 3}"), mix(cloth.rgb, GLOW, 0.3), 0.9, 3, 0.5)


def _dots_along(sheet: Sheet, points: list[tuple[float, float]], rgb: Any) -> None:
    sheet.stitch(curve(points), mix(rgb, INK, 0.55), 1.6, 2.6, 0.7)


def derby(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    chunky = look.get("sole") in ("rubber", "crepe", "white")
    th = 24 if chunky else 14
    y = G - th
    sheet.part(
        path(
            f"M 86 {y - 2} L 398 {y - 2} Q 410 {y + 6} 402 {G} L 182 {G} L 178 {G - 5 if not chunky else G} L 90 {G} Q 82 {G - 8} 86 {y - 2} Z"
        ),
        _sole(look),
        lift=0.3,
        form=0.5,
    )
    if not chunky:
        sheet.part(
            path(f"M 86 {y + 5} L 170 {y + 5} L 168 {G} L 90 {G} Z"), _sole(look).darker(0.25), lift=0.3, form=0.4
        )
    inner = path(f"M 104 {y - 106} C 150 {y - 114} 190 {y - 112} 226 {y - 122} L 220 {y - 86} L 110 {y - 86} Z")
    sheet.part(inner, Cloth(look.lining, "leather").darker(0.4), lift=0, form=0.3)
    upper = path(
        f"M 88 {y} C 78 {y - 44} 86 {y - 92} 100 {y - 108} C 130 {y - 92} 176 {y - 96} 206 {y - 118} Q 224 {y - 128} 238 {y - 120} C 300 {y - 84} 398 {y - 66} 404 {y - 14} Q 404 {y - 4} 398 {y} Z"
    )
    sheet.part(upper, cloth, upright=False, form=0.8, lift=0.6)
    quarter = path(
        f"M 90 {y} C 80 {y - 44} 88 {y - 92} 100 {y - 108} C 130 {y - 92} 176 {y - 96} 206 {y - 118} L 262 {y - 74} Q 274 {y - 60} 262 {y - 48} C 230 {y - 36} 214 {y - 20} 210 {y} Z"
    )
    sheet.part(within(quarter, upper), look.trim or cloth, lift=0.6, upright=False, form=0.5)
    sheet.stitch(
        curve([(258, y - 72), (267, y - 60), (258, y - 51), (228, y - 39), (205, y - 2)]),
        mix(cloth.rgb, GLOW if luminance(cloth.rgb) < 0.4 else INK, 0.4),
        0.9,
        2.6,
        0.7,
    )
    style = look.get("toe_style", "plain")
    if style in ("cap", "brogue", "wing"):
        line = (
            [(336, y - 66), (344, y - 36), (338, y)]
            if style != "wing"
            else [(330, y - 66), (312, y - 46), (300, y - 22), (250, y - 8)]
        )
        sheet.seam(curve(line), cloth.rgb, 1.2, 1.5)
        if style in ("brogue", "wing"):
            sheet.stitch(curve([(px + 5, py) for px, py in line]), mix(cloth.rgb, INK, 0.7), 2.2, 2.4, 0.8)
            for a in range(6):
                sheet.flat(oval(374 + 7 * (a % 3 - 1), y - 34 + 8 * (a // 3), 1.4), INK, 0.75)
    for k in range(4):
        x, ly = 214 + k * 14.5, y - 112 + k * 12
        sheet.flat(oval(x, ly + 10, 2), INK, 0.9)
        sheet.part(
            ribbon([(x - 4, ly + 12), (x + 10, ly - 4), (x + 20, ly - 3)], 4.2),
            Cloth(mix(cloth.rgb, INK, 0.35) if not look.get("lace") else look.cloth.second, "cotton"),
            lift=0.4,
            form=0.4,
        )
    sheet.seam(path(f"M 100 {y - 106} Q 126 {y - 50} 120 {y - 2}"), cloth.rgb, 0.6)


def sneaker(sheet: Sheet, look: Look) -> None:
    cloth, trim = look.cloth, look.trim or look.cloth.darker(0.2)
    high = look.get("high", False)
    style = look.get("model", "court")
    th = {"court": 30, "runner": 40, "slim": 20}[style]
    y = G - th
    sole_rgb = _sole(look)
    if style == "runner":
        sole = path(
            f"M 74 {y - 12} C 130 {y + 4} 300 {y + 6} 400 {y - 4} Q 416 {y + 6} 408 {G - 10} Q 404 {G} 388 {G - 2} C 300 {G + 2} 200 {G} 96 {G} Q 66 {G - 14} 74 {y - 12} Z"
        )
        sheet.part(sole, sole_rgb, lift=0.4, form=0.8, upright=False)
        sheet.line(curve([(82, y + 8), (200, y + 20), (330, y + 18), (404, y + 10)]), trim.rgb, 3.0, 0.9)
    else:
        sole = path(
            f"M 86 {y - 4} L 396 {y - 6} Q 410 {y} 404 {G - 6} Q 402 {G} 394 {G} L 94 {G} Q 82 {G - 2} 84 {G - 12} Z"
        )
        sheet.part(sole, sole_rgb, lift=0.4, form=0.6, upright=False)
        sheet.line(path(f"M 86 {y + 9} L 404 {y + 7}"), mix(sole_rgb.rgb, INK, 0.35), 1.2, 0.7)
    top = y - (158 if high else 92)
    inner = path(f"M 108 {top - 6} C 140 {top + 8} 176 {top + 4} 214 {top - 20} L 214 {top + 30} L 112 {top + 26} Z")
    sheet.part(inner, Cloth(look.lining, "cotton").darker(0.3), lift=0, form=0.3)
    if high:
        upper = path(
            f"M 88 {y - 2} C 80 {y - 60} 96 {y - 110} 100 {top - 6} Q 104 {top - 16} 116 {top - 6} C 146 {top + 8} 178 {top + 2} 206 {top - 20} L 228 {top - 14} C 240 {y - 96} 290 {y - 74} 340 {y - 62} C 386 {y - 52} 404 {y - 30} 402 {y - 4} Z"
        )
    else:
        upper = path(
            f"M 88 {y - 2} C 78 {y - 50} 92 {y - 84} 98 {top - 6} Q 104 {top - 18} 116 {top - 8} C 140 {top + 14} 176 {top + 8} 206 {top - 22} Q 220 {top - 30} 234 {top - 20} C 270 {y - 84} 306 {y - 70} 344 {y - 60} C 388 {y - 50} 404 {y - 30} 402 {y - 4} Z"
        )
    sheet.part(upper, cloth, lift=0.6, form=0.7, upright=False)
    heel = within(upper, path(f"M 60 {top + 18} L 112 {top + 18} C 130 {y - 40} 148 {y - 30} 150 {y} L 60 {y} Z"))
    sheet.part(heel, trim, lift=0.3, form=0.5, upright=False)
    if look.get("toe_cap", style == "court"):
        cap = within(upper, path(f"M 336 {y - 80} Q 352 {y - 40} 334 {y} L 430 {y} L 430 {y - 80} Z"))
        sheet.part(cap, trim if style != "court" else cloth, lift=0.4, form=0.6, upright=False)
    eyestay = within(
        upper,
        path(
            f"M 196 {top - 24} L 236 {top - 26} C 262 {y - 80} 300 {y - 70} 330 {y - 60} L 318 {y - 40} C 280 {y - 40} 240 {y - 46} 214 {y - 60} Z"
        ),
    )
    sheet.part(eyestay, look.collar or cloth, lift=0.5, form=0.4)
    swoosh = look.get("mark", "stripe")
    if swoosh == "stripe":
        for k in range(2):
            band = within(
                upper,
                path(
                    f"M {178 + k * 26} {y} L {214 + k * 26} {y - 60} L {224 + k * 26} {y - 58} L {190 + k * 26} {y} Z"
                ),
            )
            sheet.part(band, trim, lift=0.2, form=0.2)
    elif swoosh == "line":
        sheet.line(curve([(150, y - 24), (210, y - 18), (270, y - 42)]), trim.rgb, 6, 0.95)
    elif swoosh == "star":
        sheet.plate(oval(196, y - 32, 9), look.hardware)
    lace = look.cloth.second if look.get("lace") else mix(cloth.rgb, GLOW, 0.85)
    n = 7 if high else 5
    x0, y0, x1, y1 = (222, top - 4, 316, y - 58) if high else (226, top - 12, 318, y - 58)
    for k in range(n):
        u = k / (n - 1)
        x, ly = x0 + (x1 - x0) * u ** (1.5 if high else 1), y0 + (y1 - y0) * u ** (0.8 if high else 0.86)
        sheet.part(
            ribbon([(x - 16, ly + 14), (x - 2, ly + 1), (x + 13, ly - 3)], 5), Cloth(lace, "cotton"), lift=0.5, form=0.4
        )
    tongue = path(f"M 210 {top - 16} L 222 {top - 40} Q 236 {top - 44} 244 {top - 36} L 238 {top - 10} Z")
    sheet.part(tongue, cloth, lift=0.3, form=0.4)


def boot(sheet: Sheet, look: Look) -> None:
    style = look.get("shaft", "ankle")
    top = {"chelsea": 300.0, "ankle": 290.0, "lace": 262.0, "mid": 214.0, "knee": 120.0}[style]
    heel = look.get("heel", "low")
    cloth = look.cloth
    toe = look.get("toe", "round")
    rise = {
        "low": 24.0,
        "lug": 34.0,
        "block": 66.0,
        "stiletto": 92.0,
        "kitten": 48.0,
        "flare": 62.0,
        "cone": 74.0,
        "curved": 74.0,
    }[heel]
    h = G - rise
    top = min(top, h - 146)  # a high heel lifts the shaft
    flat = heel in ("low", "lug")
    front = G - (34 if heel == "lug" else 14 if flat else 12)
    if flat:
        bottom = path(
            f"M 92 {front - 2} L 388 {front - 2} Q 400 {front + 4} 396 {G} L 178 {G} L 174 {G - (0 if heel == 'lug' else 8)} L 94 {G} Z"
        )
        sheet.part(bottom, _sole(look), lift=0.3, form=0.5)
        if heel == "lug":
            for k in range(12):
                sheet.flat(box(100 + k * 25, G - 9, 110 + k * 25, G), INK, 0.55)
            sheet.stitch(
                path(f"M 96 {front + 5} L 392 {front + 5}"), (214, 170, 90), 1.4, 4, 0.9 if look.get("welt") else 0.0
            )
        else:
            sheet.part(
                path(f"M 92 {front + 4} L 168 {front + 4} L 165 {G} L 95 {G} Z"), _sole(look).darker(0.3), lift=0.2
            )
        back_y, arch = front, f"L 92 {front}"
    else:
        _heel(sheet, look, heel, h - 4, 104)
        sole = path(
            f"M 100 {h - 2} C 150 {h + 6} 200 {G - 34} 262 {G - 8} Q 300 {G + 1} 376 {G} L 388 {G - 6} L 290 {G - 14} C 220 {G - 30} 170 {h - 10} 100 {h - 14} Z"
        )
        sheet.part(sole, _sole(look), lift=0.3, edge=0.4)
        back_y, arch = h, f"L 292 {front} C 216 {G - 32} 166 {h} 98 {h - 8}"
    tx = {"round": 392, "pointed": 404, "almond": 396, "square": 394}[toe]
    nose = {"round": f"C 360 {front - 62} 396 {front - 48} {tx} {front}", "pointed": f"C 350 {front - 52} 386 {front - 20} {tx} {front - 2}",
            "almond": f"C 356 {front - 58} 392 {front - 38} {tx} {front}", "square": f"C 350 {front - 56} 384 {front - 46} {tx - 2} {front - 30} L {tx} {front}"}[toe]  # fmt: skip
    wide = 26 if style == "knee" else (16 if style == "mid" else 8)
    left, right = 102 - (12 if style in ("knee",) else 0), 216 + wide
    opening = path(
        f"M {left + 2} {top + 2} Q {(left + right) / 2} {top - 14} {right - 2} {top + 2} Q {(left + right) / 2} {top + 18} {left + 2} {top + 2} Z"
    )
    sheet.part(
        opening,
        Cloth(look.lining, "shearling" if look.get("furry") else "leather").darker(
            0.3 if not look.get("furry") else 0.05
        ),
        lift=0,
        form=0.3,
    )
    slouch = look.get("slouch")
    upper = path(
        f"M {left} {top} Q {(left + right) / 2} {top + 16} {right} {top} C {right + 2} {top + (front - top) * 0.45} {right - 6 if style != 'knee' else 214} {front - 120} 222 {front - 96} "
        f"C 236 {front - 74} 290 {front - 70} 318 {front - 64} {nose} {arch} C 90 {back_y - 40} 104 {back_y - 80} 102 {back_y - 110} C 100 {back_y - 150} {left - 2} {top + 60} {left} {top} Z"
    )
    folds: list[tuple[float, ...]] = [
        (118, front - 104, 222, front - 112, 6, 6, 0.8),
        (130, front - 84, 232, front - 84, 4, 5, 0.6),
        (250, front - 66, 268, front - 30, 6, 6, 0.5),
    ]
    if style in ("knee", "mid"):
        folds += [(112, front - 136, 214, front - 146, 6, 6, 0.6)]
    if slouch:
        folds += [
            (100, top + 40 + k * 34, 230, top + 56 + k * 30, 8 * (-1) ** k, 10, 1.0)
            for k in range(5 if style == "knee" else 2)
        ]
    sheet.part(upper, cloth, lift=0.6, folds=folds, form=0.9)
    if style == "chelsea":
        gore = path(f"M 146 {top + 12} L 198 {top + 10} L 190 {front - 76} Q 172 {front - 66} 156 {front - 76} Z")
        sheet.part(within(gore, upper), replace(Cloth(mix(cloth.rgb, INK, 0.5)), surface="rib"), lift=0.2, form=0.4)
        sheet.part(
            ribbon([(104, top + 8), (96, top - 14), (110, top - 16), (113, top + 10)], 7), cloth.darker(0.2), lift=0.4
        )
    elif style == "lace":
        for k in range(7):
            u = k / 6
            x, y = right - 4 + 30 * max(0.0, u - 0.55) * 2, top + 14 + (front - 84 - top) * u
            sheet.part(
                ribbon([(x - 28, y + 10), (x - 8, y), (x + 4, y + 2)], 4.6),
                Cloth(look.cloth.second if look.get("lace") else mix(cloth.rgb, INK, 0.55), "cotton"),
                lift=0.5,
            )
            sheet.plate(oval(x - 27, y + 9, 3.0), look.hardware, 0.3)
        sheet.seam(curve([(160, top + 10), (186, front - 100), (250, front - 56), (262, front)]), cloth.rgb, 1.0)
    else:
        side = look.get("detail", "zip")
        if side == "zip":
            sheet.zip(
                [(158, top + 14), (160, (top + front) / 2), (164, front - 40)],
                look.hardware,
                14,
                mix(cloth.rgb, INK, 0.5),
            )
        elif side == "buckle":
            y = front - 96
            sheet.part(
                within(ribbon([(88, y + 6), (160, y + 22), (240, y + 4)], 14), upper), cloth.darker(0.15), lift=0.5
            )
            buckle(sheet, 168, y + 18, 11, 10, look.hardware)
        elif side == "strap":
            for dy in (26, 56):
                sheet.part(
                    within(ribbon([(86, top + dy), (160, top + dy + 14), (260, top + dy)], 11), upper),
                    cloth.darker(0.12),
                    lift=0.5,
                )
                buckle(sheet, 186, top + dy + 13, 9, 8, look.hardware, bar=3)
        elif side == "chain":
            sheet.chain([(108, front - 92), (164, front - 72), (226, front - 86)], look.hardware, 9)
        else:
            sheet.seam(path(f"M 158 {top + 12} C 160 {front - 160} 150 {front - 80} 156 {front - 10}"), cloth.rgb, 0.8)
    if look.get("cap"):
        cap = within(upper, path(f"M 336 {G - 110} Q 350 {front - 40} 332 {G} L 480 {G} L 480 {G - 110} Z"))
        sheet.part(cap, look.trim or cloth.darker(0.3), lift=0.3, form=0.5, upright=False)
    if look.get("furry"):
        sheet.part(
            ribbon([(left - 2, top + 2), ((left + right) / 2, top + 14), (right + 2, top + 2)], 22),
            Cloth(look.lining, "shearling"),
            lift=0.6,
            form=0.5,
        )


def _vamp(x0: float, x1: float, y: float, high: float) -> Any:
    """A band over the foot, seen from the side: a low hump between x0 and x1."""
    mid = (x0 + x1) / 2 + 4
    return path(
        f"M {x0} {y} C {x0 + 2} {y - high * 0.8} {x0 + (mid - x0) * 0.45} {y - high} {mid} {y - high} C {x1 - (x1 - mid) * 0.3} {y - high} {x1 - 2} {y - high * 0.5} {x1} {y} Z"
    )


def sandal(sheet: Sheet, look: Look) -> None:
    heel = look.get("heel", "block")
    cloth = look.cloth
    if heel in ("flat", "platform"):
        th = 14 if heel == "flat" else 44
        y = G - th
        sheet.part(
            path(
                f"M 84 {y} C 180 {y + 6} 280 {y - 2} 396 {y - 4} Q 410 {y + 4} 402 {G} L 92 {G} Q 78 {G - 8} 84 {y} Z"
            ),
            _sole(look),
            lift=0.3,
            form=0.6,
        )
        bed = path(
            f"M 86 {y - 9} C 180 {y - 3} 280 {y - 11} 394 {y - 12} Q 406 {y - 6} 398 {y} C 280 {y + 2} 180 {y + 8} 88 {y + 2} Z"
        )
        sheet.part(bed, Cloth(look.lining, "leather"), lift=0.3, form=0.4)
        kind = look.get("straps", "two")

        if kind == "slide":
            sheet.part(_vamp(238, 378, y - 3, 66), cloth, lift=0.8, form=0.7, upright=False)
        elif kind == "two":
            sheet.part(_vamp(306, 384, y - 3, 42), cloth, lift=0.8, form=0.7, upright=False)
            sheet.part(_vamp(208, 292, y - 3, 66), cloth, lift=0.8, form=0.7, upright=False)
            for bx, by in ((346, y - 32), (252, y - 50)):
                buckle(sheet, bx, by, 9, 9, look.hardware, bar=2.6)
        elif kind == "thong":
            sheet.part(
                ribbon([(236, y - 4), (282, y - 56), (330, y - 58), (356, y - 16)], 13), cloth, lift=0.7, form=0.5
            )
            sheet.part(ribbon([(318, y - 60), (344, y - 50), (368, y - 12)], 11), cloth, lift=0.7, form=0.5)
            sheet.plate(oval(326, y - 58, 8), look.hardware)
        elif kind == "cross":
            sheet.part(
                ribbon([(256, y - 4), (300, y - 62), (352, y - 50), (380, y - 8)], 20), cloth, lift=0.7, form=0.6
            )
            sheet.part(
                ribbon([(300, y - 4), (312, y - 60), (350, y - 66), (372, y - 52)], 20), cloth, lift=0.8, form=0.6
            )
        else:  # fisherman: a cage of bands and one along the foot
            for x0, high in ((206, 74), (248, 66), (290, 54), (330, 42)):
                sheet.part(_vamp(x0, x0 + 56, y - 3, high), cloth, lift=0.6, form=0.6, upright=False)
            sheet.part(
                ribbon([(226, y - 74), (280, y - 66), (336, y - 50), (392, y - 14)], 12), cloth, lift=0.7, form=0.5
            )
        if look.get("ankle", True) and look.get("straps") != "slide":
            sheet.part(ribbon([(104, y - 4), (98, y - 60), (112, y - 104)], 13), cloth, lift=0.5)
            sheet.part(ribbon([(102, y - 96), (160, y - 84), (214, y - 98), (236, y - 118)], 11), cloth, lift=0.6)
            buckle(sheet, 190, y - 91, 8, 8, look.hardware, bar=2.6)
        if look.get("deco") == "buckle":
            buckle(sheet, 324, y - 52, 14, 12, look.hardware)
        elif look.get("deco") == "ring":
            sheet.plate(ring(318, y - 52, 15, 15, 5), look.hardware)
        return
    rise = {"stiletto": 106.0, "block": 84.0, "kitten": 52.0, "flare": 72.0, "curved": 90.0, "cone": 84.0}[heel]
    h = G - rise
    _heel(sheet, look, heel, h - 2)
    bed = path(
        f"M 102 {h - 10} C 150 {h - 2} 210 {G - 44} 276 {G - 18} L 398 {G - 12} Q 404 {G} 390 {G} L 296 {G} C 210 {G - 22} 160 {h + 10} 104 {h + 2} Z"
    )
    sheet.part(bed, Cloth(look.lining, "leather"), lift=0.3, form=0.4)
    sheet.line(curve([(104, h + 1), (160, h + 8), (220, G - 30), (296, G - 2), (392, G - 2)]), _sole(look).rgb, 5)
    kinds = {"two": [[(304, G - 14), (348, G - 62), (388, G - 12)]], "cross": [[(292, G - 16), (350, G - 58), (372, G - 10)], [(318, G - 14), (336, G - 62), (390, G - 12)]],
             "slide": [[(276, G - 18), (330, G - 86), (390, G - 12)]], "thong": [[(290, G - 18), (340, G - 56), (388, G - 12)], [(330, G - 12), (346, G - 54), (362, G - 12)]], "fisherman": [[(300, G - 14), (344, G - 60), (386, G - 12)], [(262, G - 24), (300, G - 84), (344, G - 14)]]}[look.get("straps", "two")]  # fmt: skip
    for arc in kinds:
        sheet.part(
            _vamp(arc[0][0] - 6, arc[-1][0] + 2, G - 13, 56) if look.get("straps") == "slide" else ribbon(arc, 13),
            cloth,
            lift=0.7,
            form=0.6,
            upright=False,
        )
    counter = path(f"M 102 {h - 6} C 94 {h - 40} 98 {h - 64} 106 {h - 74} Q 122 {h - 60} 140 {h - 4} Z")
    sheet.part(counter, cloth, lift=0.5, form=0.6)
    sheet.part(ribbon([(102, h - 70), (150, h - 58), (196, h - 74), (212, h - 92)], 9), cloth.plain(), lift=0.6)
    sheet.part(ribbon([(102, h - 74), (150, h - 92), (212, h - 94)], 7), cloth.plain().darker(0.25), lift=0.2)
    buckle(sheet, 176, h - 66, 7, 7, look.hardware, bar=2.2)
    if look.get("deco") == "bow":
        _bow(sheet, 346, G - 60, look.trim or cloth, 0.9)
    elif look.get("deco") == "crystal":
        for k in range(5):
            sheet.gem(322 + k * 12, G - 48 - 10 * (1 - abs(k - 2) / 2), 5, (228, 232, 240))


def espadrille(sheet: Sheet, look: Look) -> None:
    wedge = look.get("wedge", False)
    y = G - 26
    if wedge:
        sole = path(
            f"M 92 {G - 96} C 160 {G - 84} 240 {G - 40} 300 {G - 28} L 398 {G - 24} Q 406 {G} 394 {G} L 98 {G} Q 86 {G - 40} 92 {G - 96} Z"
        )
    else:
        sole = path(f"M 88 {y} L 398 {y} Q 408 {y + 8} 402 {G} L 92 {G} Q 82 {G - 8} 88 {y} Z")
    sheet.part(sole, Cloth((206, 174, 122), "straw", size=0.6), lift=0.3, form=0.5)
    for k in range(1, 3 if not wedge else 6):
        yy = G - k * (9 if not wedge else 14)
        clip = within(sole, path(f"M 60 {yy} L 420 {yy} L 420 {yy + 1.6} L 60 {yy + 1.6} Z"))
        sheet.flat(clip, (120, 88, 48), 0.7)
    lift = 70 if wedge else 0
    inner = path(
        f"M 104 {y - 74 - lift} C 170 {y - 76 - lift * 0.6} 240 {y - 78} 300 {y - 62} L 240 {y - 40} L 110 {y - 56 - lift} Z"
    )
    sheet.part(inner, Cloth(look.lining, "canvas").darker(0.2), lift=0, form=0.3)
    upper = path(
        f"M 90 {y + 2 - lift} C 84 {y - 40 - lift} 92 {y - 76 - lift} 102 {y - 80 - lift} C 130 {y - 52 - lift} 210 {y - 46 - lift * 0.4} 288 {y - 66} C 344 {y - 64} 394 {y - 40} 400 {y + 2} L 300 {y + 2} C 240 {y - 12 * (1 if wedge else 0)} 170 {y + 2 - lift * 0.8} 90 {y + 2 - lift} Z"
    )
    sheet.part(upper, look.cloth, lift=0.5, upright=False, form=0.7)
    sheet.stitch(
        curve([(94, y - lift - 1), (180, y - 2 - lift * 0.72), (300, y - 2), (398, y - 2)]),
        (238, 226, 200),
        1.8,
        5,
        0.9,
    )
    if wedge:
        sheet.part(
            ribbon([(104, y - 76 - lift), (150, y - 96 - lift), (206, y - 112 - lift)], 9), look.cloth.plain(), lift=0.5
        )
        sheet.part(
            ribbon([(206, y - 112 - lift), (150, y - 74 - lift), (100, y - 92 - lift)], 8), look.cloth.plain(), lift=0.5
        )
        _bow(sheet, 208, y - 110 - lift, look.cloth.plain(), 0.6)

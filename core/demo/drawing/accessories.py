"""Scarves, hats, belts, eyewear, watches, jewellery, gloves and ties."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import skia  # type: ignore[import-not-found, import-untyped, unused-ignore]

from core.demo.drawing.garments import C, buckle
from core.demo.drawing.kit import (
    GLOW,
    INK,
    METALS,
    Cloth,
    Sheet,
    box,
    colour,
    curve,
    luminance,
    minus,
    mix,
    oval,
    path,
    polygon,
    ribbon,
    ring,
    smooth,
)
from core.demo.drawing.look import Look

# ---------------------------------------------------------------- scarves


def _fringe(sheet: Sheet, x0: float, x1: float, y: float, cloth: Cloth, long: float = 26, tilt: float = 0.0) -> None:
    rng = sheet.rng
    n = int(abs(x1 - x0) / 3.4)
    for k in range(n + 1):
        x = x0 + (x1 - x0) * k / n
        tone = mix(cloth.rgb, GLOW if k % 2 else INK, 0.14)
        dx = rng.uniform(-2, 2) + tilt * k / n
        sheet.line(
            path(
                f"M {x} {y + tilt * k / n * 0.4} Q {x + dx} {y + long * 0.5} {x + dx * 1.6} {y + long + rng.uniform(-3, 3)}"
            ),
            tone,
            2.0,
        )


def scarf(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    shape = look.get("shape", "knot")
    if shape == "square":
        # a silk square, folded once, seen from above
        full = path("M 96 170 L 384 170 L 384 458 L 96 458 Z")
        sheet.part(
            full, cloth, form=0.25, lift=0, folds=[(110, 300, 380, 210, 10, 9, 0.5), (120, 450, 300, 330, -8, 10, 0.5)]
        )
        border = look.trim or Cloth(cloth.second, cloth.surface)
        for inset_, w in ((0, 20), (26, 3)):
            frame = minus(
                box(96 + inset_, 170 + inset_, 384 - inset_, 458 - inset_),
                box(96 + inset_ + w, 170 + inset_ + w, 384 - inset_ - w, 458 - inset_ - w),
            )
            sheet.part(frame, border if inset_ == 0 else replace(border, rgb=cloth.third), lift=0, form=0.2, edge=0.2)
        sheet.part(path("M 384 170 L 384 300 Q 330 250 250 170 Z"), cloth.plain().lighter(0.18), lift=1.4, form=0.5)
        sheet.part(path("M 96 458 L 96 396 Q 130 424 166 458 Z"), cloth.plain().lighter(0.12), lift=1.2, form=0.5)
        return
    if shape == "stole":
        body = path("M 120 140 Q 150 128 182 140 L 210 470 Q 176 480 140 470 Z")
        second = path("M 360 140 Q 330 128 298 140 L 272 452 Q 306 462 342 452 Z")
        neck = path("M 120 146 C 140 96 340 96 360 146 L 300 150 C 290 124 190 124 180 150 Z")
        sheet.part(neck, cloth.darker(0.18), lift=0.4, angle=80)
        sheet.part(second, cloth, folds=[(340, 150, 322, 440, -4, 9, 0.8), (312, 150, 292, 440, 4, 8, 0.7)], angle=4)
        sheet.part(body, cloth, folds=[(140, 150, 158, 460, 6, 9, 0.8), (168, 150, 188, 460, -4, 8, 0.7)], angle=-4)
        _fringe(sheet, 141, 209, 472, cloth)
        _fringe(sheet, 273, 341, 454, cloth)
        return
    if shape == "snood":
        outer = oval(C, 300, 128, 104)
        whole = minus(outer, oval(C, 268, 72, 40))
        sheet.part(oval(C, 272, 80, 46), cloth.darker(0.5), lift=0)
        sheet.part(
            whole,
            cloth,
            folds=[
                (128, 290, 350, 300, 60, 12, 1.0),
                (120, 320, 350, 330, 56, 12, 0.9),
                (150, 250, 330, 250, -26, 8, 0.8),
            ],
        )
        return
    if shape == "twilly":
        # a neckerchief tied at the throat
        sheet.part(
            path("M 130 236 C 160 150 320 150 350 236 C 316 200 164 200 130 236 Z"), cloth.darker(0.3), lift=0, angle=10
        )
        sheet.part(
            path("M 126 226 C 140 300 210 336 236 340 L 248 320 C 200 304 150 262 140 214 Z"),
            cloth,
            lift=0.8,
            angle=24,
            folds=[(134, 236, 236, 330, -10, 6, 0.9)],
        )
        sheet.part(
            path("M 354 226 C 340 300 270 336 244 340 L 232 320 C 280 304 330 262 340 214 Z"),
            cloth,
            lift=0.8,
            angle=-24,
            folds=[(346, 236, 246, 330, 10, 6, 0.9)],
        )
        sheet.part(
            path("M 228 336 C 206 380 168 416 120 436 L 176 470 C 214 436 238 390 250 346 Z"),
            cloth,
            lift=1.0,
            angle=30,
            folds=[(236, 346, 140, 446, -8, 6, 0.9), (240, 350, 164, 462, 6, 5, 0.7)],
        )
        sheet.part(
            path("M 236 340 C 262 384 302 418 352 432 L 304 474 C 264 440 240 396 228 350 Z"),
            cloth,
            lift=1.0,
            angle=-30,
            folds=[(240, 350, 336, 444, 8, 6, 0.9), (238, 356, 310, 466, -6, 5, 0.7)],
        )
        sheet.part(
            path(
                "M 220 316 C 232 304 250 304 262 316 C 270 332 266 350 254 358 C 242 362 232 360 224 354 C 214 344 214 330 220 316 Z"
            ),
            cloth,
            lift=1.2,
            angle=70,
            folds=[(226, 322, 256, 352, 5, 4, 0.8)],
        )
        return
    # a knotted scarf hung from the wall
    tail1 = path("M 226 250 C 236 330 240 410 262 500 L 334 492 C 312 420 300 340 276 246 Z")
    tail2 = path("M 216 252 C 210 320 190 400 158 468 L 222 490 C 244 420 254 330 252 256 Z")
    sheet.part(tail2, cloth, folds=[(230, 262, 178, 466, 8, 7, 0.9), (244, 270, 206, 480, 4, 5, 0.7)], angle=12)
    _fringe(sheet, 159, 221, 472, cloth, 24, 20)
    sheet.part(
        tail1, cloth, folds=[(240, 262, 284, 494, -8, 7, 0.9), (262, 262, 316, 486, -6, 6, 0.7)], angle=-12, lift=1.2
    )
    _fringe(sheet, 263, 333, 502, cloth, 24, -8)
    loop_back = path("M 152 152 C 190 100 290 100 328 152 C 300 132 180 132 152 152 Z")
    sheet.part(loop_back, cloth.darker(0.32), lift=0)
    loop = path(
        "M 146 160 C 140 140 160 128 176 140 C 200 190 280 190 304 140 C 320 128 342 142 334 164 C 318 216 286 250 252 262 C 216 258 160 214 146 160 Z"
    )
    sheet.part(
        loop,
        cloth,
        folds=[(160, 150, 250, 226, -14, 8, 1.0), (322, 150, 240, 236, -10, 9, 1.0), (180, 168, 300, 170, 34, 9, 0.8)],
        angle=40,
        lift=1.2,
    )
    sheet.part(
        path(
            "M 214 224 C 226 214 262 212 276 226 C 284 246 276 268 262 274 C 244 280 226 276 218 266 C 210 252 208 238 214 224 Z"
        ),
        cloth,
        lift=1.2,
        angle=70,
        folds=[(224, 230, 262, 266, 6, 5, 0.8)],
    )


# ---------------------------------------------------------------- hats


def hat(sheet: Sheet, look: Look) -> None:
    cloth, trim = look.cloth, look.trim or look.cloth.darker(0.5)
    style = look.get("style", "fedora")
    if style in ("fedora", "panama", "wide"):
        w = {"fedora": 150, "panama": 154, "wide": 198}[style]
        dip = look.get("dip", 10)
        under = path(f"M {C - w} 372 C {C - w} 340 {C + w} 340 {C + w} 372 C {C + w} 410 {C - w} 410 {C - w} 372 Z")
        sheet.part(under, cloth.darker(0.3), lift=0, form=0.5)
        brim = path(
            f"M {C - w} {372 - dip} C {C - w + 20} {346 - dip} {C - 90} 352 {C - 84} 356 L {C + 84} 356 C {C + 90} 352 {C + w - 20} {346 - dip} {C + w} {372 - dip} C {C + w - 4} {402} {C + 70} 424 {C} 424 C {C - 70} 424 {C - w + 4} {402} {C - w} {372 - dip} Z"
        )
        sheet.part(brim, cloth, form=0.7, lift=0.6)
        crown = path(
            f"M {C - 86} 374 C {C - 92} 320 {C - 88} 262 {C - 62} 244 C {C - 40} 232 {C - 18} 248 {C} 252 C {C + 18} 248 {C + 40} 230 {C + 62} 242 C {C + 90} 262 {C + 92} 320 {C + 86} 374 Q {C} 402 {C - 86} 374 Z"
        )
        sheet.part(
            crown,
            cloth,
            folds=[
                (C - 30, 246, C - 44, 320, -8, 12, 1.0),
                (C + 26, 246, C + 46, 320, 8, 13, 1.0),
                (C, 256, C, 300, 1, 10, 0.8),
            ],
            lift=0.8,
        )
        band = path(
            f"M {C - 87} 372 C {C - 90} 356 {C - 90} 348 {C - 90} 340 Q {C} 368 {C + 90} 340 C {C + 90} 350 {C + 88} 360 {C + 87} 372 Q {C} 402 {C - 87} 372 Z"
        )
        sheet.part(band, trim, lift=0.4, form=0.8)
        if look.get("bow", True):
            sheet.part(path(f"M {C + 70} 348 L {C + 92} 338 L {C + 92} 372 L {C + 70} 380 Z"), trim, lift=0.6, form=0.3)
        if look.get("feather"):
            sheet.part(
                path(
                    f"M {C + 76} 372 C {C + 84} 320 {C + 110} 280 {C + 124} 256 C {C + 124} 300 {C + 106} 346 {C + 82} 374 Z"
                ),
                Cloth(cloth.third, "suede"),
                lift=0.6,
            )
            sheet.line(curve([(C + 78, 372), (C + 98, 320), (C + 122, 260)]), INK, 1.1, 0.6)
        if look.get("pin"):
            sheet.plate(oval(C + 80, 360, 6), look.hardware)
    elif style == "cloche":
        crown = path(
            f"M {C - 104} 392 C {C - 112} 290 {C - 70} 220 {C} 220 C {C + 70} 220 {C + 112} 290 {C + 104} 392 Q {C} 420 {C - 104} 392 Z"
        )
        sheet.part(
            path(
                f"M {C - 122} 396 C {C - 110} 376 {C + 110} 376 {C + 122} 396 C {C + 130} 424 {C + 60} 440 {C} 440 C {C - 60} 440 {C - 130} 424 {C - 122} 396 Z"
            ),
            cloth,
            lift=0.3,
        )
        sheet.part(crown, cloth, folds=[(C - 40, 236, C - 70, 330, -12, 10, 0.6)])
        sheet.part(
            path(f"M {C - 106} 390 L {C - 108} 354 Q {C} 388 {C + 108} 354 L {C + 106} 390 Q {C} 420 {C - 106} 390 Z"),
            trim,
            lift=0.4,
        )
        sheet.part(oval(C + 76, 376, 22, 20), trim, lift=0.8)
        sheet.part(oval(C + 76, 376, 11, 10), trim.lighter(0.12), lift=0.6)
    elif style == "beret":
        body = path(
            f"M {C - 146} 350 C {C - 150} 280 {C - 60} 236 {C + 20} 244 C {C + 120} 250 {C + 160} 300 {C + 138} 350 C {C + 120} 386 {C + 60} 396 {C - 10} 394 C {C - 80} 394 {C - 138} 386 {C - 146} 350 Z"
        )
        sheet.part(
            body,
            cloth,
            folds=[
                (C - 110, 300, C + 10, 258, -20, 14, 0.7),
                (C + 30, 262, C + 126, 340, -10, 14, 0.8),
                (C - 120, 360, C + 70, 376, 14, 9, 0.7),
            ],
        )
        sheet.part(
            path(f"M {C - 90} 380 Q {C} 404 {C + 92} 378 L {C + 88} 398 Q {C} 420 {C - 86} 400 Z"),
            trim if look.get("band") else cloth.darker(0.15),
            lift=0.4,
        )
        sheet.part(ribbon([(C + 12, 248), (C + 16, 234), (C + 24, 224)], [9, 6, 5]), cloth, lift=0.4)
        if look.get("pin"):
            sheet.plate(
                polygon([(C - 70 + 9 * math.cos(a), 340 + 9 * math.sin(a)) for a in np.linspace(0, 6.283, 9)[:-1]]),
                look.hardware,
            )
    elif style == "beanie":
        body = path(
            f"M {C - 104} 380 C {C - 112} 280 {C - 70} 214 {C} 210 C {C + 70} 214 {C + 112} 280 {C + 104} 380 Q {C} 396 {C - 104} 380 Z"
        )
        sheet.part(body, cloth, folds=[(C - 8, 218, C - 70, 370, -16, 7, 0.6), (C + 8, 218, C + 70, 370, 16, 7, 0.6)])
        if look.get("pompom"):
            sheet.part(
                oval(C, 196, 36, 34),
                Cloth(look.cloth.second if look.get("pompom") == "two" else cloth.rgb, "shearling"),
                lift=0.8,
            )
        cuff = path(f"M {C - 108} 424 Q {C} 444 {C + 108} 424 L {C + 108} 366 Q {C} 386 {C - 108} 366 Z")
        sheet.part(cuff, replace(look.trim or cloth.plain(), surface="rib"), lift=0.9)
        if look.get("patch"):
            sheet.part(box(C - 20, 396, C + 20, 420, 2), Cloth((152, 100, 62), "leather"), lift=0.4)
    elif style == "cap":
        crown = path(
            f"M {C - 106} 366 C {C - 108} 280 {C - 60} 232 {C + 6} 232 C {C + 74} 234 {C + 106} 290 {C + 104} 356 Q {C} 392 {C - 106} 366 Z"
        )
        sheet.part(crown, cloth)
        for x in (-56, 0, 56):
            sheet.seam(curve([(C + 4, 234), (C + x * 0.8, 300), (C + x, 372)]), cloth.rgb, 0.8)
        brim = path(
            f"M {C - 60} 366 C {C - 20} 352 {C + 70} 346 {C + 106} 352 C {C + 160} 362 {C + 186} 390 {C + 178} 398 C {C + 120} 392 {C + 20} 398 {C - 40} 408 Q {C - 74} 392 {C - 60} 366 Z"
        )
        sheet.part(brim, look.trim or cloth, lift=0.9, form=0.5)
        sheet.stitch(curve([(C - 50, 396), (C + 40, 384), (C + 168, 388)]), mix(cloth.rgb, INK, 0.4), 0.9)
        sheet.part(oval(C + 5, 232, 7, 4), cloth, lift=0.3)
        if look.get("patch"):
            sheet.plate(box(C + 30, 300, C + 58, 306, 2), look.hardware, 0.3)
    elif style == "bucket":
        brim = path(
            f"M {C - 92} 336 L {C + 92} 336 C {C + 116} 366 {C + 146} 392 {C + 150} 404 C {C + 110} 436 {C - 110} 436 {C - 150} 404 C {C - 146} 392 {C - 116} 366 {C - 92} 336 Z"
        )
        sheet.part(brim, cloth, lift=0.3)
        for k in range(4):
            sheet.stitch(
                path(f"M {C - 104 - k * 11} {352 + k * 14} Q {C} {378 + k * 17} {C + 104 + k * 11} {352 + k * 14}"),
                mix(cloth.rgb, INK, 0.3),
                0.8,
                2.6,
                0.5,
            )
        crown = path(
            f"M {C - 96} 346 C {C - 98} 300 {C - 88} 262 {C - 74} 246 Q {C} 228 {C + 74} 246 C {C + 88} 262 {C + 98} 300 {C + 96} 346 Q {C} 370 {C - 96} 346 Z"
        )
        sheet.part(crown, cloth, lift=0.7)
        sheet.seam(path(f"M {C - 74} 248 Q {C} 266 {C + 74} 248"), cloth.rgb, 0.9)
        if look.get("band"):
            sheet.part(
                path(f"M {C - 97} 346 L {C - 97} 326 Q {C} 350 {C + 97} 326 L {C + 97} 346 Q {C} 370 {C - 97} 346 Z"),
                trim,
                lift=0.4,
            )
    elif style == "newsboy":
        body = path(
            f"M {C - 130} 350 C {C - 140} 280 {C - 60} 226 {C + 10} 228 C {C + 100} 230 {C + 150} 290 {C + 130} 346 C {C + 80} 376 {C - 90} 380 {C - 130} 350 Z"
        )
        sheet.part(body, cloth)
        for x in (-90, -30, 36, 96):
            sheet.seam(curve([(C + 4, 230), (C + x * 0.9, 280), (C + x, 362)]), cloth.rgb, 0.9)
        sheet.part(
            path(
                f"M {C - 96} 356 C {C - 40} 372 {C + 60} 372 {C + 116} 352 C {C + 140} 372 {C + 120} 396 {C + 104} 400 C {C + 40} 388 {C - 30} 390 {C - 78} 398 Q {C - 108} 376 {C - 96} 356 Z"
            ),
            cloth.darker(0.08),
            lift=0.8,
            form=0.5,
        )
        sheet.part(oval(C + 5, 229, 8, 5), cloth, lift=0.3)


# ---------------------------------------------------------------- belts, gloves, ties


def belt(sheet: Sheet, look: Look) -> None:
    """A rolled belt, its buckle to the front."""
    cloth = look.cloth.plain() if look.cloth.pattern is None else look.cloth
    wide = {"slim": 24.0, "classic": 38.0, "wide": 60.0}[look.get("width", "classic")]
    cx, cy = C, 292.0
    inside = path(
        f"M {cx - 126} {cy} C {cx - 126} {cy - 54} {cx + 126} {cy - 54} {cx + 126} {cy} L {cx + 126} {cy + wide * 0.6} C {cx + 126} {cy + 50 + wide * 0.6} {cx - 126} {cy + 50 + wide * 0.6} {cx - 126} {cy + wide * 0.6} Z"
    )
    sheet.part(inside, cloth.darker(0.34), lift=0.4, form=0.8)
    for share in (0.86, 0.72):
        coil = path(
            f"M {cx - 126 * share} {cy + 8} C {cx - 126 * share} {cy + 8 - 50 * share} {cx + 126 * share} {cy + 8 - 50 * share} {cx + 126 * share} {cy + 8} L {cx + 118 * share} {cy + 60} L {cx - 118 * share} {cy + 60} Z"
        )
        sheet.part(coil, cloth.darker(0.40 if share > 0.8 else 0.46), lift=0.5, form=0.6, edge=0.6)
    sheet.part(
        path(
            f"M {cx - 78} {cy + 12} C {cx - 78} {cy - 18} {cx + 78} {cy - 18} {cx + 78} {cy + 12} L {cx + 70} {cy + 60} L {cx - 70} {cy + 60} Z"
        ),
        cloth.darker(0.7),
        lift=0.3,
        form=0.2,
    )
    front = path(
        f"M {cx - 128} {cy} C {cx - 128} {cy + 60} {cx + 128} {cy + 60} {cx + 128} {cy} L {cx + 128} {cy + wide} C {cx + 128} {cy + 60 + wide} {cx - 128} {cy + 60 + wide} {cx - 128} {cy + wide} Z"
    )
    sheet.part(front, cloth, lift=1.0)
    rgb = look.stitch or mix(cloth.rgb, GLOW if luminance(cloth.rgb) < 0.5 else INK, 0.4)
    if cloth.surface not in ("croc", "woven", "canvas"):
        for dy in (4.5, wide - 4.5):
            sheet.stitch(
                path(
                    f"M {cx - 126} {cy + dy + 2} C {cx - 122} {cy + 59 + dy} {cx + 122} {cy + 59 + dy} {cx + 126} {cy + dy + 2}"
                ),
                rgb,
                1.1,
                3.6,
                0.7,
            )
    bx, by = cx - 10, cy + 44 + wide / 2
    style = look.get("buckle", "frame")
    h = wide / 2 + 7
    if style == "frame":
        sheet.plate(
            minus(box(bx - 26, by - h, bx + 22, by + h, 5), box(bx - 19, by - h + 7, bx + 15, by + h - 7, 3)),
            look.hardware,
            0.9,
        )
        sheet.wire(path(f"M {bx - 22} {by} L {bx + 19} {by}"), look.hardware, 4)
    elif style == "round":
        r = max(h, 21)
        sheet.plate(ring(bx, by, r + 4, r, 7), look.hardware, 0.9)
        sheet.wire(path(f"M {bx - r} {by} L {bx + r} {by}"), look.hardware, 4)
    elif style == "plaque":
        sheet.plate(box(bx - 34, by - h + 2, bx + 34, by + h - 2, 3), look.hardware, 0.9)
        sheet.line(box(bx - 28, by - h + 8, bx + 28, by + h - 8, 2), METALS[look.hardware][0], 1, 0.6)
    elif style == "interlock":
        for s in (-1, 1):
            sheet.plate(ring(bx + s * 15, by, 21, h, 6), look.hardware, 0.8)
    elif style == "horseshoe":
        sheet.wire(
            curve([(bx + 14, by - h), (bx - 16, by - h + 3), (bx - 26, by), (bx - 16, by + h - 3), (bx + 14, by + h)]),
            look.hardware,
            8,
        )
        sheet.wire(path(f"M {bx - 24} {by} L {bx + 16} {by}"), look.hardware, 4)
    elif style == "covered":
        sheet.part(
            minus(box(bx - 28, by - h - 2, bx + 24, by + h + 2, 8), box(bx - 16, by - h + 10, bx + 12, by + h - 10, 4)),
            cloth,
            lift=0.9,
        )
    if style != "plaque":
        sheet.part(box(bx + 34, by - wide / 2 - 3, bx + 46, by + wide / 2 + 3, 2), cloth, lift=0.6, form=0.3)
        for k in range(3):
            x = bx + 58 + k * 15
            if x < cx + 104:
                sheet.flat(oval(x, by - 2.4 - k * 3.4, 2.6), INK, 0.85)


def gloves(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth

    def one(c: Sheet) -> None:
        long = look.get("long", 0)
        thumb = path("M 176 330 C 156 316 138 286 128 262 C 122 246 138 238 148 250 C 160 272 176 290 188 296 Z")
        c.part(thumb, cloth, lift=0.4)
        hand = path(
            f"M 182 {420 + long} L 182 330 C 176 300 174 270 176 240 C 174 210 172 180 172 164 C 172 148 190 148 192 164 L 196 226 L 200 150 C 201 134 220 134 221 150 L 222 226 "
            f"L 228 156 C 230 140 248 142 248 158 L 246 232 L 252 182 C 254 168 270 170 270 184 C 270 220 270 270 264 304 C 260 330 260 350 260 {420 + long} Q 220 {428 + long} 182 {420 + long} Z"
        )
        c.part(hand, cloth, lift=0.9, folds=[(186, 300, 256, 306, 6, 6, 0.6), (190, 350, 254, 352, 5, 6, 0.6)])
        for x, y0, y1 in ((202, 244, 312), (222, 240, 312), (242, 248, 310)):
            c.seam(path(f"M {x} {y0} L {x} {y1}"), cloth.rgb, 0.9)
        kind = look.get("cuff", "plain")
        if kind == "rib":
            c.part(
                path(f"M 178 {372 + long} L 264 {372 + long} L 262 {432 + long} Q 220 {440 + long} 180 {432 + long} Z"),
                replace(look.trim or cloth, surface="rib", pattern=None),
                lift=0.5,
            )
        elif kind == "fur":
            c.part(
                path(
                    f"M 172 {396 + long} Q 220 {388 + long} 268 {396 + long} L 272 {446 + long} Q 220 {456 + long} 168 {446 + long} Z"
                ),
                look.trim or Cloth(cloth.rgb, "shearling"),
                lift=0.7,
            )
        elif kind == "strap":
            c.part(
                path(f"M 180 {372 + long} L 262 {372 + long} L 262 {386 + long} L 180 {386 + long} Z"),
                cloth.darker(0.1),
                lift=0.5,
            )
            buckle(c, 246, 379 + long, 8, 8, look.hardware, bar=2.6)
        elif kind == "button":
            c.button(246, 396 + long, 4, None, look.hardware)

    c = sheet.c
    c.save()
    c.translate(60, -10)
    c.rotate(12, 220, 330)
    one(sheet)
    c.restore()
    c.save()
    c.translate(-16, 14)
    c.rotate(-7, 220, 330)
    one(sheet)
    c.restore()


def tie(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    if look.get("style") == "bow":
        for s in (-1, 1):
            wing = path(
                f"M {C} 300 C {C + s * 40} 270 {C + s * 100} 244 {C + s * 124} 250 C {C + s * 132} 280 {C + s * 132} 320 {C + s * 124} 350 C {C + s * 100} 356 {C + s * 40} 330 {C} 300 Z"
            )
            sheet.part(
                wing,
                cloth,
                folds=[(C + s * 10, 300, C + s * 96, 290, 4, 8, 0.9), (C + s * 14, 306, C + s * 84, 324, 3, 6, 0.7)],
                angle=s * 8,
            )
        sheet.part(box(C - 19, 274, C + 19, 326, 10), cloth, lift=0.9)
        return
    blade = path(
        f"M {C - 20} 168 C {C - 26} 260 {C - 40} 380 {C - 48} 452 L {C} 506 L {C + 48} 452 C {C + 40} 380 {C + 26} 260 {C + 20} 168 Z"
    )
    if look.get("style") == "knit":
        blade = path(f"M {C - 19} 168 L {C - 33} 496 L {C + 33} 496 L {C + 19} 168 Z")
    sheet.part(
        path(
            f"M {C - 46} 92 C {C - 40} 62 {C + 40} 62 {C + 46} 92 L {C + 24} 124 C {C + 20} 104 {C - 20} 104 {C - 24} 124 Z"
        ),
        cloth.darker(0.2),
        lift=0.2,
        angle=70,
    )
    sheet.part(
        blade,
        cloth,
        angle=38 if cloth.pattern in ("stripe", "pinstripe") else 0,
        folds=[(C - 6, 172, C - 14, 280, -2, 5, 0.7), (C + 8, 172, C + 14, 260, 2, 4, 0.5)],
    )
    sheet.part(
        path(f"M {C - 32} 112 Q {C} 100 {C + 32} 112 L {C + 19} 170 Q {C} 178 {C - 19} 170 Z"),
        cloth,
        lift=1.0,
        angle=-38 if cloth.pattern in ("stripe", "pinstripe") else 0,
    )
    if look.get("style") == "clip":
        sheet.plate(box(C - 36, 320, C + 20, 327, 2), look.hardware, 0.6)


# ---------------------------------------------------------------- eyewear


def eyewear(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    style = look.get("style", "round")
    lens_rgb = look.cloth.second
    clear = bool(look.get("optical"))
    right = {
        "round": "M 316 250 C 352 250 376 274 376 304 C 376 336 352 358 316 358 C 282 358 256 336 256 304 C 256 274 282 250 316 250 Z",
        "square": "M 262 256 L 372 252 Q 384 254 384 268 L 378 334 Q 374 352 356 352 L 284 352 Q 264 352 260 334 L 254 268 Q 254 256 262 256 Z",
        "cat": "M 262 270 Q 300 250 352 244 Q 388 236 400 236 Q 396 256 390 280 C 384 326 360 352 322 352 C 282 352 260 326 256 292 Q 256 278 262 270 Z",
        "aviator": "M 262 258 Q 310 246 366 252 Q 388 258 386 290 C 382 334 354 370 322 370 C 284 368 258 330 254 282 Q 252 264 262 258 Z",
        "oval": "M 318 268 C 360 268 384 284 384 306 C 384 330 358 346 318 346 C 280 346 254 330 254 306 C 254 284 280 268 318 268 Z",
        "oversized": "M 260 246 Q 320 232 386 244 Q 402 250 400 280 C 396 340 366 372 322 372 C 276 372 254 336 252 286 Q 250 252 260 246 Z",
        "hex": "M 288 254 L 352 254 L 384 300 L 354 352 L 286 352 L 256 304 Z",
        "shield": "M 244 256 Q 320 240 400 252 Q 408 262 404 290 C 398 340 360 356 316 350 Q 276 346 262 322 Q 254 310 244 308 Z",
    }[style]
    from core.demo.drawing.kit import flip

    wire = bool(look.get("wire"))
    temple = look.get("temple", None) or cloth
    for s in (1, -1):
        arm = path(
            f"M {C + s * 136} 268 C {C + s * 158} 250 {C + s * 150} 206 {C + s * 118} 184 L {C + s * 112} 190 C {C + s * 138} 212 {C + s * 142} 246 {C + s * 128} 272 Z"
        )
        if wire:
            sheet.wire(curve([(C + s * 138, 272), (C + s * 152, 234), (C + s * 116, 188)]), look.hardware, 3.6)
        else:
            sheet.part(arm, temple.darker(0.15), lift=0.2)
    for d in (right, flip(right)):
        shape = path(d)
        b = shape.getBounds()
        if not clear:
            grad = skia.GradientShader.MakeLinear(
                [skia.Point(0, b.top()), skia.Point(0, b.bottom())],
                [
                    colour(mix(lens_rgb, INK, 0.45), 0.97),
                    colour(mix(lens_rgb, GLOW, 0.18 if not look.get("gradient") else 0.55), 0.92),
                ],
            )
            sheet.c.drawPath(shape, skia.Paint(AntiAlias=True, Shader=grad))
        else:
            sheet.flat(shape, (216, 226, 228), 0.42)
        sheet.c.save()
        sheet.c.clipPath(shape, skia.ClipOp.kIntersect, True)
        for dx, w, a in ((0.22, 22, 0.20), (0.42, 8, 0.14)):
            x = b.left() + b.width() * dx
            sheet.flat(
                polygon(
                    [(x, b.top() - 4), (x + w, b.top() - 4), (x + w - 44, b.bottom() + 4), (x - 44, b.bottom() + 4)]
                ),
                GLOW,
                a if not clear else a * 2,
            )
        sheet.c.restore()
        if wire:
            sheet.wire(shape, look.hardware, 4.2)
        else:
            thick = look.get("thick", 11.0)
            band = skia.Path()
            skia.Paint(
                Style=skia.Paint.kStroke_Style, StrokeWidth=thick, StrokeJoin=skia.Paint.kRound_Join
            ).getFillPath(shape, band)
            sheet.part(band, cloth, lift=0.5, form=0.5, edge=0.8)
    bridge = (
        [(222, 292), (230, 281), (240, 278), (250, 281), (258, 292)]
        if style != "shield"
        else [(236, 266), (240, 264), (244, 266)]
    )
    if wire:
        sheet.wire(curve(bridge), look.hardware, 4)
        if style == "aviator":
            sheet.wire(curve([(206, 258), (240, 252), (274, 258)]), look.hardware, 4)
        for s in (1, -1):
            sheet.flat(oval(C + s * 13, 306, 4, 9), (236, 230, 224), 0.8)
    else:
        sheet.part(ribbon(bridge, 11), cloth, lift=0.3)
        if look.get("studs", True):
            for s in (1, -1):
                for k in range(2):
                    sheet.plate(oval(C + s * (130 + k * 0), 266 + k * 8, 2.4), look.hardware, 0.3)
    if look.get("chain"):
        for s in (1, -1):
            sheet.chain(
                [(C + s * 118, 186), (C + s * 160, 300), (C + s * 130, 430), (C + s * 40, 470), (C, 474)],
                look.hardware,
                8,
            )


# ---------------------------------------------------------------- watches


def watch(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    style = look.get("case", "round")
    strap = look.get("strap", "leather")
    r = {"round": 76.0, "cushion": 72.0, "rect": 58.0, "small": 58.0, "diver": 82.0, "oval": 66.0}[style]
    ry = {"rect": 78.0, "oval": 78.0}.get(style, r)
    w = r * 0.60 if style not in ("rect",) else r * 0.8
    cy = 300.0
    for s in (-1, 1):
        y0, y1 = cy + s * (ry - 8), cy + s * 204
        if strap == "metal":
            n = 12
            for k in range(n):
                a, b = y0 + (y1 - y0) * k / n, y0 + (y1 - y0) * (k + 1) / n
                taper = 1 - 0.24 * k / n
                lo, hi = min(a, b) + 0.7, max(a, b) - 0.7
                sheet.plate(box(C - w * taper, lo, C - w * taper * 0.36, hi, 2), look.hardware, 0.3, 80)
                sheet.plate(box(C + w * taper * 0.36, lo, C + w * taper, hi, 2), look.hardware, 0.3, 80)
                sheet.plate(
                    box(C - w * taper * 0.34, lo, C + w * taper * 0.34, hi, 2),
                    look.get("two_tone") or look.hardware,
                    0.3,
                    90,
                )
        elif strap == "mesh":
            shape = path(f"M {C - w} {y0} L {C + w} {y0} L {C + w * 0.86} {y1} L {C - w * 0.86} {y1} Z")
            sheet.plate(shape, look.hardware, 0.6, 90)
            sheet.c.save()
            sheet.c.clipPath(shape, skia.ClipOp.kIntersect, True)
            for k in range(-40, 60):
                for t in (1, -1):
                    sheet.line(
                        path(f"M {C - 60 + k * 6} {min(y0, y1)} L {C - 60 + k * 6 + t * 170} {max(y0, y1)}"),
                        INK,
                        0.7,
                        0.32,
                    )
            sheet.c.restore()
        elif strap == "bangle":
            sheet.plate(
                path(
                    f"M {C - w * 0.5} {y0} L {C + w * 0.5} {y0} Q {C + w * 0.9} {(y0 + y1) / 2} {C + w * 0.3} {y1} L {C - w * 0.3} {y1} Q {C - w * 0.9} {(y0 + y1) / 2} {C - w * 0.5} {y0} Z"
                ),
                look.hardware,
                0.6,
                90,
            )
        else:
            tip = f"Q {C} {y1 + s * 22} " if s > 0 else f"L {C} {y1} "
            shape = path(
                f"M {C - w} {y0} L {C + w} {y0} C {C + w * 0.92} {y0 + s * 60} {C + w * 0.8} {y1 - s * 70} {C + w * 0.78} {y1} {tip} {C - w * 0.78} {y1} C {C - w * 0.8} {y1 - s * 70} {C - w * 0.92} {y0 + s * 60} {C - w} {y0} Z"
            )
            sheet.part(shape, cloth, lift=0.6, form=0.7)
            if cloth.surface not in ("canvas", "rubber"):
                rgb = look.stitch or mix(cloth.rgb, GLOW if luminance(cloth.rgb) < 0.5 else INK, 0.4)
                for t in (-1, 1):
                    sheet.stitch(
                        path(
                            f"M {C + t * (w - 6)} {y0 + s * 16} C {C + t * (w * 0.92 - 6)} {y0 + s * 60} {C + t * (w * 0.8 - 6)} {y1 - s * 70} {C + t * (w * 0.78 - 6)} {y1}"
                        ),
                        rgb,
                        1.0,
                        3.4,
                        0.7,
                    )
            if s > 0:
                for k in range(4):
                    sheet.flat(oval(C, y0 + 58 + k * 19, 2.8), INK, 0.8)
            else:
                sheet.plate(
                    minus(
                        box(C - w * 0.95, y1 - 14, C + w * 0.95, y1 + 10, 4),
                        box(C - w * 0.74, y1 - 8, C + w * 0.74, y1 + 4, 2),
                    ),
                    look.hardware,
                    0.6,
                )
                sheet.wire(path(f"M {C} {y1 - 12} L {C} {y1 + 8}"), look.hardware, 3)
    # crown and pushers
    sheet.plate(box(C + r - 2, cy - 7, C + r + 10, cy + 7, 2), look.hardware, 0.5, 90)
    if look.get("chrono"):
        for dy in (-34, 34):
            sheet.plate(box(C + r - 8, cy + dy - 5, C + r + 7, cy + dy + 5, 2), look.hardware, 0.4, 90)
    if style == "cushion":
        case, face = box(C - r, cy - r, C + r, cy + r, 30), oval(C, cy, r - 12)
    elif style == "rect":
        case, face = box(C - r, cy - ry, C + r, cy + ry, 10), box(C - r + 11, cy - ry + 11, C + r - 11, cy + ry - 11, 4)
    else:
        case, face = oval(C, cy, r, ry), oval(C, cy, r - 12, ry - 12)
    sheet.plate(case, look.hardware, 1.0)
    if style == "diver":
        bezel = ring(C, cy, r - 3, r - 3, 13)
        sheet.part(bezel, Cloth(look.cloth.third, "acetate"), lift=0.2, form=0.4)
        for k in range(12):
            a = k * math.pi / 6
            sheet.line(
                path(
                    f"M {C + (r - 13) * math.sin(a)} {cy - (r - 13) * math.cos(a)} L {C + (r - 6) * math.sin(a)} {cy - (r - 6) * math.cos(a)}"
                ),
                (244, 244, 240),
                1.8,
            )
        face = oval(C, cy, r - 17)
    if look.get("gems"):
        n = 32
        for k in range(n):
            a = 2 * math.pi * k / n
            sheet.gem(C + (r - 6) * math.cos(a), cy + (ry - 6) * math.sin(a), 4.4, (232, 238, 244))
    dial = look.get("dial", (244, 240, 230))
    b = face.getBounds()
    shader = skia.GradientShader.MakeRadial(
        skia.Point(C - 14, cy - 18),
        max(r, ry) * 1.2,
        [colour(mix(dial, GLOW, 0.25)), colour(dial), colour(mix(dial, INK, 0.32))],
        [0.0, 0.5, 1.0],
    )
    sheet.c.drawPath(face, skia.Paint(AntiAlias=True, Shader=shader))
    sheet.c.save()
    sheet.c.clipPath(face, skia.ClipOp.kIntersect, True)
    sheet.line(face, INK, 6, 0.20)
    sheet.c.restore()
    ink = (244, 240, 230) if luminance(dial) < 0.45 else (44, 38, 36)
    hx, hy = b.width() / 2, b.height() / 2
    index = look.get("index", "bar")
    for k in range(12):
        a = k * math.pi / 6
        sx, sy = math.sin(a), -math.cos(a)
        if style == "rect":
            m = max(abs(sx) / 1.0, abs(sy))
            sx, sy = sx / m, sy / m
        if index == "bar" or (index == "four" and k % 3 == 0):
            sheet.line(
                path(f"M {C + sx * hx * 0.76} {cy + sy * hy * 0.76} L {C + sx * hx * 0.88} {cy + sy * hy * 0.88}"),
                METALS[look.hardware][1] if look.get("applied") else ink,
                2.6 if k % 3 == 0 else 1.7,
            )
        elif index in ("dot",):
            sheet.flat(oval(C + sx * hx * 0.82, cy + sy * hy * 0.82, 2.8 if k % 3 == 0 else 1.8), ink)
        elif index == "roman":
            font = skia.Font(skia.Typeface(), 1)
            del font
            n = (12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)[k]
            strokes = {12: 3, 1: 1, 2: 2, 3: 3, 4: 3, 5: 2, 6: 2, 7: 3, 8: 3, 9: 2, 10: 2, 11: 3}[n]
            for j in range(strokes):
                o = (j - (strokes - 1) / 2) * 3.4
                x, y = C + sx * hx * 0.8 - sy * o, cy + sy * hy * 0.8 + sx * o
                sheet.line(path(f"M {x - sx * 5.4} {y - sy * 5.4} L {x + sx * 5.4} {y + sy * 5.4}"), ink, 1.5)
    if look.get("chrono"):
        for x, y in ((-0.42, 0.0), (0.42, 0.0), (0.0, 0.46)):
            sub = oval(C + x * hx, cy + y * hy, hx * 0.24)
            sheet.flat(sub, mix(dial, INK if luminance(dial) > 0.4 else GLOW, 0.12))
            sheet.line(sub, ink, 0.7, 0.6)
            sheet.line(path(f"M {C + x * hx} {cy + y * hy} L {C + x * hx + 5} {cy + y * hy - 9}"), ink, 1.2)
    elif look.get("date"):
        sheet.flat(box(C + hx * 0.52, cy - 6, C + hx * 0.74, cy + 6, 1), (250, 248, 242))
        sheet.line(
            path(
                f"M {C + hx * 0.58} {cy - 2.5} L {C + hx * 0.58} {cy + 3} M {C + hx * 0.66} {cy - 2.5} L {C + hx * 0.66} {cy + 3}"
            ),
            INK,
            1.2,
        )
    elif look.get("moon"):
        sheet.flat(oval(C, cy + hy * 0.42, hx * 0.24), (32, 44, 82))
        sheet.flat(oval(C + 4, cy + hy * 0.40, hx * 0.12), (240, 214, 140))
    hands = METALS[look.hardware][1] if look.get("applied") else ink
    sheet.line(path(f"M {C} {cy} L {C - hx * 0.36} {cy - hy * 0.28}"), hands, 4.2)
    sheet.line(path(f"M {C} {cy} L {C + hx * 0.34} {cy - hy * 0.60}"), hands, 2.9)
    if not look.get("no_seconds"):
        sheet.line(
            path(f"M {C - hx * 0.06} {cy - hy * 0.2} L {C + hx * 0.2} {cy + hy * 0.62}"),
            (170, 40, 36) if style == "diver" else hands,
            1.0,
        )
    sheet.flat(oval(C, cy, 3.6), hands)
    sheet.c.save()
    sheet.c.clipPath(face, skia.ClipOp.kIntersect, True)
    sheet.flat(
        polygon([(C - hx, cy - hy), (C - hx * 0.1, cy - hy), (C - hx * 0.7, cy + hy), (C - hx * 1.6, cy + hy)]),
        GLOW,
        0.16,
    )
    sheet.c.restore()


# ---------------------------------------------------------------- jewellery


def jewellery(sheet: Sheet, look: Look) -> None:
    {"necklace": necklace, "earrings": earrings, "ring": finger_ring, "bracelet": bracelet, "brooch": brooch}[
        look.get("piece", "necklace")
    ](sheet, look)


def _necklace_line(wide: float, drop: float) -> list[tuple[float, float]]:
    return [(C, 128), (C - wide * 0.52, 142), (C - wide * 0.93, 200), (C - wide * 0.82, 220 + drop * 0.52), (C, 220 + drop),
            (C + wide * 0.82, 220 + drop * 0.52), (C + wide * 0.93, 200), (C + wide * 0.52, 142), (C, 128)]  # fmt: skip


def necklace(sheet: Sheet, look: Look) -> None:
    style = look.get("style", "chain")
    stone = look.cloth.rgb
    line = _necklace_line(112, look.get("drop", 170))
    bottom = 220 + look.get("drop", 170)
    if style in ("pearls", "beads"):
        points = smooth(line, 60)
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        rows = look.get("rows", 1)
        for row in range(rows):
            r0 = look.get("size", 9.0)
            for at in np.arange(0, steps[-1], r0 * 1.98):
                x = float(np.interp(at, steps, points[:, 0]))
                y = float(np.interp(at, steps, points[:, 1]))
                k = 1 + 0.05 * row
                r = r0 * (0.84 + 0.22 * math.sin(math.pi * at / steps[-1])) if look.get("graduated") else r0
                sheet.pearl(C + (x - C) * (1 - 0.16 * row), y * k - (60 * 0 + 7 * row) - row * 16, r, stone)
        if look.get("pendant"):
            sheet.plate(oval(C, bottom + 14, 12, 12), look.hardware)
            sheet.gem(C, bottom + 14, 8, look.cloth.second)
    else:
        size = {"fine": 5.0, "chain": 9.0, "bold": 19.0, "rope": 6.0}[style]
        sheet.chain(line, look.hardware, size)
        if look.get("double"):
            sheet.chain([(x * 0.86 + C * 0.14, y * 0.9 + 6) for x, y in line], look.hardware, size * 0.8)
    sheet.plate(box(C - 7, 124, C + 7, 132, 3), look.hardware, 0.4, 90)
    pendant = look.get("pendant", None)
    y = bottom + 4
    if pendant == "drop":
        drop = path(
            f"M {C} {y} C {C + 18} {y + 26} {C + 20} {y + 48} {C} {y + 52} C {C - 20} {y + 48} {C - 18} {y + 26} {C} {y} Z"
        )
        sheet.plate(drop, look.hardware)
        sheet.gem(C, y + 34, 11, stone)
    elif pendant == "disc":
        sheet.plate(oval(C, y + 24, 24), look.hardware)
        sheet.line(oval(C, y + 24, 18), METALS[look.hardware][0], 1, 0.7)
        for k in range(8):
            a = k * math.pi / 4
            sheet.line(
                path(
                    f"M {C + 6 * math.cos(a)} {y + 24 + 6 * math.sin(a)} L {C + 14 * math.cos(a)} {y + 24 + 14 * math.sin(a)}"
                ),
                METALS[look.hardware][0],
                1.3,
                0.8,
            )
    elif pendant == "bar":
        sheet.plate(box(C - 36, y - 2, C + 36, y + 8, 3), look.hardware)
    elif pendant == "heart":
        sheet.plate(
            path(
                f"M {C} {y + 44} C {C - 46} {y + 14} {C - 22} {y - 14} {C} {y + 8} C {C + 22} {y - 14} {C + 46} {y + 14} {C} {y + 44} Z"
            ),
            look.hardware,
        )
    elif pendant == "stone":
        sheet.plate(oval(C, y + 24, 24, 28), look.hardware)
        sheet.gem(C, y + 24, 19, stone)
    elif pendant == "pearl":
        sheet.plate(box(C - 3, y, C + 3, y + 8, 2), look.hardware)
        sheet.pearl(C, y + 22, 15, stone)
    elif pendant == "leaf":
        sheet.plate(
            path(
                f"M {C} {y} C {C + 26} {y + 16} {C + 20} {y + 50} {C} {y + 66} C {C - 20} {y + 50} {C - 26} {y + 16} {C} {y} Z"
            ),
            look.hardware,
        )
        for k in range(4):
            sheet.line(
                path(
                    f"M {C} {y + 54 - k * 11} L {C + 12} {y + 44 - k * 11} M {C} {y + 54 - k * 11} L {C - 12} {y + 44 - k * 11}"
                ),
                METALS[look.hardware][0],
                1.1,
                0.8,
            )


def earrings(sheet: Sheet, look: Look) -> None:
    style = look.get("style", "hoop")
    stone = look.cloth.rgb
    for x, dy in ((C - 76, 0.0), (C + 76, 12.0)):
        y = 220.0 + dy
        sheet.wire(curve([(x, y + 8), (x - 7, y - 10), (x + 2, y - 22), (x + 9, y - 12)]), look.hardware, 3)
        if style == "hoop":
            r = look.get("size", 52.0)
            band = look.get("thick", 9.0)
            sheet.plate(ring(x, y + r, r * 0.82, r, band), look.hardware, 0.9, 20)
        elif style == "twist":
            r = 48.0
            pts = [(x + r * 0.84 * math.sin(a), y + r - r * math.cos(a)) for a in np.linspace(0, 2 * math.pi, 30)]
            for k, (px, py) in enumerate(pts):
                sheet.plate(oval(px, py, 8.5, 6.5), look.hardware, 0.4, 20 + 40 * (k % 2))
        elif style == "drop":
            sheet.wire(path(f"M {x} {y + 6} L {x} {y + 34}"), look.hardware, 2.6)
            sheet.plate(
                path(
                    f"M {x} {y + 30} C {x + 28} {y + 66} {x + 32} {y + 108} {x} {y + 112} C {x - 32} {y + 108} {x - 28} {y + 66} {x} {y + 30} Z"
                ),
                look.hardware,
                0.8,
            )
            sheet.gem(x, y + 80, 17, stone)
        elif style == "pearl":
            sheet.plate(oval(x, y + 8, 7), look.hardware)
            sheet.pearl(x, y + 38, 25, stone)
        elif style == "chandelier":
            sheet.gem(x, y + 12, 12, stone)
            for s in (-1, 0, 1):
                sheet.chain([(x + s * 8, y + 24), (x + s * 18, y + 60), (x + s * 22, y + 96)], look.hardware, 6)
                sheet.gem(x + s * 22, y + 106 + 8 * (s == 0), 9, stone)
            sheet.plate(
                path(
                    f"M {x - 22} {y + 24} Q {x} {y + 40} {x + 22} {y + 24} L {x + 18} {y + 32} Q {x} {y + 48} {x - 18} {y + 32} Z"
                ),
                look.hardware,
            )
        elif style == "knot":
            for a in (30, -30, 90):
                sheet.c.save()
                sheet.c.translate(x, y + 32)
                sheet.c.rotate(a)
                sheet.plate(ring(0, 0, 27, 16, 8), look.hardware, 0.6)
                sheet.c.restore()
        elif style == "bead":
            for k, r in enumerate((9, 12, 15, 18)):
                sheet.pearl(x, y + 12 + k * 27 + r * 0.3, r, mix(stone, GLOW, 0.06 * k))
        elif style == "leaf":
            for k in range(4):
                s = 1 if k % 2 else -1
                sheet.plate(
                    path(
                        f"M {x} {y + 10 + k * 26} C {x + s * 20} {y + 8 + k * 26} {x + s * 30} {y + 26 + k * 26} {x + s * 30} {y + 40 + k * 26} C {x + s * 12} {y + 42 + k * 26} {x} {y + 30 + k * 26} {x} {y + 10 + k * 26} Z"
                    ),
                    look.hardware,
                    0.5,
                )
            sheet.wire(path(f"M {x} {y + 6} L {x} {y + 120}"), look.hardware, 2.4)
        else:
            sheet.gem(x, y + 24, 22, stone)


def finger_ring(sheet: Sheet, look: Look) -> None:
    style = look.get("style", "solitaire")
    stone = look.cloth.rgb
    y = 320.0
    band = {"signet": 20.0, "band": 26.0, "dome": 22.0}.get(style, 11.0)
    sheet.plate(ring(C, y, 92, 98, band), look.hardware, 0.8, 30)
    sheet.shade(ring(C, y + 3, 92 - band * 0.5, 98 - band * 0.5, 3), 0.3, 3)
    if style == "solitaire":
        for s in (-1, 1):
            sheet.wire(path(f"M {C + s * 22} {y - 92} L {C + s * 30} {y - 132}"), look.hardware, 5)
        sheet.gem(C, y - 132, 38, stone)
    elif style == "signet":
        sheet.plate(box(C - 46, y - 132, C + 46, y - 68, 22), look.hardware, 0.9)
        sheet.line(box(C - 36, y - 124, C + 36, y - 76, 16), METALS[look.hardware][0], 1.4, 0.7)
        sheet.line(
            path(f"M {C - 14} {y - 88} L {C - 14} {y - 112} L {C} {y - 98} L {C + 14} {y - 112} L {C + 14} {y - 88}"),
            METALS[look.hardware][0],
            2.4,
            0.8,
        )
    elif style == "trilogy":
        for dx, r in ((-42, 22), (42, 22), (0, 31)):
            sheet.gem(C + dx, y - 102 - (8 if dx == 0 else 0), r, stone)
    elif style == "band":
        for k in range(9):
            a = -math.pi / 2 + (k - 4) * 0.22
            sheet.gem(C + 79 * math.cos(a), y + 85 * math.sin(a), 8.6, stone)
    elif style == "pearl":
        sheet.pearl(C, y - 122, 34, stone)
    elif style == "dome":
        sheet.plate(
            path(
                f"M {C - 84} {y - 40} C {C - 80} {y - 150} {C + 80} {y - 150} {C + 84} {y - 40} C {C + 50} {y - 84} {C - 50} {y - 84} {C - 84} {y - 40} Z"
            ),
            look.hardware,
            0.9,
        )
        for k in range(3):
            sheet.gem(C - 40 + k * 40, y - 98 - (10 if k == 1 else 0), 9, stone)


def bracelet(sheet: Sheet, look: Look) -> None:
    style = look.get("style", "bangle")
    stone = look.cloth.rgb
    pts = [(C + 128 * math.cos(a), 310 + 84 * math.sin(a)) for a in np.linspace(-math.pi / 2 + 0.02, 1.5 * math.pi, 40)]
    if style == "bangle":
        for k in range(look.get("count", 1)):
            sheet.plate(ring(C, 310 - 15 * k + 8, 128, 84, look.get("thick", 14.0)), look.hardware, 0.9, 25)
    elif style == "cuff":
        cuff = path(
            f"M {C - 128} 290 C {C - 120} 400 {C + 120} 400 {C + 128} 290 L {C + 128} 344 C {C + 120} 452 {C - 120} 452 {C - 128} 344 Z"
        )
        sheet.plate(
            minus(
                path(
                    f"M {C - 128} 300 C {C - 128} 226 {C + 128} 226 {C + 128} 300 L {C + 128} 350 C {C + 128} 276 {C - 128} 276 {C - 128} 350 Z"
                ),
                box(C - 40, 200, C + 40, 320),
            ),
            look.hardware,
            0.4,
            150,
        )
        sheet.plate(cuff, look.hardware, 0.9, 10)
        if look.get("stones"):
            for k in range(5):
                u = k / 4 * 2 - 1
                sheet.gem(C + u * 84, 402 - 22 * u * u, 11, stone)
    elif style == "chain":
        sheet.chain(pts, look.hardware, look.get("size", 18.0))
        if look.get("charm"):
            sheet.plate(oval(C, 418, 17), look.hardware)
            sheet.gem(C, 418, 9, stone)
    elif style in ("beads", "pearls"):
        line = np.array(pts)
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        r = look.get("size", 13.0)
        for k, at in enumerate(np.linspace(0, steps[-1], int(steps[-1] / (r * 2)))[:-1]):
            x, y = float(np.interp(at, steps, line[:, 0])), float(np.interp(at, steps, line[:, 1]))
            if look.get("accent") and k % 6 == 3:
                sheet.plate(oval(x, y, r * 0.9), look.hardware)
            else:
                sheet.pearl(x, y, r, stone)
    else:
        sheet.chain(pts, look.hardware, 6)
        line = np.array(pts)
        for k in range(12, 28):
            sheet.gem(float(line[k][0]), float(line[k][1]), 9.5, stone)


def brooch(sheet: Sheet, look: Look) -> None:
    stone = look.cloth.rgb
    if look.get("style") == "flower":
        for k in range(6):
            a = k * math.pi / 3
            sheet.c.save()
            sheet.c.translate(C + 56 * math.cos(a), 300 + 56 * math.sin(a))
            sheet.c.rotate(math.degrees(a))
            sheet.plate(oval(0, 0, 48, 32), look.hardware, 0.8)
            sheet.c.restore()
        sheet.gem(C, 300, 32, stone)
    else:
        for k in range(16):
            a = k * math.pi / 8
            sheet.wire(
                path(
                    f"M {C} 300 L {C + (96 if k % 2 else 70) * math.cos(a)} {300 + (96 if k % 2 else 70) * math.sin(a)}"
                ),
                look.hardware,
                7,
            )
            sheet.pearl(C + (98 if k % 2 else 72) * math.cos(a), 300 + (98 if k % 2 else 72) * math.sin(a), 8)
        sheet.gem(C, 300, 30, stone)

"""Bags and small leather goods, standing on the floor."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from dataclasses import replace
from typing import Any

import skia  # type: ignore[import-not-found, import-untyped, unused-ignore]

from core.demo.drawing.garments import C, buckle
from core.demo.drawing.kit import (
    GLOW,
    INK,
    Cloth,
    Sheet,
    box,
    curve,
    luminance,
    minus,
    mirrored,
    mix,
    oval,
    path,
    ribbon,
    ring,
    smooth,
    transformed,
)
from core.demo.drawing.look import Look


def _stitched(sheet: Sheet, line: Any, look: Look, alpha: float = 0.75) -> None:
    rgb = look.stitch or mix(look.cloth.rgb, GLOW if luminance(look.cloth.rgb) < 0.5 else INK, 0.42)
    sheet.stitch(line, rgb, 1.0, 3.4, alpha)


def inset(shape: Any, by: float) -> Any:
    """The outline of a shape, drawn inwards by `by` (by scaling about its middle)."""
    b = shape.getBounds()
    m = skia.Matrix()
    m.setScale((b.width() - 2 * by) / b.width(), (b.height() - 2 * by) / b.height(), b.centerX(), b.centerY())
    return transformed(shape, m)


def _quilt(sheet: Sheet, shape: Any, step: float = 26.0) -> None:
    c = sheet.c
    c.save()
    c.clipPath(shape, skia.ClipOp.kIntersect, True)
    b = shape.getBounds()
    n = int((b.width() + b.height()) / step) + 2
    for sign in (1, -1):
        for k in range(-n, n):
            x = b.centerX() + k * step
            line = path(
                f"M {x - sign * b.height()} {b.top() - b.height() * 0.5} L {x + sign * b.height()} {b.top() + b.height() * 1.5}"
            )
            sheet.shade(
                ribbon(
                    [
                        (x - sign * b.height(), b.top() - b.height() * 0.5),
                        (x + sign * b.height(), b.top() + b.height() * 1.5),
                    ],
                    4,
                ),
                0.26,
                2.4,
            )
            c.save()
            c.translate(1.8, 1.6)
            sheet.line(line, GLOW, 1.4, 0.20)
            c.restore()
            sheet.line(line, mix((0, 0, 0), INK, 0.5), 0.9, 0.5)
    c.restore()


def strap_up(
    sheet: Sheet, look: Look, x0: float, x1: float, y: float, high: float, width: float = 9.0, spread: float = 0.0
) -> None:
    """A handle that rises from (x0, y) over to (x1, y)."""
    mid = (x0 + x1) / 2
    points = [(x0, y), (x0 - spread + 4, y - high * 0.62), (mid - (mid - x0) * 0.55, y - high * 0.95), (mid, y - high),
              (mid + (x1 - mid) * 0.55, y - high * 0.95), (x1 + spread - 4, y - high * 0.62), (x1, y)]  # fmt: skip
    kind = look.get("strap", "leather")
    if kind == "chain":
        sheet.chain(points, look.hardware, 10)
    elif kind == "bead":
        line = smooth(points, 30)
        for k in range(0, len(line), 9):
            sheet.pearl(float(line[k][0]), float(line[k][1]), 6.0, mix(look.cloth.rgb, GLOW, 0.35))
    else:
        shape = ribbon(points, width)
        sheet.part(shape, (look.trim or look.cloth).plain(), lift=0.6, form=0.2, edge=0.9)
        _stitched(sheet, curve([(px, py) for px, py in points]), look, 0.35)


def ring_at(sheet: Sheet, look: Look, x: float, y: float, r: float = 7.0) -> None:
    sheet.wire(oval(x, y, r, r), look.hardware, 3.0)


def tab(sheet: Sheet, look: Look, x: float, y: float, w: float = 14, h: float = 30) -> None:
    shape = path(
        f"M {x - w / 2} {y} L {x + w / 2} {y} L {x + w / 2} {y + h - 7} Q {x} {y + h + 4} {x - w / 2} {y + h - 7} Z"
    )
    sheet.part(shape, (look.trim or look.cloth).plain(), lift=0.5, form=0.2)
    sheet.plate(oval(x, y + h - 9, 2.6), look.hardware, 0.2)


def clasp(sheet: Sheet, look: Look, x: float, y: float) -> None:
    kind = look.get("clasp", "turn")
    if kind == "turn":
        sheet.plate(box(x - 15, y - 9, x + 15, y + 9, 4), look.hardware, 0.7)
        sheet.plate(box(x - 3.4, y - 7, x + 3.4, y + 7, 2.5), look.hardware, 0.5, 100)
    elif kind == "ring":
        sheet.plate(ring(x, y, 17, 17, 5), look.hardware, 0.7)
    elif kind == "buckle":
        strap = box(x - 9, y - 34, x + 9, y + 30, 6)
        sheet.part(strap, (look.trim or look.cloth).plain(), lift=0.6, form=0.3)
        buckle(sheet, x, y, 14, 11, look.hardware)
    elif kind == "bar":
        sheet.plate(box(x - 28, y - 4, x + 28, y + 4, 3.5), look.hardware, 0.7, 90)
    elif kind == "knot":
        for s in (-1, 1):
            sheet.part(
                ribbon([(x - s * 16, y - 12), (x, y), (x + s * 16, y + 12)], [5, 14, 5]),
                look.trim or look.cloth,
                lift=0.7,
                form=0.6,
            )
    elif kind == "lock":
        sheet.wire(
            path(f"M {x - 6} {y - 4} Q {x - 6} {y - 16} {x} {y - 16} Q {x + 6} {y - 16} {x + 6} {y - 4}"),
            look.hardware,
            3,
        )
        sheet.plate(box(x - 11, y - 4, x + 11, y + 15, 3), look.hardware, 0.6)
        sheet.flat(oval(x, y + 4, 2), INK, 0.8)
    elif kind == "leaf":
        for s in (-1, 1):
            sheet.plate(
                path(
                    f"M {x} {y + 12} C {x + s * 4} {y - 2} {x + s * 14} {y - 10} {x + s * 22} {y - 10} C {x + s * 20} {y + 4} {x + s * 10} {y + 12} {x} {y + 12} Z"
                ),
                look.hardware,
                0.6,
            )
    else:
        sheet.plate(oval(x, y, 8), look.hardware, 0.6)


def flap_bag(sheet: Sheet, look: Look) -> None:
    """Shoulder and cross-body bags with a flap."""
    shape = look.get("shape", "saddle")
    w, h = {"saddle": (116, 150), "box": (118, 136), "long": (136, 104), "tall": (92, 176), "half": (126, 140)}[shape]
    top, bottom = 290.0, 290.0 + h
    cloth = look.cloth
    if look.get("strap", "leather") == "chain":
        strap_up(sheet, look, C - w + 14, C + w - 14, top + 12, look.get("drop", 170), 9, 6)
    else:
        strap_up(sheet, look, C - w + 8, C + w - 8, top + 18, look.get("drop", 170), 12, 10)
    body = {
        "saddle": mirrored(
            f"M {C} {top} L {C + w - 14} {top} C {C + w} {top + 20} {C + w + 10} {bottom - 60} {C + w + 2} {bottom - 26} Q {C + w - 8} {bottom} {C + w - 44} {bottom} L {C} {bottom + 2}"
        ),
        "box": mirrored(
            f"M {C} {top} L {C + w - 6} {top} Q {C + w} {top} {C + w} {top + 8} L {C + w + 3} {bottom - 10} Q {C + w + 3} {bottom} {C + w - 8} {bottom} L {C} {bottom}"
        ),
        "long": mirrored(
            f"M {C} {top} L {C + w - 10} {top} Q {C + w} {top + 6} {C + w + 2} {top + 26} L {C + w - 4} {bottom - 22} Q {C + w - 8} {bottom} {C + w - 30} {bottom} L {C} {bottom}"
        ),
        "tall": mirrored(
            f"M {C} {top} L {C + w - 8} {top} Q {C + w} {top + 4} {C + w} {top + 14} L {C + w + 2} {bottom - 22} Q {C + w} {bottom} {C + w - 24} {bottom} L {C} {bottom}"
        ),
        "half": mirrored(
            f"M {C} {top} L {C + w} {top} C {C + w + 6} {top + 70} {C + w - 30} {bottom} {C + 20} {bottom} L {C} {bottom}"
        ),
    }[shape]
    # the side (gusset) shows behind
    sheet.part(transformed(path(body), skia.Matrix.Translate(7, -5)), cloth.plain().darker(0.42), lift=0, form=0.4)
    sheet.part(path(body), cloth, form=0.8, lift=0.8)
    depth = h * {"saddle": 0.66, "box": 0.62, "long": 0.72, "tall": 0.5, "half": 0.6}[shape]
    flap_kind = look.get("flap", "round")
    y1 = top + depth
    flap = {
        "round": mirrored(
            f"M {C} {top - 12} L {C + w - 16} {top - 12} Q {C + w + 1} {top - 8} {C + w + 2} {top + 10} C {C + w + 4} {top + depth * 0.6} {C + w - 34} {y1} {C} {y1}"
        ),
        "square": mirrored(
            f"M {C} {top - 12} L {C + w - 12} {top - 12} Q {C + w + 2} {top - 10} {C + w + 3} {top + 4} L {C + w + 4} {y1 - 12} Q {C + w + 4} {y1} {C + w - 8} {y1} L {C} {y1}"
        ),
        "point": mirrored(
            f"M {C} {top - 12} L {C + w - 12} {top - 12} Q {C + w + 2} {top - 10} {C + w + 3} {top + 4} L {C + w + 2} {top + depth * 0.4} L {C} {y1 + 8}"
        ),
        "scallop": mirrored(
            f"M {C} {top - 12} L {C + w - 12} {top - 12} Q {C + w + 2} {top - 10} {C + w + 3} {top + 4} L {C + w + 3} {y1 - 24} Q {C + w - 20} {y1 + 4} {C + w * 0.5} {y1 - 14} Q {C + w * 0.28} {y1 + 16} {C} {y1 + 8}"
        ),
    }[flap_kind]
    flap_path = path(flap)
    sheet.part(flap_path, look.collar or cloth, form=0.7, lift=1.2)
    if look.get("quilt"):
        sheet.c.save()
        _quilt(sheet, flap_path)
        _quilt(sheet, minus(path(body), flap_path))
        sheet.c.restore()
    elif cloth.surface not in ("croc", "straw", "velvet"):
        _stitched(sheet, inset(flap_path, 6), look)
    if look.get("piping"):
        sheet.line(flap_path, look.trim.rgb if look.trim else mix(cloth.rgb, INK, 0.5), 3.4, 0.95)
    if look.get("strap") == "chain":
        for s in (-1, 1):
            sheet.plate(ring(C + s * (w - 14), top + 6, 7, 7, 3), look.hardware)
    else:
        for s in (-1, 1):
            ring_at(sheet, look, C + s * (w - 7), top + 12)
    clasp(sheet, look, C, y1 - (10 if flap_kind != "point" else 4))
    if look.get("tassel"):
        tassel(sheet, look, C + w - 10, top + 20)


def tassel(sheet: Sheet, look: Look, x: float, y: float) -> None:
    cloth = (look.trim or look.cloth).plain()
    sheet.line(curve([(x, y), (x + 5, y + 14), (x + 4, y + 28)]), mix(cloth.rgb, INK, 0.4), 2.4)
    shape = path(f"M {x - 1} {y + 28} L {x + 9} {y + 28} L {x + 13} {y + 78} L {x - 5} {y + 78} Z")
    sheet.part(shape, cloth, lift=0.8, form=0.9)
    for k in range(5):
        sheet.line(path(f"M {x + 1 + k * 1.6} {y + 36} L {x - 3 + k * 3.6} {y + 78}"), INK, 0.8, 0.45)
    sheet.plate(box(x - 2, y + 24, x + 10, y + 34, 2), look.hardware, 0.3)


def tote(sheet: Sheet, look: Look) -> None:
    shape = look.get("shape", "trapeze")
    cloth = look.cloth
    wt, wb, h = {
        "trapeze": (142, 112, 200),
        "straight": (118, 116, 210),
        "wide": (166, 118, 168),
        "basket": (132, 96, 170),
    }[shape]
    top, bottom = 270.0, 270.0 + h
    back = look.but(strap="leather")
    drop = look.get("drop", 120)
    gap = look.get("gap", 58)
    strap_up(sheet, back, C - gap + 6, C + gap - 2, top + 6, drop - 8, 10, 0)
    inside = mirrored(
        f"M {C} {top - 9} Q {C + wt * 0.6} {top - 9} {C + wt - 4} {top} L {C + wt - 6} {top + 18} L {C} {top + 18}"
    )
    sheet.part(
        path(inside), replace(cloth, rgb=look.lining, surface="suede", pattern=None).darker(0.35), lift=0, form=0.2
    )
    body = path(
        mirrored(
            f"M {C} {top + 5} Q {C + wt * 0.6} {top + 4} {C + wt} {top} C {C + wt - 4} {top + h * 0.5} {C + wb + 8} {bottom - 34} {C + wb + 4} {bottom - 12} Q {C + wb + 2} {bottom} {C + wb - 12} {bottom} L {C} {bottom + 2}"
        )
    )
    sheet.part(
        body,
        cloth,
        form=0.9,
        lift=0.8,
        folds=[
            (C - wt + 16, top + 30, C - wb + 18, bottom - 20, -4, 7, 0.6),
            (C + wt - 26, top + 26, C + wb - 20, bottom - 14, 4, 8, 0.7),
        ],
    )
    if look.get("quilt"):
        _quilt(sheet, body, 30)
    if look.get("base") and look.trim:
        base = path(
            mirrored(
                f"M {C} {bottom - 46} Q {C + wb * 0.6} {bottom - 46} {C + wb + 11} {bottom - 50} C {C + wb + 8} {bottom - 30} {C + wb + 6} {bottom - 20} {C + wb + 4} {bottom - 12} Q {C + wb + 2} {bottom} {C + wb - 12} {bottom} L {C} {bottom + 2}"
            )
        )
        sheet.part(base, look.trim, lift=0.4, form=0.9)
    rim = path(
        mirrored(
            f"M {C} {top + 5} Q {C + wt * 0.6} {top + 4} {C + wt} {top} L {C + wt - 2} {top + 15} Q {C + wt * 0.6} {top + 20} {C} {top + 20}"
        )
    )
    sheet.part(rim, (look.trim or cloth).plain(), lift=0.4, form=0.7, edge=0.6)
    if cloth.surface not in ("straw",):
        _stitched(sheet, path(f"M {C - wt + 4} {top + 17} Q {C} {top + 24} {C + wt - 4} {top + 17}"), look)
    strap_up(sheet, back, C - gap, C + gap, top + 44, drop + 34, 11, 0)
    for s in (-1, 1):
        tab(sheet, look, C + s * gap, top + 24, 15, 32)
    if look.get("clasp"):
        clasp(sheet, look, C, top + 40)
    if look.get("tassel"):
        tassel(sheet, look, C + gap + 10, top + 24)
    if look.get("pouch_print"):
        sheet.line(path(f"M {C - 22} {top + 104} L {C + 22} {top + 104}"), mix(cloth.rgb, INK, 0.4), 2, 0.8)


def bucket(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    top, bottom, w, wb = 280.0, 470.0, 92.0, 84.0
    strap_up(sheet, look, C - w + 12, C + w - 12, top + 18, look.get("drop", 160), 11, 4)
    inside = oval(C, top + 6, w - 10, 15)
    sheet.part(inside, cloth.plain().darker(0.5), lift=0, form=0.3)
    body = path(
        mirrored(
            f"M {C} {top + 20} Q {C + w * 0.5} {top + 20} {C + w - 8} {top + 4} C {C + w + 10} {top + 50} {C + w + 10} {bottom - 60} {C + wb} {bottom - 8} Q {C + wb * 0.5} {bottom + 8} {C} {bottom + 8}"
        )
    )
    folds = [
        (C + u * w * 0.8, top + 18, C + u * w * 0.66, top + 96, u * 4, 5, 1.0)
        for u in (-0.85, -0.5, -0.15, 0.2, 0.55, 0.9)
    ]
    sheet.part(body, cloth, folds=folds, lift=0.8)
    cord = (look.trim or cloth).plain()
    y = top + 44
    sheet.part(ribbon([(C - w - 1, y), (C, y + 14), (C + w + 1, y)], 6), cord, lift=0.5)
    for k in range(7):
        x = C - w + 14 + k * (2 * w - 28) / 6
        sheet.plate(oval(x, y + 14 - 13 * ((x - C) / w) ** 2, 4.2), look.hardware, 0.4)
    for points in (
        [(C + 2, y + 14), (C + 18, y + 60), (C + 10, y + 104)],
        [(C - 2, y + 14), (C - 12, y + 50), (C - 8, y + 86)],
    ):
        sheet.part(ribbon(points, 5), cord, lift=0.6)
        sheet.part(box(points[2][0] - 6, points[2][1], points[2][0] + 6, points[2][1] + 20, 3), cord, lift=0.6)
    base = path(
        mirrored(
            f"M {C} {bottom - 24} Q {C + wb * 0.6} {bottom - 24} {C + wb + 5} {bottom - 36} L {C + wb} {bottom - 8} Q {C + wb * 0.5} {bottom + 8} {C} {bottom + 8}"
        )
    )
    sheet.part(base, (look.trim or cloth).plain(), lift=0.3)
    _stitched(sheet, path(f"M {C - wb - 3} {bottom - 31} Q {C} {bottom - 17} {C + wb + 3} {bottom - 31}"), look)


def hobo(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    y = 300.0
    deep = look.get("deep", 130)
    outer = path(f"M {C - 138} {y - 30} C {C - 150} {y + deep} {C - 80} {y + deep + 52} {C} {y + deep + 50} C {C + 84} {y + deep + 52} {C + 152} {y + deep} {C + 138} {y - 30} "
                 f"C {C + 120} {y + 16} {C + 60} {y + 42} {C} {y + 42} C {C - 60} {y + 42} {C - 120} {y + 16} {C - 138} {y - 30} Z")  # fmt: skip
    strap = ribbon(
        [
            (C - 136, y - 24),
            (C - 110, y - 112),
            (C - 40, y - 168),
            (C + 40, y - 168),
            (C + 110, y - 112),
            (C + 136, y - 24),
        ],
        [24, 17, 15, 15, 17, 24],
    )
    if look.get("strap") == "chain":
        strap_up(sheet, look, C - 132, C + 132, y - 18, 160, 10, 4)
    else:
        sheet.part(strap, (look.trim or cloth).plain(), lift=0.6, form=0.3)
    folds = [
        (C - 110, y + 10, C - 70, y + deep + 20, -10, 8, 0.9),
        (C + 112, y + 6, C + 66, y + deep + 24, 10, 9, 0.9),
        (C - 40, y + 46, C - 30, y + 110, 4, 8, 0.7),
        (C + 30, y + 46, C + 24, y + 104, 4, 8, 0.7),
    ]
    sheet.part(outer, cloth, folds=folds, lift=1.0)
    if look.get("quilt"):
        _quilt(sheet, outer, 30)
    if look.get("strap") == "chain" or look.get("rings"):
        for s in (-1, 1):
            sheet.plate(ring(C + s * 136, y - 22, 14, 14, 5), look.hardware)
    sheet.zip([(C - 96, y + 22), (C, y + 47), (C + 96, y + 22)], look.hardware, 14, mix(cloth.rgb, INK, 0.5))
    if look.get("clasp"):
        clasp(sheet, look, C, y + 66)
    if look.get("tassel"):
        tassel(sheet, look, C + 120, y - 4)


def top_handle(sheet: Sheet, look: Look) -> None:
    """A structured bag with one or two short handles."""
    cloth = look.cloth
    shape = look.get("shape", "trapeze")
    wt, wb, h = {"trapeze": (100, 128, 140), "doctor": (110, 126, 150), "box": (104, 106, 126), "dome": (96, 124, 148)}[
        shape
    ]
    top, bottom = 300.0, 300.0 + h
    handle = ribbon(
        [
            (C - 42, top + 8),
            (C - 40, top - 46),
            (C - 18, top - 76),
            (C + 18, top - 76),
            (C + 40, top - 46),
            (C + 42, top + 8),
        ],
        11,
    )
    if look.get("strap") == "bamboo":
        wood = Cloth((176, 122, 64), "acetate")
        sheet.part(handle, wood, lift=0.6)
        for x, y in ((-40, -30), (-30, -64), (0, -78), (30, -64), (40, -30)):
            sheet.shade(oval(C + x, top + y, 5, 3), 0.5, 1.4)
    elif look.get("strap") == "chain":
        strap_up(sheet, look, C - 46, C + 46, top + 6, 86)
    else:
        sheet.part(handle, (look.trim or cloth).plain(), lift=0.6, form=0.5)
    if shape == "dome":
        body = path(
            mirrored(
                f"M {C} {top - 14} C {C + 60} {top - 14} {C + wt + 6} {top + 20} {C + wb} {bottom - 22} Q {C + wb + 2} {bottom} {C + wb - 20} {bottom} L {C} {bottom + 1}"
            )
        )
    else:
        body = path(
            mirrored(
                f"M {C} {top} L {C + wt - 8} {top} Q {C + wt} {top} {C + wt + 2} {top + 8} L {C + wb + 2} {bottom - 14} Q {C + wb + 2} {bottom} {C + wb - 14} {bottom} L {C} {bottom + 1}"
            )
        )
    sheet.part(transformed(body, skia.Matrix.Translate(8, -5)), cloth.plain().darker(0.45), lift=0, form=0.4)
    sheet.part(body, cloth, form=0.9)
    if look.get("quilt"):
        _quilt(sheet, body)
    if shape == "dome":
        sheet.zip(
            [(C - wt + 14, top + 24), (C - 50, top - 4), (C, top - 8), (C + 50, top - 4), (C + wt - 14, top + 24)],
            look.hardware,
            12,
            mix(cloth.rgb, INK, 0.5),
        )
        _stitched(sheet, inset(body, 9), look)
    elif shape == "doctor":
        sheet.plate(box(C - wt + 2, top - 6, C + wt - 2, top + 5, 4), look.hardware, 0.6, 90)
        for s in (-1, 1):
            sheet.part(
                path(
                    f"M {C + s * wt} {top + 8} L {C + s * (wb + 2)} {bottom - 16} L {C + s * (wb - 22)} {bottom - 2} L {C + s * (wt - 26)} {top + 60} Z"
                ),
                cloth.darker(0.1),
                lift=0.3,
                form=0.3,
            )
        clasp(sheet, look, C, top + 12)
    else:
        depth = 54
        flap = path(
            mirrored(
                f"M {C} {top - 8} L {C + wt - 8} {top - 8} Q {C + wt + 2} {top - 8} {C + wt + 3} {top + 2} L {C + wt + 9} {top + depth - 6} Q {C + wt + 6} {top + depth} {C + wt - 8} {top + depth} L {C + 24} {top + depth} Q {C + 20} {top + depth + 20} {C} {top + depth + 20}"
            )
        )
        sheet.part(flap, look.collar or cloth, lift=1.0, form=0.7)
        _stitched(sheet, inset(flap, 6), look)
        clasp(sheet, look, C, top + depth + 4)
    for s in (-1, 1):
        ring_at(sheet, look, C + s * 42, top + 4, 7)
    if look.get("scarf_tie"):
        silk = Cloth(look.cloth.second, "silk", "dots", look.cloth.third)
        sheet.part(ribbon([(C + 42, top - 2), (C + 58, top + 40), (C + 48, top + 86)], [8, 22, 12]), silk, lift=0.8)
        sheet.part(ribbon([(C + 42, top - 2), (C + 34, top + 30), (C + 38, top + 62)], [8, 18, 10]), silk, lift=0.8)
        sheet.part(oval(C + 42, top - 2, 9, 8), silk, lift=0.6)
    if look.get("tassel"):
        tassel(sheet, look, C - 52, top + 4)


def clutch(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    shape = look.get("shape", "envelope")
    y0, y1, w = 330.0, 456.0, 150.0
    if shape == "frame":
        body = path(
            mirrored(
                f"M {C} {y0} L {C + w - 40} {y0} C {C + w - 4} {y0 + 10} {C + w + 4} {y1 - 40} {C + w - 24} {y1 - 8} Q {C + w - 40} {y1 + 6} {C} {y1 + 6}"
            )
        )
        folds = [
            (C + u * 100, y0 + 8, C + u * 120, y0 + 84, u * 6, 7, 1.0)
            for u in (-0.9, -0.6, -0.3, 0.05, 0.35, 0.65, 0.95)
        ]
        sheet.part(body, cloth, folds=folds)
        sheet.plate(
            ribbon([(C - w + 40, y0 + 4), (C - 60, y0 - 5), (C, y0 - 8), (C + 60, y0 - 5), (C + w - 40, y0 + 4)], 11),
            look.hardware,
        )
        for s in (-1, 1):
            sheet.plate(oval(C + s * 8, y0 - 19, 7.5), look.hardware)
    elif shape == "minaudiere":
        body = box(C - 120, y0, C + 120, y1, 26)
        sheet.part(body, cloth, form=0.8, upright=False)
        sheet.plate(box(C - 121, y0 + 56, C + 121, y0 + 63, 2), look.hardware, 0.5, 90)
        sheet.plate(oval(C, y0 + 59, 13, 13), look.hardware)
        sheet.gem(C, y0 + 59, 8, look.cloth.third)
    elif shape == "fold":
        sheet.part(box(C - w, y0 + 8, C + w, y1, 5), cloth, form=0.5)
        sheet.part(
            path(
                f"M {C - w - 1} {y0} L {C + w + 1} {y0} L {C + w + 1} {y0 + 74} Q {C} {y0 + 84} {C - w - 1} {y0 + 72} Z"
            ),
            look.collar or cloth,
            form=0.5,
            lift=1.2,
        )
        sheet.zip(
            [(C - w + 12, y0 + 14), (C, y0 + 16), (C + w - 12, y0 + 14)], look.hardware, 14, mix(cloth.rgb, INK, 0.5)
        )
    else:
        body = box(C - w, y0, C + w, y1, 5)
        sheet.part(body, cloth, form=0.5)
        flap = path(
            f"M {C - w - 1} {y0 - 2} L {C + w + 1} {y0 - 2} L {C + 12} {y0 + 86} Q {C} {y0 + 94} {C - 12} {y0 + 86} Z"
        )
        sheet.part(flap, look.collar or cloth, form=0.4, lift=1.2)
        if look.get("quilt"):
            _quilt(sheet, flap, 24)
        else:
            _stitched(sheet, inset(flap, 6), look)
        clasp(sheet, look, C, y0 + 76)
    if look.get("strap") == "wrist":
        sheet.part(
            ribbon(
                [
                    (C + w - 10, y0 + 18),
                    (C + w + 34, y0 + 60),
                    (C + w + 26, y0 + 128),
                    (C + w - 2, y0 + 84),
                    (C + w - 8, y0 + 22),
                ],
                8,
            ),
            (look.trim or cloth).plain(),
            lift=0.6,
        )


def backpack(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    top, bottom, w = 200.0, 460.0, 104.0
    for s in (-1, 1):
        sheet.part(
            ribbon(
                [
                    (C + s * 60, top + 30),
                    (C + s * 126, top + 90),
                    (C + s * 128, bottom - 90),
                    (C + s * 96, bottom - 24),
                ],
                16,
            ),
            (look.trim or cloth).plain().darker(0.1),
            lift=0.4,
        )
    sheet.line(
        curve([(C - 22, top + 6), (C - 20, top - 26), (C + 20, top - 26), (C + 22, top + 6)]),
        mix((look.trim or cloth).rgb, INK, 0.25),
        9,
    )
    body = path(
        mirrored(
            f"M {C} {top} C {C + 60} {top} {C + w - 6} {top + 16} {C + w} {top + 80} L {C + w + 4} {bottom - 30} Q {C + w + 2} {bottom} {C + w - 28} {bottom} L {C} {bottom + 1}"
        )
    )
    sheet.part(
        body,
        cloth,
        folds=[
            (C - w + 14, top + 90, C - w + 20, bottom - 20, -4, 8, 0.7),
            (C + w - 22, top + 90, C + w - 24, bottom - 20, 4, 8, 0.7),
        ],
    )
    if look.get("style", "flap") == "flap":
        flap = path(
            mirrored(
                f"M {C} {top - 4} C {C + 64} {top - 4} {C + w} {top + 14} {C + w + 5} {top + 76} L {C + w - 4} {top + 110} Q {C + 50} {top + 132} {C} {top + 132}"
            )
        )
        sheet.part(flap, look.collar or cloth, lift=1.2)
        _stitched(sheet, inset(flap, 6), look)
        for s in (-1, 1):
            sheet.part(
                box(C + s * 48 - 7, top + 96, C + s * 48 + 7, top + 166, 4), (look.trim or cloth).plain(), lift=0.7
            )
            buckle(sheet, C + s * 48, top + 138, 11, 9, look.hardware)
    else:
        sheet.zip(
            [
                (C - w + 4, top + 120),
                (C - w + 24, top + 44),
                (C, top + 22),
                (C + w - 24, top + 44),
                (C + w - 4, top + 120),
            ],
            look.hardware,
            12,
            mix(cloth.rgb, INK, 0.5),
        )
    pocket = path(
        mirrored(
            f"M {C} {bottom - 104} L {C + 62} {bottom - 104} Q {C + 74} {bottom - 104} {C + 74} {bottom - 92} L {C + 74} {bottom - 30} Q {C + 74} {bottom - 16} {C + 60} {bottom - 16} L {C} {bottom - 16}"
        )
    )
    sheet.part(pocket, cloth, lift=0.9, form=0.6)
    sheet.zip(
        [(C - 62, bottom - 92), (C, bottom - 92), (C + 62, bottom - 92)], look.hardware, 10, mix(cloth.rgb, INK, 0.5)
    )


def crossbody(sheet: Sheet, look: Look) -> None:
    """Camera bags and belt bags: small, zipped, on a long strap."""
    cloth = look.cloth
    y0, y1, w = 320.0, 442.0, 104.0
    points = [
        (C - w + 4, y0 + 22),
        (C - w - 20, y0 - 70),
        (C - 66, y0 - 176),
        (C + 6, y0 - 204),
        (C + 84, y0 - 160),
        (C + w + 14, y0 - 60),
        (C + w - 4, y0 + 22),
    ]
    if look.get("strap") == "chain":
        sheet.chain(points, look.hardware, 9)
    elif look.get("strap") == "webbing":
        web = Cloth(mix(cloth.rgb, INK, 0.1), "canvas", "stripe", look.cloth.second, size=0.5)
        sheet.part(ribbon(points, 22), web, lift=0.7, form=0.2)
    else:
        sheet.part(ribbon(points, 8), (look.trim or cloth).plain(), lift=0.6, form=0.2)
    shape = look.get("shape", "camera")
    if shape == "round":
        body = oval(C, (y0 + y1) / 2, 92, 84)
    elif shape == "moon":
        body = path(
            f"M {C - 120} {y0 + 14} C {C - 40} {y0 + 30} {C + 40} {y0 + 30} {C + 120} {y0 + 14} C {C + 128} {y0 + 80} {C + 60} {y1 + 10} {C} {y1 + 10} C {C - 60} {y1 + 10} {C - 128} {y0 + 80} {C - 120} {y0 + 14} Z"
        )
    else:
        body = box(C - w, y0, C + w, y1, 22)
    sheet.part(body, cloth, form=0.8)
    if look.get("quilt"):
        _quilt(sheet, body, 24)
    else:
        _stitched(sheet, inset(body, 8), look)
    if shape == "moon":
        sheet.zip([(C - 96, y0 + 32), (C, y0 + 40), (C + 96, y0 + 32)], look.hardware, 14, mix(cloth.rgb, INK, 0.5))
    else:
        sheet.zip([(C - 74, y0 + 16), (C, y0 + 13), (C + 74, y0 + 16)], look.hardware, 14, mix(cloth.rgb, INK, 0.5))
    if look.get("tassel"):
        tassel(sheet, look, C - 70, y0 + 18)
    if look.get("clasp"):
        clasp(sheet, look, C, (y0 + y1) / 2 + 12)
    for s in (-1, 1):
        ring_at(sheet, look, C + s * (w - 6), y0 + 22, 6)


def wallet(sheet: Sheet, look: Look) -> None:
    cloth = look.cloth
    shape = look.get("shape", "long")
    w, h = {"long": (132, 74), "bifold": (88, 76), "card": (74, 52), "coin": (70, 62)}[shape]
    y0, y1 = 300.0 - h, 300.0 + h
    if shape == "card":
        sheet.part(box(C - w + 10, y0 - 22, C + w - 10, y1 - 40, 5), Cloth((226, 220, 208), "poplin"), lift=0.2)
        sheet.part(
            box(C - w + 4, y0 - 12, C + w - 4, y1 - 20, 5), Cloth(mix(look.lining, GLOW, 0.3), "poplin"), lift=0.4
        )
    body = box(C - w, y0, C + w, y1, 9)
    sheet.part(transformed(body, skia.Matrix.Translate(5, 5)), cloth.plain().darker(0.4), lift=0)
    sheet.part(body, cloth, form=0.5, lift=0.8)
    if look.get("quilt"):
        _quilt(sheet, body, 24)
    _stitched(sheet, inset(body, 6), look)
    if shape == "long":
        flap = path(
            f"M {C - w - 1} {y0 - 1} L {C + w + 1} {y0 - 1} L {C + w + 1} {y0 + 70} Q {C + w} {y0 + 82} {C + w - 12} {y0 + 82} L {C - w + 12} {y0 + 82} Q {C - w} {y0 + 82} {C - w - 1} {y0 + 70} Z"
        )
        sheet.part(flap, look.collar or cloth, form=0.4, lift=0.9)
        _stitched(sheet, inset(flap, 6), look)
        clasp(sheet, look, C, y0 + 76)
    elif shape == "card":
        for k in range(2):
            line = path(
                f"M {C - w} {y0 + 26 + k * 26} L {C - 16} {y0 + 26 + k * 26} Q {C} {y0 + 38 + k * 26} {C + 16} {y0 + 26 + k * 26} L {C + w} {y0 + 26 + k * 26}"
            )
            sheet.seam(line, cloth.rgb, 1.3, 1.4)
    elif shape == "coin":
        sheet.zip(
            [(C - w + 10, y0 + 12), (C, y0 + 10), (C + w - 10, y0 + 12)], look.hardware, 16, mix(cloth.rgb, INK, 0.5)
        )
    else:
        sheet.seam(path(f"M {C + w - 30} {y0} L {C + w - 30} {y1}"), cloth.rgb, 1.2)
        sheet.part(
            path(
                f"M {C + w - 40} {C + 60 - 16} L {C + w + 8} {C + 60 - 16} Q {C + w + 18} {C + 60} {C + w + 8} {C + 60 + 16} L {C + w - 40} {C + 60 + 16} Q {C + w - 52} {C + 60} {C + w - 40} {C + 60 - 16} Z"
            ),
            cloth.plain(),
            lift=0.8,
        )
        sheet.plate(oval(C + w - 34, 300, 5.5), look.hardware)
    if look.get("emblem"):
        sheet.plate(box(C - 16, y1 - 26, C + 16, y1 - 20, 2), look.hardware, 0.3, 90)

"""The drawing table: paths, cloth, metal, light and shadow.

Everything is drawn on a sheet of 480 x 600 units at twice that resolution, on a transparent layer. `Sheet.finish`
fits the layer into the frame, lays paper and shadow under it and returns the picture. Light comes from the upper left.
"""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import skia  # type: ignore[import-not-found, import-untyped, unused-ignore]
from PIL import Image, ImageFilter

RGB = tuple[int, int, int]
WIDTH, HEIGHT, SCALE = 480, 600, 2
DEEP = 720  # the layer is deeper than the picture, for long dresses
INK: RGB = (26, 18, 20)
GLOW: RGB = (255, 249, 238)


def colour(rgb: Sequence[float], alpha: float = 1.0) -> Any:
    r, g, b = (int(min(255, max(0, v))) for v in rgb)
    return skia.Color(r, g, b, int(min(1.0, max(0.0, alpha)) * 255))


def mix(a: Sequence[float], b: Sequence[float], share: float) -> RGB:
    """`share` of b in a."""
    r, g, bl = (int(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, bl


def luminance(rgb: Sequence[float]) -> float:
    """Brightness from 0 to 1."""
    return (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) / 255


# ---------------------------------------------------------------- paths

_TOKEN = re.compile(r"[MLQCZ]|-?\d+\.?\d*(?:e-?\d+)?")
_ARGS = {"M": 2, "L": 2, "Q": 4, "C": 6}


def segments(d: str) -> list[tuple[str, list[float]]]:
    """Path data with absolute M, L, Q, C and Z as a list of (command, numbers); a command repeats until the next."""
    out: list[tuple[str, list[float]]] = []
    tokens = _TOKEN.findall(d)
    place, command = 0, "M"
    while place < len(tokens):
        if tokens[place].isalpha():
            command = tokens[place]
            place += 1
            if command == "Z":
                out.append(("Z", []))
                continue
        count = _ARGS[command]
        out.append((command, [float(t) for t in tokens[place : place + count]]))
        place += count
        if command == "M":
            command = "L"
    return out


def path(d: str) -> Any:
    """A path from path data."""
    drawn = skia.Path()
    for command, v in segments(d):
        if command == "M":
            drawn.moveTo(*v)
        elif command == "L":
            drawn.lineTo(*v)
        elif command == "Q":
            drawn.quadTo(*v)
        elif command == "C":
            drawn.cubicTo(*v)
        else:
            drawn.close()
    return drawn


def mirrored(d: str, centre: float = 240.0) -> str:
    """The closed outline whose right half, from the top of the middle to its bottom, is `d`."""
    half = segments(d)
    points: list[tuple[float, float]] = []
    for _, v in half:
        points.extend(zip(v[0::2], v[1::2], strict=True))
    back = [(2 * centre - x, y) for x, y in reversed(points)]
    text, place = [d], 0
    for command, _ in reversed(half[1:]):
        count = _ARGS[command] // 2
        place += 0
        chosen = back[place + 1 : place + 1 + count]
        text.append(command + " " + " ".join(f"{x:.2f} {y:.2f}" for x, y in chosen))
        place += count
    return " ".join(text) + " Z"


def flip(d: str, centre: float = 240.0) -> str:
    """`d` mirrored left to right."""
    out = []
    for command, v in segments(d):
        flipped = [2 * centre - x if place % 2 == 0 else x for place, x in enumerate(v)]
        out.append(command + " " + " ".join(f"{x:.2f}" for x in flipped))
    return " ".join(out)


def oval(x: float, y: float, rx: float, ry: float | None = None) -> Any:
    ry = rx if ry is None else ry
    return skia.Path().addOval(skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry))


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> Any:
    return skia.Path().addRoundRect(skia.Rect.MakeLTRB(x0, y0, x1, y1), radius, radius)


def union(*paths: Any) -> Any:
    whole = paths[0]
    for one in paths[1:]:
        whole = skia.Op(whole, one, skia.kUnion_PathOp)
    return whole


def minus(a: Any, b: Any) -> Any:
    return skia.Op(a, b, skia.kDifference_PathOp)


def within(a: Any, b: Any) -> Any:
    return skia.Op(a, b, skia.kIntersect_PathOp)


def transformed(shape: Any, matrix: Any) -> Any:
    """`shape` under a matrix; the shape itself stays."""
    moved = skia.Path(shape)
    moved.transform(matrix)
    return moved


def ring(x: float, y: float, rx: float, ry: float, width: float) -> Any:
    """An annulus of the given band width, as one filled path."""
    return minus(oval(x, y, rx, ry), oval(x, y, rx - width, ry - width))


def ribbon(points: Sequence[tuple[float, float]], widths: Sequence[float] | float) -> Any:
    """A band along a smooth line through `points`; `widths` are full widths at the points."""
    line = smooth(points, 14)
    if isinstance(widths, (int, float)):
        half = np.full(len(line), widths / 2)
    else:
        half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths) / 2
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    outline = np.concatenate([line + normal * half[:, None], (line - normal * half[:, None])[::-1]])
    return polygon(outline)


def polygon(points: Iterable[Sequence[float]]) -> Any:
    drawn = skia.Path()
    for place, (x, y) in enumerate(points):
        (drawn.moveTo if place == 0 else drawn.lineTo)(float(x), float(y))
    drawn.close()
    return drawn


def smooth(points: Sequence[tuple[float, float]], steps: int = 12) -> Any:
    """[n, 2] points on the Catmull-Rom line through `points`."""
    p = np.array(points, dtype=float)
    if len(p) == 2:
        return p[0] + np.linspace(0, 1, steps)[:, None] * (p[1] - p[0])
    p = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    out = []
    for i in range(1, len(p) - 2):
        a, b, c, d = p[i - 1], p[i], p[i + 1], p[i + 2]
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*out, p[-2:-1]])


def curve(points: Sequence[tuple[float, float]]) -> Any:
    """A smooth open line through `points`."""
    drawn = skia.Path()
    for place, (x, y) in enumerate(smooth(points)):
        (drawn.moveTo if place == 0 else drawn.lineTo)(float(x), float(y))
    return drawn


# ---------------------------------------------------------------- textures


@lru_cache(maxsize=32)
def _noise(seed: int, low: float, high: float, stretch: float = 1.0) -> Any:
    """A tileable 512 x 512 grain with wavelengths between `low` and `high` pixels, as a grey picture around 128."""
    rng = np.random.default_rng(seed)
    field = np.fft.fft2(rng.normal(size=(512, 512)))
    fy, fx = np.meshgrid(np.fft.fftfreq(512), np.fft.fftfreq(512), indexing="ij")
    wave = np.hypot(fy * stretch, fx)
    field *= (wave >= 1 / high) & (wave <= 1 / low)
    grain = np.real(np.fft.ifft2(field))
    grain = np.clip(128 + 46 * grain / (grain.std() + 1e-9), 0, 255).astype(np.uint8)
    rgba = np.dstack([grain, grain, grain, np.full_like(grain, 255)])
    return skia.Image.fromarray(np.ascontiguousarray(rgba), skia.kRGBA_8888_ColorType)


def grain(seed: int, low: float, high: float, scale: float = 0.5, stretch: float = 1.0) -> Any:
    return _shader(_noise(seed, low, high, stretch), scale)


def _shader(image: Any, scale: float, angle: float = 0.0, dx: float = 0.0, dy: float = 0.0) -> Any:
    matrix = skia.Matrix()
    matrix.setRotate(angle)
    matrix.preTranslate(dx, dy)
    matrix.preScale(scale, scale)
    return image.makeShader(
        skia.TileMode.kRepeat, skia.TileMode.kRepeat, skia.SamplingOptions(skia.FilterMode.kLinear), matrix
    )


@lru_cache(maxsize=512)
def _tile(width: float, height: float, key: tuple[Any, ...], draw: Callable[[Any], None]) -> Any:
    """A repeatable picture of `width` x `height` units drawn by `draw` at three times the size. `key` names it."""
    surface = skia.Surface(int(width * 3), int(height * 3))
    canvas = surface.getCanvas()
    canvas.scale(3, 3)
    draw(canvas)
    return surface.makeImageSnapshot()


def fill(rgb: Sequence[float], alpha: float = 1.0) -> Any:
    return skia.Paint(AntiAlias=True, Color=colour(rgb, alpha))


def pen(rgb: Sequence[float], width: float, alpha: float = 1.0) -> Any:
    return skia.Paint(
        AntiAlias=True,
        Color=colour(rgb, alpha),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


# ---------------------------------------------------------------- cloth


@dataclass(frozen=True)
class Cloth:
    """What a part is made of: colour, surface and print."""

    rgb: RGB
    surface: str = "cotton"
    pattern: str | None = None
    second: RGB = (240, 234, 222)
    third: RGB = (120, 90, 70)
    size: float = 1.0
    seed: int = 0

    def plain(self) -> Cloth:
        return replace(self, pattern=None)

    def darker(self, share: float = 0.25) -> Cloth:
        return replace(self, rgb=mix(self.rgb, INK, share))

    def lighter(self, share: float = 0.2) -> Cloth:
        return replace(self, rgb=mix(self.rgb, GLOW, share))


# surface -> (softness of edges, strength of shade, strength of light, gloss)
SURFACES: dict[str, tuple[float, float, float, float]] = {
    "cotton": (1.0, 1.0, 0.7, 0.0),
    "poplin": (0.9, 0.9, 0.9, 0.1),
    "linen": (1.0, 1.0, 0.6, 0.0),
    "wool": (1.2, 1.0, 0.6, 0.0),
    "felt": (1.3, 0.9, 0.6, 0.0),
    "tweed": (1.2, 0.9, 0.5, 0.0),
    "boucle": (1.2, 1.0, 0.6, 0.0),
    "knit": (1.3, 0.9, 0.6, 0.0),
    "rib": (1.3, 0.9, 0.6, 0.0),
    "cable": (1.3, 0.9, 0.6, 0.0),
    "waffle": (1.3, 0.9, 0.6, 0.0),
    "denim": (1.0, 1.0, 0.7, 0.0),
    "corduroy": (1.1, 1.0, 0.7, 0.0),
    "silk": (0.9, 0.8, 1.3, 0.5),
    "satin": (0.8, 0.9, 1.6, 0.8),
    "velvet": (1.2, 1.2, 1.2, 0.25),
    "nylon": (0.8, 0.9, 1.2, 0.4),
    "leather": (0.8, 1.0, 1.1, 0.55),
    "grained": (0.9, 1.0, 0.9, 0.35),
    "patent": (0.6, 1.0, 1.7, 1.0),
    "croc": (0.8, 1.0, 1.2, 0.6),
    "suede": (1.3, 0.9, 0.5, 0.0),
    "nubuck": (1.2, 0.9, 0.6, 0.0),
    "shearling": (1.4, 0.8, 0.7, 0.0),
    "canvas": (0.9, 0.9, 0.6, 0.0),
    "straw": (1.0, 1.0, 0.8, 0.0),
    "woven": (0.9, 1.0, 0.9, 0.3),
    "quilted": (1.0, 1.0, 1.1, 0.35),
    "rubber": (0.7, 0.7, 0.8, 0.1),
    "acetate": (0.6, 0.9, 1.4, 0.8),
    "sheer": (0.9, 0.7, 0.9, 0.2),
}


def _texture(cloth: Cloth, angle: float) -> list[tuple[Any, Any, float]]:
    """The layers (shader, blend mode, alpha) that make a surface look like itself."""
    s, seed = cloth.surface, 11
    soft, over, mult = skia.BlendMode.kSoftLight, skia.BlendMode.kOverlay, skia.BlendMode.kMultiply
    dark = luminance(cloth.rgb) < 0.22
    lift = 1.7 if dark else 1.0
    if s in ("wool", "felt"):
        return [(grain(seed, 3, 9), over, 0.20 * lift), (grain(seed + 1, 40, 160), soft, 0.08)]
    if s == "tweed":
        return [(grain(seed, 5, 12, 0.6), over, 0.55), (grain(seed + 1, 4, 8, 0.5), soft, 0.4)]
    if s == "boucle":
        return [(grain(seed, 7, 14, 0.62), over, 0.62 * lift)]
    if s == "shearling":
        return [(grain(seed, 12, 26, 0.62), over, 0.60 * lift), (grain(seed + 1, 5, 9, 0.6), soft, 0.4)]
    if s in ("suede", "nubuck"):
        return [(grain(seed, 2.5, 6), over, 0.16 * lift), (grain(seed + 1, 90, 240, 0.6), soft, 0.16)]
    if s == "linen":
        return [(grain(seed, 4, 60, 0.5, 7.0), soft, 0.34), (grain(seed + 1, 3, 8), over, 0.10)]
    if s == "leather":
        return [(grain(seed, 4, 9), soft, 0.13 * lift)]
    if s == "grained":
        return [(grain(seed, 5, 10, 0.55), over, 0.26 * lift)]
    if s in ("knit", "rib", "cable", "waffle"):
        return [(_knit(s, angle), over, 0.62 * (1.25 if dark else 1.0)), (grain(seed, 3, 7), over, 0.10)]
    if s == "denim":
        return [
            (_lines("twill", 3.2, 3.2, angle + 58, 0.9), soft, 0.55),
            (grain(seed, 3, 40, 0.5, 4.0), over, 0.28),
            (grain(seed + 1, 90, 240), soft, 0.22),
        ]
    if s == "corduroy":
        return [(_lines("cord", 5.4, 5.4, angle, 2.2), over, 0.62 * lift)]
    if s == "canvas":
        return [(_weave(2.6, angle), over, 0.40)]
    if s == "straw":
        return [(_weave(7.5, angle), over, 0.85), (grain(seed, 4, 30, 0.5, 4.0), over, 0.22)]
    if s == "woven":
        return [(_weave(17.0, angle + 45), mult, 0.85), (grain(seed, 4, 9), soft, 0.15)]
    if s == "croc":
        return [(_croc(), mult, 0.62 if not dark else 0.95), (_croc(), soft, 0.35 * lift)]
    if s == "velvet":
        return [(grain(seed, 3, 7), soft, 0.22), (grain(seed + 1, 90, 240), soft, 0.22)]
    return [(grain(seed, 3, 8), soft, 0.10 * lift)]


def _grey(canvas: Any, level: int) -> None:
    canvas.clear(skia.Color(level, level, level, 255))


def _knit(kind: str, angle: float) -> Any:
    if kind == "rib":
        return _lines("rib", 7.5, 7.5, angle, 3.4)

    def stitches(c: Any) -> None:
        _grey(c, 112)
        for x in (0.0, 7.0):
            for y in range(-6, 13, 6):
                c.drawPath(path(f"M {x} {y} L {x + 3.5} {y + 5}"), pen((205, 205, 205), 2.2))
                c.drawPath(path(f"M {x + 7} {y} L {x + 3.5} {y + 5}"), pen((170, 170, 170), 2.2))

    def waffle(c: Any) -> None:
        _grey(c, 92)
        c.drawPath(box(1.6, 1.6, 8.4, 7.4, 2), fill((185, 185, 185)))
        c.drawPath(box(2.2, 2.2, 6.4, 5.0, 2), fill((215, 215, 215)))

    if kind == "waffle":
        return _shader(_tile(10, 9, ("waffle",), waffle), 1 / 3, angle)
    return _shader(_tile(7, 6, ("stitch",), stitches), 0.30, angle)


def _lines(name: str, width: float, height: float, angle: float, stroke: float) -> Any:
    def draw(c: Any) -> None:
        _grey(c, 96)
        c.drawRect(skia.Rect.MakeXYWH((width - stroke) / 2, 0, stroke, height), fill((205, 205, 205)))
        c.drawRect(skia.Rect.MakeXYWH((width - stroke) / 2, 0, stroke * 0.3, height), fill((160, 160, 160)))

    return _shader(_tile(width, height, (name, width, stroke), draw), 1 / 3, angle)


def _weave(size: float, angle: float) -> Any:
    def draw(c: Any) -> None:
        _grey(c, 60)
        half = size / 2
        for x, y, tall in ((0, 0, False), (half, half, False), (half, 0, True), (0, half, True)):
            rect = skia.Rect.MakeXYWH(x + 0.03 * size, y + 0.03 * size, half * 0.92, half * 0.92)
            ends = [skia.Point(x, y), skia.Point(x + half, y) if tall else skia.Point(x, y + half)]
            shader = skia.GradientShader.MakeLinear(
                ends, [colour((205, 205, 205)), colour((255, 255, 255)), colour((150, 150, 150))], [0.0, 0.45, 1.0]
            )
            c.drawRoundRect(rect, size * 0.06, size * 0.06, skia.Paint(AntiAlias=True, Shader=shader))

    return _shader(_tile(size, size, ("weave", size), draw), 1 / 3, angle)


def _croc() -> Any:
    def draw(c: Any) -> None:
        _grey(c, 150)
        rng = np.random.default_rng(4)
        y = 0.0
        for row, h in enumerate((17.0, 22.0, 26.0, 22.0, 17.0, 12.0)):
            count = (4, 4, 3, 4, 5, 6)[row]
            widths = rng.uniform(0.75, 1.25, count)
            widths *= 120 / widths.sum()
            x = rng.uniform(0, 20)
            for w in widths:
                dip = rng.uniform(-1.6, 1.6)
                tone = int(214 + rng.integers(0, 34))
                for shift in (-120, 0, 120):
                    rect = skia.Rect.MakeXYWH(x + shift + 0.8, y + dip + 0.8, float(w) - 1.6, h - 1.6)
                    middle = skia.Point(rect.centerX() - w * 0.12, rect.centerY() - h * 0.16)
                    shader = skia.GradientShader.MakeRadial(
                        middle,
                        float(max(w, h)) * 0.66,
                        [colour((255, 255, 255)), colour((tone, tone, tone)), colour((170, 170, 170))],
                        [0.0, 0.55, 1.0],
                    )
                    c.drawRoundRect(rect, h * 0.44, h * 0.40, skia.Paint(AntiAlias=True, Shader=shader))
                x += float(w)
            y += h

    return _shader(_tile(120, 116, ("croc",), draw), 1 / 3, 0)


# ---------------------------------------------------------------- prints


def print_shader(cloth: Cloth, angle: float = 0.0) -> Any:
    """The print of a cloth as a shader over its ground colour, or None."""
    name = cloth.pattern
    if not name:
        return None
    b, s, t = cloth.rgb, cloth.second, cloth.third
    draw, width, height, turn = _prints(name, b, s, t, cloth.seed)
    tile = _tile(width, height, (name, b, s, t, cloth.seed if name in SEEDED else 0), draw)
    return _shader(tile, cloth.size / 3, angle + turn, 240, 0)


SEEDED = ("floral", "leopard", "zebra", "abstract", "paisley")
PATTERNS = (
    "stripe", "breton", "pinstripe", "check", "gingham", "windowpane", "houndstooth", "herringbone", "dots", "floral",
    "leopard", "zebra", "argyle", "paisley", "geometric", "abstract", "monogram",
)  # fmt: skip


def _prints(name: str, b: RGB, s: RGB, t: RGB, seed: int) -> tuple[Callable[[Any], None], float, float, float]:
    def ground(c: Any) -> None:
        c.clear(colour(b))

    def bar(c: Any, x: float, y: float, w: float, h: float, rgb: RGB, alpha: float = 1.0) -> None:
        c.drawRect(skia.Rect.MakeXYWH(x, y, w, h), fill(rgb, alpha))

    def stripe(c: Any) -> None:
        ground(c)
        bar(c, 3, 0, 9, 24, s)

    def breton(c: Any) -> None:
        ground(c)
        bar(c, 0, 5, 24, 8, s)

    def pinstripe(c: Any) -> None:
        ground(c)
        bar(c, 6, 0, 0.9, 13, s, 0.7)

    def check(c: Any) -> None:
        ground(c)
        for w, rgb, alpha, off in ((15, s, 0.42, 4), (6, t, 0.5, 31), (1.4, s, 0.9, 44), (1.4, s, 0.9, 26)):
            bar(c, off, 0, w, 54, rgb, alpha)
            bar(c, 0, off, 54, w, rgb, alpha)

    def gingham(c: Any) -> None:
        c.clear(colour(mix(s, b, 0.06)))
        bar(c, 0, 0, 8, 16, b, 0.55)
        bar(c, 0, 0, 16, 8, b, 0.55)

    def windowpane(c: Any) -> None:
        ground(c)
        bar(c, 20, 0, 1.6, 42, s, 0.75)
        bar(c, 0, 20, 42, 1.6, s, 0.75)

    def houndstooth(c: Any) -> None:
        ground(c)
        u = 5.0
        tooth = "M 0 0 L 2 0 L 2 1 L 4 1 L 3 2 L 2 2 L 2 3 L 1 4 L 1 2 L 0 2 Z"
        shape = path(" ".join(str(float(p) * u) if not p.isalpha() else p for p in tooth.split()))
        for dx in (-4, 0, 4):
            for dy in (-4, 0, 4):
                c.save()
                c.translate(dx * u, dy * u)
                c.drawPath(shape, fill(s))
                c.restore()

    def herringbone(c: Any) -> None:
        ground(c)
        for y in range(-12, 26, 6):
            c.drawPath(path(f"M 0 {y} L 8 {y + 8}"), pen(s, 1.7, 0.62))
            c.drawPath(path(f"M 16 {y} L 8 {y + 8}"), pen(s, 1.7, 0.62))

    def dots(c: Any) -> None:
        ground(c)
        for x, y in ((5, 5), (16, 16)):
            c.drawCircle(x, y, 3.5, fill(s))

    def floral(c: Any) -> None:
        ground(c)
        rng = np.random.default_rng(seed)
        for n in range(9):
            x, y = (n % 3) * 44 + rng.uniform(4, 34), (n // 3) * 44 + rng.uniform(4, 34)
            r, turn = rng.uniform(9, 15), rng.uniform(0, 6.3)
            petal = s if n % 3 else t
            for ox in (-132, 0, 132):
                for oy in (-132, 0, 132):
                    _flower(c, x + ox, y + oy, r, turn, petal, mix(petal, INK, 0.35), mix(t, (70, 96, 70), 0.7))

    def leopard(c: Any) -> None:
        ground(c)
        rng = np.random.default_rng(seed + 1)
        for n in range(16):
            x = (n % 4) * 23 + rng.uniform(2, 16)
            y = (n // 4) * 23 + rng.uniform(2, 16) + (n % 2) * 7
            r, turn = rng.uniform(5.5, 8.2), rng.uniform(0, 360)
            gaps = rng.uniform(40, 80, 3)
            for ox in (-92, 0, 92):
                for oy in (-92, 0, 92):
                    c.save()
                    c.translate(x + ox, y + oy)
                    c.rotate(turn)
                    c.drawOval(skia.Rect.MakeLTRB(-r * 0.8, -r * 0.6, r * 0.8, r * 0.6), fill(t))
                    start = 0.0
                    for gap in gaps:
                        rect = skia.Rect.MakeLTRB(-r, -r * 0.8, r, r * 0.8)
                        c.drawArc(rect, start, gap, False, pen(s, 3.2))
                        start += gap + 40
                    c.restore()

    def zebra(c: Any) -> None:
        ground(c)
        rng = np.random.default_rng(seed + 2)
        for n in range(7):
            y = n * 18 + 6
            bend, w = rng.uniform(5, 11), rng.uniform(6, 10)
            line = [(-4, y), (30, y + bend), (63, y - bend * 0.6), (96, y + bend * 0.5), (130, y)]
            for oy in (-126, 0, 126):
                moved = [(px, py + oy) for px, py in line]
                c.drawPath(ribbon(moved, [w, w * 0.5, w * 1.1, w * 0.6, w]), fill(s))

    def argyle(c: Any) -> None:
        ground(c)
        c.drawPath(path("M 20 0 L 40 30 L 20 60 L 0 30 Z"), fill(s, 0.9))
        c.drawPath(path("M 0 0 L 40 60 M 40 0 L 0 60"), pen(t, 1.2, 0.9))

    def geometric(c: Any) -> None:
        ground(c)
        c.drawPath(path("M 0 30 L 15 0 L 30 30 Z"), fill(s))
        c.drawPath(path("M 8 30 L 15 15 L 22 30 Z"), fill(t))

    def abstract(c: Any) -> None:
        ground(c)
        rng = np.random.default_rng(seed + 3)
        for n in range(9):
            x, y = (n % 3) * 50 + rng.uniform(0, 40), (n // 3) * 50 + rng.uniform(0, 40)
            rgb = (s, t, mix(s, t, 0.5))[n % 3]
            reach, tilt = rng.uniform(18, 32), rng.uniform(-10, 10)
            for ox in (-150, 0, 150):
                for oy in (-150, 0, 150):
                    line = [(x + ox - reach, y + oy), (x + ox, y + oy + tilt), (x + ox + reach, y + oy - tilt)]
                    c.drawPath(ribbon(line, [4, 17, 6]), fill(rgb, 0.92))

    def paisley(c: Any) -> None:
        ground(c)
        for x, y, turn in ((22, 24, 20), (66, 24, 200), (44, 68, 110), (0, 68, -60), (88, 68, -60)):
            c.save()
            c.translate(x, y)
            c.rotate(turn)
            c.drawPath(path("M 0 -18 C 16 -12 14 12 0 14 C -13 14 -13 -2 -2 -4 C 4 -5 4 -14 0 -18 Z"), fill(s))
            c.drawPath(path("M 0 -9 C 8 -5 8 8 0 9 C -7 9 -7 0 -1 -1 Z"), fill(t))
            c.drawCircle(0, 4, 2.2, fill(b))
            c.restore()

    def monogram(c: Any) -> None:
        ground(c)
        for x, y in ((12, 12), (34, 34)):
            c.drawPath(path(f"M {x} {y - 7} L {x + 7} {y} L {x} {y + 7} L {x - 7} {y} Z"), pen(s, 1.7, 0.9))
            c.drawCircle(x, y, 1.8, fill(s))
        for x, y in ((34, 12), (12, 34)):
            for turn in range(4):
                angle = turn * math.pi / 2
                c.drawCircle(x + 3.6 * math.cos(angle), y + 3.6 * math.sin(angle), 2.2, fill(s, 0.9))

    table: dict[str, tuple[Callable[[Any], None], float, float, float]] = {
        "stripe": (stripe, 24, 24, 0),
        "breton": (breton, 24, 24, 0),
        "pinstripe": (pinstripe, 13, 13, 0),
        "check": (check, 54, 54, 0),
        "gingham": (gingham, 16, 16, 0),
        "windowpane": (windowpane, 42, 42, 0),
        "houndstooth": (houndstooth, 20, 20, 0),
        "herringbone": (herringbone, 16, 6, 0),
        "dots": (dots, 22, 22, 0),
        "floral": (floral, 132, 132, 0),
        "leopard": (leopard, 92, 92, 0),
        "zebra": (zebra, 126, 126, 0),
        "argyle": (argyle, 40, 60, 0),
        "paisley": (paisley, 88, 88, 0),
        "geometric": (geometric, 30, 30, 0),
        "abstract": (abstract, 150, 150, 0),
        "monogram": (monogram, 44, 44, 0),
    }
    return table[name]


def _flower(c: Any, x: float, y: float, r: float, turn: float, petal: RGB, heart: RGB, leaf: RGB) -> None:
    c.save()
    c.translate(x, y)
    c.rotate(math.degrees(turn))
    for side in (-1, 1):
        c.drawPath(path(f"M 0 0 Q {side * r} {r * 0.4} {side * r * 0.7} {r * 1.8} Q {-side * 2} {r} 0 0 Z"), fill(leaf))
    for n in range(5):
        c.save()
        c.rotate(n * 72)
        c.drawPath(path(f"M 0 0 C {r * 0.8} {-r * 0.3} {r * 0.5} {-r * 1.1} 0 {-r} C {-r * 0.5} {-r * 1.1} "
                        f"{-r * 0.8} {-r * 0.3} 0 0 Z"), fill(mix(petal, GLOW, 0.12 * (n % 2))))  # fmt: skip
        c.restore()
    c.drawCircle(0, 0, r * 0.24, fill(heart))
    c.restore()


# ---------------------------------------------------------------- metal

METALS: dict[str, tuple[RGB, RGB, RGB]] = {
    "gold": ((122, 84, 30), (205, 160, 80), (255, 240, 196)),
    "silver": ((96, 100, 106), (178, 182, 188), (252, 253, 255)),
    "gunmetal": ((40, 42, 46), (92, 96, 102), (186, 190, 196)),
    "rose gold": ((140, 84, 66), (214, 150, 126), (255, 228, 214)),
    "brass": ((108, 84, 44), (176, 144, 84), (240, 222, 172)),
}


def metal(kind: str, bounds: Any, angle: float = 35.0) -> Any:
    """A brushed gradient of a metal over `bounds`, as a paint."""
    low, mid, high = METALS[kind]
    cx, cy = bounds.centerX(), bounds.centerY()
    reach = max(2.0, 0.5 * math.hypot(bounds.width(), bounds.height()))
    dx, dy = math.cos(math.radians(angle)) * reach, math.sin(math.radians(angle)) * reach
    shader = skia.GradientShader.MakeLinear(
        [skia.Point(cx - dx, cy - dy), skia.Point(cx + dx, cy + dy)],
        [colour(mid), colour(high), colour(mid), colour(low), colour(mid), colour(mix(mid, high, 0.5)), colour(low)],
        [0.0, 0.22, 0.4, 0.58, 0.72, 0.84, 1.0],
    )
    return skia.Paint(AntiAlias=True, Shader=shader)


# ---------------------------------------------------------------- the sheet


class Sheet:
    """One product on a transparent layer."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.surface = skia.Surface(WIDTH * SCALE, DEEP * SCALE)
        self.c = self.surface.getCanvas()
        self.c.clear(skia.Color(0, 0, 0, 0))
        self.c.scale(SCALE, SCALE)

    # -- cloth

    def part(
        self,
        shape: Any,
        cloth: Cloth,
        *,
        form: float = 1.0,
        lift: float = 1.0,
        angle: float = 0.0,
        folds: Iterable[tuple[float, ...]] = (),
        edge: float = 1.0,
        upright: bool = True,
        gloss: float | None = None,
    ) -> None:
        """Lay one part on the sheet.

        form: how round it is (0 is flat).  lift: how far it lies above what is below.  angle: of grain and print.
        folds: see `fold`.  upright: the roundness turns about a vertical axis, else about a horizontal one.
        """
        c, bounds = self.c, shape.getBounds()
        softness, shade, light, shine = SURFACES[cloth.surface]
        shine = shine if gloss is None else gloss
        if lift:
            self._cast(shape, lift)
        bright = luminance(cloth.rgb)
        dark_gain = 0.75 + 0.5 * bright
        light_gain = light * (1.25 - 0.75 * bright)
        c.save()
        c.clipPath(shape, skia.ClipOp.kIntersect, True)
        c.drawPaint(fill(cloth.rgb, 0.80 if cloth.surface == "sheer" else 1.0))
        printed = print_shader(cloth, angle)
        if printed is not None:
            c.drawPaint(skia.Paint(AntiAlias=True, Shader=printed))
        for shader, mode, alpha in _texture(cloth, angle):
            c.drawPaint(skia.Paint(Shader=shader, BlendMode=mode, Alphaf=min(1.0, alpha)))
        if form:
            self._round(bounds, form * shade * dark_gain, form * light_gain, upright)
        for one in folds:
            self._fold(one, shade * dark_gain, light_gain)
        if edge:
            self._edges(shape, edge, softness, shade * dark_gain, light_gain, bounds)
        if shine:
            self._gloss(shape, shine, light_gain)
        c.restore()
        c.drawPath(shape, pen(mix(cloth.rgb, INK, 0.62), 0.8, 0.55))

    def _cast(self, shape: Any, lift: float) -> None:
        paint = fill(INK, 0.42)
        paint.setBlendMode(skia.BlendMode.kSrcATop)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 2.6 * lift))
        self.c.save()
        self.c.translate(1.5 * lift, 2.6 * lift)
        self.c.drawPath(shape, paint)
        self.c.restore()

    def _round(self, b: Any, dark: float, light: float, upright: bool) -> None:
        if upright:
            ends = [skia.Point(b.left(), 0), skia.Point(b.right(), 0)]
        else:
            ends = [skia.Point(0, b.top()), skia.Point(0, b.bottom())]
        shadow = [colour(INK, 0.20 * dark), colour(INK, 0.0), colour(INK, 0.0), colour(INK, 0.17 * dark),
                  colour(INK, 0.36 * dark)]  # fmt: skip
        shader = skia.GradientShader.MakeLinear(ends, shadow, [0.0, 0.16, 0.46, 0.78, 1.0])
        self.c.drawPaint(skia.Paint(Shader=shader))
        glow = [colour(GLOW, 0.0), colour(GLOW, 0.16 * light), colour(GLOW, 0.0)]
        shader = skia.GradientShader.MakeLinear(ends, glow, [0.08, 0.29, 0.55])
        self.c.drawPaint(skia.Paint(Shader=shader))
        down = [skia.Point(0, b.top()), skia.Point(0, b.bottom())]
        shader = skia.GradientShader.MakeLinear(down, [colour(GLOW, 0.05 * light), colour(INK, 0.10 * dark)])
        self.c.drawPaint(skia.Paint(Shader=shader))

    def _fold(self, one: tuple[float, ...], dark: float, light: float) -> None:
        """A soft crease (x0, y0, x1, y1, bend, width, strength)."""
        x0, y0, x1, y1, bend, width, strength = one
        mx, my = (x0 + x1) / 2, (y0 + y1) / 2
        dx, dy = x1 - x0, y1 - y0
        length = math.hypot(dx, dy) + 1e-6
        nx, ny = -dy / length, dx / length
        if nx < 0:
            nx, ny = -nx, -ny

        def lens(offset: float, w: float) -> Any:
            cx, cy = mx + nx * (bend + offset), my + ny * (bend + offset)
            return path(
                f"M {x0 + nx * offset} {y0 + ny * offset} Q {cx + nx * w} {cy + ny * w} {x1 + nx * offset} "
                f"{y1 + ny * offset} Q {cx - nx * w} {cy - ny * w} {x0 + nx * offset} {y0 + ny * offset} Z"
            )

        blur = skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, width * 0.45)
        paint = fill(INK, 0.34 * strength * dark)
        paint.setMaskFilter(blur)
        self.c.drawPath(lens(0, width), paint)
        paint = fill(GLOW, 0.26 * strength * light)
        paint.setMaskFilter(blur)
        self.c.drawPath(lens(-width * 1.1, width * 0.8), paint)

    def _edges(self, shape: Any, edge: float, softness: float, dark: float, light: float, b: Any) -> None:
        size = min(b.width(), b.height())
        wide = max(2.2, min(11.0, size * 0.10)) * softness
        for width, alpha in ((wide, 0.30), (wide * 0.35, 0.22)):
            paint = pen(INK, width, alpha * edge * dark)
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, width * 0.55))
            self.c.save()
            self.c.translate(width * 0.20, width * 0.22)
            self.c.drawPath(shape, paint)
            self.c.restore()
        paint = pen(GLOW, wide * 0.34, 0.30 * edge * light)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, wide * 0.22))
        self.c.save()
        self.c.translate(wide * 0.52, wide * 0.46)
        inner = skia.Path(shape)
        self.c.drawPath(inner, paint)
        self.c.restore()

    def _gloss(self, shape: Any, shine: float, light: float) -> None:
        """A narrow reflection a little inside the lit edge."""
        b = shape.getBounds()
        size = min(b.width(), b.height())
        inset = max(3.0, size * 0.11)
        lit = minus(_moved(shape, inset, inset * 0.8), _moved(shape, inset * 1.7, inset * 1.35))
        paint = fill(GLOW, 0.42 * shine * light)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, max(1.0, inset * 0.32)))
        fade = [skia.Point(b.left(), b.top()), skia.Point(b.right(), b.bottom())]
        paint.setShader(skia.GradientShader.MakeLinear(
            fade, [colour(GLOW, 0.5 * shine * light), colour(GLOW, 0.16 * shine * light), colour(GLOW, 0.0)],
            [0.0, 0.45, 0.8]))  # fmt: skip
        self.c.drawPath(lit, paint)

    # -- detail

    def seam(self, line: Any, rgb: Sequence[float], strength: float = 1.0, width: float = 1.1) -> None:
        """A seam: a dark line with a light one beside it."""
        self.c.drawPath(line, pen(mix(rgb, INK, 0.7), width, 0.62 * strength))
        self.c.save()
        self.c.translate(-0.9, -0.9)
        self.c.drawPath(line, pen(mix(rgb, GLOW, 0.5), width * 0.8, 0.30 * strength))
        self.c.restore()

    def stitch(
        self, line: Any, rgb: Sequence[float], width: float = 1.1, dash: float = 3.6, alpha: float = 0.85
    ) -> None:
        paint = pen(rgb, width, alpha)
        paint.setPathEffect(skia.DashPathEffect.Make([dash, dash * 0.62], 0))
        self.c.drawPath(line, paint)

    def shade(
        self, shape: Any, alpha: float, blur: float = 4.0, rgb: RGB = INK, dx: float = 0.0, dy: float = 0.0
    ) -> None:
        """A soft dark (or light) spot on what is already drawn."""
        paint = fill(rgb, alpha)
        paint.setBlendMode(skia.BlendMode.kSrcATop)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        self.c.save()
        self.c.translate(dx, dy)
        self.c.drawPath(shape, paint)
        self.c.restore()

    def line(self, shape: Any, rgb: Sequence[float], width: float, alpha: float = 1.0) -> None:
        self.c.drawPath(shape, pen(rgb, width, alpha))

    def flat(self, shape: Any, rgb: Sequence[float], alpha: float = 1.0) -> None:
        self.c.drawPath(shape, fill(rgb, alpha))

    # -- metal

    def plate(self, shape: Any, kind: str, lift: float = 0.6, angle: float = 35.0) -> None:
        """A piece of metal."""
        if lift:
            self._cast(shape, lift)
        low, _, high = METALS[kind]
        self.c.drawPath(shape, metal(kind, shape.getBounds(), angle))
        self.c.save()
        self.c.clipPath(shape, skia.ClipOp.kIntersect, True)
        self.c.translate(0.7, 0.7)
        self.c.drawPath(shape, pen(high, 1.2, 0.75))
        self.c.restore()
        self.c.drawPath(shape, pen(low, 0.7, 0.9))

    def wire(self, line: Any, kind: str, width: float, lift: float = 0.5) -> None:
        """A round metal wire along a line."""
        low, mid, high = METALS[kind]
        if lift:
            paint = pen(INK, width, 0.34)
            paint.setBlendMode(skia.BlendMode.kSrcATop)
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 1.6 * lift + 0.4))
            self.c.save()
            self.c.translate(1.6 * lift, 2.2 * lift)
            self.c.drawPath(line, paint)
            self.c.restore()
        self.c.drawPath(line, pen(low, width))
        self.c.drawPath(line, pen(mid, width * 0.72))
        self.c.save()
        self.c.translate(-width * 0.13, -width * 0.15)
        self.c.drawPath(line, pen(high, max(0.5, width * 0.26), 0.95))
        self.c.restore()

    def chain(self, points: Sequence[tuple[float, float]], kind: str, size: float = 7.0, lift: float = 0.4) -> None:
        """Oval links, alternately open and on edge, along a smooth line."""
        line = smooth(points, 40)
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        count = max(2, int(steps[-1] / (size * 0.78)))
        for n, at in enumerate(np.linspace(0, steps[-1], count)):
            x = float(np.interp(at, steps, line[:, 0]))
            y = float(np.interp(at, steps, line[:, 1]))
            x1 = float(np.interp(min(at + 1.5, steps[-1]), steps, line[:, 0])) - float(
                np.interp(max(at - 1.5, 0), steps, line[:, 0])
            )
            y1 = float(np.interp(min(at + 1.5, steps[-1]), steps, line[:, 1])) - float(
                np.interp(max(at - 1.5, 0), steps, line[:, 1])
            )
            self.c.save()
            self.c.translate(x, y)
            self.c.rotate(math.degrees(math.atan2(y1, x1)))
            if n % 2:
                self.wire(path(f"M {-size * 0.42} 0 L {size * 0.42} 0"), kind, size * 0.30, 0)
            else:
                self.wire(oval(0, 0, size * 0.56, size * 0.36), kind, size * 0.24, lift)
            self.c.restore()

    def button(self, x: float, y: float, r: float, rgb: Sequence[float] | None = None, kind: str = "gold") -> None:
        shape = oval(x, y, r)
        if rgb is None:
            self.plate(shape, kind, 0.5)
            self.c.drawPath(oval(x, y, r * 0.62), pen(METALS[kind][0], 0.6, 0.8))
            return
        self._cast(shape, 0.5)
        self.flat(shape, rgb)
        self.line(oval(x, y, r * 0.72), mix(rgb, INK, 0.4), 0.6, 0.8)
        self.line(path(f"M {x - r * 0.7} {y - r * 0.4} Q {x - r * 0.4} {y - r * 0.9} {x + r * 0.2} {y - r * 0.85}"),
                  GLOW, 0.7, 0.7)  # fmt: skip
        for dx, dy in ((-0.22, -0.22), (0.22, -0.22), (-0.22, 0.22), (0.22, 0.22)):
            self.flat(oval(x + dx * r, y + dy * r, max(0.45, r * 0.11)), INK, 0.8)

    def zip(
        self, points: Sequence[tuple[float, float]], kind: str, pull: float = 12.0, tape: RGB | None = None
    ) -> None:
        line = curve(points)
        self.line(line, tape or (36, 32, 32), 5.0, 0.9)
        paint = pen(METALS[kind][1], 2.9)
        paint.setPathEffect(skia.DashPathEffect.Make([1.1, 1.3], 0))
        paint.setStrokeCap(skia.Paint.kButt_Cap)
        self.c.drawPath(line, paint)
        x, y = points[0]
        self.plate(box(x - 2.6, y - 2, x + 2.6, y + 4, 1.4), kind, 0.4)
        self.plate(box(x - 1.7, y + 4, x + 1.7, y + 4 + pull, 1.6), kind, 0.4)

    def gem(self, x: float, y: float, r: float, rgb: RGB) -> None:
        """A faceted stone seen from above."""
        outline = polygon(
            [(x + r * math.cos(a), y + r * math.sin(a)) for a in np.linspace(0.2, 0.2 + 2 * math.pi, 9)[:-1]]
        )
        self._cast(outline, 0.4)
        self.flat(outline, rgb)
        for n in range(8):
            a0, a1 = 0.2 + n * math.pi / 4, 0.2 + (n + 1) * math.pi / 4
            facet = polygon([
                (x + r * math.cos(a0), y + r * math.sin(a0)), (x + r * math.cos(a1), y + r * math.sin(a1)),
                (x + 0.5 * r * math.cos(a1), y + 0.5 * r * math.sin(a1)),
                (x + 0.5 * r * math.cos(a0), y + 0.5 * r * math.sin(a0)),
            ])  # fmt: skip
            lit = math.cos((a0 + a1) / 2 - math.radians(225))
            self.flat(facet, GLOW if lit > 0 else INK, 0.42 * abs(lit) + 0.05)
        table = polygon(
            [(x + 0.5 * r * math.cos(a), y + 0.5 * r * math.sin(a)) for a in np.linspace(0.2, 6.48, 9)[:-1]]
        )
        self.flat(table, mix(rgb, GLOW, 0.35), 0.9)
        self.flat(oval(x - r * 0.18, y - r * 0.2, r * 0.14), (255, 255, 255), 0.95)

    def pearl(self, x: float, y: float, r: float, rgb: RGB = (238, 230, 218)) -> None:
        shape = oval(x, y, r)
        self._cast(shape, 0.4)
        shader = skia.GradientShader.MakeRadial(
            skia.Point(x - r * 0.3, y - r * 0.35), r * 1.35,
            [colour((255, 254, 250)), colour(rgb), colour(mix(rgb, (128, 104, 104), 0.55)), colour(mix(rgb, GLOW, 0.2))],
            [0.0, 0.4, 0.86, 1.0],
        )  # fmt: skip
        self.c.drawPath(shape, skia.Paint(AntiAlias=True, Shader=shader))

    # -- the finished picture

    def finish(self, paper: RGB, *, room: tuple[float, float] = (360, 470), standing: bool = False,
               most: float = 1.6, dy: float = 0.0) -> Image.Image:  # fmt: skip
        """The product on paper, 480 x 600, RGB.

        room: the box it is fitted into.  standing: on the floor, else hung before a wall.  most: largest enlargement.
        """
        layer = self.surface.makeImageSnapshot()
        alpha = layer.toarray()[..., 3]
        rows, columns = np.nonzero(alpha.max(axis=1) > 8)[0], np.nonzero(alpha.max(axis=0) > 8)[0]
        x0, x1, y0, y1 = columns[0] / SCALE, columns[-1] / SCALE, rows[0] / SCALE, rows[-1] / SCALE
        zoom = min(room[0] / (x1 - x0), room[1] / (y1 - y0), most)
        base = min(508.0, 300 + (y1 - y0) * zoom / 2 + 26) if standing else 0.0
        tx = 240 - zoom * (x0 + x1) / 2
        ty = (base - zoom * y1) if standing else 300 + dy - zoom * (y0 + y1) / 2
        ground = _paper(paper, base if standing else None)
        if standing:
            shadows = ((10.0, 2.0, 12.0, 0.34, 0.16), (2.0, 1.0, 4.0, 0.40, 0.035))
        else:
            shadows = ((15.0, 19.0, 15.0, 0.30, 0.0), (4.0, 6.0, 4.5, 0.26, 0.0))
        tone = np.array(mix(paper, (38, 26, 28), 0.86), dtype=np.float32)
        for sx, sy, blur, strength, squash in shadows:
            matrix = skia.Matrix()
            if squash:  # thrown on the floor: flattened and pushed to the right
                matrix = skia.Matrix(
                    [
                        zoom,
                        -0.9 * squash,
                        tx + sx + 0.9 * squash * y1,
                        0,
                        zoom * squash,
                        base + sy - zoom * squash * y1,
                        0,
                        0,
                        1,
                    ]
                )
            else:
                matrix.setScaleTranslate(zoom, zoom, tx + sx, ty + sy)
            dark = _silhouette(layer, matrix, blur)[..., None] * strength
            ground = ground * (1 - dark) + tone * dark
        rgba = np.dstack([np.clip(ground + 0.5, 0, 255).astype(np.uint8), np.full(ground.shape[:2], 255, np.uint8)])
        out = skia.Surface(WIDTH * SCALE, HEIGHT * SCALE)
        c = out.getCanvas()
        c.scale(SCALE, SCALE)
        c.drawImage(
            skia.Image.fromarray(np.ascontiguousarray(rgba), skia.kRGBA_8888_ColorType),
            0,
            0,
            skia.SamplingOptions(skia.FilterMode.kLinear),
        )
        c.translate(tx, ty)
        c.scale(zoom / SCALE, zoom / SCALE)
        c.drawImage(layer, 0, 0, skia.SamplingOptions(skia.CubicResampler.Mitchell()))
        pixels = out.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3]
        return Image.fromarray(np.ascontiguousarray(pixels)).reduce(SCALE)


def _silhouette(layer: Any, matrix: Any, blur: float) -> Any:
    """[600, 480] how dark a blurred shadow of the layer is, 0 to 1. Drawn at half the size, since it is soft."""
    small = skia.Surface(WIDTH // 2, HEIGHT // 2)
    c = small.getCanvas()
    c.clear(skia.Color(0, 0, 0, 0))
    c.scale(0.5, 0.5)
    c.concat(matrix)
    c.scale(1 / SCALE, 1 / SCALE)
    c.drawImage(layer, 0, 0, skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear))
    grey = Image.fromarray(np.ascontiguousarray(small.makeImageSnapshot().toarray()[..., 3]))
    grey = grey.filter(ImageFilter.GaussianBlur(blur / 2)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return np.asarray(grey, dtype=np.float32) / 255


def _moved(shape: Any, dx: float, dy: float) -> Any:
    moved = skia.Path(shape)
    moved.offset(dx, dy)
    return moved


def _paper(tint: RGB, base: float | None) -> Any:
    """[600, 480, 3] a sheet of paper lit from the upper left; with `base`, it sweeps into a floor."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    far = np.hypot(x - 190, y - 190) / 520
    lit = np.clip(1 - far * 2, 0, 1)[..., None] * 0.34
    dim = np.clip(far * 2 - 1, 0, 1)[..., None] * 0.20
    rgb = np.array(tint, dtype=np.float32)
    sheet = rgb + (255 - rgb) * lit
    sheet = sheet + (np.array((70, 58, 52), dtype=np.float32) - sheet) * dim
    if base is not None:
        bend = np.clip((y - (base - 150)) / 110, 0, 1)[..., None]
        floor = np.clip((y - (base - 40)) / 150, 0, 1)[..., None]
        sheet = sheet * (1 - 0.055 * np.sin(np.pi * np.clip(bend, 0, 1)) ** 2)
        sheet = sheet + (255 - sheet) * 0.14 * np.sin(np.pi * floor) ** 2
    return sheet

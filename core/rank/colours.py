"""Colour words of fashion, and how far apart they look.

A colour word becomes sRGB, then CIELAB (D65), then the nearest of 128 entries; how alike two entries look is a
function of their CIEDE2000 difference (Sharma, Wu and Dalal, 2005), tabulated once, because computed for each pair of
products it would cost 350 ns.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from core.domain.arrays import Matrix

ENTRIES = 128
ALIKE = 17.0  # CIEDE2000 at which two colours agree by 1/e: "blue" and "navy" do a little, "blue" and "red" not at all

NAMES = """
black 17181a, jet 0f0f10, onyx 2b2b2e, ebony 2c2724, noir 17181a, off black 26262a, charcoal 3d4045,
graphite 45484d, anthracite 383b40, gunmetal 4a5056, slate 5f6b76, lead 62666b, steel 7b858e, grey 8b8d90,
grey melange a7a8aa, heather grey a9abae, ash b2b3b1, dove b8b6b1, pebble b5aea3, silver bfc3c7, pewter 8e9294,
platinum d9d9d6, pearl ece8df, smoke 8f9196, fog c9cccd, mist d5dadb, cement a5a19b, stone bdb3a2, greige b9ad9d,
taupe 8c7d70, steel grey 71797e, mole 70635a, mushroom b3a394, white fbfbf9, off white f4f1ea, ivory f5f0de,
cream f3e8cf, ecru e6dcc3, chalk f0ede5, snow fafafa, optic white ffffff, alabaster eee9df, bone e5dccb,
eggshell f0ead6, vanilla f3e5ab, oatmeal d9ccb4, oat dccfb6, champagne ecd9b6, nude e0bfa5, skin e3bc9a,
blush e8c3ba, beige d8c4a4, sand d6bf98, biscuit d9bd92, almond e3cdb1, latte c4a07c, fawn c5a272,
khaki a99a71, camel be935a, tan c79a67, caramel b3763c, toffee 9b6535, cognac 99512b, honey d99e3c,
amber dd9b2d, saddle 8c5a32, tobacco 7d5a37, hazel 8e6a3f, cinnamon a55a31, ginger b06a35, rust a3471f,
copper b06c42, bronze 8a6a3b, brass b5964b, gold cda64a, golden cda64a, rose gold c98f80, metallic a9abae,
brown 6d4a32, coffee brown 4f3727, coffee 5a4030, chocolate 4a2e21, espresso 3b2a21, mocha 7d5f4a, chestnut 78402a,
walnut 5e4532, mahogany 592a21, umber 5f4a35, sienna 9a5232, terracotta b9603f, brick 9a4133, clay a97354,
mushroom brown 85705f, burgundy 5e1a2a, bordeaux 5a1426, oxblood 541a1c, wine 66213a, maroon 6a1b2a, claret 6e1a35,
merlot 5b1a2c, garnet 7a1a2b, cherry a3152f, crimson b5152f, scarlet d0211f, red c8202a, ruby a5143f, poppy e0402f,
vermilion de4326, tomato e0533c, lipstick c41e3a, raspberry b02a55, cranberry 9c1f3b, berry 86234f, mulberry 77345a,
fuchsia d0257f, magenta c3217d, hot pink ea4c93, pink ec9db5, rose d8738a, dusty rose c28a8c, old rose b97f80,
powder pink efd0d0, baby pink f5ccd6, pale pink f3d6d8, salmon ee8f7b, coral f2705a, peach f6bd97, apricot f3ac74,
shrimp f09c86, flamingo f28a94, bubblegum f49ac1, watermelon ec5b6d, melon f5a97f, papaya f5954f,
orange ee7a24, tangerine f28a1f, mandarin ee6f2d, burnt orange c25a1e, pumpkin d9711f,
rust orange c0531f, mustard cf9f2c,
ochre c48a33, saffron efae2c, turmeric dd9d22, yellow f4d33c, lemon f6e55d, canary f9e547, butter f6e6a6,
buttercup f5cf4f, sunflower f3bc25, straw e2cd88, citron d2cb3f, chartreuse bfd641, lime a6cf38, lime green a6cf38,
fluorescent green b6f33c, neon yellow e6f637, neon green 8df23e, neon pink fb4fa0, neon orange ff7a3a,
pistachio b7cc93, mint b2dec5, seafoam a5d6bd, celadon adc8aa, sage a3ad8d, olive 6e6b35, moss 6e7340,
army 585a3a, army green 585a3a, military 5a5c40, fern 5d8a4a, grass 58973d, apple 86b84a, green 3f8a4c,
kelly green 1f9a50, emerald 138a5e, jade 2fa07a, forest 27512f, forest green 27512f, bottle 1f4535, bottle green 1f4535,
hunter 2f5236, pine 27503f, sea green 3d9a78, malachite 1fa35e, teal 14737a, petrol 1d5566, turquoise 3cbfbb,
turquoise blue 37b5c5, aqua 6fd3d6, cyan 2ebcdc, lagoon 1f8fa0, peacock 12697c, duck egg bcd8d4, ice dcebf0,
ice blue cfe4ee, baby blue b9d8ef, powder blue b9d3e2, sky a0cdec, sky blue a0cdec, light blue a9c9e6,
cornflower 6a93dc, periwinkle 9a9fdb, denim 4a668c, indigo 39406e, stonewash 7f9ab3, chambray 8aa3bd, blue 2e5fa8,
azure 3c8fdc, cobalt 1f47a8, electric blue 1f5bff, royal blue 2a48b0, sapphire 1c3f8c, klein 0f2fa7, marine 1f3a63,
navy 1d2a4a, navy blue 1d2a4a, midnight 171c35, midnight blue 171c35, ink 222a40, lavender c5b4de, lilac c7a8d3,
mauve b08aa6, orchid bf79bd, heather a391a5, violet 6f4aa8, purple 6b3a86, amethyst 8a5bab, grape 57306a,
plum 5f2c50, aubergine 3f2338, eggplant 3f2338, prune 55293f, wisteria ab93c9, iris 5f56a8
"""

_MODIFIERS = {"dark": -16.0, "deep": -12.0, "midnight": -24.0, "light": 16.0, "pale": 20.0, "soft": 10.0, "bright": 4.0}
_SPELLING = {"gray": "grey", "colour": "", "color": "", "colored": "", "coloured": "", "metal": "", "tone": ""}


@lru_cache(maxsize=1)
def named() -> dict[str, tuple[float, float, float]]:
    """Colour word -> Lab."""
    pairs = [entry.strip().rsplit(" ", 1) for entry in NAMES.replace("\n", " ").split(",")]
    rgb = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for _, code in pairs], dtype=np.float64)
    points = lab(rgb / 255)
    return {name: (float(p[0]), float(p[1]), float(p[2])) for (name, _), p in zip(pairs, points, strict=True)}


def lab(rgb: Matrix) -> Matrix:
    """[n, 3] sRGB in 0..1 -> [n, 3] CIELAB under D65.

    >>> np.abs(lab(np.array([[1.0, 1.0, 1.0]]))).round(1).tolist()
    [[100.0, 0.0, 0.0]]
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    xyz = linear @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).round(6) + 0.0


def ciede2000(one: Matrix, other: Matrix) -> Matrix:
    """Colour difference of Lab points, broadcast over all but the last axis.

    >>> a, b = np.array([50.0, 2.6772, -79.7751]), np.array([50.0, 0.0, -82.7485])
    >>> round(float(ciede2000(a, b)), 4)
    2.0425
    """
    l1, a1, b1 = np.moveaxis(np.asarray(one, dtype=np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, dtype=np.float64), -1, 0)
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25.0**7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    grey = c1 * c2 == 0
    turn = h2 - h1
    turn = np.where(grey, 0.0, turn - 360 * np.sign(turn) * (np.abs(turn) > 180))
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    ml, mc = (l1 + l2) / 2, (c1 + c2) / 2
    total = h1 + h2
    far = np.abs(h1 - h2) > 180
    mh = np.where(grey, total, np.where(far, np.where(total < 360, total + 360, total - 360), total) / 2)
    t = (
        1 - 0.17 * np.cos(np.radians(mh - 30)) + 0.24 * np.cos(np.radians(2 * mh))
        + 0.32 * np.cos(np.radians(3 * mh + 6)) - 0.20 * np.cos(np.radians(4 * mh - 63))
    )  # fmt: skip
    sl = 1 + 0.015 * (ml - 50) ** 2 / np.sqrt(20 + (ml - 50) ** 2)
    sc, sh = 1 + 0.045 * mc, 1 + 0.015 * mc * t
    rc = 2 * np.sqrt(mc**7 / (mc**7 + 25.0**7))
    rt = -rc * np.sin(np.radians(60 * np.exp(-(((mh - 275) / 25) ** 2))))
    out: Matrix = np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh))
    return out


@lru_cache(maxsize=1)
def entries() -> Matrix:
    """[128, 3] Lab: the named colours that lie furthest from one another, chosen one after the other from black on."""
    points = np.unique(np.array(list(named().values())), axis=0)
    chosen = [int(np.argmin(points[:, 0]))]
    nearest = ciede2000(points, points[chosen[0]])
    while len(chosen) < ENTRIES:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, ciede2000(points, points[chosen[-1]]))
    return points[chosen]


@lru_cache(maxsize=1)
def agreement() -> Matrix:
    """[128, 128] how alike two entries look: 1 for the same, exp(-(difference / ALIKE)^2) otherwise."""
    points = entries()
    difference = ciede2000(points[:, None, :], points[None, :, :])
    return np.exp(-((difference / ALIKE) ** 2)).round(9)


@lru_cache(maxsize=4096)
def entry(word: str) -> int | None:
    """The nearest of the 128 entries to a colour word, or None for a word that names no colour.

    >>> entry("Navy") == entry("navy blue") != entry("red"), entry("multi")
    (True, None)
    """
    point = lab_of(word)
    return None if point is None else int(np.argmin(ciede2000(entries(), np.array(point))))


def lab_of(word: str) -> tuple[float, float, float] | None:
    """The CIELAB point of a colour word, or None for a word that names no colour."""
    words = [_SPELLING.get(part, part) for part in re.findall(r"[a-z]+", word.lower())]
    words = [part for part in words if part]
    table = named()
    # The longest run of words that is a name wins, the later one among equals: "dusty rose", "coffee brown".
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            if (point := table.get(" ".join(words[start : start + length]))) is not None:
                shift = sum(_MODIFIERS.get(part, 0.0) for part in words[:start])
                lightness, a, b = point
                return min(100.0, max(0.0, lightness + shift)), a, b
    return None

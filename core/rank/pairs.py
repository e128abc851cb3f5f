"""How well two pieces go together: arithmetic on arrays, for looks.

Each part of a pair score is a raw value of two codes, looked up in a table, or a cosine. Parts are put on one scale by
their mean and deviation over reference pairs of the same shop (`Scale`), weighed, and divided by the deviation that the
parts a pair has are expected to show together, so that a pair without pictures is neither favoured nor lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores, Vectors
from core.domain.looks import PARTS

# Outfits added to what was counted and to what was expected, so that rare pairs stay near what is known of their roles.
# Chosen by cross-validation over the counted outfits themselves: 5, 10, 20, 40 give .637, .639, .640, .638.
SMOOTHING = 20.0
FLAT = 1e-9
SQUASHED = ("worn_together",)  # heavy tails: 3 asinh(z / 3), as for the signals of lists
FINEST = 4096.0  # vectors are kept in steps of 1/4096: see `stepped`
FORMALITY_ALIKE = 0.9
FORMALITY_GAP = 2.3  # trainers (1.1) and pumps (4) are further apart than this; jeans (2) and a blazer (3.7) are not
WARMTH_ALIKE = 0.6
WARMTH_GAP = 1.35  # sandals (-.7) and a wool coat (.9)
PRICE_ALIKE = 0.3  # of the way from the cheapest to the dearest piece of a kind


def log_lift(both: Matrix, expected: Matrix, *, towards: Matrix | float = 1.0, smoothing: float = SMOOTHING) -> Matrix:
    """How much more often than by chance two kinds are worn together, as a logarithm; 0 is chance.

    both: [k, k] outfits with both. expected: [k, k] outfits that would have both if kinds were drawn by chance.
    towards: the lift that few counts stay near to: 1, or that of a wider group. This is pointwise mutual information
    (Church and Hanks, 1990) with its negative half: what is seldom worn together matters as much.

    >>> log_lift(np.array([[20.0]]), np.array([[10.0]]), smoothing=10.0).round(3).tolist()
    [[0.405]]
    """
    out: Matrix = np.log((both + smoothing * np.asarray(towards)) / (expected + smoothing)).round(9) + 0.0
    return out


def expected_by_chance(single: Scores, outfits: float) -> Matrix:
    """[k, k] outfits that would have both of two kinds, from the outfits that have each."""
    return np.outer(single, single) / max(outfits, 1.0)


# -- colour ------------------------------------------------------------------------------------------------------------


def lch(lab: Matrix) -> Matrix:
    """[n, 3] CIELAB -> [n, 3] lightness, chroma, hue in degrees 0..360."""
    lightness, a, b = np.moveaxis(np.asarray(lab, dtype=np.float64), -1, 0)
    return np.stack([lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0], axis=-1)


# The painter's wheel: red against green, orange against blue, yellow against violet. CIELAB's hues are not it: there,
# sky and cobalt, one hue to the eye, lie 40 degrees apart, and orange is opposed to turquoise.
_LAB_HUES = (-50.0, -35.0, -10.0, 34.0, 60.0, 95.0, 120.0, 150.0, 200.0, 250.0, 290.0, 310.0, 325.0, 350.0, 394.0)
_WHEEL = (-75.0, -60.0, -25.0, 0.0, 45.0, 100.0, 140.0, 180.0, 205.0, 227.0, 232.0, 285.0, 300.0, 335.0, 360.0)


def on_the_wheel(hue: Scores) -> Scores:
    """[n] the place of CIELAB hues (degrees) on the wheel of Itten, "The Art of Color", 1961: red 0, green 180."""
    out: Scores = np.interp(hue, _LAB_HUES, _WHEEL) % 360.0
    return out


def neutrality(colours: Matrix) -> Scores:
    """[n] how far a colour goes with everything, 0..1, from [n, 3] LCh.

    Greys, black and white; nearly black tones; denim and navy; the tones of leather, sand and wood; half of it for
    what is deep and muted.
    """
    lightness, chroma, hue = np.moveaxis(np.asarray(colours, dtype=np.float64), -1, 0)
    grey = _falling(chroma, 9.0, 20.0)
    dark = _falling(lightness, 15.0, 27.0) * _falling(chroma, 26.0, 40.0)
    deep = 0.5 * _falling(lightness, 30.0, 46.0) * _falling(chroma, 32.0, 46.0)  # bottle green, burgundy, plum
    denim = 0.85 * _near(hue, 275.0, 28.0) * _falling(chroma, 28.0, 40.0) * _falling(lightness, 45.0, 60.0)
    pale = np.maximum(_falling(lightness, 66.0, 80.0), _falling(chroma, 20.0, 28.0))  # sand, but not peach
    leather = 0.8 * _near(hue, 78.0, 42.0) * _falling(chroma, 34.0, 46.0) * pale
    out: Scores = np.maximum.reduce([grey, dark, deep, denim, leather])
    return out


def harmony(left: Matrix, right: Matrix, left_neutral: Scores, right_neutral: Scores) -> Matrix:
    """[a, b] how well colours go together, 0..1, from [a, 3] and [b, 3] LCh and how neutral each is.

    Neutrals go with everything. Two hues are judged by the angle between them on the painter's wheel: the same hue in
    another depth, its neighbours, its opposite and the triad are the schemes of colour teaching (Itten, 1961; as
    templates in Cohen-Or and others, "Color Harmonization", 2006); what lies between clashes the more, the stronger
    both colours are.
    """
    one, other = left[:, None, :], right[None, :, :]
    light = np.abs(one[..., 0] - other[..., 0])
    turn = np.abs(on_the_wheel(one[..., 2]) - on_the_wheel(other[..., 2]))
    turn = np.minimum(turn, 360.0 - turn)
    strength = np.minimum(one[..., 1], other[..., 1])
    loud = np.clip((strength - 18.0) / 40.0, 0.0, 1.0)

    floor = 0.52 - 0.40 * loud
    schemes = np.maximum.reduce(
        [
            (0.86 - 0.14 * loud) * _bump(turn, 0.0, 18.0),
            (0.74 - 0.08 * loud) * _bump(turn, 32.0, 18.0),
            (0.62 - 0.16 * loud) * _bump(turn, 180.0, 24.0),
            (0.50 - 0.16 * loud) * _bump(turn, 120.0, 14.0),
        ]
    )
    hues = np.maximum(floor, schemes) + 0.06 * np.minimum(light / 40.0, 1.0)

    apart = np.hypot(
        one[..., 1] * np.cos(np.radians(one[..., 2])) - other[..., 1] * np.cos(np.radians(other[..., 2])),
        one[..., 1] * np.sin(np.radians(one[..., 2])) - other[..., 1] * np.sin(np.radians(other[..., 2])),
    )
    tonal = np.exp(-((np.hypot(light, apart) / 16.0) ** 2))
    contrast = np.minimum(light / 55.0, 1.0)
    near_miss = np.exp(-((light / 12.0) ** 2)) * np.clip((apart - 8.0) / 12.0, 0.0, 1.0)  # navy with black
    calm = 0.75 + 0.10 * np.maximum(tonal, contrast) - 0.10 * near_miss

    warm = _near(one[..., 2], 65.0, 60.0) * _near(other[..., 2], 65.0, 60.0)
    accent = 0.76 + 0.06 * warm + 0.04 * contrast  # a neutral beside a colour

    n, m = left_neutral[:, None], right_neutral[None, :]
    out: Matrix = np.clip(n * m * calm + (n * (1 - m) + m * (1 - n)) * accent + (1 - n) * (1 - m) * hues, 0.0, 1.0)
    return out


def to_hex(lab: Matrix) -> list[str]:
    """[n, 3] CIELAB (D65) -> "#rrggbb", cut to what a screen can show.

    >>> to_hex(np.array([[100.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    ['#ffffff', '#000000']
    """
    lightness, a, b = np.moveaxis(np.asarray(lab, dtype=np.float64), -1, 0)
    y = (lightness + 16) / 116
    root = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    xyz = np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29)) * np.array([0.95047, 1.0, 1.08883])
    back = np.array(
        [[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556], [0.0556434, -0.2040259, 1.0572252]]
    )
    linear = np.clip(xyz @ back.T, 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return ["#" + "".join(f"{int(value):02x}" for value in row) for row in np.rint(srgb * 255)]


def _falling(value: AnyArray, full: float, none: float) -> AnyArray:
    """1 up to `full`, 0 from `none` on, straight between."""
    return np.clip((none - value) / (none - full), 0.0, 1.0)


def _near(hue: AnyArray, centre: float, width: float) -> AnyArray:
    """1 around a hue, 0 beyond `width` degrees, straight on the outer half."""
    turn = np.abs(hue - centre) % 360.0
    return _falling(np.minimum(turn, 360.0 - turn), width / 2, width)


def _bump(turn: AnyArray, centre: float, width: float) -> AnyArray:
    return np.exp(-(((turn - centre) / width) ** 2))


# -- occasion, season, price -------------------------------------------------------------------------------------------


def agreement_of_levels(levels: Scores, alike: float) -> Matrix:
    """[n, n] 1 for equal levels, falling like a bell."""
    apart: Matrix = np.subtract.outer(levels, levels) / alike
    return np.asarray(np.exp(-0.5 * apart**2)).round(9)


def overlap(one: Rows, other: Rows, unknown: float) -> Matrix:
    """[a, b] shared share of two sets given as bits (0 is unknown): members in both over members in either.

    >>> overlap(np.array([0b011, 0]), np.array([0b110]), unknown=0.5).round(3).tolist()
    [[0.333], [0.5]]
    """
    shared = _bits(one[:, None] & other[None, :])
    either = _bits(one[:, None] | other[None, :])
    known = (one[:, None] != 0) & (other[None, :] != 0)
    out: Matrix = np.where(known, shared / np.maximum(either, 1), unknown)
    return out


def disjoint(one: Rows, other: Rows) -> Mask:
    """[a, b] both sets are known and share nothing."""
    a, b = one[:, None], other[None, :]
    out: Mask = (a != 0) & (b != 0) & ((a & b) == 0)
    return out


def _bits(values: Rows) -> Matrix:
    out = np.zeros(values.shape)
    for shift in range(63):
        bit = np.int64(1) << np.int64(shift)
        if not np.any(values >= bit):
            break
        out += (values & bit) != 0
    return out


def brand_conflicts(policy: str, one: Codes, other: Codes) -> Mask:
    """[a, b] pairs that a brand policy forbids: "one house" wants equal brands, "mixed" unlike ones. -1 is unknown."""
    same = (one[:, None] == other[None, :]) & (one[:, None] >= 0)
    if policy == "one house":
        return np.asarray(~same)
    if policy == "mixed":
        return np.asarray(same)
    return np.zeros(same.shape, dtype=bool)


# -- cosines that do not depend on the batch ---------------------------------------------------------------------------


def stepped(vectors: Vectors) -> Vectors:
    """Unit vectors in steps of 1/4096, a little short of length 1.

    Products of two such rows are whole multiples of 2^-24 that never pass 1, so every partial sum is exact in float32:
    a cosine has the same bits in a block, row by row, on any machine. It is off by about 1e-4 and half a percent short.
    """
    out: Vectors = np.multiply(vectors, np.float32(FINEST * 0.994), dtype=np.float32)
    np.rint(out, out=out)
    out *= np.float32(1.0 / FINEST)
    return out


# -- one scale ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Scale:
    """What raw values of parts mean in one shop: moments over reference pairs of pieces in different roles.

    mu, sigma:   part -> mean and deviation; a part that is not here says nothing in this shop.
    correlation: [parts, parts] in the order of `names`, over the pairs that have both.
    """

    mu: Mapping[str, float]
    sigma: Mapping[str, float]
    correlation: Matrix
    pairs: int = 0
    names: tuple[str, ...] = field(default=PARTS)

    @cached_property
    def id(self) -> str:
        """First 16 digits of a hash of all numbers."""
        plain = [dict(self.mu), dict(self.sigma), self.correlation.tolist(), self.pairs]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def of(cls, raw: Mapping[str, Scores]) -> Scale:
        """From the raw values of each part over the same reference pairs, NaN where a pair does not have it."""
        mu, sigma = {}, {}
        count = len(next(iter(raw.values()))) if raw else 0
        z = np.full((len(PARTS), count), np.nan)
        for name in PARTS:
            known = raw[name][np.isfinite(raw[name])] if name in raw else np.zeros(0)
            if len(known) < 2 or (deviation := float(known.std())) <= FLAT * max(float(np.abs(known).max()), 1e-300):
                continue
            mu[name], sigma[name] = float(known.mean()), deviation
            z[PARTS.index(name)] = (raw[name] - mu[name]) / deviation
            if name in SQUASHED:
                z[PARTS.index(name)] = 3.0 * np.arcsinh(z[PARTS.index(name)] / 3.0)
        have = np.isfinite(z)
        filled = np.where(have, z, 0.0)
        # Not a matrix product: its bits would depend on the number of threads.
        both = np.einsum("ik,jk->ij", have.astype(np.float64), have.astype(np.float64))
        correlation = np.clip(np.einsum("ik,jk->ij", filled, filled) / np.maximum(both, 1.0), -1.0, 1.0).round(9)
        np.fill_diagonal(correlation, 1.0)
        return cls(mu, sigma, correlation, count)

    def usable(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Part -> share of the weights, summing to 1 over the parts that say something here; to 12 places, as lists."""
        found = {name: float(weights[name]) for name in PARTS if weights.get(name, 0.0) > 0 and name in self.sigma}
        total = sum(found.values())
        shares = {name: round(weight / total, 12) for name, weight in found.items()}
        return {name: share for name, share in shares.items() if share > 0}

    def stretch(self, shares: Mapping[str, float]) -> Scores:
        """[2 ^ parts] what a sum over the parts of a pattern (bit i: part i) is multiplied with to deviate by 1."""
        places = np.array([PARTS.index(name) for name in PARTS if name in shares], dtype=np.int64)
        w = np.array([shares[PARTS[place]] for place in places.tolist()])
        chosen = np.arange(1, 1 << len(places))[:, None] >> np.arange(len(places)) & 1
        part = chosen * w
        spread = np.einsum("ki,ij,kj->k", part, self.correlation[np.ix_(places, places)], part)
        spread = np.maximum(spread, 0.25 * (part * part).sum(axis=1))  # correlations of different pairs may not fit
        out = np.zeros(1 << len(PARTS))
        out[(chosen << places).sum(axis=1)] = 1.0 / np.sqrt(spread)
        return out


def combined(parts: Mapping[str, Matrix], shares: Mapping[str, float], stretch: Scores) -> dict[str, Matrix]:
    """Part -> its contribution, from the z of each part (NaN where a pair does not have it); 0 where absent."""
    pattern: AnyArray | None = None
    for name in shares:
        bit = np.where(np.isnan(parts[name]), 0, 1 << PARTS.index(name)).astype(np.int64)
        pattern = bit if pattern is None else pattern | bit
    if pattern is None:
        return {}
    factor = stretch[pattern]
    return {name: np.nan_to_num(parts[name], nan=0.0) * share * factor for name, share in shares.items()}


def summed(contributions: Mapping[str, Matrix], shape: tuple[int, ...]) -> Matrix:
    """The score: the sum of the contributions, always in the order of PARTS."""
    out = np.zeros(shape)
    for name in PARTS:
        if name in contributions:
            out = out + contributions[name]
    return out


def reference_pairs(ids: Sequence[str], rows: Rows, pairs: int) -> tuple[Rows, Rows]:
    """About `pairs` pairs of distinct members of `rows`, drawn by hash of the sorted ids of the shop."""
    if len(rows) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    seed = hashlib.sha256(("looks\0" + "\0".join(ids)).encode("utf-8", "surrogatepass")).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    if len(rows) * (len(rows) - 1) // 2 <= pairs:
        first, second = np.triu_indices(len(rows), 1)
    else:
        first, second = rng.integers(0, len(rows), (2, pairs))
    keep = first != second
    return rows[first[keep]], rows[second[keep]]

"""Situations planted in the boutique, so that there is something to see and to mend on every page."""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from core.demo.houses import NEW_HOUSE
from core.demo.products import Draft, slug

Rng = np.random.Generator
Stories = dict[str, Any]

CAPSULE_HOUSE, CAPSULE_DAY, CAPSULE_PIECES = "Maison Kestrel", 10, 12


def plant(drafts: list[Draft], seed: int) -> tuple[list[Draft], Stories]:
    """The drafts with every situation planted, in order of id, and the ids of each situation."""
    rng = np.random.default_rng([seed, 9])
    drafts = sorted(drafts, key=lambda d: d.id)
    total = len(drafts) + 6
    by_id = {d.id: d for d in drafts}
    free = [d.id for d in drafts if d.house.name != NEW_HOUSE and d.collection != "coming"]
    used: set[str] = set()
    stories: Stories = {}

    def take(count: int, fits: Any = None) -> list[str]:
        pool = [i for i in free if i not in used and (fits is None or fits(by_id[i]))]
        count = min(count, len(pool))
        chosen = sorted(str(i) for i in rng.choice(np.array(pool, dtype=object), size=count, replace=False))
        used.update(chosen)
        return chosen

    stories["capsule"] = _capsule(drafts, used)
    for item in stories["capsule"]:
        d = by_id[item]
        d.collection, d.release_day, d.embargo_day = "coming", CAPSULE_DAY, CAPSULE_DAY
        d.tags = (*d.tags, "capsule")
    stories["hub"] = _hub(drafts, used)
    stories["new_house"] = sorted(d.id for d in drafts if d.house.name == NEW_HOUSE)
    stories["without_picture"] = take(min(15, total // 40 + 1))
    for item in stories["without_picture"]:
        by_id[item].has_picture = False
    stories["without_text"] = take(min(5, total // 100 + 1))
    for item in stories["without_text"]:
        by_id[item].title, by_id[item].description, by_id[item].tags = "", None, ()
    stories["wrong_category"] = _wrong(by_id, take(min(8, total // 60 + 1), lambda d: d.description), rng)
    twins = take(6, lambda d: d.description)
    stories["near_twins"] = [[item, twin.id] for item, twin in ((i, _twin(by_id[i], by_id)) for i in twins)]
    drafts += [by_id[pair[1]] for pair in stories["near_twins"]]
    used.update(pair[1] for pair in stories["near_twins"])
    stories["text_and_picture_disagree"] = _disagree(
        by_id, take(3, lambda d: d.kind.group in ("bag", "shoe", "knit")), drafts, rng
    )

    stories["sold_out"] = take(round(0.06 * total))
    for item in stories["sold_out"]:
        by_id[item].stock = dict.fromkeys(by_id[item].stock, 0)
    stories["broken_sizes"] = take(round(0.08 * total), lambda d: len(d.stock) >= 4)
    for item in stories["broken_sizes"]:
        d = by_id[item]
        sizes = list(d.stock)
        gone = rng.choice(len(sizes), size=int(rng.integers(2, len(sizes) - 1)), replace=False)
        for place in gone:
            d.stock[sizes[int(place)]] = 0
    stories["one_of_a_kind"] = take(round(0.03 * total), lambda d: d.house.tier >= 2)
    for item in stories["one_of_a_kind"]:
        d = by_id[item]
        sizes = list(d.stock)
        d.stock = {sizes[int(rng.integers(len(sizes)))]: 1}
    stories["marked_down"] = take(round(0.05 * total), lambda d: d.collection == "current" or d.release_day < -200)
    for item in stories["marked_down"]:
        d = by_id[item]
        d.former_price = d.price
        d.price = max(1000, round(d.price * float(rng.choice([0.5, 0.6, 0.7, 0.8])) / 500) * 500)
        d.extra["sale"] = "yes"
    stories["coming"] = sorted(d.id for d in drafts if d.collection == "coming" and d.id not in stories["capsule"])
    stories["bought_together"] = _pairs(drafts, used, rng)
    drafts.sort(key=lambda d: d.id)
    stories["heroes"] = heroes(drafts, used)
    return drafts, stories


def _capsule(drafts: list[Draft], used: set[str]) -> list[str]:
    """Twelve pieces of one house, one colourway of a style, from as many groups as there are."""
    mine: dict[str, list[Draft]] = defaultdict(list)
    for d in drafts:
        if d.house.name == CAPSULE_HOUSE and d.collection != "coming":
            mine[d.kind.group].append(d)
    families: set[str] = set()
    chosen: list[str] = []
    groups = sorted(mine)
    while len(chosen) < CAPSULE_PIECES and any(mine.values()):
        for group in groups:
            while mine[group]:
                d = mine[group].pop(0)
                if d.family_id not in families and len(chosen) < CAPSULE_PIECES:
                    families.add(d.family_id)
                    chosen.append(d.id)
                    break
    used.update(chosen)
    return sorted(chosen)


def _hub(drafts: list[Draft], used: set[str]) -> str:
    """The product that stands in most lists by words: what it says, many say. Shoppers are shown it far too often."""
    pool = [d for d in drafts if d.description and d.collection == "permanent" and d.house.tier <= 3]
    nearness = _by_words(pool)
    families = np.array([d.family_id for d in pool])
    nearness[families[:, None] == families[None]] = -1.0
    lists = np.argsort(-nearness, axis=1, kind="stable")[:, :10]
    seen = np.bincount(lists.ravel(), minlength=len(pool))
    for row in np.argsort(-seen, kind="stable"):
        hub = pool[int(row)]
        if hub.id not in used and hub.audience != "men":
            break
    used.add(hub.id)
    return hub.id


def _wrong(by_id: dict[str, Draft], chosen: list[str], rng: Rng) -> list[dict[str, Any]]:
    out = []
    paths = sorted({d.kind.path for d in by_id.values()})
    for item in chosen:
        d = by_id[item]
        others = [p for p in paths if p[0] != d.category[0]]
        wrong = others[int(rng.integers(len(others)))]
        out.append({"id": item, "given": list(wrong), "true": list(d.category)})
        d.category = wrong
    return out


def _twin(d: Draft, by_id: dict[str, Draft]) -> Draft:
    """The same article entered twice: another number, another style, one sentence less."""
    sentences = re.split(r"(?<=[.]) ", d.description or "")
    text = " ".join(sentences[:-1]) if len(sentences) > 4 else d.description
    twin = replace(
        d, id=f"{d.id}-bis", family_id=f"{d.family_id}-bis", description=text, stock=dict(d.stock), extra=dict(d.extra),
        drawing={**d.drawing, "seed": (int(d.drawing["seed"]) + 1) % (1 << 30)},
    )  # fmt: skip
    by_id[twin.id] = twin
    return twin


def _disagree(by_id: dict[str, Draft], chosen: list[str], drafts: list[Draft], rng: Rng) -> list[dict[str, str]]:
    out = []
    for item in chosen:
        d = by_id[item]
        others = [o for o in drafts if o.kind.group not in (d.kind.group, "jewellery") and o.colour[0] != d.colour[0]]
        shown = others[int(rng.integers(len(others)))]
        d.drawing = dict(shown.drawing)
        out.append({"id": item, "shows": shown.id})
    return out


def _pairs(drafts: list[Draft], used: set[str], rng: Rng) -> list[list[str]]:
    """Products that shoppers buy together although neither words nor pictures say so: this bag with those loafers."""
    bags = [d for d in drafts if d.kind.group in ("bag", "scarf", "watch", "belt") and d.id not in used]
    shoes = [d for d in drafts if d.kind.group in ("shoe", "knit", "coat", "dress") and d.id not in used]
    out: list[list[str]] = []
    taken: set[str] = set()
    while len(out) < min(40, len(bags) // 4, len(shoes) // 4):
        a, b = bags[int(rng.integers(len(bags)))], shoes[int(rng.integers(len(shoes)))]
        agree = a.audience == b.audience or "unisex" in (a.audience, b.audience)
        if agree and a.house.name != b.house.name and a.colour[0] != b.colour[0] and not {a.id, b.id} & taken:
            out.append([a.id, b.id])
            taken |= {a.id, b.id}
    return out


# ---------------------------------------------------------------- heroes


def _words(d: Draft) -> set[str]:
    text = " ".join(
        [d.title, d.description or "", " ".join(d.material), d.pattern or "", " ".join(d.occasion), " ".join(d.tags)]
    )
    return set(slug(text).split("-"))


def _strokes(d: Draft) -> dict[str, float]:
    """What stands out in a picture, roughly: colour, print, surface, silhouette."""
    drawn = d.drawing
    r, g, b = (v / 255 for v in drawn["rgb"])
    features = {"r": 1.4 * r, "g": 1.4 * g, "b": 1.4 * b, f"draw {drawn['draw']}": 2.0, f"print {drawn['print']}": 0.9, f"surface {drawn['surface']}": 0.4,
                f"metal {drawn['hardware']}": 0.15}  # fmt: skip
    for name, value in drawn["options"].items():
        if isinstance(value, (str, bool)):
            features[f"{name} {value}"] = 0.8 if name in ("style", "piece", "shaft", "shape", "length") else 0.35
    return features


def _by_words(pool: list[Draft]) -> Any:
    """[n, n] cosine of the products' words, rare words counting more."""
    words = sorted({w for d in pool for w in _words(d)})
    place = {w: n for n, w in enumerate(words)}
    text = np.zeros((len(pool), len(words)))
    for row, d in enumerate(pool):
        for w in _words(d):
            text[row, place[w]] = 1.0
    text *= np.log(len(pool) / text.sum(axis=0))
    text /= np.linalg.norm(text, axis=1, keepdims=True) + 1e-9
    return text @ text.T


def heroes(drafts: list[Draft], used: set[str], count: int = 30) -> list[str]:
    """Products whose neighbours by words and by picture differ most, by a rough measure of both; at most four of a type."""
    pool = [d for d in drafts if d.description and d.has_picture]
    keys = sorted({k for d in pool for k in _strokes(d)})
    at = {k: n for n, k in enumerate(keys)}
    look = np.zeros((len(pool), len(keys)))
    for row, d in enumerate(pool):
        for k, v in _strokes(d).items():
            look[row, at[k]] = v
    families = np.array([d.family_id for d in pool])
    by_text = _by_words(pool)
    by_look = -((look**2).sum(axis=1)[:, None] + (look**2).sum(axis=1)[None] - 2 * look @ look.T)
    styles_of: dict[str, set[str]] = defaultdict(set)
    for d in pool:
        styles_of[d.kind.path[0]].add(d.family_id)
    large = sorted(len(styles) for styles in styles_of.values())[
        len(styles_of) // 2
    ]  # in a small category all lists are alike
    scored: list[tuple[int, str, Draft]] = []
    for row, d in enumerate(pool):
        if d.id in used or len(styles_of[d.kind.path[0]]) < large:
            continue
        lists = []
        for sides in (by_text[row], by_look[row]):
            order = np.argsort(-np.where(families == d.family_id, -np.inf, sides), kind="stable")
            seen: list[str] = []
            for other in order:
                if families[other] not in seen and families[other] != d.family_id:
                    seen.append(str(families[other]))
                if len(seen) == 10:
                    break
            lists.append(set(seen))
        scored.append((len(lists[0] & lists[1]), d.id, d))
    scored.sort(key=lambda one: one[:2])
    out: list[str] = []
    per_type: dict[str, int] = defaultdict(int)
    styles: set[str] = set()
    for _, item, d in scored:
        if per_type[d.kind.type] < 3 and d.family_id not in styles:
            per_type[d.kind.type] += 1
            styles.add(d.family_id)
            out.append(item)
        if len(out) == count:
            break
    return sorted(out)

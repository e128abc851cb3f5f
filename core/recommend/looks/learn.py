"""Learn from a shop's own outfits, and keep what was learned only where it is proved to help.

The outfits are split by a hash of their pieces: on seven tenths a head is trained and counts are taken, on one tenth
its weight beside the counts is chosen, on two tenths both are asked to fill in a hidden piece among three others of its
role. The head is kept when the lower end of the 95 % interval of what it adds to the counts lies above zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Matrix, Rows, Vectors
from core.domain.catalogue import Catalogue
from core.domain.errors import Damaged, NotReady
from core.rank import learned
from core.rank.learned import Head
from core.recommend.looks import own as own_outfits
from core.recommend.looks.own import Own, Scorer
from core.recommend.looks.tables import Tables
from core.store import files, generations

FOLDER, VERDICT = "head", "verdict.json"
FEWEST = 300  # outfits below which nothing is learned
WEIGHTS = (0.25, 0.5, 1.0, 2.0)  # of the head beside the counts, both in deviations


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of learning from a shop's outfits.

    outfits: with two or more pieces that have vectors. questions: held out. counts, together: share of hidden pieces
    found by the counts alone and with the head; chance is a quarter. gain, low, high: what the head adds, with its
    95 % interval. weight: of the head beside the counts. kept: whether it is used; reason says why in a sentence.
    """

    kept: bool
    reason: str
    outfits: int = 0
    questions: int = 0
    counts: float = 0.0
    together: float = 0.0
    gain: float = 0.0
    low: float = 0.0
    high: float = 0.0
    weight: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Kept:
    """A head that passed. of: id of the outfits it learned from. encoder: whose vectors it reads."""

    head: Head
    verdict: Verdict
    of: str
    encoder: str
    id: str


def learn(
    catalogue: Catalogue, tables: Tables, own: Own, vectors: Vectors, present: Mask
) -> tuple[Head | None, Verdict]:
    """Train and judge a head on a shop's own outfits; None when it is not kept. vectors: [n, d] of the catalogue."""
    words = own_outfits.describe(catalogue, tables)
    roles = np.where(present, words.roles, -1)
    outfits = []
    for ids in own.outfits:
        rows = [row for row in (catalogue.row(item) for item in ids if item in catalogue) if roles[row] >= 0]
        if len({int(roles[row]) for row in rows}) >= 2:
            outfits.append((_place(ids), ids, rows))
    if len(outfits) < FEWEST:
        return None, Verdict(
            False, f"{len(outfits):,} outfits can be learned from; {FEWEST:,} are needed. The counts are used.",
            len(outfits),
        )  # fmt: skip
    taught = [one for one in outfits if one[0] < 0.7]
    tuned, asked = (
        [rows for place, _, rows in outfits if low <= place < high] for low, high in ((0.7, 0.8), (0.8, 1.1))
    )
    one, other = _pairs([rows for _, _, rows in taught], roles)
    questions = own_outfits.hidden_pieces(asked, roles, seed=own.id + "asked")
    choosing = own_outfits.hidden_pieces(tuned, roles, seed=own.id + "tuned")
    if not len(one) or len(questions) < FEWEST // 10 or not choosing:
        return None, Verdict(
            False, f"{len(questions):,} outfits are left to ask about, too few to judge by. The counts are used.",
            len(outfits), len(questions),
        )  # fmt: skip
    # The counts the head is measured against have not seen the outfits that are asked about.
    base = _counts(own_outfits.count_outfits(catalogue, tables, [ids for _, ids, _ in taught]), tables, words)
    head = learned.train(vectors, one, other, roles, seed=own.id)
    first, second = head.features(vectors)

    def raw(a: Rows, b: Rows) -> Matrix:
        return np.asarray(first[a] @ second[b].T, dtype=np.float64)

    units = (_unit(base, one, other), _unit(raw, one, other))

    def joined(weight: float) -> Scorer:
        return lambda a, b: base(a, b) / units[0] + weight * raw(a, b) / units[1]

    found = [float(own_outfits.filled_in(choosing, joined(weight)).mean()) for weight in WEIGHTS]
    weight = WEIGHTS[int(np.argmax(found))]
    alone = own_outfits.filled_in(questions, base)
    both = own_outfits.filled_in(questions, joined(weight))
    gain, low, high = learned.gain(both, alone, seed=own.id)
    kept = low > 0
    reason = (
        f"With it {both.mean():.1%} of {len(questions):,} hidden pieces are found, by the counts alone "
        f"{alone.mean():.1%}: between {low:+.1%} and {high:+.1%}. "
        + ("It is used." if kept else "It is not used; the counts are.")
    )
    verdict = Verdict(
        kept, reason, len(outfits), len(questions), float(alone.mean()), float(both.mean()), gain, low, high, weight
    )
    return (head if kept else None), verdict


def _unit(score: Scorer, one: Rows, other: Rows, most: int = 2_000) -> float:
    """How far the scores of known pairs deviate, to put two scores on one scale."""
    found = [score(one[[i]], other[[i]])[0, 0] for i in range(min(most, len(one)))]
    return max(float(np.std(found)), 1e-9)


def _place(ids: Sequence[str]) -> float:
    """A number in [0, 1) by hash of the pieces: the same outfit twice never stands on both sides of the split."""
    digest = hashlib.sha256("\0".join(sorted(ids)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _pairs(outfits: Sequence[Sequence[int]], roles: Rows) -> tuple[Rows, Rows]:
    found = [(a, b) for rows in outfits for a, b in combinations(rows, 2) if roles[a] != roles[b]]
    both = np.array(found, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _counts(own: Own, tables: Tables, words: own_outfits.Words) -> Scorer:
    """(rows, rows) -> [A, B] what the counts say of pairs."""
    kinds = own.kinds(tables) + tables.said
    place = np.array([tables.place[kind] if kind else -1 for kind in words.values["kind"]])
    grids = []
    for name in own_outfits.FIELDS[1:]:
        values = sorted({value for value in words.values[name] if value is not None})
        number = {value: code for code, value in enumerate(values)}
        codes = np.array([number[value] if value is not None else len(values) for value in words.values[name]])
        grids.append((own.of_field(name, [*values, None]), codes))

    def score(a: Rows, b: Rows) -> Matrix:
        out = kinds[place[a][:, None], place[b][None, :]]
        for grid, codes in grids:
            out = out + grid[codes[a][:, None], codes[b][None, :]]
        return np.asarray(out)

    return score


# -- on disk -----------------------------------------------------------------------------------------------------------


def save(folder: Path, head: Head | None, verdict: Verdict, own: Own, encoder: str) -> None:
    """Keep the verdict, and the head where it passed, in DATA/looks. Raises StorageFailed."""
    name = None
    if head is not None:
        name = hashlib.sha256(b"".join(part.tobytes() for part in (head.mean, head.left, head.right))).hexdigest()[:16]
        generations.save_arrays(folder / FOLDER / name, {"mean": head.mean, "left": head.left, "right": head.right}, {})
    files.write_json(folder / VERDICT, {"verdict": asdict(verdict), "head": name, "of": own.id, "encoder": encoder})


def learned_over(folder: Path) -> str | None:
    """Whose vectors were learned over last, "" for nobody's; None where nothing was learned yet, or it is damaged."""
    try:
        return str(files.read_json(folder / VERDICT)["encoder"]) if (folder / VERDICT).is_file() else None
    except (Damaged, KeyError, TypeError):
        return None


def load(folder: Path | None) -> tuple[Kept | None, Verdict | None]:
    """The head in use and what was found about it. A damaged head is not used, and its verdict says so."""
    if folder is None or not (folder / VERDICT).is_file():
        return None, None
    stat = (folder / VERDICT).stat()
    return _load(folder, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _load(folder: Path, _moment: int, _size: int) -> tuple[Kept | None, Verdict | None]:
    try:
        plain = files.read_json(folder / VERDICT)
        verdict = Verdict(**plain["verdict"])
        if plain["head"] is None:
            return None, verdict
        arrays, _ = generations.load_arrays(folder / FOLDER / plain["head"])
        head = Head(*(np.asarray(arrays[name], dtype=np.float32) for name in ("mean", "left", "right")))
        return Kept(head, verdict, plain["of"], plain["encoder"], plain["head"]), verdict
    except (Damaged, NotReady, KeyError, TypeError) as error:
        text = error.message if isinstance(error, Damaged | NotReady) else f"{VERDICT} is not what was written there."
        return None, Verdict(False, f"{text} Import the outfits again (vitrine import-outfits).")

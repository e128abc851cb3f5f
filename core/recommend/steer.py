"""Steering at work: the query moves towards good examples and away from bad ones, on its words and its picture.

    q' = unit(q + b · mean of the good ones - c · mean of the bad ones)

Rocchio, "Relevance feedback in information retrieval", in The SMART Retrieval System, 1971. All else stays as it is:
signals, calibration and weights are the same, so the contributions still add up to the score. Details are not steered,
as there is no mean of a category or a price. A good example shows the way and gains nothing by it: it stands where it
would stand without the steer. Otherwise one handbag asked for would be in every list of the shop (measured on the demo
boutique: in 88 % of them, at the usual strength).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.domain.arrays import Mask, Matrix, Rows, Scores, Vectors
from core.domain.listing import Note
from core.domain.steer import Steer
from core.domain.strategy import SIGNAL_NAMES
from core.embed.registry import same_space
from core.rank.signals import Sides, VectorSignal
from core.recommend.view import View

TOWARDS, AWAY = 1.5, 0.75  # b and c at full strength; at the usual one they are .75, as in the textbooks, and .375
WORTH_SAYING = 1.0  # deviations: a product is said to lie where the steer points when five of six lie less far
SAMPLE = 512  # products that show how far the shop's products lie in some direction


@dataclass(frozen=True, eq=False)
class Pull:
    """Where one signal is steered to. towards, away: [d] means of the examples, None without any.

    fingerprint: of both, of the strength and of the good products.
    """

    towards: Scores | None
    away: Scores | None
    strength: float
    fingerprint: str

    @property
    def direction(self) -> Scores:
        """[d] where the query is moved to."""
        there = TOWARDS * self.towards if self.towards is not None else 0.0
        return np.asarray(there - (AWAY * self.away if self.away is not None else 0.0), dtype=np.float64)

    def on(self, side: Vectors) -> Vectors:
        """[B, d] unit sides, moved and made unit again, each by itself."""
        moved = side.astype(np.float64)
        if self.towards is not None:
            moved = moved + TOWARDS * self.strength * self.towards
        if self.away is not None:
            moved = moved - AWAY * self.strength * self.away
        length = np.sqrt((moved * moved).sum(axis=1, keepdims=True))
        out: Vectors = np.where(length > 1e-9, moved / np.maximum(length, 1e-9), side).astype(np.float32)
        return out


def steered(view: View, steer: Steer | None, sides: Sides) -> Sides:
    """The sides of a product query under a steer; a product without words or picture stays without."""
    if not steer or sides.kind != "item":
        return sides
    changed, marks = dict(sides.sides), {}
    for name, pull in pulls(view, steer).items():
        if name in changed:
            present: Mask = sides.present[name]
            side = np.asarray(changed[name], dtype=np.float32)
            changed[name] = np.where(present[:, None], pull.on(side), side)
            marks[name] = pull.fingerprint
    if not marks:
        return sides
    examples = sorted({view.catalogue.row(item) for item in steer.plus if item in view.catalogue})
    plain = replace(sides, steered={})
    return replace(sides, sides=changed, steered=marks, plain=plain, examples=np.array(examples, dtype=np.int64))


def pulls(view: View, steer: Steer) -> dict[str, Pull]:
    """Signal -> where it is steered to; signals for which no example says anything are missing."""
    out = {}
    for name, signal in view.signals.items():
        if not isinstance(signal, VectorSignal):
            continue
        towards, away = (
            _mean([*_products(view, signal, items), *_words(view, name, steer, words)])
            for items, words in ((steer.plus, steer.plus_words), (steer.minus, steer.minus_words))
        )
        if towards is None and away is None:
            continue
        digest = hashlib.sha256(repr((name, steer.strength, sorted(steer.plus))).encode())
        for mean in (towards, away):
            digest.update(b"|" if mean is None else mean.tobytes())
        out[name] = Pull(towards, away, steer.strength, digest.hexdigest()[:16])
    return out


def notes(view: View, steer: Steer | None, kind: str) -> tuple[Note, ...]:
    """What a list says of its steer: where to, and which examples do not count any more."""
    if not steer:
        return ()
    if kind != "item":
        what = "a shopper" if kind == "shopper" else "words"
        return (Note("no_steer", f"Steering by example does not count here: this list is built around {what}."),)
    found = pulls(view, steer)
    said = []
    for examples, words, text in (
        (steer.plus, steer.plus_words, "towards"), (steer.minus, steer.minus_words, "away from")
    ):  # fmt: skip
        names = [*(_title(view, item) for item in examples if item in view.catalogue), *(f"“{one}”" for one in words)]
        if names:
            said.append(f"{text} {_listed(names)}")
    out = [Note("steered", f"Steered {' and '.join(said)}.")] if said and found else []
    gone = [item for item in (*steer.plus, *steer.minus) if item not in view.catalogue]
    if gone:
        out.append(Note("steer_gone", f"{_listed(gone)} steered this list and is not in the catalogue any more."))
    for name in ("text", "image"):
        if steer.words and name in view.signals and not _fits(view, name, steer):
            label = SIGNAL_NAMES[name].lower()
            text = f"The words that steer this list do not count for its {label}: another model reads it. Steer anew."
            out.append(Note(f"steer_{name}", text))
    return tuple(out)


def item_notes(view: View, steer: Steer, rows: Rows) -> list[tuple[Note, ...]]:
    """For each of `rows` [m] that lies well in the direction of the steer, the example that it lies closest to."""
    if not len(rows):
        return []
    towards = _along(view, steer, rows) >= WORTH_SAYING
    likeness = np.full((len(steer.plus) + len(steer.plus_words), len(rows)), -np.inf)
    for name, signal in view.signals.items():
        if isinstance(signal, VectorSignal):
            for at, vector in enumerate(_examples(view, signal, name, steer)):
                if vector is not None:
                    close = np.where(signal.present[rows], _cosines(signal, vector, rows), -np.inf)
                    likeness[at] = np.maximum(likeness[at], close)
    names = [*(_title(view, item) for item in steer.plus), *(f"“{one}”" for one in steer.plus_words)]
    shown = set(view.catalogue.rows([item for item in steer.plus if item in view.catalogue]).tolist())
    out: list[tuple[Note, ...]] = []
    for column, row in enumerate(rows.tolist()):
        if not towards[column] or row in shown:
            out.append(())
        elif np.isfinite(likeness[:, column]).any():
            closest = names[int(np.argmax(likeness[:, column]))]
            out.append((Note("steered", f"Lies where the list is steered to: towards {closest}."),))
        else:
            out.append((Note("steered", "Lies far from what the list is steered away from."),))
    return out


def _along(view: View, steer: Steer, rows: Rows) -> Scores:
    """[m] how far products lie in the direction of the steer, in deviations of the shop's products (a sample of them);
    the mean of the signals that a product has, -inf for one that has none."""
    total, count = np.zeros(len(rows)), np.zeros(len(rows))
    for name, pull in pulls(view, steer).items():
        signal = view.signals[name]
        assert isinstance(signal, VectorSignal)
        here = np.flatnonzero(signal.present)
        some = here[:: max(1, len(here) // SAMPLE)]
        usual = _cosines(signal, pull.direction, some)
        spread = float(usual.std())
        if spread > 1e-9:
            present = signal.present[rows]
            total += np.where(present, (_cosines(signal, pull.direction, rows) - usual.mean()) / spread, 0.0)
            count += present
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf)


def _cosines(signal: VectorSignal, vector: Scores, rows: Rows) -> Scores:
    """[m] row by row, so that the bits do not depend on what else is asked."""
    out: Scores = signal.exact(vector[None, :].astype(np.float32), rows[None, :])[0]
    return out


def _examples(view: View, signal: VectorSignal, name: str, steer: Steer) -> list[Scores | None]:
    """The vector of each good example, products first; None where this signal has none."""
    out: list[Scores | None] = []
    for item in steer.plus:
        found = _products(view, signal, (item,))
        out.append(found[0] if found else None)
    for words in steer.plus_words:
        read = _words(view, name, steer, (words,))
        out.append(read[0] if read else None)
    return out


def _products(view: View, signal: VectorSignal, items: Sequence[str]) -> list[Scores]:
    rows = [view.catalogue.row(item) for item in items if item in view.catalogue]
    return [signal.vectors[row].astype(np.float64) for row in rows if signal.present[row]]


def _words(view: View, name: str, steer: Steer, words: Sequence[str]) -> list[Scores]:
    if not words or not _fits(view, name, steer):
        return []
    found = [steer.read[name].vector(one) for one in words]
    return [_unit(vector.astype(np.float64)) for vector in found if vector is not None]


def _fits(view: View, name: str, steer: Steer) -> bool:
    """Whether the words of `steer` were read by the encoder that this signal's vectors come from."""
    read, signal = steer.read.get(name), view.signals[name]
    if read is None or not isinstance(signal, VectorSignal) or not same_space(read.key, view.spaces.get(name, "")):
        return False
    wide = [vector for words in steer.words if (vector := read.vector(words)) is not None]
    return bool(wide) and all(len(vector) == signal.vectors.shape[1] for vector in wide)


def _mean(vectors: Sequence[Scores]) -> Scores | None:
    if not vectors:
        return None
    stacked: Matrix = np.stack(vectors)
    out: Scores = stacked.mean(axis=0)
    return out


def _unit(vector: Scores) -> Scores:
    length = float(np.sqrt((vector * vector).sum()))
    return vector / length if length > 1e-9 else vector


def _title(view: View, item: str) -> str:
    if item not in view.catalogue:
        return item
    title = str(view.catalogue.frame["title"].iat[view.catalogue.row(item)])
    return f"“{title}”" if title else item


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

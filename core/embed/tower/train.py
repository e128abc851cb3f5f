"""Training the compact image tower against a locked MiniLM, on processor cores alone.

    python -m core.embed.tower.train --data DATA --work WORK --out assets/models/compact-clip

The loss is CLIP's, a softmax over captions for each picture and over pictures for each caption, in which equal captions
count as positives. It is taken over titles, over attribute phrases ("Blue Jeans for men"), and over the closed sets of
types and colours that zero-shot answers choose from. Beside it, on training pictures only: pictures of one type and
colour attract each other, heads name the attributes, and a linear head predicts what an ImageNet embedder sees. The
heads are thrown away afterwards.

A batch depends on the seed and the number of the step alone, so a run that was stopped goes on as if it had not been.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.domain.arrays import Rows
from core.embed.tower import captions, data
from core.embed.tower.augment import Camera, still
from core.embed.tower.captions import CaptionBank, Vocabulary
from core.embed.tower.data import Collection
from core.embed.tower.model import Ema, export, new_learner
from core.embed.tower.start import Layers, imagenet_layers, take_over
from core.embed.tower.team import Alone, Team, call
from core.settings import Settings

Tensor = Any  # torch is imported where it is used

WARM_UP = 100  # steps
SMOOTHING = 0.05
NEIGHBOUR_TEMPERATURE = 0.1
EXTRA_TITLES = 2048  # titles outside the batch that a picture must tell from its own
BACKDROPS = 800
DRAWINGS = 48  # of demo boutiques in a batch, where some are given
DRAWN_ALIKE = 4  # of one kind in a batch, so that they have somebody to attract
SAVE_EVERY = 150.0  # seconds
EMA, EMA_EVERY = 0.96, 8  # the running mean takes every eighth step, which costs less and means the same
WEIGHTS = {
    "titles": 2.0, "phrases": 0.5, "types": 0.5, "colours": 0.35, "shades": 0.35, "photos": 0.6,
    "neighbours": 1.4, "tones": 0.4, "kinds": 0.2, "heads": 0.2, "teacher": 0.3, "drawings": 1.0,
}  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """A share of the steps at one picture size."""

    side: int
    share: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of. The same plan and data give the same batches.

    epochs: passes over the studio products. stages: their shares add up to 1.
    rate, body_rate: highest learning rates, of the projection and of the network below it.
    frozen: groups of layers at the bottom that keep what ImageNet taught them.
    batch: studio products and amateur photos; `photos` of them are photos. drawings: demo drawings on top of these.
    """

    epochs: float = 31.0
    batch: int = 256
    photos: int = 40
    drawings: int = 0
    rate: float = 2e-3
    body_rate: float = 4e-4
    decay: float = 0.05
    seed: int = 0
    frozen: int = 4
    stages: tuple[Stage, ...] = (Stage(64, 0.55), Stage(96, 0.45))

    def __post_init__(self) -> None:
        if abs(sum(stage.share for stage in self.stages) - 1) > 1e-6:
            raise ValueError(f"the shares of the stages add up to {sum(s.share for s in self.stages)}, not to 1")
        if self.studio < 1:
            raise ValueError(f"a batch of {self.batch} has no room for studio pictures")

    @property
    def studio(self) -> int:
        return self.batch - self.photos

    def steps(self, products: int) -> int:
        return max(1, int(self.epochs * (products // self.studio)))

    def side(self, progress: float) -> int:
        """Picture size at `progress` in [0, 1]."""
        until = 0.0
        for stage in self.stages:
            until += stage.share
            if progress < until - 1e-9:
                return stage.side
        return self.stages[-1].side

    def rate_at(self, step: int, steps: int) -> float:
        """Share of the highest learning rate: a linear warm-up, then half a cosine down to a hundredth."""
        fallen = 0.5 * (1 + np.cos(np.pi * min(1.0, step / steps)))
        return float(min(1.0, (step + 1) / WARM_UP) * (0.01 + 0.99 * fallen))


def shuffled(seed: int, step: int, per_batch: int, count: int) -> Rows:
    """Rows of the studio part of batch `step`: each epoch is one permutation, cut into batches."""
    epoch, place = divmod(step, count // per_batch)
    order = np.random.default_rng([seed, epoch]).permutation(count)
    return np.asarray(order[place * per_batch : (place + 1) * per_batch], dtype=np.int64)


def alike(codes: Rows, count: int, each: int, rng: np.random.Generator) -> Rows:
    """`count` different rows, `each` of one code where there are so many: codes drawn at random, then rows of each."""
    found: list[Rows] = []
    for code in rng.permutation(np.unique(codes)):
        found.append(rng.permutation(np.flatnonzero(codes == code))[:each])
        if sum(map(len, found)) >= count:
            break
    return np.concatenate(found)[:count].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Lessons:
    """What each training picture is called: positions in the banks of `Words`, −1 where unknown."""

    titles: Rows
    phrases: Rows
    types: Rows
    colours: Rows
    people: Rows
    heads: dict[str, Rows]


class Words:
    """The banks of caption vectors that the losses choose from, as tensors."""

    def __init__(self, table: pd.DataFrame, bank: CaptionBank) -> None:
        import torch

        self.vocabulary = Vocabulary.of(table)
        types, colours = self.vocabulary.types, self.vocabulary.colours
        titles = sorted(set(table.title))
        phrases = sorted({_phrase(row) for row in table.itertuples()})
        self._title = {text: row for row, text in enumerate(titles)}
        self._phrase = {text: row for row, text in enumerate(phrases)}
        self.titles = torch.from_numpy(bank(titles))
        self.phrases = torch.from_numpy(bank(phrases))
        shades = bank([captions.phrase(t, c, g) for t in types for g in captions.ENSEMBLE for c in colours])
        self.shades = torch.from_numpy(shades.reshape(len(types), len(captions.ENSEMBLE), len(colours), -1))
        self.photos = torch.from_numpy(np.stack([bank(said) for said in captions.photo_captions(PHOTO_CLASSES)]))
        self._plain = {name: torch.from_numpy(bank(list(words))) for name, words in
                       (("types", types), ("colours", colours))}  # fmt: skip

    def lessons(self, table: pd.DataFrame) -> Lessons:
        return Lessons(
            titles=_codes(table.title, self._title),
            phrases=np.array([self._phrase.get(_phrase(row), -1) for row in table.itertuples()], dtype=np.int64),
            types=_codes(table.type, _positions(self.vocabulary.types)),
            colours=_codes(table.colour, _positions(self.vocabulary.colours)),
            people=_codes(table.gender, _positions(captions.ENSEMBLE)),
            heads={name: _codes(table[name], _positions(HEADS[name])) for name in HEADS},
        )

    def of_types(self, rng: np.random.Generator) -> Tensor:
        """[types, d]: one way to say each type: an average over captions, over a few of them, or the plain word."""
        said = self.shades[:, :, : captions.FREQUENT_COLOURS].flatten(1, 2)
        return self._one_way(said, self._plain["types"], rng)

    def of_colours(self, rng: np.random.Generator) -> Tensor:
        """[colours, d]: one way to say each colour."""
        said = self.shades[: captions.FREQUENT_TYPES].flatten(0, 1).transpose(0, 1)
        return self._one_way(said, self._plain["colours"], rng)

    def of_photos(self, rng: np.random.Generator) -> Tensor:
        """[classes, d]: one way to say the classes of the amateur photos."""
        return self._one_way(self.photos, self.photos[:, 0], rng)

    @staticmethod
    def _one_way(said: Tensor, plain: Tensor, rng: np.random.Generator) -> Tensor:
        import torch.nn.functional as F

        chance = rng.random()
        if chance < 0.25:
            return plain
        if chance < 0.5:
            said = said[:, rng.choice(said.shape[1], 4, replace=False)]
        return F.normalize(said.mean(dim=1), dim=1)


PHOTO_CLASSES = tuple(captions.PHOTO_WORDS)
HEADS = {
    "gender": ("Boys", "Girls", "Men", "Unisex", "Women"),
    "season": ("Fall", "Spring", "Summer", "Winter"),
    "usage": ("Casual", "Ethnic", "Formal", "Party", "Smart Casual", "Sports", "Travel"),
}


def _phrase(row: Any) -> str:
    return captions.phrase(row.type, row.colour, row.gender)


def _positions(words: Iterable[str]) -> dict[str, int]:
    return {word: place for place, word in enumerate(words)}


def _codes(values: Iterable[str], known: Mapping[str, int]) -> Rows:
    return np.array([known.get(value, -1) for value in values], dtype=np.int64)


def contrast(z: Tensor, ids: Tensor, bank: Tensor, extra: Tensor | None, scale: Tensor) -> Tensor:
    """CLIP's loss between pictures and captions, in which equal captions count as positives.

    z: [n, d] unit. ids: [n] caption of each picture, a row of `bank` [m, d]. extra: rows of captions that no picture of
    the batch need have; they are further wrong answers. scale: the inverse temperature.
    """
    import torch
    import torch.nn.functional as F

    own, place = torch.unique(ids, return_inverse=True)
    others = own if extra is None else torch.cat([own, extra[~torch.isin(extra, own)]])
    logits = scale * z @ bank[others].T  # [n, captions], the batch's own first
    to_words = F.cross_entropy(logits, place)
    fits = F.one_hot(place, len(own)).T.float()  # [own, n]
    to_pictures = -(fits * F.log_softmax(logits[:, : len(own)].T, dim=1)).sum(1) / fits.sum(1)
    return (to_words + (to_pictures * fits.sum(1)).sum() / len(z)) / 2


def attraction(z: Tensor, keys: Tensor) -> Tensor:
    """Pictures with equal keys attract each other, the others repel; a key of −1 takes no part. Khosla et al. 2020."""
    import torch

    z, keys = z[keys >= 0], keys[keys >= 0]
    if len(z) < 2:
        return z.sum() * 0
    logits = (z @ z.T) / NEIGHBOUR_TEMPERATURE
    self_ = torch.eye(len(z), dtype=torch.bool)
    logp = torch.log_softmax(logits.masked_fill(self_, -1e9), dim=1)
    same = (keys[:, None] == keys[None]) & ~self_
    some = same.any(dim=1)
    return -((logp * same).sum(1)[some] / same.sum(1)[some]).mean() if bool(some.any()) else z.sum() * 0


class School:
    """Everything a step of training needs besides the learner."""

    def __init__(
        self, plan: Plan, studio: Collection, photos: Collection, bank: CaptionBank, drawings: Collection | None = None
    ) -> None:
        import torch

        self.plan, self.pixels = plan, studio.pixels
        self.rows = np.flatnonzero(~studio.table.held.to_numpy())
        self.studio, self.photos = studio, photos
        taught = studio.table.iloc[self.rows]
        self.words = Words(taught, bank)
        self.lessons = self.words.lessons(taught)
        self.photo_rows = np.flatnonzero(~photos.table.held.to_numpy())
        labels = photos.table.type.iloc[self.photo_rows]
        self.photo_labels = _codes(labels, _positions(PHOTO_CLASSES))
        self.photo_types = _codes(
            labels.map(lambda label: captions.PHOTO_TYPES.get(label, "")), _positions(self.words.vocabulary.types)
        )
        counts = np.bincount(self.photo_labels, minlength=len(PHOTO_CLASSES))
        chance = 1 / np.sqrt(counts[self.photo_labels])
        self.photo_chance = chance / chance.sum()
        rng = np.random.default_rng([plan.seed, 1])
        self.backdrops = data.backdrops(photos, self.photo_rows.tolist(), BACKDROPS, rng)
        self.drawings = drawings
        if drawings is not None:
            drawn = drawings.table
            self.drawn_titles = torch.from_numpy(bank(drawn.title.tolist()))
            kinds, colours = sorted(set(drawn.type)), sorted(set(drawn.colour))
            self.drawn_kinds = torch.from_numpy(bank(kinds))
            self.drawn_colours = torch.from_numpy(bank(colours))
            self.drawn_codes = _codes(drawn.type, _positions(kinds)), _codes(drawn.colour, _positions(colours))
        self.steps = plan.steps(len(self.rows))
        self._camera: Camera | None = None
        seen = np.concatenate([studio.teacher[self.rows], photos.teacher[self.photo_rows]])
        self.teacher_mean = torch.from_numpy(unit_of(seen[seen.any(axis=1)]).mean(axis=0))

    def batch(self, step: int, rank: int = 0, size: int = 1) -> tuple[Tensor, Rows, Rows, Rows]:
        """Pictures of step `step`, and which training rows they are: studio products, then photos, then drawings.

        rank, size: which of `size` equal parts of the batch.
        """
        import torch

        rng = np.random.default_rng([self.plan.seed, 2, step])
        side = self.plan.side(step / self.steps)
        if self._camera is None or self._camera.side != side:
            self._camera = Camera(self.backdrops, side)
        mine = np.sort(shuffled(self.plan.seed, step, self.plan.studio, len(self.rows)))
        theirs = rng.choice(len(self.photo_rows), self.plan.photos, p=self.photo_chance)
        drawn = np.zeros(0, dtype=np.int64)
        if self.drawings is not None:
            drawn = alike(self.drawn_codes[0], self.plan.drawings, DRAWN_ALIKE, rng)
        mine, theirs, drawn = mine[rank::size], theirs[rank::size], drawn[rank::size]
        rng = np.random.default_rng([self.plan.seed, 4, step, rank])
        at = self.rows[mine]
        x = self._camera.studio(self.studio.pixels[at], self.studio.masks[at], rng)
        y = self._camera.photo(self.photos.pixels[self.photo_rows[theirs]], rng)
        views = [x, y]
        if self.drawings is not None:
            views.append(self._camera.drawing(self.drawings.pixels[drawn], rng))
        return torch.cat(views).contiguous(memory_format=torch.channels_last), mine, theirs, drawn

    def sample(self, count: int = 192) -> Tensor:
        """A few studio products and photos as they are, at the size most of training has."""
        import torch

        side = max(self.plan.stages, key=lambda stage: stage.share).side
        parts = [
            still(self.studio.pixels, self.rows[:: max(1, len(self.rows) // count)], side),
            still(self.photos.pixels, self.photo_rows[:: max(1, len(self.photo_rows) // (count // 3))], side),
        ]
        return torch.cat(parts)

    def losses(
        self, learner: Any, seen: Tensor, z: Tensor, mine: Rows, theirs: Rows, drawn: Rows, step: int
    ) -> dict[str, Tensor]:
        """Each part of the loss, unweighted. seen: [n, features] before the projection. z: [n, d] unit."""
        import torch
        import torch.nn.functional as F

        rng = np.random.default_rng([self.plan.seed, 3, step])
        words, lessons, n, end = self.words, self.lessons, len(mine), len(mine) + len(theirs)
        zs, zp, zd = z[:n], z[n:end], z[end:]

        def of(codes: Rows) -> Tensor:
            return torch.from_numpy(codes[mine])

        types, colours = of(lessons.types), of(lessons.colours)
        extra = torch.from_numpy(rng.choice(len(words.titles), min(EXTRA_TITLES, len(words.titles)), replace=False))
        scale = {name: value.exp().clamp(max=100.0) for name, value in learner.scales.items()}
        named = colours >= 0
        people = torch.from_numpy(np.where(lessons.people[mine] >= 0, lessons.people[mine], rng.integers(0, 2, n)))
        every_phrase = torch.arange(len(words.phrases))
        shades = words.shades[types, people]  # [n, colours, d]: this product in every colour
        losses = {
            "titles": contrast(zs, of(lessons.titles), words.titles, extra, scale["titles"]),
            "phrases": contrast(zs, of(lessons.phrases), words.phrases, every_phrase, scale["phrases"]),
            "types": F.cross_entropy(scale["types"] * zs @ words.of_types(rng).T, types, label_smoothing=SMOOTHING),
            "colours": F.cross_entropy(
                scale["colours"] * zs[named] @ words.of_colours(rng).T, colours[named], label_smoothing=SMOOTHING
            ),
            "shades": F.cross_entropy(
                scale["shades"] * torch.einsum("nd,ncd->nc", zs, shades)[named],
                colours[named],
                label_smoothing=SMOOTHING,
            ),
            "neighbours": attraction(zs, torch.where(named, types * len(words.vocabulary.colours) + colours, -1)),
            "tones": attraction(zs, colours),
        }
        photo_labels = torch.from_numpy(self.photo_labels[theirs])
        photo_types = torch.from_numpy(self.photo_types[theirs])
        losses["photos"] = F.cross_entropy(
            scale["photos"] * zp @ words.of_photos(rng).T, photo_labels, label_smoothing=SMOOTHING
        )
        losses["kinds"] = attraction(z[:end], torch.cat([types, photo_types]))
        said = learner.heads(seen)
        heads = [F.cross_entropy(said["type"][:n], types, label_smoothing=SMOOTHING)]
        heads.append(F.cross_entropy(said["colour"][:n], colours, ignore_index=-1, label_smoothing=SMOOTHING))
        heads += [F.cross_entropy(said[k][:n], of(v), ignore_index=-1) for k, v in lessons.heads.items()]
        heads.append(F.cross_entropy(said["photo"][n:end], photo_labels, label_smoothing=SMOOTHING))
        losses["heads"] = torch.stack(heads).sum() / 3
        goal = np.concatenate([self.studio.teacher[self.rows[mine]], self.photos.teacher[self.photo_rows[theirs]]])
        there = goal.any(axis=1)
        goal = torch.from_numpy(unit_of(goal[there])) - self.teacher_mean
        losses["teacher"] = 1 - F.cosine_similarity(said["teacher"][:end][torch.from_numpy(there)], goal, dim=1).mean()
        if self.drawings is not None:
            kinds, colours = (torch.from_numpy(codes[drawn]) for codes in self.drawn_codes)
            losses["drawings"] = (
                contrast(zd, torch.from_numpy(drawn), self.drawn_titles, None, scale["titles"])
                + F.cross_entropy(scale["types"] * zd @ self.drawn_kinds.T, kinds, label_smoothing=SMOOTHING)
                + F.cross_entropy(scale["colours"] * zd @ self.drawn_colours.T, colours, label_smoothing=SMOOTHING)
                + 2 * attraction(zd, kinds)
            )
        return losses


def unit_of(seen: data.Pixels) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The teacher's 8-bit rows as unit float32 rows."""
    wide = seen.astype(np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6), dtype=np.float32)


class Run:
    """A training run that can be stopped anywhere: `work` keeps its checkpoint and its log."""

    def __init__(self, school: School, work: Path, *, team: Alone | None = None, layers: Layers | None = None) -> None:
        import torch

        self.school, self.work, self.plan, self.team = school, work, school.plan, team or Alone()
        torch.manual_seed(self.plan.seed)
        vocabulary = school.words.vocabulary
        self.learner = new_learner(
            len(vocabulary.types),
            len(vocabulary.colours),
            len(PHOTO_CLASSES),
            {k: len(v) for k, v in HEADS.items()},
            frozen=self.plan.frozen,
        ).to(memory_format=torch.channels_last)
        self.ema = Ema(self.learner.tower, EMA)
        learning = [(name, p) for name, p in self.learner.named_parameters() if p.requires_grad]
        groups = []
        for body in (True, False):
            for flat in (True, False):
                own = [p for name, p in learning if _is_body(name) == body and (p.ndim < 2) == flat]
                rate, decay = self.plan.body_rate if body else self.plan.rate, 0.0 if flat else self.plan.decay
                groups.append({"params": own, "lr": rate, "highest": rate, "weight_decay": decay})
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
        self.step, self.asked_to_stop = 0, False
        self.checkpoint = work / "checkpoint.pt"
        if self.checkpoint.exists():
            self._resume()
        elif layers is not None:
            take_over(self.learner.tower, layers, school.sample())
        self.ema = self.ema if self.step else Ema(self.learner.tower, EMA)
        if self.team.size > 1:
            self.team.average([t for t in self.learner.state_dict().values() if t.dtype.is_floating_point])

    def _resume(self) -> None:
        import torch

        saved = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        self.learner.load_state_dict(saved["learner"])
        self.ema.state, self.ema.steps = saved["ema"], saved["ema_steps"]
        self.optimiser.load_state_dict(saved["optimiser"])
        self.step = saved["step"]
        log.info("going on at step %d of %d", self.step, self.school.steps)

    def save(self) -> None:
        """Written beside and swapped in, so that a kill leaves the one before."""
        import torch

        beside = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "learner": self.learner.state_dict(), "ema": self.ema.state, "ema_steps": self.ema.steps,
                "optimiser": self.optimiser.state_dict(), "step": self.step,
            },
            beside,
        )  # fmt: skip
        beside.replace(self.checkpoint)

    @property
    def scale(self) -> float:
        """The temperature that ships: that of the titles, as the natural logarithm of its inverse."""
        return float(min(self.learner.scales["titles"].item(), np.log(100)))

    def advance(self) -> dict[str, float]:
        """One step; the parts of the loss."""
        import torch

        rate = self.plan.rate_at(self.step, self.school.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["highest"]
        pictures, mine, theirs, drawn = self.school.batch(self.step, self.team.rank, self.team.size)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            seen, z = self.learner(pictures)
        losses = self.school.losses(self.learner, seen, z, mine, theirs, drawn, self.step)
        total = sum(WEIGHTS[name] * loss for name, loss in losses.items())
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        running = [b for b in self.learner.buffers() if b.dtype.is_floating_point]
        self.team.average([p.grad for p in self.learner.parameters() if p.grad is not None] + running)
        torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        if self.team.rank == 0 and self.step % EMA_EVERY == 0:
            self.ema.update(self.learner.tower)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def go(self, *, seconds: float | None, measure_every: int, measure: Any) -> bool:
        """Train until the plan is done (True) or `seconds` have passed (False); checkpoints and log on the way.

        Of a team all members train, and the first alone keeps checkpoints and log.
        """
        first = self.team.rank == 0
        started = saved = spoke = time.monotonic()
        since, means = self.step, dict[str, float]()
        self.learner.train()
        while self.step < self.school.steps:
            for name, loss in self.advance().items():
                means[name] = 0.97 * means.get(name, loss) + 0.03 * loss
            now = time.monotonic()
            if first and self.step - since == 50:
                rate = 50 * self.plan.batch / (now - spoke)
                self._say({"step": self.step, "of": self.school.steps, "pictures_per_second": round(rate), **means})
                since, spoke = self.step, now
            if first and now - saved > SAVE_EVERY:
                self.save()
                saved = now
            if first and measure_every and self.step % measure_every == 0:
                self._say({"step": self.step, **measure(self.ema.state)})
                since, spoke = self.step, time.monotonic()
            if self.team.any(self.asked_to_stop or (seconds is not None and now - started > seconds)):
                break
        if first:
            self.save()
        return self.step >= self.school.steps

    def _say(self, facts: Mapping[str, float]) -> None:
        plain = {name: round(value, 4) if isinstance(value, float) else value for name, value in facts.items()}
        with (self.work / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain) + "\n")
        log.info(" ".join(f"{name} {value}" for name, value in plain.items()))


def _is_body(name: str) -> bool:
    return name.startswith("tower.trunk.") and not name.startswith("tower.trunk.classifier")


def stages_of(text: str) -> tuple[Stage, ...]:
    """
    >>> stages_of("64:.75,96:.25")
    (Stage(side=64, share=0.75), Stage(side=96, share=0.25))
    """
    parts = (part.split(":") for part in text.split(","))
    return tuple(Stage(int(side), float(share)) for side, share in parts)


def parser() -> argparse.ArgumentParser:
    plan = Plan()
    p = argparse.ArgumentParser(prog="vitrine train-image-tower", description="Train the compact image tower.")
    p.add_argument("--data", type=Path, required=True, help="folder with fashion-product-images and clothing-photos")
    p.add_argument("--work", type=Path, required=True, help="folder for the cache, the checkpoint and the log")
    p.add_argument("--out", type=Path, help="model folder to write at the end")
    p.add_argument("--epochs", type=float, default=plan.epochs)
    p.add_argument("--batch", type=int, default=plan.batch)
    p.add_argument("--photos", type=int, default=plan.photos, help="amateur photos in a batch")
    p.add_argument("--drawings", type=Path, nargs="+", default=(), metavar="FOLDER",
                   help="folders of demo boutiques, of other seeds than the shipped one")  # fmt: skip
    p.add_argument("--rate", type=float, default=plan.rate, help="highest learning rate of the projection")
    p.add_argument("--body-rate", type=float, default=plan.body_rate, help="highest learning rate below it")
    p.add_argument("--seed", type=int, default=plan.seed)
    p.add_argument("--stages", type=stages_of, default=plan.stages, help="sizes and shares, 64:.6,80:.25,96:.15")
    p.add_argument("--processes", type=int, default=2, help="parts of a batch that are worked on side by side")
    p.add_argument("--threads", type=int, default=1, help="threads of each process")
    p.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    p.add_argument("--meeting", type=Path, help=argparse.SUPPRESS)
    p.add_argument("--start", choices=("imagenet", "fresh"), default="imagenet", help="where the weights start")
    p.add_argument("--frozen", type=int, default=plan.frozen, help="groups of layers that keep their first weights")
    p.add_argument("--seconds", type=float, help="stop after so long; the same command goes on")
    p.add_argument("--measure-every", type=int, default=600, help="steps between measurements of what is held back")
    on_off = argparse.BooleanOptionalAction
    p.add_argument("--teacher", action=on_off, default=True, help="learn from the ImageNet embedder")
    p.add_argument("--note", default="Trained here on product pictures, against a locked MiniLM.")
    return p


def main(args: Sequence[str] | None = None) -> int:
    """Prepare, train (or go on training), measure and export. Returns the exit status: 0 done, 3 stopped in time."""
    import torch

    from core.embed import sbert
    from core.embed.tower import evaluate

    given = list(sys.argv[1:] if args is None else args)
    a = parser().parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    cache = a.work / "cache"
    teacher = data.Teacher(a.data, a.threads) if a.teacher and a.rank == 0 else None
    for name, (table, read) in {"studio": data.products(a.data), "phone": data.photos(a.data)}.items():
        data.prepare(name, table, read, cache, teacher, find_backdrop=name == "studio")
    drawings = None
    if a.drawings:
        data.prepare("drawings", *data.drawings(*a.drawings), cache, teacher=None, find_backdrop=False)
        drawings = data.collection(cache, "drawings")
    studio, photos = data.collection(cache, "studio"), data.collection(cache, "phone")
    text: list[sbert.SentenceEncoder] = []

    def encode(texts: Sequence[str]) -> Any:
        text[:] = text or [sbert.load(Settings())]
        return text[0].encode(texts)

    bank = CaptionBank(encode, cache / "captions.npz")
    plan = Plan(
        epochs=a.epochs, batch=a.batch, photos=a.photos, rate=a.rate, body_rate=a.body_rate, seed=a.seed,
        stages=a.stages, frozen=a.frozen if a.start == "imagenet" else 0,
        drawings=DRAWINGS if drawings is not None else 0,
    )  # fmt: skip
    school = School(plan, studio, photos, bank, drawings)
    measure = evaluate.Progress(studio, photos, bank, school.words.vocabulary) if a.rank == 0 else None
    text.clear()
    layers = imagenet_layers(a.data) if a.start == "imagenet" else None
    if a.rank > 0:
        team: Alone = Team(a.meeting, a.rank, a.processes)
        Run(school, a.work, team=team, layers=layers).go(seconds=a.seconds, measure_every=0, measure=None)
        team.leave()
        return 0
    team, others = call(given, a.work, a.processes)
    run = Run(school, a.work, team=team, layers=layers)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "asked_to_stop", True))
    log.info("%d products, %d photos, %d steps", len(school.rows), len(school.photo_rows), school.steps)
    done = run.go(seconds=a.seconds, measure_every=a.measure_every, measure=measure)
    team.leave()
    for other in others:
        other.wait()
    if a.out is not None:
        log.info("wrote %s", export(run.ema.state, a.out, scale=run.scale, note=a.note))
    return 0 if done else 3


if __name__ == "__main__":
    raise SystemExit(main())

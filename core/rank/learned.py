"""A learned part of a pair score: a low-rank bilinear head over frozen vectors, and whether it is worth having.

How well a and b go together is x_a' (U V' + V U') x_b, symmetric in a and b. It is trained on pairs that were shown
together against pairs with another piece of the same role, by the pairwise logistic loss (Rendle and others, "BPR",
2009), with Adam. It is kept only where it is proved to help: see `gain`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from core.domain.arrays import Codes, Rows, Scores, Vectors

RANK = 16
EPOCHS = 30
BATCH = 1024
RATE = 0.01
DECAY = 1e-3
RESAMPLES = 2_000
LOWER = 0.025  # both ends of the 95 % interval leave out as much


@dataclass(frozen=True, eq=False)
class Head:
    """mean: [d] taken off each vector. left, right: [d, r]."""

    mean: Vectors
    left: Vectors
    right: Vectors

    def features(self, vectors: Vectors) -> tuple[Vectors, Vectors]:
        """[n, 2r] and [n, 2r]: what a pair is, once as the one and once as the other; raw = first_a . second_b."""
        middle = vectors - self.mean
        one, other = middle @ self.left, middle @ self.right
        return np.concatenate([one, other], axis=1), np.concatenate([other, one], axis=1)


def train(
    vectors: Vectors, one: Rows, other: Rows, roles: Codes | Rows, *, seed: str, rank: int = RANK, epochs: int = EPOCHS
) -> Head:
    """Learn from pairs one[i], other[i] of rows that were shown together.

    vectors: [n, d]. roles: [n]; wrong pieces are drawn from the role of the right one, among rows that occur in pairs.
    The same pairs and seed give the same head on one machine.
    """
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")))
    seen = np.unique(np.concatenate([one, other]))
    mean = vectors[seen].mean(axis=0)
    x = (vectors - mean).astype(np.float32)
    members = {int(role): seen[roles[seen] == role] for role in np.unique(roles[seen])}
    starts = rng.standard_normal((2, x.shape[1], rank)).astype(np.float32) / np.float32(np.sqrt(x.shape[1]))
    weights = [starts[0], starts[1]]
    first = [np.zeros_like(weight) for weight in weights]
    second = [np.zeros_like(weight) for weight in weights]
    a_all, b_all = np.concatenate([one, other]), np.concatenate([other, one])  # each piece is guessed from the other
    step = 0
    for _ in range(epochs):
        order = rng.permutation(len(a_all))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            a, b = a_all[part], b_all[part]
            wrong = np.empty_like(b)
            for role in np.unique(roles[b]):
                mine = np.flatnonzero(roles[b] == role)
                wrong[mine] = rng.choice(members[int(role)], len(mine))
            step += 1
            gradients = _gradients(x[a], x[b] - x[wrong], *weights)
            for number, gradient in enumerate(gradients):
                gradient = gradient + np.float32(DECAY) * weights[number]
                first[number] = 0.9 * first[number] + 0.1 * gradient
                second[number] = 0.999 * second[number] + 0.001 * gradient**2
                corrected = first[number] / (1 - 0.9**step)
                spread = np.sqrt(second[number] / (1 - 0.999**step)) + 1e-8
                weights[number] = (weights[number] - RATE * corrected / spread).astype(np.float32)
    return Head(mean.astype(np.float32), weights[0], weights[1])


def _gradients(a: Vectors, apart: Vectors, left: Vectors, right: Vectors) -> tuple[Vectors, Vectors]:
    """Of the mean of log(1 + exp(-(s(a, right) - s(a, wrong)))) by U and V; apart = x_right - x_wrong."""
    au, av, du, dv = a @ left, a @ right, apart @ left, apart @ right
    margin = np.einsum("ij,ij->i", au, dv) + np.einsum("ij,ij->i", av, du)
    push = (-1.0 / (1.0 + np.exp(np.clip(margin, -30.0, 30.0))) / len(a)).astype(np.float32)[:, None]
    by_left = a.T @ (push * dv) + apart.T @ (push * av)
    by_right = a.T @ (push * du) + apart.T @ (push * au)
    return by_left, by_right


def gain(with_head: Scores, without: Scores, *, seed: str) -> tuple[float, float, float]:
    """Mean difference of answers to the same questions, with its 95 % interval by bootstrap over the questions.

    >>> right, wrong = np.ones(50), np.zeros(50)
    >>> gain(right, wrong, seed="x"), gain(right, right, seed="x")
    ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    """
    apart = with_head - without
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")))
    means = np.array([apart[rng.integers(0, len(apart), len(apart))].mean() for _ in range(RESAMPLES)])
    return float(apart.mean()), float(np.quantile(means, LOWER)), float(np.quantile(means, 1.0 - LOWER))

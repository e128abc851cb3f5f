"""What a camera and a room do to a picture, without touching what colour it is.

Studio products are moved, mirrored, turned a little, and laid on other backgrounds; only amateur photos, whose colours
nobody names, are tinted. All of it is a function of a generator, so a batch can be drawn again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.domain.arrays import Rows
from core.embed.tower.data import SIDE, Pixels

Tensor = Any  # torch is imported where it is used

MEAN = (0.5, 0.5, 0.5)  # what the ImageNet network was trained with
STD = (0.5, 0.5, 0.5)
MARGIN = SIDE / 96  # pictures are kept this much larger than the tower sees them
ON_ANOTHER_GROUND = 0.35


class Camera:
    """Draws training views at one picture size."""

    def __init__(self, backdrops: Pixels, side: int) -> None:
        self.side = side
        self._kept = min(SIDE, round(side * MARGIN))
        self._grounds = backdrops

    def studio(self, pixels: Pixels, masks: Pixels, rng: np.random.Generator) -> Tensor:
        """[n, 3, side, side] views of studio products; about a third on another background, under another light."""
        import torch

        x, n = self._floats(pixels), len(pixels)
        laid = np.flatnonzero(rng.random(n) < ON_ANOTHER_GROUND)
        if len(laid):
            mask = torch.from_numpy(masks[laid]).unsqueeze(1).float().div_(255)
            mask = torch.nn.functional.avg_pool2d(mask, 3, 1, 1)
            mask = self._sized(mask)
            ground = self._floats(self._grounds[rng.integers(0, len(self._grounds), len(laid))])
            x[laid] = x[laid] * mask + ground * (1 - mask)
        light = rng.uniform(0.97, 1.03, n)
        light[laid] = rng.uniform(0.8, 1.1, len(laid))
        x = x * torch.from_numpy(light.astype(np.float32)).view(-1, 1, 1, 1)
        return normal(self._moved(x, rng, zoom=(0.88, 1.12), turn=6.0, shift=0.07))

    def photo(self, pixels: Pixels, rng: np.random.Generator) -> Tensor:
        """[n, 3, side, side] views of amateur photos: cropped, turned, under another light, now and then blurred."""
        import torch

        n = len(pixels)
        x = self._moved(self._floats(pixels), rng, zoom=(0.62, 1.1), turn=20.0, shift=0.12)
        cast = rng.uniform(0.7, 1.25, (n, 1)) * rng.uniform(0.92, 1.08, (n, 3))
        x = x * torch.from_numpy(cast.astype(np.float32)).view(-1, 3, 1, 1)
        middle = x.mean(dim=(2, 3), keepdim=True)
        contrast = torch.from_numpy(rng.uniform(0.75, 1.25, n).astype(np.float32)).view(-1, 1, 1, 1)
        x = middle + (x - middle) * contrast
        grey = x.mean(dim=1, keepdim=True)
        faded = torch.from_numpy(rng.uniform(0.4, 1.3, n).astype(np.float32)).view(-1, 1, 1, 1)
        x = grey + (x - grey) * faded
        blurred = np.flatnonzero(rng.random(n) < 0.25)
        if len(blurred):
            x[blurred] = torch.nn.functional.avg_pool2d(x[blurred], 3, 1, 1, count_include_pad=False)
        return normal(x)

    def drawing(self, pixels: Pixels, rng: np.random.Generator) -> Tensor:
        """[n, 3, side, side] views of drawn products, whose paper is part of the picture."""
        return normal(self._moved(self._floats(pixels), rng, zoom=(0.88, 1.12), turn=5.0, shift=0.06))

    def _floats(self, pixels: Pixels) -> Tensor:
        import torch

        x = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)  # channels last, as it lies in memory
        return self._sized(x).float().div_(255)

    def _sized(self, x: Tensor) -> Tensor:
        import torch

        if x.shape[-1] == self._kept:
            return x
        return torch.nn.functional.interpolate(x, size=(self._kept, self._kept), mode="bilinear", antialias=True)

    def _moved(
        self, x: Tensor, rng: np.random.Generator, *, zoom: tuple[float, float], turn: float, shift: float
    ) -> Tensor:
        """Each picture mirrored or not, zoomed (below 1 looks closer), stretched by up to a tenth, turned, shifted."""
        import torch

        n = len(x)
        angle = np.deg2rad(rng.uniform(-turn, turn, n))
        size, stretch = rng.uniform(*zoom, n), rng.uniform(0.95, 1.05, n)
        mirror = np.where(rng.random(n) < 0.5, -1.0, 1.0)
        across, down = size * stretch, size / stretch
        theta = np.empty((n, 2, 3), np.float32)
        theta[:, 0, 0], theta[:, 0, 1] = mirror * across * np.cos(angle), -down * np.sin(angle)
        theta[:, 1, 0], theta[:, 1, 1] = mirror * across * np.sin(angle), down * np.cos(angle)
        theta[:, :, 2] = rng.uniform(-shift, shift, (n, 2))
        size_ = [n, 3, self.side, self.side]
        grid = torch.nn.functional.affine_grid(torch.from_numpy(theta), size_, align_corners=False)
        return torch.nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def normal(x: Tensor) -> Tensor:
    """Pictures in [0, 1] as the tower takes them; [n, 3, h, w], channels last in memory."""
    import torch

    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    return ((x.clamp(0, 1) - mean) / std).contiguous(memory_format=torch.channels_last)


def still(pixels: Pixels, rows: Rows, side: int) -> Tensor:
    """The stored pictures at `rows` as they are, at the size the tower takes."""
    import torch

    x = torch.from_numpy(np.ascontiguousarray(pixels[rows])).permute(0, 3, 1, 2)
    return normal(
        torch.nn.functional.interpolate(x, size=(side, side), mode="bilinear", antialias=True).float().div_(255)
    )

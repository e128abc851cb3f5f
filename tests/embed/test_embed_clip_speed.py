"""What makes the picture side quick changes nothing that anybody could see."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from core.embed import clip  # noqa: E402


def test_a_folded_tower_sees_what_the_plain_one_sees():
    from core.embed.tower.model import IMAGE_SIZE, new_tower

    torch.manual_seed(0)
    tower = new_tower().eval()
    with torch.no_grad():
        for name, value in tower.named_buffers():
            if value.dtype.is_floating_point:
                value.uniform_(0.5, 1.5) if name.endswith("var") else value.normal_(0, 0.1)
    folded = clip.folded(tower)
    assert folded is not tower
    assert not [m for m in folded.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    pictures = torch.rand(4, 3, IMAGE_SIZE, IMAGE_SIZE)
    with torch.inference_mode():
        np.testing.assert_allclose(tower(pictures), folded(pictures), rtol=1e-3, atol=1e-4)


def test_a_tower_without_such_pairs_is_left_alone():
    tower = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    assert clip.folded(tower) is tower


def test_only_columns_that_are_padding_in_every_row_are_cut():
    tokens = torch.tensor([[101, 7, 102, 0, 0], [101, 7, 8, 102, 0]])
    assert clip.unpadded(tokens, 0).tolist() == [[101, 7, 102, 0], [101, 7, 8, 102]]

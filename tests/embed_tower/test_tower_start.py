"""Training starts from what ImageNet taught, not from noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.embed.tower import data, model, start

torch = pytest.importorskip("torch")


def test_the_tower_sees_at_first_what_the_imagenet_network_sees(real_data: Path):
    pytest.importorskip("ai_edge_litert")
    teacher = data.Teacher(real_data, threads=1)
    _, read = data.photos(real_data)
    import io

    from PIL import Image

    images = [Image.open(io.BytesIO(read(row))).convert("RGB").resize((224, 224)) for row in range(8)]
    pictures = torch.from_numpy(np.stack([np.asarray(im) for im in images])).permute(0, 3, 1, 2).float() / 127.5 - 1
    tower = model.new_tower()
    start.take_over(tower, start.imagenet_layers(real_data), pictures)
    tower.eval()
    with torch.inference_mode():
        seen = tower.trunk.forward_head(tower.trunk.forward_features(pictures), pre_logits=True).numpy()
    told = np.stack([teacher(im) for im in images]).astype(np.float32) * 0.0235
    for one, other in zip(seen - seen.mean(0), told - told.mean(0), strict=True):
        assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.5


def test_a_tower_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="layers"):
        start.take_over(model.new_tower(), [], torch.zeros(1, 3, 32, 32))

"""A tower that has seen ImageNet before it sees a product: MobileNet v1 from its 8-bit TensorFlow Lite file.

The file (google-coral/test_data, Apache-2.0) holds the network with its normalisation folded into the weights. The
weights are read as numbers, put into timm's `mobilenetv1_100`, and given a normalisation that changes nothing at first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.embed.tower.data import TEACHER_FILE

Tensor = Any  # torch is imported where it is used
Floats = NDArray[np.float32]

Layers = list[tuple[Floats, Floats]]


def imagenet_layers(data: Path) -> Layers:
    """Weights [out, in / groups, h, w] and biases [out] of the 27 convolutions, first layer first."""
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(str(data / TEACHER_FILE), num_threads=1)
    net.allocate_tensors()
    found: dict[tuple[int, int], list[Any]] = {}
    for tensor in net.get_tensor_details():
        name, scale = tensor["name"], tensor["quantization_parameters"]["scales"]
        part = name.rpartition("/Conv2d_")[2].partition("/")[0]
        is_weight, is_bias = "weights_quant" in name, tensor["dtype"] == np.int32
        if not (is_weight or is_bias):
            continue
        place, _, kind = part.partition("_")
        raw = net.get_tensor(tensor["index"]).astype(np.float32)
        real = (raw - float(tensor["quantization_parameters"]["zero_points"][0])) * float(scale[0])
        slot = found.setdefault((int(place), 1 if kind == "pointwise" else 0), [None, None])
        if is_bias:
            slot[1] = real
        else:
            depthwise = kind == "depthwise"
            slot[0] = real.transpose(3, 0, 1, 2) if depthwise else real.transpose(0, 3, 1, 2)
    return [(np.ascontiguousarray(w), b) for _, (w, b) in sorted(found.items())]


def take_over(tower: Any, layers: Layers, pictures: Tensor) -> None:
    """Give `tower` (timm's mobilenetv1_100 within open_clip) the ImageNet network, in place.

    pictures: [n, 3, h, w] as the tower takes them. Normalisation is set so that on them it undoes itself: training then
    starts where ImageNet left off, instead of flattening what the folded network says.
    Raises ValueError when the tower has another shape.
    """
    import torch

    trunk = tower.trunk
    pairs = [(trunk.conv_stem, trunk.bn1)]
    for stage in trunk.blocks:
        for block in stage:
            pairs += [(block.conv_dw, block.bn1), (block.conv_pw, block.bn2)]
    if len(pairs) != len(layers):
        raise ValueError(f"the tower has {len(pairs)} layers, the ImageNet network {len(layers)}")
    x = pictures
    with torch.no_grad():
        for (conv, norm), (weight, bias) in zip(pairs, layers, strict=True):
            if tuple(conv.weight.shape) != weight.shape:
                raise ValueError(f"a layer of the tower is {tuple(conv.weight.shape)}, the network's {weight.shape}")
            conv.weight.copy_(torch.from_numpy(weight))
            x = torch.nn.functional.conv2d(x, conv.weight, None, conv.stride, conv.padding, 1, conv.groups)
            mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3))
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
            norm.weight.copy_((var + norm.eps).sqrt())
            norm.bias.copy_(torch.from_numpy(bias) + mean)
            x = (x + torch.from_numpy(bias).view(1, -1, 1, 1)).clamp(0, 6)

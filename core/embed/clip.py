"""Any open_clip model as an image encoder: pictures and words in one space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain.arrays import Vectors
from core.domain.errors import BadRequest, ModelMissing
from core.embed import minilm
from core.embed.clip_files import HUB, Where, built_in_config, card_of, config_in, wants_minilm
from core.embed.hub import hub_access, quiet_transformers
from core.embed.protocols import EncoderCard
from core.embed.sbert import unit_rows
from core.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

BATCH = 32
WORDS_BATCH = 64
MINILM = "text.transformer."  # where open_clip keeps a text model of the hub


@dataclass(frozen=True, slots=True)
class _Parts:
    """An open_clip model as it comes from its library."""

    model: Any
    tokenizer: Callable[[list[str]], Any]


class ClipEncoder:
    """An open_clip model held in memory, in float32."""

    def __init__(self, described: EncoderCard, parts: _Parts) -> None:
        import torch
        from open_clip.transform import PreprocessCfg, image_transform_v2

        # Convolutions read channels last without reordering: a third less time on a processor.
        self._model = parts.model.eval().to(memory_format=torch.channels_last)
        self._model.visual = folded(self._model.visual)
        self._halved = described.key.endswith("-bf16")
        self._tokenizer = parts.tokenizer
        preprocess = PreprocessCfg(**parts.model.visual.preprocess_cfg)
        self._preprocess: Any = image_transform_v2(preprocess, is_train=False)
        self.name, self.key, self.dim, self.note = described.name, described.key, described.dim, described.note

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """[n, dim] float32 unit rows, one for each RGB picture, through the model's own preprocessing."""
        import torch

        vectors = np.zeros((len(images), self.dim), dtype=np.float32)
        for start in range(0, len(images), BATCH):
            batch = torch.stack([self._preprocess(image) for image in images[start : start + BATCH]])
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._halved):
                pixels = batch.contiguous(memory_format=torch.channels_last)
                vectors[start : start + BATCH] = self._model.encode_image(pixels).float().numpy()
        return unit_rows(vectors)

    def encode_words(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] float32 unit rows in the space of the pictures; a blank text has a zero row."""
        import torch

        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        filled = [row for row, text in enumerate(texts) if text.strip()]
        for start in range(0, len(filled), WORDS_BATCH):
            rows = filled[start : start + WORDS_BATCH]
            with torch.inference_mode():
                tokens = self._tokenizer([texts[row] for row in rows])
                # A text tower of transformers leaves padding out by itself; open_clip's own has a fixed length.
                if (config := getattr(getattr(self._model, "text", None), "config", None)) is not None:
                    tokens = unpadded(tokens, config.pad_token_id)
                vectors[rows] = self._model.encode_text(tokens).float().numpy()
        return unit_rows(vectors)


def unpadded(tokens: Any, padding: int) -> Any:
    """[n, longest] tokens without the columns that are padding in every row, which cost time and mean nothing."""
    return tokens[:, : max(1, int((tokens != padding).sum(dim=1).max()))]


def folded(tower: Any) -> Any:
    """The picture side with each normalisation folded into the convolution before it: a third less time.

    Jacob et al. 2018, 3.2. Only timm's pairs of convolution and BatchNormAct2d are folded; where the folded tower does
    not see what the plain one sees, the plain one is kept.
    """
    import copy

    import torch
    from timm.layers import BatchNormAct2d
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    def walk(module: Any) -> int:
        count, before = 0, None
        for name, child in list(module.named_children()):
            if isinstance(child, BatchNormAct2d) and isinstance(before, torch.nn.Conv2d):
                before.weight, before.bias = fuse_conv_bn_weights(
                    before.weight, before.bias, child.running_mean, child.running_var, child.eps, child.weight,
                    child.bias,
                )  # fmt: skip
                setattr(module, name, torch.nn.Sequential(child.drop, child.act))
                count += 1
            else:
                count += walk(child)
            before = child
        return count

    small = copy.deepcopy(tower)
    if not walk(small):
        return tower
    side = getattr(tower, "image_size", 224)
    height, width = side if isinstance(side, tuple | list) else (side, side)
    probe = torch.rand((2, 3, height, width), generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        same = torch.allclose(tower(probe), small(probe), rtol=1e-3, atol=1e-4)
    return small if same else tower


def load(where: Where, settings: Settings, *, download: bool = False) -> ClipEncoder:
    """The model at `where`. Raises ModelMissing, or BadRequest for an architecture that open_clip does not know.

    download: fetch weights that are not on this machine.
    """
    quiet_transformers()
    with hub_access(download):
        if where.folder is not None and where.weights is not None:
            parts = _from_folder(where.folder, where.weights, settings)
        elif where.model.startswith(HUB):
            parts = _from_hub(where.model)
        else:
            parts = _built_in(where)
        return ClipEncoder(card_of(where), parts)


def _from_folder(folder: Path, weights: Path, settings: Settings) -> _Parts:
    import open_clip

    config = config_in(folder)
    local = f"local-dir:{folder}"
    try:
        if not wants_minilm(config):
            model = open_clip.create_model(local, require_pretrained=True)
            return _Parts(model, open_clip.get_tokenizer(local))
        found = minilm.find_minilm(settings)
        if found is None:
            raise ModelMissing(f"The image model needs the words of {minilm.SHORT_NAME}. {minilm.HOW_TO_GET}")
        text = found.folder.resolve()
        text_cfg = {
            **config["model_cfg"]["text_cfg"], "hf_model_name": str(text), "hf_tokenizer_name": str(text),
            "hf_model_pretrained": True,
        }  # fmt: skip
        model = open_clip.create_model(local, load_weights=False, text_cfg=text_cfg)
        _load_picture_side(model, weights)
        tokenizer = open_clip.tokenizer.HFTokenizer(str(text), context_length=text_cfg.get("context_length", 77))
    except (OSError, ValueError, RuntimeError, TypeError, KeyError, ImportError) as error:
        raise ModelMissing(f"The image model in {folder} cannot be loaded: {error}") from error
    return _Parts(model, tokenizer)


def _load_picture_side(model: Any, weights: Path) -> None:
    """All weights but MiniLM's own, into a model whose MiniLM is loaded; the temperature may be missing.

    Raises ValueError when the file lacks a part of the model, which would then be random, or has one too many.
    """
    from safetensors.torch import load_file

    state = {name: tensor for name, tensor in load_file(str(weights)).items() if not name.startswith(MINILM)}
    own = model.state_dict()
    for name in ("logit_scale", "logit_bias"):
        if name in state and name in own:
            state[name] = state[name].reshape(own[name].shape)
    missing, unexpected = model.load_state_dict(state, strict=False)
    lacking = [name for name in missing if not name.startswith((MINILM, "logit_"))]
    if lacking or unexpected:
        odd = lacking[:3] or list(unexpected)[:3]
        raise ValueError(f"{weights.name} does not fit its config ({', '.join(odd)} …)")


def _from_hub(model_name: str) -> _Parts:
    import open_clip

    repository = model_name.removeprefix(HUB)
    try:
        model = open_clip.create_model(model_name, require_pretrained=True)
        tokenizer = open_clip.get_tokenizer(model_name)
    except Exception as error:  # the hub's client and its HTTP library raise a dozen unrelated kinds
        raise ModelMissing(
            f"The image model {repository} is not on this machine and was not fetched ({type(error).__name__}). "
            "Fetch it in Shop setup, or name a local folder or file as image_model."
        ) from error
    return _Parts(model, tokenizer)


def _built_in(where: Where) -> _Parts:
    import open_clip

    built_in_config(where.model)
    source = str(where.weights) if where.weights is not None else str(where.tag)
    try:
        if where.weights is None:
            _fetch_tagged(where.model, source)
        model = open_clip.create_model(where.model, pretrained=source, require_pretrained=True, weights_only=True)
        tokenizer = open_clip.get_tokenizer(where.model)
    except (ModelMissing, BadRequest):
        raise
    except Exception as error:  # a damaged file shows as almost anything, from struct.error to UnpicklingError
        what = f"{where.model} from {source}"
        raise ModelMissing(f"The image model {what} cannot be loaded: {str(error)[:300]}") from error
    return _Parts(model, tokenizer)


def _fetch_tagged(model: str, tag: str) -> None:
    """See that the weights that open_clip calls `tag` are on this machine. Raises BadRequest, ModelMissing."""
    import open_clip
    from huggingface_hub import constants

    known = open_clip.get_pretrained_cfg(model, tag)
    if not known:
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)[:8])
        raise BadRequest(f"open_clip has no weights {tag!r} for {model}, and no such file is there. It has {tags}.")
    missing = f"The weights {tag} of {model} are not on this machine. Fetch them in Shop setup, or name a local file."
    if constants.HF_HUB_OFFLINE and not known.get("hf_hub"):
        cached = Path("~/.cache/clip").expanduser() / Path(str(known.get("url", ""))).name
        if not cached.is_file():
            raise ModelMissing(missing)
    try:
        open_clip.download_pretrained(known)
    except Exception as error:  # as in _from_hub
        raise ModelMissing(missing) from error

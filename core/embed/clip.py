"""Any open_clip model as an image encoder: pictures and words in one space."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain.arrays import Vectors
from core.domain.errors import BadRequest, ModelMissing
from core.embed import minilm
from core.embed.clip_files import HUB, Where, available, built_in_config, card_of, config_in, name_of, wants_minilm
from core.embed.hub import hub_access, quiet_transformers
from core.embed.protocols import EncoderCard
from core.embed.sbert import unit_rows
from core.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

BATCH = 32
WORDS_BATCH = 64
PROBE_SECONDS = 15.0
MINILM = "text.transformer."  # where open_clip keeps a text model of the hub


@dataclass(frozen=True, slots=True)
class _Parts:
    """An open_clip model as it comes from its library."""

    model: Any
    tokenizer: Callable[[list[str]], Any]


class ClipEncoder:
    """An open_clip model held in memory; its picture side computes in bfloat16 where the processor does."""

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
        if download and not available(settings)[0]:
            _see_that_the_hub_answers(where)
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
    except (ModelMissing, BadRequest):
        raise
    except Exception as error:  # as in _built_in
        raise ModelMissing(f"The image model in {folder} cannot be loaded: {_plainly(error)}") from error
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
        raise ModelMissing(_not_had(f"The image model {repository}", error)) from error
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
        raise ModelMissing(f"The image model {what} cannot be loaded: {_plainly(error)}") from error
    return _Parts(model, tokenizer)


def _fetch_tagged(model: str, tag: str) -> None:
    """See that the weights that open_clip calls `tag` are on this machine. Raises BadRequest, ModelMissing."""
    import open_clip
    from huggingface_hub import constants

    known = open_clip.get_pretrained_cfg(model, tag)
    if not known:
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)[:8])
        raise BadRequest(f"open_clip has no weights {tag!r} for {model}, and no such file is there. It has {tags}.")
    named = f"The image model {model} ({tag})"
    missing = f"{named} is not on this machine. Fetch it in Shop setup, or name a local file."
    if constants.HF_HUB_OFFLINE and not known.get("hf_hub"):
        cached = Path("~/.cache/clip").expanduser() / Path(str(known.get("url", ""))).name
        if not cached.is_file():
            raise ModelMissing(missing)
    try:
        open_clip.download_pretrained(known)
    except Exception as error:  # as in _from_hub
        raise ModelMissing(_not_had(named, error)) from error


def _see_that_the_hub_answers(where: Where) -> None:
    """Raises ModelMissing where no hub can be reached, at once: its own client would try for half a minute a file."""
    import urllib.error
    import urllib.request

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return
    try:
        urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=PROBE_SECONDS).close()
    except urllib.error.HTTPError:
        return  # it answers, whatever it thinks of the question
    except OSError as error:
        raise ModelMissing(_not_had(f"The image model {name_of(where)}", ConnectionError(error))) from error


def _not_had(what: str, error: BaseException) -> str:
    """Why a model could not be had, and what to do, in words for people."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        forbidden = any(type(one).__name__ == "OfflineModeIsEnabled" for one in _chain(error))
        if forbidden or any(type(one).__name__ == "LocalEntryNotFoundError" for one in _chain(error)):
            return f"{what} is not on this machine. Fetch it in Shop setup, or name a local folder or file."
        return f"{what} is on this machine but cannot be loaded: {_plainly(error)}"
    host = constants.ENDPOINT.partition("://")[2] or constants.ENDPOINT
    instead = "Nothing was changed. Take it from a local file or folder instead"
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"{what} was not fetched: the disk is full. Free some space and try again. Nothing was changed."
        status = getattr(getattr(one, "response", None), "status_code", None)
        if status in (401, 403, 404, 410):
            return f"{what} was not fetched: {host} does not give it out (answer {status}). {instead}."
        if isinstance(status, int) and status >= 429:
            return f"{what} was not fetched: {host} is busy (answer {status}). Try again later. Nothing was changed."
    if any(_of_the_network(one) for one in _chain(error)):
        return (
            f"{what} was not fetched: {host} cannot be reached from this machine. {instead}, or try again when there "
            "is a network."
        )
    return f"{what} was not fetched: {_plainly(error)} {instead}."


def _of_the_network(error: BaseException) -> bool:
    names = ("Connect", "Timeout", "Protocol", "NetworkError", "ReadError", "gaierror", "LocalEntryNotFound", "Consist")
    return any(name in type(error).__name__ for name in names)


def _chain(error: BaseException) -> list[BaseException]:
    """An error and all that led to it, the last first."""
    found: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in found:
        found.append(now)
        now = now.__cause__ or now.__context__
    return found


def _plainly(error: BaseException) -> str:
    """What is wrong with weights that do not load, in words for people."""
    said = " ".join(str(error).split())
    kinds = {type(one).__name__ for one in _chain(error)}
    if "SafetensorError" in kinds:
        return "the file is damaged or cut short. Fetch it again."
    if "TorchScript" in said or "torch.jit" in said:
        return "the file is a program (TorchScript), and programs are not run here. Take the .safetensors file."
    if "UnpicklingError" in kinds or "weights_only" in said.casefold() or "Weights only" in said:
        return "the file holds other things than weights, so it is not opened. Take the .safetensors file."
    mismatch = ("state_dict", "size mismatch", "does not fit its config")
    if "AssertionError" in kinds or any(words in said for words in mismatch):
        return f"the file does not fit its config: it holds the weights of another model ({said[:120]})."
    return f"{said[:300]}."

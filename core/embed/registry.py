"""Which encoders a shop's settings name. Imports none of the model libraries until an encoder is made."""

from __future__ import annotations

from core.domain.errors import ShopError
from core.embed import clip_files, minilm, weightless
from core.embed.processor import has_bf16
from core.embed.protocols import EncoderCard, ImageEncoder, TextEncoder
from core.settings import Settings


def text_encoder(settings: Settings, *, weightless_for_tests: bool = False) -> TextEncoder:
    """The text encoder of `settings`, loaded. Raises ModelMissing with what to do."""
    if weightless_for_tests or weightless.asked_for_by_environment():
        return weightless.WeightlessText()
    from core.embed import sbert

    return sbert.load(settings)


def image_encoder(
    settings: Settings, *, download: bool = False, weightless_for_tests: bool = False
) -> ImageEncoder | None:
    """The image encoder of `settings`, loaded; None when the settings want none, or the compact one is not there yet.

    download: fetch a model that is not on this machine, which takes a person's consent.
    Raises ModelMissing with what to do when the model was asked for by name and cannot be had.
    """
    if weightless_for_tests or weightless.stands_in_for_pictures(settings):
        return weightless.WeightlessImage()
    where = clip_files.locate(settings)
    if where is None:
        return None
    from core.embed import clip

    return clip.load(where, settings, download=download)


def same_space(one: str, other: str) -> bool:
    """Whether the vectors of two encoders, given by their keys, may be compared; their precision may differ."""
    return one.removesuffix("-bf16").removesuffix("-fp32") == other.removesuffix("-bf16").removesuffix("-fp32")


def text_model_available(settings: Settings) -> tuple[bool, str]:
    """Whether the text model is on this machine, and a sentence that says so. Loads nothing."""
    if weightless.asked_for_by_environment():
        return True, weightless.WeightlessText.note
    try:
        found = minilm.find_minilm(settings)
    except ShopError as error:
        return False, error.message
    if found is None:
        return False, f"The text model {minilm.SHORT_NAME} is not on this machine. {minilm.HOW_TO_GET}"
    kind = "bf16" if has_bf16() else "fp32"
    name = minilm.SHORT_NAME if found.is_original else found.folder.name
    return True, f"Words are read by {name} ({kind}), from {found.origin}."


def image_model_available(settings: Settings) -> tuple[bool, str]:
    """Whether the image model is on this machine, and a sentence that says so. Loads nothing."""
    if weightless.stands_in_for_pictures(settings):
        return True, weightless.WeightlessImage.note
    return clip_files.available(settings)


def text_card(settings: Settings) -> EncoderCard | None:
    """Name, key and length of the text encoder without loading it; None when it is not on this machine."""
    if weightless.asked_for_by_environment():
        return EncoderCard(weightless.WeightlessText.name, weightless.WeightlessText.key, weightless.WeightlessText.dim)
    from core.embed import sbert

    found = minilm.find_minilm(settings)
    return None if found is None else sbert.card_of(found, bf16=has_bf16())


def image_card(settings: Settings) -> EncoderCard | None:
    """The same of the image encoder; None when the settings want none. Raises ModelMissing when it is not here."""
    if weightless.stands_in_for_pictures(settings):
        return EncoderCard(
            weightless.WeightlessImage.name, weightless.WeightlessImage.key, weightless.WeightlessImage.dim
        )
    where = clip_files.locate(settings)
    return None if where is None else clip_files.card_of(where)

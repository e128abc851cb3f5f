"""The image models of Shop setup: which one reads the pictures, which others there are, and how one gets here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from core import build
from core.domain.errors import BadRequest, ShopError
from core.domain.progress import Watch
from core.embed import registry, shelf
from core.embed.shelf import Offer, Shelved
from core.intake import models
from pages.kit import engine, frame, states, text

UPLOAD_MB = 1000
BEGUN, SAID, PATH, TURN = "models:begun", "models:said", "models:path", "models:turn"
FILE = "file"  # the place of what was begun with a file
OPENED = "models:opened"  # counts what was begun, so that a popover closes behind its button


def section(busy: bool) -> None:
    """The models side by side, and a way in for files. `busy`: something is under way, so nothing can begin."""
    frame.section("Image models", "None is changed without you")
    named = models.overridden()
    if named:
        states.said(
            f"VITRINE_IMAGE_MODEL is set to “{named}” where Vitrine was started, and stands above the shop's settings. "
            "Models can be fetched and tried here; none can be chosen until Vitrine is started without it.", "warn",
        )  # fmt: skip
    settings = engine.settings()
    with st.grid(3, min_column_width=310, gap="medium"):
        for one in shelf.shelf(settings):
            _card(one, settings.image_model, busy, named is not None)
    _from_a_file(busy)


def _under_way(where: str) -> None:
    """What was begun at this place, and what came of it: beside the button that was pressed it is in view."""
    works = engine.works()
    said = st.session_state.get(SAID)
    if said and said[0] == where:
        del st.session_state[SAID]
        states.said(said[1], "warn")
    if begun_here() and st.session_state[BEGUN][1] == where:
        states.building()
        if works is not None and works.busy and works.what.startswith("Fetching"):
            st.button("Stop", key="models:stop", on_click=works.stopping.set)
        if works is not None and works.note and not works.busy:
            states.said(works.note)


def begun_here() -> bool:
    """Whether the long work of the app was begun in this section by this person: its progress stands here then."""
    works = engine.works()
    begun = st.session_state.get(BEGUN)
    return works is not None and begun is not None and begun[0] == works.what


def change() -> None:
    """Who would read the pictures of a new edition, where that is another than now; stands where editions are begun."""
    sentence = build.model_change(engine.settings())
    if sentence:
        states.said(sentence, "warn")


# -- one model -----------------------------------------------------------------------------------------------------


def _card(one: Shelved, chosen: str, busy: bool, overridden: bool) -> None:
    offer = one.offer
    made_by = engine.shop().snapshot.manifest.models.get("image") if engine.ready() else None
    serves = made_by is not None and one.card is not None and registry.same_space(one.card.key, made_by["key"])
    state = (
        ("live", "Serving") if serves
        else ("draft", "Chosen for the next edition") if offer.setting == chosen
        else ("", "On this machine") if one.here
        else ("", "Not on this machine")
    )  # fmt: skip
    turn = st.session_state.get(OPENED, 0)
    with st.container(key=f"model-{_slug(offer.key)}", gap="small", height="stretch"):
        st.html(
            f'<div class="model"><p><span class="state {state[0]}">{state[1]}</span></p>'
            f'<p class="model-name" role="heading" aria-level="3">{text.markup(offer.name)}</p>'
            f'<p class="model-words">{text.markup(offer.sentence)}</p>'
            f'<dl class="facts">{_facts(one)}</dl>{_measured(one)}</div>'
        )
        _under_way(offer.key)
        if serves:
            return
        if one.here:
            with (
                st.popover(
                    "Build an edition with it", disabled=busy or overridden, key=f"use-{turn}-{_slug(offer.key)}"
                ),
                _narrow(),
            ):
                st.markdown(
                    f"Every picture is read anew by **{text.plain(offer.name)}**. The present edition serves "
                    "meanwhile, and stays among the editions: going back takes a moment."
                )
                st.button(
                    "Build it", key=f"use:{offer.key}", type="primary", width="stretch",
                    on_click=_use, args=(offer,),
                )  # fmt: skip
        elif offer.repository:
            with (
                st.popover(
                    f"Download, {_megabytes(offer.download)}", disabled=busy, key=f"fetch-{turn}-{_slug(offer.key)}"
                ),
                _narrow(),
            ):
                st.markdown(
                    f"A{text.plain(_megabytes(offer.download)[1:])} come from "
                    f"**{text.plain(offer.repository)}** on the Hugging Face hub to "
                    f"{text.plain(_home(shelf.cache_folder(offer).parent))} on this machine. "
                    f"Licence: {text.plain(offer.licence)}. Nothing else changes: you decide afterwards whether an "
                    "edition is built with it."
                )
                st.button(
                    "Download it", key=f"fetch:{offer.key}", type="primary", width="stretch",
                    on_click=_fetch, args=(offer,),
                )  # fmt: skip
        else:
            states.said(one.reason, "warn")


def _facts(one: Shelved) -> str:
    about = "about " if one.offer.parameters else ""
    size = [f"{about}{_millions(one.parameters)} parameters"] if one.parameters else []
    size += [f"{_megabytes(one.size, about=not one.here)}"] if one.size else []
    rows = [("Size", ", ".join(size) or "not known"), ("Licence", one.offer.licence)]
    return "".join(f"<div><dt>{name}</dt><dd>{text.markup(value)}</dd></div>" for name, value in rows)


def _measured(one: Shelved) -> str:
    """What Vitrine measured; nobody else's figures stand here."""
    if one.quality is None:
        return (
            '<p class="aside">How good it is was not measured here. Compare two editions below to see for yourself.</p>'
        )
    rows = "".join(
        f"<li><b>{text.per_cent(value)}</b> {text.markup(shelf.FIGURES[name])}</li>"
        for name, value in one.quality.figures.items()
    )
    return f'<ul class="measured">{rows}</ul><p class="aside">{text.markup(one.quality.measured_on)}</p>'


def _use(offer: Offer) -> None:
    works, what = engine.works(), f"Building an edition with {offer.name}"

    def begin() -> bool:
        return works is not None and works.use_image_model(offer.setting, offer.name)

    if _begun(what, offer.key, begin) and works is not None:
        works.studio.audit(engine.who(), engine.now(), "image_model", {"chosen": offer.setting})


def _fetch(offer: Offer) -> None:
    works = engine.works()

    def work(watch: Watch) -> None:
        assert works is not None
        models.fetch(works.settings, offer, watch=watch, stop=works.stopping)
        works.note = (
            f"{offer.name} is on this machine now. Nothing was changed: build an edition with it when you like."
        )

    what = f"Fetching {offer.name}"
    _begun(what, offer.key, lambda: works is not None and works.begin(what, work))


def _begun(what: str, where: str, begin: Any) -> bool:
    """Begin long work under somebody's name; where it cannot begin, why is said at its place."""
    try:
        engine.who()
        if not begin():
            raise BadRequest("Something is under way already. Wait until it is done, then try again.")
    except ShopError as error:
        st.session_state[SAID] = (where, error.message)
        return False
    st.session_state[BEGUN] = (what, where)
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1
    return True


def _narrow() -> Any:
    return st.container(width=340)


# -- a model of one's own ------------------------------------------------------------------------------------------


def _from_a_file(busy: bool) -> None:
    with st.expander("Take a model from a file"):
        states.said(
            f"For CLIP ViT-B-32: {shelf.VIT.file}. For FashionSigLIP: {shelf.MARQO.file}. Any other model: its folder "
            "in open_clip's layout. It is tried first; nothing changes before you build an edition with it."
        )
        _under_way(FILE)
        left, right = st.columns(2, gap="large")
        with left:
            st.text_input(
                "File or folder on the machine that runs Vitrine", key=PATH, max_chars=1000,
                placeholder="/home/me/models/open_clip_model.safetensors",
            )  # fmt: skip
            st.button("Try it", key="models:try", disabled=busy, on_click=_try_path)
        with right:
            turn = st.session_state.setdefault(TURN, 0)
            key = f"models:upload:{turn}"
            file = st.file_uploader(
                "Weights of ViT-B-32 from your own machine", type=["safetensors", "pt"], key=key,
                max_upload_size=UPLOAD_MB,
                help="They are kept in the shop's folder. A path is quicker for a large file.",
            )  # fmt: skip
            if file is not None:
                st.button("Keep and try it", key="models:keep", disabled=busy, on_click=_try_upload, args=(file,))


def _try_path() -> None:
    works = engine.works()
    try:
        setting = shelf.local_setting(str(st.session_state.get(PATH) or ""))
    except ShopError as error:
        st.session_state[SAID] = (FILE, error.message)
        return

    def work(watch: Watch) -> None:
        assert works is not None
        _welcome(works, models.take_local(works.settings, setting, watch=watch))

    what = "Trying a model"
    _begun(what, FILE, lambda: works is not None and works.begin(what, work))


def _try_upload(file: Any) -> None:
    works = engine.works()

    def work(watch: Watch) -> None:
        assert works is not None
        _welcome(works, models.take_upload(works.settings, file, file.name, watch=watch))

    what = "Trying a model"
    if _begun(what, FILE, lambda: works is not None and works.begin(what, work)):
        st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def _welcome(works: build.Works, known: shelf.Known) -> None:
    works.note = f"{known.name} works, and stands beside the others now. Nothing was changed: build an edition with it."


# -- words for figures ---------------------------------------------------------------------------------------------


def _slug(key: str) -> str:
    """A key for CSS and the browser: letters, digits and hyphens."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in key)


def _millions(parameters: int) -> str:
    millions = parameters / 1e6
    return f"{millions:.0f} million" if millions >= 10 else f"{millions:.1f} million"


def _megabytes(size: int, *, about: bool = True) -> str:
    return f"{'about ' if about else ''}{max(size / 1e6, 0.1):.{0 if size >= 10**6 else 1}f}{text.NBSP}MB"


def _home(folder: Path) -> str:
    """A folder as a person of this machine writes it."""
    try:
        return f"~/{folder.relative_to(Path.home())}"
    except ValueError:
        return str(folder)

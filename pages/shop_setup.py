"""Shop setup: what serves, bring your own catalogue, image models, and earlier editions."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from core import build
from core.domain.errors import BadRequest, NotReady, ShopError
from core.domain.progress import Progress, Watch
from core.intake import importer
from core.intake.mapping import FIELDS
from core.intake.presets import PRESETS
from core.store import generations, source
from core.store.generations import Edition
from core.store.layout import Layout
from pages.kit import editions as versus
from pages.kit import engine, frame, image_models, session, states, text

FILE_KINDS = ("csv", "tsv", "txt", "parquet", "xlsx")
PICTURE_KINDS = ("zip", "jpg", "jpeg", "png", "webp")
FILE_MB, PICTURES_MB = 200, 500
BY_ITSELF = "By its columns"
ROWS_SHOWN = 300
STAGES = {"pictures": "Hanging the pictures", "catalogue": "Saving the catalogue"}
# What most shops have, first; the rest stands behind a fold.
FIRST = (
    "id",
    "title",
    "brand",
    "category",
    "type",
    "audience",
    "colour",
    "material",
    "price",
    "stock",
    "description",
    "picture",
)
UPLOADS, PLAN, SAID, MAPPING, TURN = "setup:uploads", "setup:plan", "setup:said", "setup:mapping", "setup:turn"
WENT = "setup:went"

session.require()


# -- what serves ---------------------------------------------------------------------------------------------------


def this_shop() -> None:
    """The edition that serves, and the encoders behind it."""
    frame.section("This shop")
    if not engine.ready():
        states.preparing(level=3)
        return
    shop, zone = engine.shop(), engine.zone()
    manifest = shop.snapshot.manifest
    name = str(manifest.source.get("name") or manifest.source.get("file") or engine.settings().shop_name)
    rows = [
        ("Catalogue", f"{name}{' (simulated data)' if shop.simulated else ''}"),
        ("Products", text.count(len(shop.snapshot.catalogue))),
        ("Edition", f"{text.moment(manifest.built_at, zone)}, {manifest.id}"),
    ]
    for signal, title in (("text", "Words are read by"), ("image", "Pictures are read by")):
        state = shop.encoders()[signal]
        without = f" (search goes without: {shop.unread[signal]})" if signal in shop.unread else ""
        rows.append((title, f"{state.name}{without}" if state.name else f"Off. {state.reason}"))
    rows += [("Prices in", engine.currency() or "no currency"), ("Time zone", engine.settings().time_zone)]
    cells = "".join(f"<div><dt>{text.markup(name)}</dt><dd>{text.markup(value)}</dd></div>" for name, value in rows)
    st.html(f'<dl class="facts">{cells}</dl>')
    if not image_models.begun_here():
        states.building()  # here, and not at the head of the page, it is in view after "Build anew" and after "Import"
    image_models.change()
    with st.container(horizontal=True, gap="small"):
        busy = is_busy()
        st.button("Build anew", key="rebuild", disabled=busy, on_click=rebuild, help="Encodes only what has changed.")
        if not shop.simulated:
            with st.popover("Return to the demo boutique", disabled=busy, key="demo"):
                st.markdown("The demo boutique takes the place of this catalogue. Earlier editions stay below.")
                st.button("Return to the demo", key="demo:go", type="primary", on_click=demo, width="stretch")


def is_busy() -> bool:
    works = engine.works()
    return works is None or works.busy


def rebuild() -> None:
    try:
        engine.who()
        _works().rebuild()
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")


def demo() -> None:
    works = _works()

    def work(watch: Watch) -> build.Built:
        build.import_demo(works.settings, at=datetime.now(UTC), watch=watch)
        return build_and_serve(works, watch)

    start("Returning to the demo boutique", work)


def build_and_serve(works: build.Works, watch: Watch) -> build.Built:
    return works.build(watch)


def start(what: str, work: Any) -> bool:
    """Begin long work under somebody's name; one at a time. False when it could not begin, and why is said."""
    try:
        engine.who()
        if not _works().begin(what, work):
            raise BadRequest("Something is under way already. Wait until it is done, then try again.")
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return False
    return True


def _works() -> build.Works:
    works = engine.works()
    if works is None:
        raise NotReady("Long work needs the running app. Start it with `streamlit run app.py`.")
    return works


# -- an own catalogue ----------------------------------------------------------------------------------------------


def own_catalogue() -> None:
    """Drop a file and pictures, read the dry run, confirm."""
    frame.section("Bring your own catalogue", "Nothing is imported before you confirm")
    turn = st.session_state.setdefault(TURN, 0)
    left, right = st.columns(2, gap="large")
    with left:
        file = st.file_uploader(
            "Catalogue file", type=list(FILE_KINDS), key=f"setup:file:{turn}", max_upload_size=FILE_MB,
            help="CSV, TSV, Excel or Parquet, one row for each product. Column names are recognised.",
        )  # fmt: skip
    with right:
        pictures = st.file_uploader(
            "Pictures (a zip, or the files)", type=list(PICTURE_KINDS), accept_multiple_files=True,
            key=f"setup:pictures:{turn}", max_upload_size=PICTURES_MB,
            help="Files are matched to products by name: 1042.jpg belongs to the product 1042.",
        )  # fmt: skip
    if file is None:
        st.session_state.pop(PLAN, None)
        states.said(
            "For a very large shop the command line takes a folder of pictures as it is: "
            "vitrine import FILE --images FOLDER."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = {BY_ITSELF: BY_ITSELF, **{name: preset.title for name, preset in PRESETS.items()}}
        preset = st.selectbox("Read it as", list(names), format_func=names.get, key="setup:preset", width=360)
        merge = st.toggle("Add and change only; remove nothing", key="setup:merge")
    mapping = dict(st.session_state.get(MAPPING, {}))
    asked = (file.file_id, tuple(one.file_id for one in pictures), preset, merge, tuple(sorted(mapping.items())))
    kept = st.session_state.get(PLAN)
    if kept is None or kept[0] != asked:
        with st.spinner("Reading the file…"):
            try:
                plan = dry_run(file, pictures, preset, merge, mapping)
            except ShopError as error:
                st.session_state.pop(PLAN, None)
                states.trouble(error)
                if mapping:
                    st.button("Forget the columns I chose", key="setup:forget", on_click=forget_columns)
                return
        st.session_state[PLAN] = (asked, plan)
    show_plan(st.session_state[PLAN][1])


def forget_columns() -> None:
    st.session_state.pop(MAPPING, None)


def dry_run(
    file: Any, pictures: Sequence[Any], preset: str, merge: bool, mapping: dict[str, str]
) -> importer.ImportPlan:
    """What the import would do; the uploads lie under names of our own making."""
    folder = Path(st.session_state.setdefault(UPLOADS, tempfile.mkdtemp(prefix="vitrine-")))
    folder.mkdir(exist_ok=True)
    kind = file.name.rsplit(".", 1)[-1].lower()
    if kind not in FILE_KINDS:
        raise BadRequest(f"A catalogue is one of {text.listed(FILE_KINDS, 'or')}.")
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", file.name.rsplit(".", 1)[0])[:60].strip("-") or "catalogue"
    table = folder / f"{name}.{kind}"
    table.write_bytes(file.getbuffer())
    images = []
    loose = [one for one in pictures if not one.name.lower().endswith(".zip")]
    for number, one in enumerate(one for one in pictures if one.name.lower().endswith(".zip")):
        images.append(folder / f"pictures-{number}.zip")
        images[-1].write_bytes(one.getbuffer())
    if loose:
        images.append(folder / "pictures-loose.zip")
        with zipfile.ZipFile(images[-1], "w") as pack:
            for one in loose:
                pack.writestr(one.name.replace("\\", "/").rsplit("/", 1)[-1], one.getbuffer())
    layout = Layout(engine.settings().data)
    try:
        present = source.load_source(layout)[0]
    except NotReady:
        present = None
    return importer.plan(
        table, images=images, preset=importer.AUTO if preset == BY_ITSELF else preset, mapping=mapping,
        settings=engine.settings(), present=present, merge=merge,
    )  # fmt: skip


def show_plan(plan: importer.ImportPlan) -> None:
    """The dry run: what comes in, what not and why, and the word to go ahead."""
    report = plan.report
    frame.section("Dry run", "Nothing has been written")
    states.said(on_the_page(report.summary()), "" if report.ready else "warn")
    told = [
        ("Rows", report.rows), ("Products", report.accepted), ("Refused rows", report.refused),
        ("New", len(report.added)), ("Changed", len(report.changed)), ("Removed", len(report.removed)),
        ("With a picture", report.pictures.items + report.pictures.kept),
    ]  # fmt: skip
    st.html(
        '<dl class="figures">'
        + "".join(f"<div><dt>{text.markup(name)}</dt><dd>{text.count(number)}</dd></div>" for name, number in told)
        + "</dl>"
    )
    columns(plan)
    findings(plan)
    if report.gaps:
        with st.expander(f"What this catalogue does not say ({len(report.gaps)})"):
            for gap in report.gaps:
                states.said(gap.text)
    if report.personal:
        states.said(
            f"{text.count(report.personal, 'text')} may hold personal data, and stay out of what the encoder reads."
        )
    if report.removed and engine.simulated():
        states.said("The demo boutique gives way to your catalogue. You can return to it at any time.")
    elif report.removed:
        states.said(
            f"{text.count(len(report.removed), 'product')} of the present catalogue would be removed, because the file "
            "does not hold them. Turn on “Add and change only” to keep them.", "warn",
        )  # fmt: skip
        with st.expander("Which would be removed"):
            more = len(report.removed) - ROWS_SHOWN
            st.html(f'<p class="aside">{text.markup(", ".join(report.removed[:ROWS_SHOWN]))}</p>')
            if more > 0:
                states.said(f"and {text.count(more)} more")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            f"Import {text.count(report.accepted, 'product')}" if plan.ready else "Import",
            type="primary", key="setup:confirm",
            disabled=not plan.ready or is_busy(), on_click=carry_out, args=(plan,),
        )  # fmt: skip
        if report.refused:
            st.download_button(
                "Refused rows as a file", importer.bad_rows_csv(plan), file_name="refused-rows.csv", mime="text/csv",
                key="setup:refused",
            )  # fmt: skip


def on_the_page(words: str) -> str:
    """A report's words without what only the command line can do, and with figures as the pages write them."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", text.THIN, re.sub(r" \(\w+=COLUMN\)", "", words))


def columns(plan: importer.ImportPlan) -> None:
    """Which column fills which field; a choice is tried at once."""
    headers = list(plan.table.headers)
    with st.expander("Columns", expanded=not plan.ready):
        states.said("Where a column was recognised wrongly, choose another. What is left over is kept as attributes.")
        rest = [field for field in FIELDS if field not in FIRST]
        _mapped(plan, headers, FIRST)
        if st.checkbox("All fields", key="setup:all"):
            _mapped(plan, headers, rest)
        if plan.report.extras:
            states.said(f"Kept as attributes: {', '.join(plan.report.extras)}.")


def _mapped(plan: importer.ImportPlan, headers: list[str], fields: Sequence[str]) -> None:
    with st.grid(4, min_column_width=190, gap="small"):
        for field in fields:
            now = " + ".join(plan.mapping.get(field, ()))
            options = ["", *headers] if now in ("", *headers) else ["", now, *headers]
            key = f"setup:map:{field}"
            st.session_state[key] = now

            def take(field: str = field, key: str = key) -> None:
                chosen = str(st.session_state.get(key) or "")
                st.session_state[MAPPING] = {**st.session_state.get(MAPPING, {}), field: chosen}

            st.selectbox(
                text.plain(text.field_name(field)), options, format_func=lambda name: name or "nothing", key=key,
                on_change=take,
            )  # fmt: skip


def findings(plan: importer.ImportPlan) -> None:
    """What is wrong, by row and column; errors apart from warnings."""
    report = plan.report
    if not report.findings:
        states.said("Nothing is wrong with this file.")
        return
    for severity, title in (("error", "Errors"), ("warning", "Warnings")):
        found = [one for one in report.findings if one.severity == severity]
        if not found:
            continue
        total = report.errors if severity == "error" else report.warnings
        what = "not imported" if severity == "error" else "imported as described"
        with st.expander(f"{title}: {text.count(total)} ({what})", expanded=severity == "error"):
            head = "".join(f"<th>{name}</th>" for name in ("Row", "Column", "What", "As written"))
            rows = "".join(
                f"<tr><td>{'' if one.row is None else text.count(one.row)}</td>"
                f"<td>{text.markup(one.column or '')}</td><td>{text.markup(on_the_page(one.text))}</td>"
                f'<td class="mute">{text.markup(one.value or "")}</td></tr>'
                for one in found[:ROWS_SHOWN]
            )
            st.html(
                f'<div class="wide" tabindex="0" role="region" aria-label="{title}"><table class="plain-table">'
                f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
            )
            if total > min(len(found), ROWS_SHOWN):
                states.said(f"and {text.count(total - min(len(found), ROWS_SHOWN))} more of the same kinds")


def carry_out(plan: importer.ImportPlan) -> None:
    works, who = _works(), session.current().who

    def work(watch: Watch) -> build.Built:
        def tell(stage: str, done: int, total: int) -> None:
            watch(Progress(STAGES.get(stage, stage), done, total))

        try:
            importer.carry_out(plan, Layout(works.settings.data), who=who, at=datetime.now(UTC), progress=tell)
        finally:
            shutil.rmtree(plan.file.parent, ignore_errors=True)  # the uploads; what counts is in the shop by now
        return build_and_serve(works, watch)

    if start("Importing your catalogue", work):
        for key in (PLAN, MAPPING, UPLOADS):
            st.session_state.pop(key, None)
        st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
        count = text.count(plan.report.accepted, "product")
        st.session_state[SAID] = (f"{count} on the way. The present edition serves until the new one is built.", "")


# -- editions ------------------------------------------------------------------------------------------------------


def editions(made: list[Edition]) -> None:
    """Every edition that can serve; going back is one step, and nothing is lost."""
    frame.section("Editions", "Going back takes a moment, and loses nothing")
    if said := st.session_state.pop(WENT, None):
        states.said(*said)
    if not made:
        states.said("None yet.")
        return
    for one in made[:12]:
        edition(one)


def edition(one: Edition) -> None:
    zone = engine.zone()
    read = text.listed(
        f"{text.part_name(signal).lower()} by {model.get('name')}" for signal, model in sorted(one.models.items())
    )
    with st.container(key=f"edition-{one.id}", horizontal=True, vertical_alignment="center", gap="medium",
                      horizontal_alignment="distribute"):  # fmt: skip
        st.html(
            f'<div class="edition"><p><b>{text.markup(text.moment(one.built_at, zone))}</b>'
            f"{'<span class=state>Serving</span>' if one.current else ''}</p>"
            f'<p class="aside">{text.count(one.counts.get("items", 0), "product")}'
            f"{text.markup(f', {read}' if read else ', without encoders')}, {text.markup(one.id)}</p></div>"
        )
        if not one.current and one.calibration is not None:
            with st.popover("Go back to it", disabled=is_busy(), key=f"back-{one.id}"):
                st.markdown(
                    "Every list will come from this edition at once, and its image model goes back with it. Stock and "
                    "corrections stay as they are."
                )
                st.button("Serve this edition", key=f"serve-{one.id}", type="primary", on_click=go_back, args=(one.id,))


def go_back(edition_id: str) -> None:
    try:
        who, works = engine.who(), _works()
        went = works.roll_back(edition_id)
        works.studio.audit(who, engine.now(), "rollback", {"edition": edition_id})
    except ShopError as error:
        st.session_state[WENT] = (error.message, "warn")
    else:
        done = "Done: every list comes from that edition now."
        st.session_state[WENT] = (f"{done} {went.note}".strip(), "warn" if went.note else "")


frame.heading(
    "Shop setup",
    "What this shop serves, and where it comes from: bring your own catalogue, build, and go back if need be.",
    guide=(
        "Drop a catalogue file, and a zip of pictures if you have one. You see a dry run first; nothing is written.",
        "Rows that cannot be read are listed with row, column and reason, and can be saved as a file to mend.",
        "After you confirm, the old edition keeps serving until the new one is built.",
        "Every edition is kept: going back takes a moment.",
        "Another image model is fetched, tried and built only when you say so; then compare the two editions.",
    ),
)
if said := st.session_state.pop(SAID, None):
    states.said(*said)
this_shop()
own_catalogue()
made = engine.shop().editions() if engine.ready() else generations.editions(Layout(engine.settings().data))
image_models.section(is_busy())
if engine.ready():
    versus.section(made)
editions(made)
frame.next_step(
    "See what the catalogue looks like, and what the last edition found.",
    ("Catalogue", "catalogue.py", None),
    ("Today", "today.py", None),
)

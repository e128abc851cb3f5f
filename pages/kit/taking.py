"""Take it along: what a page shows, as one file to print or mail, or as a workbook."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.export import html, xlsx
from core.export.paper import Report
from core.export.reports import Letterhead
from pages.kit import engine, session, states, tray

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def head(*, draft: bool = False, without: int = 0) -> Letterhead:
    """What a report made now says of itself. draft: whether one's own draft is in it.    without: rules left out."""
    desk = tray.desk() if draft else None
    name = desk.draft().name if desk is not None else ""
    return Letterhead(engine.shop(), engine.moment(), engine.now(), session.current().who, name, without)


def take_along(make: Callable[[], Report], *, key: str) -> None:
    """The popover with the two files. `make` is called once it is opened, the files are written on demand."""
    sheet = st.popover("Take it along", icon=":material/print:", key=f"take-{key}", type="tertiary", on_change="rerun")
    if sheet.open:
        with sheet, st.container(width=270):
            _files(make, key)


@states.guarded
def _files(make: Callable[[], Report], key: str) -> None:
    report, pictures = make(), engine.shop().pictures
    st.download_button(
        "One page to print or mail", data=lambda: html.page(report, pictures.read).encode("utf-8"), mime="text/html",
        file_name=f"{report.file}.html", key=f"take-{key}-html", icon=":material/description:", width="stretch",
        on_click="ignore",
    )  # fmt: skip
    st.download_button(
        "Workbook for Excel", data=lambda: xlsx.workbook(report), mime=EXCEL, file_name=f"{report.file}.xlsx",
        key=f"take-{key}-xlsx", icon=":material/table_chart:", width="stretch", on_click="ignore",
    )  # fmt: skip
    st.caption("The page holds its pictures and needs no network; it is made for A4.")

"""Today: what needs an eye this morning, each line with the way to its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import streamlit as st

from core.curation.campaigns import STARTS
from core.domain.catalogue import Item, State
from core.domain.query import Filters
from core.recommend.supply import RunningOut
from core.recommend.trending import Rising
from core.shop import Glance
from pages.kit import address, alternatives, cards, engine, frame, looks, parts, session, shaping, states, text

LINES, SCARCE, NEW, COMING = "today:lines", "today:scarce", "today:new", "today:coming"
SHOWN = 4  # pictures on a line
WEEK = timedelta(days=7)
RISES = "today:rises"
RISING = {"type": 3, "colour": 2, "brand": 2}  # lines of each that are drawn at most
CALLED = {"type": "A kind", "colour": "A colour", "brand": "A house"}
CLEARLY = 1.25  # times its usual share from which something is said to rise
SCARCEST = 3  # of what nothing is near to, and of what something is

me = session.require()


def line(
    key: str, figure: int | str, title: str, words: str, items: list[Item], go: str, target: tuple[str, dict] | None,
    tone: str = "",
) -> dict:  # fmt: skip
    """One line of the day. `target` is the page file it opens, and the address there."""
    return {
        "id": key,
        "figure": figure if isinstance(figure, str) else text.count(figure),
        "title": title,
        "text": words,
        "tone": tone,
        "go": go if target else "",
        "href": address.link(target[0].removesuffix(".py").replace("_", "-"), **target[1]) if target else "",
        "pictures": [
            {"image": cards.picture_url(item), "initial": (text.house(item) or text.title(item))[:1].upper()}
            for item in items[:SHOWN]
        ],
        "target": target,
    }


def mixed(ids: Iterable[str]) -> list[str]:
    """`ids` in their order, but one of each style before the second of any: colourways do not stand in a row."""
    catalogue = engine.shop().catalogue(engine.at())
    known = [item for item in ids if item in catalogue]
    families = catalogue.frame["family_id"].to_numpy()[catalogue.rows(known)] if known else []
    seen: Counter[str] = Counter()
    turns = []
    for item, family in zip(known, families, strict=True):
        seen[family or item] += 1
        turns.append(seen[family or item])
    return [item for _, item in sorted(zip(turns, known, strict=True), key=lambda pair: pair[0])]


def the_day(glance: Glance) -> list[dict]:
    """The lines of the day, most pressing first."""
    zone = engine.zone()
    catalogue = engine.shop().catalogue(engine.at())

    def items(ids: Iterable[str]) -> list[Item]:
        return [catalogue.item(item) for item in mixed(ids)[:SHOWN]]

    lines = []
    if n := len(glance.sold_out):
        lines.append(line(
            "sold_out", n, "Sold out" if n > 1 else "One product is sold out",
            "They stand in no list until they are back.", items(glance.sold_out),
            "See them", ("catalogue.py", {"state": "sold out"}), "warn",
        ))  # fmt: skip
    if n := len(glance.broken_looks):
        first = glance.broken_looks[0]
        words = f"{first.look.name}: {text.listed(looks.said_gone(first, catalogue))}."
        target = ("complete_the_look.py", {"saved": first.id} if n == 1 else {"mode": "saved"})
        lines.append(line(
            "broken_looks", n, "Broken looks" if n > 1 else "One saved look is broken", words,
            items(gone.id for one in glance.broken_looks for gone in one.gone), "Mend them" if n > 1 else "Mend it",
            target, "warn",
        ))  # fmt: skip
    if glance.thin is None:
        lines.append(line("thin", "…", "The lists are being counted", "A moment, please: every list is made once.",
                          [], "", None, "calm"))  # fmt: skip
    elif n := len(glance.thin):
        lines.append(line(
            "thin", n, "Lists run thin" if n > 1 else "One list runs thin",
            "They hold fewer than ten products, because few others may be shown beside these.", items(glance.thin),
            "Skim them", ("you_may_also_like.py", {"mode": "sheet", "scope": "thin"}), "warn",
        ))  # fmt: skip
    if n := len(glance.broken_sizes):
        lines.append(line(
            "broken_sizes", n, "Broken size runs" if n > 1 else "One broken size run",
            "Some sizes are gone, some are left.", items(glance.broken_sizes),
            "See them", ("catalogue.py", {"set": "broken-sizes"}),
        ))  # fmt: skip
    if n := len(glance.arrivals):
        first = glance.arrivals[0][1]
        when = f"{text.day(first, zone)}, {text.ahead(first, glance.at, zone)}"
        words = f"The first on {when}. {launches(glance)}Until then no list shows them."
        lines.append(line(
            "arrivals", n, "Launches ahead" if n > 1 else "One launch ahead", words,
            items(item for item, _ in glance.arrivals), "See them", ("catalogue.py", {"state": "embargoed"}),
        ))  # fmt: skip
    for number, event in enumerate(glance.campaigns):
        one, begins = event.campaign, event.what == STARTS
        last = "Its rules count from then on." if begins else "Its rules stop counting by themselves."
        title = f"{one.name} {'begins' if begins else 'ends'}"
        lines.append(line(
            f"campaign{number}", (event.at.astimezone(zone).date() - glance.at.astimezone(zone).date()).days, title,
            f"{text.ahead(event.at, glance.at, zone).capitalize()}, {text.moment(event.at, zone)}. {last}",
            items(one.heroes), "See it", ("curation_rules.py", {"mode": "campaigns", "campaign": one.id}),
        ))  # fmt: skip
    if n := len(glance.new):
        lines.append(line(
            "new", n, "New in the last fortnight", "They are on sale and in the lists.",
            items(glance.new), "See them", ("catalogue.py", {"set": "new"}),
        ))  # fmt: skip
    if n := len(glance.published):
        last = glance.published[0]
        words = f"The last: {last.name}, by {last.who}, {text.ahead(last.at, glance.at, zone)}: “{last.why}”."
        title = "Published since your last visit" if glance.since else "Published this week"
        lines.append(line("published", n, title, words, [], "See what", ("publish.py", {})))
    if n := len(glance.changes):
        last = glance.changes[0]
        who = text.listed(sorted({change.who for change in glance.changes}))
        words = f"By {who}; the last: {text.field_name(last.field).lower()} of {last.item_id}."
        lines.append(line(
            "changes", n, "Changed since your last visit", words, items([last.item_id]),
            "See the last", ("product.py", {"item": last.item_id}),
        ))  # fmt: skip
    for number, finding in enumerate(glance.findings):
        target = ("catalogue.py", {"set": f"found-{finding.code}"}) if finding.ids else None
        lines.append(line(
            f"found{number}", finding.count, without_number(finding.text), "Found while the edition was built.",
            items(finding.ids), "See them", target, "calm",
        ))  # fmt: skip
    return lines


def launches(glance: Glance) -> str:
    """How many launch within a week, and who kept what is to come; "" where that says nothing new."""
    soon = sum(date - glance.at <= WEEK for _, date in glance.arrivals)
    kept = Counter(one.who for one in engine.shop().arrivals(glance.at) if one.who and one.state is State.EMBARGOED)
    said = [f"{soon} within a week." if 0 < soon < len(glance.arrivals) else ""]
    if kept:
        said.append(f"Kept by {', '.join(f'{who} ({count})' for who, count in kept.most_common(3))}.")
    return "".join(f"{part} " for part in said if part)


def without_number(words: str) -> str:
    """ "3 products without a price" as "Products without a price": the figure stands beside it already."""
    rest = words.lstrip("0123456789 ,.\u00a0\u202f")
    return rest[:1].upper() + rest[1:]


def running_out(found: RunningOut) -> list[dict]:
    """What is low or sold out, the scarcest first: what is left of it, and of what comes near to it."""
    catalogue = engine.shop().catalogue(engine.at())
    known = {one.id: one for one in found.found}
    bare = {one.id for one in found.bare}
    near = [item for item in known if item not in bare]
    lines = []
    for one in (known[item] for some in (bare, near) for item in mixed(i for i in known if i in some)[:SCARCEST]):
        item = catalogue.item(one.id)
        house = f", {text.house(item)}" if text.house(item) else ""
        lines.append(line(
            one.id, one.left or 0, f"{text.title(item)}{house}", f"{alternatives.said(one)}.", [item],
            "Change its stock" if one.left else "Restock it", ("product.py", {"item": one.id}),
            "" if one.near else "warn",
        ))  # fmt: skip
    return lines


def scarce(found: RunningOut | None) -> None:
    """The section of what is running out; nothing while it is being counted."""
    if found is None or not found.found:
        return
    bare = len(found.bare)
    frame.section(
        "Running out",
        f"{text.count(found.of)} low or sold out"
        + (f", and nothing near to {text.count(bare)} of them" if bare else ""),
    )
    lines = running_out(found)
    parts.ledger(
        [{name: value for name, value in one.items() if name != "target"} for one in lines],
        key=SCARCE, label="Running out", on_action=lambda: to_target(lines, SCARCE),
    )  # fmt: skip
    if found.of > len(lines):
        st.page_link(
            "catalogue.py", label="See all of them", icon=":material/arrow_forward:", icon_position="right",
            query_params={"set": "running-out"},
        )  # fmt: skip


def rises(found: Iterable[Rising]) -> list[dict]:
    """A line each for the kinds, colours and houses that shoppers turn to lately, those that rise most first."""
    lines: list[dict] = []
    left = dict(RISING)
    for one in found:
        if left[one.field] and one.times >= CLEARLY:
            left[one.field] -= 1
            shelf = engine.shop().browse(Filters({one.field: (one.value,)}, in_stock=True), size=SHOWN, at=engine.at())
            catalogue = engine.shop().catalogue(engine.at())
            lines.append(line(
                f"{one.field}:{one.value}", f"{one.times:.1f}×", one.value[:1].upper() + one.value[1:],
                f"{CALLED[one.field]}: its share of what shoppers do, against the four weeks before.",
                [catalogue.at_row(row) for row in shelf.rows.tolist()],
                "See them", ("catalogue.py", {one.field: one.value}),
            ))  # fmt: skip
    return lines


def rising() -> None:
    """The section of what rises; nothing where nobody is followed, or nothing rises clearly."""
    lines = rises(engine.shop().rising(engine.at(), 60, (*RISING,)))
    if not lines:
        return
    frame.section("What rises", "In the last seven days of the record")
    parts.ledger(
        [{name: value for name, value in one.items() if name != "target"} for one in lines],
        key=RISES, label="What rises", on_action=lambda: to_target(lines, RISES),
    )  # fmt: skip


def figures(glance: Glance) -> None:
    counts = glance.counts
    told = [
        ("On sale", counts.get("live", 0)),
        ("Houses", glance.houses),
        ("Sold out", counts.get("sold out", 0)),
        ("Coming", counts.get("embargoed", 0)),
        ("In the catalogue", glance.items),
    ]
    st.html(
        '<dl class="figures">'
        + "".join(f"<div><dt>{text.markup(name)}</dt><dd>{text.count(number)}</dd></div>" for name, number in told)
        + "</dl>"
    )


def to_target(lines: list[dict], key: str = LINES) -> None:
    """Follow the line that was clicked. Only lines that were drawn can be followed."""
    asked = parts.event(key).get("id")
    for one in lines:
        if one["id"] == asked and one["target"]:
            st.session_state["kit:go"] = one["target"]


def rail(
    key: str, title: str, aside: str, ids: list[str], note: Callable[[Item], str] = lambda item: ""
) -> None:  # fmt: skip
    if not ids:
        return
    catalogue = engine.shop().catalogue(engine.at())
    frame.section(title, aside)
    shown = [catalogue.item(item) for item in mixed(ids)[:16]]
    parts.rail(
        [shaping.in_the_shop(cards.card(item, at=engine.moment(), note=note(item))) for item in shown],
        key=key, label=title, on_action=lambda: shaping.follow(key),
    )  # fmt: skip


frame.go()
now = engine.moment().astimezone(engine.zone())
frame.heading(
    "Today",
    "What needs your eye: what sold out, which looks broke, which lists run thin, what launches next, what was found.",
    over=f"{now:%A} {text.day(now)}{' · Demo boutique, simulated data' if engine.simulated() else ''}",
    guide=(
        "Each line leads to its place: click it, or walk to it with Tab and press Enter.",
        "“As of” in the head shows the shop as it was, or as it will be, on another day.",
        "A list runs thin when fewer than ten products may stand beside a product; its audience is often the reason.",
    ),
)
shaping.said()
glance = engine.shop().glance(engine.at(), datetime.fromisoformat(me.since) if me.since else None)
figures(glance)
lines = the_day(glance)
if lines:
    parts.ledger(
        [{name: value for name, value in one.items() if name != "target"} for one in lines],
        key=LINES, label="What needs your eye", on_action=lambda: to_target(lines),
    )  # fmt: skip
else:
    states.empty("All is well", "Nothing sold out, no thin lists, nothing found by the last edition.")
running = engine.shop().running_out(engine.at())
scarce(running)
rising()
rail(NEW, "New in the shop", "On sale since a fortnight or less", list(glance.new))
dates = dict(glance.arrivals)
rail(COMING, "Launching next", "Not in any list before their day", [*dates],
     lambda item: text.ahead(dates[item.id], glance.at, engine.zone()).capitalize())  # fmt: skip
frame.next_step(
    "Walk through the shop, or open a list and shape it.",
    ("Catalogue", "catalogue.py", None),
    ("You May Also Like", "you_may_also_like.py", None),
)
if glance.thin is None or running is None:
    frame.again(
        lambda: (
            engine.shop().glance(engine.at()).thin is not None and engine.shop().running_out(engine.at()) is not None
        )
    )

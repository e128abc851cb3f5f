"""Judgements: thumbs on the products of a list, and what they teach about the weights, with how sure that is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.domain.catalogue import Item
from core.domain.errors import ShopError
from core.domain.query import Request
from core.lab import judgements as learning
from core.lab import sweep as sweeping
from core.lab.judgements import Found, Learned
from pages.kit import cards, charts, engine, frame, parts, session, sides, states, text, versus

TILES, LEARNT, SAID = "judging:tiles", "judging:learnt", "judging:said"
UP, DOWN = "thumb-up", "thumb-down"
VERDICTS = {UP: 1, DOWN: -1}
WIDE, NEAR, STEP = 30, 6, 4  # of so many places the first few are shown, and then one in so many
ASKED = 60  # products that are suggested one after the other


def page(item: Item) -> None:
    """A product, tiles with thumbs, and what has been learnt."""
    st.html(
        '<p class="said">Does it belong beside this product? Thumbs teach the weights; nothing changes until you '
        "publish it. The tiles are a mix: the closest, and some from further away.</p>"
    )
    tiles(item)
    if said := st.session_state.pop(SAID, None):
        states.said(said, "warn")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Next product", key="judging-next", type="primary", icon=":material/arrow_forward:", on_click=_next,
                  args=(item.id,))  # fmt: skip
        progress()
    learnt()


def tiles(item: Item) -> None:
    shop, at = engine.shop(), engine.moment()
    catalogue = shop.catalogue(engine.at())
    listing = shop.recommend(Request(anchor=item.id, k=WIDE, at=engine.at()))
    shown = [one for place, one in enumerate(listing.ids) if place < NEAR or (place - NEAR) % STEP == STEP - 1]
    given = {one.item: one.verdict for one in shop.judgements(anchor=item.id, who=session.current().who or None)}
    shown += [one for one in given if one not in shown and one in catalogue]  # what was judged stays to be seen

    def tools(one: str) -> tuple[dict, ...]:
        return (
            {"act": UP, "label": "It belongs here", "icon": "up", "on": given.get(one) == 1},
            {"act": DOWN, "label": "It does not belong here", "icon": "down", "on": given.get(one) == -1},
        )

    parts.rail(
        [cards.card(catalogue.item(one), at=at, tools=tools(one)) for one in shown],
        key=TILES, label="Judge these", layout="grid", stay=True, on_action=lambda: _judge(item.id),
    )  # fmt: skip


def _judge(anchor: str) -> None:
    sent = parts.event(TILES)
    item, kind = sent.get("id"), sent.get("type")
    if item not in engine.shop().catalogue():
        return
    if kind not in VERDICTS:
        st.session_state["kit:go"] = ("product.py", {"item": item})
        return
    try:
        who = engine.who()
        given = {one.item: one.verdict for one in engine.shop().judgements(anchor=anchor, who=who)}
        verdict = 0 if given.get(str(item)) == VERDICTS[kind] else VERDICTS[kind]
        engine.shop().judge(anchor, str(item), verdict, who=who)
    except ShopError as error:
        st.session_state[SAID] = error.message


def _next(now: str) -> None:
    """On to the next of some products that stand for the whole shop, by preference one without a thumb of mine."""
    shop = engine.shop()
    view = shop.view(engine.at())
    rows = sweeping.sample(view, engine.moment().replace(second=0, microsecond=0), ASKED)
    ids = [view.catalogue.ids[row] for row in rows[(7 * np.arange(len(rows))) % max(1, len(rows))]]
    mine = {one.anchor for one in shop.judgements(who=session.current().who or None)}
    fresh = [one for one in dict.fromkeys(ids) if one not in mine and one != now]
    if fresh or ids:
        versus.choose((fresh or ids)[0])


def progress() -> None:
    """How many there are, and how many it takes."""
    all_ = engine.shop().judgements()
    kinds: dict[str, set[int]] = {}
    for one in all_:
        kinds.setdefault(one.anchor, set()).add(one.verdict)
    both = sum(verdicts == {1, -1} for verdicts in kinds.values())
    st.html(
        f'<p class="aside" role="status">{text.count(len(all_))} of at least {learning.ENOUGH} judgements; both thumbs '
        f"on {text.count(both)} of at least {text.count(learning.ENOUGH_ANCHORS, 'product')}.</p>",
        width="content",
    )


# -- what they teach ---------------------------------------------------------------------------------------------------


def learnt() -> None:
    """The proposal, worked out on demand: nothing is applied by itself."""
    frame.section("What the thumbs teach")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        whose = st.segmented_control("Whose", ("Everybody’s", "Mine alone"), key="judging:whose", required=True,
                                     default="Everybody’s", label_visibility="collapsed", width="content")  # fmt: skip
        go = st.button("What do they teach?", key="judging-learn")
    mine = session.current().who if whose == "Mine alone" else None
    given = engine.shop().judgements(who=mine or None)
    mark = (mine, len(given), given[-1].as_json()["at"] if given else "", engine.shop().view(engine.at()).versions)
    if go:
        with st.spinner("Weighing the judgements"):
            st.session_state[LEARNT] = (mark, engine.shop().learn(who=mine or None, at=engine.at()))
    kept = st.session_state.get(LEARNT)
    if kept is None:
        return
    if kept[0] != mark:
        states.said("There are new judgements. Ask again.")
        return
    told(kept[1])


def told(found: Learned) -> None:
    """What was found, how sure it is, and the weights it proposes."""
    st.html(f'<p class="answer" role="status">{text.markup(found.says)}</p>')
    if found.found is Found.FEW:
        return
    scale(found)
    if not found.weights:
        return
    lines = "".join(
        f"<tr><th scope='row'>{text.markup(text.part_name(name))}</th><td>{100 * now:.0f}{text.NBSP}%</td>"
        f"<td>{100 * then:.0f}{text.NBSP}%</td></tr>"
        for name, (now, then) in found.weights.items()
        if now or then
    )
    st.html(
        '<div class="wide"><table class="plain-table narrow"><thead><tr><th scope="col">Signal</th>'
        f'<th scope="col">Now</th><th scope="col">Learnt</th></tr></thead><tbody>{lines}</tbody></table></div>'
    )
    if found.strategy is not None:
        charts.blend_line(text.shares(found.strategy.weights), text.part_name)
        with st.container(horizontal=True, gap="small"):
            st.button("Try it", key="learnt-try", type="tertiary", on_click=sides.try_out, args=(found.strategy,))
            st.button("Into my draft", key="learnt-adopt", type="tertiary", on_click=_adopt, args=(found,))
            sides.keep_under_a_name(found.strategy, "learnt")
    sides.said()


def _adopt(found: Learned) -> None:
    if found.strategy is None:
        return
    try:
        sides.hold(found.strategy)
    except ShopError as error:
        st.session_state[sides.SAID] = (error.message, "warn")


def scale(found: Learned) -> None:
    """Accuracy on what was held out, with its interval, on a line from none right to all right."""
    st.html(
        '<div class="scale" role="img" aria-label="'
        f"{found.accuracy:.0%} of held-out pairs right, {found.low:.0%} to {found.high:.0%}; "
        f'the present weights {found.present:.0%}; chance 50 %">'
        f'<i class="band" style="left:{100 * found.low:.1f}%;width:{100 * (found.high - found.low):.1f}%"></i>'
        f'<b style="left:{100 * found.accuracy:.1f}%"></b><u style="left:{100 * found.present:.1f}%"></u>'
        '<s style="left:50%"></s></div>'
        '<p class="scale-key aside"><span><b></b>learnt, with its interval</span><span><u></u>present weights</span>'
        "<span><s></s>chance</span></p>"
    )

"""Two merchandisers at one shop: drafts, clashes, publications, roll backs and sales, against a plain dictionary.

The model knows documents and stock and nothing of versions, caches or drafts in a database. What the shop serves must
be what a view opened from nothing on the model serves, now and, for every moment passed, as of then.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.curation.desk import Desk
from core.curation.resolve import RuleBook
from core.domain.changes import Documents, Key, Plain
from core.domain.errors import BadRequest, Conflict, SlotTaken
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.recommend.similar import similar
from core.recommend.view import open_view
from core.shop import Shop
from core.store.studio import Studio
from tests.rank.rank_worlds import edition
from tests.worlds import open_small_shop

FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # everything here is past, so that "as of" is asked of what was
MINUTE = timedelta(minutes=1)
ITEMS = list(edition(40, 5, audiences=(None, "women", "unisex")).catalogue)
IDS = [item.id for item in ITEMS]
WEIGHTS = Key("strategy", "similar")


def block(item: str) -> dict[str, Any]:
    return {"kind": "block", "target": {"items": [item]}}


def pin(item: str, place: int) -> dict[str, Any]:
    return {"kind": "pin", "place": place, "target": {"items": [item]}, "ends_at": None}


def brief(item: str, minutes: int) -> dict[str, Any]:
    return {**block(item), "ends_at": (FIRST + minutes * MINUTE).isoformat()}


def boost(brand: str, amount: float) -> dict[str, Any]:
    return {"kind": "boost", "amount": amount, "target": {"filters": {"brand": [brand]}}}


items = st.sampled_from(IDS[:8])
acts = st.one_of(
    st.builds(block, items),
    st.builds(pin, items, st.integers(1, 2)),
    st.builds(brief, items, st.integers(1, 30)),
    st.builds(boost, st.sampled_from(["B0", "B1", "B2"]), st.sampled_from([-0.5, 0.5])),
    st.just({"kind": "quota", "at_most": 1, "target": {"filters": {"brand": ["B3"]}}}),
)
names = st.sampled_from("abcd")
lams = st.sampled_from([0.0, 0.5, 1.0])


@dataclass
class Draft:
    """The steps of a draft, and what each document was when it was first touched."""

    steps: list[tuple[Key, Plain | None]] = field(default_factory=list)
    base: dict[Key, Plain | None] = field(default_factory=dict)

    def wanted(self) -> dict[Key, Plain | None]:
        return {key: after for key, after in dict(self.steps).items() if after != self.base[key]}

    def clashes(self, live: Documents) -> set[Key]:
        return {key for key, after in self.wanted().items() if live.get(key) not in (self.base[key], after)}

    def over(self, live: Documents) -> dict[Key, Plain]:
        return changed(live, self.wanted())


def changed(live: Documents, wanted: Mapping[Key, Plain | None]) -> dict[Key, Plain]:
    out = dict(live)
    for key, after in wanted.items():
        if after is None:
            out.pop(key, None)
        else:
            out[key] = after
    return out


def rivals(live: Documents, fresh: set[Key]) -> bool:
    """Whether two pins want one place, and one of them is new."""
    pins = [(key, plain) for key, plain in live.items() if plain.get("kind") == "pin"]
    return any(
        one["place"] == other["place"] and one["target"] != other["target"] and bool({a, b} & fresh)
        for a, one in pins
        for b, other in pins
    )


@pytest.fixture(scope="module", autouse=True)
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The edition that every run of the machine begins with, and an empty studio to copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        opened = open_small_shop(tmp_path_factory.mktemp("two") / "shop", ITEMS, pictures=False)
        opened.studio.close()
        TwoMerchandisers.opened = opened
        yield
        TwoMerchandisers.opened = None


class TwoMerchandisers(RuleBasedStateMachine):
    """The shop, its two merchandisers and a till, driven at random."""

    opened: Shop | None = None

    def __init__(self) -> None:
        super().__init__()
        assert self.opened is not None
        self.folder = tempfile.TemporaryDirectory()
        where = Path(self.folder.name) / "studio.db"
        shutil.copy(self.opened.layout.studio_db, where)
        self.studio = Studio(where)
        self.shop = Shop(self.opened.settings, self.opened.snapshot, self.opened._calibration, studio=self.studio)
        self.desks = [Desk(self.studio, "Ada"), Desk(self.studio, "Bo")]
        self.clock = FIRST
        self.live: dict[Key, Plain] = {}
        self.stock: dict[str, dict[str, Any]] = {}
        self.drafts = [Draft(), Draft()]
        self.past: list[dict[Key, tuple[Plain | None, Plain | None]]] = []
        self.remembered: list[tuple[datetime, str, str]] = []

    who = st.integers(0, 1)

    def now(self) -> datetime:
        self.clock += MINUTE
        return self.clock

    # -- drafting

    def _edit(self, who: int, key: Key, after: Plain | None) -> None:
        self.desks[who].edit(key, after, says="a step", at=self.now())
        self.drafts[who].base.setdefault(key, self.live.get(key))
        self.drafts[who].steps.append((key, after))

    @rule(who=who, name=names, act=acts)
    def write_a_rule(self, who: int, name: str, act: dict[str, Any]) -> None:
        self._edit(who, Key("rule", name), {"id": name, **act})

    @rule(who=who, name=names)
    def take_a_rule_away(self, who: int, name: str) -> None:
        self._edit(who, Key("rule", name), None)

    @rule(who=who, lam=st.none() | lams)
    def weigh(self, who: int, lam: float | None) -> None:
        self._edit(who, WEIGHTS, None if lam is None else Strategy(lam=lam).as_json())

    @rule(who=who)
    def undo(self, who: int) -> None:
        draft = self.drafts[who]
        if not draft.steps:
            with pytest.raises(BadRequest):
                self.desks[who].undo(self.now())
            return
        self.desks[who].undo(self.now())
        draft.steps.pop()
        left = {key for key, _ in draft.steps}
        draft.base = {key: was for key, was in draft.base.items() if key in left}

    @rule(who=who)
    def begin_anew(self, who: int) -> None:
        self.desks[who].discard()
        self.drafts[who] = Draft()

    @rule(who=who, mine=st.booleans())
    def settle_a_clash(self, who: int, mine: bool) -> None:
        draft, desk = self.drafts[who], self.desks[who]
        clashes = draft.clashes(self.live)
        assert {one.key for one in desk.clashes()} == clashes
        assume(clashes)
        key = min(clashes)
        if mine:
            desk.keep_mine(key, self.now())
            draft.base[key] = self.live.get(key)
        else:
            desk.take_theirs(key, self.now())
            draft.steps = [step for step in draft.steps if step[0] != key]
            del draft.base[key]

    # -- what everybody sees

    @rule(who=who)
    def publish(self, who: int) -> None:
        draft, desk, at = self.drafts[who], self.desks[who], self.now()
        wanted = {key: after for key, after in draft.wanted().items() if after != self.live.get(key)}
        if draft.clashes(self.live):
            with pytest.raises(Conflict):
                desk.publish("because", at)
        elif not wanted:
            with pytest.raises(BadRequest):
                desk.publish("because", at)
        elif rivals(changed(self.live, wanted), set(wanted)):
            with pytest.raises(SlotTaken):
                desk.publish("because", at)
        else:
            seen = self.items(self.shop.recommend(self.asked(IDS[0]), draft=desk.standing()))
            desk.publish("because", at)
            self._went_live(wanted)
            self.drafts[who] = Draft()
            assert self.items(self.shop.recommend(self.asked(IDS[0]))) == seen

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, len(self.past)))
        back = {key: (after, before) for key, (before, after) in self.past[number - 1].items()}
        wanted = {key: after for key, (_, after) in back.items()}
        publications, at = self.desks[0].publications, self.now()
        if any(self.live.get(key) != before for key, (before, _) in back.items()):
            with pytest.raises(Conflict):
                publications.rollback(number, who="Cy", at=at)
        elif rivals(changed(self.live, wanted), set(wanted)):
            with pytest.raises(SlotTaken):
                publications.rollback(number, who="Cy", at=at)
        else:
            publications.rollback(number, who="Cy", at=at)
            self._went_live(wanted)

    def _went_live(self, wanted: Mapping[Key, Plain | None]) -> None:
        if WEIGHTS in wanted and wanted[WEIGHTS] is None:  # without its own, a placement has the default
            wanted = {**wanted, WEIGHTS: Strategy().as_json()}
        self.past.append({key: (self.live.get(key), after) for key, after in wanted.items()})
        self.live = changed(self.live, wanted)

    @rule(item=items, left=st.integers(0, 2))
    def sell_or_restock(self, item: str, left: int) -> None:
        before = {"stock": self.shop.item(item, self.clock).stock}
        self.studio.change_facts({item: {"stock": {"": left}}}, before={item: before}, who="till", at=self.now())
        self.stock[item] = {"stock": {"": left}}

    # -- what must hold

    def asked(self, anchor: str) -> Request:
        return Request(anchor=anchor, k=5, at=self.clock)

    @staticmethod
    def items(listing: Any) -> str:
        return json.dumps(listing.as_json()["items"])

    def served_from_nothing(self, documents: Documents, anchor: str) -> str:
        assert self.opened is not None
        rules = [plain for key, plain in documents.items() if key.kind == "rule"]
        weights = documents.get(WEIGHTS)
        view = open_view(
            self.opened.snapshot, self.opened._calibration, facts=self.stock, rules=rules,
            strategy=Strategy() if weights is None else Strategy.from_json(weights), curation=RuleBook.of(rules),
        )  # fmt: skip
        return self.items(similar(view, self.asked(anchor)))

    @rule(anchor=st.sampled_from(IDS))
    def a_list_is_what_the_model_says(self, anchor: str) -> None:
        listing = self.shop.recommend(self.asked(anchor))
        assert self.items(listing) == self.served_from_nothing(self.live, anchor)
        rules = [plain for key, plain in self.live.items() if key.kind == "rule"]
        ended = [one for one in rules if one.get("ends_at") and datetime.fromisoformat(one["ends_at"]) <= self.clock]
        for one in rules:
            if one["kind"] == "block" and one not in ended:
                assert one["target"]["items"][0] not in listing.ids
        gone = {item for item, facts in self.stock.items() if not facts["stock"][""]}
        assert not gone & set(listing.ids)
        self.remembered.append((self.clock, anchor, json.dumps(listing.as_json())))

    @rule(who=who, anchor=st.sampled_from(IDS))
    def a_preview_is_what_the_model_says(self, who: int, anchor: str) -> None:
        standing = self.desks[who].standing()
        listing = self.shop.recommend(self.asked(anchor), draft=standing)
        assert self.items(listing) == self.served_from_nothing(self.drafts[who].over(self.live), anchor)

    @precondition(lambda self: self.remembered)
    @rule(data=st.data())
    def any_moment_can_be_asked_for_again(self, data: st.DataObject) -> None:
        at, anchor, listing = data.draw(st.sampled_from(self.remembered))
        if at < self.clock:  # in the minute itself something may have been published since
            assert json.dumps(self.shop.recommend(Request(anchor=anchor, k=5, at=at)).as_json()) == listing

    @invariant()
    def what_is_live_is_what_was_published(self) -> None:
        assert self.desks[0].published() == self.live
        assert list(self.studio.rules()) == [plain for key, plain in self.live.items() if key.kind == "rule"]

    @invariant()
    def drafts_are_what_their_owners_made(self) -> None:
        for desk, mine in zip(self.desks, self.drafts, strict=True):
            draft = desk.draft()
            assert [(edit.key, edit.after) for edit in draft.edits] == mine.steps
            assert dict(draft.base) == mine.base

    def teardown(self) -> None:
        self.studio.close()
        self.folder.cleanup()


TestTwoMerchandisers = TwoMerchandisers.TestCase
TestTwoMerchandisers.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

"""A preview is what is served: five hundred random drafts, seen before they are published and asked for after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core import cli
from core import shop as shops
from core.api import api
from core.curation.desk import Desk
from core.domain.changes import ChangeSet, Documents, Key
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.shop import Shop
from tests.curation.rule_worlds import IDS, books
from tests.rank.rank_worlds import AT, edition
from tests.worlds import open_small_shop

ASKED_AT = AT + timedelta(hours=1)
SETS = 500
THROUGH_DOORS = 25  # every so many sets are asked for over HTTP and on the command line as well
VERSIONS = ("rules", "strategy")
PLACEMENTS = (Placement.SIMILAR, Placement.SUBSTITUTE, Placement.SEARCH)
WORDS = "bags"

weights = st.one_of(
    st.none(),
    st.builds(
        lambda text, attributes, lam, cap: Strategy(
            weights={"text": text, "attributes": attributes}, lam=lam, brand_cap=cap
        ).as_json(),
        st.sampled_from([0.2, 1.0]), st.sampled_from([0.1, 0.7]), st.sampled_from([1.0, 0.7, 0.2]),
        st.sampled_from([None, 2, 4]),
    ),
)  # fmt: skip


def one_pin_a_place(book: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A book without two pins that could want one place: those are refused, and tested elsewhere."""
    taken: set[tuple[int, int]] = set()
    out = []
    for rule in book:
        if rule["kind"] == "pin":
            wanted = rule["place"], rule["priority"]
            if wanted in taken:
                continue
            taken.add(wanted)
        out.append(rule)
    return out


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """120 products whose attributes, families, stock and dates are random, some of each missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        opened = open_small_shop(tmp_path_factory.mktemp("preview"), list(edition(120, 3).catalogue), pictures=False)
        shops.install(opened)
        yield opened
        shops.install(None)
        opened.studio.close()


def asked(anchor: str, placement: Placement) -> Request:
    words = WORDS if placement == Placement.SEARCH else None
    return Request(placement=placement, anchor=None if words else anchor, words=words, k=6, at=ASKED_AT)


def without_versions(plain: dict[str, Any]) -> str:
    """A list as the bytes that leave the shop, but for the fields that name versions."""
    return json.dumps({name: value for name, value in plain.items() if name not in VERSIONS})


def drafted(shop: Shop, desk: Desk, wanted: Documents) -> None:
    """Makes this person's draft the steps that turn what is published into `wanted`; written once, to save time."""
    live, draft = desk.published(), ChangeSet(desk.name)
    for key in (*live, *wanted):
        if wanted.get(key) != live.get(key):
            draft = draft.edited(key, wanted.get(key), live.get(key), says="a step", at=AT)
    shop.studio.revise_draft(desk.who, desk.name, lambda _: draft.as_json(), AT)


TURN = count()


@pytest.mark.slow
@settings(max_examples=SETS, deadline=None, suppress_health_check=list(HealthCheck))
@given(book=books().map(one_pin_a_place), strategy=weights, first=st.integers(0, len(IDS) - 1))
@example(book=[], strategy=None, first=0)
def test_what_a_draft_shows_is_what_is_served_once_it_is_published(
    shop: Shop, capsys: pytest.CaptureFixture[str], book: list[dict[str, Any]], strategy: Any, first: int
) -> None:
    desk, turn = Desk(shop.studio, "Ada"), next(TURN)
    wanted = {Key("rule", rule["id"]): rule for rule in book}
    if strategy is not None:
        wanted[Key("strategy", "similar")] = strategy
    drafted(shop, desk, wanted)
    # a list that one of the rules is about, where they name any
    anchor = next((rule["scope"]["anchors"][0] for rule in book if rule["scope"].get("anchors")), IDS[first])
    requests = [asked(anchor, placement) for placement in PLACEMENTS]
    standing = desk.standing()
    seen = [shop.recommend(one, draft=standing).as_json() for one in requests]
    if len(desk.draft()):
        desk.publish(f"turn {turn}", AT)
    served = [shop.recommend(one).as_json() for one in requests]
    assert [without_versions(one) for one in seen] == [without_versions(one) for one in served]
    assert served[0]["rules"] == shop.studio.rules_version()
    if turn % THROUGH_DOORS == 0:
        (batch,) = shop.recommend_all(requests[0], [anchor], draft=standing)
        assert json.dumps(batch.as_json()["items"]) == json.dumps(served[0]["items"])
        for one, plain in zip(requests, served, strict=True):
            for answer in doors(shop, one, capsys, command_line=one.words is None or turn == 0):
                assert answer == json.dumps(plain, ensure_ascii=False).encode()


def doors(shop: Shop, request: Request, capsys: pytest.CaptureFixture[str], *, command_line: bool) -> list[bytes]:
    """The list of `request` as the API writes it, and the command line (which starts encoders to read words)."""
    at, placement, k = ASKED_AT.isoformat(), str(request.placement), str(request.k)
    if request.words is not None:
        path, asking, words = "/search", {"q": request.words}, ["search", request.words]
    else:
        assert request.anchor is not None
        path, asking = "/recommend", {"item_id": request.anchor, "placement": placement}
        words = ["recommend", "--anchor", request.anchor, "--placement", placement]
    over_http = TestClient(api).get(path, params={**asking, "k": k, "at": at})
    if not command_line:
        return [over_http.content]
    capsys.readouterr()
    assert cli.main(["--data", str(shop.settings.data), *words, "-k", k, "--at", at, "--json"]) == 0
    return [over_http.content, capsys.readouterr().out.strip().encode()]

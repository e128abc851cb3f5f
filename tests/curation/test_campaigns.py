"""A campaign begins and ends by itself, is seen ahead, measured by itself and taken back as one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import cli
from core.curation.campaigns import ENDS, STARTS, campaigns, events, members, taking_back, telling, without
from core.curation.desk import Desk
from core.curation.lint import lint
from core.curation.resolve import RuleBook
from core.domain.campaigns import COMING, MISSING, OFF, OVER, RUNNING, Campaign, id_of, under
from core.domain.changes import Change, Key
from core.domain.errors import BadRequest, Conflict, UnknownCampaign
from core.domain.looks import SavedLook
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Rule
from core.recommend.similar import similar
from core.shop import Shop
from core.store.publications import Publications, Published
from tests.curation.rule_checks import SHOP
from tests.curation.rule_worlds import IDS
from tests.curation.rule_worlds import rules as random_rules
from tests.rank.rank_worlds import AT, asking
from tests.worlds import NOW, open_small_shop

BAG = "handbags-aurel-black"
FIRST, LAST = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
AUTUMN = Campaign("autumn", "Autumn in the city", starts_at=FIRST, ends_at=LAST)
SECOND = timedelta(seconds=1)
KEY = Key("campaign", "autumn")


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Shop:
    return open_small_shop(tmp_path / "shop", pictures=False)


def block(item: str, id: str = "b", campaign: str | None = "autumn", **more: Any) -> dict[str, Any]:
    plain = {"id": id, "kind": "block", "target": {"items": [item]}, "campaign": campaign, **more}
    return Rule.from_json(plain).as_json()


def publish(shop: Shop, *documents: dict[str, Any], at: datetime = NOW, **looks: SavedLook) -> None:
    """Publish rules and campaigns, and looks by their ids."""
    publications = Publications(shop.studio)
    stands = publications.documents()
    made = {Key("campaign" if plain["kind"] == "campaign" else "rule", plain["id"]): plain for plain in documents}
    made |= {Key("look", id): look.as_json() for id, look in looks.items()}
    changes = [Change(key, stands.get(key), plain, ("a step",)) for key, plain in made.items()]
    publications.publish(changes, name="Autumn", who="Ada", at=at, why="the season")


def shown(shop: Shop, at: datetime, anchor: str = BAG) -> tuple[str, ...]:
    return tuple(shop.recommend(Request(anchor=anchor, k=24, at=at)).ids)


# -- what a campaign is --------------------------------------------------------------------------------------------


def test_a_campaign_is_read_as_it_was_written() -> None:
    whole = AUTUMN.changed(
        story="Rain,\nand light.", heroes=("b", "a"), collection="AW 26", zone="Europe/Paris", off=True
    )
    for one in (AUTUMN, whole, Campaign("x", "X")):
        assert Campaign.from_json(json.loads(json.dumps(one.as_json()))) == one


def test_dates_are_read_in_the_campaigns_own_zone() -> None:
    one = Campaign.from_json({"name": "Été à Paris", "starts_at": "2026-07-01", "zone": "Europe/Paris"})
    assert one.id == id_of("Été à Paris")
    assert one.starts_at == datetime(2026, 6, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "plain",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "A", "colour": "red"},
        {"name": "A", "kind": "rule"},
        {"name": "A", "starts_at": "soon"},
        {"name": "A", "starts_at": "2026-05-01", "ends_at": "2026-05-01"},
        {"name": "A", "zone": "Mars/Base"},
        {"name": "A", "heroes": "coat"},
        {"name": "A", "heroes": [f"i{n}" for n in range(25)]},
        {"name": "A", "off": "yes"},
        {"name": "A", "id": "no spaces"},
        {"name": "A", "story": "\x00"},
        {"name": 3},
        "A",
    ],
)
def test_what_is_no_campaign_is_refused_in_a_sentence(plain: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        Campaign.from_json(plain)
    assert refused.value.message.endswith(".")


def test_a_campaign_is_coming_running_over_or_off() -> None:
    phases = [AUTUMN.phase(at) for at in (FIRST - SECOND, FIRST, LAST - SECOND, LAST)]
    assert phases == [COMING, RUNNING, RUNNING, OVER]
    assert AUTUMN.changed(off=True).phase(FIRST) == OFF
    assert Campaign("x", "X").phase(NOW) == RUNNING


def test_a_rule_counts_exactly_while_both_it_and_its_campaign_do() -> None:
    moments = [FIRST + timedelta(days=day) for day in (-20, -1, 0, 5, 10, 29, 30, 40)]
    dates = [None, FIRST - timedelta(days=10), FIRST + timedelta(days=5), LAST + timedelta(days=5)]
    for starts in dates:
        for ends in dates:
            if starts is not None and ends is not None and ends <= starts:
                continue
            rule = Rule.from_json(block("x")).changed(starts_at=starts, ends_at=ends)
            for campaign in (AUTUMN, AUTUMN.changed(off=True), Campaign("autumn", "A"), Campaign("other", "B")):
                (counts,) = under([rule], [campaign])
                for at in moments:
                    runs = campaign.id == rule.campaign and campaign.phase(at) == RUNNING
                    assert counts.in_force(at) == (rule.in_force(at) and runs)


@given(book=st.lists(random_rules(), min_size=1, max_size=5), chosen=st.sets(st.integers(0, 4)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_under_a_campaign_rules_do_what_they_do_alone_and_before_it_nothing(
    book: list[dict[str, Any]], chosen: set[int]
) -> None:
    plain = [{**rule, "id": f"r{number}"} for number, rule in enumerate(book)]
    inside = [{**rule, "campaign": "c"} if number in chosen else rule for number, rule in enumerate(plain)]
    without_ = [rule for rule in inside if "campaign" not in rule]

    def listed(rules: list[dict[str, Any]], *campaigns_: Campaign) -> list[list[Any]]:
        documents = [*rules, *(one.as_json() for one in campaigns_)]
        shop = SHOP.with_rules(documents, 1, RuleBook.of(documents))
        return [[one.as_json() for one in similar(shop, asking(anchor, k=8)).items] for anchor in IDS[::31]]

    assert listed(inside, Campaign("c", "C", starts_at=AT)) == listed(plain)
    nothing = listed(without_)
    assert listed(inside, Campaign("c", "C", starts_at=AT + SECOND)) == nothing
    assert listed(inside, Campaign("c", "C", ends_at=AT)) == nothing
    assert listed(inside) == nothing


# -- in a shop -----------------------------------------------------------------------------------------------------


def test_a_campaign_begins_and_ends_by_itself(shop: Shop) -> None:
    item = shown(shop, FIRST)[0]
    publish(shop, AUTUMN.as_json(), block(item))
    assert item in shown(shop, FIRST - SECOND)
    assert item not in shown(shop, FIRST)
    assert item not in shown(shop, LAST - SECOND)
    assert item in shown(shop, LAST)


def test_a_rule_whose_campaign_is_off_or_gone_does_nothing(shop: Shop) -> None:
    item = shown(shop, FIRST)[0]
    publish(shop, block(item))
    assert item in shown(shop, FIRST)
    publish(shop, AUTUMN.changed(off=True).as_json(), at=NOW + SECOND)
    assert item in shown(shop, FIRST)
    publish(shop, AUTUMN.as_json(), at=NOW + 2 * SECOND)
    assert item not in shown(shop, FIRST)


def test_the_rules_version_is_all_that_lists_know_of_campaigns(shop: Shop) -> None:
    item = shown(shop, FIRST)[0]
    publish(shop, AUTUMN.as_json(), block(item))
    before = shop.recommend(Request(anchor=BAG, at=FIRST)).versions
    publish(shop, AUTUMN.changed(starts_at=FIRST + timedelta(days=3)).as_json(), at=NOW + SECOND)
    after = shop.recommend(Request(anchor=BAG, at=FIRST)).versions
    assert (after.rules, after.facts, after.strategy) == (before.rules + 1, before.facts, before.strategy)
    assert item in shown(shop, FIRST)


def test_a_campaign_in_a_draft_shows_what_it_will_do_on_its_first_day(shop: Shop) -> None:
    item = shown(shop, FIRST)[0]
    desk = Desk(shop.studio, "Ada")
    desk.edit(Key("campaign", "autumn"), AUTUMN.as_json(), says="a campaign", at=NOW)
    desk.edit(Key("rule", "b"), block(item), says="a rule", at=NOW)
    seen = {
        at: shop.recommend(Request(anchor=BAG, k=24, at=at), draft=desk.standing()).ids
        for at in (FIRST - SECOND, FIRST, LAST)
    }
    assert item in seen[FIRST - SECOND]
    assert item not in seen[FIRST]
    desk.publish("the season", NOW)
    assert {at: shop.recommend(Request(anchor=BAG, k=24, at=at)).ids for at in seen} == seen


def test_a_campaign_is_measured_by_itself_on_its_own_first_day(shop: Shop) -> None:
    inside, outside = shown(shop, FIRST)[:2]
    publish(shop, AUTUMN.as_json(), block(inside), block(outside, "o", campaign=None))
    documents = Publications(shop.studio).documents()
    found = shop.campaign_impact("autumn", documents)[Placement.SIMILAR]
    lists = shop.snapshot.catalogue.ids
    with_it = {anchor: shop.recommend(Request(anchor=anchor, at=FIRST)).ids for anchor in lists}
    alone = without(documents, "autumn")
    bare = {anchor: shop.recommend(Request(anchor=anchor, at=FIRST), draft=alone).ids for anchor in lists}
    assert found.changed == sum(with_it[anchor] != bare[anchor] for anchor in lists) > 0
    assert (found.losers[0].id, found.losers[0].after) == (inside, 0)
    publish(shop, AUTUMN.changed(off=True).as_json(), at=NOW + SECOND)
    off = shop.campaign_impact("autumn", Publications(shop.studio).documents())[Placement.SIMILAR]
    assert off.as_json() == found.as_json()
    with pytest.raises(UnknownCampaign):
        shop.campaign_impact("winter", documents)


def test_it_is_asked_about_when_it_tells_most() -> None:
    day = timedelta(days=1)
    assert telling(AUTUMN, FIRST - day) == FIRST
    assert telling(AUTUMN, FIRST + day) == FIRST + day
    assert FIRST < telling(AUTUMN, LAST + day) < LAST
    assert telling(AUTUMN.changed(off=True), FIRST - day) == FIRST
    assert telling(Campaign("x", "X"), NOW) == NOW
    odd = AUTUMN.changed(starts_at=FIRST + 30 * SECOND)
    assert [telling(odd, FIRST + n * SECOND) for n in (0, 31, 90)] == [
        FIRST + 60 * SECOND, FIRST + 60 * SECOND, FIRST + 90 * SECOND,
    ]  # fmt: skip


def test_a_campaign_is_taken_back_as_one_and_leaves_what_was_there_before(shop: Shop) -> None:
    one, other, third = shown(shop, FIRST)[:3]
    look = SavedLook("Lunch", BAG, (("shoes", "boots-corvin-red"),))
    publish(shop, block(one, "old", campaign=None), block(third, "mine", campaign=None), old=look)
    stood = Publications(shop.studio).documents()
    publish(
        shop, AUTUMN.as_json(), block(one, "old"), block(other, "new"), at=NOW + SECOND,
        old=look.changed(campaign="autumn", note="for the season"), fresh=look.changed(name="Rain", campaign="autumn"),
    )  # fmt: skip
    publish(shop, block(one, "old", note="a better word"), at=NOW + 2 * SECOND)
    done = shop.rollback_campaign("autumn", who="Bo")
    assert {change.key for change in done.changes} == {
        Key("campaign", "autumn"), Key("rule", "old"), Key("rule", "new"), Key("look", "old"), Key("look", "fresh"),
    }  # fmt: skip
    assert Publications(shop.studio).documents() == stood
    again = Publications(shop.studio).rollback(done.version, who="Bo", at=NOW + 3 * SECOND)
    assert Key("campaign", "autumn") in {change.key for change in again.changes}
    assert shop.campaigns() == (AUTUMN,)


@given(steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["autumn", "spring", None, "gone"])), max_size=14))
@settings(max_examples=150, deadline=None)
def test_whatever_was_published_taking_a_campaign_back_undoes_what_it_did(steps: list[tuple[int, str | None]]) -> None:
    """Four rules join, change in, leave and vanish from campaigns at random; the reference notes what each was when it
    last joined."""
    stands: dict[Key, Any] = {KEY: AUTUMN.as_json()}
    before: dict[Key, Any] = {}
    past = [Published(0, "", (Change(KEY, None, stands[KEY], ()),), "Ada", NOW, "")]
    for number, (which, campaign) in enumerate(steps, 1):
        key = Key("rule", f"r{which}")
        after = None if campaign == "gone" else block(BAG, key.id, campaign, note=f"step {number}")
        was = stands.get(key)
        joins = after is not None and campaign == "autumn" and (was is None or was.get("campaign") != "autumn")
        if joins:
            before[key] = was
        stands = {k: v for k, v in stands.items() if k != key} | ({} if after is None else {key: after})
        past.insert(0, Published(number, "", (Change(key, was, after, ()),), "Ada", NOW, ""))
    inside = {key for key, plain in stands.items() if plain.get("campaign") == "autumn"}
    wanted = {key: before[key] if key in inside else plain for key, plain in stands.items() if key != KEY}
    done = dict(stands)
    for change in taking_back(past, stands, "autumn"):
        assert change.before == stands[change.key]
        done[change.key] = change.after
    assert {k: v for k, v in done.items() if v is not None} == {k: v for k, v in wanted.items() if v is not None}


def test_a_campaign_that_is_not_there_cannot_be_taken_back(shop: Shop) -> None:
    with pytest.raises(UnknownCampaign):
        shop.rollback_campaign("autumn", who="Bo")
    publish(shop, block(BAG))
    assert [change.after for change in shop.rollback_campaign("autumn", who="Bo").changes] == [None]


def test_a_campaign_that_somebody_changes_meanwhile_is_not_half_taken_back(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json(), block(BAG))
    publications = Publications(shop.studio)
    changes = taking_back(publications.history(), publications.documents(), "autumn")
    publish(shop, block(BAG, note="meanwhile"), at=NOW + SECOND)
    before = publications.documents()
    with pytest.raises(Conflict):
        publications.publish(changes, name="back", who="Bo", at=NOW + 2 * SECOND, why="back")
    assert publications.documents() == before


def test_the_book_goes_back_with_its_campaigns(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json(), block(BAG))
    publish(shop, AUTUMN.changed(name="Autumn by the sea").as_json(), at=NOW + SECOND)
    shop.rollback_rules(who="Bo")
    assert shop.campaigns() == (AUTUMN,)
    shop.rollback_rules(0, who="Bo")
    assert shop.campaigns() == () == shop.rules()


def test_importing_a_rule_book_leaves_campaigns_alone(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json(), block(BAG))
    shop.publish_rules([Rule.from_json(block(BAG, "fresh"))], who="Ada", why="from a file")
    assert shop.campaigns() == (AUTUMN,)
    assert [rule.id for rule in shop.rules()] == ["fresh"]


def test_a_rule_and_a_campaign_may_share_an_id(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json(), block(BAG, "autumn"))
    assert set(Publications(shop.studio).documents()) == {Key("campaign", "autumn"), Key("rule", "autumn")}
    assert (shop.campaigns(), [rule.id for rule in shop.rules()]) == ((AUTUMN,), ["autumn"])


def test_two_who_change_one_campaign_are_both_heard(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json())
    ada, bo = Desk(shop.studio, "Ada"), Desk(shop.studio, "Bo")
    ada.edit(KEY, AUTUMN.changed(name="Ada's").as_json(), says="hers", at=NOW)
    bo.edit(KEY, AUTUMN.changed(name="Bo's").as_json(), says="his", at=NOW)
    ada.publish("hers", NOW + SECOND)
    with pytest.raises(Conflict, match="campaign autumn"):
        bo.publish("his", NOW + 2 * SECOND)
    assert shop.campaigns()[0].name == "Ada's"


def test_a_campaign_that_makes_no_sense_is_not_published(shop: Shop) -> None:
    with pytest.raises(BadRequest):
        publish(shop, {"kind": "campaign", "id": "x", "name": ""})
    with pytest.raises(BadRequest):
        publish(shop, {"kind": "campaign", "id": "x", "name": "X", "colour": "red"})


def test_a_look_of_a_campaign_waits_with_it(shop: Shop) -> None:
    look = SavedLook("Lunch", BAG, (("shoes", "boots-corvin-red"),), campaign="autumn")
    assert SavedLook.from_json(look.as_json()) == look
    publish(shop, AUTUMN.as_json(), lunch=look)
    phases = [shop.saved_looks(at)[0].phase for at in (NOW + SECOND, FIRST, LAST)]
    assert phases == [COMING, RUNNING, OVER]
    assert shop.saved_look("lunch", FIRST).in_force
    publish(shop, evening=look.changed(name="Evening", campaign=None), other=look.changed(name="x", campaign="y"))
    assert {one.id: one.phase for one in shop.saved_looks(NOW + 2 * SECOND)} == {
        "lunch": COMING, "evening": RUNNING, "other": MISSING,
    }  # fmt: skip


def test_a_look_counts_for_its_houses_and_in_drills_only_while_its_campaign_does(shop: Shop) -> None:
    look = SavedLook("Lunch", BAG, (("shoes", "boots-corvin-red"),), campaign="autumn")
    publish(shop, AUTUMN.as_json(), lunch=look)
    seen = {at: (len(shop.every_list(at=at).outfits), len(shop.drill(["boots-corvin-red"], at=at).looks))
            for at in (FIRST - SECOND, FIRST, LAST)}  # fmt: skip
    assert [*seen.values()] == [(0, 1), (1, 1), (0, 0)]


def test_versions_of_the_book_count_rules_and_not_campaigns(shop: Shop, run: Any) -> None:
    publish(shop, AUTUMN.as_json(), block(BAG))
    assert [one["rules"] for one in json.loads(run("rules", "history", "--json")[1])["versions"]] == [1]


def test_today_tells_what_begins_and_ends_within_a_week(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json(), Campaign("off", "Off", starts_at=FIRST, off=True).as_json())
    day = timedelta(days=1)
    asked = (FIRST - 8 * day, FIRST - 7 * day, FIRST - SECOND, FIRST, LAST - day, LAST)
    told = [[(one.campaign.id, one.what) for one in events(shop.campaigns(), at)] for at in asked]
    assert told == [[], [("autumn", STARTS)], [("autumn", STARTS)], [], [("autumn", ENDS)], []]
    assert [one.what for one in shop.glance(FIRST - day).campaigns] == [STARTS]


def test_campaigns_stand_in_the_order_in_which_they_begin() -> None:
    some = [AUTUMN, Campaign("b", "B"), Campaign("c", "C", starts_at=FIRST - SECOND), Campaign("a", "A")]
    documents = {Key("campaign", one.id): one.as_json() for one in some}
    assert [one.id for one in campaigns(documents)] == ["a", "b", "c", "autumn"]


def test_what_belongs_to_a_campaign() -> None:
    documents = {
        Key("campaign", "autumn"): AUTUMN.as_json(), Key("rule", "b"): block("x"),
        Key("rule", "o"): block("x", "o", campaign=None), Key("strategy", "similar"): {"lam": 1.0},
    }  # fmt: skip
    assert set(members(documents, "autumn")) == {Key("rule", "b")}
    assert set(without(documents, "autumn")) == {Key("rule", "o"), Key("strategy", "similar")}


def test_a_pin_of_a_campaign_ends_with_it() -> None:
    plain = {"id": "p", "kind": "pin", "place": 1, "target": {"items": ["x"]}}
    assert Rule.from_json(plain, made_at=NOW).ends_at is not None
    assert Rule.from_json({**plain, "campaign": "autumn"}, made_at=NOW).ends_at is None


# -- the linter ----------------------------------------------------------------------------------------------------


def codes(rules: list[dict[str, Any]], *known: Campaign) -> dict[str, tuple[str, ...]]:
    return {one.code: one.rules for one in lint([Rule.from_json(r) for r in rules], SHOP, AT, campaigns=known)}


def test_the_linter_says_what_a_campaign_keeps_asleep() -> None:
    day = timedelta(days=1)
    here, over = Campaign("autumn", "A"), Campaign("autumn", "A", ends_at=AT)
    coming = Campaign("autumn", "A", starts_at=AT + day)
    rule = block(IDS[0])
    assert codes([rule]) == {"campaign_missing": ("b",)}
    assert codes([rule], here) == codes([rule], coming) == {}
    assert codes([rule], here.changed(off=True)) == {"campaign_off": ("b",)}
    assert codes([rule], over) == {"campaign_over": ("b",)}
    early = Rule.from_json(rule).changed(ends_at=AT + day / 2)
    (found,) = lint([early], SHOP, AT, campaigns=[coming])
    assert (found.code, found.rules) == ("campaign_apart", ("b",))
    assert found.fix is not None
    assert found.fix.rule is not None
    assert lint([found.fix.rule], SHOP, AT, campaigns=[coming]) == []


def test_the_linter_does_not_count_what_sleeps_and_its_fixes_keep_the_rules_own_dates() -> None:
    pins = [
        {"id": f"p{n}", "kind": "pin", "place": 1, "target": {"items": [IDS[n]]}, "ends_at": None, "campaign": "autumn"}
        for n in (1, 2)
    ]
    campaign = Campaign("autumn", "A", ends_at=AT + timedelta(days=40))
    assert "pins_clash" not in codes(pins, campaign.changed(off=True))
    found = next(
        one
        for one in lint([Rule.from_json(r) for r in pins], SHOP, AT, campaigns=[campaign])
        if one.code == "pins_clash"
    )
    assert found.fix is not None
    assert found.fix.rule is not None
    assert found.fix.rule.ends_at is None


def test_the_linter_names_heroes_that_cannot_be_sold() -> None:
    gone = next(one.id for one in SHOP.catalogue if one.pieces == 0)
    campaign = Campaign("autumn", "A", heroes=(gone, "not-there", IDS[0]))
    found = [one for one in lint([], SHOP, AT, campaigns=[campaign]) if one.code == "campaign_hero"]
    assert [gone in found[0].text, "not-there" in found[1].text] == [True, True]


def test_the_shops_own_linter_knows_its_campaigns(shop: Shop) -> None:
    publish(shop, AUTUMN.as_json(), block(BAG))
    assert shop.lint(at=FIRST) == []
    rules = shop.rules(FIRST)
    assert [one.code for one in shop.lint(rules, FIRST, campaigns=[])] == ["campaign_missing"]


# -- on the command line -------------------------------------------------------------------------------------------


@pytest.fixture
def run(shop: Shop, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main(["--data", str(shop.settings.data), *words])
        out, err = capsys.readouterr()
        return status, out, err

    return command


def test_campaigns_on_the_command_line(shop: Shop, run: Any) -> None:
    assert "no campaigns" in run("campaigns")[1]
    look = SavedLook("Lunch", BAG, (("shoes", "boots-corvin-red"),), campaign="autumn")
    publish(shop, AUTUMN.changed(story="Rain and light.", heroes=(BAG,)).as_json(), block(BAG), lunch=look)
    status, out, _ = run("campaigns", "--at", FIRST.isoformat(), "--json")
    (told,) = json.loads(out)["campaigns"]
    assert (status, told["id"], told["phase"], told["rules"], told["looks"]) == (0, "autumn", RUNNING, 1, 1)
    assert "Autumn in the city" in run("campaigns")[1]
    shown_ = run("campaigns", "show", "autumn")[1]
    assert all(words in shown_ for words in ("Rain and light.", "Never show", "Lunch"))
    whole = json.loads(run("campaigns", "show", "autumn", "--json")[1])
    assert ([rule["id"] for rule in whole["rules"]], [one["id"] for one in whole["looks"]]) == (["b"], ["lunch"])
    status, out, _ = run("campaigns", "rollback", "autumn", "--why", "the weather")
    assert (status, json.loads(out)["changed"]) == (0, 3)
    assert Publications(shop.studio).documents() == {}


@pytest.mark.parametrize("words", [("show",), ("show", "winter"), ("rollback",), ("rollback", "winter"), ("list", "x")])
def test_what_cannot_be_done_is_said_in_one_line(run: Any, words: tuple[str, ...]) -> None:
    status, out, err = run("campaigns", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)

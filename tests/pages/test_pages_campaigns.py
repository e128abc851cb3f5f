"""Campaigns on Curation Rules: planned, filled and measured in the draft, published, and taken back as one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.curation.desk import Desk
from core.domain.campaigns import Campaign
from core.domain.changes import Change, Key
from core.domain.looks import SavedLook
from core.domain.rules import Rule
from core.shop import Shop
from core.store.publications import Publications
from pages.kit import campaigns
from tests.pages.conftest import Visit, part, words
from tests.worlds import open_small_shop

BAG, BOOTS = "handbags-aurel-black", "boots-corvin-red"
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
DAY = timedelta(days=1)
KEY = Key("campaign", "autumn")
AUTUMN = Campaign("autumn", "Autumn", "Rain <b>and</b> light.", NOW - DAY, NOW + 3 * DAY, heroes=(BAG, "gone"))


@pytest.fixture
def shop(tmp_path, weightless: None) -> Iterator[Shop]:
    """A shop without pictures that serves."""
    opened = open_small_shop(tmp_path / "shop", pictures=False)
    shops.install(opened)
    yield opened
    shops.install(None)


def publish(shop: Shop, one: Campaign = AUTUMN) -> None:
    """A campaign with a rule and a look, and a rule that stands alone."""
    rule = {"kind": "block", "target": {"items": [BOOTS]}}
    plain = {
        Key("campaign", one.id): one.as_json(),
        Key("rule", "mine"): Rule.from_json({**rule, "id": "mine", "campaign": one.id}).as_json(),
        Key("rule", "other"): Rule.from_json({**rule, "id": "other", "scope": {"anchors": [BAG]}}).as_json(),
        Key("look", "lunch"): SavedLook("Lunch", BAG, (("shoes", BOOTS),), campaign=one.id).as_json(),
    }
    changes = [Change(key, None, after, ("made",)) for key, after in plain.items()]
    Publications(shop.studio).publish(changes, name="Season", who="Bo", at=NOW - DAY, why="the season")


def opened(visit: Visit, id: str = "autumn") -> AppTest:
    return visit("curation_rules.py", mode="campaigns", campaign=id)


def desk(shop: Shop) -> Desk:
    return Desk(shop.studio, "Ines")


def test_a_campaign_is_planned_in_the_draft(shop: Shop, visit: Visit) -> None:
    at = visit("curation_rules.py", mode="campaigns")
    assert "No campaign yet" in words(at)
    at.button("campaigns:first").click().run()
    assert at.button("campaigns:keep").disabled
    at.text_input("campaigns:form:name").input("Winter, by the sea").run()
    at.text_area("campaigns:form:story").input("Salt and wool.").run()
    at.button("campaigns:keep").click().run()
    assert not at.exception
    made = Campaign.from_json(desk(shop).standing()[Key("campaign", "winter-by-the-sea")])
    assert (made.name, made.story, made.starts_at is not None) == ("Winter, by the sea", "Salt and wool.", True)
    assert shop.campaigns() == ()
    assert "Winter, by the sea" in words(at)
    assert "New in your draft" in words(at)


def test_dates_that_make_no_sense_are_said_beside_the_form(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:edit").click().run()
    begins = at.datetime_input("campaigns:form:starts_at").value
    at.datetime_input("campaigns:form:ends_at").set_value(begins - DAY).run()
    assert at.button("campaigns:keep").disabled
    assert "ends before it begins" in words(at)


def test_editing_keeps_what_the_form_does_not_touch(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:edit").click().run()
    assert "gone is not in the catalogue any more" in words(at)
    at.text_input("campaigns:form:name").input("Late autumn").run()
    at.button("campaigns:keep").click().run()
    assert Campaign.from_json(desk(shop).standing()[KEY]) == AUTUMN.changed(name="Late autumn")


def test_all_campaigns_stand_in_the_calendar_and_each_opens(shop: Shop, visit: Visit) -> None:
    publish(shop)
    publish_alone(shop, Campaign("ever", "House leather"))
    at = visit("curation_rules.py", mode="campaigns")
    lines = part(at, "campaigns:lines")["lines"]
    assert [one["title"] for one in lines] == ["House leather", "Autumn"]
    assert "1\u00a0rule and 1\u00a0look" in lines[1]["text"]
    assert "2 running" in words(at)
    at = opened(visit)
    assert "Rain &lt;b&gt;and&lt;/b&gt; light." in words(at)
    at.button("campaigns:all").click().run()
    assert "The calendar" in words(at)


def publish_alone(shop: Shop, one: Campaign) -> None:
    change = Change(Key("campaign", one.id), None, one.as_json(), ("made",))
    Publications(shop.studio).publish([change], name="One more", who="Bo", at=NOW - DAY, why="it runs")


def test_its_rules_and_looks_come_and_go_in_the_draft(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    assert [one["id"] for one in part(at, "rules:table")["rows"]] == ["mine"]
    at.selectbox("campaigns:take-rule").select("other").run()
    assert desk(shop).standing()[Key("rule", "other")]["campaign"] == "autumn"
    at.button("campaigns:raise").click().run()
    fresh = [one for one in part(at, "rules:table")["rows"] if one["id"] not in ("mine", "other")]
    assert [BAG in one["text"] for one in fresh] == [True]
    at.selectbox("campaigns:free-look").select("lunch").run()
    assert "campaign" not in desk(shop).standing()[Key("look", "lunch")]
    at.selectbox("campaigns:take-look").select("lunch").run()
    assert desk(shop).standing()[Key("look", "lunch")]["campaign"] == "autumn"
    assert not at.exception


def test_a_new_rule_speaks_of_the_heroes_and_belongs_to_the_campaign(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:rule").click().run()
    fields = at.session_state["rules:form"]
    assert (fields["items"], fields["campaign"]) == ([BAG], "autumn")
    at.button("rule-keep").click().run()
    made = [plain for key, plain in desk(shop).standing().items() if plain.get("campaign") == "autumn"]
    assert [BAG] in [plain.get("target", {}).get("items") for plain in made]
    assert "Its rules" in words(at)


def test_it_is_measured_with_and_without_it(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:measure").click().run()
    assert not at.exception
    assert "Lists changed" in words(at)
    assert "without it" in words(at)


def test_it_is_seen_as_of_its_first_day(shop: Shop, visit: Visit) -> None:
    publish(shop, AUTUMN.changed(starts_at=NOW + 9 * DAY, ends_at=NOW + 19 * DAY))
    at = opened(visit)
    at.button("campaigns:ahead").click().run()
    assert not at.exception
    assert at.session_state["session"]["as_of"] == (NOW + 9 * DAY).astimezone(shop.settings.zone()).date().isoformat()


def test_it_is_switched_off_in_the_draft(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:switch").click().run()
    assert Campaign.from_json(desk(shop).standing()[KEY]).off
    assert not shop.campaigns()[0].off
    assert "Changed in your draft" in words(at)


def test_it_is_rolled_back_as_one(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:switch").click().run()
    at.text_input("campaigns:why").input("the weather").run()
    at.button("campaigns:rollback").click().run()
    assert not at.exception
    assert "was taken back as one" in words(at)
    assert set(Publications(shop.studio).documents()) == {Key("rule", "other")}
    assert Publications(shop.studio).history()[0].why == "the weather"
    assert len(desk(shop).draft()) == 0


def test_it_can_be_rolled_back_in_the_draft_first(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = opened(visit)
    at.button("campaigns:rollback-draft").click().run()
    assert set(desk(shop).standing()) == {Key("rule", "other")}
    assert KEY in Publications(shop.studio).documents()
    assert part(at, "campaigns:lines")["lines"][0]["text"] == "Taken out in your draft."


def test_a_campaign_of_the_draft_alone_is_discarded_with_its_rules(shop: Shop, visit: Visit) -> None:
    mine = desk(shop)
    mine.edit(KEY, AUTUMN.as_json(), says="a campaign", at=NOW)
    rule = Rule.from_json({"id": "r", "kind": "block", "target": {"items": [BOOTS]}, "campaign": "autumn"})
    mine.edit(Key("rule", "r"), rule.as_json(), says="a rule", at=NOW)
    at = opened(visit)
    at.button("campaigns:discard").click().run()
    assert desk(shop).standing() == {}
    assert "No campaign yet" in words(at)


def test_without_a_name_nothing_is_changed_and_it_is_said_why(shop: Shop, visit: Visit) -> None:
    publish(shop)
    at = visit("curation_rules.py", who="", mode="campaigns", campaign="autumn")
    at.button("campaigns:switch").click().run()
    assert "Every change carries a name" in words(at)


def test_today_tells_of_a_campaign_that_ends(shop: Shop, visit: Visit) -> None:
    publish(shop)
    lines = part(visit("today.py"), "today:lines")["lines"]
    (ends,) = [one for one in lines if one["id"] == "campaign0"]
    assert ends["title"] == "Autumn ends"
    assert ends["href"].endswith("campaign=autumn")


def test_the_calendar_shows_text_as_text_and_keeps_to_its_width() -> None:
    def bars(one: Campaign, at: datetime = NOW) -> str:
        return campaigns.calendar([one], at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaigns.engine, "zone", lambda: ZoneInfo("Europe/Paris"))
        assert "&lt;script&gt;" in bars(AUTUMN.changed(name="<script>"))
        far = AUTUMN.changed(starts_at=NOW - 3000 * DAY, ends_at=NOW + 3000 * DAY)
        assert 'style="left:0.00%;width:100.00%"' in bars(far)
        assert 'class="running from-ever for-ever"' in bars(Campaign("x", "X"))

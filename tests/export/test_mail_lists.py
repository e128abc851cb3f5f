"""Lists that leave the shop hold what may be sold and shown, for those who agreed, and are whole or not there."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import cli
from core.domain.catalogue import Item
from core.domain.errors import BadRequest, Conflict, ShopError
from core.domain.listing import Listing
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Block, Rule, Target
from core.domain.shoppers import Shopper
from core.export import mail
from core.export.mail import Addresses, beside_products, for_everybody, for_shoppers, write
from core.shop import Shop
from tests.worlds import NOW, boutique, open_small_shop

FOR_YOU = Request(placement=Placement.FOR_YOU, k=4)
ANN, BO, CY = "ann@my-shop", "=bo", "cy"
BAG = "handbags-aurel-black"


@pytest.fixture
def shop(tmp_path: Path, weightless: None) -> Shop:
    """The boutique, in which Ann, Bo and Cy saved something; Cy was never asked whether that may be used."""
    opened = open_small_shop(tmp_path / "shop")
    now = datetime.now(UTC)
    for name, kind in ((ANN, "coats"), (BO, "totes"), (CY, "boots")):
        for n, house in enumerate(("aurel", "corvin", "ferrand")):
            event = {"id": f"{name}{n}", "kind": "save", "item": f"{kind}-{house}-navy", "shopper": name}
            assert opened.hear([event], at=now - timedelta(days=1 + n))[0].new == 1
    opened.events.keep_shoppers([Shopper(opened.shopper_id(CY), consent=False)], now)
    return opened


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def shown(lists: mail.Lists) -> set[str]:
    return {item for row in lists.rows for item, _ in row.items}


# -- shoppers ----------------------------------------------------------------------------------------------------------


def test_a_row_is_the_list_that_the_shopper_has_in_the_shop(shop: Shop) -> None:
    at = datetime.now(UTC)
    lists = for_shoppers(shop, FOR_YOU.changed(at=at), [ANN, BO])
    assert [row.key for row in lists.rows] == [ANN, BO]
    for row in lists.rows:
        listing = shop.recommend(FOR_YOU.changed(at=at, shopper=shop.person(row.key, at=at)))
        assert tuple(item for item, _ in row.items) == listing.ids
        assert all(reason and not reason.endswith(".") for _, reason in row.items)
    assert lists.versions == listing.versions


def test_who_gave_no_consent_opted_out_or_is_not_known_has_no_row(shop: Shop) -> None:
    given = [ANN, BO, CY, "dee", "", "x" * 300]
    lists = for_shoppers(shop, FOR_YOU, given)
    assert [row.key for row in lists.rows] == [ANN, BO]
    assert lists.left_out == {"no consent, or opted out": 1, "nothing is known": 1, "no id": 2}
    shop.events.opt_out(shop.shopper_id(BO), NOW)
    shop.events.forget(shop.shopper_id(ANN), NOW)
    assert for_shoppers(shop, FOR_YOU, given).rows == ()


def test_strangers_have_the_list_of_a_first_visit_when_that_is_asked_for(shop: Shop) -> None:
    lists = for_shoppers(shop, FOR_YOU, ["dee", ANN, "eve", CY], strangers=True)
    first = shop.recommend(Request(placement=Placement.COLD_START, k=4))
    assert [row.key for row in lists.rows] == ["dee", ANN, "eve"]
    assert [item for item, _ in lists.rows[0].items] == list(first.ids)
    assert lists.rows[0].items == lists.rows[2].items


def test_all_that_are_known_are_named_by_their_hash_alone(shop: Shop) -> None:
    lists = for_shoppers(shop, FOR_YOU)
    assert [row.key for row in lists.rows] == sorted(map(shop.shopper_id, (ANN, BO)))


def test_the_ids_that_were_given_are_kept_nowhere_in_the_shop(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "lists.jsonl"
    write(out, lambda: for_shoppers(shop, FOR_YOU, [ANN, "dee-4711"], strangers=True))
    assert [one["shopper"] for one in lines(out)] == [ANN, "dee-4711"]
    assert ANN not in out.with_name("lists.jsonl.about.json").read_text()
    for file in (tmp_path / "shop").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert ANN.encode() not in content, file
            assert b"dee-4711" not in content, file


def test_who_opts_out_while_the_lists_are_made_is_in_none(shop: Shop) -> None:
    def leave(done: int, total: int) -> None:
        if done == total:
            shop.events.opt_out(shop.shopper_id(ANN), NOW)

    lists = for_shoppers(shop, FOR_YOU, [ANN, BO], progress=leave)
    assert [row.key for row in lists.rows] == [BO]
    assert lists.left_out == {"no consent, or opted out": 1}


def test_a_stranger_who_opts_out_while_the_lists_are_made_is_in_none(shop: Shop) -> None:
    def leave(done: int, total: int) -> None:
        if done == total:
            shop.events.opt_out(shop.shopper_id("dee"), NOW)
            shop.hear([{"id": "e", "kind": "view", "item": "coats-aurel-navy", "shopper": "eve"}])

    lists = for_shoppers(shop, FOR_YOU, ["dee", ANN, "eve"], strangers=True, progress=leave)
    assert [row.key for row in lists.rows] == [ANN, "eve"]
    assert lists.left_out == {"no consent, or opted out": 1}


# -- what is sold out or blocked meanwhile -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["sold out", "blocked"])
@pytest.mark.parametrize("around", [False, True])
def test_what_is_taken_off_sale_while_the_lists_are_made_is_in_none(shop: Shop, how: str, around: bool) -> None:
    def make(progress: Callable[[int, int], None] | None = None) -> mail.Lists:
        if around:
            return beside_products(shop, Request(k=4), progress=progress)
        return for_shoppers(shop, FOR_YOU, [ANN, BO], progress=progress)

    popular = sorted(shown(make()))[:3]

    def take_off(done: int, total: int) -> None:
        if done < total:
            return
        for item in popular:
            if how == "sold out" and shop.item(item).pieces:
                shop.change_facts(item, {"stock": {"": 0}}, who="test")
        if how == "blocked" and not shop.rules():
            shop.publish_rules([Rule("b", Block(), Target(tuple(popular)))], who="test", why="recalled")

    lists = make(take_off)
    assert not shown(lists) & set(popular)
    assert lists.versions == shop.view(None, lists.request.placement).versions
    assert len(lists.rows) >= 2
    assert all(len(row.items) == 4 for row in lists.rows)


def test_a_block_that_begins_while_the_lists_are_made_is_obeyed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = datetime.now(UTC)
    popular = sorted(shown(for_shoppers(shop, FOR_YOU, [ANN, BO])))[0]
    rule = Rule("b", Block(), Target((popular,)), starts_at=first + timedelta(hours=1))
    shop.publish_rules([rule], who="test", why="recalled from then on")
    moments = iter([first, *[first + timedelta(hours=2)] * 4])

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return next(moments)

    monkeypatch.setattr(mail, "datetime", Clock)
    lists = for_shoppers(shop, FOR_YOU, [ANN, BO])
    assert popular not in shown(lists)
    assert len(lists.rows) == 2


def test_where_stock_never_comes_to_rest_a_list_is_short_and_still_holds_nothing_that_is_gone(shop: Shop) -> None:
    def sell(done: int, total: int) -> None:
        lists = for_shoppers(shop, FOR_YOU.changed(at=datetime.now(UTC) + timedelta(days=1)), [ANN])
        shop.change_facts(lists.rows[0].items[0][0], {"stock": {"": 0}}, who="test")

    (row,) = for_shoppers(shop, FOR_YOU, [ANN], progress=sell).rows
    assert 0 < len(row.items) < 4
    assert all(shop.item(item).pieces for item, _ in row.items)


def test_where_rules_change_again_and_again_nothing_leaves_the_shop(shop: Shop) -> None:
    def publish(done: int, total: int) -> None:
        shop.publish_rules([Rule(f"b{time.monotonic_ns()}", Block(), Target((BAG,)))], who="test", why="again")

    with pytest.raises(Conflict, match="quieter hour"):
        for_shoppers(shop, FOR_YOU, [ANN], progress=publish)


# -- products and everybody --------------------------------------------------------------------------------------------


def test_no_list_speaks_of_what_is_not_released_or_was_one_of_a_kind_and_is_sold(
    tmp_path: Path, weightless: None
) -> None:
    items = boutique()

    def changed(number: int, **fields: Any) -> Item:
        items[number] = replace(items[number], **fields)
        return items[number]

    later = datetime.now(UTC) + timedelta(days=90)
    coming, gone = changed(0, release_at=later), changed(1, stock={"": 0}, tags=("one of a kind",))
    out, retired = changed(2, stock={"": 0}), changed(3, retired_at=NOW)
    shop = open_small_shop(tmp_path / "shop", items)
    lists = beside_products(shop, Request(k=6))
    keys = {row.key for row in lists.rows}
    assert not {coming.id, gone.id, retired.id} & keys
    assert out.id in keys, "its page is there, and wants what can stand in for it"
    assert not shown(lists) & {coming.id, gone.id, out.id, retired.id}
    assert {"not released yet", "one of a kind, and sold", "retired"} <= lists.left_out.keys()
    then = beside_products(shop, Request(k=200, at=later + timedelta(days=1)))
    assert coming.id not in shown(then) | {row.key for row in then.rows}, "a file for that day leaves the shop today"
    assert shop.item(coming.id).state(later) == "live"
    some = beside_products(shop, Request(k=6), [out.id, coming.id, "nowhere"])
    assert [row.key for row in some.rows] == [out.id]
    assert some.left_out["not in the catalogue"] == 1


def test_a_list_that_is_the_same_for_all_is_one_row(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "window.jsonl"
    write(out, lambda: for_everybody(shop, Request(placement=Placement.COLD_START, k=3)))
    (one,) = lines(out)
    assert one["list"] == "everybody"
    assert len(one["products"]) == 3


def test_beside_a_product_stands_a_reason_that_a_shopper_may_read(shop: Shop) -> None:
    lists = beside_products(shop, Request(k=3), ["coats-aurel-navy"])
    reasons = [reason for _, reason in lists.rows[0].items]
    assert any(reasons)
    assert [shop.safe_reason("coats-aurel-navy", item) for item, _ in lists.rows[0].items] == reasons


# -- the file ----------------------------------------------------------------------------------------------------------


def test_cells_are_safe_in_a_spreadsheet_and_addresses_lead_nowhere_else(tmp_path: Path, weightless: None) -> None:
    items = [replace(one, title=f"=1+1 {one.title}") for one in boutique()]
    shop = open_small_shop(tmp_path / "shop", items)
    shop.hear([{"id": "1", "kind": "save", "item": "coats-aurel-navy", "shopper": BO}])
    out, addresses = tmp_path / "lists.csv", Addresses("https://my.shop/p/{id}?from={placement}-{place}")
    about = write(out, lambda: for_shoppers(shop, FOR_YOU.changed(k=120), [BO]), addresses=addresses)
    (row,) = table(out)
    assert row["shopper"] == f"'{BO}"
    assert row["title_1"].startswith("'=1+1")
    assert row["link_1"] == f"https://my.shop/p/{row['id_1']}?from=for_you-1"
    assert row["price_1"] == mail.price(shop.item(row["id_1"]).price, "EUR")
    assert row["picture_1"] == f"{shop.item(row['id_1']).pictures[0]}.webp"
    assert row["id_120"] == row["link_120"] == "", "a short list has empty cells"
    assert about["short"] == 1
    assert addresses.of("link", Item("a/../b?x=y&z"), "similar", 2) == (
        "https://my.shop/p/a%2F..%2Fb%3Fx%3Dy%26z?from=similar-2"
    )
    plain = tmp_path / "lists.jsonl"
    write(plain, lambda: for_shoppers(shop, FOR_YOU, [BO]))
    assert lines(plain)[0]["shopper"] == BO


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert({id})",
        "my.shop/{id}",
        "https://my.shop/{shopper}",
        "https://a b",
        "https://{id}/",
        "https://my.shop.{id}?from=mail",
        "https://{id}\\my.shop/",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadRequest):
        Addresses(address)


def test_the_file_before_stays_until_the_new_one_is_whole(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "lists.csv"
    out.write_text("yesterday")

    def broken() -> mail.Lists:
        assert out.read_text() == "yesterday"
        raise BadRequest("no")

    with pytest.raises(BadRequest):
        write(out, broken)
    assert out.read_text() == "yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lists.csv", "shop"]


def test_a_file_that_cannot_be_written_is_refused_before_a_list_is_made(tmp_path: Path) -> None:
    def never() -> mail.Lists:
        raise AssertionError("nothing is made for a file that cannot be written")

    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "lists.txt", tmp_path / "folder.csv"):
        with pytest.raises(BadRequest):
            write(path, never)
    with pytest.raises(ShopError, match="a file stands where a folder is needed"):
        write(tmp_path / "file" / "lists.csv", never)


def test_what_is_beside_the_file_says_how_it_was_made(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "lists.csv"
    about = write(out, lambda: for_shoppers(shop, FOR_YOU, [ANN, CY]))
    assert json.loads(out.with_name("lists.csv.about.json").read_text()) == about
    assert about["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (about["rows"], about["left_out"]) == (1, {"no consent, or opted out": 1})
    assert about["snapshot"] == shop.snapshot.id


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_writes_lists_and_their_pictures(shop: Shop, tmp_path: Path, capsys: Any) -> None:
    ids, out, folder = tmp_path / "ids.csv", tmp_path / "out" / "lists.csv", tmp_path / "pictures"
    ids.write_text(f"customer_id,name\n{ANN},Ann Doe\n{CY},Cy\n", encoding="utf-8")
    data = str(shop.settings.data)
    words = ["--shoppers", str(ids), "-k", "2", "--pictures", str(folder), "--json"]
    assert cli.main(["--data", data, "export-lists", str(out), *words]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1
    (row,) = table(out)
    assert {row["picture_1"], row["picture_2"]} == {path.name for path in folder.iterdir()}
    assert "Ann Doe" not in out.read_text(encoding="utf-8-sig")


def test_a_file_without_rows_is_written_all_the_same_and_says_what_helps(
    shop: Shop, tmp_path: Path, capsys: Any
) -> None:
    ids, out = tmp_path / "ids.txt", tmp_path / "lists.csv"
    ids.write_text(f"{CY}\n")
    out.write_text(f"{CY} was here")
    assert cli.main(["--data", str(shop.settings.data), "export-lists", str(out), "--shoppers", str(ids)]) == 0
    assert "--strangers" in capsys.readouterr().out
    assert table(out) == [], "who left does not stay in the file of yesterday"


def test_a_file_is_written_anew_each_day_and_a_bad_night_costs_only_itself(
    shop: Shop, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, out, slept = tmp_path / "ids.txt", tmp_path / "lists.jsonl", list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        match len(slept):
            case 2:
                ids.write_text(f"{ANN}\n")
            case 4:
                raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    words = ["export-lists", str(out), "--shoppers", str(ids), "-k", "2", "--daily", "06:00"]
    assert cli.main(["--data", str(shop.settings.data), *words]) == 130
    told = capsys.readouterr()
    assert told.out.count("1 rows") == 2
    assert told.err.count("ids.txt cannot be read") == 1
    assert [one["shopper"] for one in lines(out)] == [ANN]
    assert all(0 < seconds <= 86_400 for seconds in slept)
    log = str(shop.studio.audit_log())
    assert "lists exported" in log
    assert ANN not in log


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lists.csv", "-k", "0"), "1 to 200"),
        (("lists.csv", "--placement", "look"), "for_you, similar"),
        (("lists.txt",), "no format"),
        (("lists.csv", "--link", "x"), "no address"),
        (("lists.csv", "--placement", "similar", "--strangers"), "for_you"),
        (("lists.csv", "--anchors", "x"), "beside products"),
        (("lists.csv", "--daily", "25:00"), "hour of the day"),
        (("lists.csv", "--at", "2026-01-01"), "day to come"),
        (("lists.csv", "--shoppers", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    shop: Shop, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["--data", str(shop.settings.data), "export-lists", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "lists.csv").exists()


def test_many_lists_have_the_numbers_of_each(shop: Shop) -> None:
    at = datetime.now(UTC)
    people = [shop.person(one, at=at) for one in (ANN, BO)]
    many: list[Listing] = list(shop.for_you_all(FOR_YOU.changed(at=at), people))
    each = [shop.recommend(FOR_YOU.changed(at=at, shopper=one)) for one in people]
    assert [one.as_json() for one in many] == [one.as_json() for one in each]

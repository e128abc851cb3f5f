"""`vitrine`: the shop on the command line, in JSON.

Exit status 0 is done, 1 is a check or a dry run that found what must be mended, 2 is wrong use, said in one line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from core import settings as settings_module
from core.domain.errors import BadRequest, ShopError, UnknownQuiz
from core.domain.looks import BRAND_POLICIES, ROLE_NAMES, LookRequest, Looks
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.progress import Progress
from core.domain.query import (
    Filters,
    Request,
    parse_filters,
    parse_locks,
    parse_moment,
    parse_weights,
    tried_looks,
)
from core.domain.shoppers import TARGETS
from core.domain.visit import Visit, parse_answers
from core.settings import Settings

if TYPE_CHECKING:
    from core.export.paper import Report


MEASURED = (
    Placement.SIMILAR, Placement.SUBSTITUTE, Placement.SEARCH, Placement.LOOK, Placement.UPSELL, Placement.CROSS_SELL,
    Placement.CROSS_BRAND,
)  # placements with an impact  # fmt: skip


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if arguments.run is _train:  # its options are its own: its --data is the pictures to learn from
        arguments.rest = rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        _readable(arguments)
        return int(arguments.run(arguments) or 0)
    except ShopError as error:
        print(f"vitrine: {' '.join(error.message.split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone; so do we
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a folder where a file should be, a disk that was pulled: its own words say enough
        print(f"vitrine: {error.filename or 'A file'} cannot be used: {error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("vitrine: stopped. What was done so far is kept, and the next run goes on from there.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="vitrine", description="A studio for every recommendation of a shop.")
    parser.add_argument("--data", metavar="DIR", help="folder of the shop (VITRINE_DATA, else ./data)")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--data", metavar="DIR", default=argparse.SUPPRESS, help="folder of the shop")
        one.set_defaults(run=run)
        return one

    one = command("recommend", _recommend, "The list of one product, of many, or of all.")
    one.add_argument("--placement", default="similar", choices=[str(p) for p in Placement])
    anchors = one.add_mutually_exclusive_group()
    anchors.add_argument("--anchor", metavar="ID")
    anchors.add_argument("--anchors", metavar="FILE", help="one id a line; one JSON line each")
    anchors.add_argument("--all", action="store_true", help="every product; one JSON line each")
    one.add_argument("--why", metavar="ID", help="also say why this product is not in the list")
    one.add_argument("--trace", action="store_true", help="also say what each stage kept and dropped")
    _add_list_options(one)
    _add_look_options(one)
    visit = one.add_argument_group("first visit", "For --placement cold_start.")
    visit.add_argument("--answers", metavar="FILE", help="JSON: the answers to the quiz, or a whole visit")
    visit.add_argument("--answer", metavar="QUESTION=OPTION", action="append", default=[])
    visit.add_argument("--seen", metavar="ID", action="append", default=[], help="a product that was looked at")
    visit.add_argument("--moved", action="store_true", default=None, help="also what each answer moved")
    _add_shopper_options(one)
    _add_files(one)

    one = command("explain", _explain, "Why a product stands in a list, why not, and what it would take.")
    one.add_argument(
        "anchor", metavar="ANCHOR", nargs="?", help="the product whose list it is; left out with --shopper"
    )
    one.add_argument("item", metavar="ITEM", help="the product to explain")
    one.add_argument("--why-not", action="store_true", help="only why it is not in the list")
    one.add_argument("--take", type=int, metavar="K", help="also the smallest change that brings it into the first K")
    one.add_argument("--out", action="store_true", help="with --take: that takes it out of the first K instead")
    one.add_argument("--every", action="store_true", help="with --take: also what else would do it")
    one.add_argument("--words", action="store_true", help="weigh the words of the two; loads the text model")
    _add_list_options(one)
    _add_shopper_options(one)
    one.add_argument("--occasion", metavar="WORD", help="with --shopper: what they are here for")

    one = command("looks", _looks, "How many products have a whole look around them.")
    one.add_argument("--coverage", action="store_true", required=True, help="count them, by branch of the shop")
    one.add_argument("--sample", type=int, metavar="N", help="of so many products, drawn by a hash of their ids")
    _add_moment(one)
    _add_json(one, "a table")

    one = command("house", _house, "Where a house stands in all lists, beside whom, and what share it holds.")
    one.add_argument("name", nargs="?", metavar="HOUSE", help="one house; without it, all of them in a line each")
    _add_moment(one)
    _add_json(one, "a table")
    _add_files(one)

    one = command("drill", _drill, "What would break with products sold out; nothing is changed.")
    one.add_argument("items", nargs="+", metavar="ID")
    _add_moment(one)
    _add_json(one)
    _add_files(one)

    one = command("search", _search, "What words find.")
    one.add_argument("words")
    _add_list_options(one)
    _add_shopper_options(one)

    one = command("trending", _trending, "What shoppers want lately, what sold best, and which details rise.")
    one.add_argument("--best-days", type=int, metavar="DAYS", help="what sold best in so many days of the record")
    one.add_argument("--rising", action="store_true", help="also the colours, materials, kinds and houses that rise")
    _add_list_options(one)

    one = command("embed", _embed, "Texts or pictures as vectors, one unit row each.")
    source = one.add_mutually_exclusive_group(required=True)
    source.add_argument("--texts", metavar="FILE", help="one text a line")
    source.add_argument("--images", metavar="DIR", help="pictures, in the order of sorted file names")
    one.add_argument("--out", metavar="X.npy", required=True)

    one = command("import", _import, "Check a catalogue file, and with --yes make it the shop's.")
    one.add_argument("file", help="CSV, TSV, Parquet or Excel")
    one.add_argument("--images", metavar="DIR_OR_ZIP", action="append", default=[])
    one.add_argument("--preset", metavar="NAME", default="auto", help="fashion-product-images or hm; found by itself")
    one.add_argument("--map", metavar="FIELD=COLUMN", action="append", default=[])
    one.add_argument("--merge", action="store_true", help="add and change; remove nothing")
    one.add_argument("--set-aside", metavar="FILE", help="write the refused rows here, with their reasons")
    one.add_argument("--yes", action="store_true", help="import, leaving refused rows out")
    one.add_argument("--json", action="store_true", help="the report as JSON")

    one = command(
        "import-outfits", _import_outfits, "Count a shop's own outfits or baskets for looks; --yes keeps them."
    )
    one.add_argument("file", help="CSV, Parquet or Excel with one row a piece: the outfit's id and the product's")
    one.add_argument("--map", metavar="outfit|item=COLUMN", action="append", default=[])
    one.add_argument("--yes", action="store_true", help="keep them in place of earlier ones, and learn where it helps")
    one.add_argument("--json", action="store_true", help="the report as JSON")

    command("import-demo", _import_demo, "Make the drawn demo boutique the shop's catalogue.")

    one = command(
        "events", _events, "What shoppers did: show, import, export; forget a shopper, or stop following one."
    )
    one.add_argument(
        "action", nargs="?", default="show",
        choices=("show", "lists", "import", "export", "forget", "opt-out", "opt-in", "retain"),
    )  # fmt: skip
    one.add_argument(
        "name", nargs="?", metavar="FILE_ID_OR_DAYS",
        help="import, export: a file; forget, opt-out, opt-in: a shopper, by the shop's id or its hash; retain: days",
    )  # fmt: skip
    one.add_argument("--kind", help="import: what every row is, where no column says so, such as purchase")
    one.add_argument("--since", metavar="MOMENT", help="export, lists: from then on")
    one.add_argument("--until", metavar="MOMENT", help="export, lists: up to then")
    _add_intake_options(one)

    one = command("reviews", _reviews, "What shoppers wrote: import it without their names, show what it comes to.")
    one.add_argument("action", choices=("import", "show"))
    one.add_argument("name", metavar="FILE_OR_ID", help="import: a file; show: a product")
    one.add_argument("--words", action="store_true", help="import: key words alone, without the text model")
    _add_intake_options(one)

    one = command("shoppers", _shoppers, "What is known of shoppers: import it by their hash, list them, show one.")
    one.add_argument(
        "action", nargs="?", default="list", choices=("list", "import", "show", "not-for-me", "for-me")
    )  # fmt: skip
    one.add_argument(
        "name", nargs="?", metavar="FILE_OR_ID", help="import: a file; show, not-for-me, for-me: a shopper"
    )  # fmt: skip
    for what in TARGETS:
        one.add_argument(f"--{what}", metavar="VALUE", help=f"not-for-me: the {what}; for-me takes it back")
    _add_intake_options(one)

    one = command("stock", _stock, "Stock and prices from a file, live with the next list.")
    one.add_argument("action", choices=("import",))
    one.add_argument("name", nargs="?", metavar="FILE", help="import: CSV, TSV, Parquet or Excel")
    one.add_argument("--whole", action="store_true", help="import: sizes that are not named are not there any more")
    _add_intake_options(one)

    one = command(
        "inbox", _inbox, "Take in what was dropped into the folder `inbox`: stock and prices, events….csv, crm….csv."
    )
    one.add_argument("--every", type=int, metavar="SECONDS", help="stay, and look again after so many seconds")
    _add_json(one)

    one = command("keys", _keys, "Keys of programs that ask the API: make one, list them, revoke one.")
    one.add_argument("action", nargs="?", default="list", choices=("add", "list", "revoke"))
    one.add_argument("name", nargs="?", metavar="NAME", help="add, revoke: what the key is called, such as shop-front")
    one.add_argument("--may", metavar="RIGHTS", help="add: any of lists, events, feed, with commas between")
    _add_json(one, "a table")

    one = command(
        "export-lists",
        _export_lists,
        "Lists for mail tools and feeds as CSV or JSON Lines: a row a shopper, or a product.",
    )
    one.add_argument("file", help="a .csv or .jsonl file; FILE.about.json beside it says how it was made")
    one.add_argument("--placement", default="for_you", metavar="NAME", help="for_you, similar, trending … (for_you)")
    one.add_argument("--shoppers", metavar="FILE", help="for_you: ids, one a line, or a table with a column of ids")
    one.add_argument("--strangers", action="store_true", help="for_you: a row for those who are not known too")
    one.add_argument("--anchors", metavar="FILE", help="beside products: their ids, one a line; else every product")
    one.add_argument("--link", metavar="ADDRESS", default="", help="of a product, such as https://my.shop/p/{id}")
    one.add_argument("--picture", metavar="ADDRESS", default="", help="of its picture; else the picture's name")
    one.add_argument("--pictures", metavar="DIR", help="also write the pictures that are shown there, by name")
    one.add_argument("--season", metavar="WORD", help="for_you: such as winter")
    one.add_argument("--occasion", metavar="WORD", help="for_you: such as work")
    one.add_argument("--daily", metavar="HH:MM", help="stay, and write it each day at this hour of the shop's zone")
    _add_list_options(one)

    one = command("rules", _rules, "The rule book: list it, take it to a file and back, roll it back.")
    one.add_argument("action", nargs="?", default="list", choices=("list", "export", "import", "history", "rollback"))
    one.add_argument(
        "name", nargs="?", metavar="FILE_OR_VERSION", help="a .csv or .json file; the version to return to"
    )
    one.add_argument("--merge", action="store_true", help="import: add and change; remove nothing")
    one.add_argument("--yes", action="store_true", help="import: publish what the dry run tells")
    one.add_argument("--why", metavar="TEXT", default="", help="a comment, kept with what is published")
    _add_json(one)

    one = command("quiz", _quiz, "The style quiz of a first visit: show it, take it to a file and back.")
    one.add_argument("action", nargs="?", default="show", choices=("show", "export", "import"))
    one.add_argument("file", nargs="?", metavar="FILE", help="export, import: a .json file")
    one.add_argument("--yes", action="store_true", help="import: publish it")
    one.add_argument("--why", metavar="TEXT", default="", help="import: a comment, kept with what is published")
    _add_json(one)

    one = command("campaigns", _campaigns, "Campaigns: list them, show one with its rules and looks, take one back.")
    one.add_argument("action", nargs="?", default="list", choices=("list", "show", "rollback"))
    one.add_argument("name", nargs="?", metavar="ID", help="show, rollback: which campaign")
    one.add_argument("--at", metavar="MOMENT", help="list, show: as of a moment, such as 2026-03-01T09:00:00Z")
    one.add_argument("--why", metavar="TEXT", default="", help="rollback: a comment, kept with it")
    _add_json(one)

    one = command(
        "lint", _lint, "What is wrong with the published rules; exit status 1 where something must be mended."
    )
    _add_moment(one)
    one.add_argument("--strict", action="store_true", help="warnings count too")
    _add_json(one)

    one = command("impact", _impact, "What a draft or a rule file would do to every list, before it is published.")
    source = one.add_mutually_exclusive_group(required=True)
    source.add_argument("--draft", metavar="NAME", help="a merchandiser's draft")
    source.add_argument("--rules", metavar="FILE", help="a .csv or .json file in place of the rule book")
    one.add_argument("--who", metavar="NAME", help="whose draft it is (VITRINE_WHO, else the name of the user)")
    one.add_argument("--merge", action="store_true", help="--rules: add and change; remove nothing")
    one.add_argument(
        "--placement", action="append", choices=[str(placement) for placement in MEASURED], default=[],
        help="only this one; may be given more than once",
    )  # fmt: skip
    _add_moment(one)
    one.add_argument("--locale", metavar="TAG", help="language of the shop's front, such as fr-FR")
    _add_json(one)
    _add_files(one)

    one = command("arrivals", _arrivals, "Products to come: rehearse one, plan a batch, keep them, take them back.")
    one.add_argument("action", nargs="?", default="list", choices=("list", "rehearse", "import", "keep", "remove"))
    one.add_argument("names", nargs="*", metavar="FILE_OR_ID", help="photos, folders, zips, tables; remove: ids")
    one.add_argument("--title", metavar="TEXT", default="", help="rehearse, keep: what the product is called")
    one.add_argument("--release", metavar="MOMENT", help="import, keep: from when shoppers see it, such as 2026-05-01")
    one.add_argument("--price", type=int, metavar="MINOR_UNITS", help="rehearse, keep")
    one.add_argument("--stock", type=int, metavar="PIECES", help="keep: how many there are; left out it can be sold")
    one.add_argument("--set", metavar="FIELD=VALUE", action="append", default=[], help="in place of what is guessed")
    one.add_argument("-k", type=int, default=10, help="rehearse: places in the lists (default 10)")
    one.add_argument("--yes", action="store_true", help="import: keep what is complete")
    one.add_argument("--why", metavar="TEXT", default="", help="a comment, kept with what is published")
    _add_json(one)

    one = command("publish", _publish, "Make a merchandiser's draft live, whole, with a comment.")
    one.add_argument("--draft", metavar="NAME", required=True)
    one.add_argument("--who", metavar="NAME", help="whose draft it is (VITRINE_WHO, else the name of the user)")
    one.add_argument("--why", metavar="TEXT", required=True, help="a comment, kept with what is published")

    one = command("build", _build, "Build an edition of the catalogue and publish it.")
    one.add_argument("--daily", metavar="HH:MM", help="stay, and build every day at this hour of the shop's time zone")
    command("check", _check, "Verify every file of every edition.")
    command("calibrate", _calibrate, "Draw the calibration anew, and say how many lists move.")

    one = command("snapshot", _snapshots, "Editions of the shop.")
    one.add_argument("action", choices=("list", "rollback"))
    one.add_argument("id", nargs="?", help="the edition to return to; without it the one before")

    one = command("models", _models, "Image models: what is on offer, fetch one, compare two editions.")
    one.add_argument("action", nargs="?", default="list", choices=("list", "fetch", "compare"))
    one.add_argument("names", nargs="*", metavar="NAME", help="the model to fetch, or the two editions to compare")
    one.add_argument("--yes", action="store_true", help="fetch it: about so many bytes come from the hub")
    _add_json(one, "a table")

    commands.add_parser(
        "train-image-tower", add_help=False, help="Train the compact image model; --help says how."
    ).set_defaults(run=_train)
    return parser


def _add_moment(one: argparse.ArgumentParser) -> None:
    one.add_argument("--at", metavar="MOMENT", help="the moment asked about, such as 2026-03-01T09:00:00Z")


def _add_json(one: argparse.ArgumentParser, instead_of: str = "sentences") -> None:
    one.add_argument("--json", action="store_true", help=f"JSON instead of {instead_of}")


def _add_intake_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--map", metavar="FIELD=COLUMN", action="append", default=[], help="import")
    one.add_argument("--set-aside", metavar="FILE", help="import: write the refused rows here, with their reasons")
    one.add_argument("--yes", action="store_true", help="import: keep what is right")
    _add_json(one)


def _add_list_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("-k", type=int, default=10, help="places in the list (default 10)")
    one.add_argument("--weights", metavar="text=.5,image=.3", help="try other weights")
    one.add_argument("--lam", type=float, help="1 is relevance alone, 0 is variety alone")
    one.add_argument("--filter", metavar="FIELD=VALUE", action="append", default=[])
    one.add_argument("--price-from", type=int, metavar="MINOR_UNITS")
    one.add_argument("--price-to", type=int, metavar="MINOR_UNITS")
    one.add_argument("--exclude", metavar="ID", action="append", default=[])
    _add_moment(one)
    one.add_argument(
        "--locale", metavar="TAG", help="language of the shop's front, such as fr-FR; rules may ask for it"
    )
    _add_json(one, "a table")


def _add_files(one: argparse.ArgumentParser) -> None:
    files = one.add_argument_group("take it along", "The same as a file.")
    files.add_argument("--html", metavar="FILE", help="one page with its pictures, to print or mail")
    files.add_argument("--xlsx", metavar="FILE", help="a workbook")


def _add_look_options(one: argparse.ArgumentParser) -> None:
    looks = one.add_argument_group("looks", "For --placement look; --weights then weighs worn_together, colour, …")
    looks.add_argument("--occasion", metavar="WORD", help="what the looks are for")
    looks.add_argument("--budget", type=int, metavar="MINOR_UNITS", help="for all added pieces together")
    looks.add_argument("--brands", choices=BRAND_POLICIES, help="which houses may meet in a look")
    looks.add_argument("--lock", metavar="ROLE=ID", action="append", default=[], help="a piece that stays")
    looks.add_argument("--diversity", type=float, metavar="0..100", help="100 is the most different looks")
    looks.add_argument("--count", type=int, help="how many looks (default 3)")


def _add_shopper_options(one: argparse.ArgumentParser) -> None:
    from core.domain.shoppers import DEVICES

    who = one.add_argument_group("shopper", "For --placement for_you; any other list may be asked for a shopper too.")
    who.add_argument("--shopper", metavar="ID", help="as the shop has it, or as a hash")
    who.add_argument("--hour", type=int, metavar="0..23", help="of the shopper's day")
    who.add_argument("--device", choices=DEVICES)
    who.add_argument("--season", metavar="WORD", help="such as winter")
    who.add_argument("--place", metavar="WORD", help="a town, region or country")
    who.add_argument("--preset", choices=("few", "many", "classic"), help="weigh as for so much history")


def _person(arguments: argparse.Namespace, shop: Any) -> Any:
    """Who a list is for, and where they are; None where nobody is named. A first visit may be nobody's."""
    from core.domain.shoppers import Context, Person, Shopper
    from core.recommend.personal import NOBODY

    given = {name: getattr(arguments, name, None) for name in ("hour", "device", "season", "place", "occasion")}
    if arguments.shopper is None and getattr(arguments, "placement", "") == Placement.COLD_START:
        _only_for("for_you", arguments, ("preset",))
        return Person(Shopper(NOBODY), context=Context(**given)) if any(v is not None for v in given.values()) else None
    if arguments.shopper is None:
        if said := [
            name for name in ("hour", "device", "season", "place", "preset") if getattr(arguments, name) is not None
        ]:
            raise BadRequest(f"--{said[0]} is of a shopper. Name them with --shopper ID.")
        return None
    at = _asked_at(arguments)
    return shop.person(arguments.shopper, at=at, context=Context(**given))


def _your_request(arguments: argparse.Namespace, shop: Any) -> Request:
    """For You of the shopper that is named, by the preset that is."""
    from core.recommend.for_you import PRESETS

    request = _request(arguments, shop, Placement.FOR_YOU, shopper=_person(arguments, shop))
    if arguments.preset is not None and request.strategy is None:
        request = request.changed(strategy=PRESETS[arguments.preset])
    return request


def _for_you(arguments: argparse.Namespace) -> int:
    if arguments.anchor or arguments.anchors or arguments.all:
        raise BadRequest("For You is about no product. Leave the product out, or ask for --placement similar.")
    if arguments.html or arguments.xlsx:
        raise BadRequest("--html and --xlsx take lists around products along.")
    if arguments.shopper is None:
        raise BadRequest("Name the shopper with --shopper ID.")
    shop = _shop(_settings(arguments))
    request = _your_request(arguments, shop)
    found = shop.for_you(request)
    plain = found.as_json()
    _inside(plain, arguments, request, shop.trace, shop.why_missing)
    _show(plain, arguments, shop)
    if not _whole(arguments):
        for one in found.interests:
            print(f"     {one.share:4.0%}  {one.label or one.medoid}")
    return 0


def _readable(arguments: argparse.Namespace) -> None:
    """Refuses words that are not text, such as Latin-1 typed into a UTF-8 terminal: no JSON could repeat them."""
    for value in vars(arguments).values():
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and any("\ud800" <= letter <= "\udfff" for letter in word):
                raise BadRequest(f"{word!a} is not text in UTF-8. Type it again in a terminal that speaks UTF-8.")


def _settings(arguments: argparse.Namespace) -> Settings:
    return settings_module.read(arguments.data)


def _asked_at(arguments: argparse.Namespace) -> datetime | None:
    """The moment asked about; None where none is named."""
    return None if arguments.at is None else parse_moment(arguments.at)


def _shop(settings: Settings, *, encoders: bool = False) -> Any:
    from core.build import open_shop, reading, serving_manifest
    from core.embed.worker import EncoderWorker

    if not encoders:
        return open_shop(settings)
    if (manifest := serving_manifest(settings)) is not None:
        # Words are read by the model that made the edition, whatever the settings name for the next one.
        settings = reading(settings, manifest)
    worker = EncoderWorker(settings)
    worker.warm(wait=True)
    return open_shop(settings, worker=worker)


def _request(arguments: argparse.Namespace, shop: Any, placement: Placement, **fields: Any) -> Request:
    at = _asked_at(arguments) or datetime.now(UTC)
    strategy = None
    if arguments.weights is not None or arguments.lam is not None:
        strategy = shop.strategy(placement, at, fields.get("anchor"))
        if arguments.weights is not None:
            strategy = strategy.changed(weights=parse_weights(arguments.weights))
        if arguments.lam is not None:
            strategy = strategy.changed(lam=arguments.lam)
    return Request(
        placement=placement,
        k=arguments.k,
        at=at,
        strategy=strategy,
        filters=shop.checked(Filters(parse_filters(arguments.filter), arguments.price_from, arguments.price_to)),
        exclude=tuple(arguments.exclude),
        locale=arguments.locale,
        **fields,
    )


def _recommend(arguments: argparse.Namespace) -> int:
    if arguments.placement == Placement.LOOK:
        return _recommend_looks(arguments)
    _only_for("look", arguments, ("budget", "brands", "lock", "diversity", "count"))
    if arguments.shopper is None and arguments.placement != Placement.COLD_START:
        _only_for("look", arguments, ("occasion",))
    if arguments.placement == Placement.COLD_START:
        return _first_visit(arguments)
    _only_for("cold_start", arguments, ("answers", "answer", "seen", "moved"))
    if arguments.placement == Placement.FOR_YOU:
        return _for_you(arguments)
    _only_for("for_you", arguments, ("preset",))
    alone = arguments.placement == Placement.TRENDING  # the one list of it stands beside no product
    if alone and (arguments.anchor or arguments.anchors or arguments.all):
        raise BadRequest("What is trending is about no product. Leave the product out; --filter narrows the list.")
    if not (alone or arguments.anchor or arguments.anchors or arguments.all):
        raise BadRequest("Name the product with --anchor ID, several with --anchors FILE, or ask for --all.")
    shop = _shop(_settings(arguments))
    request = _request(
        arguments, shop, Placement(arguments.placement), anchor=arguments.anchor, shopper=_person(arguments, shop)
    )  # fmt: skip
    if arguments.anchor is None and not alone:
        if arguments.why or arguments.trace:
            raise BadRequest("--why and --trace speak of one list. Name its product with --anchor.")
        anchors, gone = shop.to_export(None if arguments.all else _lines(arguments.anchors), request.at)
        if gone:
            they = "it was one of a kind and is" if len(gone) == 1 else "they were one of a kind and are"
            print(f"vitrine: {they} sold, so nothing is exported for: {', '.join(gone)}.", file=sys.stderr)
        lists = []
        for listing in shop.recommend_all(request, anchors):
            print(_dumps(listing.as_json()))
            lists += [listing] if arguments.html or arguments.xlsx else []
        _take(arguments, shop, request.at, lambda reports, head: reports.sheet_report(head, lists))
        return 0
    listing = shop.recommend(request)
    _take(
        arguments, shop, request.at,
        lambda reports, head: reports.list_report(head, listing, strategy=request.strategy, filters=request.filters),
    )  # fmt: skip
    plain = listing.as_json()
    _inside(plain, arguments, request, shop.trace, shop.why_missing)
    _show(plain, arguments, shop)
    return 0


def _trending(arguments: argparse.Namespace) -> int:
    if arguments.best_days is not None and arguments.weights is not None:
        raise BadRequest("Bestsellers go by pieces sold alone. Leave --weights out, or --best-days.")
    shop = _shop(_settings(arguments))
    request = _request(arguments, shop, Placement.TRENDING)
    days = arguments.best_days
    plain = (shop.recommend(request) if days is None else shop.bestsellers(request, days)).as_json()
    risen = shop.rising(request.at) if arguments.rising else ()
    if arguments.rising:
        plain["rising"] = [one.as_json() for one in risen]
    _show(plain, arguments, shop)
    for one in risen if not arguments.json else ():
        print(f"     {one.times:4.1f} × its usual share  {one.field}: {one.value}")
    return 0


def _first_visit(arguments: argparse.Namespace) -> int:
    if arguments.anchor or arguments.anchors or arguments.all:
        raise BadRequest("A first visit is asked about no product. Say what was looked at with --seen ID.")
    if arguments.html or arguments.xlsx:
        raise BadRequest("--html and --xlsx take lists around products along.")
    visit = _visit(arguments)
    shop = _shop(_settings(arguments))
    request = _request(arguments, shop, Placement.COLD_START, visit=visit, shopper=_person(arguments, shop))
    plain = shop.first_visit(request).as_json() if arguments.moved else shop.recommend(request).as_json()
    _inside(plain, arguments, request, shop.trace, shop.why_missing)
    _show(plain, arguments, shop)
    if not _whole(arguments):
        for one in plain.get("moved", ()):
            told = f"brought {len(one['came'])}, kept {len(one['gone'])} out, moved {one['moved']} others"
            print(f"     {one['question']} = {one['option']}: {told}")
    return 0


def _visit(arguments: argparse.Namespace) -> Visit:
    """A visit from a file of answers, or of a whole visit, and from what is said besides."""
    plain: Any = {}
    if arguments.answers is not None:
        plain = _read_json(arguments.answers)
        if isinstance(plain, dict) and not set(plain) <= set(Visit.__dataclass_fields__):
            plain = {"answers": plain}
    read = Visit.from_json(plain)
    answers = {**read.answers, **parse_answers(arguments.answer)}
    return replace(read, answers=answers, seen=(*read.seen, *arguments.seen))


def _read_json(file: str) -> Any:
    try:
        return json.loads(Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadRequest(f"{file} cannot be read as JSON: {error}.") from None


def _quiz(arguments: argparse.Namespace) -> int:
    from core.domain.changes import Change, Key
    from core.domain.quiz import FIRST, Quiz
    from core.store.files import write_bytes
    from core.store.publications import Publications

    if arguments.action != "show" and arguments.file is None:
        raise BadRequest(f"Name the file: `vitrine quiz {arguments.action} FILE.json`.")
    shop = _shop(_settings(arguments))
    if arguments.action == "import":
        quiz = Quiz.from_json(_read_json(arguments.file)).changed(id=FIRST)
        _say_quiz(quiz, shop)
        if not arguments.yes:
            print("Nothing was published. Add --yes and --why TEXT to publish it.")
            return 0
        desk, key = Publications(shop.studio), Key("quiz", FIRST)
        change = Change(key, desk.documents().get(key), quiz.as_json(), (f"The quiz {quiz.title}",))
        done = desk.publish([change], name=quiz.title, who=_who(), at=datetime.now(UTC), why=arguments.why)
        print(f"Published as publication {done.version}.")
        return 0
    found = shop.quiz()
    if found is None:
        raise UnknownQuiz
    if arguments.action == "export":
        write_bytes(Path(arguments.file), (_dumps(found.as_json()) + "\n").encode())
    elif arguments.json:
        print(_dumps(found.as_json()))
    else:
        _say_quiz(found, shop)
    return 0


def _say_quiz(quiz: Any, shop: Any) -> None:
    catalogue = shop.catalogue()
    print(f"{quiz.title}{f': {quiz.intro}' if quiz.intro else ''}")
    for question in quiz.questions:
        print(f"{question.id}: {question.text}")
        for option in question.options:
            said = [f"{len(option.style)} products of its style"] if option.style else []
            said += [f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
                     for name, value in option.filters.as_json().items()]  # fmt: skip
            print(f"  {option.id:<16}  {option.label}" + (f"  ({'; '.join(said)})" if said else ""))
    print(f"Picks: {len(quiz.picks)}")
    if gone := [item for item in quiz.items if item not in catalogue]:
        print(f"Not in the catalogue: {', '.join(gone)}")


def _take(
    arguments: argparse.Namespace,
    shop: Any,
    at: datetime | None,
    make: Callable[[Any, Any], Report],
    *,
    draft: str = "",
) -> None:
    """Write what was asked for as files, where files were asked for. make: of (core.export.reports, the letterhead).

    draft: the name of the draft that is in it.
    """
    if not (arguments.html or arguments.xlsx):
        return
    from core.export import html, reports, xlsx
    from core.store.files import write_bytes

    now = datetime.now(UTC)
    report = make(reports, reports.Letterhead(shop, at or now, now, os.environ.get("VITRINE_WHO", ""), draft))
    if arguments.html:
        write_bytes(Path(arguments.html), html.page(report, shop.pictures.read).encode("utf-8"))
    if arguments.xlsx:
        write_bytes(Path(arguments.xlsx), xlsx.workbook(report))


def _house(arguments: argparse.Namespace) -> int:
    from core.curation import house

    shop = _shop(_settings(arguments))
    at = _asked_at(arguments) or datetime.now(UTC)
    lists = shop.every_list(at=at)
    if arguments.name is None:
        if arguments.html or arguments.xlsx:
            raise BadRequest("--html and --xlsx take one house along. Name it: `vitrine house HOUSE --html FILE`.")
        told = house.standings(lists)
        if arguments.json:
            print(_dumps({"houses": [one.as_json() for one in told]}))
        for one in told if not arguments.json else ():
            shares = f"{100 * one.share:5.1f} % of places  {100 * one.catalogue:5.1f} % of the catalogue"
            print(f"{one.name:<24}  {one.lists:>7,} lists  {shares}")
        return 0
    found = house.house(lists, arguments.name)
    _take(arguments, shop, at, lambda reports, head: reports.house_report(head, lists, found))
    if arguments.json:
        print(_dumps(found.as_json()))
        return 0
    one = found.standing
    print(
        f"{one.name}: in {one.lists:,} of {found.lists:,} lists, {100 * one.share:.1f} % of the places "
        f"({100 * one.by_place:.1f} % by place), {100 * one.catalogue:.1f} % of the catalogue."
    )
    for other in found.neighbours[:10]:
        apart = f"  kept apart by {other.apart}" if other.apart else ""
        print(f"  {other.together:>7,} lists with {other.name}{apart}")
    for violation in found.violations:
        where = f"the look {violation.look!r}" if violation.look else f"the list of {violation.around}"
        print(f"  {violation.boundary} is broken in {where}: {violation.ours[0]} beside {violation.theirs[0]}.")
    return 0


def _drill(arguments: argparse.Namespace) -> int:
    shop = _shop(_settings(arguments))
    at = _asked_at(arguments) or datetime.now(UTC)
    found = shop.drill(arguments.items, at=at)
    _take(arguments, shop, at, lambda reports, head: reports.drill_report(head, found))
    if arguments.json:
        print(_dumps(found.as_json()))
        return 0
    print(f"{found.changed:,} of {found.lists:,} lists would change; {len(found.thin):,} would run thin.")
    for pin in found.pins:
        print(f"pin {pin.rule} would sleep on {pin.lists:,} lists; instead: {pin.instead or 'nothing fits'}")
    for look in found.looks:
        print(f"look “{look.look.name}” would miss {', '.join(mend.gone.id for mend in look.mends)}")
    for one in found.findings:
        print(one.text)
    for listing in found.substitutes:
        print(f"{listing.anchor}: {', '.join(listing.ids) or 'nothing could stand in'}")
    return 0


def _explained(arguments: argparse.Namespace, shop: Any) -> Request:
    """The list that is asked about: that of a product, or For You of a shopper."""
    if arguments.shopper is None:
        _person(arguments, shop)  # refuses what is said of nobody
        return _request(arguments, shop, Placement.SIMILAR, anchor=arguments.anchor)
    return _your_request(arguments, shop)


def _explain(arguments: argparse.Namespace) -> int:
    if arguments.take is None and (arguments.out or arguments.every):
        raise BadRequest("--out and --every say more of --take. Write --take 5, or leave them out.")
    if (arguments.anchor is None) == (arguments.shopper is None):
        raise BadRequest("Name the product whose list it is before ITEM, or with --shopper ID whose For You it is.")
    shop = _shop(_settings(arguments), encoders=arguments.words)
    request = _explained(arguments, shop)
    plain: dict[str, Any]
    if arguments.why_not:
        missing = shop.explain(request, arguments.item).why_not
        plain = {"anchor": arguments.anchor, "item": arguments.item}
        plain["why_not"] = None if missing is None else missing.as_json()  # None: it is in the list
        said = ["It is in the list."] if missing is None else [missing.text]
    else:
        found = shop.explain(request, arguments.item)
        plain, said = found.as_json(), list(found.said)
        if found.safe_reason:
            said.append(f"To a shopper: {found.safe_reason}.")
        said += [f"{word.word}: {word.loss:+.3f} of closeness" for word in found.words.words]
    if arguments.take is not None:
        goal = "out" if arguments.out else "in"
        answer = shop.what_would_it_take(
            request.changed(k=arguments.take), arguments.item, goal=goal, every=arguments.every
        )
        plain["take"] = answer.as_json()
        said += [answer.text, *(change.text for change in answer.changes if change.text not in answer.said)]
    print(_dumps(plain) if arguments.json else "\n".join(said))
    return 0


def _only_for(placement: str, arguments: argparse.Namespace, names: Sequence[str]) -> None:
    """Refuses options that this list would silently pass over."""
    if given := [name for name in names if getattr(arguments, name) not in (None, [])]:
        raise BadRequest(
            f"--{given[0].replace('_', '-')} is for --placement {placement}. Leave it out, or ask for that."
        )


def _recommend_looks(arguments: argparse.Namespace) -> int:
    _only_for("similar", arguments, ("filter", "price_from", "price_to"))
    shop = _shop(_settings(arguments))
    if arguments.anchor is not None:
        request = _look_request(arguments, shop, arguments.anchor)
        found = shop.looks(request)
        _take(arguments, shop, request.at, lambda reports, head: reports.looks_report(head, found))
        plain = found.as_json()
        _inside(plain, arguments, request, shop.trace_looks, shop.why_not_in_looks)
        if _whole(arguments):
            print(_dumps(plain))
        else:
            _show_looks(found, shop)
        return 0
    if arguments.html or arguments.xlsx:
        raise BadRequest("--html and --xlsx take the looks of one product along. Name it with --anchor.")
    if arguments.why or arguments.trace:
        raise BadRequest("--why and --trace speak of the looks of one product. Name it with --anchor.")
    anchors = list(shop.catalogue().ids) if arguments.all else _lines(arguments.anchors)
    if anchors:
        for found in shop.looks_all(_look_request(arguments, shop, anchors[0]), anchors):
            print(_dumps(found.as_json()))
    return 0


def _look_request(arguments: argparse.Namespace, shop: Any, anchor: str) -> LookRequest:
    at = _asked_at(arguments) or datetime.now(UTC)
    return LookRequest(
        anchor,
        at=at,
        occasion=arguments.occasion,
        budget=arguments.budget,
        locked=parse_locks(arguments.lock),
        exclude=tuple(arguments.exclude),
        count=3 if arguments.count is None else arguments.count,
        strategy=tried_looks(
            shop.look_strategy(at), arguments.weights, arguments.lam, arguments.diversity, arguments.brands
        ),
        locale=arguments.locale,
        shopper=_person(arguments, shop),
    )


def _show_looks(found: Looks, shop: Any) -> None:
    catalogue = shop.catalogue()
    for number, look in enumerate(found.looks, 1):
        print(f"{number}. {look.template}, {look.score:.3f}")
        for piece in look.pieces:
            item = catalogue.item(piece.id)
            name = ROLE_NAMES[piece.role]
            print(f"   {name:<14} {piece.score:8.3f}  {piece.id:<16}  {item.brand or '':<22}  {item.title}")
        for role in look.unfilled:
            print(f"   {ROLE_NAMES[role]:<14} nothing in the shop fits")
    for note in found.notes:
        print(f"   {note.text}")


def _looks(arguments: argparse.Namespace) -> int:
    shop = _shop(_settings(arguments))
    at = _asked_at(arguments) or datetime.now(UTC)
    ids = shop.catalogue(at).ids
    if arguments.sample is not None:
        if arguments.sample < 1:
            raise BadRequest(f"A sample of {arguments.sample} says nothing. Take 1 or more, or leave --sample out.")
        drawn = sorted(ids, key=lambda item: hashlib.sha256(item.encode()).digest())
        ids = tuple(sorted(drawn[: arguments.sample]))
    if not ids:
        raise BadRequest("There is no product in this shop yet. Import a catalogue first.")

    def watch(done: int, total: int) -> None:
        if done == total or done % 100 == 0:
            _watch(Progress("Looks", done, total))

    told = shop.coverage(LookRequest(ids[0], at=at), ids, watch)
    if arguments.json:
        print(_dumps(told.as_json()))
        return 0
    for branch in told.as_json()["branches"]:
        share = f"{100 * branch['share']:5.1f} %"
        print(f"{share}  {branch['whole']:>7,} of {branch['products']:>7,}  {branch['branch']}")
    for role, count in told.unfilled.items():
        print(f"{count:>7,} best looks go without: {ROLE_NAMES.get(role, role)}")
    return 0


def _search(arguments: argparse.Namespace) -> int:
    _only_for("for_you", arguments, ("preset",))
    shop = _shop(_settings(arguments), encoders=True)
    request = _request(
        arguments, shop, Placement.SEARCH, words=arguments.words, shopper=_person(arguments, shop)
    )  # fmt: skip
    _show(shop.search(request).as_json(), arguments, shop)
    return 0


def _inside(plain: dict[str, Any], arguments: argparse.Namespace, request: Any, trace: Any, why_missing: Any) -> None:
    """Adds to a list how it came about, and why a product is not in it, where that is asked."""
    if arguments.trace:
        plain["trace"] = trace(request).as_json()
    if arguments.why:
        missing = why_missing(request, arguments.why)
        plain["why_missing"] = None if missing is None else missing.as_json()  # None: it is in the list


def _whole(arguments: argparse.Namespace) -> bool:
    """Whether all that is known of a list is printed, as JSON."""
    return bool(arguments.json or getattr(arguments, "trace", False) or getattr(arguments, "why", None))


def _show(plain: dict[str, Any], arguments: argparse.Namespace, shop: Any) -> None:
    if _whole(arguments):
        print(_dumps(plain))
        return
    catalogue = shop.catalogue()
    for one in plain["items"]:
        item = catalogue.item(one["id"])
        score = "" if one["score"] is None else f"{one['score']:8.3f}"
        print(f"{one['rank']:>3}  {score}  {one['id']:<16}  {item.brand or '':<22}  {item.title}")
    for note in plain["notes"]:
        print(f"     {note['text']}")


def _embed(arguments: argparse.Namespace) -> int:
    import numpy as np

    from core.embed.worker import EncoderWorker
    from core.store.files import write_bytes

    settings = _settings(arguments)
    with EncoderWorker(settings) as worker:
        if arguments.texts is not None:
            vectors = worker.encode_texts(_lines(arguments.texts, keep_empty=True))
        else:
            folder = Path(arguments.images)
            if not folder.is_dir():
                raise BadRequest(f"{folder} is not a folder of pictures.")
            paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
            if not paths:
                raise BadRequest(f"There are no pictures in {folder}.")
            vectors = worker.encode_pictures([path.read_bytes() for path in paths], names=[p.name for p in paths])
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.asarray(vectors, dtype=np.float32), allow_pickle=False)
    write_bytes(Path(arguments.out), buffer.getvalue())
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from core.intake import importer
    from core.intake.mapping import read_mapping
    from core.store.layout import Layout

    settings = _settings(arguments)
    layout = Layout(settings.data)
    layout.ensure()
    plan = importer.plan(
        Path(arguments.file),
        images=[Path(path) for path in arguments.images],
        preset=arguments.preset,
        mapping=read_mapping(arguments.map),
        settings=settings,
        present=_present(layout),
        merge=arguments.merge,
    )
    if not arguments.json:
        _show_report(plan.report)
    aside = importer.set_aside(plan, Path(arguments.set_aside)) if arguments.set_aside else 0
    plain: dict[str, Any] = {"report": plan.report.as_json(), "set_aside": aside, "imported": None}
    if arguments.yes and plan.ready:
        result = importer.carry_out(plan, layout, who=_who(), at=datetime.now(UTC), progress=_bar)
        plain["imported"] = result.as_json()
    if arguments.json:
        print(_dumps(plain))
    elif plain["imported"]:
        done = plain["imported"]
        print(f"Imported {done['items']:,} products and {done['pictures']:,} pictures. Next: vitrine build")
    elif plan.ready:
        print("Nothing was imported yet. Add --yes to import what is right, then `vitrine build`.")
    return 0 if plan.ready else 1


def _show_report(report: Any) -> None:
    """The dry run for a person: the sum, then each kind of finding with its first example."""
    print(report.summary())
    first = {finding.code: finding for finding in reversed(report.findings)}
    for code, count in sorted(report.counts.items(), key=lambda pair: -pair[1]):
        finding = first.get(code)
        where = f" (first in row {finding.row})" if finding is not None and finding.row is not None else ""
        print(f"  {report.severities.get(code, 'note')}: {count:,} x {finding.text if finding else code}{where}")
    for gap in report.gaps:
        print(f"  missing: {gap.text}")


def _present(layout: Any) -> Any:
    from core.domain.errors import NotReady
    from core.store import source

    try:
        return source.load_source(layout)[0]
    except NotReady:
        return None


def _import_outfits(arguments: argparse.Namespace) -> int:
    from core.domain.errors import NotReady
    from core.intake import outfits
    from core.intake.mapping import read_mapping
    from core.recommend.looks import tables
    from core.store import source
    from core.store.layout import Layout

    settings = _settings(arguments)
    layout = Layout(settings.data)
    try:
        view = _shop(settings).view()
        present = view.catalogue
    except NotReady:
        view, (present, _) = None, source.load_source(layout)
    looks = tables.load(outfits.looks_folder(layout))
    plan = outfits.plan_outfits(arguments.file, present=present, looks=looks, mapping=read_mapping(arguments.map))
    plain: dict[str, Any] = {"report": plan.as_json(), "kept": None}
    if not arguments.json:
        print(plan.summary())
    if arguments.yes and plan.ready:
        verdict = outfits.carry_out(plan, layout, view=view, who=_who(), at=datetime.now(UTC))
        plain["kept"] = verdict.as_json()
    if arguments.json:
        print(_dumps(plain))
    elif plain["kept"]:
        print(f"Kept. {plain['kept']['reason']}")
    elif plan.ready:
        print("Nothing was kept yet. Add --yes to count with these outfits from now on.")
    return 0 if plan.ready else 1


def _named(arguments: argparse.Namespace, what: str) -> str:
    if arguments.name is None:
        raise BadRequest(f"Name {what}: `vitrine {arguments.command} {arguments.action} …`.")
    return str(arguments.name)


def _latest(settings: Settings, studio: Any) -> Any:
    """The catalogue as it is now: that of the edition, or of the source where nothing was built, under the facts."""
    from core.domain.errors import NotReady
    from core.store.generations import open_current
    from core.store.layout import Layout

    layout = Layout(settings.data)
    try:
        found = open_current(layout)[0].catalogue
    except NotReady:
        found = _present(layout)
    return None if found is None else found.with_changes(studio.facts())


def _told(arguments: argparse.Namespace, plan: Any, report: Any, keep: Callable[[], dict[str, Any]], done: str) -> int:
    """Show the dry run of a file, and with --yes keep what is right. done: the sentence for what was kept."""
    from core.intake.facts import rows_with_reasons
    from core.store.files import write_bytes

    if not arguments.json:
        print(report.summary())
    if arguments.set_aside and plan.bad:
        write_bytes(Path(arguments.set_aside), rows_with_reasons(plan.table, plan.bad))
    kept = keep() if arguments.yes and plan.ready else None
    if arguments.json:
        print(_dumps({"report": report.as_json(), "kept": kept}))
    elif kept is not None:
        print(done.format(**kept))
    elif plan.ready:
        print("Nothing was kept yet. Add --yes to keep what is right.")
    return 0 if plan.ready else 1


def _events(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from core.build import studio_of
    from core.domain.shoppers import hashed
    from core.intake import events as telling
    from core.intake.mapping import read_mapping
    from core.store.events import EventStore
    from core.store.files import replacing
    from core.store.salt import salt_for

    settings, now = _settings(arguments), datetime.now(UTC)
    with closing(studio_of(settings)) as studio:
        store = EventStore(studio)
        if arguments.action == "show":
            return _show_events(arguments, store)
        if arguments.action == "lists":
            return _show_lists(arguments, store)
        if arguments.action == "import":
            plan = telling.plan_events(
                _named(arguments, "the file"), salt=salt_for(settings, store), settings=settings, kind=arguments.kind,
                present=_latest(settings, studio), mapping=read_mapping(arguments.map), at=now,
            )  # fmt: skip
            return _told(
                arguments, plan, plan.report, lambda: telling.carry_out(plan, store).as_json(),
                "Kept {new:,} events; {repeated:,} were known, {refused:,} are of shoppers who are not followed.",
            )  # fmt: skip
        if arguments.action == "export":
            since, until = (None if one is None else parse_moment(one) for one in (arguments.since, arguments.until))
            with replacing(Path(_named(arguments, "the file"))) as file:
                for part in telling.export_csv(store.export(since, until), settings.currency):
                    file.write(part)
            return 0
        if arguments.action == "retain":
            days = _named(arguments, "how many days")
            if not days.isdecimal():
                raise BadRequest(f"{days!r} is no number of days. Write `vitrine events retain 400`.")
            gone = store.retain(int(days), now)
            studio.audit(_who(), now, "events retained", {"days": int(days), "removed": gone})
            print(_dumps({"removed": gone}) if arguments.json else f"Removed {gone:,} events; the counts by day stay.")
            return 0
        shopper = hashed(salt_for(settings, store), _named(arguments, "the shopper"))
        if arguments.action == "forget":
            done = store.forget(shopper, now)
            studio.audit(_who(), now, "shopper forgotten", {"events": done.events})  # nothing that says who
            said = f"Forgotten, with {done.events:,} events. {done.text}"
            print(_dumps(done.as_json()) if arguments.json else said)
            return 0
        (store.opt_out if arguments.action == "opt-out" else store.opt_in)(shopper, now)
        studio.audit(_who(), now, f"shopper {arguments.action}", {})
        print(_dumps({"shopper": shopper, "opted_out": arguments.action == "opt-out"}) if arguments.json
              else "Done. `vitrine events forget` also removes what was recorded before."
              if arguments.action == "opt-out" else "Done.")  # fmt: skip
    return 0


def _show_lists(arguments: argparse.Namespace, store: Any) -> int:
    """What came of the lists that shoppers were shown, by placement, arm and strategy."""
    from core.evaluate import shown

    since, until = (None if one is None else parse_moment(one) for one in (arguments.since, arguments.until))
    found = shown.shown_lists(store.table(since, until, shown.KINDS, columns=shown.COLUMNS))
    if arguments.json:
        print(_dumps(found.as_json()))
        return 0
    print(f"{'lists':>9} {'clicked':>23} {'unseen':>7}  placement, arm, strategy")
    for part in found.parts:
        rate = ""
        if part.clicked is not None:
            rate = f"{part.clicked.mean:.1%} ({part.clicked.low:.1%} to {part.clicked.high:.1%})"
        named = ", ".join(str(one) for one in (part.placement, part.arm, part.strategy) if one is not None)
        print(f"{part.lists:>9,} {rate:>23} {part.unseen_clicks:>7,}  {named}")
    if not found.parts:
        print("No list was shown yet: post impressions and clicks, or import them.")
    elif store.simulated():
        print("Some of it was made up for the demo.")
    return 0


def _show_events(arguments: argparse.Namespace, store: Any) -> int:
    days = store.days()
    kinds = days.groupby("kind")["events"].sum().sort_values(ascending=False)
    plain = {
        "events": store.count(), "kinds": {str(kind): int(count) for kind, count in kinds.items()},
        "from": str(days["day"].min()) if len(days) else None, "to": str(days["day"].max()) if len(days) else None,
        "simulated": store.simulated(),
    }  # fmt: skip
    if arguments.json:
        print(_dumps(plain))
        return 0
    marked = ", some made up for the demo" if plain["simulated"] else ""
    print(f"{plain['events']:,} events{marked}, counted from {plain['from']} to {plain['to']}.")
    for kind, count in plain["kinds"].items():
        print(f"{count:>10,}  {kind}")
    return 0


def _reviews(arguments: argparse.Namespace) -> int:
    from contextlib import ExitStack, closing

    from core.build import studio_of
    from core.embed import registry
    from core.embed.worker import EncoderWorker
    from core.intake import reviews as reviewing
    from core.intake.mapping import read_mapping
    from core.store.events import EventStore
    from core.store.reviews import ReviewStore
    from core.store.salt import salt_for

    settings = _settings(arguments)
    with closing(studio_of(settings)) as studio, ExitStack() as stack:
        store = ReviewStore(studio)
        if arguments.action == "show":
            found = store.summary(arguments.name)
            if arguments.json or found is None:
                print(_dumps({"reviews": None if found is None else found.as_json()}) if arguments.json
                      else "This product has no reviews.")  # fmt: skip
                return 0
            mean = "no ratings" if found.mean is None else f"{found.mean:.1f} of 5"
            print(f"{found.count:,} reviews, {mean}{', made up for the demo' if found.simulated else ''}")
            for theme in found.themes:
                print(f"{theme.count:>6,}  {theme.label:<22} {theme.tone:<11} “{theme.quote}”")
            return 0
        plan = reviewing.plan_reviews(
            arguments.name, salt=salt_for(settings, EventStore(studio)), settings=settings,
            present=_latest(settings, studio), at=datetime.now(UTC), mapping=read_mapping(arguments.map),
        )  # fmt: skip

        def keep() -> dict[str, Any]:
            reads, reason = registry.text_model_available(settings)
            if arguments.words or not reads:
                if not arguments.words:
                    print(f"vitrine: themes are found by key words alone. {reason}", file=sys.stderr)
                return reviewing.carry_out(plan, store).as_json()
            worker = stack.enter_context(EncoderWorker(settings))
            card = registry.text_card(settings)
            name = None if card is None else card.name
            return reviewing.carry_out(plan, store, worker.encode_texts, name).as_json()

        return _told(arguments, plan, plan.report, keep, "Kept {new:,} new reviews; {repeated:,} say something anew.")


def _shoppers(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from core.build import studio_of
    from core.domain.shoppers import hashed
    from core.intake import crm
    from core.intake.mapping import read_mapping
    from core.store.events import EventStore
    from core.store.salt import salt_for

    settings, now = _settings(arguments), datetime.now(UTC)
    with closing(studio_of(settings)) as studio:
        store = EventStore(studio)
        if arguments.action == "list":
            busiest = [{"shopper": shopper, "acts": acts} for shopper, acts in store.busiest()]
            said = "\n".join(f"{one['acts']:>6,} acts  {one['shopper']}" for one in busiest)
            print(_dumps({"shoppers": busiest}) if arguments.json else said or "Nobody was here yet.")
            return 0
        salt = salt_for(settings, store)
        if arguments.action == "show":
            person = store.person(hashed(salt, _named(arguments, "the shopper")), now)
            plain = {"shopper": person.shopper.as_json(), "history": person.history.as_json()}
            print(_dumps(plain) if arguments.json else _said_of(person))
            return 0
        if arguments.action in ("not-for-me", "for-me"):
            return _says(arguments, store, hashed(salt, _named(arguments, "the shopper")), now)
        plan = crm.plan_shoppers(
            _named(arguments, "the file"),
            salt=salt,
            present=_latest(settings, studio),
            mapping=read_mapping(arguments.map),
        )
        return _told(
            arguments, plan, plan.report, lambda: {"changed": crm.carry_out(plan, store, now)},
            "Kept; {changed:,} shoppers are known differently now.",
        )  # fmt: skip


def _says(arguments: argparse.Namespace, store: Any, shopper: str, now: datetime) -> int:
    """Keep what a shopper says is not for them, or is after all; it holds from the next list on."""
    from core.domain.events import Event
    from core.domain.shoppers import EVENT

    said = [(of, value) for of in TARGETS if (value := getattr(arguments, of)) is not None]
    if len(said) != 1:
        raise BadRequest(f"Say what it is about, with one of {', '.join(f'--{of}' for of in TARGETS)}.")
    target, value = said[0]
    kind = arguments.action.replace("-", "_")
    event = Event(f"{EVENT}_{secrets.token_hex(12)}", kind, now, shopper=shopper, target=target, value=value)
    done = store.add([event])
    dislikes = store.person(shopper, now).shopper.dislikes
    if arguments.json:
        print(_dumps({**done.as_json(), "dislikes": dislikes.as_json()}))
    elif done.refused:
        print("This shopper asked not to be followed, so nothing is kept of what they say.")
    else:
        left = [value for values in dislikes.as_json().values() for value in values]
        print(f"Kept. Not for them: {', '.join(left) or 'nothing'}.")
    return 1 if done.refused else 0


def _said_of(person: Any) -> str:
    shopper, told = person.shopper, person.history
    lines = [shopper.id + ("" if shopper.personal else "  not followed, at their own wish")]
    for name, value in shopper.as_json().items():
        if name not in ("id", "consent", "opted_out") and value and (name != "dislikes" or shopper.dislikes):
            lines.append(f"  {name}: {value}")
    lines += [f"  {moment:%Y-%m-%d %H:%M}  {kind:<10}  {item or ''}" for moment, kind, item in
              zip(told.moments, told.kinds, told.items, strict=True)]  # fmt: skip
    return "\n".join(lines)


def _stock(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from core.build import studio_of
    from core.intake import stock_feed
    from core.intake.facts import plan_facts
    from core.intake.mapping import read_mapping

    settings = _settings(arguments)
    with closing(studio_of(settings)) as studio:
        plan = plan_facts(_named(arguments, "the file"), settings=settings, present=_sold(settings, studio),
                          mapping=read_mapping(arguments.map), whole=arguments.whole)  # fmt: skip
        return _told(
            arguments, plan, plan.report,
            lambda: {"changed": len(plan.changes),
                     "facts": stock_feed.carry_out(plan, studio, who=_who(), at=datetime.now(UTC))},
            "{changed:,} products changed, live with the next list.",
        )  # fmt: skip


def _sold(settings: Settings, studio: Any) -> Any:
    """The catalogue as it is now. Raises NotReady where there is none yet."""
    from core.domain.errors import NotReady

    found = _latest(settings, studio)
    if found is None:
        raise NotReady("No catalogue was imported yet. Run `vitrine import FILE` first.")
    return found


def _inbox(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from core.build import studio_of
    from core.intake import inbox

    settings = _settings(arguments)
    with closing(studio_of(settings)) as studio:
        while True:
            try:
                found = inbox.look(settings, studio, lambda: _sold(settings, studio), datetime.now(UTC))
            except (ShopError, OSError) as error:  # a disk that is full now must not end what goes on for months
                if arguments.every is None:
                    raise
                print(f"vitrine: {error}", file=sys.stderr, flush=True)
                found = []
            for one in found:
                print(_dumps(one.as_json()) if arguments.json else one.text, flush=True)
            if arguments.every is None:
                return 1 if any(one.reason for one in found) else 0
            time.sleep(max(1, arguments.every))


def _export_lists(arguments: argparse.Namespace) -> int:
    from core.build import next_time

    if arguments.daily is None:
        _show_export(arguments, _exported(arguments))
        return 0
    if arguments.at is not None:
        raise BadRequest("--at asks about one moment, --daily about each day anew. Leave one of them out.")
    settings = _settings(arguments)
    while True:
        now = datetime.now(UTC)
        time.sleep((next_time(arguments.daily, now, settings) - now).total_seconds())
        try:
            _show_export(arguments, _exported(arguments))
        except (ShopError, OSError) as error:  # a bad night must not cost those that follow
            print(f"vitrine: {error}", file=sys.stderr, flush=True)


def _show_export(arguments: argparse.Namespace, about: dict[str, Any]) -> None:
    if arguments.json:
        print(_dumps(about), flush=True)
        return
    print(f"{arguments.file}: {about['rows']:,} rows of up to {about['k']} products.", flush=True)
    for why, count in about["left_out"].items():
        print(f"{count:>9,} left out: {why}", flush=True)
    if not about["rows"]:
        known = "Events or customers make shoppers known; --strangers gives all others the list of a first visit."
        print(known if about["keyed_by"] == "shopper" else "No product here has such a list.", flush=True)


def _exported(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make the lists, write the file; what stands in the file beside it."""
    from core.domain.shoppers import Context
    from core.export import mail
    from core.store.files import write_bytes

    names = ", ".join(map(str, mail.PLACEMENTS))
    if arguments.placement not in mail.PLACEMENTS:
        raise BadRequest(f"No lists of {arguments.placement!r} leave the shop. Export any of {names}.")
    placement = Placement(arguments.placement)
    for option, wanted in (("shoppers", "for_you"), ("strangers", "for_you"), ("season", "for_you"),
                           ("occasion", "for_you"), ("anchors", "beside products")):  # fmt: skip
        fits = placement in mail.BESIDE if option == "anchors" else placement == Placement.FOR_YOU
        if getattr(arguments, option) and not fits:
            raise BadRequest(f"--{option} is for lists {wanted}. Leave it out, or ask for another --placement.")
    addresses = mail.Addresses(arguments.link, arguments.picture)
    given = None if arguments.shoppers is None else _shopper_ids(arguments.shoppers)
    anchors = None if arguments.anchors is None else _lines(arguments.anchors)
    shop = _shop(_settings(arguments))
    request = _request(arguments, shop, placement)
    if arguments.at is None:
        request = request.changed(at=None)  # now is when each list is made
    elif request.at is not None and request.at < datetime.now(UTC):
        raise BadRequest("What leaves the shop is as of now, or of a day to come. Leave --at out.")

    def make() -> Any:
        if placement == Placement.FOR_YOU:
            context = Context(season=arguments.season, occasion=arguments.occasion)
            return mail.for_shoppers(
                shop, request, given, context=context, strangers=arguments.strangers, progress=_timed("Lists")
            )
        if placement in mail.BESIDE:
            return mail.beside_products(shop, request, anchors, progress=_timed("Lists"))
        return mail.for_everybody(shop, request)

    def keep(pictures: Any) -> None:
        for name, key in pictures.items():
            if not (file := Path(arguments.pictures) / name).exists():
                write_bytes(file, shop.pictures.read(key))

    about = mail.write(Path(arguments.file), make, addresses=addresses, pictures=keep if arguments.pictures else None)
    told = {name: about[name] for name in ("placement", "rows", "k", "sha256")}
    shop.studio.audit(_who(), datetime.now(UTC), "lists exported", told)  # nothing that says for whom
    return about


def _shopper_ids(file: str) -> list[str]:
    """Ids of shoppers from a file: one a line, or a table with a column of them."""
    from core.intake.people import SHOPPER_NAMES, recognised
    from core.intake.read import read

    if Path(file).suffix.casefold() not in (".csv", ".tsv", ".parquet", ".xlsx"):
        return _lines(file)
    table = read(Path(file))
    column = recognised(table.headers, {"shopper": (*SHOPPER_NAMES, "id")}, {}, "Shoppers").get("shopper")
    if column is None:
        raise BadRequest(f"No column of {file} was recognised as ids of shoppers. Call it customer_id.")
    return [one.strip() for one in table.texts(column) if one is not None and one.strip()]


def _import_demo(arguments: argparse.Namespace) -> int:
    from core.build import import_demo

    count = import_demo(_settings(arguments), at=datetime.now(UTC), watch=_watch)
    print(f"Imported {count} products of the demo boutique. Next: vitrine build")
    return 0


def _build(arguments: argparse.Namespace) -> int:
    from core.build import build, daily, model_change, next_time
    from core.embed.worker import EncoderWorker

    settings = _settings(arguments)
    if arguments.daily is not None:
        next_time(arguments.daily, datetime.now(UTC), settings)  # a wrong hour is said before anything else
    if change := model_change(settings):
        print(f"vitrine: {change}", file=sys.stderr, flush=True)
    with EncoderWorker(settings) as worker:
        if arguments.daily is not None:
            daily(settings, arguments.daily, worker=worker, tell=_print_built)
            return 0
        _print_built(build(settings, worker=worker, at=datetime.now(UTC), watch=_watch))
    return 0


def _print_built(built: Any) -> None:
    print(_dumps(built.as_json()), flush=True)


def _check(arguments: argparse.Namespace) -> int:
    from core.store import generations
    from core.store.layout import Layout

    findings = generations.check(Layout(_settings(arguments).data))
    print(_dumps({"findings": [finding.as_json() for finding in findings]}))
    return 1 if findings else 0


def _calibrate(arguments: argparse.Namespace) -> int:
    from core.build import recalibrate
    from core.embed.worker import EncoderWorker

    settings = _settings(arguments)
    at = datetime.now(UTC)
    before = {one.anchor: one.ids for one in _shop(settings).recommend_all(Request(at=at))}
    with EncoderWorker(settings) as worker:
        old, new = recalibrate(settings, worker=worker, watch=_watch)
    after = {one.anchor: one.ids for one in _shop(settings).recommend_all(Request(at=at))}
    moved = sum(before[anchor] != after[anchor] for anchor in after)
    print(_dumps({"before": old, "calibration": new, "lists": len(after), "moved": moved}))
    return 0


def _snapshots(arguments: argparse.Namespace) -> int:
    from core.store import generations
    from core.store.layout import Layout

    settings = _settings(arguments)
    layout = Layout(settings.data)
    if arguments.action == "rollback":
        from core.build import roll_back

        went = roll_back(settings, arguments.id)
        plain = {"snapshot": went.pointer.generation, "calibration": went.pointer.calibration}
        print(_dumps({**plain, "image_model": went.settings.image_model}))
        if went.note:
            print(f"vitrine: {went.note}", file=sys.stderr)
        return 0
    print(_dumps({"editions": [edition.as_json() for edition in generations.editions(layout)]}))
    return 0


def _keys(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from core.build import studio_of
    from core.store.keys import Keys

    if (arguments.action == "list") != (arguments.name is None):
        raise BadRequest("Name the key: vitrine keys add NAME --may lists. `keys list` takes no name.")
    if (arguments.action == "add") != (arguments.may is not None):
        raise BadRequest("Say what a new key may do, and only of a new one: --may lists,events,feed.")
    now = datetime.now(UTC)
    with closing(studio_of(_settings(arguments))) as studio:
        store = Keys(studio)
        if arguments.action == "add":
            rights = [one.strip() for one in arguments.may.split(",") if one.strip()]
            first = not store.all()
            key = store.add(arguments.name, rights, who=_who(), at=now)
            studio.audit(_who(), now, "key added", {"name": arguments.name, "may": rights})
            print(_dumps({"name": arguments.name, "key": key}) if arguments.json else key)
            told = "This is the only time it is shown. Send it along: Authorization: Bearer KEY."
            print(f"vitrine: {told}{' From now on the API answers to keys alone.' if first else ''}", file=sys.stderr)
            return 0
        if arguments.action == "revoke":
            done = store.revoke(arguments.name, at=now)
            studio.audit(_who(), now, "key revoked", {"name": done.name})
            print(_dumps(done.as_json()) if arguments.json else "Revoked; its next request is refused.")
            return 0
        keys = store.all()
    if arguments.json:
        print(_dumps({"keys": [one.as_json() for one in keys]}))
        return 0
    for one in keys:
        state = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"last used {one.used or 'never'}"
        print(f"{one.name:<20}  {','.join(one.rights):<18}  made {one.at:%Y-%m-%d} by {one.who:<16}  {state}")
    if not keys:
        print("There are no keys: the API answers whoever reaches it. vitrine keys add NAME --may lists")
    return 0


def _rules(arguments: argparse.Namespace) -> int:
    act = {
        "list": _rules_list, "export": _rules_export, "import": _rules_import, "history": _rules_history,
        "rollback": _rules_rollback,
    }[arguments.action]  # fmt: skip
    return act(arguments, _shop(_settings(arguments)))


def _titles(shop: Any) -> Any:
    return shop.catalogue().title


def _saying(shop: Any) -> Any:
    """How this shop says a rule: with its titles, in its time and its currency."""
    from core.domain.sentences import sentence

    name, zone, currency = _titles(shop), shop.settings.time_zone, shop.catalogue().currency
    return lambda rule: sentence(rule, name, zone, currency)


def _tell_published(done: Any, shop: Any) -> None:
    print(_dumps({"publication": done.version, "rules": shop.studio.rules_version(), "changed": len(done.changes)}))


def _rules_list(arguments: argparse.Namespace, shop: Any) -> int:
    say, rules = _saying(shop), shop.rules()
    if arguments.json:
        told = [{**rule.as_json(), "sentence": say(rule)} for rule in rules]
        print(_dumps({"version": shop.view().versions.rules, "rules": told}))
        return 0
    for rule in rules:
        print(f"{rule.id:<12}  {say(rule)}" + (f"  ({rule.note})" if rule.note else ""))
    if not rules:
        print("There are no rules. Make some on the page Curation Rules, or import them: vitrine rules import FILE.")
    return 0


def _rules_export(arguments: argparse.Namespace, shop: Any) -> int:
    from core.curation import table
    from core.intake.export import csv_bytes
    from core.store.files import write_bytes

    file = _rules_file(arguments)
    rules = shop.rules()
    if file.suffix == ".json":
        content = (_dumps({"rules": [rule.as_json() for rule in rules]}) + "\n").encode()
    else:
        content = csv_bytes(
            table.HEADER, table.rows(rules, _titles(shop), shop.settings.time_zone, shop.catalogue().currency)
        )
    write_bytes(file, content)
    print(_dumps({"file": str(file), "rules": len(rules)}))
    return 0


def _rules_import(arguments: argparse.Namespace, shop: Any) -> int:
    from core.curation import publish

    file = _rules_file(arguments)
    plan = _rule_plan(file, shop, merge=arguments.merge)
    plain: dict[str, Any] = {**plan.as_json(), "published": None}
    if plan.ready:
        publish.check_book(plan.rules, shop.view())
        if arguments.yes:
            why = arguments.why or f"Imported from {file.name}"
            done = shop.publish_rules(plan.rules, who=_who(), why=why, name=f"Rules from {file.name}")
            plain["published"] = done.version
    if arguments.json:
        print(_dumps(plain))
        return 0 if plan.ready else 1
    for row, problem in plan.problems:
        print(f"row {row}: {problem}")
    counts = f"{len(plan.added)} new, {len(plan.changed)} changed, {len(plan.removed)} removed"
    print(f"{len(plan.rules)} rules: {counts}." if plan.ready else "Nothing can be imported before this is mended.")
    if plan.ready and not arguments.yes:
        print("Nothing was published yet. Add --yes to publish it.")
    return 0 if plan.ready else 1


def _rule_plan(file: Path, shop: Any, *, merge: bool) -> Any:
    """What a file of rules would make of the rule book; nothing is written."""
    from core.curation import table

    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest(f"{file} is not text in UTF-8. Save it so, and import it again.") from None
    present, at = shop.rules(), datetime.now(UTC)
    if file.suffix == ".json":
        return table.plan_json(text, present, at=at, merge=merge)
    return table.plan_csv(text, present, at=at, merge=merge, zone=shop.settings.time_zone)


def _rules_file(arguments: argparse.Namespace) -> Path:
    if not arguments.name or Path(arguments.name).suffix not in (".csv", ".json"):
        raise BadRequest(f"Name a file: `vitrine rules {arguments.action} rules.csv`, or one that ends in .json.")
    return Path(arguments.name)


def _rules_history(arguments: argparse.Namespace, shop: Any) -> int:
    from core.store.publications import in_book

    told = [
        {"version": one.version, "rules": sum(key.kind == "rule" for key in in_book(one.content)), "who": one.who,
         "at": one.at.isoformat(), "why": one.why}
        for one in shop.studio.rules_history()
    ]  # fmt: skip
    if arguments.json:
        print(_dumps({"versions": told}))
        return 0
    for one in told:
        print(f"{one['version']:>4}  {one['at'][:16]}  {one['who']:<20}  {one['rules']:>4} rules  {one['why']}")
    return 0


def _rules_rollback(arguments: argparse.Namespace, shop: Any) -> int:
    if arguments.name is not None and not arguments.name.isdigit():
        raise BadRequest(f"{arguments.name!r} is no version of the rules. `vitrine rules history` lists them.")
    version = None if arguments.name is None else int(arguments.name)
    done = shop.rollback_rules(version, who=_who(), why=arguments.why)
    _tell_published(done, shop)
    return 0


def _campaigns(arguments: argparse.Namespace) -> int:
    if (arguments.name is None) != (arguments.action == "list"):
        raise BadRequest(
            f"Name the campaign: `vitrine campaigns {arguments.action} ID`. `vitrine campaigns` lists them."
            if arguments.name is None else f"To see one campaign: `vitrine campaigns show {arguments.name}`."
        )  # fmt: skip
    if arguments.at is not None and arguments.action == "rollback":
        raise BadRequest("A campaign is taken back now. Leave --at out.")
    shop = _shop(_settings(arguments))
    if arguments.action == "rollback":
        done = shop.rollback_campaign(arguments.name, who=_who(), why=arguments.why)
        _tell_published(done, shop)
        return 0
    return (_campaigns_list if arguments.action == "list" else _campaign_show)(arguments, shop)


def _campaigns_list(arguments: argparse.Namespace, shop: Any) -> int:
    from core.curation.campaigns import campaigns, members
    from core.domain.sentences import campaign_sentence
    from core.domain.words import count

    at, documents = _documents(arguments, shop)
    name, zone, told = _titles(shop), shop.settings.time_zone, []
    for one in campaigns(documents):
        kinds = [key.kind for key in members(documents, one.id)]
        told.append(
            {**one.as_json(), "phase": one.phase(at), "rules": kinds.count("rule"), "looks": kinds.count("look"),
             "sentence": campaign_sentence(one, name, zone)}
        )  # fmt: skip
    if arguments.json:
        print(_dumps({"campaigns": told}))
        return 0
    for plain in told:
        has = f"{count(plain['rules'], 'rule')}, {count(plain['looks'], 'look')}"
        print(f"{plain['id']:<20}  {plain['phase']:<7}  {plain['sentence']}  {has}.")
    if not told:
        print("There are no campaigns. Make one on the page Curation Rules.")
    return 0


def _campaign_show(arguments: argparse.Namespace, shop: Any) -> int:
    from core.curation.campaigns import campaign, members
    from core.domain.looks import SavedLook
    from core.domain.rules import Rule
    from core.domain.sentences import campaign_sentence

    at, documents = _documents(arguments, shop)
    one = campaign(documents, arguments.name)
    name, say, mine = _titles(shop), _saying(shop), members(documents, one.id)
    rules = [Rule.from_json(plain) for key, plain in mine.items() if key.kind == "rule"]
    looks = {key.id: SavedLook.from_json(plain) for key, plain in mine.items() if key.kind == "look"}
    said = campaign_sentence(one, name, shop.settings.time_zone)
    if arguments.json:
        told = {
            **one.as_json(), "phase": one.phase(at), "sentence": said,
            "rules": [{**rule.as_json(), "sentence": say(rule)} for rule in rules],
            "looks": [{"id": id, **look.as_json()} for id, look in looks.items()],
        }  # fmt: skip
        print(_dumps(told))
        return 0
    print(f"{said} It is {one.phase(at)}.", *([one.story] if one.story else []), sep="\n")
    for rule in rules:
        print(f"  {rule.id:<12}  {say(rule)}")
    for id, look in looks.items():
        print(f"  {id:<12}  Look “{look.name}”: {', '.join(name(item) or item for item in look.all_ids)}.")
    return 0


def _documents(arguments: argparse.Namespace, shop: Any) -> tuple[datetime, Any]:
    """The moment asked about, and all that was published as of it; a moment ahead is seen with what stands now."""
    from core.store.publications import Publications

    now = datetime.now(UTC)
    at = _asked_at(arguments) or now
    return at, Publications(shop.studio).documents(at if at < now else None)


def _named_draft(arguments: argparse.Namespace, shop: Any) -> tuple[Any, Any]:
    """The desk of whoever is named, and that draft of theirs, which is then the one worked on."""
    from core.curation.desk import Desk

    desk = Desk(shop.studio, arguments.who or _who())
    names = [one.name for one in desk.drafts() if one.edits]
    if arguments.draft not in names:
        has = f"{desk.who} has {', '.join(map(repr, names))}" if names else f"{desk.who} has no draft"
        raise BadRequest(f"There is no draft {arguments.draft!r}. {has}. Name somebody else with --who.")
    return desk, next(one for one in desk.drafts() if one.name == arguments.draft)


def _publish(arguments: argparse.Namespace) -> int:
    shop = _shop(_settings(arguments))
    desk, _ = _named_draft(arguments, shop)
    before = desk.name
    desk.work_on(arguments.draft)
    try:
        done = desk.publish(arguments.why, datetime.now(UTC))
    except ShopError:
        desk.work_on(before)
        raise
    if before != arguments.draft:
        desk.work_on(before)
    if any(change.key.kind == "arrival" for change in done.changes):
        from core.build import settle
        from core.embed.worker import EncoderWorker

        with EncoderWorker(shop.settings) as worker:
            settle(shop.settings, worker=worker, at=datetime.now(UTC), studio=shop.studio, watch=_watch)
    _tell_published(done, shop)
    return 0


def _impact(arguments: argparse.Namespace) -> int:
    shop = _shop(_settings(arguments))
    wanted = [placement for placement in MEASURED if str(placement) in (arguments.placement or MEASURED)]
    if Placement.SEARCH in wanted and shop.queries():
        shop = _shop(_settings(arguments), encoders=True)  # typed words are read by them
    at = _asked_at(arguments)
    name, standing, changed = _standing(arguments, shop)
    found: dict[Placement, Any] = {}
    notes: list[str] = []
    if Placement.SIMILAR in wanted:
        watch = _each("You May Also Like")
        found |= shop.impact(standing, at=at, locale=arguments.locale, progress=watch)
    laps = shop.measuring(standing, at=at, locale=arguments.locale)
    for placement in wanted:
        watch, last = _each(PLACEMENT_NAMES[placement]), None
        for last in laps.get(placement, ()):
            watch(last.done, last.lists)
        if last is not None and last.impact is not None:
            found[placement] = last.impact
        elif last is not None and last.note:
            notes.append(last.note)
    view = shop.view(at)
    _take(
        arguments, shop, at, lambda reports, head: reports.impact_report(head, found, changed, title=name), draft=name
    )
    if arguments.json:
        plain = {str(placement): one.as_json() for placement, one in found.items()}
        print(_dumps({"draft": name, **view.versions.as_json(), "changes": changed, "impact": plain, "notes": notes}))
        return 0
    for text in changed:
        print(text)
    for placement, one in found.items():
        beyond = f", of {one.of:,} that there are" if one.of not in (None, one.lists) else ""
        print(f"{PLACEMENT_NAMES[placement]}: {one.changed:,} of {one.lists:,} lists change{beyond}.")
        if one.thin or one.mended:
            print(f"  {len(one.thin):,} would run thin, {len(one.mended):,} thin ones would be full again.")
        for mover in (*one.gainers[:3], *one.losers[:3]):
            title = shop.catalogue(at).item(mover.id).title
            print(f"  {10_000 * mover.change:+8.1f} of 10,000 places  {mover.id:<16}  {title}")
    for text in notes:
        print(text)
    return 0


def _each(stage: str) -> Callable[[int, int], None]:
    """Progress of a stage, told now and then: on a terminal often, elsewhere at its beginning and end."""

    def watch(done: int, total: int) -> None:
        if total and (done in (0, total) or done % 50 == 0):
            _watch(Progress(stage, done, total))

    return watch


def _timed(stage: str) -> Callable[[int, int], None]:
    """The same with how quick it goes and how long it will take."""
    began = time.monotonic()

    def watch(done: int, total: int) -> None:
        if total and (done in (0, total) or done % 50 == 0):
            rate = done / max(time.monotonic() - began, 1e-3)
            _watch(Progress(stage, done, total, rate, (total - done) / rate if rate else None))

    return watch


def _standing(arguments: argparse.Namespace, shop: Any) -> tuple[str, dict[Any, Any], list[str]]:
    """What the shop's documents would be: the name of it, the documents, and what changes in a sentence each."""
    from core.curation import publish
    from core.domain.changes import Key
    from core.store.publications import Publications

    live = Publications(shop.studio).documents()
    if arguments.draft is not None:
        _, draft = _named_draft(arguments, shop)
        return draft.name, draft.applied(live), [says for change in draft.changes for says in change.says[-1:]]
    file = Path(arguments.rules)
    if file.suffix not in (".csv", ".json"):
        raise BadRequest(
            f"{file} is no file of rules. It ends in .csv or .json, as `vitrine rules export` writes them."
        )
    plan = _rule_plan(file, shop, merge=arguments.merge)
    if not plan.ready:
        row, problem = plan.problems[0]
        raise BadRequest(f"{file}, row {row}: {problem} `vitrine rules import {file}` tells all that must be mended.")
    publish.check_book(plan.rules, shop.view())
    others = {key: plain for key, plain in live.items() if key.kind != publish.RULE}
    say = _saying(shop)
    words = [say(rule) for rule in plan.rules if live.get(Key("rule", rule.id)) != rule.as_json()]
    gone = {key.id for key in live if key.kind == publish.RULE} - {rule.id for rule in plan.rules}
    words += [f"Without the rule {id}." for id in sorted(gone)]
    return file.name, {**{Key(publish.RULE, one.id): one.as_json() for one in plan.rules}, **others}, words


def _lint(arguments: argparse.Namespace) -> int:
    shop = _shop(_settings(arguments))
    findings = shop.lint(at=_asked_at(arguments))
    if arguments.json:
        print(_dumps({"findings": [one.as_json() for one in findings]}))
    else:
        for one in findings:
            mend = f" To mend it: {one.fix.text[:1].lower()}{one.fix.text[1:]}." if one.fix else ""
            print(f"{one.severity}: {one.text}{mend}")
        print(f"{len(findings)} findings." if findings else "The rules are in order.")
    counts = ("error", "warning") if arguments.strict else ("error",)
    return 1 if any(one.severity in counts for one in findings) else 0


def _arrivals(arguments: argparse.Namespace) -> int:
    if bool(arguments.names) == (arguments.action == "list"):
        raise BadRequest(
            f"Name what to {arguments.action}: `vitrine arrivals {arguments.action} NAME`."
            if not arguments.names else "Say rehearse, import, keep or remove before the names."
        )  # fmt: skip
    act = {
        "list": _arrivals_list, "rehearse": _arrivals_rehearse, "import": _arrivals_import, "keep": _arrivals_keep,
        "remove": _arrivals_remove,
    }[arguments.action]  # fmt: skip
    return act(arguments, _shop(_settings(arguments), encoders=arguments.action != "list"))


def _arrivals_list(arguments: argparse.Namespace, shop: Any) -> int:
    found = shop.arrivals()
    if arguments.json:
        told = [{**one.arrival.as_json(), "state": one.state and str(one.state)} for one in found]
        print(_dumps({"arrivals": told}))
        return 0
    for one in found:
        released = f"{one.arrival.release_at:%Y-%m-%d %H:%M}" if one.arrival.release_at else ""
        print(f"{one.arrival.id:<16}  {one.state or 'joins with the next build':<10}  {released}  {one.arrival.title}")
    if not found:
        print("There are no arrivals. Rehearse one: vitrine arrivals rehearse PHOTO --title TITLE.")
    return 0


def _arriving(arguments: argparse.Namespace, shop: Any) -> tuple[Any, Any]:
    """One product out of photos and options, and what is guessed of it; its pictures are in the shop's pack."""
    from core.domain.arrivals import Arrival, fresh_id

    files = [Path(name) for name in arguments.names]
    keys: list[str] = []
    for file, (key, reason) in zip(files, shop.take_pictures([file.read_bytes() for file in files]), strict=True):
        if reason:
            raise BadRequest(f"{file.name}: {reason}")
        keys.append(key)
    guessed = shop.suggest(keys, arguments.title)
    plain: dict[str, Any] = {
        "id": fresh_id([*keys, arguments.title], shop.catalogue().ids), "title": arguments.title,
        "pictures": list(dict.fromkeys(keys)),
        **{name: list(v) if isinstance(v, tuple) else v for name, v in guessed.values(0.3).items()},
    }  # fmt: skip
    several = Arrival("new-")
    for name, values in parse_filters(arguments.set).items():
        if name not in Arrival.__dataclass_fields__:
            raise BadRequest(f"An arrival has no {name!r}.")
        plain[name] = list(values) if isinstance(getattr(several, name), tuple) else values[-1]
    if arguments.price is not None:
        plain["price"] = arguments.price
    if arguments.stock is not None:
        plain["stock"] = {"": arguments.stock}
    if arguments.release is not None:
        plain["release_at"] = parse_moment(arguments.release).isoformat()
    return Arrival.from_json(plain), guessed


def _arrivals_rehearse(arguments: argparse.Namespace, shop: Any) -> int:
    arrival, guessed = _arriving(arguments, shop)
    found = shop.rehearse(arrival, k=arguments.k, progress=lambda what, done, of: _each(what)(done, of))
    if arguments.json:
        told = {"arrival": arrival.as_json(), "suggested": guessed.as_json(), "rehearsal": found.as_json()}
        print(_dumps(told))
        return 0
    name = _titles(shop)
    for field, guesses in guessed.fields.items():
        said = ((" › ".join(one.value) if field == "category" else one.value, one.confidence) for one in guesses[:3])
        print(f"{field:<9} {', '.join(f'{value} ({100 * sure:.0f} %)' for value, sure in said)}")
    if found.band is not None:
        low, median, high = found.band.low, found.band.median, found.band.high
        print(f"its neighbours cost {low:.0f} to {high:.0f}, half of them below {median:.0f}")
    for near in found.near:
        print(f"near {near.id}: {near.why} {name(near.id)}")
    for lacking in found.missing:
        print(lacking.text)
    print(f"It would be shown in {len(found.shown):,} lists; {found.changed:,} would change.")
    for place in found.shown[:10]:
        gone = f" for {', '.join(place.displaced)}" if place.displaced else ""
        print(f"  place {place.place:>2} around {place.anchor}{gone}  {name(place.anchor)}")
    return 0


def _arrivals_import(arguments: argparse.Namespace, shop: Any) -> int:
    from core.build import keep
    from core.intake.arrivals import plan_paths

    released = parse_moment(arguments.release) if arguments.release is not None else None
    plan = plan_paths(
        [Path(name) for name in arguments.names], shop.reader.decode_pictures, settings=shop.settings,
        taken=shop.catalogue().ids, release_at=released,
        progress=lambda what, done, of: _watch(Progress(what, done, of)),
    )  # fmt: skip
    ready = [one for one in plan.arrivals if not one.lacks]
    plain: dict[str, Any] = {**plan.as_json(), "ready": len(ready), "kept": None}
    if not arguments.json:
        print(plan.summary())
        for finding in plan.findings:
            where = f"row {finding.row}: " if finding.row else ""
            print(f"{finding.severity}: {where}{finding.text}")
        for file, reason in plan.refused:
            print(f"refused: {file}: {reason}")
    if arguments.yes and ready:
        shop.take_arrivals(plan, [one.id for one in ready])
        done = keep(
            shop.settings, ready, who=_who(), why=arguments.why or "Imported at the command line", worker=shop.reader,
            at=datetime.now(UTC), studio=shop.studio, watch=_watch,
        )  # fmt: skip
        plain["kept"] = done.as_json()
    if arguments.json:
        print(_dumps(plain))
    elif plain["kept"]:
        print(f"Kept {len(ready):,}, embargoed until their release. {plain['kept']['waiting']}".strip())
    elif ready:
        print(f"Nothing was kept yet. Add --yes to keep the {len(ready):,} that are complete.")
    elif plan.arrivals:
        print("None is complete: each needs a title and a release date (--release gives all of them one).")
    return 0 if plan.arrivals and not plan.refused and not plan.refused_rows else 1


def _arrivals_keep(arguments: argparse.Namespace, shop: Any) -> int:
    from core.build import keep

    arrival, _ = _arriving(arguments, shop)
    done = keep(
        shop.settings, [arrival], who=_who(), why=arguments.why or f"{arrival.title} is to come", worker=shop.reader,
        at=datetime.now(UTC), studio=shop.studio, watch=_watch,
    )  # fmt: skip
    print(_dumps({"arrival": arrival.as_json(), **done.as_json()}))
    return 0


def _arrivals_remove(arguments: argparse.Namespace, shop: Any) -> int:
    from core.build import remove

    done = remove(
        shop.settings, arguments.names, who=_who(), why=arguments.why or "Taken back at the command line",
        worker=shop.reader, at=datetime.now(UTC), studio=shop.studio, watch=_watch,
    )  # fmt: skip
    print(_dumps(done.as_json()))
    return 0


def _models(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    wanted = {"list": 0, "fetch": 1, "compare": 2}[arguments.action]
    if len(arguments.names) != wanted and not (arguments.action == "compare" and not arguments.names):
        raise BadRequest("Say `models`, `models fetch NAME --yes`, or `models compare EDITION EDITION`.")
    return {"list": _models_list, "fetch": _models_fetch, "compare": _models_compare}[arguments.action](
        arguments, settings
    )


def _models_list(arguments: argparse.Namespace, settings: Settings) -> int:
    from core.build import model_change, serving_manifest
    from core.embed import shelf

    manifest = serving_manifest(settings)
    serving = manifest.models.get("image") if manifest else None
    change = model_change(settings)
    on_offer = shelf.shelf(settings)
    if arguments.json:
        plain = {"serving": serving, "chosen": settings.image_model, "change": change}
        print(_dumps({**plain, "models": [one.as_json() for one in on_offer]}))
        return 0
    for one in on_offer:
        at = "chosen" if one.offer.setting == settings.image_model else "here" if one.here else "not here"
        size = f"{one.size / 1e6:,.0f} MB" if one.size else ""
        print(f"{one.offer.key:<16}  {at:<9} {size:>8}  {one.offer.name}: {one.offer.sentence}")
        if one.quality:
            told = (f"{100 * value:.0f} % {shelf.FIGURES[name]}" for name, value in one.quality.figures.items())
            print(f"{'':<36}  {'; '.join(told)}. {one.quality.measured_on}")
    print(
        f"The edition that serves: pictures read by {serving['name']}." if serving else "Nothing serves with pictures."
    )
    if change:
        print(change)
    return 0


def _models_fetch(arguments: argparse.Namespace, settings: Settings) -> int:
    from core.embed import shelf
    from core.intake import models

    offer = shelf.offer_named(arguments.names[0])
    if not arguments.yes and offer.repository:
        print(
            f"{offer.name}: about {offer.download / 1e6:,.0f} MB from {offer.repository} on the hub, licence "
            f"{offer.licence}. Add --yes to fetch it. It is not used before `image_model` names it and you build."
        )
        return 1
    card = models.fetch(settings, offer, watch=_watch)
    print(_dumps({"fetched": offer.key, "setting": offer.setting, "name": card.name, "key": card.key, "dim": card.dim}))
    return 0


def _models_compare(arguments: argparse.Namespace, settings: Settings) -> int:
    from core.build import other_edition, side_of
    from core.lab import editions
    from core.store.layout import Layout

    names = tuple(arguments.names) or other_edition(Layout(settings.data))
    if not names:
        raise BadRequest("No other edition was made with another image model. Name two: `vitrine snapshot list`.")
    at = datetime.now(UTC)
    first, second = (side_of(settings, name, at=at) for name in names)
    found = editions.compare(first, second, at=at, progress=lambda done, total: _watch(Progress("Lists", done, total)))
    beside = editions.side_by_side(first, second, at=at)
    if arguments.json:
        print(_dumps({**found.as_json(), "beside": [one.as_json() for one in beside]}))
        return 0
    print(f"{found.counted:,} of {found.comparable:,} products, nearest ten by picture alone")
    for name, share in found.same.items():
        one, two = (f"{100 * value:5.1f} %" for value in share.values)
        gained = f"{100 * share.gained:+.1f} points, ± {100 * share.within:.1f}"
        told = f"{found.models[0]}: {one}   {found.models[1]}: {two}   {gained}"
        print(f"same {name:<7} {told} ({share.products:,} products)")
    print(f"the nearest ten have {100 * found.overlap:.0f} % in common")
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from core.embed.tower import train

    return train.main(arguments.rest)


def _lines(file: str, *, keep_empty: bool = False) -> list[str]:
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{file} cannot be read: {error}.") from None
    lines = re.split("\r\n|\r|\n", text)  # not splitlines: a form feed or U+2028 stands within a line
    if lines[-1] == "":
        lines.pop()
    return lines if keep_empty else [line.strip() for line in lines if line.strip()]


def _who() -> str:
    return os.environ.get("VITRINE_WHO") or os.environ.get("USER") or "command line"


def _watch(progress: Progress) -> None:
    """Progress on standard error: one line that is written over on a terminal, a line a stage elsewhere."""
    if not sys.stderr.isatty():
        if progress.total and progress.done in (0, progress.total):
            print(f"{progress.stage}: {progress.done} of {progress.total}", file=sys.stderr)
        return
    text = progress.stage
    if progress.total:
        text += f" {progress.done} of {progress.total}"
    if progress.rate:
        text += f", {progress.rate:.0f} a second"
    if progress.seconds_left:
        text += f", {progress.seconds_left:.0f} s left"
    print(f"\r\x1b[2K{text}", end="" if progress.done < progress.total else "\n", file=sys.stderr, flush=True)


def _bar(stage: str, done: int, total: int) -> None:
    if stage != "catalogue":
        _watch(Progress(stage.capitalize(), done, total))


def _dumps(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(", ", ": "))


if __name__ == "__main__":
    sys.exit(main())

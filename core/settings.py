"""What may differ between two machines or shops. Read once where the program starts, then handed down."""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.domain.errors import BadRequest

# {name} stands for a field of the item; a sentence whose fields are all unknown is left out.
# The title comes without its brand words, and brand, price, size and audience are not appended: core/embed/template.py
# says why.
TEXT_TEMPLATE = "{title}. {type}. {category}. {material}. {pattern}. {occasion}. {tags}. {description}"


FILE = "settings.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one shop.

    data:          folder of the shop.
    shop_name:     shown on the pages.
    database:      URL of the studio database; None is SQLite in `data`.
    text_model:    path of a MiniLM folder, or None to find one.
    image_model:   "compact" (ships in assets/models), "none", "open_clip:NAME:TAG_OR_FILE", "hf-hub:OWNER/MODEL" or
                   "local:FOLDER"; a relative path may lie in `data`.
    text_template: how an item becomes a text for the encoder.
    index:         "exact" or "faiss".
    time_zone:     IANA name; dates on the pages are shown in it.
    currency:      ISO 4217, for a catalogue that names none.
    trusted_user_header: name of the header in which a proxy passes on who is there; None asks for a name once.
    shopper_salt:  makes hashes of shoppers' ids, 16 characters or more; None draws one into `data` once. Machines that
                   share a database need the same.
    keep_events:   days for which what shoppers did is kept, such as "400"; None keeps it.
    feed_key:      what a stock system must send along (`Authorization: Bearer …`) to post stock and prices; None takes
                   none.
    cache:         where lists that were just made are kept: "memory", "off", or the URL of a Redis that several
                   processes share, such as "redis://localhost:6379/1", one database for each shop.
    cache_seconds: for how long at most, such as "3600".
    hosts:         names under which the shop may be asked for, with commas between, such as "shop.example.com,
                   *.example.net"; addresses, localhost and the machine's own name need no mention; "*" is any.
    rate_limit:    what one key, or one address without a key, may ask of the API, such as "1200/minute"; "off" counts
                   nobody; None is ample (core/api/limits.py).
    trusted_address_header: name of the header in which a proxy passes on the address of who asks, such as
                   "X-Forwarded-For"; the last one in it counts. None takes the address that is connected.
    """

    data: Path = Path("data")
    shop_name: str = "Vitrine"
    database: str | None = None
    text_model: str | None = None
    image_model: str = "compact"
    text_template: str = TEXT_TEMPLATE
    index: str = "faiss"
    time_zone: str = "Europe/Paris"
    currency: str = "EUR"
    trusted_user_header: str | None = None
    shopper_salt: str | None = None
    keep_events: str | None = None
    feed_key: str | None = None
    cache: str = "memory"
    cache_seconds: str = "3600"
    hosts: str | None = None
    rate_limit: str | None = None
    trusted_address_header: str | None = None

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def changed(self, **changes: Any) -> Settings:
        return checked(replace(self, **changes))


def read(data: str | Path | None = None) -> Settings:
    """The settings of the shop in `data`: defaults, then `data/settings.toml`, then VITRINE_* in the environment.

    `data` itself is the argument, else VITRINE_DATA, else "data". Raises BadRequest for names or values that are wrong.
    """
    folder = Path(data or os.environ.get("VITRINE_DATA") or "data")
    plain: dict[str, Any] = {}
    file = folder / FILE
    names = {f.name for f in fields(Settings)} - {"data"}
    if file.exists():
        plain = _parsed(file, file.read_bytes())
        unknown = sorted(set(plain) - names)
        if unknown:
            raise BadRequest(
                f"{file} has settings that do not exist: {', '.join(unknown)}. There are {', '.join(sorted(names))}."
            )
        if wrong := sorted(name for name, value in plain.items() if not isinstance(value, str)):
            raise BadRequest(f"{file}: {', '.join(wrong)} must be a text in quotes.")
    for name in names:
        if value := from_environment(name):
            plain[name] = value
    return checked(Settings(data=folder, **plain))


def from_environment(name: str) -> str | None:
    """What the environment says of a setting, whatever the file says; None where it is silent."""
    return os.environ.get(f"VITRINE_{name.upper()}") or None


def rewritten(file: Path, content: bytes, name: str, value: str) -> bytes:
    """The `content` of a settings file with `name` set to `value`; every other line and comment stays as it is.

    Raises BadRequest when the file cannot be read, or holds the setting in a form that only a person should touch.
    """
    before = _parsed(file, content)
    text = content.decode("utf-8")
    written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    wanted = {**before, name: value}
    if name not in before:
        end = "\r\n" if "\r\n" in text else "\n"
        gap = "" if not text or text.endswith("\n") else end
        candidates = [f"{text}{gap}{name} = {written}{end}"]
    else:
        candidates = [
            f"{text[: found.end(1)]}{written}{text[found.end() :]}"
            for found in re.finditer(_LINE.replace("{0}", name), text)
        ]
    for candidate in candidates:  # a line within a text of many lines only looks like the setting
        try:
            if tomllib.loads(candidate) == wanted:
                return candidate.encode("utf-8")
        except (tomllib.TOMLDecodeError, UnicodeEncodeError):
            continue
    raise BadRequest(f"{file} could not be changed safely. Write {name} = {written} into it by hand.")


# A setting's line up to its value, and the value in any of TOML's four ways to write a text.
_TEXT = "|".join((r'"""[\s\S]*?"""', r"'''[\s\S]*?'''", r'"(?:[^"\\\n]|\\.)*"', r"'[^'\n]*'"))
_LINE = r"(?m)^([ \t]*[\"']?{0}[\"']?[ \t]*=[ \t]*)(" + _TEXT + ")"


_HOST = r"\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*"
_RATE = r"off|[1-9][0-9]{0,8}/(second|minute|hour|day)"


def names_in(hosts: str | None) -> list[str]:
    """The names in the setting `hosts`, in small letters."""
    return [one.strip().rstrip(".").casefold() for one in (hosts or "").split(",") if one.strip()]


def _parsed(file: Path, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"{file} cannot be read: {error}. Mend or remove it.") from None


def checked(settings: Settings) -> Settings:
    """`settings` as given, once they make sense. Raises BadRequest."""
    try:
        settings.zone()
    except (ZoneInfoNotFoundError, ValueError):
        raise BadRequest(f"{settings.time_zone!r} is not a time zone. Use an IANA name such as Europe/Paris.") from None
    if not re.fullmatch("[A-Z]{3}", settings.currency):
        raise BadRequest(f"{settings.currency!r} is not a currency. Use an ISO 4217 code such as EUR.")
    if settings.keep_events is not None and not (settings.keep_events.isdecimal() and int(settings.keep_events) > 0):
        raise BadRequest(f"keep_events is {settings.keep_events!r}; it is a number of days, such as 400.")
    if settings.feed_key is not None and len(settings.feed_key) < 16:
        raise BadRequest("feed_key is too short to be a key. Use 16 characters or more, drawn at random.")
    if wrong := [name for name in names_in(settings.hosts) if not re.fullmatch(_HOST, name)]:
        said = ", ".join(map(repr, wrong))
        raise BadRequest(f"hosts names {said}, which is no name. Write shop.example.com, without https:// and port.")
    if settings.rate_limit is not None and not re.fullmatch(_RATE, settings.rate_limit):
        raise BadRequest(f"rate_limit is {settings.rate_limit!r}; write how many in how long, such as 1200/minute.")
    for name in ("trusted_user_header", "trusted_address_header"):
        value = getattr(settings, name)
        if value is not None and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value):
            raise BadRequest(f"{name} is {value!r}, which is no name of a header. Write one such as X-Forwarded-For.")
    if settings.cache not in ("memory", "off"):
        if not re.fullmatch(r"(rediss?|unix)://[^\s]+", settings.cache):
            raise BadRequest("cache is neither memory nor off nor the URL of a Redis, like redis://localhost:6379/1.")
        if find_spec("redis") is None:
            raise BadRequest("cache names a Redis, and its library is not installed: `pip install 'vitrine[redis]'`.")
    if not (re.fullmatch("[0-9]{1,5}", settings.cache_seconds) and 1 <= int(settings.cache_seconds) <= 86_400):
        raise BadRequest(f"cache_seconds is {settings.cache_seconds!r}; it is a number from 1 to 86400, such as 3600.")
    if settings.index not in ("exact", "faiss"):
        raise BadRequest(f"There is no index called {settings.index!r}. Use exact or faiss.")
    return settings

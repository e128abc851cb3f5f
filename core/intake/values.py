"""Cells into values: money, dates, stock, sets, audiences. Each reader says why it cannot read a cell."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from core.intake.report import Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell was not read as it stands, or how it was read all the same."""

    code: str
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """A cell as a value; `problem` may stand beside a value (read, with a warning)."""

    value: Any = None
    problem: Problem | None = None


Reader = Callable[[str], Read]
NOTHING = Read()

# Words by which files say "not known". Only for fields that hold no free names: a brand called NA stays NA.
UNKNOWN_WORDS = frozenset(
    {"na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "—", "?", "unknown", "#n/a", "<na>", "nat"}
)


def is_unknown(text: str) -> bool:
    return text.strip().casefold() in UNKNOWN_WORDS


def printable(text: str) -> str:
    """`text` fit for showing and storing: NUL and lone surrogates, which JSON can smuggle in, become U+FFFD."""
    return "".join("\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text)


def warned(code: str, text: str) -> Problem:
    return Problem(code, "warning", text)


def refused(code: str, text: str) -> Problem:
    return Problem(code, "error", text)


# --- money ------------------------------------------------------------------------------------------------------------

# ISO 4217:2015, list one: currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD "
    "HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD "
    "LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP "
    "PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND "
    "TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG "
)
CURRENCIES = frozenset(_CODES.split())
_SIGN_PAIRS = (
    "€=EUR £=GBP ₹=INR ₺=TRY ₩=KRW ₽=RUB ₴=UAH ₫=VND ₪=ILS ฿=THB ₦=NGN zł=PLN kč=CZK ft=HUF us$=USD c$=CAD "
    "ca$=CAD a$=AUD au$=AUD hk$=HKD s$=SGD nz$=NZD r$=BRL rs=INR rs.=INR fr.=CHF sfr.=CHF sfr=CHF euro=EUR "
    "euros=EUR "
)
_SIGNS = dict(pair.split("=") for pair in _SIGN_PAIRS.split())
# Signs that several currencies share: the first is meant unless the shop's own currency is among the others.
_SHARED_SIGNS = {
    "$": ("USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "SEK", "NOK", "ISK"),
}
_NUMBER = re.compile(r"[-+−–]?\s*[\d.,'’٫٬\s]*\d(?:[.,](?:-|–|—))?")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
MOST_MONEY = 10**13


def minor_digits(currency: str) -> int:
    """Decimal places of the minor unit: EUR 2, JPY 0, KWD 3 (ISO 4217)."""
    return _MINOR_DIGITS.get(currency.upper(), 2)


def currency_of(text: str, default: str) -> str | None:
    """The ISO 4217 code that `text` (a code, a sign, or "") means in a shop whose currency is `default`; None if none.

    >>> currency_of("€", "USD"), currency_of("$", "CAD"), currency_of("eur", "USD"), currency_of("ducats", "EUR")
    ('EUR', 'CAD', 'EUR', None)
    """
    word = text.strip().casefold()
    if not word:
        return default
    if word.upper() in CURRENCIES:
        return word.upper()
    if word in _SHARED_SIGNS:
        return default if default in _SHARED_SIGNS[word] else _SHARED_SIGNS[word][0]
    return _SIGNS.get(word)


def split_money(text: str) -> tuple[str, str] | None:
    """(number as written, currency word as written, maybe "") of a price; None when there is not exactly one number."""
    text = unicodedata.normalize("NFKC", text).strip()
    found = _NUMBER.search(text) if len(text) <= 60 else None
    if found is None:
        return None
    before, after = text[: found.start()].strip(), text[found.end() :].strip()
    if any(c.isdigit() for c in before + after) or (before and after):
        return None
    if before in ("-", "−", "–", "+"):
        return None
    sign = ""
    if before.startswith(("-", "−", "–")):  # "-€5.00"
        sign, before = "-", before[1:].strip()
    return sign + found[0], before or after


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a column writes decimals: "." or ",", None where no cell shows it; mixed where both occur."""

    decimal: str | None = None
    mixed: bool = False


def number_style(numbers: Iterable[str]) -> NumberStyle:
    """The decimal mark that the cells of a column give away.

    "12,50" and "1.299,00" are evidence for a comma; "12.5" and "1,299.00" for a point; "1,299" is none.
    """
    votes = {".": 0, ",": 0}
    for number in numbers:
        mark = _certain_mark(_SPACES.sub("", number))
        if mark:
            votes[mark] += 1
    if votes["."] == votes[","] == 0:
        return NumberStyle()
    winner = "." if votes["."] >= votes[","] else ","
    return NumberStyle(winner, mixed=min(votes.values()) > 0)


def _certain_mark(number: str) -> str | None:
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if points + commas == 0:
        return None
    mark = "." if points else ","
    other = "," if points else "."
    if points + commas > 1:
        return other if _grouped(number, mark) else None
    tail = number[number.rfind(mark) + 1 :]
    head = number[: number.rfind(mark)].lstrip("+-−–")
    if len(tail) != 3 or not tail.isdigit() or head in ("", "0") or len(head) > 3:
        return mark
    return None


def _grouped(number: str, mark: str) -> bool:
    head, *groups = number.lstrip("+-−–").split(mark)
    sizes = [len(group) for group in groups]  # the last group is of three; India writes the others with two
    digits = all(group.isdigit() for group in (head, *groups))
    return digits and 1 <= len(head) <= 3 and sizes[-1:] == [3] and all(size in (2, 3) for size in sizes)


def decimal_number(text: str, style: NumberStyle | None = None) -> tuple[Decimal, bool] | None:
    """(number, whether it was ambiguous) of "12,50", "1 299,00", "1,299.00", "1'299.-", "12,34,567.00"; None if none.

    Where one mark with three digits after it could be either ("1,299"), the column's style decides; without one it
    groups thousands and is ambiguous.
    """
    style = style or NumberStyle()
    number = _SPACES.sub("", unicodedata.normalize("NFKC", text)).replace("−", "-").replace("–", "-")
    number = number.translate(_ARABIC_MARKS)
    for dash in (",-", ".-", ",—", ".—"):
        number = number.removesuffix(dash)
    mark, unsure = _certain_mark(number), False
    if mark is None and ("." in number or "," in number):
        present = "." if "." in number else ","
        if number.count(present) > 1:
            return None
        mark = style.decimal if style.decimal and not style.mixed else ("," if present == "." else ".")
        unsure = style.decimal is None or style.mixed
    group = {".": ",", ",": ".", None: ""}[mark]
    if group and group in number:
        whole = number[: number.rfind(mark)] if mark and mark in number else number
        if group in number[len(whole) :] or not _grouped(whole, group):
            return None
        number = number.replace(group, "")
    number = number.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", number) or len(number) > 40:
        return None
    try:
        return Decimal(number), unsure
    except InvalidOperation:
        return None


_ARABIC_MARKS = str.maketrans({"٫": ".", "٬": ","})


def money_reader(name: str, *, currency: str, style: NumberStyle) -> Reader:
    """Reads a price into (minor units, currency code or None where the cell names none).

    A negative price refuses the row; what is no number, and more decimals than the currency has, is a warning.
    """
    label = name.replace("_", " ")

    def read(text: str) -> Read:
        if is_unknown(text):
            what = "is not a number" if text.strip().casefold() in ("nan", "#n/a") else "says nothing"
            return Read(None, warned("no_number", f"The {label} {what}; it is left unknown."))
        parts = split_money(text)
        code = currency_of(parts[1], currency) if parts else None
        if parts is None or code is None:
            return Read(
                None, warned("bad_price", f"The {label} is not a price this shop can read; it is left unknown.")
            )
        number = decimal_number(parts[0], style)
        if number is None:
            return Read(None, warned("bad_price", f"The {label} is not a number; it is left unknown."))
        amount, unsure = number
        if amount < 0:
            return Read(None, refused("negative_price", f"The {label} is negative."))
        digits = minor_digits(code)
        scaled = amount.scaleb(digits)
        whole = int(scaled.to_integral_value(ROUND_HALF_UP))
        if whole > MOST_MONEY:
            return Read(None, warned("bad_price", f"The {label} is larger than any price; it is left unknown."))
        value = (whole, code if parts[1] else None)
        if unsure:
            return Read(
                value,
                warned(
                    "unsure_number",
                    f"The {label} could mean two numbers; it was read as {amount:,}. "
                    "Write thousands without a mark to be sure.",
                ),
            )
        if abs(scaled - whole) > Decimal("1e-4") and digits < 3 and _three_after_mark(parts[0]):
            return Read(
                None,
                warned(
                    "unsure_number",
                    f"The {label} has three digits after its mark, so it could mean two numbers; it is left unknown.",
                ),
            )
        if abs(scaled - whole) > Decimal("1e-4"):
            return Read(
                value, warned("rounded_price", f"The {label} has more decimals than {code} has; it was rounded.")
            )
        return Read(value)

    return read


def _three_after_mark(number: str) -> bool:
    return re.fullmatch(r"[+-]?\s*[1-9]\d{0,2}[.,]\d{3}", number.strip()) is not None


# --- whole numbers and stock ------------------------------------------------------------------------------------------

_SOLD_OUT = {"out of stock", "outofstock", "oos", "sold out", "soldout", "épuisé", "rupture", "rupture de stock",
             "ausverkauft", "nicht verfügbar", "esaurito", "non disponibile", "no"}  # fmt: skip
_SOME = {"in stock", "instock", "available", "yes", "en stock", "disponible", "auf lager", "verfügbar", "disponibile",
         "preorder", "backorder", "on demand", "made to order"}  # fmt: skip
MOST_PIECES = 10**9


def pieces(text: str) -> tuple[int | None, Problem | None]:
    """How many pieces a cell says there are; None with a problem when it does not say.

    >>> pieces("3")[0], pieces("3.0")[0], pieces("-2")[0], pieces("sold out")[0]
    (3, 3, 0, 0)
    """
    word = " ".join(text[:100].replace("_", " ").split()).casefold()
    if word in _SOLD_OUT:
        return 0, None
    if word in _SOME:
        return None, warned("stock_without_number", "In stock, but not how many; the stock is left unknown (sellable).")
    number = decimal_number(word)
    if number is None or number[0] != number[0].to_integral_value() or abs(number[0]) > MOST_PIECES:
        return None, warned("bad_stock", "The stock is not a whole number; it is left unknown (sellable).")
    if number[0] < 0:
        return 0, warned("negative_stock", "The stock is negative; it counts as sold out.")
    return int(number[0]), None


def read_stock(text: str) -> Read:
    """Stock as a number, `S:2|M:0` (also = and , or ;), or JSON ({"S": 2} or [{"size": "S", "stock": 2}])."""
    text = text.strip()
    if is_unknown(text):
        return NOTHING
    if text[:1] in "[{":
        return _stock_json(text)
    if re.search(r"[:=]", text) is None:
        left, problem = pieces(text)
        return Read(None if left is None else {"": left}, problem)
    stock: dict[str, int] = {}
    problem = None
    for part in re.split(r"[|;,]", text):
        if not part.strip():
            continue
        size, mark, number = part.rpartition(":") if ":" in part else part.rpartition("=")
        left, trouble = pieces(number)
        if not mark or left is None or size.strip() in stock:
            return Read(None, warned("bad_stock", "The stock is not written as size:number; it is left unknown."))
        stock[size.strip()] = left
        problem = problem or trouble
    return Read(stock, problem)


def _stock_json(text: str) -> Read:
    bad = Read(None, warned("bad_stock", "The stock looks like JSON but cannot be read; it is left unknown."))
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return bad
    pairs: list[tuple[Any, Any]]
    if isinstance(plain, dict):
        pairs = list(plain.items())
    elif isinstance(plain, list) and all(isinstance(part, dict) and "size" in part for part in plain):
        amounts = ("stock", "quantity", "qty", "count", "pieces")
        pairs = [(part["size"], next((part[k] for k in amounts if k in part), None)) for part in plain]
    else:
        return bad
    stock: dict[str, int] = {}
    problem = None
    for size, left in pairs:
        if isinstance(left, bool) or not isinstance(left, int | float | str) or str(size) in stock:
            return bad
        number, trouble = pieces(str(left))
        if number is None:
            return bad
        stock[printable(str(size))] = number
        problem = problem or trouble
    return Read(stock, problem)


def read_tier(text: str) -> Read:
    """A brand's tier as a whole number from 0 to 100."""
    number = decimal_number(text)
    if number is None or number[0] != int(number[0]) or not 0 <= number[0] <= 100:
        return Read(None, warned("bad_tier", "The brand tier is not a whole number from 0 to 100; it is left unknown."))
    return Read(int(number[0]))


# --- dates ------------------------------------------------------------------------------------------------------------

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\S.*))?")
_SLASHED = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,]+(\S.*))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?", re.I)
_YEARS = (1970, 2200)


def month_first(cells: Iterable[str]) -> bool:
    """Whether a column of dates such as 03/31/2025 can only be month first. Otherwise dates are day first."""
    first_over = second_over = False
    for cell in cells:
        if found := _SLASHED.fullmatch(cell.strip()):
            first_over |= int(found[1]) > 12
            second_over |= found[2] == "/" and int(found[3]) > 12
    return second_over and not first_over


def date_reader(name: str, zone: ZoneInfo, *, months_first: bool = False) -> Reader:
    """Reads ISO 8601, dd/mm/yyyy (d.m.yyyy, d-m-yyyy) and Unix seconds into a UTC instant.

    A day alone begins at midnight in `zone`, the shop's; so does a time without an offset belong to it. What cannot be
    read refuses the row: an embargo that is passed over would show a product too early.
    """
    label = {"release_at": "release date", "embargo_until": "embargo", "retired_at": "retirement date"}.get(name, name)

    def bad(why: str) -> Read:
        return Read(None, refused("bad_date", f"The {label} {why}. Write it as 2026-09-01 or 01/09/2026."))

    def read(text: str) -> Read:
        text = text.strip()
        if is_unknown(text):
            return NOTHING
        if found := _ISO.fullmatch(text):
            year, month, day, clock = int(found[1]), int(found[2]), int(found[3]), found[4]
        elif found := _SLASHED.fullmatch(text):
            a, b, year, clock = int(found[1]), int(found[3]), int(found[4]), found[5]
            year += 2000 if len(found[4]) == 2 else 0
            day, month = (b, a) if months_first and found[2] == "/" else (a, b)
        elif re.fullmatch(r"\d{10}(\d{3})?", text):
            moment = datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
            return Read(moment) if _YEARS[0] <= moment.year <= _YEARS[1] else bad("is not a date")
        else:
            return bad("is not a date")
        if not _YEARS[0] <= year <= _YEARS[1]:
            return bad(f"lies outside {_YEARS[0]} to {_YEARS[1]}")
        try:
            midnight = date(year, month, day)
        except ValueError:
            return bad("does not exist in the calendar")
        return _at_clock(midnight, clock, zone) or bad("has a time that cannot be read")

    return read


def _at_clock(day: date, clock: str | None, zone: ZoneInfo) -> Read | None:
    if clock is None:
        return Read(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
    found = _CLOCK.fullmatch(clock.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    micro = int((found[4] or "0").ljust(6, "0")[:6])
    moment = datetime(day.year, day.month, day.day, int(found[1]), int(found[2]), int(found[3] or 0), micro)
    offset = found[5]
    if offset is None:
        return Read(moment.replace(tzinfo=zone).astimezone(UTC))
    if offset.upper() in ("Z", "UTC"):
        return Read(moment.replace(tzinfo=UTC))
    digits = offset[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 14 or int(digits[2:]) > 59:
        return None
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return Read((moment - (shift if offset[0] == "+" else -shift)).replace(tzinfo=UTC))


# --- words ------------------------------------------------------------------------------------------------------------


def read_text(text: str) -> Read:
    """A text kept verbatim, but for blanks around it. HTML and the like stay: whoever shows it shows it as text."""
    return Read(text.strip() or None)


def read_word(text: str) -> Read:
    """A word of a closed kind (pattern, type …): as a text, but NA, null and - mean unknown."""
    return NOTHING if is_unknown(text) else Read(text.strip() or None)


def read_brand(text: str) -> Read:
    """A brand, verbatim; NA and None are brands too, with a word of warning for those that look like a slip."""
    word = text.strip()
    if word.casefold() in ("nan", "null", "none", "<na>", "#n/a"):
        return Read(
            word, warned("brand_like_nothing", f"The brand {word!r} looks like an empty cell; it is kept as written.")
        )
    return Read(word or None)


def read_id(text: str) -> Read:
    """A product's id, verbatim but for blanks around it; `007` stays 007."""
    word = text.strip()
    if not word:
        return Read(None, refused("empty_id", "The row has no id."))
    if len(word) > 200:
        return Read(None, refused("bad_id", "The id is longer than 200 characters."))
    if not word.isprintable():
        return Read(None, refused("bad_id", "The id contains invisible or control characters."))
    if re.fullmatch(r"\d([.,]\d+)?E\+\d+", word):
        return Read(None, refused("rewritten_id", "A spreadsheet has rewritten this id; format the column as text."))
    return Read(word)


def set_reader(*, marks: str = "|;,", unknown: bool = True) -> Reader:
    """Reads a set: JSON list, or parts between the first of `marks` that the cell contains. Repeats are dropped."""

    def read(text: str) -> Read:
        text = text.strip()
        if unknown and is_unknown(text):
            return NOTHING
        return Read(parts_of(text, marks))

    return read


def parts_of(text: str, marks: str = "|;,") -> tuple[str, ...]:
    """The parts of a set as written in one cell, in order, each once.

    >>> parts_of("wool|silk"), parts_of('["a, b", "c"]'), parts_of("red, white")
    (('wool', 'silk'), ('a, b', 'c'), ('red', 'white'))
    """
    if text[:1] == "[" and text[-1:] == "]":
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError):
            plain = None
        if isinstance(plain, list) and all(isinstance(part, str | int | float) for part in plain):
            return tuple(dict.fromkeys(printable(str(part)).strip() for part in plain if str(part).strip()))
    mark = next((mark for mark in marks if mark in text), None)
    parts = text.split(mark) if mark else [text]
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def path_mark(cells: Iterable[str]) -> str | None:
    """What separates the steps of a column's category paths: the first of > » | / ; that a fifth of the cells hold."""
    cells = [cell for cell in cells if cell]
    for mark in (">", "»", "|", "/", ";"):
        if cells and sum(mark in cell for cell in cells) >= max(1, 0.2 * len(cells)):
            return mark
    return None


def path_reader(mark: str | None) -> Reader:
    """Reads a category path; repeated steps stay, for a path may hold one name twice."""

    def read(text: str) -> Read:
        if is_unknown(text):
            return NOTHING
        if text.strip()[:1] == "[":
            return Read(parts_of(text.strip(), mark or "|"))
        parts = text.split(mark) if mark else [text]
        return Read(tuple(part.strip() for part in parts if part.strip()))

    return read


_AUDIENCES: Mapping[str, str] = {
    "men": (
        "men mens man male m gents gentlemen gentleman homme hommes masculin herren herr männer maenner uomo "
        "uomini hombre hombres menswear"
    ),
    "women": (
        "women womens woman female f w ladies lady ladys femme femmes féminin feminin damen dame frauen donna "
        "donne mujer mujeres ladieswear womenswear"
    ),
    "unisex": "unisex u all everyone adult adults mixte tous erwachsene adulti neutral genderless",
    "boys": "boys boy garçon garçons garcon garcons jungen junge bambino bambini boyswear",
    "girls": "girls girl fille filles mädchen maedchen bambina bambine girlswear",
}
_AUDIENCE_WORDS: Mapping[str, str] = {
    word: audience for audience, words in _AUDIENCES.items() for word in words.split()
}


def audience_of(text: str) -> str | None:
    """The audience that words name; None when they name none.

    >>> audience_of("Men's"), audience_of("LADIES"), audience_of("men/women"), audience_of("kids")
    ('men', 'women', 'unisex', None)
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"['’`]s?\b", "", text.casefold()))
    named = {_AUDIENCE_WORDS[word] for word in words if word in _AUDIENCE_WORDS}
    if len(named) == 1:
        return named.pop()
    return "unisex" if named and named <= {"men", "women", "unisex"} else None


_CHILDREN = {
    "kids", "kid", "children", "child", "toddler", "infant", "newborn", "baby", "teen", "teens", "junior",
    "enfant", "enfants", "bébé", "kinder", "kind", "bambini", "neonato",
}  # fmt: skip


def audience_by_age(audience: str | None, age_group: str | None) -> str | None:
    """An audience once the age group is known: men's wear for kids is for boys; unisex for kids has no group."""
    if age_group is None or not set(re.findall(r"[^\W\d_]+", age_group.casefold())) & _CHILDREN:
        return audience
    return {"men": "boys", "women": "girls", "boys": "boys", "girls": "girls"}.get(audience or "")


def read_audience(text: str) -> Read:
    if is_unknown(text):
        return NOTHING
    audience = audience_of(text)
    if audience is None:
        return Read(
            None,
            warned(
                "unknown_audience",
                "The audience is none of men, women, unisex, boys, girls; it is left unknown (for all).",
            ),
        )
    return Read(audience)

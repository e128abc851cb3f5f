"""Product text that looks as if it spoke of a person: it is flagged, and kept out of the vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_EMAIL = re.compile(r"[\w.+%-]{1,64}(?:@|\s?\[at\]\s?|\s?\(at\)\s?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONES = (
    re.compile(r"(?<![\w+])(?<!\d\s)(?:\+|00)[1-9]\d{0,2}(?:[\s().\-/]{0,3}\d){7,12}(?!\w)"),
    re.compile(r"(?<![\w.,])0[1-9](?:[ .\-]\d{2}){4}(?!\w)"),  # France
    re.compile(r"(?<![\w.,])(?:\(\d{3}\)\s?|\d{3}[.\-])\d{3}[.\-]\d{4}(?!\w)"),  # North America
    re.compile(
        r"\b(?:tel|tél|téléphone|phone|telephone|telefon|telefono|mobile|mob|handy|cell|call|whatsapp|fax|sms|appelez)"
        r"\b[^\d\n]{0,12}\+?\d(?:[\s().\-/]{0,2}\d){6,13}(?!\w)",
        re.IGNORECASE,
    ),
)
_NAME = r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ][a-zà-öø-ÿ'’\-]{0,30}"
_FULL_NAME = rf"{_NAME}(?:\s(?:de|di|da|del|van|von|der|la|le|el|bin|al)){{0,2}}\s{_NAME}"
_NAMES = (
    # "ordered by Jane Doe", "Customer: Jane Doe", "reserved for Anna de Vries"
    re.compile(
        r"\b(?i:ordered by|bought by|purchased by|returned by|reserved (?:for|by)|sold to|ship(?:ped)? to|"
        r"deliver(?:ed)? to|"
        r"requested by|commandé par|réservé (?:à|pour)|vendu à|retourné par|bestellt von|reserviert für|verkauft an|"
        r"ordinato da|venduto a|riservato (?:a|per)|customer name|client name|nom du client|name of customer)\s*:?\s*"
        rf"(?:(?i:mrs?|ms|mme|m|herrn?|frau|sig(?:nora|ra)?|dr)\.?\s)?{_FULL_NAME}"
    ),
    re.compile(rf"\b(?i:customer|client|contact|kunde|kundin|cliente|attn|c/o|dear)\s?:\s?{_FULL_NAME}"),
    re.compile(rf"\bcontact(?: person| to)? (?!Us\b|Our\b|Customer\b|Lens){_FULL_NAME}"),
    # With a word before it, for "Mr. Men" is a brand.
    re.compile(
        r"\b(?i:for|by|to|from|with|dear|par|pour|à|für|von|an|per|da)\s"
        rf"(?:Mrs?|Ms|Mme|Mlle|Monsieur|Madame|Herrn?|Frau|Signora?|Sig\.ra)\.?\s{_FULL_NAME}"
    ),
)
_ORDERS = (
    re.compile(
        r"\b(?:order|invoice|tracking|rma|commande|facture|bestellung|auftrag|rechnung|ordine|fattura)s?"
        r"\s*[-.]?\s*(?:(?:no|number|nr|num|id|ref|reference|numéro|nummer|numero)\b|n[°º])[.:°º#\s]{0,4}"
        r"(?=[A-Z\d/\-]{0,12}\d{3})[A-Z\d][A-Z\d/\-]{3,24}",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:order|invoice|commande|facture|bestellung|auftrag|rechnung|ordine|fattura)\s?[:#]{1,2}\s?"
        r"(?=[A-Z\d/\-]{0,12}\d{3})[A-Z\d][A-Z\d/\-]{3,24}",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:order|invoice|commande|facture|auftrag|ordine)\s\d{5,12}(?!\w)", re.IGNORECASE),
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:\s?[A-Z\d]{4}){3,7}(?:\s?[A-Z\d]{1,3})?(?!\w)")

# What each of the above needs at least; run by Arrow over a whole column (RE2), so that Python looks at few texts only.
_SCREENS = {
    "email": r"@|[\[(]at[\])]",
    "phone": (
        r"(?:^|[^\w+])(?:\+|00)[1-9]|(?:^|[^\w.,])0[1-9][ .\-]\d{2}[ .\-]|(?:^|[^\w.,])\(?\d{3}[).\-]\s?\d{3}[.\-]\d{4}"
        r"|\b(?:tel|t.l|t.l.phone|phone|telephone|telefon|telefono|mobile|mob|handy|cell|call|whatsapp|fax|sms|appelez)\b"
    ),
    "name": (
        r"\b(?:ordered|bought|purchased|returned|reserved|sold|ship|shipped|deliver|delivered|requested|command|vendu|"
        r"bestellt|reserviert|verkauft|ordinato|venduto|riservato|customer|client|contact|kunde|kundin|cliente|attn|c/o|"
        r"dear|mrs?|ms|mme|mlle|monsieur|madame|herrn?|frau|signora?|sig)|r.serv|retourn|nom du"
    ),
    "order": r"order|invoice|tracking|rma|commande|facture|bestellung|auftrag|rechnung|ordine|fattura",
    "iban": r"\b[A-Z]{2}\d{2}\s?[A-Z\d]{4}\s?[A-Z\d]{4}\s?[A-Z\d]{3}",
}
_PATTERNS = {"email": (_EMAIL,), "phone": _PHONES, "name": _NAMES, "order": _ORDERS}
LONGEST = 20_000  # characters of one text that are looked through

KINDS = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "name": "a person's name",
    "order": "an order number",
    "iban": "a bank account",
}


def personal_kinds(text: str) -> tuple[str, ...]:
    """What `text` seems to say of a person: email, phone, name, order, iban.

    >>> personal_kinds("Returned by Jane Doe, order no. A-10293"), personal_kinds("Contact Lens Case 2012")
    (('name', 'order'), ())
    """
    return personal_of([text])[0]


def _says(kind: str, text: str) -> bool:
    if kind == "iban":
        return any(_valid_iban(found[0]) for found in _IBAN.finditer(text))
    return any(pattern.search(text) for pattern in _PATTERNS[kind])


def _valid_iban(text: str) -> bool:
    compact = re.sub(r"\s", "", text)
    turned = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def personal_of(words: Sequence[str]) -> list[tuple[str, ...]]:
    """`personal_kinds` of each text, quick for many."""
    kinds: list[tuple[str, ...]] = [()] * len(words)
    texts = pa.array(words, pa.string())
    for kind, screen in _SCREENS.items():
        hits = pc.match_substring_regex(texts, screen, ignore_case=kind != "iban")
        for i in np.flatnonzero(hits.to_numpy(zero_copy_only=False)).tolist():
            if _says(kind, words[i][:LONGEST]):
                kinds[i] += (kind,)
    return kinds


def masked(text: str) -> str:
    """`text` with letters and digits hidden but for the first of each word, for a report about personal data."""
    return re.sub(r"(\w)\w+", r"\1…", text[:60])

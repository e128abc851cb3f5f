"""How the API answers: JSON as the command line writes it, and what the schema says of lists and errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Response

from core.api import metrics

NOBODYS = {"Cache-Control": "private, no-store"}  # of every answer: only the shop knows when it is out of date


class ShopJSON(Response):
    """JSON written the way the command line writes it: the same list is the same bytes."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status_code, {**NOBODYS, **(headers or {})})

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode()


def error(code: str, message: str, status: int, headers: Mapping[str, str] | None = None) -> ShopJSON:
    """An error in its one shape, counted. headers: sent along."""
    metrics.error(code)
    plain = {"error": {"code": code, "message": message}}
    return ShopJSON(plain, status_code=status, headers=dict(headers or {}))


LISTING = {
    "anchor": "bag-0001", "placement": "similar", "snapshot": "0c1d2e3f4a5b6c7d", "calibration": "9f8e7d6c5b4a3928",
    "facts": 3, "rules": 0, "strategy": 1, "at": "2026-03-01T09:00:00Z", "encoders": {"text": "all-MiniLM-L6-v2"},
    "items": [
        {
            "id": "bag-0007", "rank": 1, "score": 2.5, "origin": "model",
            "contributions": {"base": 0.1, "text": 1.4, "attributes": 1.0}, "notes": [],
        }
    ],
    "notes": [],
}  # fmt: skip
ERROR = {"error": {"code": "unknown_item", "message": "There is no product with the id 'x' in this shop."}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"example": LISTING, "schema": {"type": "object"}}},
        "headers": {
            "X-Cache": {
                "description": "Whether the list was made already; bypass: a moment was named, or nothing is kept",
                "schema": {"type": "string", "enum": ["hit", "miss", "bypass"]},
            },
            "Age": {"description": "How many seconds ago a hit was made", "schema": {"type": "integer"}},
        },
    },
    404: {
        "description": "What was asked for does not exist",
        "content": {"application/json": {"example": ERROR, "schema": {"$ref": "#/components/schemas/Error"}}},
    },
    422: {
        "description": "The question makes no sense as it stands",
        "content": {"application/json": {"example": ERROR, "schema": {"$ref": "#/components/schemas/Error"}}},
    },
    503: {
        "description": "The shop has nothing to serve yet",
        "content": {"application/json": {"example": ERROR, "schema": {"$ref": "#/components/schemas/Error"}}},
    },
}

EXPLAINED: dict[int | str, dict[str, Any]] = {
    **ANSWERS, 200: {"content": {"application/json": {"schema": {"type": "object"}}}},
}  # fmt: skip

"""Whatever is asked of a shop that has lived: known shoppers, products and words, in any shape, break no promise.

VITRINE_FUZZ=50 python -m pytest -n 0 tests/api/test_api_lived.py asks for longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

from core import shop as shops
from core.api import api
from core.shop import Shop
from tests.api.test_acceptance_served import X, a_shop_with_a_record
from tests.fuzz import tries

schema = schemathesis.openapi.from_dict(api.openapi())
schema.app = api
ITEMS = (X, "totes-corvin-brown", "coats-aurel-black", "belts-norrland-red")
KNOWN = {"item_id": ITEMS, "anchor": ITEMS, "item": ITEMS, "q": ("brown boots", "corvin", "coat in black leather")}


def _known(values: tuple[str, ...], given: Any) -> str:
    """One of the known values in place of what was made up; the same for the same."""
    return values[len(str(given)) % len(values)]


@schema.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    given = path_parameters and path_parameters.get("shopper_id")
    if given and len(str(given)) % 3:
        path_parameters["shopper_id"] = f"s{len(str(given)) % 60}"
    return path_parameters


@schema.hook
def map_query(context: Any, query: Any) -> Any:
    for name, values in KNOWN.items():
        if query and isinstance(query.get(name), str) and len(query[name]) % 4:
            query[name] = _known(values, query[name])
    return query


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_TEST_ENCODERS", "weightless")
        shop = a_shop_with_a_record(tmp_path_factory.mktemp("lived") / "shop", datetime.now(UTC))
        shops.install(shop)
        yield shop
        shops.install(None)


@pytest.mark.usefixtures("lived")
@schema.parametrize()
@tries(15)
def test_whatever_is_asked_of_a_shop_with_a_record_the_api_keeps_its_word(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance])

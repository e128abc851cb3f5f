"""A collection holds products in the order they were put in, and says what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.changes import Key
from core.domain.collections import MOST_ITEMS, Collection, collections_in, fresh_id
from core.domain.errors import BadRequest
from core.domain.rules import Block, Rule, Target
from core.domain.sentences import sentence

ids = st.lists(st.text("abc-12", min_size=1, max_size=6), max_size=20)


@given(ids, ids, ids)
def test_products_go_in_once_and_come_out_in_the_order_they_went_in(first, more, gone):
    made = Collection("c", "Autumn").with_items(first).with_items(more)
    assert list(made.items) == list(dict.fromkeys([*first, *more]))
    left = made.without_items(gone)
    assert list(left.items) == [one for one in made.items if one not in gone]
    assert Collection.from_json(left.as_json()) == left


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        ({"id": "c", "name": " "}, "a name of 1 to 80"),
        ({"id": "c d", "name": "Autumn"}, "no id for a collection"),
        ({"id": "c", "name": "Autumn", "items": ["a", 3]}, "write a list of ids"),
        ({"id": "c", "name": "Autumn", "items": "a"}, "write a list of ids"),
        ({"id": "c", "name": "Autumn", "ids": ["a"]}, "no field 'ids'"),
        ({"id": "c", "name": "Autumn", "kind": "rule"}, "its kind is 'rule'"),
        ({"id": "c", "name": "Autumn", "note": "two\nlines"}, "its note is one line"),
        ({"id": "c", "name": ["Autumn"]}, "write it as text"),
        ({"id": "c", "name": "Autumn", "items": [str(n) for n in range(MOST_ITEMS + 1)]}, "is the most"),
        ("Autumn", "is an object"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(plain, says):
    with pytest.raises(BadRequest, match=says):
        Collection.from_json(plain)


def test_a_collection_without_an_id_gets_one_from_its_name_and_no_two_have_the_same():
    assert Collection.from_json({"name": "Été: the window"}).id == "ete-the-window"
    assert fresh_id("Autumn", {"autumn", "autumn-2"}) == "autumn-3"


def test_collections_are_found_among_documents_by_name_and_what_cannot_be_read_is_passed_over():
    documents = {
        Key("collection", "b"): {"id": "b", "name": "Bags"},
        Key("rule", "r"): {"id": "r", "kind": "block"},
        Key("collection", "a"): {"id": "a", "name": "autumn"},
        Key("collection", "x"): {"id": "x", "name": ""},
    }
    assert list(collections_in(documents)) == ["a", "b"]


def test_an_empty_collection_is_still_one():
    assert Collection("c", "Autumn")
    assert len(Collection("c", "Autumn")) == 0


def test_a_rule_says_its_collections_by_name_and_one_that_is_gone_by_its_id():
    rule = Rule("r", Block(), Target(collections=("a", "b")))
    assert sentence(rule) == "Never show products in the collections “a” and “b”."
    known = rule.knowing({"a": Collection("a", "Autumn window", items=("w-1", "w-2"))})
    assert sentence(known) == "Never show products in the collections “Autumn window” and “b”."
    assert known.target.named == ("w-1", "w-2")
    assert known == rule, "what a rule says does not change with what its collections hold"
    assert Rule.from_json(known.as_json()) == rule

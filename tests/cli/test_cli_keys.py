"""`vitrine keys`: a key is told once, listed without itself, and revoked by its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import cli


def test_keys_are_made_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str, status: int = 0) -> tuple[str, str]:
        assert cli.main(["--data", str(tmp_path), "keys", *words]) == status
        return capsys.readouterr()

    assert "There are no keys" in run()[0]
    key, told = run("add", "shop-front", "--may", "lists, events")
    assert key.startswith("vk_")
    assert "only time" in told
    assert "keys alone" in told
    other = json.loads(run("add", "stock", "--may", "feed", "--json")[0])
    assert other["key"] != key.strip()
    listed = run("list")[0]
    assert "shop-front" in listed
    assert "lists,events" in listed
    assert key.strip() not in listed
    assert run("revoke", "shop-front")[0].startswith("Revoked")
    plain = json.loads(run("list", "--json")[0])["keys"]
    assert [(one["name"], one["may"], one["revoked_at"] is None) for one in plain] == [
        ("shop-front", ["lists", "events"], False), ("stock", ["feed"], True),
    ]  # fmt: skip
    for words, sentence in (
        (("add", "more"), "--may lists"),
        (("add", "more", "--may", "everything"), "no right called everything"),
        (("add", "--may", "lists"), "Name the key"),
        (("list", "shop-front"), "takes no name"),
        (("revoke", "nobody"), "no key called"),
        (("revoke", "stock", "--may", "feed"), "only of a new one"),
    ):
        assert sentence in run(*words, status=2)[1]

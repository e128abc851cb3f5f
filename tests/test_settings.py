"""Settings are read once, and what makes no sense is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import settings
from core.domain.errors import BadRequest


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the environment of whoever runs the tests."""
    for name in settings.Settings.__dataclass_fields__:
        monkeypatch.delenv(f"VITRINE_{name.upper()}", raising=False)


def test_the_argument_beats_the_environment_and_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text('shop_name = "Aurel"\nindex = "exact"\n', encoding="utf-8")
    monkeypatch.setenv("VITRINE_DATA", "elsewhere")
    monkeypatch.setenv("VITRINE_INDEX", "faiss")
    found = settings.read(tmp_path)
    assert (found.data, found.shop_name, found.index) == (tmp_path, "Aurel", "faiss")
    assert settings.read().data == Path("elsewhere")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"shop_name = ", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'shop = "x"', "do not exist: shop"),
        (b'data = "x"', "do not exist: data"),
        (b"time_zone = 5", "time_zone must be a text"),
        (b"shop_name = []", "shop_name must be a text"),
        (b'time_zone = "../../etc/passwd"', "not a time zone"),
        (b'currency = "euro"', "not a currency"),
        (b'index = "quick"', "no index called"),
        (b'hosts = "https://shop.example.com"', "no name"),
        (b'hosts = "shop.example.com:443"', "no name"),
        (b'hosts = "*.*.example.com"', "no name"),
        (b'rate_limit = "1200"', "such as 1200/minute"),
        (b'rate_limit = "0/minute"', "such as 1200/minute"),
        (b'rate_limit = "5/fortnight"', "such as 1200/minute"),
        (b'trusted_address_header = "X-Forwarded-For:"', "no name of a header"),
        (b'trusted_user_header = "X User"', "no name of a header"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "settings.toml").write_bytes(content)
    with pytest.raises(BadRequest, match=words):
        settings.read(tmp_path)


def test_settings_of_the_api_that_make_sense_are_taken(tmp_path: Path) -> None:
    for hosts in ("shop.example.com", " Shop.Example.com. ,*.example.net", "*", "vitrine", ""):
        settings.Settings(data=tmp_path).changed(hosts=hosts)
    for rate in ("off", "1/second", "1200/minute", "999999999/day"):
        settings.Settings(data=tmp_path).changed(rate_limit=rate)


# -- writing one ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'image_model = "x:y"\n'),
        ('shop_name = "Aurel"', 'shop_name = "Aurel"\nimage_model = "x:y"\n'),
        (
            '# ours\nimage_model = "none"  # for now\nindex = "exact"\n',
            '# ours\nimage_model = "x:y"  # for now\nindex = "exact"\n',
        ),
        ("  'image_model' = 'none'\r\nindex = 'exact'\r\n", "  'image_model' = \"x:y\"\r\nindex = 'exact'\r\n"),
        ('image_model="""\nnone"""\n', 'image_model="x:y"\n'),
        (
            'text_template = """\nimage_model = "a"\n{title}"""\nimage_model = "b"\n',
            'text_template = """\nimage_model = "a"\n{title}"""\nimage_model = "x:y"\n',
        ),
        ("#image_model = 'old'\r\n", "#image_model = 'old'\r\nimage_model = \"x:y\"\r\n"),
    ],
)
def test_one_setting_is_written_and_every_other_line_and_comment_stays(before: str, after: str) -> None:
    assert settings.rewritten(Path("settings.toml"), before.encode(), "image_model", "x:y") == after.encode()


@pytest.mark.parametrize("value", ['a "b" \\ c', "/Bücher/模型", "tab\tand\x7f", "'''", '"""'])
def test_whatever_is_written_is_read_back(tmp_path: Path, value: str) -> None:
    content = settings.rewritten(Path("settings.toml"), b'image_model = "none"\n', "image_model", value)
    (tmp_path / "settings.toml").write_bytes(content)
    assert settings.read(tmp_path).image_model == value


@pytest.mark.parametrize("content", [b"shop_name = ", b"\xff\xfe", b"image_model = 5", b'image_model = ["a"]'])
def test_a_file_that_makes_no_sense_is_not_written_over(content: bytes) -> None:
    with pytest.raises(BadRequest, match=r"cannot be read|by hand"):
        settings.rewritten(Path("settings.toml"), content, "image_model", "x")

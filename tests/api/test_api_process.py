"""A running shop, pages and API in one process: its names, its keys and its log, from outside."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import cli
from tests.worlds import open_small_shop

ROOT = Path(__file__).resolve().parents[2]
BAG = "handbags-aurel-black"


@pytest.fixture
def running(tmp_path: Path, weightless: None) -> Iterator[tuple[int, Path]]:
    """Port and folder of a shop that serves; its log is in the folder above."""
    open_small_shop(tmp_path / "shop")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "log").open("wb") as log:
        words = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
        server = subprocess.Popen(
            words, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "VITRINE_DATA": str(tmp_path / "shop")}
        )
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end and server.poll() is None:
            try:
                if ask(port, "/health")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.2)
        else:
            pytest.fail((tmp_path / "log").read_text(encoding="utf-8"))
        yield port, tmp_path / "shop"
    finally:
        server.terminate()
        server.wait(60)


def ask(port: int, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def shaken(port: int, host: str) -> str:
    """The first line of the answer to a page that wants its connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        lines = (
            "GET /_stcore/stream HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Origin: http://{host}",
        )  # fmt: skip
        wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return wire.recv(4096).decode("latin-1").splitlines()[0]


def test_names_keys_and_log_of_a_running_shop(
    running: tuple[int, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port, data = running
    for path in ("/", "/_stcore/health", "/health", "/pictures/x.webp", "/assets/fonts/x"):
        assert ask(port, path, Host=f"localhost:{port}")[0] != 421, path
        assert ask(port, path, Host="evil.example")[0] == 421, path
    assert " 101 " in shaken(port, f"localhost:{port}")
    assert " 403 " in shaken(port, "evil.example")

    asked = f"/recommendations/a-shopper-of-ours?item_id={BAG}&placement=similar&k=2"
    assert ask(port, asked)[0] == 200
    assert cli.main(["--data", str(data), "keys", "add", "front", "--may", "lists"]) == 0
    key = {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}
    assert [ask(port, asked)[0], ask(port, asked, **key)[0], ask(port, "/metrics")[0]] == [401, 200, 401]
    assert "vitrine_snapshot_info" in ask(port, "/metrics", **key)[1]
    assert ask(port, "/")[0] == 200, "pages ask for no key"
    assert cli.main(["--data", str(data), "keys", "revoke", "front"]) == 0
    assert ask(port, asked, **key)[0] == 401, "with the very next question, whichever process revoked it"

    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert f"GET /recommendations/…?item_id={BAG}" in log
    assert "a-shopper-of-ours" not in log
    assert "Traceback" not in log

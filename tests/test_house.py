"""The house stands as drawn: imports point down, the top level is the one asked for, heavy packages wait."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Floors from the top down. A module may import from its own floor's package and from lower floors only.
FLOORS = [
    {"pages"},
    {"pages.kit", "core.api", "core.cli"},
    {"core.build", "core.export"},
    {"core.shop"},
    {"core.curation", "core.lab", "core.evaluate", "core.explore", "core.intake", "core.demo"},
    {"core.recommend"},
    {"core.embed", "core.retrieve", "core.rank", "core.store"},
    {"core.settings"},
    {"core.domain"},
]
LEVEL = {package: level for level, packages in enumerate(FLOORS) for package in packages}


def room(module: str) -> str | None:
    """The room a module belongs to: its longest named prefix."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in LEVEL:
            return ".".join(parts[:length])
    return None


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def sources() -> list[Path]:
    return sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"])


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    here = room(module_of(path))
    for name in imports(path):
        there = room(name)
        if there is None or there == here or path.name == "app.py":
            continue
        assert here is not None, f"{path} stands on no floor"
        assert LEVEL[there] > LEVEL[here], f"{module_of(path)} ({here}) imports {name} ({there})"


@pytest.mark.parametrize("path", [p for p in sources() if "core" in p.parts], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_knows_no_streamlit(path: Path) -> None:
    assert not any(name.split(".")[0] == "streamlit" for name in imports(path))


def test_the_top_level_is_the_one_asked_for() -> None:
    for name in ("pyproject.toml", "README.md", "app.py", "pages", "core", "assets", "tests", ".streamlit"):
        assert (ROOT / name).exists(), name


HEAVY = ("torch", "sentence_transformers", "open_clip", "sklearn", "plotly.express")


def test_the_first_page_needs_no_heavy_package() -> None:
    code = f"import sys, core.build, core.api; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Where production code reaches each package that the project was asked to be made of.
REACHED = {
    "streamlit": "app.py",
    "pandas": "core/domain/catalogue.py",
    "numpy": "core/rank/blend.py",
    "faiss": "core/retrieve/faiss_index.py",
    "sentence_transformers": "core/embed/sbert.py",
    "open_clip": "core/embed/clip.py",
    "PIL": "core/embed/pictures.py",
    "plotly": "pages/kit/charts.py",
}


@pytest.mark.parametrize(("package", "where"), REACHED.items())
def test_each_named_package_is_reached_by_production_code(package: str, where: str) -> None:
    assert any(name.split(".")[0] == package for name in imports(ROOT / where))


def test_each_named_package_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        "streamlit",
        "pandas",
        "numpy",
        "faiss-cpu",
        "sentence-transformers",
        "open-clip-torch",
        "pillow",
        "plotly",
    ]
    declared = {one.split(">")[0].split("[")[0] for one in project["dependencies"]}
    assert set(named) <= declared
    assert any(one.startswith("pytest") for one in project["optional-dependencies"]["test"])
    assert project["scripts"]["vitrine"] == "core.cli:main"

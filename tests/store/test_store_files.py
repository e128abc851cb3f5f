"""Files are whole or not there, one change happens at a time, and a sick disk is named in a sentence."""

from __future__ import annotations

import ast
import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_worlds import catalogue, generation, picture, published

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest, Conflict, Damaged, NotReady
from core.store import files
from core.store.backup import backup
from core.store.generations import check, open_current
from core.store.layout import Layout
from core.store.lock import exclusive
from core.store.pictures import PicturePack
from core.store.source import load_source, read_catalogue, save_source, write_catalogue
from core.store.studio import Studio
from core.store.vectors import VectorCache

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "read_pickle", "to_pickle"}


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_bytes(path, b"old")

    def write_half() -> None:
        with files.replacing(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_json_that_is_damaged_says_so(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"é": [1, None]})
    assert files.read_json(tmp_path / "a.json") == {"é": [1, None]}
    (tmp_path / "a.json").write_bytes(b'{"a": \xff')
    with pytest.raises(Damaged, match=r"a\.json"):
        files.read_json(tmp_path / "a.json")
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "b.json", {"a": float("nan")})


def test_the_broom_takes_what_the_dead_left_and_nothing_in_use(tmp_path: Path) -> None:
    (tmp_path / ".dead.0.tmp").write_bytes(b"")
    (tmp_path / ".dead.1.tmp").mkdir()
    (tmp_path / "kept").write_bytes(b"")
    with files.replacing(tmp_path / "file") as file, files.building(tmp_path, "folder") as folder:
        files.sweep(tmp_path)
        file.write(b"whole")
        (folder / "a").write_bytes(b"")
    assert sorted(os.listdir(tmp_path)) == ["file", "kept"]
    assert (tmp_path / "file").read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "may not use it"),
        (errno.EROFS, "read-only"),
        (errno.EDQUOT, "quota"),
    ],
)
def test_a_sick_disk_is_named_and_loses_nothing(tmp_path: Path, monkeypatch: Any, number: int, words: str) -> None:
    layout = Layout(tmp_path / "shop").ensure()
    save_source(layout, catalogue(0), {"edition": 0})
    serving = published(layout, 0)
    cache, pack = VectorCache(layout.vectors), PicturePack(layout.pictures)
    pack.add(picture(1), 3, 4)

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", refuse)
    for attempt in (
        lambda: save_source(layout, catalogue(1), {}),
        lambda: published(layout, 1),
        lambda: cache.add("m", ["h"], np.ones((1, 2), dtype=np.float32)),
        pack.flush,
        lambda: backup(layout, tmp_path / "copy"),
    ):
        with pytest.raises(files.StorageFailed, match=words) as caught:
            attempt()
        assert str(tmp_path) in caught.value.message
    monkeypatch.undo()
    assert load_source(layout)[1] == {"edition": 0}
    assert open_current(layout)[0].id == serving
    assert not cache.find("m", ["h"])[0].any()
    pack.flush()
    assert len(PicturePack(layout.pictures)) == 1, "the picture waited for a better disk"
    assert check(layout) == []


def test_a_disk_that_is_really_full_is_named(tmp_path: Path) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from store_worlds import generation
from core.store.files import StorageFailed
from core.store.layout import Layout
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    generation(Layout(Path(sys.argv[1])), items=2000)
except StorageFailed as error:
    print(error.message)
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "store")])
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert "larger than this system allows" in said.stdout, said.stderr
    assert not any(path.is_dir() for path in (tmp_path / "generations").iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
def test_a_folder_that_is_not_ours_is_named(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from core.store.files import StorageFailed
from core.store.layout import Layout
from core.store.studio import Studio
Studio(":memory:")  # now everything is imported that another user may not be able to read
os.setuid(65534)
for attempt in (lambda: Layout(Path(sys.argv[1]) / "shop").ensure(), lambda: Studio(Path(sys.argv[1]) / "studio.db")):
    try:
        attempt()
    except StorageFailed as error:
        print(error.message)
"""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert said.stdout.count("right to read and write") == 2, said.stdout + said.stderr


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").write_bytes(b"")
    with pytest.raises(files.StorageFailed, match="a file stands where a folder is needed"):
        Layout(tmp_path / "shop").ensure()


def test_a_busy_shop_names_who_is_at_work(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with exclusive(layout, "build"):
        with pytest.raises(Conflict, match=f"'build' is under way in process {os.getpid()}"), exclusive(layout, "x"):
            pass
        with ThreadPoolExecutor(1) as pool:
            assert isinstance(pool.submit(lambda: exclusive(layout, "x").__enter__()).exception(), Conflict)
    with exclusive(layout, "import"):
        pass


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from core.store.lock import exclusive; "
        "from core.store.layout import Layout; exclusive(Layout(Path(sys.argv[1])), 'build').__enter__(); os._exit(9)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=env).returncode == 9
    with exclusive(Layout(tmp_path), "import"):
        pass


# --- the catalogue as it was imported ---


def test_the_source_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with pytest.raises(NotReady, match="vitrine import"):
        load_source(layout)
    for edition in range(6):
        save_source(layout, catalogue(edition), {"edition": edition, "mapping": {"id": "sku"}})
        found, meta = load_source(layout)
        assert list(found) == list(catalogue(edition))
        assert meta == {"edition": edition, "mapping": {"id": "sku"}}
    assert len([path for path in layout.source.iterdir() if path.is_dir()]) == 4, "a few earlier imports stay"
    save_source(layout, catalogue(5), {"edition": 5, "mapping": {"id": "sku"}})
    assert load_source(layout)[1]["edition"] == 5


def test_every_kind_of_value_survives_parquet(tmp_path: Path) -> None:
    items = [
        Item("007", title="", brand="NA", price=0, stock={}),
        Item("=1+1", title="«ü» \U0001f45c \u0000", price=2**53 - 1, brand_tier=0, stock={"": 0, "38½": 5}),
        Item("a" * 5000, colour=("a,b", ""), tags=("",), extra={"": "", "k": "null"}, currency="JPY"),
        Item("b", category=("A", "B", "C"), former_price=1, cost=2, collection="None", description=" "),
    ]
    write_catalogue(tmp_path / "c.parquet", Catalogue.of(items))
    found = read_catalogue(tmp_path / "c.parquet")
    assert list(found) == list(Catalogue.of(items))
    assert [list((item.stock or {}).items()) for item in found] == [
        list((item.stock or {}).items()) for item in Catalogue.of(items)
    ]


def test_a_parquet_file_that_is_no_catalogue_is_damaged(tmp_path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"id": ["a"], "price": ["12"]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(Damaged):
        read_catalogue(tmp_path / "c.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1nonsensePAR1")
    with pytest.raises(Damaged):
        read_catalogue(tmp_path / "c.parquet")


def test_a_damaged_source_is_not_imported_from(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    save_source(layout, catalogue(0), {})
    path = next(layout.source.glob("*/catalogue.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))
    with pytest.raises(Damaged, match=r"catalogue\.parquet is damaged.*Import the catalogue again"):
        load_source(layout)
    save_source(layout, catalogue(0), {})
    assert list(load_source(layout)[0]) == list(catalogue(0))
    (layout.source / "CURRENT").write_bytes(b"[]")
    with pytest.raises(Damaged):
        load_source(layout)
    save_source(layout, catalogue(1), {})
    assert list(load_source(layout)[0]) == list(catalogue(1))


# --- backup ---


def test_a_backup_is_a_shop_like_any_other(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "shop").ensure()
    save_source(layout, catalogue(0), {"edition": 0})
    serving = published(layout, 0)
    (layout.data / "settings.toml").write_text('shop_name = "Maison"\n')
    VectorCache(layout.vectors).add("m", ["h"], np.ones((1, 2), dtype=np.float32))
    pack = PicturePack(layout.pictures)
    key = pack.add(picture(1), 3, 4)
    pack.flush()
    studio = Studio(layout.studio_db)
    studio.audit("Ada", catalogue(0).item("001").release_at or pytest.fail("no date"), "wrote", "in the WAL")
    assert backup(layout, tmp_path / "copy") == []
    copy = Layout(tmp_path / "copy")
    assert open_current(copy)[0].id == serving
    assert load_source(copy)[1] == {"edition": 0}
    assert VectorCache(copy.vectors).find("m", ["h"])[0].all()
    assert PicturePack(copy.pictures).read(key) == picture(1)
    assert Studio(copy.studio_db).audit_log()[0].detail == "in the WAL"
    assert (copy.data / "settings.toml").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    with pytest.raises(BadRequest, match="exists already"):
        backup(layout, tmp_path / "copy")
    with pytest.raises(BadRequest, match="inside the shop"):
        backup(layout, layout.data / "copy")
    with exclusive(layout, "build"), pytest.raises(Conflict, match="'build'"):
        backup(layout, tmp_path / "another")


def test_a_backup_names_what_is_damaged_in_it(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "shop").ensure()
    path = layout.generations / generation(layout) / "present-text.npy"
    path.write_bytes(path.read_bytes()[:-1])
    assert [finding.code for finding in backup(layout, tmp_path / "copy")] == ["damaged_edition"]


# --- the code itself ---


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_pickled(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        else:
            names = []
        assert not FORBIDDEN & set(names), f"line {getattr(node, 'lineno', '?')}"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert getattr(node.value, "value", None) is False, f"line {node.value.lineno}"


def test_a_backup_holds_what_a_person_brought(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "shop").ensure()
    for name in ("models/abc/weights.safetensors", "looks/kinds.csv"):
        (layout.data / name).parent.mkdir(parents=True, exist_ok=True)
        (layout.data / name).write_text("ours")
    backup(layout, tmp_path / "copy")
    assert (tmp_path / "copy" / "models" / "abc" / "weights.safetensors").read_text() == "ours"
    assert (tmp_path / "copy" / "looks" / "kinds.csv").read_text() == "ours"

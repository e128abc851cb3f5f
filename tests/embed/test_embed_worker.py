"""The encoders live in a process of their own, and what goes wrong in it costs one call."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.domain.errors import ModelMissing, Refused, ShopError
from core.embed import wire
from core.embed.weightless import WeightlessImage, WeightlessText
from core.embed.worker import EncoderAbsent, EncoderFailed, EncoderWorker, _Child
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="stops processes by POSIX signals")


def picture(colour: str = "red", size: tuple[int, int] = (60, 80), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether a process is over, one that nobody has collected yet included."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="module")
def shared() -> Iterator[EncoderWorker]:
    """A worker for tests that do it no harm."""
    with EncoderWorker(Settings(), weightless_for_tests=True) as worker:
        yield worker


@pytest.fixture
def worker() -> Iterator[EncoderWorker]:
    """A worker for tests that hurt it."""
    with EncoderWorker(Settings(), weightless_for_tests=True) as worker:
        yield worker


def test_the_process_gives_what_the_encoders_give(shared: EncoderWorker) -> None:
    texts = [f"a red bag {n}" for n in range(300)] + [""]
    assert np.array_equal(shared.encode_texts(texts), WeightlessText().encode(texts))
    assert np.array_equal(shared.encode_words(texts[:3]), WeightlessImage().encode_words(texts[:3]))
    colours = ("red", "blue", "white")
    images = [Image.new("RGB", (60, 80), colour) for colour in colours]
    assert np.array_equal(
        shared.encode_pictures([picture(colour) for colour in colours]), WeightlessImage().encode_images(images)
    )


def test_nothing_in_is_nothing_out(shared: EncoderWorker) -> None:
    assert shared.encode_texts([]).shape == (0, WeightlessText.dim)
    assert shared.encode_words([]).shape == shared.encode_pictures([]).shape == (0, WeightlessImage.dim)
    assert shared.decode_pictures([]) == []


def test_cards_name_the_encoders(shared: EncoderWorker) -> None:
    assert shared.text_card().key == WeightlessText.key
    card = shared.image_card()
    assert card is not None
    assert (card.key, card.dim) == (WeightlessImage.key, WeightlessImage.dim)


def test_uploads_become_thumbnails_or_reasons_in_their_order(shared: EncoderWorker) -> None:
    uploads = [picture(size=(1600, 1000)), b"<svg></svg>", picture()[:-30], picture("blue", kind="JPEG")]
    large, drawing, cut, small = shared.decode_pictures(uploads)
    assert not isinstance(large, str)
    assert large[1:] == (320, 200)
    assert Image.open(io.BytesIO(large[0])).format == "WEBP"
    assert "SVG" in str(drawing)
    assert "cut off" in str(cut)
    assert not isinstance(small, str)
    assert small[1:] == (60, 80)


def test_a_picture_that_cannot_be_read_has_a_zero_row_or_is_refused_by_name(shared: EncoderWorker) -> None:
    vectors = shared.encode_pictures([picture(), b"<svg></svg>"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0], abs=1e-6)
    with pytest.raises(Refused, match=r"second\.jpg: This is an SVG drawing"):
        shared.encode_pictures([picture(), b"<svg></svg>"], names=["first.jpg", "second.jpg"])


def test_calls_from_many_threads_each_get_their_own_answer(shared: EncoderWorker) -> None:
    results: dict[int, bool] = {}

    def one(n: int) -> None:
        texts = [f"product {n} {m}" for m in range(150)]
        results[n] = np.array_equal(shared.encode_texts(texts), WeightlessText().encode(texts))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == dict.fromkeys(range(8), True)


def test_warming_up_happens_in_the_background(worker: EncoderWorker) -> None:
    assert not worker.ready
    worker.warm()
    until(lambda: worker.ready)
    assert worker.problem is None
    assert worker.pid is not None


@posix
def test_the_worker_survives_a_kill_of_its_idle_process(worker: EncoderWorker) -> None:
    worker.warm(wait=True)
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: worker.pid is None)
    assert not worker.ready
    assert worker.encode_texts(["a bag"]).any()
    assert worker.pid != first
    assert worker.ready


@posix
def test_a_kill_in_the_middle_of_a_call_fails_that_call_alone(worker: EncoderWorker) -> None:
    worker.warm(wait=True)
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # hold it in the middle
    outcome: list[ShopError] = []

    def call() -> None:
        try:
            worker.encode_texts(["a bag"])
        except ShopError as error:
            outcome.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    thread.join(20)
    assert [type(error) for error in outcome] == [EncoderFailed]
    assert "signal 9" in outcome[0].message
    assert worker.encode_texts(["a bag"]).any()
    until(lambda: worker.ready)  # warmed again by itself


@posix
def test_a_call_that_hangs_is_stopped_and_the_next_one_works() -> None:
    with EncoderWorker(Settings(), seconds=1.0, weightless_for_tests=True) as worker:
        worker.encode_texts(["a bag"])
        pid = worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(EncoderFailed, match="took longer than 1 s"):
            worker.encode_texts(["a bag " * 100_000])  # more than a pipe holds: the question itself hangs
        assert time.monotonic() - started < 5
        assert gone(pid)
        worker._seconds = 30.0
        assert worker.encode_texts(["a bag"]).any()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_a_call_that_eats_memory_is_stopped() -> None:
    with EncoderWorker(Settings(), memory_limit=2**20, weightless_for_tests=True) as worker:
        with pytest.raises(EncoderFailed, match="more than the 1 it may have"):
            worker._decoded([picture(size=(6000, 6000))])
        worker._memory_limit = 2**32
        assert not isinstance(worker.decode_pictures([picture()])[0], str)


def test_a_picture_that_brings_the_process_down_is_refused_and_its_neighbours_are_not(
    worker: EncoderWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = picture("blue")
    decoded = worker._decoded

    def fragile(pictures: list[bytes]) -> object:
        if poison in pictures:
            raise EncoderFailed("The encoder was killed by signal 11.")
        return decoded(pictures)

    monkeypatch.setattr(worker, "_decoded", fragile)
    first, second, third = worker.decode_pictures([picture(), poison, picture("white")])
    assert not isinstance(first, str)
    assert isinstance(second, str)
    assert "could not be opened safely" in second
    assert not isinstance(third, str)


def test_a_model_that_is_missing_says_so_and_pictures_still_open(tmp_path: Path) -> None:
    settings = Settings(text_model=str(tmp_path / "absent"), image_model="none")
    with EncoderWorker(settings) as worker:
        with pytest.raises(ModelMissing, match="no such folder"):
            worker.encode_texts(["a bag"])
        with pytest.raises(EncoderFailed, match="no image model"):
            worker.encode_words(["a bag"])
        assert worker.image_card() is None
        worker.warm(wait=True)
        assert worker.problem is not None
        assert not worker.ready
        assert not isinstance(worker.decode_pictures([picture()])[0], str)


def test_a_fault_in_one_call_is_told_and_the_process_goes_on(shared: EncoderWorker) -> None:
    shared.encode_texts(["a bag"])
    pid = shared.pid
    with pytest.raises(EncoderFailed, match="KeyError"):
        shared._call({"op": "no such thing"}, (), 5.0)
    assert shared.encode_texts(["a bag"]).any()
    assert shared.pid == pid


def test_after_closing_there_is_no_process_and_calls_say_so() -> None:
    worker = EncoderWorker(Settings(), weightless_for_tests=True)
    worker.encode_texts(["a bag"])
    pid = worker.pid
    assert pid is not None
    worker.close()
    worker.close()
    until(lambda: gone(pid))
    with pytest.raises(EncoderAbsent, match="closed"):
        worker.encode_texts(["a bag"])


def test_an_interpreter_that_cannot_be_started_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with EncoderWorker(Settings(), weightless_for_tests=True) as worker, pytest.raises(EncoderAbsent, match="started"):
        worker.encode_texts(["a bag"])


@posix
@pytest.mark.parametrize("end", ["kill", "return"])
def test_the_process_ends_with_the_shop_however_that_ends(end: str) -> None:
    code = f"""
import os, signal, sys
from core.embed.worker import EncoderWorker
from core.settings import Settings
worker = EncoderWorker(Settings(), weightless_for_tests=True)
worker.encode_texts(["a bag"])
print(worker.pid, flush=True)
if {end!r} == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""
    shop = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    pid = int(shop.stdout)
    assert shop.returncode == (-9 if end == "kill" else 0), shop.stderr
    until(lambda: gone(pid))


def test_a_shop_started_from_a_script_without_main_guard_starts_no_second_shop(tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text(
        "print('started')\n"
        "from core.embed.worker import EncoderWorker\n"
        "from core.settings import Settings\n"
        "with EncoderWorker(Settings(), weightless_for_tests=True) as worker:\n"
        "    print(worker.encode_texts(['a bag']).shape)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shop = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert shop.stdout.splitlines() == ["started", f"(1, {WeightlessText.dim})"], shop.stderr


def test_the_shop_itself_never_loads_torch() -> None:
    code = """
import sys
from core.embed.worker import EncoderWorker
from core.settings import Settings
with EncoderWorker(Settings(), weightless_for_tests=True) as worker:
    worker.warm(wait=True)
    worker.encode_texts(["a bag"])
assert "torch" not in sys.modules and "PIL" not in sys.modules
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shop = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert shop.returncode == 0, shop.stderr


def test_a_message_arrives_as_it_was_sent_and_a_torn_one_is_noticed() -> None:
    stream = io.BytesIO()
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3)
    head, blobs = wire.pack_vectors(vectors)
    wire.send(stream, {**head, "said": "ü"}, [*blobs, b""])
    whole = stream.getvalue()
    told, parts = wire.receive(io.BytesIO(whole))
    assert told["said"] == "ü"
    assert np.array_equal(wire.unpack_vectors(told, parts), vectors)
    for size in (0, 3, 10, len(whole) - 1):
        with pytest.raises(EOFError):
            wire.receive(io.BytesIO(whole[:size]))


def test_a_process_that_is_being_closed_while_its_last_words_are_read_has_none() -> None:
    class Closing:
        def seek(self, *_: int) -> int:
            raise OSError(9, "Bad file descriptor")

    child = _Child.__new__(_Child)
    child._noise = Closing()  # type: ignore[assignment]
    assert child._last_words() == ""

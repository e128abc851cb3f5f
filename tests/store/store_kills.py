"""Processes that are killed with SIGKILL, at a chosen step or after a chosen time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path
from types import ModuleType
from typing import Any

FORKS = multiprocessing.get_context("forkserver")
HERE = Path(__file__).resolve().parent

# What changes or opens files; together with fsync and write below these are all steps of the store.
STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "fcntl.flock"}


def killed_at(step: int, do: Callable[..., None], *arguments: Any) -> bool:
    """Run `do` in a process that is killed as it begins its `step`-th step; whether it was killed before its end."""
    return _ended(_start(_until, step, do, arguments))


def killed_after(seconds: float, do: Callable[..., None], *arguments: Any) -> bool:
    """Run `do` in a process and kill it after `seconds`; whether it was killed before its end."""
    ready, tell = FORKS.Pipe(duplex=False)
    process = _start(_from, tell, do, arguments)
    ready.recv()
    process.join(seconds)
    if process.is_alive():
        process.kill()
    return _ended(process)


def together(do: Callable[..., Any], *calls: tuple[Any, ...]) -> list[Any]:
    """Run `do` with each of `calls` at once, a process for each; what they return."""
    _serve_forks()
    with _without_main(), FORKS.Pool(len(calls)) as pool:
        return pool.starmap(do, calls, chunksize=1)


def _serve_forks() -> None:
    """Start the server that processes are forked from, with everything imported. It reads its path from here only."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    try:
        FORKS.set_forkserver_preload(["store_worlds"])
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _start(target: Callable[..., None], *arguments: Any) -> Any:
    _serve_forks()
    process = FORKS.Process(target=target, args=arguments)
    with _without_main():
        process.start()
    return process


@contextmanager
def _without_main() -> Iterator[None]:
    """A child begins by running its parent's main module, and a page that a test has run passes for that module."""
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _ended(process: Any) -> bool:
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), f"the process failed by itself: {process.exitcode}"
    return bool(process.exitcode)


def _until(step: int, do: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any) -> Any:
            tick()
            return call(*given)

        return wrapped

    os.fsync, os.write = stepping(os.fsync), stepping(os.write)
    sys.addaudithook(lambda event, given: tick() if event in STEPS and _of_the_shop(given[0]) else None)
    do(*arguments)
    os._exit(0)


def _of_the_shop(path: Any) -> bool:
    """Whether a step concerns the shop, and not a module that is imported."""
    return isinstance(path, int) or not str(path).endswith((".py", ".pyc", ".so", "__pycache__"))


def _from(tell: Any, do: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    tell.send(True)
    do(*arguments)
    os._exit(0)

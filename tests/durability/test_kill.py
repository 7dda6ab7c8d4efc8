"""A process that is killed while it writes: what was acknowledged is there, once, and nothing is there by halves."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb

from perfwidget.stores.duckdb import DuckDBStore
from tests.conftest import WHOLE
from tests.durability.writer import CROWD, SIZES, written

CYCLES = 200 if WHOLE else 6
PAUSES = ("no", "no", "no", "before", "within")

State = tuple[dict[str, float], str | None]


def expected(writes: int) -> State:
    """Return the lead times of the annotations and the project of Ann's membership after so many writes."""
    kept: dict[str, float] = {}
    project = None
    for number in range(writes):
        if number % 7 == 6:
            project = f"p{number}"
        elif number % 5 == 4:
            for each in range(SIZES[0]):
                kept.pop(f"{number - 1}-{each}", None)
        else:
            kept |= {str(each.annotation_id): each.lead_time or 0.0 for each in newest(number, kept)}
    return kept, project


def newest(number: int, kept: dict[str, float]) -> list[Any]:
    """Return the facts of a write that are not older than those kept: seconds of a minute tell the age of `the one`."""
    facts = written(number)
    older = "the one" in kept and kept["the one"] % 60 > number % 60
    return facts[1:] if older else facts


def found(path: Path) -> State:
    """Return what the file holds, read with DuckDB alone; a fact that is there twice is a fault."""
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT annotation_id, lead_time FROM annotations").fetchall()
        projects = connection.execute("SELECT project_id FROM memberships").fetchall()
    assert len(rows) == len({name for name, _ in rows})
    assert len(projects) <= 1
    return {name: time / 1_000_000 for name, time in rows}, projects[0][0] if projects else None


def killed(path: Path, first: int, pause: str, drawn: random.Random) -> list[str]:
    """Let a process write from that number on and kill it; return what it said."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.writer", str(path), str(first), pause],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin and writer.stdout
    said = []
    kill = None
    for line in writer.stdout:
        said.append(line.strip())
        if line == "open\n":
            # At a random moment of what follows, in the middle of whatever it is.
            kill = threading.Timer(drawn.uniform(0.0, 0.4), writer.send_signal, [signal.SIGKILL])
            kill.start()
    assert kill, "it never opened the store"
    kill.join()
    writer.wait()
    writer.stdin.close()
    writer.stdout.close()
    DuckDBStore(path).close()  # recovers, as the next start does
    return said


def cycle(path: Path, first: int, drawn: random.Random) -> int:
    """Let a process write and kill it; return how many writes are in the file then."""
    pause = drawn.choice(PAUSES)
    acknowledged = [int(each) for each in killed(path, first, pause, drawn) if each.isdigit()]
    done = acknowledged[-1] + 1 if acknowledged else first
    there = found(path)
    assert there in (expected(done), expected(done + 1)), f"after {done} acknowledged writes, {pause=}"
    return done if there == expected(done) else done + 1


def drawing() -> random.Random:
    seed = int.from_bytes(os.urandom(4), "big")
    sys.stdout.write(f"drawn with {seed}\n")
    return random.Random(seed)


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    drawn = drawing()
    path, done = tmp_path / "facts.duckdb", 0
    for turn in range(1, 5 * CYCLES):  # more of them where the disk is slow, so that something is written between kills
        done = cycle(path, done, drawn)
        if turn >= CYCLES and done > CYCLES:
            break
    assert done > CYCLES
    assert DuckDBStore(path).notices == ()


def test_what_threads_wrote_together_outlives_a_kill(tmp_path: Path) -> None:
    """Of each thread all that was acknowledged is there, and at most one write more: the one it waited for."""
    drawn = drawing()
    path, kept = tmp_path / "facts.duckdb", set()
    for turn in range(CYCLES // 2):
        said = killed(path, turn * 1_000_000, "crowd", drawn)
        acknowledged = set(said) - {"open"}
        there = set(found(path)[0]) - kept
        last = [
            max((int(each.split("-")[1]) for each in acknowledged if each[0] == str(thread)), default=None)
            for thread in range(CROWD)
        ]
        assert acknowledged <= there
        begun = {f"{thread}-{turn * 1_000_000 if number is None else number + 1}" for thread, number in enumerate(last)}
        assert there - acknowledged <= begun
        kept |= there
    assert len(kept) > CYCLES
    store = DuckDBStore(path)
    assert store.notices == ()
    with store.reading() as reader:
        mentioned = reader._rows("SELECT id FROM mentions WHERE kind = 'member'", {})
        owners = reader._rows("SELECT DISTINCT completed_by FROM annotations", {})
    assert sorted(mentioned) == sorted(owners)
    store.close()

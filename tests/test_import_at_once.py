"""Exports read piece by piece: the same snapshots, conclusions, counts and sentences as value by value."""

import io
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfwidget.errors import PerfwidgetError
from perfwidget.facts import FACTS, Comment
from perfwidget.facts.columns import lead_time_microseconds, microseconds
from perfwidget.facts.ingest import EmailTold, Inferred, Observation, Snapshot
from perfwidget.facts.snapshot_rows import SnapshotRows, rows_of_snapshots
from perfwidget.facts.snapshots import NOTHING, Snapshots, joined
from perfwidget.question import access
from perfwidget.question.access import Viewer
from perfwidget.question.query import Query
from perfwidget.sources.export import ImportResult, read_export, read_export_at_once
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.sources.row_values import lead_time, optional_instant
from perfwidget.sources.value_columns import NO_INSTANT, instants, lead_times
from perfwidget.stores import open_store, writing
from perfwidget.stores.duckdb import order
from perfwidget.stores.schema import column_types
from perfwidget.stores.writing import bulk
from perfwidget.stores.writing.staging import Staging
from tests.conftest import NewStore
from tests.exports import ABSENT, ANN, LATER, MORNING, NOON, export, review, row
from tests.worlds import ORGANIZATION, ask

PIECE = 400
"""Bytes of a piece: a task or two."""

HERE = PieceReaders()


def at_once(content: bytes, readers: PieceReaders = HERE, size: int = PIECE) -> tuple[ImportResult, list[Observation]]:
    reading = ImportResult()
    return reading, list(read_export_at_once(io.BytesIO(content), ORGANIZATION, reading, readers, size=size))


def said(observations: Iterable[Observation]) -> tuple[list[object], list[object]]:
    """Return what snapshots tell, in the order of the file those that hang on no e-mail, then comments; and what is
    concluded, which is in no order."""
    snapshots: list[object] = []
    conclusions: list[object] = []
    for each in observations:
        if isinstance(each, Inferred):
            conclusions.append((each.fact.row(), microseconds(each.seen_at)))
        elif isinstance(each, EmailTold):
            conclusions.append((each.email, each.kind, each.identity))
        elif isinstance(each, Snapshot) and each.emails:
            conclusions += rows_of_snapshots([each])
        elif isinstance(each, Comment):
            snapshots.append(each.row())
        else:
            snapshots += list(rows_of_snapshots([each]))  # type: ignore[list-item]
    return snapshots, sorted(conclusions, key=repr)


def outcome(read: Callable[[], tuple[ImportResult, list[Observation]]]) -> object:
    try:
        reading, observations = read()
    except PerfwidgetError as fault:
        # Text that is none is named by where the block begins in which it was met.
        return re.sub(r"(UTF-8 text, or is damaged) \(.*?\)", r"\1", str(fault))
    return *said(observations), list(reading.sentences()), reading.summary()


def compare(content: bytes, size: int = PIECE) -> None:
    def one_by_one() -> tuple[ImportResult, list[Observation]]:
        reading = ImportResult()
        return reading, list(read_export(io.BytesIO(content), ORGANIZATION, reading))

    assert outcome(lambda: at_once(content, size=size)) == outcome(one_by_one)


# --- Whatever an export holds

PEOPLE = st.sampled_from(
    (None, 7, 8, ANN, {"id": 8, "email": "bob@x.example"}, {"email": "Ann@x.example"}, "ann@x.example", "", True, 1.0)
) | st.sampled_from(
    ({"id": 7, "email": None}, {"id": 7, "first_name": "A\u0000"}, {"id": [7]}, {"id": 9, "email": ["x"]}, 10**30)
)
INSTANTS = st.sampled_from(
    (None, MORNING, NOON, LATER, "2024-03-01T12:00:00.500000Z", "2024-03-01T12:00:00.5+02:00", "2024-02-30T12:00:00Z")
) | st.sampled_from(
    (
        "2024-03-01",
        "1969-12-31T23:59:59.999999Z",
        "2999-12-31T23:59:59.999999Z",
        "3000-01-01T00:00:00.000000Z",
        "２024-03-01T12:00:00.000000Z",
        "2024-03-01T24:00:00.000000Z",
        "2024-02-29T23:59:60.000000Z",
        5,
    )
)
TIMES = st.sampled_from([None, 0, 12.5, 0.1, 10_800, 10_800.0000005, 1e9, 1_000_000_000.5, -1, -0.0, True, "5", [5]])
ANY_TIME = TIMES | st.floats(allow_nan=True, allow_infinity=True)
IDS = st.sampled_from(
    [1, 2, 3, 4, 5, 2**53 + 1, 2**63 - 1, 2**63, 10**300, -3, "1", "007", "a-1", "", None, 1.5, False]
)
MOSTLY_IDS = st.integers(1, 6) | IDS
WORDS = st.sampled_from([None, "", "submitted", "updated", "skipped", "accepted", "rejected", "prediction", "odd", 5])
LABELS = [{"from_name": "l", "type": "labels", "value": {"start": 1, "end": each, "labels": ["x"]}} for each in (5, 9)]
BRUSHED = [{"from_name": "b", "type": "brushlabels", "value": {"rle": [each]}} for each in (1, 2)]
RESULTS = st.sampled_from(
    [None, [], LABELS[:1], LABELS, json.dumps(LABELS), BRUSHED[:1], BRUSHED[1:], [{"type": "relation"}], "no JSON", 5]
)
REVIEWS = st.fixed_dictionaries(
    {"id": MOSTLY_IDS, "created_at": INSTANTS, "created_by": PEOPLE},
    optional={
        "accepted": st.sampled_from([True, False, None, 1]),
        "score": st.sampled_from([None, 0.25, 1, 2, "1", True]),
        "fixed_annotation_history": st.sampled_from([None, 5]),
        "previous_annotation_history_result": RESULTS,
        "fixed_annotation_history_result": RESULTS,
    },
)
FIXES = st.builds(
    review,
    id=st.integers(1, 9),
    fixed_annotation_history=st.just(5),
    previous_annotation_history_result=RESULTS,
    fixed_annotation_history_result=RESULTS,
)
ENTRIES = st.fixed_dictionaries(
    {"id": MOSTLY_IDS, "action": WORDS, "created_at": INSTANTS}, optional={"created_by": PEOPLE, "lead_time": ANY_TIME}
)
COMMENTS = st.fixed_dictionaries(
    {"id": MOSTLY_IDS, "created_at": INSTANTS, "created_by": PEOPLE, "text": st.sampled_from(["", "hm", None])},
    optional={"updated_at": INSTANTS, "resolved_at": INSTANTS, "is_resolved": st.sampled_from([True, False, 1])},
)
FEW_REVIEWS = st.lists(REVIEWS | st.sampled_from([5, None]), max_size=2) | st.sampled_from([None, {}, "x"])
FEW_ENTRIES = st.lists(ENTRIES, max_size=2) | st.sampled_from([None, {}])
ROWS = st.fixed_dictionaries(
    {"id": MOSTLY_IDS, "completed_by": PEOPLE, "created_at": INSTANTS},
    optional={
        "project": MOSTLY_IDS,
        "task": MOSTLY_IDS,
        "updated_at": INSTANTS,
        "draft_created_at": INSTANTS,
        "updated_by": PEOPLE,
        "last_created_by": PEOPLE,
        "import_id": st.sampled_from([None, 5, "x"]),
        "parent_prediction": st.sampled_from([None, None, 3, {}]),
        "parent_annotation": st.sampled_from([None, None, 4, {}]),
        "was_cancelled": st.sampled_from([None, True, False, False, 1]),
        "last_action": WORDS,
        "lead_time": ANY_TIME,
        "reviews": FEW_REVIEWS,
        "history": FEW_ENTRIES,
        "comments": st.sampled_from([None, [], [], "x"]) | st.lists(COMMENTS | st.just(5), max_size=2),
        "result": RESULTS | st.text(max_size=5),
    },
)
TASKS = st.fixed_dictionaries(
    {"id": MOSTLY_IDS},
    optional={
        "project": st.just(5) | MOSTLY_IDS,
        "created_at": INSTANTS,
        "total_annotations": st.sampled_from([None, 0, 1, 2, -1, "1", True]),
        "cancelled_annotations": st.sampled_from([None, 0, 1]),
        "comment_count": st.sampled_from([None, 0, 1, 5]),
        "completions": st.sampled_from([None, [], [{"id": 1}]]),
        "Annotations": st.sampled_from([None, [], [row()]]),
        "annotations": st.lists(ROWS | st.sampled_from([5, None, []]), max_size=3) | st.sampled_from([None, {}]),
        "data": st.dictionaries(st.text(max_size=3), st.text(max_size=8), max_size=2),
    },
)
USUAL_ROWS = st.builds(
    row,
    id=st.integers(1, 9),
    completed_by=st.sampled_from([7, 8, ANN, {"id": 8, "email": "bob@x.example"}]),
    created_at=st.sampled_from([MORNING, NOON, LATER]),
    updated_at=INSTANTS,
    updated_by=st.sampled_from([None, 7, 8, ANN]),
    last_created_by=st.sampled_from([None, 7, 8, ANN]),
    was_cancelled=st.sampled_from([None, True, False]),
    last_action=st.sampled_from([None, "", "submitted", "updated", "skipped", "rejected", "deleted_review"]),
    lead_time=TIMES | st.floats(0, 1e5),
    draft_created_at=INSTANTS,
    import_id=st.sampled_from([None, 5]),
    parent_prediction=st.sampled_from([None, 3]),
    parent_annotation=st.sampled_from([None, 4]),
    comments=st.sampled_from([None, None, [], [{"id": 1, "created_by": 8, "created_at": LATER, "text": "hm"}]]),
    reviews=st.none() | st.lists(st.builds(review, id=st.integers(1, 9)) | FIXES | REVIEWS, max_size=2),
)
USUAL_TASKS = st.builds(
    lambda rows, **values: export(*rows, **values)[0],
    st.lists(USUAL_ROWS, max_size=3),
    id=st.integers(1, 9),
    created_at=INSTANTS,
    total_annotations=st.integers(0, 3),
    cancelled_annotations=st.sampled_from([None, 0, 1]),
    comment_count=st.sampled_from([0, 0, 2]),
)


@settings(max_examples=150, deadline=None)
@given(tasks=st.lists(USUAL_TASKS, max_size=5), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_usual_exports_say_the_same(tasks: list[object], indent: int | None, ascii_only: bool) -> None:
    compare(json.dumps(tasks, indent=indent, ensure_ascii=ascii_only).encode())


@settings(max_examples=150, deadline=None)
@example([{"id": 1, "annotations": [], "total_annotations": 0, "completions": [5]}], b"", None, b"")
@given(
    tasks=st.lists(TASKS | USUAL_TASKS | st.sampled_from([None, 5, [], "x"]), max_size=6),
    beginning=st.sampled_from([b"", b"\xef\xbb\xbf", b" \n"]),
    cut=st.none() | st.integers(0, 3_000),
    added=st.sampled_from([b"", b"", b"]", b" {}", b",", b"\xff"]),
)
def test_hostile_exports_say_the_same(tasks: list[object], beginning: bytes, cut: int | None, added: bytes) -> None:
    written = beginning + json.dumps(tasks).encode("utf-8", "surrogatepass") + added
    compare(written if cut is None else written[:cut])


MANY = [export(row(id=number, reviews=[]), id=number)[0] for number in range(1, 9)]


def with_text(old: bytes, new: bytes, place: int = 5) -> bytes:
    """Return an export of some tasks in one of which a text is replaced."""
    texts = json.dumps(MANY).encode().split(old)
    assert len(texts) > place + 1
    return old.join(texts[: place + 1]) + new + old.join(texts[place + 1 :])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"12.5", b"NaN"),
        (b"12.5", b"-Infinity"),
        (b"12.5", b"1e400"),
        (b"12.5", b"12.50000000000000000000001"),
        (b"12.5", b"1" * 5_000),
        (b"12.5", b"012"),
        (b"12.5", b"1."),
        (b"12.5", b'"\\ud800"'),
        (b"12.5", b'"\\u0000"'),
        (b"12.5", b'"\x00"'),
        (b"12.5", b'"\xff"'),
        (b"12.5", b'"\xed\xa0\x80"'),
        (b"12.5", b'"a\nb"'),
        (b"12.5", '5, "text": "\u20ac {\\"id\\": 9"'.encode()),
        (b"12.5", b'1, "lead_time": 2'),
        (b"12.5", b'1, "lead_t\\u0069me": 2'),
        (b"12.5", b'1, "result": "}, {\\"id\\": 1, \\"project\\": 5"'),
        (b"12.5", b'1, "result": [{"id": 1, "project": 5}, {"id": 1, "project": 5}]'),
        (b"12.5", b"[" * 100_000 + b"]" * 100_000),
        (b"12.5", b"[" * 400 + b"]" * 400),
        (b"12.5", b"12.5}"),
        (b"}, {", b"} {"),
        (b"}, {", b"}, , {"),
        (b"}, {", b"}, 5, {"),
        (b"}, {", b"}, {}, [], null, {"),
        (b"}, {", b"} \n\t\r , \n {"),
        (b"}, {", b"}," + b" " * 1_000 + b"{"),
        (b"}, {", b"}]"),
        (b"}, {", b"}, \x0c{"),
    ],
)
@pytest.mark.parametrize("size", [100, 400, 1 << 20])
def test_rare_and_damaged_text_says_the_same(old: bytes, new: bytes, size: int) -> None:
    compare(with_text(old, new), size)


def test_no_project_is_the_one_that_is_named() -> None:
    tasks = [export(row(id=number), id=number, project=5 if number % 3 else ABSENT)[0] for number in range(1, 9)]
    content = json.dumps(tasks).encode()
    for project in (None, "p 7", "12"):

        def one_by_one(project: str | None = project) -> tuple[ImportResult, list[Observation]]:
            reading = ImportResult()
            return reading, list(read_export(io.BytesIO(content), ORGANIZATION, reading, project))

        def by_pieces(project: str | None = project) -> tuple[ImportResult, list[Observation]]:
            reading = ImportResult()
            read = read_export_at_once(io.BytesIO(content), ORGANIZATION, reading, HERE, size=PIECE, project_id=project)
            return reading, list(read)

        assert outcome(by_pieces) == outcome(one_by_one)
        assert by_pieces()[0].problems.total() == (2 if project is None else 0)


@pytest.mark.parametrize(
    "first", [b'[{"data": {"id": 1}, ', b'[{"i\\u0064": 1, ', b"[{", b'{"annotations": [{', b"[[", b"[5, {"]
)
def test_lists_that_begin_otherwise_say_the_same(first: bytes) -> None:
    whole = json.dumps(MANY).encode()
    compare(first + whole.removeprefix(b"[{"), 100)


def test_nothing_but_space_is_no_list() -> None:
    for content in (
        b"",
        b" ",
        b"[",
        b"[]",
        b"[ ]",
        b"]",
        b"[,]",
        b"null",
        b"PK\x03\x04",
        b"[{",
        b"[{}]",
        b'[{"a": 1}, {}]',
    ):
        compare(content)


def test_rows_that_name_somebody_by_e_mail_say_the_same() -> None:
    by_email = row(id=2, completed_by={"email": "ann@x.example"}, updated_by=7, updated_at=LATER)
    known, filler = row(id=1, completed_by=ANN), [row(id=number, completed_by=9) for number in range(3, 9)]
    tasks = [export(each, id=each["id"])[0] for each in (known, *filler, by_email)]
    for ordered in (tasks, tasks[::-1]):
        compare(json.dumps(ordered).encode(), 100)


@pytest.mark.parametrize("elapsed", ["596852", "596853", "596854"])
def test_a_time_that_is_as_long_as_its_task_is_there_is_compared_exactly(elapsed: str) -> None:
    """Python rounds this one to 853 millionths as a `timedelta`, and to 854 as the decimal number that it prints."""
    done = f"2024-03-01T04:53:31.{elapsed}Z"
    said_of = row(created_at=done, updated_at=done, lead_time=17611.5968535)
    compare(json.dumps(export(said_of, created_at="2024-03-01T00:00:00.000000Z")).encode())


def test_progress_tells_every_byte() -> None:
    content = json.dumps(MANY).encode() + b"\n "
    for each in (content, b'{"annotations": ' + content + b"}", content.replace(b"12.5", b"NaN")):
        told_of: list[int] = []
        list(read_export_at_once(io.BytesIO(each), ORGANIZATION, ImportResult(), HERE, told_of.append, PIECE))
        assert sum(told_of) == len(each)
    assert len(told_of) > 2


def test_progress_tells_what_was_handed_over(tmp_path: Path) -> None:
    """Processes may be far ahead of whoever writes what they read."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps(MANY * 20))
    told_of: list[int] = []
    with PieceReaders(1) as readers, file.open("rb") as stream:
        found = read_export_at_once(stream, ORGANIZATION, ImportResult(), readers, told_of.append, PIECE)
        next(found)
        assert sum(told_of) == 0
        next(found)
        assert 0 < sum(told_of) <= 2 * PIECE
        list(found)
    assert sum(told_of) == file.stat().st_size


def test_usual_rows_are_read_as_columns() -> None:
    """The tests above would say nothing of columns if these were never made."""
    _, observations = at_once(json.dumps(MANY).encode())
    many = [each for each in observations if isinstance(each, Snapshots)]
    assert len(many) > 2
    assert sum(map(len, many)) == len(MANY)
    assert said([joined(many)]) == said(many)


# --- Values


@settings(max_examples=500)
@given(st.floats() | st.floats(0, 1e9) | st.decimals(0, 10**9, places=6).map(float) | st.integers(0, 10**6).map(float))
@example(0.0000005)
@example(0.0000015)
@example(999_999_999.999999)
@example(1e9)
@example(math.nextafter(1e9, math.inf))
@example(4.35)
def test_lead_times_are_what_python_prints(seconds: float) -> None:
    (found,) = lead_times([seconds]).tolist()
    assert found == lead_time_microseconds(seconds)
    if 0 <= seconds <= 10**9:
        assert found == round(Decimal(repr(seconds)) * 1_000_000)


def test_other_lead_times_are_read_one_by_one() -> None:
    given_times = [None, 5, True, "5", -1, 10**10, [5], 2.5]
    expected = [NOTHING if each is None else lead_time_microseconds(lead_time(each)) for each in given_times]
    assert lead_times(given_times).tolist() == expected


@settings(max_examples=200)
@given(
    st.lists(
        st.none()
        | st.datetimes().map(lambda each: f"{each.isoformat(timespec='microseconds')}Z")
        | st.text("0123456789-T:.Z", min_size=27, max_size=27)
        | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\Z")
        | st.sampled_from([5, NOON, "2024-02-29T00:00:00.000000Z", "2100-02-29T00:00:00.000000Z", ["2"] * 27])
    )
)
def test_instants_are_those_of_one_by_one(values: list[object]) -> None:
    def one(value: object) -> int:
        instant = optional_instant(value)
        return microseconds(instant) if instant else NOTHING if value is None else NO_INSTANT

    assert instants(values).tolist() == [one(value) for value in values]


# --- Processes


def test_processes_read_the_same_and_end(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps([*MANY, export(row(id=50, lead_time=math.nan, history=[{"id": 1}]), id=50)[0]] * 4))

    def read(readers: PieceReaders, file: Path) -> object:
        reading = ImportResult()
        with file.open("rb") as stream:
            found = list(read_export_at_once(stream, ORGANIZATION, reading, readers, size=PIECE))
        return said(found), list(reading.sentences()), reading

    with PieceReaders(2) as readers:
        assert len(readers._processes) == 2
        assert read(readers, file) == read(HERE, file)
        file.write_text(json.dumps(MANY))  # another file of that name
        assert read(readers, file) == read(HERE, file)
        os.kill(readers._processes[0]._running.pid, signal.SIGKILL)
        readers._processes[0]._running.wait()
        assert read(readers, file) == read(HERE, file)
        running = [process._running for process in readers._processes]
    assert all(each.returncode is not None for each in running)


def test_nothing_is_left_running_by_a_reading_that_is_given_up(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps(MANY * 20))
    with pytest.raises(KeyboardInterrupt), PieceReaders(2) as readers, file.open("rb") as stream:
        running = [process._running for process in readers._processes]
        with closing(read_export_at_once(stream, ORGANIZATION, ImportResult(), readers, size=PIECE)) as found:
            next(found)
            raise KeyboardInterrupt
    assert all(each.returncode is not None for each in running)


def test_a_process_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal\nfrom perfwidget.sources.piece_readers import PieceReaders\n"
        "readers = PieceReaders(1)\nprint(readers._processes[0]._running.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    # Whoever holds the other end of the pipe has ended when it is read to its end: the process holds it, too.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False, cwd=Path.cwd())
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.strip().isdigit()


def test_without_processes_everything_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(subprocess, "Popen", refused)
    with PieceReaders(2) as readers:
        assert said(at_once(json.dumps(MANY).encode(), readers)[1]) == said(at_once(json.dumps(MANY).encode())[1])


# --- Into a store


def tables(address: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of a store that is not open, without how they lie."""
    names = {fact.table: ", ".join(name for name, _ in column_types(fact)) for fact in FACTS}
    store = open_store(address)
    with store.reading() as reader:
        every = names | {"snapshots": "*", "mentions": "*"}
        found = {name: reader._rows(f"SELECT {columns} FROM {name}", {}) for name, columns in every.items()}
    store.close()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def kept(address: str, files: Sequence[bytes], *, columns: bool) -> dict[str, list[tuple[Any, ...]]]:
    store = open_store(address)
    for content in files:
        reading = ImportResult()
        many = read_export_at_once(io.BytesIO(content), ORGANIZATION, reading, HERE, size=100)
        store.write(many if columns else read_export(io.BytesIO(content), ORGANIZATION, reading), unknown="keep")
    store.close()
    return tables(address)


def versions(dice: random.Random) -> list[dict[str, Any]]:
    """Return some rows of a few annotations, with reviews and histories of their own."""
    rows = []
    for _ in range(dice.randint(1, 8)):
        day = dice.choice([NOON, LATER, "2024-03-03T08:30:00.000000Z"])
        number = dice.randint(1, 9)
        values: dict[str, Any] = {"completed_by": dice.choice([7, 8]), "lead_time": dice.randint(1, 9)}
        if dice.random() < 0.6:
            values["reviews"] = [review(id=10 * number + place) for place in range(dice.randrange(3))]
        if dice.random() < 0.2:
            entry_id = dice.choice([number, f"annotation-{number}"])
            values["history"] = [{"id": entry_id, "action": "submitted", "created_at": NOON}]
        rows.append(row(id=number, created_at=NOON, updated_at=day, last_action="updated", **values))
    return rows


@pytest.mark.parametrize("seed", range(2))
def test_a_store_keeps_the_same(engine: str, new_store: NewStore, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "clickhouse":
        pytest.skip("takes long, and columns reach this engine as rows, of which the other tests have some")
    dice = random.Random(seed)
    files = [versions(dice) for _ in range(5)]
    written = [json.dumps([export(each, id=each["id"])[0] for each in rows]).encode() for rows in files]
    monkeypatch.setattr(writing, "BATCH", 1 + 4 * seed)
    monkeypatch.setattr(writing, "AS_ROWS", 2)
    monkeypatch.setattr(bulk, "MANY", 1)
    monkeypatch.setattr(order, "TAIL", 3)
    assert kept(new_store(), written, columns=True) == kept(new_store(), written, columns=False)


def test_reviews_that_come_in_columns_are_found_by_who_gave_them(new_store: NewStore) -> None:
    rows = [row(id=1, reviews=[review(id=1), review(id=2, accepted=False)]), row(id=2, reviews=[review(id=3)])]
    written = [json.dumps([export(each, id=each["id"])[0] for each in rows]).encode()]
    address = new_store()
    assert kept(address, written, columns=True) == kept(new_store(), written, columns=False)
    store = open_store(address)
    values = ask(store, user="8", from_="2024-03-01", to="2024-03-31").values
    assert (values["reviews_accepted"], values["reviews_rejected"]) == (2, 1)
    store.close()


def test_organizations_that_are_written_at_once_have_the_same_ids(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 1)
    store = open_store(new_store())
    content = json.dumps(export(row(id=1, reviews=[review(id=1)]))).encode()
    given: list[Observation] = []
    for organization in ("one", "other", "one more"):
        given += read_export_at_once(io.BytesIO(content), organization, ImportResult(), HERE)
    store.write(given)
    for organization in ("one", "other", "one more"):
        boss = Viewer(organization, "boss", "owner")
        for user, key in (("7", "submitted_annotations"), ("8", "reviews_accepted")):
            assert ask(store, boss, user=user, from_="2024-03-01", to="2024-03-31").values[key] == 1
        with store.reading() as reader:
            scope = access.scope(boss, Query(), reader.standing(boss, Query())).scope
            assert [each.project_id for each in reader.projects(scope)] == ["5"]
    store.close()


def test_ids_that_are_no_whole_numbers_are_kept_the_same(new_store: NewStore) -> None:
    rows = [row(id=each, reviews=[review(id=each)]) for each in (1, "b", "01", 10**30, -4)]
    written = [json.dumps([export(each, id=each["id"], project="p")[0] for each in rows]).encode()]
    assert kept(new_store(), written, columns=True) == kept(new_store(), written, columns=False)


def test_what_was_written_one_by_one_is_not_written_twice(new_store: NewStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the tasks, each a batch, the second has an id that is no whole number, and one that comes again."""
    tasks = [export(row(id=1), id=1), export(row(id=2), row(id="b"), id=2), export(row(id=2, updated_at=LATER), id=3)]
    monkeypatch.setattr(writing, "BATCH", 1)
    written = json.dumps([task for [task] in tasks]).encode()
    found = kept(new_store(), [written], columns=True)
    assert found == kept(new_store(), [written], columns=False)
    assert len(found["annotations"]) == 3


def test_rows_are_made_of_some_at_a_time(new_store: NewStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are new once more are added as columns; of them all, rows would take too much memory."""
    sizes = []

    def noted(staging: Staging, rows: Sequence[SnapshotRows], *more: Any) -> None:
        sizes.append(len(rows))
        write(staging, rows, *more)

    write = writing.standing.write
    monkeypatch.setattr(writing.standing, "write", noted)
    monkeypatch.setattr(writing, "AS_ROWS", 2)
    monkeypatch.setattr(bulk, "MANY", 1)
    again = [export(row(id=number), id=number)[0] for number in (4, 5, 20, 21, 22)]
    written = [json.dumps(each).encode() for each in (MANY, again)]
    found = kept(new_store(), written, columns=True)
    assert len(found["annotations"]) == len(MANY) + 3
    assert sizes
    assert max(sizes) <= 3
    assert found == kept(new_store(), written, columns=False)


def test_ids_in_columns_are_joined_as_what_they_are() -> None:
    numbers = at_once(json.dumps(MANY[:1]).encode())[1][0]
    assert isinstance(numbers, Snapshots)
    texts = replace(numbers, columns={**numbers.columns, "annotation_id": np.array(["x"], object)})
    whole = joined([numbers, texts, numbers])
    assert whole.columns["annotation_id"].tolist() == ["1", "x", "1"]  # type: ignore[union-attr]

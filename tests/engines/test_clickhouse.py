"""What a ClickHouse store must stand: writers that die or sleep, several at once, a server that goes and comes back.

They run on ClickHouse's engine behind HTTP (see `chdb_server`), not on a whole server: users' rights, replicas and
shards are not tested here.
"""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.facts import Fact, Member
from perfwidget.facts.ingest import Bookmark
from perfwidget.question.access import Viewer
from perfwidget.question.query import parse as parse_query
from perfwidget.stores import Store, open_store
from perfwidget.stores import clickhouse as clickhouse_store
from perfwidget.stores.clickhouse import database, history, session, write_lock
from perfwidget.stores.clickhouse.address import parse
from perfwidget.stores.failures import TOO_LONG
from tests.conftest import WHOLE
from tests.engines.clickhouse_server import ClickHouse
from tests.engines.test_postgresql import ROOT, program, run_at_once
from tests.worlds import ORGANIZATION, annotation, ask, people

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = "2024-03-05 12:00"
STEP = 1 if WHOLE else 3
"""How many statements further on a writer is killed than the one before."""


@pytest.fixture
def address(clickhouse: ClickHouse) -> str:
    return clickhouse.new_store()


@pytest.fixture
def store(address: str) -> Iterator[Any]:
    with closing(open_store(address, wait=0)) as opened:
        opened.write(people())
        yield opened


def figures(store: Store, **more: str) -> tuple[object, object]:
    values = ask(store, **(MARCH | more)).values
    return values["submitted_annotations"], values["total_time"]


def rows(store: Any, query: str) -> list[tuple[Any, ...]]:
    """Look past what readers see."""
    return store._database.rows(query, {})  # type: ignore[no-any-return]


def let_claims_end(store: Any) -> None:
    """Do what passing time does."""
    store._database.execute("TRUNCATE TABLE claims")


def test_of_a_writer_that_is_killed_between_any_two_statements_nothing_is_kept_and_nothing_doubled(
    store: Store, address: str
) -> None:
    store.write([annotation(1, NOON, lead_time=10), annotation(2, NOON, lead_time=20)])
    code = (
        "import signal\n"
        "from perfwidget.stores.clickhouse.database import ClickHouseDatabase\n"
        "ask = ClickHouseDatabase._ask\n"
        "def counted(*given, **more):\n"
        "    global left\n"
        "    if left == 0:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left -= 1\n"
        "    return ask(*given, **more)\n"
        "ClickHouseDatabase._ask = counted\n"
        "left = -1\n"
        "store = open_store(sys.argv[1], wait=0)\n"
        "for line in sys.stdin:\n"
        "    writer = os.fork()\n"
        "    if writer == 0:\n"
        "        left = int(line)\n"
        "        store.write([annotation(1, '2024-03-06 12:00', lead_time=100, completed_by='rev'),"
        " annotation(3, '2024-03-05 12:00', lead_time=1000)])\n"
        "        os._exit(0)\n"
        "    print(os.waitpid(writer, 0)[1], flush=True)\n"
    )
    writer = program(code, address)
    assert writer.stdin
    assert writer.stdout
    acknowledged = "SELECT count() FROM writes WHERE state = 'committed'"
    before, statements = rows(store, acknowledged), 0
    while rows(store, acknowledged) == before:
        writer.stdin.write(f"{statements}\n")
        writer.stdin.flush()
        assert writer.stdout.readline() in ("9\n", "0\n")
        kept = rows(store, acknowledged) != before  # and perhaps killed before it could say so
        assert figures(store) == ((2, 1020.0) if kept else (2, 30.0)), f"killed before statement {statements}"
        let_claims_end(store)
        statements += STEP
    writer.communicate(timeout=60)
    assert statements > 10
    store.write([annotation(4, NOON, lead_time=5)])
    assert figures(store) == (3, 1025.0)
    assert figures(store, user="rev") == (1, 100.0)
    left = rows(store, "SELECT count() FROM annotations_rows WHERE written NOT IN "
                       "(SELECT write FROM writes WHERE state = 'committed')")  # fmt: skip
    assert left == [(0,)]


def test_an_annotation_that_changes_its_owner_and_day_is_counted_once(store: Store) -> None:
    store.write([annotation(1, NOON, lead_time=10)])
    store.write([annotation(1, "2024-03-07 12:00", lead_time=11, updated_at=annotation(1, NOON).updated_at)])
    assert figures(store) == (1, 11.0)
    store.write([annotation(1, "2024-04-07 12:00", lead_time=12)])
    assert figures(store) == (0, 0.0)
    store.write([annotation(1, "2024-04-08 12:00", lead_time=13, completed_by="rev")])
    assert figures(store, to="2024-04-30") == (0, 0.0)
    assert figures(store, to="2024-04-30", user="rev") == (1, 13.0)


def test_processes_that_write_at_once_lose_nothing(store: Store, address: str) -> None:
    code = (
        "store = open_store(sys.argv[1], wait=0)\n"
        "for number in range(2):\n"
        "    store.write([annotation(f'{sys.argv[2]}-{number}', '2024-03-05 12:00'),"
        " annotation('shared', '2024-03-06 12:00', lead_time=number)])\n"
        "store.close()\n"
    )
    run_at_once(code, address)
    assert figures(store) == (3 * 2 + 1, 1.0)


def test_a_writer_that_slept_while_another_wrote_is_refused_and_changes_nothing(store: Store, address: str) -> None:
    with closing(open_store(address, wait=0)) as other:

        def facts() -> Iterator[Fact]:
            yield annotation(1, NOON, lead_time=10)
            let_claims_end(store)
            other.write([annotation(1, NOON, lead_time=20)])

        with pytest.raises(StoreUnavailable, match="stood still"):
            store.write(facts())
        assert figures(store) == (1, 20.0)
        store.write([annotation(2, NOON, lead_time=5)])
        assert figures(store) == (2, 25.0)


def test_a_writer_that_slept_while_nobody_wrote_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def facts() -> Iterator[Fact]:
        yield annotation(1, NOON, lead_time=10)
        now[0] += 10 * write_lock.HELD_FOR

    store.write(facts())
    assert figures(store) == (1, 10.0)


def test_another_write_is_waited_for_and_not_for_ever(
    store: Store, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(address, wait=0)) as other:

        def facts() -> Iterator[Fact]:
            monkeypatch.setattr(write_lock, "HELD_FOR", 0.2)
            with pytest.raises(StoreUnavailable, match="one write at a time"):
                other.write([annotation(2, NOON)])
            yield annotation(1, NOON, lead_time=10)

        store.write(facts())
    assert figures(store) == (1, 10.0)


def test_a_reader_sees_one_state_whatever_is_written_and_cleared_away_meanwhile(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([annotation(1, NOON)])
    with store.reading() as reader:
        before = list(reader.organizations())
        store.write([Member("new", "ann", None, None, role="annotator")])
        store.remove([annotation(1, NOON)])
        store.settle()
        assert list(reader.organizations()) == before
        assert len(list(reader.kept(type(annotation(1, NOON)), ORGANIZATION, "p1", None))) == 1
    with store.reading() as reader:
        assert list(reader.organizations()) == sorted([*before, "new"])
        monkeypatch.setattr(session, "LONGEST_READING", -1)
        with pytest.raises(StoreUnavailable, match="too old"):
            reader.organizations()


@pytest.mark.parametrize(
    ("viewer", "asked"),
    [
        (Viewer(ORGANIZATION, "ann", "annotator"), {}),
        (Viewer(ORGANIZATION, "boss", "owner"), {"user": ["ann", "gone"], "project": ["p1"]}),
    ],
    ids=["annotator", "owner"],
)
def test_a_look_is_one_statement_until_somebody_writes(
    store: Any, address: str, monkeypatch: pytest.MonkeyPatch, viewer: Viewer, asked: dict[str, list[str]]
) -> None:
    query = parse_query(asked)

    def look() -> tuple[object, object, object]:
        with store.reading() as reader:
            return reader.standing(viewer, query), reader.bookmarks(ORGANIZATION), reader.changes(ORGANIZATION)

    def told(*facts: Fact) -> list[bool]:
        before = look()
        other.write(facts)
        return [new != old for new, old in zip(look(), before, strict=True)]

    before, statements, ask_rows = look(), [], store._database.rows
    monkeypatch.setattr(store._database, "rows", lambda *given: statements.append(given) or ask_rows(*given))
    assert (look(), len(statements)) == (before, 1)
    with closing(open_store(address, wait=0)) as other:
        assert told(Member("another", "zoe", None, None, role="annotator")) == [False, False, False]
        assert told(Bookmark(ORGANIZATION, "platform", "1")) == [False, True, False]
        assert told(annotation(1, NOON, completed_by="rev")) == [False, False, True]
        assert told(Member(ORGANIZATION, viewer.user_id, None, None, role=viewer.role, active=False))[0]


def test_what_was_taken_away_long_ago_is_cleared_and_no_figure_changes(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(4):
        store.write([annotation(1, f"2024-03-0{step + 1} 12:00", lead_time=step), annotation(2, NOON, lead_time=7)])
    with pytest.raises(ZeroDivisionError):
        store.write(annotation(number, NOON, lead_time=1 // (1 - number)) for number in range(2))
    store.settle()
    assert rows(store, "SELECT count() FROM annotations_rows") == [(8,)]
    monkeypatch.setattr(history, "KEPT_FOR", 0)
    for _ in range(2):
        store.settle()
        assert figures(store) == (2, 10.0)
    assert rows(store, "SELECT count() FROM annotations_rows") == [(2,)]
    assert rows(store, "SELECT count() FROM ended") == [(0,)]
    store.write([annotation(1, NOON, lead_time=1)])
    store.settle()
    assert figures(store) == (2, 8.0)


def test_every_so_many_writes_it_is_cleared_by_itself(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_FOR", 0)
    monkeypatch.setattr(clickhouse_store, "WRITES_UNTIL_CLEARED", 5)
    kept = []
    for step in range(11):
        store.write([annotation(1, NOON, lead_time=step)])
        assert figures(store) == (1, float(step))
        kept += rows(store, "SELECT count() FROM annotations_rows")
    # The first write was that of the people: these are the second to the twelfth, and the fifth and the tenth clear.
    assert kept == [(1,), (2,), (3,), (1,), (2,), (3,), (4,), (5,), (1,), (2,), (3,)]


def test_a_server_that_was_away_is_used_again() -> None:
    server = ClickHouse()
    server.start()
    try:
        with closing(open_store(server.new_store(), wait=0)) as store:
            store.write([*people(), annotation(1, NOON, lead_time=3)])
            server.stop()
            with pytest.raises(StoreUnavailable, match="did not answer"):
                figures(store)
            with pytest.raises(StoreUnavailable, match="did not answer"):
                store.write([annotation(2, NOON)])
            server.start()
            assert figures(store) == (1, 3.0)
            store.write([annotation(2, NOON, lead_time=4)])
            assert figures(store) == (2, 7.0)
    finally:
        server.stop()
        server.remove()


def test_texts_and_long_lists_reach_the_server_as_they_are(store: Store) -> None:
    odd = [
        "'",
        "\\",
        "\\'",
        "\\t",
        '"',
        "`",
        "a\u2028b",
        "{x:String}",
        "$asked",
        "'; DROP TABLE members --",
        "%",
        "😀\\n",
    ]
    store.write(annotation(name, NOON, task_id=name, project_id="p1", completed_by=name) for name in odd)
    store.write([Member(ORGANIZATION, name, None, f"\n\t{name}\r", role="annotator") for name in odd])
    with store.reading() as reader:
        kept = reader.kept(type(annotation(1, NOON)), ORGANIZATION, "p1", odd)
        assert sorted(each.task_id for each in kept) == sorted(odd)
        many = [*("é" * 200 + str(number) for number in range(2_000)), odd[0]]
        kept = reader.kept(type(annotation(1, NOON)), ORGANIZATION, "p1", many)
        assert [each.task_id for each in kept] == [odd[0]]
    for name in odd:
        report = ask(store, Viewer(ORGANIZATION, "boss", "owner"), **(MARCH | {"user": name}))
        assert (report.user.name, report.values["submitted_annotations"]) == (f"\n\t{name}\r", 1)


def test_a_question_that_takes_too_long_is_broken_off(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.reading() as reader:
        assert reader._rows("SELECT toString(getSetting('max_execution_time'))", {}) == [("30",)]
    monkeypatch.setattr(database, "LONGEST", 0.2)
    with pytest.raises(StoreUnavailable) as told, store.reading() as reader:
        list(reader._session.batches("SELECT sum(sipHash64(number)) FROM numbers(100000000000)", {}, 5))
    assert str(told.value) == TOO_LONG.format(seconds=30)


@pytest.mark.parametrize(
    ("address", "error", "sentence"),
    [
        ("clickhouse://127.0.0.1:1/x", StoreUnavailable, "cannot be opened"),
        ("clickhouse://u:secret@127.0.0.1:1/x", StoreUnavailable, "127.0.0.1:1"),
        ("clickhouses://u:secret@127.0.0.1:1/x", StoreUnavailable, "cannot be opened"),
        ("clickhouse://u:secret@h:port/x", InvalidSetting, "percent-encoded"),
        ("clickhouse://u:secret@h/x/y", InvalidSetting, "percent-encoded"),
        ("clickhouse://u:secret@h/x?secure=1", InvalidSetting, "nothing after it"),
    ],
)
def test_an_address_that_cannot_be_used(
    address: str, error: type[Exception], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(error, match=sentence) as told:
        open_store(address, wait=0)
    assert "secret" not in str(told.value)
    assert "secret" not in caplog.text


def test_a_user_that_is_not_let_in_is_told_so_without_the_password(
    clickhouse: ClickHouse, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreUnavailable, match="lets you in") as told:
        open_store(clickhouse.address("anything", "stranger:secret"), wait=0)
    assert "secret" not in str(told.value) + caplog.text


def test_a_store_that_is_not_there_is_not_made_unasked(address: str, clickhouse: ClickHouse) -> None:
    with pytest.raises(StoreUnavailable, match="There is no store at"):
        open_store(address, create=False, wait=0)
    with closing(open_store(clickhouse.new_store(), wait=0)) as other:
        name = parse(address).database
        assert rows(other, f"SELECT count() FROM system.databases WHERE name = '{name}'") == [(0,)]


def test_without_its_driver_a_sentence_says_how_to_get_it() -> None:
    code = (
        "import sys\nsys.modules['clickhouse_connect'] = None\n"
        "from perfwidget.stores import open_store\n"
        "try:\n    open_store('clickhouse://127.0.0.1/x', wait=0)\nexcept Exception as fault:\n"
        "    print(type(fault).__name__, fault)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    sentence = "A ClickHouse store needs clickhouse-connect: pip install 'perfwidget[clickhouse]'."
    assert ended.stdout == f"InvalidSetting {sentence}\n"


def test_one_members_days_are_read_without_the_others(store: Any) -> None:
    store.write(annotation(number, NOON, completed_by=f"m{number % 50}") for number in range(20_000))
    seen = history.visible(history.newest(store._database))
    plan = store._database.rows(
        "SELECT * FROM (EXPLAIN indexes = 1 SELECT completed_at FROM ("
        f"{seen['annotations']}) annotations WHERE organization_id = '{ORGANIZATION}' AND completed_by = 'm7')",
        {},
    )
    granules = [line.strip() for (line,) in plan if "Granules" in line]
    assert granules[0].endswith("Granules: 1")
    whole = "SELECT max(marks) FROM system.parts WHERE table = 'annotations_rows' AND database = currentDatabase()"
    assert rows(store, whole)[0][0] > 2

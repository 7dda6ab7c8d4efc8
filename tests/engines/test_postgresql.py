"""What a PostgreSQL store must stand: many processes at once, writers that die, a server that goes and comes back."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perfwidget.errors import InvalidFact, InvalidSetting, StoreUnavailable
from perfwidget.facts import Fact, Member
from perfwidget.facts.ingest import Bookmark, Observation
from perfwidget.metrics import METRICS, WHOLE
from perfwidget.stores import Store, open_store
from perfwidget.stores.failures import TOO_LONG
from perfwidget.stores.formulas import statements, wanted_of
from perfwidget.stores.postgresql import faults
from perfwidget.stores.postgresql.address import parse
from tests.engines.server import Server
from tests.worlds import ORGANIZATION, annotation, ask, people, scoped

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = "2024-03-05 12:00"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(postgresql: Server) -> str:
    return postgresql.new_store()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with closing(open_store(address, wait=0)) as opened:
        opened.write(people())
        yield opened


def count(store: Store) -> object:
    return ask(store, **MARCH).values["submitted_annotations"]


def program(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python program that has the facts of tests at hand."""
    head = "import os, sys\nfrom perfwidget.stores import open_store\nfrom tests.worlds import *\n"
    command = [sys.executable, "-c", head + code, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run_at_once(code: str, address: str) -> None:
    """Run a program three times, each with its number, from one moment on; all have to end well."""
    code = f"print('ready', flush=True)\ninput()\n{code}"
    writers = [program(code, address, str(number)) for number in range(3)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"  # type: ignore[union-attr]
    for writer in writers:
        writer.stdin.write("go\n")  # type: ignore[union-attr]
        writer.stdin.flush()  # type: ignore[union-attr]
    for writer in writers:
        assert (writer.communicate(timeout=240)[1], writer.returncode) == ("", 0)


def test_processes_that_start_at_once_on_an_empty_database_and_write_at_once_lose_nothing(address: str) -> None:
    code = (
        "store = open_store(sys.argv[1], wait=0)\n"
        "for number in range(25):\n"
        "    store.write([*people(), annotation(f'{sys.argv[2]}-{number}', '2024-03-05 12:00'),"
        " annotation('shared', '2024-03-06 12:00', lead_time=number)])\n"
        "store.close()\n"
    )
    run_at_once(code, address)
    with closing(open_store(address, create=False, wait=0)) as store:
        assert count(store) == 3 * 25 + 1
        assert ask(store, **MARCH).values["total_time"] == 24.0


def test_of_a_writer_that_is_killed_midway_nothing_is_kept(store: Store, address: str) -> None:
    code = (
        "def facts():\n"
        "    for number in range(45_000):\n"
        "        yield annotation(number, '2024-03-05 12:00')\n"
        "    print('midway', flush=True)\n"
        "    input()\n"
        "open_store(sys.argv[1], wait=0).write(facts())\n"
    )
    writer = program(code, address)
    assert writer.stdout.readline() == "midway\n"  # type: ignore[union-attr]
    assert count(store) == 0
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate(timeout=60)
    store.write([annotation("after", NOON)])  # which waits until the dead one's lock is gone
    assert count(store) == 1


def test_a_write_waits_for_that_of_a_source_and_readers_wait_for_none(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[Fact | Observation]:
        yield Bookmark(ORGANIZATION, "source", "1")
        yield annotation(1, NOON, lead_time=10)
        begun.set()
        go_on.wait(60)

    first = threading.Thread(target=store.write, args=(slow(),))
    second = threading.Thread(target=store.write, args=([annotation(1, NOON, lead_time=20)],))
    first.start()
    assert begun.wait(60)
    second.start()
    assert count(store) == 0
    go_on.set()
    first.join(60)
    second.join(60)
    assert ask(store, **MARCH).values["total_time"] == 20.0


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(store: Store) -> None:
    store.write([annotation(1, NOON)])
    with store.reading() as reader:
        before = list(reader.organizations())
        store.write([Member("new", "ann", None, None, role="annotator")])
        assert list(reader.organizations()) == before
    with store.reading() as reader:
        assert list(reader.organizations()) == sorted([*before, "new"])


def test_a_server_that_was_away_is_used_again(postgresql: Server, store: Store) -> None:
    store.write([annotation(1, NOON)])
    held = [threading.Thread(target=count, args=(store,)) for _ in range(4)]  # several connections in the pool
    for each in held:
        each.start()
    for each in held:
        each.join()
    postgresql.stop()
    try:
        with pytest.raises(StoreUnavailable, match="did not answer"):
            count(store)
    finally:
        postgresql.start()
    assert count(store) == 1
    store.write([annotation(2, NOON)])
    postgresql.stop()
    postgresql.start()
    assert count(store) == 2


def test_a_process_that_was_forked_has_connections_of_its_own(store: Store, address: str) -> None:
    code = (
        "store = open_store(sys.argv[1], wait=0)\n"
        "store.write([annotation(1, '2024-03-05 12:00')])\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    store.write([annotation(2, '2024-03-05 12:00')])\n"
        "    os._exit(0)\n"
        "store.write([annotation(3, '2024-03-05 12:00')])\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "store.write([annotation(4, '2024-03-05 12:00')])\n"
        "store.close()\n"
    )
    assert program(code, address).communicate(timeout=60) == ("", "")
    assert count(store) == 4


# -- What is refused, in one sentence --------------------------------------------------------------------------------


def test_a_question_that_takes_too_long_is_broken_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreUnavailable) as told, store.reading() as reader:
        reader._rows("SELECT set_config('statement_timeout', '50', TRUE)", {})  # type: ignore[attr-defined]
        reader._rows("SELECT count(*) FROM generate_series(1, 1000000000)", {})  # type: ignore[attr-defined]
    assert str(told.value) == TOO_LONG.format(seconds=30)
    with store.reading() as reader:
        assert reader._rows("SHOW statement_timeout", {}) == [("30s",)]  # type: ignore[attr-defined]
        assert reader._rows("SHOW transaction_isolation", {}) == [("repeatable read",)]  # type: ignore[attr-defined]
        assert reader._rows("SHOW transaction_read_only", {}) == [("on",)]  # type: ignore[attr-defined]
    assert count(store) == 0


def test_a_role_that_may_only_read_reads_and_is_told_what_it_may_not(
    postgresql: Server, store: Store, address: str
) -> None:
    name = parse(address).schema
    store.write([annotation(1, NOON)])
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE reader_{name} LOGIN")
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            open_store(postgresql.address(f"reader_{name}", schema=name), wait=0)
        connection.execute(f"GRANT USAGE ON SCHEMA {name} TO reader_{name}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO reader_{name}")
    with closing(open_store(postgresql.address(f"reader_{name}", schema=name), wait=0)) as reading:
        assert count(reading) == 1
        with pytest.raises(StoreUnavailable, match="role may not do this"):
            reading.write([annotation(2, NOON)])
        with pytest.raises(StoreUnavailable, match="role may not do this"):
            reading.remove([annotation(1, NOON)])
    with pytest.raises(StoreUnavailable, match="may not; make the schema"):
        open_store(postgresql.address(f"reader_{name}", schema="another"), wait=0)
    assert count(store) == 1


def test_a_database_that_takes_no_changes_says_so(store: Store, address: str) -> None:
    with closing(open_store(f"{address}&options=-c%20default_transaction_read_only%3Don", wait=0)) as standby:
        assert count(standby) == 0
        with pytest.raises(StoreUnavailable, match="takes no changes"):
            standby.write([annotation(1, NOON)])


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        (psycopg.errors.DiskFull("no space"), StoreUnavailable, "disk of the store is full"),
        (psycopg.errors.TooManyConnections("too many"), StoreUnavailable, "did not answer"),
        (psycopg.errors.AdminShutdown("terminating"), StoreUnavailable, "did not answer"),
        (psycopg.errors.ProgramLimitExceeded("index row size"), InvalidFact, "too long together"),
    ],
)
def test_what_the_database_refuses_is_one_sentence(fault: psycopg.Error, error: type[Exception], sentence: str) -> None:
    told = faults.store_error(fault)
    assert isinstance(told, error)
    assert sentence in str(told)


def test_a_fact_that_no_index_holds_is_refused_whole(store: Store) -> None:
    """Ids of 255 characters fit, an action may be of any length, and what both make together may be too long."""
    letters = "".join(chr(0x4E00 + number * 37 % 20_000) for number in range(4_000))
    store.write([annotation("😀" * 255, NOON, project_id="😀" * 255, task_id="t")])
    with pytest.raises(InvalidFact, match="2,700 bytes"):
        store.write([annotation(2, NOON), annotation(3, NOON, last_action=letters)], unknown="keep")
    assert count(store) == 1


@pytest.mark.parametrize(
    ("address", "error", "sentence"),
    [
        ("postgresql://127.0.0.1:1/x", StoreUnavailable, "Connection refused"),
        ("postgresql://u:secret@127.0.0.1:1/x", StoreUnavailable, "cannot be opened"),
        ("postgresql://u:secret%zz@h/x", InvalidSetting, "percent-encoded"),
        ("postgresql://u:secret@h/x?nonsense=1", InvalidSetting, "percent-encoded"),
        ("postgresql://u:secret@h/x?schema=a&views=b", InvalidSetting, "one schema"),
        ("postgresql://u:secret@h/x?schema=", InvalidSetting, "one schema"),
        (f"postgresql://u:secret@h/x?views={'v' * 64}", InvalidSetting, "one schema"),
    ],
)
def test_an_address_that_cannot_be_used(address: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence) as told:
        open_store(address, wait=0)
    assert "secret" not in str(told.value)


def test_a_store_that_is_not_there_is_not_made_unasked(postgresql: Server, address: str) -> None:
    with pytest.raises(StoreUnavailable, match="There is no store at"):
        open_store(address, create=False, wait=0)
    with psycopg.connect(postgresql.address()) as connection:
        assert connection.execute("SELECT to_regnamespace(%s)", (parse(address).schema,)).fetchone() == (None,)
    with pytest.raises(StoreUnavailable, match="does not exist"):
        open_store(postgresql.address(database="nowhere"), wait=0)


def test_without_its_driver_a_sentence_says_how_to_get_it() -> None:
    code = (
        "import builtins, sys\n"
        "for name in ('psycopg', 'psycopg_pool'):\n    sys.modules[name] = None\n"
        "from perfwidget.stores import open_store\n"
        "try:\n    open_store('postgresql://127.0.0.1/x', wait=0)\nexcept Exception as fault:\n"
        "    print(type(fault).__name__, fault)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == ("InvalidSetting A PostgreSQL store needs psycopg: pip install 'perfwidget[postgresql]'.\n")


# -- The schema ------------------------------------------------------------------------------------------------------


def test_any_schema_holds_a_store_but_not_one_with_tables_of_these_names(postgresql: Server) -> None:
    odd = 'An "odd" name; --'
    with closing(open_store(postgresql.address(schema="An%20%22odd%22%20name;%20--"), wait=0)) as store:
        store.write([*people(), annotation(1, NOON)])
        assert count(store) == 1
    with psycopg.connect(postgresql.address()) as connection:
        assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (odd,)).fetchone()
        connection.execute("CREATE SCHEMA taken; CREATE TABLE taken.members (name text)")
    with pytest.raises(StoreUnavailable, match="holds other tables"):
        open_store(postgresql.address(schema="taken"), wait=0)
    with psycopg.connect(postgresql.address()) as connection:
        assert connection.execute("SELECT to_regclass('taken.perfwidget')").fetchone() == (None,)


def test_tables_of_the_hosts_beside_the_stores_are_not_taken_for_rows_on_their_way_in(postgresql: Server) -> None:
    with psycopg.connect(postgresql.address()) as connection:
        connection.execute("CREATE SCHEMA shared; CREATE TABLE shared.incoming (organization_id text)")
    with closing(open_store(postgresql.address(schema="shared"), wait=0)) as store:
        store.write([*people(), annotation(1, NOON)])
        store.remove([annotation(1, NOON)])
        assert count(store) == 0


def test_one_members_days_are_read_from_an_index_alone(store: Any, postgresql: Server, address: str) -> None:
    store.write(annotation(number, NOON, completed_by=f"m{number % 50}") for number in range(5_000))
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {parse(address).schema}.annotations")
    asked = scoped(store, **(MARCH | {"user": "m7"}))
    [(text, parameters), _] = next(statements(store._dialect, asked, wanted_of(METRICS)[0], [WHOLE], []))
    with store.reading() as reader:
        for other in ("enable_bitmapscan", "enable_seqscan"):  # which are as good in a table this small
            reader._rows(f"SELECT set_config('{other}', 'off', TRUE)", {})
        plan = [line for (line,) in reader._rows(f"EXPLAIN {text}", parameters)]
    assert any("Index Only Scan using annotations_" in line for line in plan), plan


def test_half_a_million_ids_that_a_condition_looks_into_are_hashed(store: Store) -> None:
    """Where they are not, each row looks through all of them, which takes longer than a question may."""
    ids = "SELECT CAST(each AS TEXT) FROM generate_series(1, 500000) each"
    with store.reading() as reader:
        plan = [line for (line,) in reader._rows(f"EXPLAIN VERBOSE SELECT review_id NOT IN ({ids}) FROM reviews", {})]
    assert any("hashed SubPlan" in line for line in plan), plan

"""The widget's own records: kept whole or not at all, one write of an organization after the other, with their log."""

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from perfwidget.cli import main
from perfwidget.errors import InvalidSetting, RecordsUnavailable
from perfwidget.records import Actor, Records, audit, open_records
from perfwidget.records.canonical import canonical
from perfwidget.records.tables import METADATA, PEOPLE, TEXTS
from perfwidget.settings import records_beside

ANNA = Actor.command_line("anna")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.db"
    return str(request.getfixturevalue("postgresql").new_store())


@pytest.fixture
def records(address: str) -> Iterator[Records]:
    with closing(open_records(address)) as opened:
        yield opened


def log(records: Records, *verbs: str, organization: str = "acme") -> audit.Head:
    for verb in verbs:
        with records.writing(organization) as transaction:
            made = audit.append(transaction, ANNA, verb, note="“é”")
    return made


def faults(records: Records, *heads: audit.Head) -> list[str]:
    with records.reading("acme") as transaction:
        return list(audit.faults(transaction, heads))


def spoil(records: Records, statement: str) -> None:
    with records._engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement))


def test_canonical_json_is_one_spelling_without_floats() -> None:
    assert canonical({"b": [1, None, True], "a": "é\n"}) == '{"a":"é\\n","b":[1,null,true]}'
    with pytest.raises(TypeError):
        canonical({"a": [{"b": 0.5}]})


def test_a_chain_holds_and_every_head_of_it_can_be_shown(records: Records) -> None:
    first = log(records, "one")
    last = log(records, "two", "three")
    log(records, "other", organization="umbrella")
    assert (first.number, last.number) == (1, 3)
    assert faults(records, first, last, audit.Head.parse(str(last))) == []
    assert faults(records, audit.Head(0, audit.NOTHING)) == []
    assert faults(records, audit.Head.parse(first.hash), last.untold) == []
    [wrong] = faults(records, audit.Head.parse("ab" * 32))
    assert "no row has the hash abab" in wrong


def test_a_changed_row_is_named(records: Records) -> None:
    log(records, "one", "two", "three")
    spoil(records, "UPDATE audit_log SET verb = 'twO' WHERE number = 2")
    assert faults(records) == ["Audit log: row 2 is not as it was written."]


def test_a_missing_row_and_a_cut_end_are_named(records: Records) -> None:
    last = log(records, "one", "two", "three")
    spoil(records, "DELETE FROM audit_log WHERE number = 3")
    assert faults(records) == []  # which is why heads stand elsewhere
    assert faults(records, last) == [f"Audit log: it ends before row 3, which the head {last} names."]
    spoil(records, "DELETE FROM audit_log WHERE number = 1")
    assert faults(records) == ["Audit log: row 1 is missing."]


def test_a_chain_that_was_written_anew_does_not_hold_the_old_head(records: Records) -> None:
    head = log(records, "one")
    spoil(records, "DELETE FROM audit_log")
    assert log(records, "ONE").number == 1
    assert faults(records) == []
    assert faults(records, head) == [f"Audit log: row 1 is not the one that the head {head} names."]


def test_what_fails_leaves_neither_row_nor_log(records: Records) -> None:
    with pytest.raises(ZeroDivisionError), records.writing("acme") as transaction:
        transaction.keep_text("gone")
        audit.append(transaction, ANNA, "wrote")
        raise ZeroDivisionError
    with records.reading("acme") as transaction:
        assert transaction.rows(TEXTS) == []
        assert audit.head(transaction).number == 0


def test_writes_of_one_organization_follow_one_another(records: Records) -> None:
    def write() -> None:
        for _ in range(10):
            log(records, "wrote")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with records.reading("acme") as transaction:
        assert audit.head(transaction).number == 40
    assert faults(records) == []


def test_a_person_is_a_number_that_stays_and_belongs_to_one_organization(records: Records) -> None:
    with records.writing("acme") as transaction:
        ann, rev = transaction.named_person("ann"), transaction.named_person("rev")
        assert transaction.named_person("ann") == ann != rev
        assert transaction.text(transaction.keep_text("why", ann)) == "why"
    with records.reading("umbrella") as transaction:
        assert transaction.person("ann") is None
        assert transaction.user_ids() == {}
    with records.reading("acme") as transaction:
        assert transaction.user_ids({ann}) == {ann: "ann"}


def test_rows_of_many_values_are_those_of_the_organization_each_once(records: Records) -> None:
    people = {}
    for organization in ("acme", "other"):
        with records.writing(organization) as transaction:
            people[organization] = [transaction.named_person(name) for name in ("ann", "bob", 'it\'s "é"')]
    ann, bob, _ = people["acme"]
    with records.reading("acme") as transaction:
        wanted = [ann, bob, "nobody", ann, *people["other"]]
        found = transaction.rows_among(PEOPLE, "person", wanted, columns=[PEOPLE.c.user_id])
        assert sorted(found) == [("ann",), ("bob",)]
        names = ['it\'s "é"', 'it\'s "é"', "nobody"]
        assert [row.user_id for row in transaction.rows_among(PEOPLE, "user_id", names)] == names[:1]
        assert list(transaction.rows_among(PEOPLE, "person", [])) == []


def test_migrations_make_the_tables_that_the_code_reads(address: str) -> None:
    for _ in range(2):  # the second time there is nothing to do
        with closing(open_records(address)) as records, records._engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), METADATA)
            assert [each for each in found if "alembic_version" not in str(each)] == []


def test_records_of_every_earlier_version_come_to_the_newest_one_whole(address: str) -> None:
    with closing(open_records(address)) as records:
        log(records, "one")
        # Back to the first tables, as an earlier program left them.
        for statement in (
            "DROP TABLE pay_contests",
            "DROP TABLE pay_quiet",
            "DROP INDEX pay_settled_person",
            "CREATE INDEX pay_settled_person ON pay_settled (organization_id, person)",
            "ALTER TABLE pay_statements DROP COLUMN acknowledged_at",
            "ALTER TABLE pay_adjustments DROP COLUMN taken_back",
            "UPDATE alembic_version SET version_num = 'first'",
        ):
            spoil(records, statement)
    with closing(open_records(address)) as records, records._engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
        assert [each for each in found if "alembic_version" not in str(each)] == []
        assert faults(records, log(records, "two")) == []


def test_processes_that_open_new_records_at_once_make_them_once(address: str) -> None:
    opened: list[Records] = []
    threads = [threading.Thread(target=lambda: opened.append(open_records(address))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    for each in opened:
        each.close()


def test_records_opened_twice_keep_their_hold_of_the_file(tmp_path: Path) -> None:
    """Closing any descriptor of a file lets go of all locks of the process, and others would take it for unused."""
    address = f"sqlite:///{tmp_path}/records.db"
    opened = [open_records(address), open_records(address)]
    path = str(tmp_path / "records.db")
    program = f"import sqlite3; sqlite3.connect({path!r}).execute('PRAGMA journal_mode = DELETE')"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
    for each in opened:
        each.close()


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    open_records(f"sqlite:///{tmp_path}/records.db").close()
    assert stat.S_IMODE((tmp_path / "records.db").stat().st_mode) == 0o600


def test_nobody_else_may_read_a_file_that_a_link_names(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "records.db")
    open_records(f"sqlite:///{tmp_path}/link.db").close()
    assert stat.S_IMODE((tmp_path / "records.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "address",
    ["", "records.db", "sqlite://", "sqlite:///", "mysql://x/y", "postgresql://", "postgresql://h/d?schema=a-b"],
)
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting):
        open_records(address)


def test_records_that_cannot_be_opened_say_so(tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"no database " * 1_000)
    for name in ("missing/records.db", "noise.db"):
        with pytest.raises(RecordsUnavailable):
            open_records(f"sqlite:///{tmp_path}/{name}")


def test_records_lie_beside_an_embedded_store_only() -> None:
    assert records_beside("duckdb:////data/facts.duckdb") == "sqlite:////data/facts.duckdb.records"
    with pytest.raises(InvalidSetting):
        records_beside("postgresql://h/d")


def test_the_command_line_verifies_the_log(address: str, records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    head = log(records, "one", "two")
    assert main(["audit", "verify", "--records", address, "--head", str(head)]) == 0
    assert capsys.readouterr().out == f"acme {head}\n"
    spoil(records, "UPDATE audit_log SET at = at + 1 WHERE number = 1")
    assert main(["audit", "verify", "--records", address]) == 1
    assert "row 1" in capsys.readouterr().err
    assert main(["audit", "verify", "--records", address, "--head", "nonsense"]) == 2

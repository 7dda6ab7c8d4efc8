"""Stores that move house, are copied while they are used, and are looked over, on every engine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from perfwidget.cli import main
from perfwidget.errors import InvalidSetting, PerfwidgetError
from perfwidget.facts import Comment, Fact, Member, Membership, ReviewVisit
from perfwidget.facts.ingest import Bookmark, Inferred
from perfwidget.stores import Store, open_store
from perfwidget.stores.duckdb import DuckDBStore
from perfwidget.stores.schema import TABLES
from perfwidget.upkeep import copying
from perfwidget.upkeep.checking import check
from perfwidget.upkeep.copying import copy
from tests.conftest import NewStore
from tests.engines.server import Server
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, annotation, ask, at, people, review

MARCH = {"members": "all", "from_": "2024-03-01", "to": "2024-03-31"}
NOON = at("2024-03-02 12:00")
ROOT = Path(__file__).parents[1]


def world() -> list[Any]:
    """Facts of two organizations with every kind of value: nulls, flags, texts of any script, inferred members."""
    seen = [
        *people(),
        Inferred(Member(ORGANIZATION, "guest", None, "Ghést", role="reviewer"), NOON),
        Bookmark(ORGANIZATION, "source", "as far as here", NOON),
        Membership(ORGANIZATION, "rev", workspace_id="w"),
        *(annotation(each, "2024-03-02 12:00", lead_time=each or None) for each in range(7)),
        annotation("Ω'\"\\", "2024-03-02 12:00", completed_by=None, lead_time=float("nan"), was_cancelled=True),
        annotation(1, "2024-03-03 12:00", organization_id="other", project_id="elsewhere"),
        review(1, "2024-03-03 12:00", "fixed_and_accepted", score=0.25),
        ReviewVisit(ORGANIZATION, 1, 1, "p1", "rev", NOON),
        Comment(ORGANIZATION, 1, 1, "p1", "t1", "ann", "rev", "Wie, „so“?\n🙂", NOON, NOON),
    ]
    return seen


def rows(store: Store, columns: int | None = None) -> dict[str, list[str]]:
    """Return the rows of all tables, as far as so many columns."""
    with store.reading() as reader:
        found = {}
        for table in TABLES:
            names = ", ".join(name for name, _, _ in table.columns[:columns])
            found[table.name] = sorted(
                repr(tuple(row)) for row in reader._rows(f"SELECT {names} FROM {table.name}", {})
            )
        return found


def numbers(store: Store) -> dict[str, Any]:
    return dict(ask(store, **MARCH).values)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    with closing(DuckDBStore(tmp_path / "source.duckdb")) as opened:
        opened.write(world())
        yield opened


def test_all_that_a_store_holds_moves_to_any_engine_and_back(
    source: Store, new_store: NewStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS", 3)
    with closing(open_store(new_store())) as there, closing(DuckDBStore(tmp_path / "back.duckdb")) as back:
        copy(source, there)
        copy(there, back)
        assert rows(there) == rows(back) == rows(source)
        assert numbers(back) == numbers(source)
        there.write([annotation("after", "2024-03-02 12:00")])
        with pytest.raises(InvalidSetting, match="holds facts already"):
            copy(source, there)


def test_a_copy_that_was_broken_off_goes_on_where_it_ended(
    source: Store, new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS", 2)
    copied: list[str] = []

    def stop_at(many: int) -> Any:
        def told(table: str, _: int) -> None:
            copied.append(table)
            if len(copied) == many:
                raise KeyboardInterrupt

        return told

    with closing(open_store(new_store())) as there:
        for many in (3, 8):
            with pytest.raises(KeyboardInterrupt):
                copy(source, there, stop_at(many))
        copy(source, there, stop_at(0))
        assert rows(there) == rows(source)
        whole = {name: -(-len(found) // 2) for name, found in rows(source).items() if found}
        assert {table: copied.count(table) for table in copied} == whole  # nothing was copied twice


def notices(store: Store) -> list[str]:
    """Return what the page says beside its figures."""
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    told = asking(browser, "asked", {"question": "from=2024-03-01&to=2024-03-31&tz=UTC"})
    found: list[str] = told.json["response"]["answer"]["data"]["notices"]
    return found


def test_a_copy_that_was_broken_off_passes_for_no_store(source: Store, new_store: NewStore) -> None:
    """It is not copied on, and whoever checks it before they pay by it is told."""

    def stop(table: str, _: int) -> None:
        if table == "annotations":
            raise KeyboardInterrupt

    with closing(open_store(new_store())) as part, closing(open_store(new_store())) as there:
        with pytest.raises(KeyboardInterrupt):
            copy(source, part, stop)
        with pytest.raises(InvalidSetting, match="broken off"):
            copy(part, there)
        with there.reading() as reader:
            assert not reader.organizations()
        assert ["broken off" in each.what for each in check(part) if each.is_damage] == [True]
        assert any("broken off" in each for each in notices(part))
        copy(source, part)
        assert notices(part) == []
        assert [each for each in check(part) if each.is_damage] == []
        copy(part, there)
        assert rows(there) == rows(source)


def test_a_copy_of_what_has_changed_meanwhile_says_so(
    source: Store, new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS", 2)
    with closing(open_store(new_store())) as there:

        def told(table: str, _: int) -> None:
            if table == "annotations":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy(source, there, told)
        source.write([annotation(0, "2024-03-02 12:00", lead_time=99)])  # which is behind the copy
        with pytest.raises(PerfwidgetError, match="differs in annotations"):
            copy(source, there)


def test_views_are_copied_with_what_a_store_keeps_beside_the_contract(postgresql: Server, tmp_path: Path) -> None:
    address = postgresql.new_store()
    with closing(open_store(address)) as tables:
        tables.write([each for each in world() if isinstance(each, Fact)])
        with (
            closing(open_store(address.replace("schema=", "views="))) as views,
            closing(DuckDBStore(tmp_path / "copy.duckdb")) as there,
        ):
            copy(views, there)
            assert numbers(there) == numbers(views)
            assert rows(there)["recorded"] == rows(tables)["recorded"]
            assert rows(there)["mentions"] == rows(tables)["mentions"]
            assert rows(there)["members"] == rows(tables)["members"]


def test_the_commands_say_what_they_did(
    new_store: NewStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, file = new_store(), f"duckdb:///{tmp_path}/second.duckdb", tmp_path / "backup.duckdb"
    with closing(open_store(first)) as store:
        store.write([each for each in world() if getattr(each, "organization_id", "") != "other"])
        expected = numbers(store)
    assert main(["copy", "--from", first, "--to", second]) == 0
    assert main(["backup", "--store", first, str(file)]) == 0
    assert main(["backup", "--store", first, str(file)]) == 2
    for address in (second, f"duckdb:///{file}"):
        with closing(open_store(address)) as store:
            assert numbers(store) == expected
    assert main(["forget", "--store", first, "--user", "ann", "--as-token"]) == 0
    assert "forgotten-" in capsys.readouterr().out
    assert main(["forget", "--store", second, "--organization", ORGANIZATION, "--project", "p1"]) == 0
    assert main(["forget", "--store", second, "--older-than", "comments=30"]) == 0
    assert main(["forget", "--store", second, "--project", "p1", "--as-token"]) == 2
    assert main(["check", "--store", first]) == 0
    said = capsys.readouterr().out
    assert "for payers: 1 annotations without an owner, whom nobody is paid for" in said
    assert said.endswith("not damaged\n")
    with closing(open_store(first)) as store:
        assert numbers(store) == expected
        assert "ann" not in {row.user_id for row in members(store)}


def members(store: Store) -> list[Any]:
    with store.reading() as reader:
        return [Member(*row[:4], role=row[4]) for row in reader._rows("SELECT * FROM members", {})]


# -- While it is used -------------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from perfwidget.stores.duckdb import DuckDBStore, database
from tests.worlds import annotation, people
database.LONGEST_LOG = 200_000  # so that its log is worked into the file time and again
store = DuckDBStore(Path(sys.argv[1]))
store.write(people())
number = 0
while True:
    number += 20
    store.write([annotation(f"{number}-{each}", "2024-03-02 12:00", lead_time=1) for each in range(20)])
    print(number, flush=True)
"""


def test_a_file_is_backed_up_whole_while_another_program_writes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert writer.stdout is not None
    try:
        for turn in range(4):
            acknowledged = int(writer.stdout.readline())
            copied = tmp_path / f"copy-{turn}.duckdb"
            assert main(["backup", "--store", f"duckdb:///{path}", str(copied)]) == 0
            with closing(DuckDBStore(copied)) as store:
                found = numbers(store)["submitted_annotations"]
                assert store.notices == ()
                assert found >= acknowledged
                assert found % 20 == 0  # whole writes
                assert list(check(store))[:0] == [each for each in check(store) if each.is_damage]
    finally:
        writer.kill()
        writer.communicate(timeout=60)
    assert not [each.name for each in tmp_path.iterdir() if each.name.endswith(".tmp") and "copy" in each.name]


def test_a_backup_of_a_store_that_is_open_here_is_refused(source: Store, tmp_path: Path) -> None:
    assert main(["backup", "--store", f"duckdb:///{tmp_path}/source.duckdb", str(tmp_path / "copy.duckdb")]) == 2
    assert main(["backup", "--store", f"duckdb:///{tmp_path}/none.duckdb", str(tmp_path / "copy.duckdb")]) == 1
    source.write([annotation("still", "2024-03-02 12:00")])
    assert not (tmp_path / "copy.duckdb").exists()


# -- Looked over ------------------------------------------------------------------------------------------------------


def found_in(store: Store) -> set[tuple[str, int, str]]:
    return {tuple(each) for each in check(store)}  # type: ignore[misc]


NOTHING_RECORDED = {("for payers", 1, f"organizations of which no {kind} are recorded")
                    for kind in ("actions", "reviews", "review visits", "comments", "flags")}  # fmt: skip


def test_of_a_sound_store_nothing_is_found_but_what_it_does_not_record(new_store: NewStore) -> None:
    with closing(open_store(new_store())) as store:
        store.write([*people(), annotation(1, "2024-03-02 12:00", lead_time=1)])
        assert found_in(store) == NOTHING_RECORDED


def test_what_is_odd_is_found_and_counted(new_store: NewStore) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    twin = replace(people()[1], user_id="twin", email="ANN@acme.example")  # type: ignore[type-var, call-arg]
    with closing(open_store(new_store())) as store:
        store.write([
            *people(), twin,
            annotation(1, "2024-03-02 12:00", lead_time=86_401, created_at=at("2024-03-02 13:00")),
            annotation(2, "2024-03-02 12:00", completed_by="who", project_id="where", lead_time=-1),
            annotation(3, "2024-03-02 12:00", completed_by=None, completed_at_estimated=True),
            annotation(4, "2024-03-02 12:00", lead_time=1, last_action="odd"),
            review(1, "2024-03-01 12:00", "fixed_and_accepted", annotation_id=2, completed_by="rev"),
            review(2, "2024-03-03 12:00", "accepted", annotation_id="gone"),
            ReviewVisit(ORGANIZATION, 1, 2, "p1", "rev", NOON, NOON - timedelta(seconds=1)),
            ReviewVisit(ORGANIZATION, 2, 2, "p1", "rev", tomorrow),
            Membership(ORGANIZATION, "rev", workspace_id="nowhere"),
        ], unknown="keep")  # fmt: skip
        assert found_in(store) - NOTHING_RECORDED == {
            ("orphans", 1, "annotations whose completed_by is no known member"),
            ("orphans", 1, "annotations whose project_id is no known project"),
            ("orphans", 1, "reviews of annotations that are not there"),
            ("orphans", 1, "memberships of workspaces that are not there"),
            ("doubtful", 1, "annotations that were completed before they began"),
            ("doubtful", 1, "annotations that were updated before they began"),
            ("doubtful", 1, "annotations that took more than a day"),
            ("doubtful", 1, "annotations whose last action is unknown, which count nowhere"),
            ("doubtful", 1, "reviews of annotations that had not begun"),
            ("doubtful", 1, "visits that were closed before they were opened"),
            ("doubtful", 1, "review_visits of the future"),
            ("for payers", 1, "annotations without an owner, whom nobody is paid for"),
            ("for payers", 1, "annotations without a time"),
            ("for payers", 1, "annotations with an invalid time"),
            ("for payers", 1, "annotations whose day is estimated"),
            ("for payers", 1, "reviews of people's own work"),
            ("for payers", 1, "fixes without a score, which the Performance Score leaves out"),
            ("for payers", 1, "visits that nobody closed, which have no time"),
            ("for payers", 1, "e-mails that several members have"),
        }


def test_damage_is_found_and_tells_by_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "facts.duckdb"
    with closing(DuckDBStore(path)) as store:
        store.write(world())
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE reviews_by_reviewer SET score = 1")
        connection.execute("INSERT INTO annotations SELECT * FROM annotations WHERE annotation_id = '1' LIMIT 1")
    assert main(["check", "--store", f"duckdb:///{path}"]) == 1
    said = capsys.readouterr().out
    assert "damage: 1 reviews_by_reviewer differs from reviews" in said
    assert "damage: 1 keys of annotations that stand in several rows" in said

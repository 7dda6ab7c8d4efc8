"""Forgetting on every engine: what goes, what stays, and that no byte of it is left where it can be looked for."""

import json
import random
import string
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget.errors import InvalidFact, StoreUnavailable
from perfwidget.facts import (
    FACTS,
    Action,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    ReviewVisit,
)
from perfwidget.importing import Import
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.stores import Store, open_store
from perfwidget.stores.duckdb import DuckDBStore
from tests.conftest import SLOW, NewStore
from tests.engines.server import Server
from tests.worlds import ORGANIZATION, annotation, ask, at, people, review

MARCH = {"from_": "2024-03-01", "to": "2024-03-31"}
NOON = at("2024-03-02 12:00")
ANN = "ann-7f3a9c"
EMAIL = "Ann.Archer@Persons.example"
NAME = "Annabel Archer"
TRACES = (ANN, EMAIL, EMAIL.lower(), NAME)


def world() -> list[Fact]:
    """Ann annotates, reviews bob's work, looks at it, comments and acts; bob reviews and comments on hers."""
    return [
        *people(),
        Member(ORGANIZATION, ANN, EMAIL, NAME, role="reviewer"),
        Member(ORGANIZATION, "bob", "bob@acme.example", "Bob", role="annotator"),
        Membership(ORGANIZATION, ANN, project_id="p1"),
        annotation(1, "2024-03-02 12:00", completed_by=ANN, lead_time=10),
        annotation(2, "2024-03-02 12:00", completed_by=ANN, lead_time=20, project_id="p2"),
        annotation(3, "2024-03-02 12:00", completed_by="bob", lead_time=40),
        review(1, "2024-03-03 12:00", "rejected", completed_by=ANN, reviewer_id="bob"),
        review(2, "2024-03-03 12:00", "accepted", annotation_id=3, completed_by="bob", reviewer_id=ANN),
        review(3, "2024-03-04 12:00", "rejected", annotation_id=3, completed_by="bob", reviewer_id="rev"),
        Action(ORGANIZATION, 1, 1, "p1", "t1", ANN, "submitted", created_at=NOON),
        Action(ORGANIZATION, 2, 3, "p1", "t3", ANN, "accepted", created_at=NOON),
        ReviewVisit(ORGANIZATION, 1, 3, "p1", ANN, NOON, NOON + timedelta(seconds=30)),
        ReviewVisit(ORGANIZATION, 2, 1, "p1", "bob", NOON, NOON + timedelta(seconds=60)),
        Comment(ORGANIZATION, 1, 3, "p1", "t3", "bob", ANN, f"Write to {EMAIL}.", NOON, NOON),
        Comment(ORGANIZATION, 2, 1, "p1", "t1", ANN, "bob", "Why?", NOON, NOON),
        Comment(ORGANIZATION, 3, 3, "p1", "t3", "bob", "bob", f"Ask {EMAIL.lower()} or me.", NOON, NOON),
    ]


@pytest.fixture
def store(new_store: NewStore) -> Iterator[Store]:
    with closing(open_store(new_store())) as opened:
        opened.write(world())
        yield opened


def values(store: Store, **asked: Any) -> dict[str, Any]:
    return dict(ask(store, **MARCH, **asked).values)


def rows(store: Store, table: str) -> list[tuple[Any, ...]]:
    with store.reading() as reader:
        return reader._rows(f"SELECT * FROM {table}", {})


TABLES = ("members", "memberships", "annotations", "actions", "reviews", "review_visits", "comments", "snapshots",
          "mentions")  # fmt: skip


def told(store: Store) -> dict[str, str]:
    """Return what the rows of each table say."""
    return {table: repr(rows(store, table)) for table in TABLES}


def traces(store: Store) -> list[str]:
    """Return the tables whose rows name Ann in any way."""
    return [table for table, text in told(store).items() if any(each in text for each in TRACES)]


def test_with_a_token_all_sums_stay_and_nobody_can_tell_whose_they_were(store: Store) -> None:
    before, theirs = values(store, members="all"), values(store, user=ANN)
    token = store.forget(ORGANIZATION, ANN, as_="token")
    assert token is not None
    assert token.startswith("forgotten-")
    assert values(store, members="all") == before
    assert values(store, user=token) == theirs
    assert (theirs["total_time"], theirs["performance_score"], theirs["review_time"]) == (30.0, 0.0, 30.0)
    [member] = [row for row in rows(store, "members") if row[1] == token]
    assert member[2:4] == (f"{token}@invalid", token)
    assert traces(store) == []
    assert token not in (store.forget(ORGANIZATION, "bob", as_="token"), None)


def test_e_mails_in_texts_go_as_a_whole_and_longer_ones_stay(store: Store) -> None:
    texts = {
        f"{EMAIL}": "{}",
        f"({EMAIL.upper()}), <mailto:{EMAIL}>; ...{EMAIL}!": "({}), <mailto:{}>; ...{}!",
        f"x{EMAIL} {EMAIL}x é{EMAIL}": f"x{EMAIL} {EMAIL}x é{EMAIL}",
        f"big.{EMAIL} big+{EMAIL} {EMAIL}.au {EMAIL}-x": f"big.{EMAIL} big+{EMAIL} {EMAIL}.au {EMAIL}-x",
        f"{EMAIL}. Or {EMAIL}": "{}. Or {}",
    }
    store.write(Comment(ORGANIZATION, f"c{place}", 3, "p1", "t3", "bob", "bob", text, NOON, NOON)
                for place, text in enumerate(texts))  # fmt: skip
    token = store.forget(ORGANIZATION, ANN, as_="token")
    kept = {row[1]: row[7] for row in rows(store, "comments")}
    wanted = [text.replace("{}", f"{token}@invalid") for text in texts.values()]
    assert [kept[f"c{place}"] for place in range(len(texts))] == wanted


def test_without_one_every_fact_of_the_member_goes_and_only_those(store: Store) -> None:
    before = values(store, user="bob")
    assert (before["received_accepted"], before["received_rejected"]) == (1, 1)
    assert store.forget(ORGANIZATION, ANN) is None
    assert traces(store) == []
    assert values(store, members="all")["total_time"] == 40.0
    after = values(store, user="bob")
    # Of bob's own, what Ann decided on his work and what he did with hers.
    assert (after["received_accepted"], after["received_rejected"]) == (0, 1)
    assert [row[1] for row in rows(store, "reviews")] == ["3"]
    assert rows(store, "review_visits") == []
    assert [row[1] for row in rows(store, "comments")] == ["3"]
    assert EMAIL.lower() not in rows(store, "comments")[0][7]
    assert rows(store, "actions") == []


def test_a_member_of_another_organization_with_the_same_id_stays(store: Store) -> None:
    theirs = annotation(9, "2024-03-02 12:00", organization_id="other", completed_by=ANN)
    store.write([Member("other", ANN, EMAIL, NAME, role="annotator"), theirs])
    for as_ in ("token", None):
        store.forget(ORGANIZATION, ANN, as_=as_)  # type: ignore[arg-type]
    assert [row[:2] for row in rows(store, "annotations") if row[4] == ANN] == [("other", "9")]
    assert [row[:4] for row in rows(store, "members") if row[1] == ANN] == [("other", ANN, EMAIL, NAME)]


def test_a_project_goes_with_all_of_it(store: Store) -> None:
    store.forget_project(ORGANIZATION, "p1")
    for table in ("projects", "annotations", "actions", "reviews", "review_visits", "comments", "memberships"):
        assert "p1" not in {value for row in rows(store, table) for value in row}, table
    assert values(store, members="all")["total_time"] == 20.0
    with store.reading() as reader:
        assert reader.projects_with_facts(ORGANIZATION) == {"p2"}


def test_kinds_are_kept_for_so_many_days_and_it_is_told_since_when(store: Store) -> None:
    now = datetime.now(UTC)
    recent = now - timedelta(days=29)
    store.write([Comment(ORGANIZATION, 9, 3, "p1", "t3", "bob", "bob", "New.", recent, recent)])
    store.retain(ORGANIZATION, {"comments": 30, "actions": 36_500})
    assert [row[1] for row in rows(store, "comments")] == ["9"]
    assert len(rows(store, "actions")) == 2
    since = {kind: since for _, kind, since in rows(store, "recorded")}
    assert since["actions"] is None
    kept_from = datetime.fromtimestamp(since["comments"] / 1e6, UTC) + timedelta(days=30)
    assert now <= kept_from + timedelta(microseconds=1) <= datetime.now(UTC) + timedelta(microseconds=1)
    assert values(store, members="all")["comments_added"] is None  # of March 2024 nothing is known any more
    store.retain(ORGANIZATION, {"comments": 30})  # which finds nothing older
    assert {kind: since for _, kind, since in rows(store, "recorded")} == since


def test_what_cannot_be_kept_for_days_is_refused(store: Store) -> None:
    wrong: list[Any] = [{"reviews": 30}, {"comments": 0}, {"comments": 1.5}, {"actions": True}]
    for days in wrong:
        with pytest.raises(InvalidFact, match="actions, review_visits, comments"):
            store.retain(ORGANIZATION, days)
    with pytest.raises(InvalidFact, match="token"):
        store.forget(ORGANIZATION, ANN, as_="nobody")  # type: ignore[arg-type]


# -- What rows of exports said ----------------------------------------------------------------------------------------


def exported(tmp_path: Path, name: str, *changed: dict[str, Any]) -> Path:
    """Write tasks whose rows name people in every way that Label Studio has."""
    base: dict[str, Any] = {
        "created_at": "2024-03-02T12:00:00Z",
        "updated_at": "2024-03-02T12:00:00Z",
        "lead_time": 10,
    }
    tasks = [
        {"id": number, "project": 1, "annotations": [{"id": number, **base, **row}]}
        for number, row in enumerate(changed, start=1)
    ]
    path = tmp_path / name
    path.write_text(json.dumps(tasks))
    return path


def take_in(store: Store, *paths: Path) -> None:
    with PieceReaders(1) as readers:
        assert Import(store, ORGANIZATION, None, readers).one_by_one(paths)


PERSON = {"id": 7_654_321, "email": EMAIL, "first_name": "Annabel", "last_name": "Archer"}
BOB = {"id": 2, "email": "bob@acme.example", "first_name": "Bob", "last_name": ""}
REVIEWED = [{"id": 1, "created_at": "2024-03-03T12:00:00Z", "accepted": True, "created_by": EMAIL}]


def rows_of_people(tmp_path: Path) -> list[Path]:
    later = {"updated_at": "2024-03-05T12:00:00Z"}
    return [
        exported(
            tmp_path,
            "first.json",
            {"completed_by": PERSON},
            {"completed_by": {"email": EMAIL}},
            {"completed_by": BOB, "updated_by": PERSON, "reviews": REVIEWED},
            {"completed_by": BOB, "last_created_by": EMAIL, "history": [
                {"id": 5, "action": "submitted", "created_at": "2024-03-02T12:00:00Z", "created_by": BOB},
                {"id": 6, "action": "accepted", "created_at": "2024-03-02T13:00:00Z", "created_by": PERSON},
            ]},
            {"completed_by": PERSON, "updated_by": 7_654_321},
        ),
        exported(
            tmp_path,
            "second.json",
            {"completed_by": None, **later},
            {"completed_by": {"email": EMAIL}, "reviews": [], **later},
            {"completed_by": BOB, **later},
            {"completed_by": {"email": "bob@acme.example"}, "updated_by": EMAIL, **later},
            {"completed_by": 7_654_321, "reviews": REVIEWED, **later},
        ),
    ]  # fmt: skip


WHO = (*TRACES[1:], "7654321", "Annabel", "Archer")


@pytest.mark.parametrize("as_", ["token", None])
@pytest.mark.parametrize("known", [True, False])
def test_rows_of_exports_are_forgotten_in_every_spelling(
    new_store: NewStore, engine: str, tmp_path: Path, as_: Any, known: bool
) -> None:
    """Also where an e-mail is all that is known of the person."""
    if engine in SLOW and (as_ is None) == known:
        return
    with closing(open_store(new_store())) as store:
        first, second = rows_of_people(tmp_path)
        if not known:
            for path in (first, second):
                text = path.read_text().replace(json.dumps(PERSON), json.dumps({"email": EMAIL}))
                path.write_text(text.replace("7654321", json.dumps(EMAIL)))
        take_in(store, first, second)
        before = values(store, members="all")
        assert before["submitted_annotations"] == 5
        user = "7654321" if known else EMAIL.lower()
        theirs = values(store, user=user)["submitted_annotations"]
        assert theirs == 3
        token = store.forget(ORGANIZATION, user, as_=as_)
        left = [(table, each) for table, text in told(store).items() for each in WHO if each.lower() in text.lower()]
        assert left == []
        if token is None:
            assert values(store, members="all")["submitted_annotations"] == 2
        else:
            assert values(store, members="all") == before
            assert values(store, user=token)["submitted_annotations"] == theirs
        # What is said later is understood as if nobody had been forgotten, also of rows by an e-mail alone.
        later = {"updated_at": "2024-03-06T12:00:00Z", "last_action": "accepted"}
        path = exported(
            tmp_path, "third.json", *[{"completed_by": None, **later}] * 2, *[{"completed_by": BOB, **later}] * 2
        )
        take_in(store, path)
        if token is not None:
            with closing(DuckDBStore(tmp_path / "control.duckdb")) as control:
                take_in(control, first, second, path)
                assert shown(store, token) == shown(control, user)


def shown(store: Store, user: str) -> list[str]:
    """Return what facts say, with another word for a member."""
    tables = ("annotations", "actions", "reviews")
    with store.reading() as reader:
        found = [
            (table, *("somebody" if value == user else value for value in row))
            for table in tables
            for row in reader._rows(f"SELECT {COLUMNS[table]} FROM {table}", {})
        ]
    return sorted(map(repr, found))


COLUMNS = {fact.table: ", ".join(column.name for column in fact.columns()) for fact in FACTS}


def test_what_was_done_under_a_shared_e_mail_does_not_become_the_others(new_store: NewStore, tmp_path: Path) -> None:
    with closing(open_store(new_store())) as store:
        two = [Member(ORGANIZATION, each, EMAIL, role="annotator") for each in (ANN, "eve")]
        store.write([Project(ORGANIZATION, "1", title="One"), *two])
        spelled = ({"email": EMAIL}, {"id": "eve", "email": EMAIL}, {"id": ANN, "email": EMAIL})
        take_in(store, exported(tmp_path, "one.json", *({"completed_by": each} for each in spelled)))
        assert {row[1]: row[4] for row in rows(store, "annotations")} == {"1": EMAIL.lower(), "2": "eve", "3": ANN}
        store.forget(ORGANIZATION, ANN)
        store.write([Member(ORGANIZATION, "new", "new@acme.example", role="annotator")])  # after which e-mails settle
        assert {row[1]: row[4] for row in rows(store, "annotations")} == {"1": EMAIL.lower(), "2": "eve"}


PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 99)), max_size=8)


@settings(max_examples=8)
@given(PAIRS)
def test_whoever_is_forgotten_with_a_token_everybodys_numbers_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str, int]]
) -> None:
    made: list[Fact] = [
        Member(ORGANIZATION, each, f"{each}@x.example", each.upper(), role="annotator") for each in "abc"
    ]
    for number, (owner, reviewer, amount) in enumerate(pairs):
        made.append(annotation(number, f"2024-03-{1 + amount % 30:02} 12:00", completed_by=owner, lead_time=amount))
        action = "accepted" if amount % 2 else "rejected"
        of = {"annotation_id": number, "completed_by": owner, "reviewer_id": reviewer}
        made.append(review(number, "2024-03-30 12:00", action, **of))
    with closing(DuckDBStore(tmp_path_factory.mktemp("store") / "facts.duckdb")) as store:
        store.write(made)
        before = [values(store, user=each) for each in "abc"], values(store, user=["a", "b", "c"])
        token = store.forget(ORGANIZATION, "a", as_="token")
        assert token is not None
        after = [values(store, user=each) for each in (token, "b", "c")], values(store, user=[token, "b", "c"])
        assert after == before


# -- Bytes ------------------------------------------------------------------------------------------------------------


def many(number: int) -> Iterator[Fact]:
    """So many annotations that they are packed on the disk, every third of them Ann's."""
    for each in range(number):
        yield annotation(f"a{each}", "2024-03-02 12:00", completed_by=ANN if each % 3 == 0 else "bob", lead_time=1)


def bytes_of(*paths: Path) -> list[str]:
    told = [path.read_bytes() for path in paths if path.is_file()]
    return [each for each in TRACES if any(each.encode() in data for data in told)]


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("as_", ["token", None])
def test_no_byte_is_left_in_the_embedded_file_and_its_log(tmp_path: Path, as_: Any, settled: bool) -> None:
    path = tmp_path / "facts.duckdb"
    with closing(DuckDBStore(path)) as store:
        store.write(world())
        store.write(many(3_000))
        if settled:
            store.settle()
    with closing(DuckDBStore(path)) as store:
        store.write([annotation("more", "2024-03-02 12:00", completed_by=ANN)])
        assert ANN in bytes_of(*tmp_path.iterdir())
        inode, before = path.stat().st_ino, values(store, members="all")
        store.forget(ORGANIZATION, ANN, as_=as_)
        assert bytes_of(*tmp_path.iterdir()) == []
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.stat().st_ino != inode
        assert (values(store, members="all") == before) == (as_ == "token")
        store.write([annotation("after", "2024-03-02 12:00", completed_by="bob")])
    with closing(DuckDBStore(path)) as store:
        assert store.notices == ()
        assert "after" in {row[1] for row in rows(store, "annotations")}
    assert bytes_of(*tmp_path.iterdir()) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["facts.duckdb", "facts.duckdb.writes"]


def test_questions_and_writes_go_on_while_a_member_is_forgotten(tmp_path: Path) -> None:
    with closing(DuckDBStore(tmp_path / "facts.duckdb")) as store:
        store.write(world())
        total, stop, wrong = values(store, members="all")["total_time"], threading.Event(), []

        def ask_on() -> None:
            while not stop.is_set():
                try:
                    if values(store, members="all")["total_time"] != total:
                        wrong.append("numbers")
                except Exception as fault:
                    wrong.append(repr(fault))

        asking = [threading.Thread(target=ask_on) for _ in range(3)]
        for each in asking:
            each.start()
        for turn in range(5):
            store.write([annotation(f"zero {turn}", "2024-03-02 12:00", lead_time=0)])
            assert store.forget(ORGANIZATION, ANN if turn == 0 else "bob" if turn == 1 else "rev", as_="token")
        stop.set()
        for each in asking:
            each.join(60)
        assert wrong == []


def test_where_a_file_cannot_be_written_anew_it_is_said_and_nothing_else_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(DuckDBStore(tmp_path / "facts.duckdb")) as store:
        store.write(world())
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("no room")))
            with pytest.raises(StoreUnavailable, match="their bytes stay"):
                store.forget(ORGANIZATION, ANN)
        assert values(store, members="all")["total_time"] == 40.0
        store.forget(ORGANIZATION, ANN)  # which erases what the first one had to leave
        assert bytes_of(*tmp_path.iterdir()) == []


def test_while_somebody_reads_for_long_the_bytes_stay_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwidget.stores.duckdb.database.LONGEST", 0.0)
    monkeypatch.setattr("perfwidget.stores.duckdb.database.GRACE", 0.01)
    with closing(DuckDBStore(tmp_path / "facts.duckdb")) as store:
        store.write(world())
        with store.reading() as reader:
            before = reader._rows("SELECT * FROM annotations", {})
            with pytest.raises(StoreUnavailable, match="let long downloads end"):
                store.forget(ORGANIZATION, ANN)
            assert reader._rows("SELECT * FROM annotations", {}) == before
        assert values(store, members="all")["total_time"] == 40.0
        store.forget(ORGANIZATION, ANN)
        store.write([annotation("after", "2024-03-02 12:00", completed_by="bob", lead_time=2)])
    with closing(DuckDBStore(tmp_path / "facts.duckdb")) as store:
        assert values(store, members="all")["total_time"] == 42.0
    assert bytes_of(*tmp_path.iterdir()) == []


def relations(server: Server, address: str) -> list[Path]:
    """Return the files of a store's tables, their indexes and what lies beside long texts."""
    schema = address.rpartition("=")[2]
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(
            "SELECT current_setting('data_directory'), pg_relation_filepath(relation.oid) FROM pg_class relation "
            "WHERE relnamespace = %s::regnamespace OR relation.oid IN (SELECT reltoastrelid FROM pg_class "
            "WHERE relnamespace = %s::regnamespace)",
            [schema, schema],
        ).fetchall()
    return [Path(folder, file) for folder, file in found if file]


@pytest.mark.parametrize("as_", ["token", None])
def test_no_byte_is_left_in_the_tables_of_postgresql(postgresql: Server, as_: Any) -> None:
    address = postgresql.new_store()
    with closing(open_store(address)) as store:
        store.write(world())
        store.write(many(300))
        assert set(bytes_of(*relations(postgresql, address))) == set(TRACES)
        store.forget(ORGANIZATION, ANN, as_=as_)
        assert bytes_of(*relations(postgresql, address)) == []


def test_whose_tables_they_are_not_is_told_that_the_bytes_stay(postgresql: Server) -> None:
    address = postgresql.new_store()
    schema, role = address.rpartition("=")[2], f"writer_{''.join(random.choices(string.ascii_lowercase, k=8))}"
    with closing(open_store(address)) as store:
        store.write(world())
    with psycopg.connect(postgresql.address(), autocommit=True) as connection:
        for told in (f"CREATE ROLE {role} LOGIN", f"GRANT USAGE ON SCHEMA {schema} TO {role}",
                     f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}"):  # fmt: skip
            connection.execute(told)
    try:
        with closing(open_store(postgresql.address(role, schema=schema))) as store:
            with pytest.raises(StoreUnavailable, match="owner of its tables"):
                store.forget(ORGANIZATION, ANN)
            assert traces(store) == []
    finally:
        with psycopg.connect(postgresql.address(), autocommit=True) as connection, suppress(psycopg.Error):
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")

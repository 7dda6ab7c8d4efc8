"""What nobody plans for: members who return, views that repeat themselves, rules that turn, records beside others."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from perfwidget.facts import AnnotationFlag
from perfwidget.metrics import Rules
from perfwidget.pay import Pay
from perfwidget.records import open_records
from perfwidget.stores import open_store
from perfwidget.stores.postgresql.address import parse
from tests.conftest import NewStore
from tests.engines.server import Server
from tests.pay.payrolls import ANNA, DECEMBER, NOVEMBER, ZONE, Payroll, again, left, lines, payroll, told, visit, work
from tests.worlds import ORGANIZATION, people, review

NOON = "2024-11-05 12:00"
JANUARY, FEBRUARY, MARCH = ("2025-01-01", "2025-01-31"), ("2025-02-01", "2025-02-28"), ("2025-03-01", "2025-03-31")
FIRST = work(1, NOON, 100)


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    """An hour is 36 euros, of annotating and of looking at it; nobody is paid yet."""
    with payroll(tmp_path) as opened:
        opened.card("hour", "36")
        opened.card("review_hour", "36")
        opened.write(FIRST, work(2, NOON, 50))
        yield opened


def mark(paid: Payroll, number: int) -> None:
    paid.pay.paid(number, "EUR", "2025-01-05", "transfer", ANNA)


def settled(paid: Payroll, period: tuple[str, str]) -> list[tuple[str, str, str, str]]:
    due = lines(paid.draft(period, "rev"))
    paid.settle(period, "rev")
    return due


# -- A member is forgotten and returns --------------------------------------------------------------------------------


def test_who_returns_is_paid_what_was_added_since_and_nothing_twice(paid: Payroll) -> None:
    mark(paid, paid.settle().number)
    paid.pay.forget("ann", ANNA)
    assert lines(paid.draft()) == []
    assert told(paid.draft()) == [("1", "paid to another before"), ("2", "paid to another before")]
    paid.settle()
    paid.write(again(FIRST, "2024-12-05 12:00", 160), work(3, "2024-12-06 12:00", 10))
    assert lines(paid.draft(DECEMBER)) == [("p1", "work", "3", "0.10"), ("p1", "added", "1", "0.60")]
    paid.settle(DECEMBER)
    assert (lines(paid.draft(JANUARY)), told(paid.draft(JANUARY))) == ([], [])
    assert paid.pay.verify(ANNA)[0] == []


@pytest.mark.parametrize("approved", [True, False])
def test_what_waited_when_somebody_was_forgotten_is_paid_once(paid: Payroll, approved: bool) -> None:
    waiting = paid.propose().number
    paid.pay.forget("ann", ANNA, unpaid=True)
    paid.write(again(FIRST, "2024-12-05 12:00", 160))
    assert left(paid.draft(DECEMBER)) == [("1", "waits for approval")]
    if approved:
        mark(paid, paid.pay.approve(waiting, ANNA).number)
        assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.60")]
    else:
        paid.pay.withdraw(waiting, "wrong", ANNA)
        assert lines(paid.draft(DECEMBER)) == [("p1", "work", "1", "1.60"), ("p1", "late", "2", "0.50")]
    paid.settle(DECEMBER)
    assert lines(paid.draft(JANUARY)) == []
    assert paid.pay.verify(ANNA)[0] == []


def test_facts_that_were_forgotten_and_are_read_again_are_not_paid_again(paid: Payroll) -> None:
    mark(paid, paid.settle().number)
    paid.pay.forget("ann", ANNA)
    paid.store.forget(ORGANIZATION, "ann")
    assert paid.pay.verify(ANNA)[0] == []
    paid.write(FIRST, work(2, NOON, 50), work(3, NOON, 10))
    assert lines(paid.draft()) == [("p1", "work", "3", "0.10")]
    assert told(paid.draft()) == [("1", "paid to another before"), ("2", "paid to another before")]


def test_work_that_a_token_stands_for_is_paid_once_whoever_returns(paid: Payroll) -> None:
    mark(paid, paid.settle().number)
    late = work(3, NOON, 10)
    paid.write(late)
    paid.pay.forget("ann", ANNA, unpaid=True)
    token = paid.store.forget(ORGANIZATION, "ann", as_="token")
    assert token is not None
    paid.write(work(4, NOON, 20))  # of whoever has the id now
    assert lines(paid.draft(member=token)) == [("p1", "work", "3", "0.10")]
    assert lines(paid.draft()) == [("p1", "work", "4", "0.20")]
    paid.settle(member=token)
    paid.write(again(late, "2024-12-05 12:00", 10, completed_by="ann"))  # and it is found to be theirs after all
    assert (lines(paid.draft(DECEMBER)), told(paid.draft(DECEMBER))) == (
        [("p1", "late", "4", "0.20")],
        [("3", "paid to another before")],
    )
    assert paid.pay.verify(ANNA)[0] == []


def test_moments_of_who_was_forgotten_twice_are_paid_once(paid: Payroll) -> None:
    paid.write(visit(1, "2024-11-06 11:00", "2024-11-06 12:00"))
    paid.settle(member="rev")
    paid.pay.forget("rev", ANNA, unpaid=True)
    paid.write(visit(2, "2024-11-06 11:45", "2024-11-06 12:30"))
    assert settled(paid, NOVEMBER) == [("p1", "work", "2", "18.00")]
    paid.write(visit(3, "2024-11-06 11:30", "2024-11-06 12:40"))
    assert lines(paid.draft(DECEMBER, "rev")) == [("p1", "late", "3", "6.00")]
    paid.pay.forget("rev", ANNA, unpaid=True)
    assert settled(paid, DECEMBER) == [("p1", "late", "3", "6.00")]
    paid.write(visit(4, "2024-11-06 11:00", "2024-11-06 12:41"), review(1, "2024-11-06 11:50", "accepted"))
    assert lines(paid.draft(JANUARY, "rev")) == [("p1", "late", "4", "0.60")]
    assert paid.pay.verify(ANNA)[0] == []


# -- Views that tell of a fact twice ----------------------------------------------------------------------------------


def test_a_view_that_tells_of_facts_twice_pays_each_once(postgresql: Server, tmp_path: Path) -> None:
    address = postgresql.new_store()
    schema = parse(address).schema
    twice = f"{schema}_twice"
    with closing(open_store(address)) as tables:
        paid = Payroll(tables, f"sqlite:///{tmp_path}/records.db")
        paid.begin()
        paid.card("hour", "36")
        paid.card("accepted_annotation", "1", place="project", place_id="p2")
        paid.card("review_hour", "36", place="project", place_id="p1")
        paid.card("review", "2", place="project", place_id="p2")
        paid.write(FIRST, work(2, NOON, None), work(3, NOON, 7, project_id="p2"))
        paid.write(
            review(1, "2024-11-06 12:00", "rejected", annotation_id=3, project_id="p2"),
            review(2, "2024-11-07 12:00", "accepted", annotation_id=3, project_id="p2"),
            visit(1, "2024-11-06 11:00", "2024-11-06 12:00"),
            visit(2, "2024-11-06 11:30", "2024-11-06 12:10"),
        )
        with psycopg.connect(postgresql.address()) as connection:
            connection.execute(f"CREATE SCHEMA {twice}")
            for (table,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [schema]
            ).fetchall():
                rows = f"SELECT * FROM {schema}.{table}"
                connection.execute(f"CREATE VIEW {twice}.{table} AS {rows} UNION ALL {rows}")
        with closing(open_store(address.replace(f"schema={schema}", f"views={twice}"))) as views:
            over = Pay(views, paid.records, ORGANIZATION, timezone=ZONE)
            for member in ("ann", "rev"):
                seen = paid.draft(member=member)
                assert over.draft(member, *NOVEMBER, ANNA).body == seen.body
                over.approve(over.propose(member, *NOVEMBER, seen.sha256, ANNA).number, ANNA)
            assert [each.totals["EUR"].amount for each in over.statements(ANNA)] == ["2.00", "46.00"]
            paid.write(again(FIRST, "2024-12-05 12:00", 160), visit(3, "2024-11-06 12:00", "2024-11-06 12:20"))
            for member, amount in (("ann", "0.60"), ("rev", "6.00")):
                draft = over.draft(member, *DECEMBER, ANNA)
                assert ([line.amount for line in draft.lines], draft.left_out_counts) == (
                    [amount],
                    paid.draft(DECEMBER, member).left_out_counts,
                )
            assert over.verify(ANNA)[0] == []
        paid.records.close()


# -- Engines, and two records -----------------------------------------------------------------------------------------


def test_every_store_gives_the_same_bytes_at_every_step(new_store: NewStore, tmp_path: Path) -> None:
    first = [FIRST, work(2, NOON, None), work("é", NOON, 7, project_id="p2"), work(4, NOON, 5.0000005)]
    first += [visit(1, "2024-11-06 11:00", "2024-11-06 12:00"), review(1, "2024-11-06 12:00", "accepted")]
    then = [again(FIRST, "2024-12-05 12:00", 160), again(work(4, NOON, 5), "2024-12-06 12:00", 9, completed_by="rev")]
    with payroll(tmp_path) as paid, closing(open_store(new_store())) as other:
        over = Pay(other, paid.records, ORGANIZATION, timezone=ZONE)
        paid.card("hour", "36")
        paid.card("accepted_annotation", "1", place="project", place_id="p2")
        paid.card("review_hour", "36")
        other.write(people())
        for facts, period in ((first, NOVEMBER), (then, DECEMBER)):
            for each in (paid.store, other):
                each.write(facts)
                each.settle()
            for member in ("ann", "rev"):
                drafts = [each.draft(member, *period, ANNA) for each in (paid.pay, over)]
                assert drafts[0].body == drafts[1].body
                proposed = over.propose(member, *period, drafts[0].sha256, ANNA)  # what the one showed
                over.approve(proposed.number, ANNA)
        # What was added to 4 goes to who owns it now.
        assert [each.totals["EUR"].amount for each in over.statements(ANNA)] == ["1.05", "36.00", "0.60", "0.04"]
        assert paid.pay.verify(ANNA) == over.verify(ANNA)


def test_each_of_two_records_of_a_store_is_a_ledger_of_its_own(paid: Payroll, tmp_path: Path) -> None:
    with closing(open_records(f"sqlite:///{tmp_path}/others.db", paid.records.clock)) as records:
        other = Pay(paid.store, records, ORGANIZATION, timezone=ZONE)
        other.begin(NOVEMBER[0], ANNA)
        other.write_card(ANNA, unit="hour", amount="36", currency="EUR", valid_from="2024-01-01")
        paid.settle()
        assert other.draft("ann", *NOVEMBER, ANNA).totals == {"EUR": "1.50"}
        other.approve(other.propose("ann", *NOVEMBER, other.draft("ann", *NOVEMBER, ANNA).sha256, ANNA).number, ANNA)
        paid.write(again(FIRST, "2024-12-05 12:00", 160))
        for each in (paid.pay, other):
            assert each.draft("ann", *DECEMBER, ANNA).totals == {"EUR": "0.60"}
            assert each.verify(ANNA)[0] == []


# -- Rules and times that turn ----------------------------------------------------------------------------------------


def test_a_prediction_that_stops_and_begins_to_count_is_told_and_paid_once(paid: Payroll) -> None:
    def rules(count_predictions: bool) -> None:
        paid.pay = Pay(
            paid.store,
            paid.records,
            ORGANIZATION,
            timezone=ZONE,
            rules=Rules(count_predictions=count_predictions),
        )
        paid.pay.begin(None, ANNA)

    paid.card("annotation", "1", place="project", place_id="p2")
    taken_over = {"project_id": "p2", "flags": AnnotationFlag.FROM_PREDICTION}
    paid.write(work(8, NOON, None, **taken_over))
    assert lines(paid.draft()) == [("p1", "work", "1 2", "1.50")]
    rules(True)
    assert lines(paid.draft()) == [("p1", "work", "1 2", "1.50"), ("p2", "work", "8", "1.00")]
    paid.settle()
    rules(False)
    paid.write(work(9, "2024-12-05 12:00", None, **taken_over))
    assert (lines(paid.draft(DECEMBER)), told(paid.draft(DECEMBER))) == ([], [("8", "no longer counts")])
    paid.settle(DECEMBER)
    rules(True)
    assert lines(paid.draft(JANUARY)) == [("p2", "late", "9", "1.00")]
    assert told(paid.draft(JANUARY)) == [("8", "counts again")]
    paid.settle(JANUARY)
    paid.now("2025-04-01")
    assert (lines(paid.draft(FEBRUARY)), told(paid.draft(FEBRUARY))) == ([], [])
    assert paid.pay.verify(ANNA)[0] == []


def test_a_time_that_falls_after_payment_grows_above_what_was_paid_alone(paid: Payroll) -> None:
    paid.now("2025-06-01")
    paid.settle()
    steps = [
        (DECEMBER, "2024-12-05 12:00", 60, [], [("1", "time shrank")]),
        (JANUARY, "2025-01-05 12:00", 80, [], [("1", "updated")]),  # above what was told, below what was paid
        (FEBRUARY, "2025-02-05 12:00", 130, [("p1", "added", "1", "0.30")], []),
        (MARCH, "2025-03-05 12:00", None, [], [("1", "time shrank")]),
        (("2025-04-01", "2025-04-30"), "2025-04-05 12:00", 131, [("p1", "added", "1", "0.01")], []),
    ]
    for period, instant, seconds, due, changed in steps:
        paid.write(again(FIRST, instant, seconds))
        assert (lines(paid.draft(period)), told(paid.draft(period))) == (due, changed)
        paid.settle(period)
    assert (lines(paid.draft(("2025-05-01", "2025-05-31"))), told(paid.draft(("2025-05-01", "2025-05-31")))) == ([], [])


def test_a_visit_without_a_moment_waits_within_one_that_waits_and_is_paid_nothing(paid: Payroll) -> None:
    paid.write(visit(1, "2024-11-06 11:00", "2024-11-06 12:00"))
    waiting = paid.propose(member="rev")
    paid.write(
        visit(2, "2024-11-06 11:30", "2024-11-06 11:30"),
        visit(3, "2024-11-06 11:00", "2024-11-06 11:00"),  # before its first moment
        visit(4, "2024-11-06 12:00", "2024-11-06 12:00"),  # after its last one
    )
    assert left(paid.draft(DECEMBER, "rev")) == [("2", "waits for approval")]
    assert lines(paid.draft(DECEMBER, "rev")) == [("p1", "late", "3 4", "0.00")]
    paid.settle(DECEMBER, "rev")
    paid.pay.withdraw(waiting.number, "wrong", ANNA)
    assert lines(paid.draft(NOVEMBER, "rev")) == [("p1", "work", "2 1", "36.00")]
    paid.settle(NOVEMBER, "rev")
    assert lines(paid.draft(JANUARY, "rev")) == []

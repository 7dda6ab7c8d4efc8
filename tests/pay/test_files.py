"""Files of pay, and the proof that nothing was changed: bytes, lines, totals, settled items and the log."""

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from perfwidget.records import audit
from perfwidget.records.canonical import canonical, sha256
from perfwidget.records.tables import STATEMENTS
from tests.pay.payrolls import ANNA, DECEMBER, NOVEMBER, Payroll, again, payroll, reopened, visit, work
from tests.worlds import ORGANIZATION, at, review

NOON = "2024-11-05 12:00"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two members, two currencies, one closed month and one that waits, an adjustment and a change."""
    folder = tmp_path_factory.mktemp("written")
    with payroll(folder) as opened:
        opened.card("hour", "36", clock="capped", cap_s=120)
        opened.card("accepted_annotation", "100", currency="JPY", place="project", place_id="p2")
        opened.card("review_hour", "18")
        first = work(1, NOON, 100)
        opened.write(first, work(2, NOON, 50), work(3, "2024-12-05 12:00", 10), work(4, NOON, 5, project_id="p2"))
        opened.write(review(1, "2024-11-06 12:00", "accepted", annotation_id=4, project_id="p2"))
        opened.write(visit(1, "2024-11-06 11:00", "2024-11-06 12:00"))
        opened.pay.adjust("ann", "2.50", "EUR", "=travel", ANNA)
        opened.settle()
        opened.settle(member="rev")
        opened.write(again(first, "2024-12-09 12:00", 130))
        opened.write(work(7, NOON, None))  # has no time, and is to be looked at again
        opened.pay.hold("annotation", 3, "a copy?", ANNA)
        opened.pay.hold("annotation", 3, "it is none", ANNA, held=False)
        opened.propose(DECEMBER)
    return folder


@pytest.fixture
def paid(written: Path, tmp_path: Path) -> Iterator[Payroll]:
    with reopened(written, tmp_path) as opened:
        yield opened


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def payments(folder: Path, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in rows(folder / "payroll.csv")]


def spoil(paid: Payroll, statement: str, **values: object) -> None:
    with paid.records._engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement), values)


def test_the_payroll_has_a_row_a_member_and_currency_of_what_is_unpaid(paid: Payroll, tmp_path: Path) -> None:
    out = tmp_path / "out"
    paid.pay.paid(1, "JPY", "2025-02-01", "T-1", ANNA)
    paid.pay.export(out, ANNA)
    # 150 s at 0.01 and 2.50; one hour at 18.
    wanted = [("ann", "EUR", "4.00", "1"), ("rev", "EUR", "18.00", "2")]
    assert payments(out, "user_id", "currency", "amount", "statements") == wanted
    paid.pay.approve(3, ANNA)
    paid.pay.export(out, ANNA)
    # December: 10 s, and 20 s of growth up to the cap.
    assert payments(out, "amount", "statements") == [("4.30", "1 3"), ("18.00", "2")]
    paid.pay.export(out, ANNA, *NOVEMBER)
    assert payments(out, "amount") == [("4.00",), ("18.00",)]
    paid.pay.export(out, ANNA, state="paid")
    assert payments(out, "amount", "paid_on", "reference") == [("100", "2025-02-01", "T-1")]


def test_lines_and_items_come_to_the_same_and_the_manifest_names_every_hash(paid: Payroll, tmp_path: Path) -> None:
    manifest = paid.pay.export(tmp_path / "out", ANNA, state="all")
    lines, items = rows(tmp_path / "out/lines.csv"), rows(tmp_path / "out/items.csv")
    assert [(each["statement"], each["due"], each["items"], each["quantity"], each["amount"]) for each in lines] == [
        ("1", "work", "2", "150000000", "1.50"),
        ("1", "work", "1", "1", "100"),
        ("1", "adjustment", "", "", "2.50"),
        ("2", "work", "1", "3600000000", "18.00"),
        ("3", "work", "1", "10000000", "0.10"),
        ("3", "added", "1", "20000000", "0.20"),
    ]
    assert [(each["statement"], each["line"], each["kind"], each["id"], each["step"]) for each in items] == [
        ("1", "1", "annotation", "1", "0"),
        ("1", "1", "annotation", "2", "0"),
        ("1", "2", "annotation", "4", "0"),
        ("2", "1", "visit", "1", "0"),
        ("3", "1", "annotation", "3", "0"),
        ("3", "2", "annotation", "1", "1"),
    ]
    assert items[0]["at"] == "2024-11-05T13:00:00+01:00"
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    for name, told in manifest["files"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == told["sha256"]
    assert [each["number"] for each in manifest["statements"]] == [1, 2, 3]
    assert paid.pay.verify(ANNA, [audit.Head.parse(manifest["audit_head"])]) == ([], [])


def test_a_reference_is_text_to_a_spreadsheet(paid: Payroll, tmp_path: Path) -> None:
    paid.pay.paid(1, "JPY", "2025-02-01", "=1+1", ANNA)
    paid.pay.export(tmp_path / "out", ANNA, state="paid")
    assert rows(tmp_path / "out/payroll.csv")[0]["reference"] == "'=1+1"


def test_what_is_as_it_was_written_verifies(paid: Payroll) -> None:
    assert paid.pay.verify(ANNA) == ([], [])
    paid.pay.withdraw(3, "wrong", ANNA)
    paid.pay.paid(1, "EUR", "2025-02-01", "T-1", ANNA)
    paid.pay.end_card(1, "2025-01-31", ANNA)
    paid.pay.void_card(paid.card("review", "1", valid_from="2025-01-01", place="project", place_id="p2").card_id, ANNA)
    assert paid.pay.verify(ANNA)[0] == []


def test_one_changed_byte_of_a_statement_is_found_and_named(paid: Payroll) -> None:
    with paid.records.reading(ORGANIZATION) as transaction:
        body = bytes(transaction.one(STATEMENTS, STATEMENTS.c.number == 2).body)  # type: ignore[union-attr]
    for place in range(0, len(body), 97):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        spoil(paid, "UPDATE pay_statements SET body = :body WHERE number = 2", body=changed)
        wrong, _ = paid.pay.verify(ANNA)
        assert wrong[0] == "Statement 2: its bytes are not those that were proposed.", place
        assert all(each.startswith("Statement 2: ") for each in wrong)
    spoil(paid, "UPDATE pay_statements SET body = :body WHERE number = 2", body=body)
    assert paid.pay.verify(ANNA) == ([], [])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda said: said["lines"][0].update(amount="9.99"), "line 1: it comes to 1.50 EUR, and it says 9.99."),
        (lambda said: said["lines"][0].update(quantity="1"), "line 1: its items come to 150000000, and it says 1."),
        (lambda said: said["lines"][0]["items"].pop(), "line 1: its items come to 100000000"),
        (lambda said: said["lines"][0]["items"][1].update(quantity=51_000_000), "line 1: annotation 2 does not count"),
        (lambda said: said["totals"].update(EUR="9.99"), "its totals are not the sums of its lines."),
        (lambda said: said["adjustments"][0].update(amount="9.00"), "its totals are not the sums of its lines."),
        (lambda said: said["cards"][0].update(amount="72"), "line 1: it comes to 3.00 EUR"),
    ],
)
def test_lines_and_totals_follow_from_items_even_where_hashes_were_made_anew(
    paid: Payroll, change: object, named: str
) -> None:
    with paid.records.reading(ORGANIZATION) as transaction:
        said = json.loads(transaction.one(STATEMENTS, STATEMENTS.c.number == 1).body)  # type: ignore[union-attr]
    change(said)  # type: ignore[operator]
    body = canonical(said)
    spoil(
        paid,
        "UPDATE pay_statements SET body = :body, sha256 = :hash WHERE number = 1",
        body=body.encode(),
        hash=sha256(body),
    )
    wrong, _ = paid.pay.verify(ANNA)
    assert any(each.startswith(f"Statement 1: {named}") for each in wrong), wrong
    assert "Statement 1: its hash is not the one in the audit log." in wrong


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM pay_settled WHERE item_id = '2'", "Statement 1: annotation 2 (step 0) is not settled."),
        ("UPDATE pay_settled SET time = 1 WHERE item_id = '3'", "Statement 3: annotation 3 (step 0) is settled other"),
        ("UPDATE pay_settled SET item_id = '9' WHERE item_id = '3'", "Statement 3: annotation 3 (step 0) is not set"),
        ("DELETE FROM pay_statements WHERE number = 2", "Statement 2 is missing."),
        ("UPDATE pay_statements SET last = '2024-11-29' WHERE number = 1", "Statement 1: its person and period are"),
        ("UPDATE pay_settled SET begins = 1 WHERE kind = 'visit'", "Statement 2: visit 1 (step 0) is settled other"),
        ("UPDATE pay_statements SET state = 'approved' WHERE number = 3", "Statement 3: it is approved, and the audit"),
        ("UPDATE pay_totals SET amount = '9.99' WHERE statement = 2", "Statement 2: its amounts are not the totals"),
        ("UPDATE pay_totals SET paid_on = 'x', reference = 'x' WHERE statement = 2", "Statement 2: the mark that its"),
        ("UPDATE pay_terms SET pay_from = '2024-10-01'", "The terms of pay"),
        ("UPDATE pay_terms SET timezone = 'UTC'", "The terms of pay"),
        ("DELETE FROM pay_terms", "The terms of pay"),
        ("UPDATE pay_holds SET held = NOT held", "The hold of annotation 3: it is not as it was written."),
        ("DELETE FROM pay_holds", "The hold of annotation 3 is missing."),
        ("UPDATE pay_holds SET item_id = '2'", "The hold of annotation 2: it is not as it was written."),
        ("UPDATE pay_adjustments SET amount = '9.99'", "Adjustment 1: it is not as it was written."),
        ("DELETE FROM pay_adjustments", "Adjustment 1 is missing."),
        ("UPDATE pay_quiet SET look = '[]' WHERE look <> '[]'", "What need not be read again of person "),
        ("UPDATE pay_quiet SET digest = 'x'", "What need not be read again of person "),
        ("UPDATE texts SET text = 'other' WHERE text = 'a copy?'", "The text "),
        ("UPDATE rate_cards SET voided = NOT voided WHERE card_id = 3", "Card 3: it is not as it was written."),
        ("DELETE FROM rate_cards WHERE card_id = 3", "Card 3 is missing."),
        ("UPDATE rate_cards SET amount = '35' WHERE card_id = 1", "Card 1: it is not as it was written."),
        ("UPDATE audit_log SET details = replace(details, 'a', 'b') WHERE number = 6", "Audit log: row 6"),
        ("UPDATE audit_log SET actor = 'cli:bob' WHERE number = 2", "Audit log: row 2 is not as it was written."),
    ],
)
def test_a_change_beside_the_documents_is_found_and_named(paid: Payroll, statement: str, named: str) -> None:
    spoil(paid, statement)
    wrong, _ = paid.pay.verify(ANNA)
    assert any(each.startswith(named) for each in wrong), wrong


def test_a_withdrawn_statement_that_came_to_nothing_is_in_no_file(paid: Payroll, tmp_path: Path) -> None:
    paid.write(again(work(2, NOON, 50), "2025-01-05 12:00", 40))
    made = paid.propose(("2025-01-01", "2025-01-31"))
    assert (made.number, made.totals) == (4, {})
    paid.pay.withdraw(4, "wrong", ANNA)
    manifest = paid.pay.export(tmp_path, ANNA, state="all")
    assert [each["number"] for each in manifest["statements"]] == [1, 2, 3]
    assert {row["statement"] for row in rows(tmp_path / "lines.csv")} == {"1", "2", "3"}


def test_an_adjustment_that_the_log_does_not_hold_is_found_once_it_is_taken(paid: Payroll) -> None:
    paid.pay.adjust("ann", "5", "EUR", "bonus", ANNA)
    spoil(paid, "UPDATE pay_adjustments SET amount = '500.00' WHERE statement IS NULL")
    made = paid.settle(("2025-01-01", "2025-01-31"))
    assert made.totals["EUR"].amount == "500.00"
    assert f"Statement {made.number}: it takes an adjustment that is not in the audit log." in paid.pay.verify(ANNA)[0]


def test_facts_that_changed_since_are_listed_and_no_fault(paid: Payroll) -> None:
    paid.write(work(2, NOON, 60, updated_at=at("2025-01-01")))
    paid.write(review(1, "2024-11-07 12:00", "rejected", annotation_id=4, project_id="p2"))
    paid.remove(visit(1, NOON, NOON))
    assert paid.pay.verify(ANNA) == (
        [],
        [
            "Statement 1: annotation 2 has another lead_time_us now.",
            "Statement 1: annotation 4 has another accepted_at, accepted_by_review now.",
            "Statement 2: visit 1 is not the member's any more.",
        ],
    )

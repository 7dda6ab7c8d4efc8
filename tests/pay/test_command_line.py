"""Pay on the command line: from cards to a payroll file, in the words of its help."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfwidget.cli import main
from perfwidget.pay import Pay
from perfwidget.question.access import Viewer
from perfwidget.records import open_records
from perfwidget.stores import open_store
from tests.pay.payrolls import work
from tests.worlds import ORGANIZATION, people

Run = Callable[..., tuple[int, list[Any], str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `perfwidget pay …` on a small store; return exit status, objects on standard output, and standard error."""
    address = f"duckdb:///{tmp_path}/facts.duckdb"
    store = open_store(address)
    store.write([*people(), work(1, "2024-11-05 12:00", 100), work(2, "2024-11-05 12:00", 50, completed_by="rev")])
    store.close()

    def command(*arguments: str) -> tuple[int, list[Any], str]:
        try:
            status = main(["pay", arguments[0], "--store", address, *arguments[1:]])
        except SystemExit as ended:
            status = int(ended.code or 0)
        told = capsys.readouterr()
        lines = [
            json.loads(line) if line.startswith("{") else line
            for line in told.out.removesuffix("\n").split("\n")
            if line
        ]
        return status, lines, told.err

    return command


def begin(run: Run) -> None:
    assert run("begin", "--from", "2024-11-01", "--tz", "Europe/Berlin", "--by", "anna")[0] == 0
    card = ("--amount", "36", "--currency", "EUR", "--valid-from", "2024-01-01")
    assert run("cards", "--write", "hour", *card, "--by", "anna")[0] == 0


NOVEMBER = ("--from", "2024-11-01", "--to", "2024-11-30")


def test_from_cards_to_a_payroll_file_and_its_proof(run: Run, tmp_path: Path) -> None:
    begin(run)
    [card] = run("cards")[1]
    assert (card["unit"], card["clock"], card["amount"]) == ("hour", "lead", "36")
    status, drafts, _ = run("draft", *NOVEMBER)
    assert [each["days_in_no_statement"] for each in drafts] == [{"2024-11-05": 1}] * 2
    assert [(each["user"], each["totals"]) for each in drafts] == [("ann", {"EUR": "1.00"}), ("rev", {"EUR": "0.50"})]
    seen = tmp_path / "drafts.json"
    seen.write_text("\n".join(json.dumps(each) for each in drafts))
    status, made, _ = run("propose", str(seen), "--by", "anna")
    assert (status, [each["number"] for each in made]) == (0, [1, 2])
    status, approved, told = run("approve", "1", "7", "--by", "anna")
    assert (status, [each["state"] for each in approved]) == (1, ["approved"])
    assert "7: There is no statement 7" in told
    assert run("withdraw", "2", "--text", "wrong", "--by", "anna")[0] == 0
    status, [manifest], _ = run("export", str(tmp_path / "out"))
    assert manifest["files"]["payroll.csv"]["rows"] == 1
    assert run("paid", "1", "--currency", "EUR", "--on", "2024-12-05", "--reference", "T-1", "--by", "anna")[0] == 0
    states = [(each["number"], each["state"], each["totals"]) for each in run("statements")[1]]
    assert states[0] == (1, "approved", {"EUR": {"amount": "1.00", "paid_on": "2024-12-05", "reference": "T-1"}})
    well = "All statements and the audit log are as they were written."
    assert run("verify", "--head", manifest["audit_head"]) == (0, [well], "")
    status, told, wrong = run("verify", "--head", "1:" + "0" * 64)
    assert (status, told, bool(wrong)) == (1, [], True)


def test_members_are_named_by_e_mail_and_items_and_amounts_set_aside_or_added(run: Run) -> None:
    begin(run)
    assert run("hold", "annotation", "1", "--text", "a copy?", "--by", "anna")[0] == 0
    bonus = ("--amount", "5", "--currency", "EUR", "--text", "bonus")
    assert run("adjust", "--user", "Ann@acme.example", *bonus, "--by", "anna")[0] == 0
    [draft] = run("draft", *NOVEMBER, "--user", "ann@acme.example")[1]
    assert (draft["user"], draft["totals"]) == ("ann", {"EUR": "5.00"})
    assert run("take-back", "1", "--text", "a slip", "--by", "anna")[0] == 0
    assert run("draft", *NOVEMBER, "--user", "ann")[1][0]["totals"] == {}
    assert run("adjust", "--user", "ann", *bonus, "--by", "anna")[0] == 0
    run("hold", "annotation", "1", "--text", "none", "--release", "--by", "anna")
    assert run("draft", *NOVEMBER, "--user", "ann")[1][0]["totals"] == {"EUR": "6.00"}


def test_questions_are_listed_answered_and_named_before_approval(run: Run, tmp_path: Path) -> None:
    begin(run)
    seen = tmp_path / "drafts.json"
    seen.write_text(json.dumps(run("draft", *NOVEMBER, "--user", "ann")[1][0]))
    run("propose", str(seen), "--by", "anna")
    store, records = (
        open_store(f"duckdb:///{tmp_path}/facts.duckdb"),
        open_records(f"sqlite:///{tmp_path}/facts.duckdb.records"),
    )
    Pay(store, records, ORGANIZATION).contest(1, "why?", Viewer(ORGANIZATION, "ann", "annotator"), line=1)
    store.close()
    records.close()
    status, _, told = run("approve", "1", "--by", "anna")
    assert (status, "question 1" in told) == (1, True)
    [asked] = run("contests", "--open")[1]
    assert (asked["number"], asked["user"], asked["line"], asked["text"]) == (1, "ann", 1, "why?")
    assert run("answer", "1", "ignored", "--text", "x", "--by", "anna")[0] == 2
    [told] = run("approve", "1", "--despite-contests", "--by", "anna")[1]
    assert (told["words"], told["open_questions"]) == (["approved", "contested"], [1])
    status, [answer], _ = run("answer", "1", "explained", "--text", "so", "--by", "anna")
    assert (status, answer["word"], answer["answer"], answer["answered_by"]) == (0, "explained", "so", "cli:anna")
    assert (run("contests", "--open")[1], len(run("contests")[1])) == ([], 1)


def test_a_draft_is_proposed_whatever_characters_its_ids_have(run: Run, tmp_path: Path) -> None:
    begin(run)
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    store.write([work("a\u2028b", "2024-11-06 12:00", 100)])
    store.close()
    drafts = run("draft", *NOVEMBER, "--user", "ann")[1]
    seen = tmp_path / "drafts.json"
    seen.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in drafts), "utf-8")
    status, [made], _ = run("propose", str(seen), "--by", "anna")
    assert (status, made["totals"]["EUR"]["amount"]) == (0, "2.00")


def test_a_changed_zone_is_refused_until_it_is_confirmed(run: Run) -> None:
    begin(run)
    status, _, told = run("draft", *NOVEMBER, "--tz", "UTC")
    assert (status, "Europe/Berlin" in told) == (2, True)
    assert run("begin", "--tz", "UTC", "--by", "anna")[0] == 0
    assert run("draft", *NOVEMBER)[0] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("begin", "--from", "2024-11-01", "--tz", "UTC"),
        ("begin", "--by", "anna"),
        ("cards", "--write", "review", "--amount", "1", "--currency", "EUR", "--valid-from", "2024-12-01"),
        ("cards", "--write=review", "--amount=0.1234567", "--currency", "EUR", "--valid-from=2024-01-01", "--by=a"),
        ("cards", "--write", "review", "--amount", "1", "--currency", "XTS", "--valid-from", "2024-01-01", "--by", "a"),
        ("cards", "--end", "9", "--valid-until", "2024-01-01", "--by", "a"),
        ("draft", "--from", "2024-11-31", "--to", "2024-12-01"),
        ("propose", "/nowhere", "--by", "a"),
        ("approve", "one", "--by", "a"),
        ("export", "files", "--state", "lost"),
        ("export", __file__),
        ("paid", "9" * 30, "--currency", "EUR", "--on", "2024-12-05", "--reference", "T", "--by", "a"),
        ("verify", "--head", "nonsense"),
    ],
)  # fmt: skip
def test_wrong_arguments_end_with_2_and_a_sentence(run: Run, wrong: tuple[str, ...]) -> None:
    if wrong[0] != "begin":
        begin(run)
    before = run("cards")[1]
    status, _, told = run(*wrong)
    assert (status, bool(told)) == (2, True)
    assert "Traceback" not in told
    assert run("cards")[1] == before

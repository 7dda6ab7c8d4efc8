"""The command line as people run it: what is printed where, and the exit status."""

import configparser
import csv
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import perfwidget
from perfwidget import cli
from perfwidget.facts import Member, Project, ReviewVisit, Workspace
from perfwidget.sources import piece_readers
from perfwidget.stores import open_store
from tests.worlds import annotation, at

PERIOD = ["--from", "2024-03-01", "--to", "2024-03-31"]


def row(number: int, lead_time: object, **more: object) -> dict[str, Any]:
    created = f"2024-03-{number:02}T12:00:00Z"
    person = {"id": 7, "email": "ann@acme.example", "first_name": "Ann", "last_name": ""}
    return {
        "id": number,
        "completed_by": person,
        "created_at": created,
        "updated_at": created,
        "lead_time": lead_time,
    } | more


def export(path: Path, *rows: dict[str, Any], project: int = 5) -> Path:
    tasks = [{"id": each["id"], "project": project, "data": {}, "annotations": [each]} for each in rows]
    path.write_text(json.dumps(tasks))
    return path


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"duckdb:///{tmp_path}/facts.duckdb"


def run(*arguments: str) -> int:
    try:
        return cli.main(list(arguments))
    except SystemExit as ended:  # as argparse ends for wrong arguments and --help
        return int(ended.code or 0)


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    declared = configparser.ConfigParser()
    declared.read(Path(__file__).parents[1] / "setup.cfg")
    assert run("--version") == 0
    assert capsys.readouterr().out == f"perfwidget {declared['metadata']['version']}\n"
    assert perfwidget.__version__ == declared["metadata"]["version"]


def test_an_import_and_a_report_by_id_and_by_e_mail(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(tmp_path / "a.json", row(1, 10), row(2, 20.5), row(3, None))
    assert run("import", "--store", address, str(file)) == 0
    told = capsys.readouterr()
    assert "3 tasks, 3 annotations" in told.out
    assert told.err == ""
    assert run("report", "--store", address, "--user", "7", *PERIOD) == 0
    by_id = capsys.readouterr().out
    assert run("report", "--store", address, "--user", "ANN@acme.example", *PERIOD) == 0
    assert capsys.readouterr().out == by_id
    report = json.loads(by_id)
    assert report["user"] == {"id": "7", "email": "ann@acme.example", "name": "Ann"}
    assert (report["summary"]["total_time"], report["not_counted"]["lead_time_missing"]) == (30.5, 1)
    assert (report["scope"], report["period"]["timezone"]) == ("all", "UTC")


def test_a_pipe_is_read_like_a_file(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, pipe = export(tmp_path / "a.json", row(1, 10), row(2, 20.5)).read_bytes(), tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_bytes, args=[content])
    writing.start()
    assert run("import", "--store", address, str(pipe)) == 0
    writing.join()
    assert "2 tasks, 2 annotations" in capsys.readouterr().out


def test_processes_that_read_are_gone_after_an_import(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Followed(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            started.append(self)

    monkeypatch.setattr(piece_readers.PieceReaders, "worth", staticmethod(lambda _: 2))
    monkeypatch.setattr(subprocess, "Popen", Followed)
    good, bad = export(tmp_path / "a.json", row(1, 10)), tmp_path / "b.json"
    bad.write_bytes(good.read_bytes()[:-5])
    assert run("import", "--store", address, str(good), str(bad)) == 1
    assert "breaks off" in capsys.readouterr().err
    assert [each.returncode is None for each in started] == [False, False]


def test_the_csv_format_is_the_same_report(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("import", "--store", address, str(export(tmp_path / "a.json", row(1, 10))))
    capsys.readouterr()
    assert run("report", "--store", address, "--user", "7", *PERIOD, "--format", "csv") == 0
    days = {each["date"]: each for each in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    worked = [(date, day["total_time_s"], day["submitted_annotations"]) for date, day in days.items()]
    assert [each for each in worked if each[1] != "0.0"] == [("2024-03-01", "10.0", "1")]
    assert {(each["user_id"], each["timezone"], each["scope"]) for each in days.values()} == {
        ("7", "UTC", "all projects")
    }


def test_filters_may_repeat(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for project, lead_time in ((5, 1), (6, 2), (7, 4)):
        file = export(tmp_path / "a.json", row(project, lead_time), project=project)
        run("import", "--store", address, str(file))
    store = open_store(address)
    store.write(
        [
            Workspace("default", "w", "W"),
            Project("default", 5, "w", title="Five"),
            Project("default", 6, "w", title="Six"),
        ]
    )
    store.close()
    seconds = {}
    for asked in ("--project 5 --project 7", "--workspace w", "--workspace w --project 6"):
        capsys.readouterr()
        assert run("report", "--store", address, "--user", "7", *PERIOD, *asked.split()) == 0
        seconds[asked] = json.loads(capsys.readouterr().out)["summary"]["total_time"]
    assert seconds == {"--project 5 --project 7": 5.0, "--workspace w": 3.0, "--workspace w --project 6": 2.0}


def test_a_period_may_have_times_of_day(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    early, late = row(1, 10), row(2, 20)
    early |= {"created_at": "2024-03-05T08:59:59.999999Z", "updated_at": "2024-03-05T08:59:59.999999Z"}
    late |= {"created_at": "2024-03-05T09:00:00Z", "updated_at": "2024-03-05T09:00:00Z"}
    run("import", "--store", address, str(export(tmp_path / "a.json", early, late)))
    capsys.readouterr()
    times = ("--from", "2024-03-05T10:00", "--to", "2024-03-05T18:30", "--tz", "Europe/Berlin")
    assert run("report", "--store", address, "--user", "7", *times) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["period"] == {"from": "2024-03-05T10:00", "to": "2024-03-05T18:30", "timezone": "Europe/Berlin"}
    assert report["summary"]["total_time"] == 20.0


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        (["--user", "nobody"], 1, "no such member"),
        (["--user", "7", "--project", "99"], 1, "no such member, workspace or project"),
        (["--user", "7", "--tz", "Mars"], 2, "IANA time zone"),
        (["--user", "7", "--from", "1 March"], 2, "YYYY-MM-DD"),
        (["--user", "7", "--to", "2024-02-01"], 2, "ends before it begins"),
        (["--user", "7", "--from", "2024-03-01T08:00"], 2, "both be dates or both have a time of day"),
        (["--user", "7", "--format", "xml"], 2, "invalid choice"),
        (["--user", ""], 2, ""),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str], status: int, sentence: str
) -> None:
    run("import", "--store", address, str(export(tmp_path / "a.json", row(1, 10))))
    capsys.readouterr()
    assert run("report", "--store", address, *PERIOD, *asked) == status
    told = capsys.readouterr()
    assert (told.out, sentence in told.err) == ("", True)


def test_several_organizations_need_a_name(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(export(tmp_path / "a.json", row(1, 10)))
    run("import", "--store", address, file)
    run("import", "--store", address, "--organization", "other", file)
    assert run("report", "--store", address, "--user", "7", *PERIOD) == 2
    assert "--organization" in capsys.readouterr().err
    assert run("report", "--store", address, "--organization", "other", "--user", "7", *PERIOD) == 0


def test_a_file_that_fails_leaves_the_store_and_the_others(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = export(tmp_path / "good.json", row(1, 10))
    cut = tmp_path / "cut.json"
    cut.write_text(export(tmp_path / "b.json", row(2, 20), row(3, 40)).read_text()[:-20])
    missing = tmp_path / "missing.json"
    assert run("import", "--store", address, str(cut), str(missing), str(good)) == 1
    told = capsys.readouterr()
    assert "good.json" in told.out
    assert "cut.json" in told.err
    assert "missing.json" in told.err
    run("report", "--store", address, "--user", "7", *PERIOD)
    assert json.loads(capsys.readouterr().out)["summary"]["total_time"] == 10.0


def test_asking_never_makes_a_store(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "--store", address, "--user", "7", *PERIOD) == 1
    assert "import" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["import"],
        ["import", "--store", "duckdb:///x"],
        ["report", "--store", "x"],
        ["import", "--store", "x", "f"],
    ],
)
def test_wrong_arguments_are_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["import", "--help"], ["report", "--help"], ["demo", "--help"]])
def test_help_is_on_each(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 0
    assert "usage:" in capsys.readouterr().out


def test_what_the_report_cannot_hold_is_said_on_the_side(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(address)
    store.write(
        [
            Member("acme", "ann", None, None, role="reviewer"),
            annotation(1, "2024-03-01 12:00"),
            ReviewVisit("acme", 1, 1, "p1", "ann", at("2024-03-02 12:00")),
        ]
    )
    store.close()
    assert run("report", "--store", address, "--user", "ann", *PERIOD) == 0
    assert "1 left out: Visits" in capsys.readouterr().err


def test_as_a_module_while_a_server_holds_the_store(address: str, tmp_path: Path) -> None:
    held = open_store(address, wait=0)
    try:
        command = [sys.executable, "-m", "perfwidget", "report", "--store", address, "--user", "7", *PERIOD]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        held.close()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "open in another program" in ended.stderr


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """An import's memory does not grow with its file: ten times the rows take about as much."""
    peaks = []
    for number, rows in ((0, 3_000), (1, 30_000)):
        file = tmp_path / f"{number}.json"
        export(file, *(row(1 + place % 28, 10) | {"id": place} for place in range(rows)))
        code = (
            "import resource, sys\nfrom perfwidget import cli\nstatus = cli.main(sys.argv[1:])\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\nsys.exit(status)"
        )
        command = [sys.executable, "-c", code, "import", "--store", f"duckdb:///{tmp_path}/{number}.duckdb", str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        peaks.append(int(ended.stderr.split()[-1]) / 1024)
    assert peaks[1] < peaks[0] + 150, peaks

"""Text and numbers in files: nothing is lost, nothing becomes a formula, and every way out says the same."""

import csv
import io
import json
import re
import shutil
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget import cli
from perfwidget.facts import Project
from perfwidget.metrics import METRICS, Section, Unit
from perfwidget.question.access import Role, Viewer, scope
from perfwidget.question.query import parse
from perfwidget.report.drilldown import RowsBehind, read_rows
from perfwidget.report.exports import csv_lines, guarded, text_cell
from perfwidget.report.number_files import members_csv, read_days, report_csv
from perfwidget.stores import Store, open_store
from perfwidget.stores.listing import Order
from tests.conftest import WHOLE, NewStore, enough
from tests.hosts import host
from tests.test_properties import _worlds, written
from tests.worlds import annotation, ask, people

HOSTILE = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "|calc",
    "%0A",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    " =1",
    "\u200b=1",
    "'=1",
    "''",
    '"quoted", and more',
    "\0=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example")',
]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


SEPARATORS = ",;|\t\r\n"


def restored(cell: str) -> str:
    """Take one apostrophe away where the cell begins, and behind each separator."""
    return re.sub(f"(^|(?<=[{SEPARATORS}]))'", "", cell)


@given(st.lists(st.text(), min_size=1, max_size=4))
@settings(max_examples=300)
def test_every_text_comes_back(texts: list[str]) -> None:
    line = "".join(csv_lines([map(text_cell, texts)]))
    assert [restored(cell) for cell in read(line)[0]] == texts


@given(st.text(alphabet=st.sampled_from("=+-@|%'\t\r\n,; aＡ＝1\0\u200b"), max_size=30) | st.text())
def test_no_cell_begins_like_a_formula_wherever_a_line_is_split(text: str) -> None:
    for cell in re.split(f"[{SEPARATORS}]", guarded(text)):
        visible = [each for each in cell if unicodedata.category(each) not in ("Cc", "Cf", "Zs", "Zl", "Zp")]
        first = unicodedata.normalize("NFKC", visible[0])[:1] if visible else ""
        assert first not in set("=+-@|%")


def test_separators_within_a_text_begin_no_formula_either() -> None:
    assert guarded('fine; =HYPERLINK("x"),+1\t@a|-2') == """fine;' =HYPERLINK("x"),'+1\t'@a|'-2"""


@pytest.mark.parametrize("text", ["Anna", "3 dogs", "", " plain", "a=b", "e-mail", "a, b; c", "ann@acme.example"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed (apt-get install libreoffice-calc)"
)
def test_a_spreadsheet_finds_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "hostile.csv"
    file.write_text("".join(csv_lines([[text_cell(text), "1.5"] for text in HOSTILE])), newline="")
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "ods"]
    subprocess.run([*command, "--outdir", tmp_path, file], check=True, capture_output=True, timeout=180)
    content = zipfile.ZipFile(tmp_path / "hostile.ods").read("content.xml").decode()
    assert "table:formula" not in content
    assert content.count('office:value="1.5"') >= 1


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed (apt-get install libreoffice-calc)"
)
def test_a_spreadsheet_opens_a_file_for_excel_rightly(tmp_path: Path) -> None:
    store = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    organization = "spreadsheet"
    ids = ["007", "12345678901234567890", "123456789012345", "0"]
    facts = [annotation(each, "2024-03-05 12:00", lead_time=1.5, organization_id=organization) for each in ids]
    project = Project(organization_id=organization, project_id="p1", workspace_id=None, title="Größe; =1+1")
    store.write([*facts, project])
    browser = host(store, viewer=Viewer(organization, "boss", "owner")).test_client()
    browser.get("/login?as=boss:owner")
    asked = "user=ann&metric=total_time&from=2024-03-01&to=2024-03-31&csv=excel"
    file = tmp_path / "rows.csv"
    file.write_bytes(browser.get(f"/performance/export/rows.csv?{asked}").data)
    store.close()
    assert file.read_bytes().startswith(b"\xef\xbb\xbfsep=,\r\ncompleted_at,")
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--infilter=CSV:44,34,UTF8,1",
    ]
    subprocess.run(
        [*command, "--convert-to", "ods", "--outdir", tmp_path, file], check=True, capture_output=True, timeout=180
    )
    content = zipfile.ZipFile(tmp_path / "rows.ods").read("content.xml").decode()
    assert {"'007", "'12345678901234567890"} <= set(
        re.findall("<text:p>(.*?)</text:p>", content.replace("&apos;", "'"))
    )
    assert content.count('office:value="1.5"') == len(ids)
    assert 'office:value="123456789012345"' in content
    assert "Größe;" in content
    assert "table:formula" not in content


def test_csv_is_excel_or_left_out(store: Store) -> None:
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    asked = "/performance/export/{}?user=boss&from=2024-03-01&to=2024-03-31&csv={}"
    assert browser.get(asked.format("timeline.csv", "word")).status_code == 400
    assert browser.get(asked.format("report.csv", "excel")).data.startswith(b"\xef\xbb\xbfsep=,")
    assert browser.get(asked.format("report.json", "excel")).json["user"]["id"] == "boss"
    assert browser.get(asked.format("timeline.csv", "")).text.startswith("created_at,")


@pytest.fixture(scope="module")
def store(new_store: NewStore) -> Iterator[Store]:
    opened = open_store(new_store())
    yield opened
    opened.close()


@given(_worlds, st.sets(st.sampled_from("abc")))
@settings(max_examples=25 if WHOLE else 8)
def test_csv_json_and_page_say_the_same(store: Store, engine: str, world: Any, some: set[str]) -> None:
    if enough(engine, "say the same"):
        return
    organization, _, _ = written(store, world)
    viewer = Viewer(organization, "boss", "owner")
    asked = {"user": "ann", "from_": "2024-03-26", "to": "2024-04-06", "tz": world[2], "project": sorted(some)}
    report = ask(store, viewer, **asked)  # type: ignore[arg-type]
    told = json.loads(report.to_json())
    query = parse({name.rstrip("_"): [value] if isinstance(value, str) else value for name, value in asked.items()})
    with store.reading() as reader:
        scoped = scope(viewer, query, reader.standing(viewer, query))
        header, *days = read("".join(text for text, _ in report_csv(read_days(reader, scoped, query), scoped)))
        named, whole = read("".join(text for text, _ in members_csv(report, scoped, query.table)))
    flat = {key: value for section in Section if section.value in told for key, value in told[section.value].items()}
    of_whole = dict(zip(map(key_of, named), whole, strict=True))
    assert {key: of_whole[key] for key in flat} == {
        key: "" if value is None else value if isinstance(value, str) else json.dumps(value)
        for key, value in flat.items()
    }
    assert {row[4] for row in days} == {world[2]} == {of_whole["timezone"]}
    for row, day in zip(days, told["days"], strict=True):
        cells = dict(zip(map(key_of, header), row, strict=True))
        assert {key: cells[key] for key in day} == {
            key: value if key == "date" else "" if value is None else json.dumps(value) for key, value in day.items()
        }


def key_of(column: str) -> str:
    """Return the key of the number in a column, whose name may tell its unit."""
    return column.removesuffix("_s").removesuffix("_share")


def test_the_command_line_says_what_the_widget_says(new_store: NewStore, capsys: pytest.CaptureFixture[str]) -> None:
    address = new_store()
    store = open_store(address)
    store.write([*people(), annotation(1, "2024-03-01 23:30", lead_time=0.1), annotation(2, "2024-03-02 12:00")])
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    period = "from=2024-03-01&to=2024-03-03&tz=Europe/Berlin"
    pages = [browser.get(f"/performance/export/report.{kind}?user=ann&{period}").text for kind in ("json", "csv")]
    store.close()
    asked = ["--user", "ann", "--from", "2024-03-01", "--to", "2024-03-03", "--tz", "Europe/Berlin"]
    printed = []
    for kind in ("json", "csv"):
        assert cli.main(["report", "--store", address, *asked, "--format", kind]) == 0
        printed.append(capsys.readouterr().out)
    assert [text.replace("\r\n", "\n") for text in printed] == [text.replace("\r\n", "\n") for text in pages]


@given(_worlds)
@settings(max_examples=15 if WHOLE else 4)
def test_the_rows_behind_every_number_recompute_it(store: Store, engine: str, world: Any) -> None:
    if enough(engine, "rows behind", 1):
        return
    organization, _, _ = written(store, world)
    viewer = Viewer(organization, "ann", Role.ANNOTATOR, projects=list("abc"))
    app = host(store, viewer=viewer)
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    period = f"from=2024-03-26&to=2024-04-06&tz={world[2]}"
    report = ask(store, viewer, from_="2024-03-26", to="2024-04-06", tz=world[2])
    for metric in METRICS:
        if metric.unit is Unit.INSTANT:
            continue  # to which no rows add up
        with browser.get(f"/performance/export/rows.csv?metric={metric.key}&{period}") as answer:
            rows = list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))
        shown = report.values[metric.key]
        listed = panel_of(store, viewer, f"{period}&rows={metric.key}")
        assert listed.tally.rows == len(rows)
        assert rows == [] or (metric.needs and shown is None) or listed.number == shown, metric.key
        assert recomputed(metric.key, rows) == (shown if shown is not None else empty(metric.key, rows)), metric.key


def panel_of(store: Store, viewer: Viewer, question: str) -> RowsBehind:
    query = parse(parse_qs(question))
    assert query.rows is not None
    with store.reading() as reader:
        asked = scope(viewer, query, reader.standing(viewer, query))
        return read_rows(reader, asked, query, query.rows, Order.TIME, descending=True, page=1)


def recomputed(key: str, rows: list[dict[str, str]]) -> Any:
    """Work a number out of the listed rows, as a person with a spreadsheet would."""
    times = sorted(Fraction(row["lead_time"]) for row in rows if row.get("lead_time"))
    match key:
        case "total_time" | "first_submitted_earlier_time" | "moved_later_time" | "long_time":
            return float(sum(times))
        case "days_over_24_hours":
            of_days: dict[str, Fraction] = {}
            for row in rows:
                day = row["completed_at"][:10]  # in the zone that was asked for
                of_days[day] = of_days.get(day, Fraction()) + Fraction(row["lead_time"])
            assert all(time > 86_400 for time in of_days.values())
            return len(of_days)
        case "time_per_annotation_median":
            return float(median(times)) if times else None
        case "time_per_annotation_average":
            return float(sum(times) / len(times)) if times else None
        case "total_time_median":
            return float(len(rows) * median(times)) if times else None
        case "performance_score" | "performance_score_without_own_reviews":
            marks = {"accepted": Fraction(1), "rejected": Fraction(0)}
            scores = [marks.get(row["action"], Fraction(row["score"]) if row["score"] else None) for row in rows]
            known = [score for score in scores if score is not None]
            return float(sum(known) / len(known)) if known else None
        case "first_pass":
            passes = [row["action"] in ("accepted", "fixed_and_accepted") for row in rows]
            return float(Fraction(sum(passes), len(passes))) if passes else None
        case "annotations_reviewed":
            return len({row["annotation_id"] for row in rows})
        case "review_time":
            return 0.0
        case "review_time_median" | "review_time_average":
            return None
    return len(rows)


def empty(key: str, rows: list[dict[str, str]]) -> Any:
    """Return what rows give where the report shows no value at all."""
    without = ("time_per_annotation_median", "total_time_median", "performance_score_without_own_reviews")
    return recomputed(key, rows) if not rows or key in without else None

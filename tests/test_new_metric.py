"""A new number on known rows is one entry in one file: card, table, files, JSON and README follow from it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENTRY = """
SUMMARY_METRICS += (
    Metric(
        "time_of_updates",
        "Time of Updates",
        Unit.SECONDS,
        Section.SUMMARY,
        "The time spent on updated annotations.",
        Sum(((1, total_of(UPDATED.that(Condition.TIME_USABLE), "lead_time")),), MICROSECONDS),
        UPDATED.that(Condition.TIME_USABLE),
        daily=True,
        tabs=(Tab.ANNOTATIONS,),
    ),
)
"""
ASKING = """
import json
from perfwidget import open_store
from perfwidget.question.table import Table
from perfwidget.report.team import columns_of
from tests.hosts import asking_body, host
from tests.worlds import annotation, people

store = open_store("duckdb:///facts.duckdb")
updated = annotation(2, "2024-03-11 10:00", lead_time=40, last_action="updated")
store.write([*people(), annotation(1, "2024-03-10 10:00", lead_time=60), updated])
browser = host(store).test_client()
browser.get("/login?as=boss:owner")
question = "user=ann&from=2024-03-10&to=2024-03-11&tz=UTC"
body = asking_body(browser, "asked", {"question": question})
card = browser.post("/performance/_dash-update-component", json=body).text
rows = browser.get(f"/performance/export/rows.csv?{question}&metric=time_of_updates").text
told = {
    "card": "Time of Updates" in card and "40s" in card,
    "table": [metric.label for metric in columns_of(Table())],
    "csv": browser.get(f"/performance/export/report.csv?{question}").text.splitlines(),
    "json": browser.get(f"/performance/export/report.json?{question}").json,
    "rows": len(rows.splitlines()) - 1,
}
store.close()
print(json.dumps(told))
"""


def test_a_new_metric_is_one_entry(tmp_path: Path) -> None:
    for name in ("perfwidget", "assets", "tests", "README.md", "setup.cfg"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
        else:
            shutil.copy2(source, tmp_path / name)
    shutil.copytree(ROOT / "assets" / "vendor", tmp_path / "assets" / "vendor")
    summary = tmp_path / "perfwidget" / "metrics" / "summary.py"
    summary.write_text(summary.read_text() + ENTRY)

    def run(*arguments: str) -> str:
        asked = [sys.executable, *arguments]
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = json.loads(run("-c", ASKING))
    assert told["card"]
    assert "Time of Updates" in told["table"]
    head, *days = (line.split(",") for line in told["csv"])
    place = head.index("time_of_updates_s")
    assert [row[place] for row in days] == ["0.0", "40.0"]
    assert told["json"]["summary"]["time_of_updates"] == 40.0
    assert [day["time_of_updates"] for day in told["json"]["days"]] == [0.0, 40.0]
    assert told["json"]["definitions"]["time_of_updates"] == "The time spent on updated annotations."
    assert told["rows"] == 1
    run("-m", "tests.test_readme")
    assert "| `time_of_updates` | Time of Updates |" in (tmp_path / "perfwidget/metrics/README.md").read_text()

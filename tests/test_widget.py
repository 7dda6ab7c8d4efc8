"""The widget in a host: who comes in, what every answer carries, and how errors are told."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from flask.testing import FlaskClient

import perfwidget
from perfwidget import PerformanceWidget
from perfwidget.errors import InvalidSetting
from perfwidget.facts import AnnotationFlag, Recorded
from perfwidget.hosting.downloads import downloaded
from perfwidget.metrics import BY_KEY, Section
from perfwidget.question.access import Viewer
from perfwidget.stores import Store, open_store
from tests.hosts import asking, asking_body, host, viewer_of
from tests.worlds import annotation, at, people, review

MARCH = "from=2024-03-01&to=2024-03-02"
PAGE = {"Sec-Fetch-Dest": "document"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('widget')}/facts.duckdb", wait=0)
    opened.write(
        [
            *people(),
            annotation(1, "2024-03-01 12:00", lead_time=60.25),
            annotation(2, "2024-03-02 12:00", lead_time=None, last_action="updated"),
            review(1, "2024-03-02 13:00", "fixed_and_accepted", score=0.42),
        ]
    )
    yield opened
    opened.close()


def client(store: Store, user: str | None, **settings: object) -> FlaskClient:
    browser = host(store, **settings).test_client()  # type: ignore[arg-type]
    if user:
        browser.get(f"/login?as={user}")
    return browser


def test_a_person_who_is_not_signed_in_goes_to_the_hosts_sign_in(store: Store) -> None:
    answer = client(store, None).get("/performance/?user=ann", headers=PAGE)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")


def test_within_a_frame_sign_in_goes_to_the_whole_window(store: Store) -> None:
    headers = {"Sec-Fetch-Dest": "iframe", "Referer": "http://localhost/home?tab=1"}
    answer = client(store, None).get("/performance/", headers=headers)
    assert answer.status_code == 401
    assert 'target="_top"' in answer.text
    assert 'href="/login?next=%2Fhome%3Ftab%3D1"' in answer.text
    foreign = client(store, None).get("/performance/", headers=headers | {"Referer": "http://localhost//evil.example/"})
    assert 'href="/login?next=%2Fevil.example%2F"' in foreign.text
    mounted = {"SCRIPT_NAME": "/labels"}
    below = client(store, None).get(
        "/performance/?user=ann", headers={"Sec-Fetch-Dest": "iframe"}, environ_overrides=mounted
    )
    assert "next=%2Flabels%2Fperformance%2F%3Fuser%3Dann" in below.text


@pytest.mark.parametrize(
    ("asked", "scheme"),
    [
        ("", "light dark"),
        ("?around=dark", "dark"),
        ("?theme=light&around=dark", "light"),
        ("?around=pink", "light dark"),
    ],
)
def test_pages_that_say_no_have_the_theme_of_the_frame_and_a_retry(store: Store, asked: str, scheme: str) -> None:
    in_frame = {"Sec-Fetch-Dest": "iframe"}
    for user in (None, "ann:nobody"):
        answer = client(store, user).get(f"/performance/{asked}", headers=in_frame)
        assert answer.status_code in (401, 403)
        assert f"color-scheme: {scheme};" in answer.text
        assert '<a href="">Try again</a>' in answer.text
        assert ('target="_top">Sign in' in answer.text) == (user is None)


def test_everything_else_is_401_for_those_who_are_not_signed_in(store: Store) -> None:
    browser = client(store, None)
    rules = [rule for rule in browser.application.url_map.iter_rules() if rule.endpoint.startswith("perfwidget.")]
    assert len(rules) > 8
    for rule in rules:
        if rule.endpoint in ("perfwidget.index", "perfwidget.health"):  # which name nobody, to anybody
            continue
        address = re.sub("<[^>]*>", "x", rule.rule.replace("<int:number>", "1").replace("<int:card_id>", "1"))
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answer = browser.open(address, method=method, json={})
        if re.search(r"/(my-)?pay(/[^.]*)?$", rule.rule):  # a page, from which people sign in
            assert answer.status_code == (401 if method == "POST" else 302), rule
            assert ("sign in again" in answer.text) if method == "POST" else ("/login" in answer.location), rule
        else:
            assert (answer.status_code, list(answer.json)) == (401, ["error"]), rule


@pytest.mark.parametrize("user", ["ann:king", "ann:nobody", "ann:"])
def test_who_may_not_look_at_all_gets_a_page_that_says_so(store: Store, user: str) -> None:
    browser = client(store, user)
    answer = browser.get("/performance/", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "ask your administrator" in answer.text
    assert browser.get(f"/performance/export/report.json?{MARCH}").status_code == 403


@pytest.mark.parametrize(
    ("user", "asked", "status"),
    [
        ("ann:annotator", MARCH, 200),
        ("ann:annotator", "user=rev", 403),
        ("ann:annotator", "user=nobody-at-all", 403),
        ("ann:annotator", "project=p1&project=p9", 403),
        ("ann:annotator", "entry=organization", 403),
        ("boss:owner", "user=ann&entry=organization", 200),
        ("boss:owner", "from=2024-13-01&to=2024-03-02", 400),
        ("boss:owner", "from=2024-03-01", 400),
        ("boss:owner", "from=2024-03-02&to=2024-03-01", 400),
        ("boss:owner", "from=2010-01-01&to=2024-03-02", 400),
        ("boss:owner", "from=2024-03-01T08:00&to=2024-03-02T16:30", 200),
        ("boss:owner", "from=2024-03-01T08:00&to=2024-03-02", 400),
        ("boss:owner", "from=2024-03-01T08:00&to=2024-03-01T08:00", 400),
        ("boss:owner", "from=2024-03-31T02:30&to=2024-04-02T16:30&tz=Europe/Berlin", 400),
        ("boss:owner", "from=2010-01-01T00:00&to=2024-03-02T00:00", 400),
        ("boss:owner", "tz=Mars/Olympus", 400),
        ("boss:owner", "preset=last_year", 400),
        ("boss:owner", "user=%00", 400),
        ("boss:owner", "project=" + "x" * 256, 400),
        ("boss:owner", "user=ann&user=rev", 200),
        ("boss:owner", "user=ann&members=all", 400),
        ("boss:owner", "user=ann&user=nobody", 403),
        ("ann:annotator", "user=ann&user=rev", 403),
        ("ann:annotator", "members=all", 403),
        ("boss:owner", "members=all&sort=salary", 400),
        ("boss:owner", "members=all&page=0", 400),
        ("boss:owner", "grain=hour", 400),
        ("boss:owner", "user=&project=&from=&to=&unknown=7", 200),
    ],
)
def test_page_and_downloads_answer_an_address_with_the_same_status(
    store: Store, user: str, asked: str, status: int
) -> None:
    browser = client(store, user)
    page = browser.get(f"/performance/?{asked}", headers=PAGE)
    report = browser.get(f"/performance/export/report.json?{asked}")
    table = browser.get(f"/performance/export/report.csv?{asked}")
    assert (page.status_code, report.status_code, table.status_code) == (status, status, status)
    assert page.mimetype == "text/html"
    if status != 200:
        assert set(report.json) == {"error"}
        assert report.json["error"].endswith(".")


def test_the_json_report_says_what_the_contract_says(store: Store) -> None:
    answer = client(store, "ann:annotator").get(f"/performance/export/report.json?{MARCH}&tz=America/Phoenix")
    report = answer.json
    assert report["user"] == {"id": "ann", "email": "ann@acme.example", "name": "Ann"}
    assert report["period"] == {"from": "2024-03-01", "to": "2024-03-02", "timezone": "America/Phoenix"}
    assert (report["scope"], report["filters"]) == (["p1", "p2"], {"workspaces": [], "projects": []})
    assert report["summary"] == {
        "total_time": 60.25,
        "submitted_annotations": 2,
        "total_time_median": 120.5,
        "time_per_annotation_median": 60.25,
        "time_per_annotation_average": 60.25,
        "performance_score": 0.42,
        "received_accepted": 0,
        "received_fixed_and_accepted": 1,
        "received_rejected": 0,
        "first_pass": 1.0,
        "long_time": 0.0,
        "long_annotations": 0,
    }
    assert report["comments"] == {"comments_received": None, "comments_added": None}
    assert report["activity"] == {"last_active": "2024-03-02T05:00:00-07:00"}
    assert list(report) == [
        "user",
        "period",
        "scope",
        "filters",
        "summary",
        "annotation_summary",
        "not_counted",
        "notes",
        "reviewing",
        "comments",
        "activity",
        "days",
        "definitions",
    ]
    assert list(report["days"][0]) == [
        "date",
        "submitted_annotations",
        "received_accepted",
        "received_fixed_and_accepted",
        "received_rejected",
        "long_annotations",
        "submitted",
        "updated",
        "skipped",
        "total_time",
        "total_time_median",
        "time_per_annotation_median",
        "time_per_annotation_average",
        "long_time",
        "performance_score",
        "first_pass",
        "annotations_reviewed",
        "reviews_accepted",
        "reviews_rejected",
        "reviews_fixed_and_accepted",
        "review_time",
    ]
    assert report["days"][1]["total_time"] is None
    disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename=report-ann-2024-03-01-2024-03-02.json"


def test_the_csv_report_says_the_same_as_the_json_report(store: Store) -> None:
    browser = client(store, "boss:owner")
    table = browser.get(f"/performance/export/report.csv?user=ann&{MARCH}")
    report = browser.get(f"/performance/export/report.json?user=ann&{MARCH}").json
    assert table.text.endswith("\r\n")
    header, *rows = csv.reader(io.StringIO(table.text))
    assert ",".join(header) == (
        "user_id,user_email,user_name,date,timezone,scope,submitted_annotations,received_accepted,"
        "received_fixed_and_accepted,received_rejected,long_annotations,submitted,updated,skipped,total_time_s,"
        "total_time_median_s,time_per_annotation_median_s,time_per_annotation_average_s,long_time_s,"
        "performance_score_share,first_pass_share,annotations_reviewed,reviews_accepted,reviews_rejected,"
        "reviews_fixed_and_accepted,review_time_s"
    )
    assert [row[3] for row in rows] == ["2024-03-01", "2024-03-02"]
    assert {tuple(row[:3] + row[4:6]) for row in rows} == {("ann", "ann@acme.example", "Ann", "UTC", "all projects")}
    times, reviewed = ["60.25", "60.25", "60.25", "60.25", "0.0"], ["0", "0", "0", "0", ""]
    assert rows[0][6:] == ["1", "0", "0", "0", "0", "1", "0", "0", *times, "", "", *reviewed]
    assert rows[1][6:] == ["1", "0", "1", "0", "0", "0", "1", "0", "", "", "", "", "", "0.42", "1.0", *reviewed]
    for row, day in zip(rows, report["days"], strict=True):
        told = {name.removesuffix("_s").removesuffix("_share"): cell for name, cell in zip(header, row, strict=True)}
        assert {key: told[key] for key in day if key != "date"} == {
            key: "" if value is None else json.dumps(value) for key, value in day.items() if key != "date"
        }


def test_answers_are_nobody_elses(store: Store) -> None:
    browser = client(store, "ann:annotator")
    for address in ("/performance/", "/performance/session", f"/performance/export/report.csv?{MARCH}"):
        answer = browser.get(address)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Cookie" in answer.headers["Vary"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_may_run_its_own_scripts_only(store: Store) -> None:
    policy = client(store, "ann:annotator").get("/performance/").headers["Content-Security-Policy"]
    assert "default-src 'self'; script-src 'self'; style-src" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'self';" in policy


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("'none'", "frame-ancestors 'none';"),
        (["'self'", "https://portal.example"], "frame-ancestors 'self' https://portal.example;"),
    ],
)
def test_frames_are_allowed_as_set(store: Store, setting: object, told: str) -> None:
    answer = client(store, "ann:annotator", frame_ancestors=setting).get("/performance/")
    assert told in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "setting",
    [
        {"frame_ancestors": "'self'; script-src *"},
        {"frame_ancestors": []},
        {"max_period_days": 0},
        {"timezone": "Mars/Olympus"},
        {"timezone": ""},
        {"timezone": 1},
        {"task_url": "javascript:alert({task_id})"},
        {"task_url": "//elsewhere.example/{task_id}"},
        {"task_url": "https://{task_id}.example/"},
        {"task_url": "/tasks/{task_id.__class__}"},
        {"task_url": "/tasks/{task_id!r}"},
        {"task_url": "/tasks/{task_id}/{user}"},
        {"task_url": "/tasks/{task_id"},
        {"task_url": "/tasks"},
        {"task_url": "/tasks#{task_id}"},
        {"task_url": "/\\\\elsewhere.example/{task_id}"},
        {"task_url": "https://host.example:{task_id}/"},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(store: Store, setting: dict[str, object]) -> None:
    with pytest.raises(InvalidSetting):
        PerformanceWidget(store=store, viewer_of=viewer_of, **setting)  # type: ignore[arg-type]


def test_the_zone_in_which_people_are_paid_is_that_of_whoever_asks_for_none(store: Store) -> None:
    plain, paid = client(store, "ann:annotator"), client(store, "ann:annotator", timezone="Pacific/Kiritimati")
    for asked, of_plain, of_paid in (
        ("", "UTC", "Pacific/Kiritimati"),
        ("&tz=", "UTC", "Pacific/Kiritimati"),
        ("&tz=Asia/Tokyo", "Asia/Tokyo", "Asia/Tokyo"),
    ):
        address = f"/performance/export/report.json?{MARCH}{asked}"
        assert plain.get(address).json["period"]["timezone"] == of_plain
        assert paid.get(address).json["period"]["timezone"] == of_paid
    heading = json.dumps(asking(paid, "asked", {"question": MARCH}).json)
    assert "Pacific/Kiritimati" in heading
    today = paid.get("/performance/export/report.json?preset=today").json["period"]["from"]
    assert today in {str((datetime.now(UTC) + timedelta(hours=14) - lag).date()) for lag in (timedelta(), timedelta(1))}


def test_settings_are_kept_apart_between_two_widgets(store: Store) -> None:
    store.write([annotation(3, "2024-03-02 14:00", last_action="rejected")])
    app = host(store)
    app.register_blueprint(PerformanceWidget(store, viewer_of, name="counting", count_rejected=True), url_prefix="/c")
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    asked = f"export/report.json?{MARCH}"
    plain, counting = browser.get(f"/performance/{asked}").json, browser.get(f"/c/{asked}").json
    assert (plain["summary"]["submitted_annotations"], counting["summary"]["submitted_annotations"]) == (2, 3)
    assert plain["not_counted"]["rejected"] == counting["not_counted"]["rejected"] == 1
    store.remove([annotation(3, "2024-03-02 14:00")])


def test_predictions_taken_over_count_where_the_host_says_so(store: Store) -> None:
    taken_over = annotation(4, "2024-03-02 15:00")
    store.write([replace(taken_over, flags=AnnotationFlag.FROM_PREDICTION)])
    app = host(store)
    counting = PerformanceWidget(store, viewer_of, name="counting", count_predictions=True)
    app.register_blueprint(counting, url_prefix="/c")
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    reports = [browser.get(f"/{prefix}/export/report.json?{MARCH}").json for prefix in ("performance", "c")]
    assert [each["summary"]["submitted_annotations"] for each in reports] == [2, 3]
    assert [each["notes"]["from_predictions"] for each in reports] == [1, 1]
    store.remove([taken_over])


ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Referer": "https://evil.example/page"},
)


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_other_sites_get_one_and_the_same_page_whatever_they_ask(
    store: Store, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever is signed in, and whether they may see what is asked for: nothing is counted, logged or told."""
    caplog.set_level("INFO")
    heard: list[object] = []
    addresses = ["session", "_dash-layout", "_dash-dependencies", "export/report.json?user=nobody"]
    addresses += [
        f"export/{file}?user={user}&{MARCH}" for file in ("report.csv", "timeline.csv") for user in ("ann", "rev")
    ]
    answers = set()
    with downloaded.connected_to(lambda _app, **told: heard.append(told)):
        for who in ("ann:annotator", "boss:owner", "x:nobody", None):
            browser = client(store, who)
            asked = [browser.get(f"/performance/{address}", headers=headers) for address in addresses]
            asked.append(browser.post("/performance/_dash-update-component", json={}, headers=headers))
            answers |= {(answer.status_code, answer.text, str(sorted(answer.headers))) for answer in asked}
            shown = browser.get("/performance/", headers=headers)
            assert shown.status_code == (200 if who in ("ann:annotator", "boss:owner") else 403 if who else 302)
    assert {(status, "Open the dashboard" in text) for status, text, _ in answers} == {(403, True)}
    assert len(answers) == 1
    assert (heard, [each for each in caplog.records if each.name.startswith("perfwidget")]) == ([], [])


def test_ones_own_pages_links_and_programs_may_ask(store: Store) -> None:
    browser = client(store, "ann:annotator")
    for headers in (
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/home"},
        {"Referer": "http://localhost/home"},
        {"Origin": "http://localhost"},
    ):
        assert browser.get(f"/performance/export/report.json?{MARCH}", headers=headers).status_code == 200


def test_a_host_with_csrf_protection_keeps_it_on(store: Store) -> None:
    browser = client(store, "ann:annotator", csrf=True)
    refused = browser.post("/performance/_dash-update-component", json={})
    assert (refused.status_code, "CSRF" in refused.text) == (400, True)
    browser.get("/performance/")
    cookie = browser.get_cookie("perfwidget_csrf", path="/performance/")
    assert cookie is not None
    assert not cookie.http_only
    browser.delete_cookie("perfwidget_csrf", path="/performance/")
    assert browser.get("/performance/?user=rev").status_code == 403
    assert browser.get_cookie("perfwidget_csrf", path="/performance/") is not None
    headers = {"X-CSRFToken": cookie.value}
    malformed = browser.post("/performance/_dash-update-component", json={}, headers=headers)
    assert (malformed.status_code, list(malformed.json)) == (400, ["error"])


def test_no_cookie_is_set_where_the_host_needs_none(store: Store) -> None:
    browser = client(store, "ann:annotator")
    browser.get("/performance/")
    assert browser.get_cookie("perfwidget_csrf", path="/performance/") is None


def test_a_host_without_flask_login_is_told_what_is_missing(store: Store) -> None:
    from flask import Flask

    app = Flask("bare")
    app.register_blueprint(PerformanceWidget(store=store, viewer_of=viewer_of), url_prefix="/performance")
    answer = app.test_client().get("/performance/session")
    assert answer.status_code == 500
    assert "LoginManager(app)" in answer.json["error"]


def test_a_demotion_acts_on_the_next_request(store: Store) -> None:
    browser = client(store, "boss:owner")
    address = f"/performance/export/report.json?user=ann&{MARCH}"
    assert browser.get(address).status_code == 200
    browser.get("/login?as=boss:annotator")
    assert browser.get(address).status_code == 403
    browser.get("/logout")
    assert browser.get(address).status_code == 401


def test_a_store_that_is_away_is_a_503_in_one_sentence(tmp_path: Path) -> None:
    away = open_store(f"duckdb:///{tmp_path}/facts.duckdb")
    browser = client(away, "ann:annotator")
    away.close()
    for address in ("/performance/", f"/performance/export/report.csv?{MARCH}"):
        answer = browser.get(address)
        assert answer.status_code == 503
        assert "start the program again" in answer.text


def test_the_page_asks_for_its_figures_once(store: Store) -> None:
    answer = asking(client(store, "ann:annotator"), "asked", {"question": MARCH})
    assert answer.status_code == 200
    assert "Ann" in answer.text
    assert "42 %" in answer.text


def test_every_number_leads_to_its_rows(store: Store) -> None:
    browser = client(store, "boss:owner")
    question = f"user=ann&project=p1&{MARCH}"
    answer = asking(browser, "asked", {"question": question})
    links = [props["href"] for props in properties(answer.json["response"]) if leads(props)]
    metrics = [link.rpartition("rows=")[2] for link in links]
    assert [metric for metric in metrics if BY_KEY[metric].section is Section.SUMMARY] == [
        "total_time",
        "submitted_annotations",
        "total_time_median",
        "time_per_annotation_median",
        "time_per_annotation_average",
        "performance_score",
        "first_pass",
        "received_fixed_and_accepted",
    ]
    assert f"?{question}&rows=submitted_annotations" in links
    for link in links:
        assert browser.get(f"/performance/{link}").status_code == 200


def leads(props: dict[str, Any]) -> bool:
    return "leads" in str(props.get("className")).split()


def properties(tree: Any) -> Iterator[dict[str, Any]]:
    """Return the properties of every component of a layout or an answer."""
    if isinstance(tree, list):
        for part in tree:
            yield from properties(part)
    elif isinstance(tree, dict):
        if "props" in tree:
            yield tree["props"]
        for part in tree.values():
            yield from properties(part)


def test_downloads_that_a_role_may_not_have_are_not_offered(store: Store) -> None:
    def offered(user: str, **settings: object) -> tuple[bool, bool, bool]:
        browser = client(store, user, **settings)
        menu = {
            props["id"]: props["class_name"] != "withheld"
            for props in properties(browser.get("/performance/_dash-layout").json)
            if str(props.get("id")).startswith("export-")
        }
        figures = asking(browser, "asked", {"question": f"user=ann&{MARCH}"}).json
        return menu["export-report-csv"], menu["export-timeline-csv"], any(map(leads, properties(figures)))

    kept = {"rows": ["owner"], "timeline": ["owner"]}
    assert offered("ann:annotator", export_roles=kept) == (True, False, False)
    assert offered("boss:owner", export_roles=kept) == (True, True, True)
    assert offered("ann:annotator") == (True, True, True)


@pytest.mark.parametrize(
    ("user", "question", "status"),
    [
        ("ann:annotator", "user=rev", 403),
        ("ann:annotator", "user=no-such-member", 403),
        ("ann:annotator", "project=p9", 403),
        ("ann:king", "", 403),
        ("ann:annotator", "from=yesterday&to=today", 400),
        ("ann:annotator", None, 400),
        ("boss:owner", "user=rev", 200),
    ],
)
def test_a_forged_callback_is_refused_like_a_page(store: Store, user: str, question: str | None, status: int) -> None:
    answer = asking(client(store, user), "asked", {"question": question})
    assert answer.status_code == status
    if status != 200:
        assert list(answer.json) == ["error"]


def test_a_search_finds_only_what_may_be_chosen(store: Store) -> None:
    def found(user: str) -> set[str]:
        sought = {"kind": "member", "text": "acme.example", "workspaces": []}
        answer = asking(client(store, user), "seek", sought)
        return {option["value"] for option in answer.json["response"]["found"]["data"]["options"]}

    assert found("boss:owner") == {"ann", "boss", "rev"}
    assert found("ann:manager") == {"ann", "boss", "rev"}
    assert found("ann:annotator") == {"ann"}


@pytest.mark.parametrize("sought", [None, {}, {"kind": "salary", "text": "", "workspaces": []}, {"kind": "member"}])
def test_a_malformed_search_is_a_400(store: Store, sought: object) -> None:
    assert asking(client(store, "boss:owner"), "seek", sought).status_code == 400


def test_a_viewer_that_a_host_makes_wrong_is_told_in_the_log(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    for made, status, said in (
        (Viewer("acme", "ann", "Owner"), 403, "A viewer has the role 'Owner', and roles are owner, admin, manager"),
        ({"role": "owner"}, 500, "viewer_of returns a Viewer or None, and returned dict."),
    ):
        app = host(store, viewer=made)  # type: ignore[arg-type]
        browser = app.test_client()
        browser.get("/login?as=ann:annotator")
        caplog.clear()
        assert browser.get("/performance/export/report.csv").status_code == status
        assert said in caplog.text


MOST_MODULES = 28


def test_a_grain_that_gives_way_is_said(store: Store) -> None:
    question = "user=ann&from=2024-03-01&to=2024-03-31&tz=UTC&grain=day"
    browser = client(store, "boss:owner", max_period_days=100_000)
    assert asking(browser, "asked", {"question": question}).json["response"]["answer"]["data"]["notices"] == []
    long = asking(browser, "asked", {"question": question.replace("2024-03-01", "1990-01-01")})
    assert long.json["response"]["answer"]["data"]["notices"] == [
        "This period is too long to be shown per day; it is shown per week."
    ]


def test_it_is_said_since_when_comments_are_kept(store: Store) -> None:
    store.write([Recorded("acme", "comments", at("2024-03-10 12:00"))])
    browser = client(store, "ann:annotator")
    for first, told in (("09", ["Comments before 10 Mar 2024 are not kept: nothing is known of them."]), ("10", [])):
        question = {"question": f"user=ann&from=2024-03-{first}&to=2024-03-31&tz=UTC"}
        assert asking(browser, "asked", question).json["response"]["answer"]["data"]["notices"] == told


def test_a_question_passes_few_modules(store: Store) -> None:
    """Whoever follows a question from its request to its answer has so many files of ours to read."""
    browser = client(store, "boss:owner")
    body = asking_body(browser, "asked", {"question": f"user=ann&{MARCH}&tz=UTC&project=p1"})
    ours, passed = Path(perfwidget.__file__).parent, set()

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ours):
            passed.add(path.relative_to(ours).as_posix())

    sys.setprofile(note)
    try:
        answer = browser.post("/performance/_dash-update-component", json=body)
    finally:
        sys.setprofile(None)
    assert answer.status_code == 200
    assert {"page/callbacks.py", "question/query.py", "report/numbers.py", "stores/sql.py"} <= passed
    assert len(passed) <= MOST_MODULES, "\n".join(sorted(passed))

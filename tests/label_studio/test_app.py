"""The application beside a Label Studio as browsers, other sites and proxies meet it."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from perfwidget.errors import InvalidSetting
from perfwidget.facts.ingest import Bookmark
from perfwidget.label_studio.app import NOT_READ_YET, create_app
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sign_in import AS_LAST_KNOWN, AWAY, Sessions
from perfwidget.label_studio.webhooks import receiver
from tests.hosts import asking, asking_body
from tests.label_studio.company import ANN, BEN, LEFT, MARCH, OWNER, STRANGER, Beside, beside, company, seconds
from tests.label_studio.stand_in import StandIn, standing_in
from tests.worlds import at

PROXIED = {"Host": "labels.example"}
CALLBACK = "/performance/_dash-update-component"


@pytest.fixture(scope="module")
def studio() -> Iterator[StandIn]:
    with standing_in(enterprise=True) as stand_in:
        company(stand_in)
        yield stand_in


@pytest.fixture(scope="module")
def there(studio: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    with beside(studio, tmp_path_factory.mktemp("company")) as dashboard:
        dashboard.app.register_blueprint(receiver("secret", lambda projects: None), url_prefix="/performance")
        yield dashboard


def get(there: Beside, user: int | None, path: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return there.browser(user).get(path, headers=PROXIED | named, buffered=True)


# --- Nobody is signed in


@pytest.mark.parametrize(
    "asked",
    ["", "?user=5&project=10&from=2024-03-01&to=2024-03-31&tz=Europe/Berlin", "?next=//evil.example", "?a=%26b%3D"],
)
def test_a_page_load_goes_to_the_sign_in_and_comes_back(there: Beside, asked: str) -> None:
    answer = get(there, None, f"/performance/{asked}")
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    assert (where.scheme, where.netloc, where.path) == ("", "", "/user/login/")
    [back] = parse_qs(where.query)["next"]
    assert urlsplit(back)._replace(query="").geturl() == "/performance/"
    assert parse_qs(urlsplit(back).query) == parse_qs(asked.removeprefix("?"))
    assert "no-store" in answer.headers["Cache-Control"]


def test_within_a_frame_a_page_asks_for_the_whole_window(there: Beside) -> None:
    page = "http://labels.example/projects/10?tab=1"
    answer = get(there, None, "/performance/?user=5", Sec_Fetch_Dest="iframe", Referer=page)
    assert answer.status_code == 401
    assert 'href="/user/login/?next=%2Fprojects%2F10%3Ftab%3D1" target="_top"' in answer.text
    elsewhere = get(there, None, "/performance/?user=5", Sec_Fetch_Dest="iframe", Referer="http://evil.example/x")
    assert "evil" not in elsewhere.text
    assert 'href="/user/login/?next=%2Fperformance%2F%3Fuser%3D5" target="_top"' in elsewhere.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_every_other_address_is_refused_without_a_session(there: Beside) -> None:
    """Whatever is added later is refused, too, unless it is named here."""
    public = {"/healthz": 200, "/performance": 302, "/performance/label-studio.js": 200}
    public |= {"/performance/webhooks/label-studio": 405, "/performance/health": 200}
    pages = {"", "my-pay", "pay", *(f"pay/{name}" for name in ("cards", "draft", "questions", "statements/1", "terms"))}
    public |= {f"/performance/{page}": 302 for page in pages}
    for rule in there.app.url_map.iter_rules():
        path = str(rule).replace("<path:filename>", "x.js").replace("<package>", "dash")
        path = re.sub("<int:[a-z_]+>", "1", path)
        method = "POST" if "GET" not in (rule.methods or ()) else "GET"
        if path in public:
            method = "GET"
        answer = there.browser(None).open(path, method=method, headers=PROXIED, buffered=True)
        assert answer.status_code == public.get(path, 401), path
        if answer.status_code == 401:
            assert "Sign in" in answer.text if answer.mimetype == "text/html" else list(answer.get_json()) == ["error"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/performance/",
        "//evil.example/%2e%2e/performance/",
        "/performance//evil.example",
        "/performance/%2f%2fevil.example/",
        "/performance?next=//evil.example",
        "/performance/?next=https://evil.example",
        "/%5cevil.example/performance/",
        "/performance/%0d%0aLocation:%20//evil.example",
        "/performance?%0d%0aLocation:%20//evil.example",
    ],
)
@pytest.mark.parametrize("user", [None, OWNER])
def test_nobody_is_led_to_another_site(there: Beside, path: str, user: int | None) -> None:
    answer = get(there, user, path)
    where = urlsplit(answer.headers.get("Location", ""))
    assert where.netloc in ("", "labels.example")
    assert not where.path.startswith(("//", "/\\"))
    assert answer.headers.getlist("Location")[1:] == []


def test_the_host_that_is_asked_for_leads_nowhere(there: Beside) -> None:
    answer = there.browser(None).get(
        "/performance/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert answer.headers["Location"] == "/user/login/?next=%2Fperformance%2F"


def test_the_address_without_a_slash_keeps_its_question(there: Beside) -> None:
    answer = get(there, OWNER, "/performance?user=5&project=10&project=20")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/performance/?user=5&project=10&project=20")


# --- Somebody is signed in, and Label Studio is not itself


def test_while_label_studio_is_away_a_sentence_says_so(
    studio: StandIn, there: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    studio.faults["current-user"] = lambda handler: handler.send(b"", "text/html", 502)  # type: ignore[attr-defined]
    try:
        page, data = (there.browser(77).get(f"/performance/{path}") for path in ("", "export/report.json"))
    finally:
        studio.faults.clear()
    assert (page.status_code, page.mimetype, page.text) == (503, "text/plain", f"{AWAY}\n")
    assert (data.status_code, data.get_json()) == (503, {"error": AWAY})
    assert "no-store" in page.headers["Cache-Control"]
    assert "session-77" not in caplog.text + page.text + data.text


def test_before_label_studio_was_asked_nobody_is_called_a_stranger(studio: StandIn, tmp_path: Path) -> None:
    with beside(studio, tmp_path, read=False) as early:
        answer = get(early, OWNER, "/performance/export/report.json")
        assert (answer.status_code, answer.get_json()) == (503, {"error": NOT_READ_YET})


def test_the_cookie_of_another_program_behind_the_same_name_does_no_harm(there: Beside) -> None:
    browser = there.browser(OWNER)
    for name in ("remember_token", "session"):
        browser.set_cookie(name, "1|0123456789abcdef")
    assert browser.get(f"/performance/export/report.json?{MARCH}").status_code == 200


@pytest.mark.parametrize("user", [LEFT, STRANGER])
def test_people_of_other_organizations_get_nothing(there: Beside, user: int) -> None:
    for path in (
        "",
        "_dash-layout",
        "export/report.json",
        "export/timeline.csv",
        f"export/rows.csv?metric=total_time&{MARCH}",
    ):
        answer = get(there, user, f"/performance/{path}")
        if path != "_dash-layout":  # which is the same for everybody, and holds no figure
            assert answer.status_code == 403, path
        assert "Ten" not in answer.text
        assert "labels.example" not in answer.text


def test_news_are_those_of_the_own_organization(there: Beside) -> None:
    there.store.write([Bookmark("other", "secret source", "4711", at("2024-03-01 12:00"))])
    browser = there.browser(ANN)

    def look(question: str) -> TestResponse:
        body = asking_body(browser, "look", {"question": question, "news": None})
        return browser.post(CALLBACK, json=body, headers=PROXIED)

    told = look("").get_json()
    assert told["response"]["news"]["data"]
    assert "secret" not in str(told)
    there.store.write([Bookmark("other", "secret source", "4712", at("2024-03-01 12:00"))])
    assert look("").get_json()["response"]["news"] == told["response"]["news"]
    assert look("user=6").status_code == 403
    browser = there.browser(OWNER)
    assert look("").get_json()["response"]["news"]["data"] == "label studio=1"
    assert look("project=99").status_code == 403
    assert look("").headers["Cross-Origin-Resource-Policy"] == "same-origin"


# --- Other sites, proxies and caches


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://labels.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://labels.example"}, 200),  # the proxy ends the encryption
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://labels.example.evil.example"}, 403),
        ({"Origin": "http://evil.labels.example", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}, 403),
        ({"Origin": "http://[evil"}, 403),
    ],
)
def test_no_other_site_calls_back(there: Beside, headers: dict[str, str], status: int) -> None:
    browser = there.browser(ANN)
    body = asking_body(browser, "asked", {"question": MARCH})
    assert browser.post(CALLBACK, json=body, headers=PROXIED | headers).status_code == status


def test_what_proxies_add_changes_nothing(there: Beside) -> None:
    plain = get(there, ANN, f"/performance/export/report.json?{MARCH}")
    told = {"X_Forwarded_For": "10.0.0.1", "X_Forwarded_Prefix": "/wicked", "X_Forwarded_Proto": "gopher"}
    added = get(there, ANN, f"/performance/export/report.json?{MARCH}", X_Forwarded_User="1", **told)
    assert added.data == plain.data
    page = get(there, ANN, "/performance/", X_Forwarded_Host="wicked.example", **told)
    assert page.status_code == 200
    assert "wicked" not in page.text


def test_no_cache_keeps_anything_of_anybody_and_no_cookie_is_set(there: Beside) -> None:
    for path in ("", "session", "_dash-layout", "export/report.json", "export/timeline.csv", "none"):
        answer = get(there, ANN, f"/performance/{path}")
        assert "no-store" in answer.headers["Cache-Control"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
    page = get(there, ANN, "/performance/")
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]


def test_what_is_not_there_is_said_in_a_sentence(there: Beside) -> None:
    answer = get(there, OWNER, "/projects/10/data")
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert answer.text.count("\n") == 1
    refused = there.browser(OWNER).delete("/performance/export/report.json", headers=PROXIED)
    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


# --- Settings


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "/",
        "performance",
        "/performance/",
        "//evil",
        "/a//b",
        "/a/../b",
        "/.",
        "/a b",
        "/<path:x>",
        "/a?b",
        "/a#b",
        "/ä",
        "/a\n",
    ],
)
def test_a_prefix_that_is_none_is_refused(there: Beside, prefix: str) -> None:
    with pytest.raises(InvalidSetting, match="prefix"):
        create_app(there.store, there.sessions, there.sync, Roles(), prefix=prefix)


@pytest.mark.parametrize("sign_in", ["", "login", "javascript:alert(1)", "//evil.example/login", "ftp://x"])
def test_a_sign_in_that_is_none_is_refused(there: Beside, sign_in: str) -> None:
    with pytest.raises(InvalidSetting, match="sign in"):
        create_app(there.store, there.sessions, there.sync, Roles(), sign_in=sign_in)


def test_prefix_and_sign_in_are_settings(there: Beside, studio: StandIn) -> None:
    app = create_app(
        there.store,
        Sessions(studio.address),
        there.sync,
        Roles(),
        prefix="/tools/figures",
        sign_in="https://sso.example/in",
    )
    answer = app.test_client().get("/tools/figures/?user=5", headers=PROXIED)
    assert answer.headers["Location"].startswith("https://sso.example/in?next=")
    browser = app.test_client()
    browser.set_cookie("sessionid", "session-1")
    assert "/tools/figures/" in browser.get("/tools/figures/").text
    assert browser.get("/performance/").status_code == 404


# --- Label Studio away


def test_while_label_studio_is_away_who_is_known_is_told_so_and_others_get_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with standing_in(enterprise=True) as studio, ExitStack() as stack:
        company(studio)
        there = stack.enter_context(beside(studio, tmp_path))
        owner, ann, ben = (there.browser(user) for user in (OWNER, ANN, BEN))
        assert (seconds(owner, BEN), seconds(ann)) == (12.0, 3.0)
        assert late(owner) == ""
        studio.faults["current-user"] = lambda handler: handler.send(b"", "text/html", 502)
        there.sessions._clock = lambda: monotonic() + 3000  # type: ignore[assignment]
        assert (seconds(owner, BEN), seconds(ann), seconds(ann, BEN)) == (12.0, 3.0, 403)
        assert AS_LAST_KNOWN in late(owner)
        caplog.clear()
        for path in ("", "_dash-layout", "session", "export/report.json", "export/members.csv"):
            refused = ben.get(f"/performance/{path}")
            assert (refused.status_code, AWAY in refused.text) == (503, True)
        assert len(caplog.records) <= 1
        assert [record for record in caplog.records if record.exc_info] == []
        studio.faults.clear()
        there.sessions._clock = lambda: monotonic() + 3100  # type: ignore[assignment]
        assert seconds(ben) == 12.0
        assert late(owner) == ""


def late(browser: FlaskClient) -> str:
    """Return what an open page is told beside the figures."""
    answer = asking(browser, "look", {"question": ""})
    assert answer.status_code == 200, answer.text
    told: str = answer.json["response"]["late"]["data"]
    return told

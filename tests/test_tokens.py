"""Files for other programs, which show a token instead of a session: the same scope and the same refusals."""

from collections.abc import Iterator

import pytest

from perfwidget import Viewer, open_store
from perfwidget.errors import Unauthenticated
from perfwidget.facts import Member, Membership, Project
from perfwidget.stores import Store
from tests.hosts import host
from tests.worlds import ORGANIZATION, annotation

MARCH = "from=2024-03-01&to=2024-03-02&tz=UTC"
FILES = ("report.csv", "report.json", "members.csv", "timeline.csv", "comments.csv", "rows.csv?metric=submitted")
TOKENS = {
    "of-boss": Viewer(ORGANIZATION, "boss", "owner"),
    "of-ann": Viewer(ORGANIZATION, "ann", "annotator"),
    "of-another": Viewer("globex", "boss", "owner"),
    "of-a-king": Viewer(ORGANIZATION, "ann", "king"),
    "of-eve": Viewer(ORGANIZATION, "eve", "annotator"),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('tokens')}/facts.duckdb")
    roles = {"boss": "owner", "ann": "annotator", "bob": "annotator"}
    opened.write(
        [
            *(Member(ORGANIZATION, user, f"{user}@acme.example", user, role=role) for user, role in roles.items()),
            Member(ORGANIZATION, "eve", None, None, role="annotator", active=False),
            Project(ORGANIZATION, "p1", None, title="One"),
            Membership(ORGANIZATION, "ann", None, "p1"),
            annotation(1, "2024-03-01 09:00", lead_time=10),
            annotation(2, "2024-03-01 09:00", lead_time=70, completed_by="bob"),
        ]
    )
    yield opened
    opened.close()


def status(store: Store, token: str, file: str, asked: str = "", **settings: object) -> int:
    """Return how a program's question for a file is answered."""
    settings = {"token_viewer": TOKENS.get, **settings}
    address = f"/performance/export/{file}{'&' if '?' in file else '?'}{MARCH}{asked}"
    headers = {"Authorization": f"Bearer {token}"}
    with host(store, **settings).test_client().get(address, headers=headers) as answer:  # type: ignore[arg-type]
        if answer.status_code >= 400:
            assert list(answer.json) == ["error"]
        return answer.status_code


@pytest.mark.parametrize("file", FILES)
def test_a_token_has_the_scope_of_whose_it_is(store: Store, file: str) -> None:
    assert status(store, "of-boss", file, "&members=all") == 200
    assert status(store, "of-boss", file, "&user=nobody") == 403
    assert status(store, "of-ann", file) == 200
    for asked in ("&members=all", "&user=bob", "&user=ann&user=bob", "&project=p2"):
        assert status(store, "of-ann", file, asked) == 403
    assert status(store, "of-another", file, "&user=ann") == 403
    assert status(store, "of-a-king", file) == status(store, "of-eve", file) == 403
    assert status(store, "of-nobody", file) == status(store, "", file) == 401


def test_the_numbers_are_those_of_the_session(store: Store) -> None:
    app = host(store, token_viewer=TOKENS.get)
    browser = app.test_client()
    browser.get("/login?as=ann:annotator")
    address = f"/performance/export/report.json?{MARCH}"
    signed_in = browser.get(address)
    assert app.test_client().get(address, headers={"Authorization": "Bearer of-ann"}).text == signed_in.text
    # Of both, the token decides, even one that is nobody's.
    both = browser.get(f"{address}&user=bob", headers={"Authorization": "Bearer of-boss"})
    assert both.json["summary"]["total_time"] == 70.0
    assert browser.get(address, headers={"Authorization": "Bearer of-nobody"}).status_code == 401


def test_a_long_file_asks_the_token_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.report.number_files.MOST_DAYS", 1)
    asked: list[str] = []

    def whose(token: str) -> Viewer | None:
        asked.append(token)
        return TOKENS.get(token) if len(asked) < 3 else None

    browser = host(store, token_viewer=whose).test_client()
    headers = {"Authorization": "Bearer of-boss"}
    file = browser.get(f"/performance/export/report.csv?{MARCH}&members=all&idle=show", headers=headers)
    with pytest.raises(Unauthenticated):
        file.get_data()
    assert len(asked) == 3


def test_roles_that_may_not_have_a_file_may_not_by_a_token_either(store: Store) -> None:
    roles = {"report": ["owner"]}
    for file in ("report.csv", "report.json", "members.csv"):
        assert status(store, "of-boss", file, export_roles=roles) == 200
        assert status(store, "of-ann", file, export_roles=roles) == 403
    assert status(store, "of-ann", "timeline.csv", export_roles=roles) == 200


def test_tokens_open_files_alone_and_only_where_the_host_takes_them(store: Store) -> None:
    headers = {"Authorization": "Bearer of-boss"}
    browser = host(store, token_viewer=TOKENS.get).test_client()
    for address in ("/performance/session", "/performance/_dash-layout", "/performance/_dash-dependencies"):
        assert browser.get(address, headers=headers).status_code == 401
    assert browser.post("/performance/_dash-update-component", json={}, headers=headers).status_code in (400, 401)
    assert status(store, "of-boss", "report.json", token_viewer=None) == 401
    with browser.get(
        f"/performance/export/report.json?{MARCH}", headers={"Authorization": "Basic b2YtYm9zczo="}
    ) as answer:
        assert answer.status_code == 401
    elsewhere = {**headers, "Sec-Fetch-Site": "cross-site"}
    assert browser.get(f"/performance/export/report.json?{MARCH}", headers=elsewhere).status_code == 403

"""A labeling platform in a few lines, as a host for the widget in tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, request
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from perfwidget import PerformanceWidget, Viewer
from perfwidget.stores import Store
from tests.worlds import ORGANIZATION


class User(UserMixin):
    """A user whose id says all: `name:role`."""

    def __init__(self, user_id: str) -> None:
        self.id = user_id


def viewer_of(user: Any) -> Viewer | None:
    """Return who the user is; nobody may look whose role is `nobody`."""
    name, _, role = user.get_id().partition(":")
    return None if role == "nobody" else Viewer(ORGANIZATION, name, role)


def host(
    store: Store, *, csrf: bool = False, prefix: str = "/performance", viewer: Viewer | None = None, **settings: Any
) -> Flask:
    """Return a host with a sign-in that believes everybody (`/login?as=name:role`), and the widget.

    With `viewer`, whoever signs in is that one.
    """
    app = Flask("platform")
    app.secret_key = "only for tests"
    manager = LoginManager(app)
    manager.login_view = "login"
    manager.user_loader(User)
    if csrf:
        CSRFProtect(app)

    @app.get("/login")
    def login() -> str:
        if "as" in request.args:
            login_user(User(request.args["as"]))
        return "sign in"

    @app.get("/logout")
    def logout() -> str:
        logout_user()
        return "signed out"

    def who(user: Any) -> Viewer | None:
        return viewer or viewer_of(user)

    app.register_blueprint(PerformanceWidget(store=store, viewer_of=who, **settings), url_prefix=prefix)
    return app


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve an application on loopback, a thread a request, and give the port."""
    with make_server("127.0.0.1", 0, app, threaded=True) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            serving.join()


def asking(browser: FlaskClient, input_id: str, value: object) -> TestResponse:
    """Send what the page's script would send to the callback on the server that waits for a value."""
    return browser.post("/performance/_dash-update-component", json=asking_body(browser, input_id, value))


def asking_body(browser: FlaskClient, input_id: str, value: object) -> dict[str, Any]:
    """Return the body of that request."""
    return callback_body(browser.get("/performance/_dash-dependencies").json, input_id, value)


OPENERS = ("total-time-opener", "review-time-opener")
"""What opens the tables of the two times."""


def shown_seconds(answer: Any, panel: str) -> list[str]:
    """Return the days' seconds in a table that was answered, of all lines together; none where there is nothing."""
    shown = answer.json["response"].get(f"{panel}-table", {}).get("children")
    if not shown:
        return []
    _, head, body = (part["props"]["children"] for part in shown["props"]["children"]["props"]["children"])
    titles = [cell["props"]["children"] for cell in head["props"]["children"]]
    exact = [place for place, title in enumerate(titles) if title.endswith(", s") and "(Median)" not in title]
    rows = [[row["props"]["children"][place]["props"]["children"] for place in exact] for row in body]
    return ["—" if not (there := [float(each) for each in row if each != "—"]) else repr(sum(there)) for row in rows]


def callback_body(dependencies: Any, input_id: str, value: object) -> dict[str, Any]:
    """Return the body for the callback on the server with that input, among all that the page has."""
    [known] = [each for each in dependencies if not each["clientside_function"] and each["inputs"][0]["id"] == input_id]
    names = known["output"].strip(".").split("...")
    outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
    return {
        "output": known["output"],
        "outputs": outputs if known["output"].startswith("..") else outputs[0],
        "inputs": [{**known["inputs"][0], "value": value}],
        "changedPropIds": [f"{input_id}.{known['inputs'][0]['property']}"],
    }

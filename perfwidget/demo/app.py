"""The sample platform as a Flask application: where the dashboard is mounted, in `mount_dashboard`."""

import secrets

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from perfwidget import PerformanceWidget, Viewer
from perfwidget.demo import people
from perfwidget.demo.accounts import accounts
from perfwidget.demo.pages import pages
from perfwidget.demo.people import PlatformUser
from perfwidget.errors import PerfwidgetError, StoreUnavailable
from perfwidget.stores.store import Store

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'; object-src 'none'"
)


def create_app(store: Store) -> Flask:
    """Return the platform over a store of facts; sessions end with the process, as its key is drawn afresh."""
    app = Flask(__package__)
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME="platform_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a token is good for as long as the session
    )
    CSRFProtect(app)
    add_sign_in(app, store)
    mount_dashboard(app, store)
    app.register_blueprint(accounts(store))
    app.register_blueprint(pages(store))
    app.add_url_rule("/healthz", "healthz", lambda: ("", 200))
    app.after_request(_protect)
    app.register_error_handler(PerfwidgetError, _refused)
    app.register_error_handler(HTTPException, _failed)
    app.register_error_handler(CSRFError, _outdated)
    return app


def add_sign_in(app: Flask, store: Store) -> None:
    """Let Flask-Login find a session's member in the store."""
    login_manager = LoginManager(app)
    login_manager.login_view = "accounts.sign_in"
    login_manager.login_message = None
    login_manager.user_loader(people.Sessions(store).person)


def mount_dashboard(app: Flask, store: Store) -> None:
    """Mount the dashboard: all that a host does."""

    def viewer_of(person: PlatformUser) -> Viewer:
        return Viewer(person.organization_id, person.user_id, person.role)

    widget = PerformanceWidget(store=store, viewer_of=viewer_of, task_url="/projects/{project_id}/data?task={task_id}")
    app.register_blueprint(widget, url_prefix="/performance")


def _protect(response: Response) -> Response:
    """Add to our own pages what the dashboard's answers bring with them."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.vary.add("Cookie")
    return response


def _refused(error: PerfwidgetError) -> ResponseReturnValue:
    return _sorry(str(error), error.status)


def _failed(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    sentences = {
        404: "There is no such page; the address may be mistyped or outdated.",
        500: "Something went wrong on the server; its log says what.",
    }
    return _sorry(sentences.get(error.code, error.description or error.name), error.code)


def _outdated(error: CSRFError) -> ResponseReturnValue:
    return _sorry("This form is outdated, as after a restart of the platform; load its page again.", error.code or 400)


def _sorry(sentence: str, status: int) -> ResponseReturnValue:
    """Answer with a page that says what is wrong, within the platform for who is signed in."""
    try:
        return render_template("sorry.html", sentence=sentence, status=status), status
    except StoreUnavailable as away:  # the page cannot even say who is signed in
        return str(away), away.status, {"Content-Type": "text/plain; charset=utf-8"}

"""The small server beside a Label Studio: the dashboard under a path of the same host name, with its session."""

import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Protocol

from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from werkzeug.exceptions import HTTPException

from perfwidget.errors import Busy, InvalidSetting, PerfwidgetError, SourceUnavailable
from perfwidget.label_studio import own_pages
from perfwidget.label_studio.directory import ROLE_CODES
from perfwidget.label_studio.roles import ALL_PROJECTS, Roles
from perfwidget.label_studio.sign_in import LabelStudioUser, Sessions
from perfwidget.question.access import Role, Viewer
from perfwidget.settings import PAY_ROLES
from perfwidget.stores.store import Store
from perfwidget.widget import PerformanceWidget

log = logging.getLogger(__name__)

SIGN_IN = "/user/login/"
TASK_URL = "/projects/{project_id}/data?task={task_id}"
ROLES_WRONG = "The roles of this dashboard cannot be read; its administrator finds in its log why."
NOT_READ_YET = "Label Studio has not been asked yet whose it is; try again in a moment."


class Source(Protocol):
    """Where the facts come from, and whose they are."""

    enterprise: bool
    """Whether the server is Label Studio Enterprise."""

    @property
    def organization_id(self) -> str:
        """The organization of the store that the facts belong to."""

    @property
    def label_studio_organization(self) -> str:
        """The same as Label Studio has it; empty until it is known."""

    @property
    def project_ids(self) -> Sequence[str]:
        """The projects that there are."""


_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def create_app(
    store: Store,
    sessions: Sessions,
    source: Source,
    roles: Roles,
    *,
    prefix: str = "/performance",
    sign_in: str = SIGN_IN,
    count_rejected: bool = False,
    timezone: str | None = None,
    pseudonym_key: str | None = None,
    records: str | None = None,
    pay_roles: Iterable[Role] = PAY_ROLES,
) -> Flask:
    """Return the application; raises InvalidSetting for a prefix or a sign-in that is none.

    People are those of the organization that the source reads, whoever else has a session with Label Studio.
    """
    checked_prefix(prefix)
    if not sign_in.startswith(("/", "http://", "https://")) or sign_in.startswith("//"):
        raise InvalidSetting(f"Where people sign in is a path such as {SIGN_IN}, or an address that begins https://.")
    app = Flask(__package__, static_folder=None)
    # Another program behind the same host name may have set Flask-Login's cookie, which would be looked at before ours.
    app.config["REMEMBER_COOKIE_NAME"] = secrets.token_hex()
    login_manager = LoginManager(app)
    login_manager.request_loader(sessions.person_of)
    login_manager.session_protection = None  # there is no session of ours
    login_manager.login_view = sign_in
    login_manager.login_message = None

    def viewer_of(person: LabelStudioUser) -> Viewer | None:
        if not source.label_studio_organization:
            raise SourceUnavailable(NOT_READ_YET)
        if person.organization != source.label_studio_organization:
            return None
        if source.enterprise:
            role = ROLE_CODES.get(person.role)
            return None if role is None else Viewer(source.organization_id, person.user_id, role)
        try:
            standing = roles.of(person.user_id, person.email)
        except InvalidSetting as fault:
            log.error("%s", fault)
            raise SourceUnavailable(ROLES_WRONG) from None
        if standing.role is Role.MANAGER and standing.projects is not None:
            projects = source.project_ids if standing.projects == ALL_PROJECTS else standing.projects
            return Viewer(source.organization_id, person.user_id, standing.role, workspaces=[], projects=projects)
        return Viewer(source.organization_id, person.user_id, standing.role)

    widget = PerformanceWidget(
        store=store,
        viewer_of=viewer_of,
        title="Annotator Dashboard",
        task_url=TASK_URL,
        count_rejected=count_rejected,
        timezone=timezone,
        pseudonym_key=pseudonym_key,
        notice=sessions.notice,
        records=records,
        pay_roles=pay_roles,
    )
    app.register_blueprint(widget, url_prefix=prefix)
    app.register_blueprint(own_pages.script(), url_prefix=prefix)

    @app.before_request
    def say_if_nobody_can_be_recognized() -> ResponseReturnValue | None:
        """Answer the page with a sentence, where the widget would with JSON."""
        if request.path == f"{prefix}/":
            try:
                _ = current_user.is_authenticated
            except PerfwidgetError as fault:
                return _refused(fault)
        return None

    @app.get(prefix)
    def without_slash() -> ResponseReturnValue:
        asked = request.query_string.decode("ascii", "replace")
        return redirect(f"{prefix}/{'?' + asked if asked else ''}")

    app.add_url_rule("/healthz", "healthz", lambda: ("", 200))
    app.register_error_handler(PerfwidgetError, _refused)
    app.register_error_handler(HTTPException, _failed)
    return app


def checked_prefix(prefix: str) -> str:
    """Return a path to mount the dashboard at; raises InvalidSetting for what is none."""
    if not _PATH.fullmatch(prefix):
        raise InvalidSetting("The prefix is a path such as /performance: with a slash before it and none behind it.")
    return prefix


def _refused(fault: PerfwidgetError) -> Response:
    answer = _plain(str(fault), fault.status)
    if isinstance(fault, Busy):  # of which a person's browser asks again by itself
        answer.headers["Retry-After"] = answer.headers["Refresh"] = str(fault.retry_after)
    return answer


def _failed(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if error.code == 404:
        return _plain("There is nothing here; the dashboard stands under its own path behind the proxy.", 404)
    answer = _plain(error.description or error.name, error.code)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return answer


def _plain(sentence: str, status: int) -> Response:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(f"{sentence}\n", status, mimetype="text/plain", headers=headers)

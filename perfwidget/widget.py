"""The widget itself: a blueprint that a labeling platform mounts, guards itself with the platform's own session."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Request, Response, current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_url

from perfwidget import page, settings
from perfwidget.errors import Forbidden, InvalidSetting, PerfwidgetError, StoreUnavailable, Unauthenticated
from perfwidget.hosting import refusals
from perfwidget.hosting.downloads import Downloads
from perfwidget.hosting.files import file_views
from perfwidget.hosting.health import Health
from perfwidget.hosting.monitoring import Monitor
from perfwidget.hosting.mount import DashBlueprint, MountedDash
from perfwidget.hosting.places import AT_WORK, WAITING, Places
from perfwidget.hosting.requests import CSRF_COOKIE, CSRF_HEADER, address_parts, from_elsewhere, protected
from perfwidget.hosting.static_files import assets_folder
from perfwidget.metrics import Rules
from perfwidget.page import PageContext
from perfwidget.pay_pages import DOCUMENTS, ROUTES, PayContext, PayPages, RecordsDoor
from perfwidget.question.access import Role, Viewer, checked_viewer, scope
from perfwidget.question.period import DEFAULT_MAX_DAYS
from perfwidget.question.query import DEFAULT_TIMEZONE, Query, Theme, parse
from perfwidget.stores import Store

if TYPE_CHECKING:
    from perfwidget.records import Records

REVIEW_TIME_SINCE = date(2025, 9, 25)
SIGN_IN_AGAIN = "Nobody is signed in; sign in again."
FOREIGN_PAGE = "This request came from another site; use the dashboard's own page."

WITHOUT_SIGN_IN = ("health", "metrics")
"""Endpoints that tell nothing of anybody; who may have the second one, the host says."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SLASHES = "/\\"


class PerformanceWidget(DashBlueprint):
    """The member performance dashboard, ready for `app.register_blueprint(…, url_prefix="/performance")`.

    `store` holds the facts. `viewer_of(current_user)` says who the signed-in person is, as a `Viewer`; None means
    nobody who may look. Settings, the same for everybody:

    - `name`: the blueprint's name.
    - `title`: the page's title.
    - `count_rejected`: whether annotations count that a reviewer has sent back. Their number is stated either way.
    - `count_predictions`: whether annotations count that took over a prediction as it was. A note states their number.
    - `frame_ancestors`: the sites that may show the page in a frame, as in a Content-Security-Policy. It is a text such
      as `'self' https://portal.example`, or several.
    - `review_time_since`: since when review time has been recorded; earlier periods get a notice.
    - `max_period_days`: the longest period that may be asked for by `from` and `to`. All time knows no limit.
    - `timezone`: the zone in which people are paid, such as `Europe/Berlin`. Page and files take it where none is asked
      for. Without it the page takes the browser's and files take UTC.
    - `export_roles`: the roles that may have a kind of download (`report`, `timeline`, `comments`, `rows`), such as
      `{"timeline": ["owner", "admin"]}`. Kinds not named are everybody's, within their scope. `rows` speaks of the list
      on the page, too.
    - `task_url`: the address of a task in the host, such as `/projects/{project_id}/data?task={task_id}`, for a link
      from each listed row. It may hold `{annotation_id}`, too. Ids go into it percent-encoded. Only paths and http(s)
      addresses are taken. A path is written without the host's own prefix: `SCRIPT_NAME` is put before it.
    - `late_after`: the age in seconds from which on facts that a source keeps in step are called late on the page.
    - `token_viewer`: for other programs, which send `Authorization: Bearer TOKEN` to the addresses of files. A function
      that turns the token into a `Viewer`, or None for nobody's. Scope and refusals are those of the session.
    - `pseudonym_key`: a secret for the pseudonyms of people who are known by an e-mail only, at best 32 random bytes.
      None takes the host's `SECRET_KEY`. Another key gives other pseudonyms: set it where `SECRET_KEY` changes.
    - `notice`: a function that returns a sentence for people beside their figures, or an empty text. Each look asks it.
    - `records`: where rate cards and statements are kept, such as `sqlite:///performance-records.db`, or
      `postgresql://user:password@host:port/database?schema=perfwidget_records`. None takes a file beside an embedded
      store. Without any the pages of pay say how to name some.
    - `pay_roles`: the roles that manage pay. Where `manager` is among them, a manager manages that of their projects.
    - `contest_days`: the days in which a member's question about pay is to be answered.
    - `metrics_allowed`: a function that says of a request whether it may read `{prefix}/metrics`. These are numbers
      about the running widget for Prometheus. Without it there is no such address.

    Raises InvalidSetting for a setting that cannot be used.
    """

    def __init__(
        self,
        store: Store,
        viewer_of: Callable[[Any], Viewer | None],
        *,
        name: str = "perfwidget",
        title: str = "Performance",
        count_rejected: bool = False,
        count_predictions: bool = False,
        frame_ancestors: str | Iterable[str] = "'self'",
        review_time_since: date = REVIEW_TIME_SINCE,
        max_period_days: int = DEFAULT_MAX_DAYS,
        timezone: str | None = None,
        export_roles: Mapping[str, Iterable[Role | str]] | None = None,
        task_url: str | None = None,
        late_after: int = settings.LATE_AFTER,
        token_viewer: Callable[[str], Viewer | None] | None = None,
        pseudonym_key: str | bytes | None = None,
        notice: Callable[[], str] = str,
        records: "str | Records | None" = None,
        pay_roles: Iterable[Role | str] = settings.PAY_ROLES,
        contest_days: int = settings.CONTEST_DAYS,
        metrics_allowed: Callable[[Request], bool] | None = None,
    ) -> None:
        super().__init__(name, __name__)
        door = RecordsDoor(records, store)
        health = Health(store, late_after, door.answers)
        self._places = Places(AT_WORK, WAITING)
        if metrics_allowed is not None:
            monitor = Monitor(health, lambda: {"questions": self._places, "downloads": self._downloads.streams})
            store = monitor.watch(self, store, metrics_allowed)
        self._store = store
        self._viewer_of = viewer_of
        self._token_viewer = token_viewer
        self._title = title
        self._rules = Rules(count_rejected, count_predictions)
        self._frame_ancestors = settings.frame_sources(frame_ancestors)
        self._pseudonym_key = pseudonym_key
        self._export_roles = settings.roles_by_kind(export_roles or {})
        self._downloads = Downloads(store, self._viewer, self._rules, self._offered, self._place, self._key)
        if max_period_days < 1:
            raise InvalidSetting("max_period_days must be at least 1.")
        self.before_request(self._guard)
        self.after_request(self._protect)
        self.register_error_handler(PerfwidgetError, refusals.refusal)
        self.register_error_handler(Exception, refusals.failure)
        self.add_url_rule("/session", "session", lambda: ("", 204))
        self.add_url_rule("/health", "health", health.view)
        views = file_views(self._downloads, self._query)
        self._files = {file: file.replace(".", "_") for file in views}
        for file, view in views.items():
            self.add_url_rule(f"/export/{file}", self._files[file], view)
        paid_in = settings.time_zone(timezone)
        paying = PayContext(
            store=store,
            records=door,
            viewer=self._viewer,
            rules=self._rules,
            timezone=paid_in,
            pay_roles=settings.roles_of("pay_roles", pay_roles),
            place=self._place,
            prefix=self.public_prefix,
            max_period_days=max_period_days,
            contest_days=settings.days_to_answer(contest_days),
        )
        pay_pages = PayPages(paying)
        for endpoint, route in ROUTES.items():
            self.add_url_rule(route.rule, endpoint, pay_pages.view(endpoint), methods=[*route.methods])
        self._context = PageContext(
            store=store,
            viewer=self._viewer,
            rules=self._rules,
            parse=partial(parse, max_period_days=max_period_days, timezone=paid_in or DEFAULT_TIMEZONE),
            review_time_since=review_time_since,
            prefix=self.public_prefix,
            in_request=has_request_context,
            offers=lambda kind: self._offered(kind, self._viewer()),
            late_after=late_after,
            notice=notice,
            task_link=settings.task_link(task_url, lambda: request.script_root),
            pay_link=paying.link,
        )
        self._dash = self._build(self._context, paid_in)

    def _build(self, context: PageContext, timezone: str | None) -> MountedDash:
        app = MountedDash(
            self,
            title=self._title,
            assets_folder=assets_folder(),
            on_error=refusals.failed_callback,
            packages=page.PACKAGES,
            index_string=page.index_string(timezone),
            assets_ignore=page.ASSETS_IGNORE,
            start_script=page.START_SCRIPT,
            place=self._place,
            csrf_token_name=CSRF_COOKIE,
            csrf_header_name=CSRF_HEADER,
        )
        app.layout = lambda: page.layout(context)
        page.register_callbacks(app, context)
        app.finish()
        return app

    # -- Who is it, and may they come in ----------------------------------------------------------------------------

    def _viewer(self) -> Viewer:
        """Return the viewer of this request, asked of the host afresh."""
        token = self._token()
        if token is not None and self._token_viewer is not None:
            named = self._token_viewer(token) if token else None
            if named is None:
                raise Unauthenticated("This token is nobody's; ask for a new one.")
            return checked_viewer(named, "token_viewer")
        if not current_user.is_authenticated:
            raise Unauthenticated(SIGN_IN_AGAIN)
        viewer = self._viewer_of(current_user)
        if viewer is None:
            raise Forbidden("You are no member of an organization here; ask your administrator.")
        return checked_viewer(viewer, "viewer_of")

    def _token(self) -> str | None:
        """Return the token by which another program asks for a file."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        endpoint = (request.endpoint or "").rpartition(".")[2]
        for_programs = self._token_viewer is not None and endpoint in self._files.values()
        return token.strip() if for_programs and scheme.lower() == "bearer" else None

    def _place(self) -> AbstractContextManager[None]:
        """Hold one of the few places in which questions are answered; raises Busy."""
        viewer = self._viewer()
        return self._places.held((viewer.organization_id, viewer.user_id))

    def _guard(self) -> ResponseReturnValue | None:
        """Stand before every route of the blueprint, those of Dash and its files included."""
        if not hasattr(current_app, "login_manager"):
            raise InvalidSetting("perfwidget needs Flask-Login: call LoginManager(app) before serving requests.")
        endpoint = (request.endpoint or "").removeprefix(f"{self.public_name()}.")
        entrance = endpoint == "index"
        # A link to a page of pay may stand anywhere, but only going there shows it.
        followed = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        page = entrance or endpoint in DOCUMENTS
        if not (page and (entrance or followed) and request.method in _SAFE_METHODS) and from_elsewhere():
            # One answer whoever is signed in and whatever is asked for, so that another site learns nothing by it.
            told = refusals.page_that_says(
                FOREIGN_PAGE, title=self._title, href=self.public_prefix(), link="Open the dashboard"
            )
            return told, 403
        if (request.endpoint or "").rpartition(".")[2] in WITHOUT_SIGN_IN:
            return None
        if self._token() is None and not current_user.is_authenticated:
            if page:
                return self._sign_in()
            raise Unauthenticated(SIGN_IN_AGAIN)
        return self._entrance() if entrance else None

    def _sign_in(self) -> ResponseReturnValue:
        """Send a person to the host's sign-in; from within a frame, in the whole window."""
        framed = request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")
        if not framed and request.method in _SAFE_METHODS:
            answer: ResponseReturnValue = current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
            return answer
        manager = current_app.login_manager  # type: ignore[attr-defined]
        back = address_parts(request.referrer or "")
        ours = back.netloc == request.host
        path, asked = (
            (back.path, back.query)
            if ours
            else (request.script_root + request.path, request.query_string.decode("ascii", "replace"))
        )
        here = f"/{path.lstrip(_SLASHES)}?{asked}".rstrip("?")
        view = manager.blueprint_login_views.get(self.public_name()) or manager.login_view
        return self._page(SIGN_IN_AGAIN, 401, login_url(view, next_url=here) if view else here, "Sign in")

    def _entrance(self) -> ResponseReturnValue | None:
        """Refuse the page to whom no page can be shown; otherwise find the status that its address deserves."""
        try:
            viewer = self._viewer()
            with self._store.reading() as reader:
                scope(viewer, Query(), reader.standing(viewer, Query()))
                try:
                    query = self._query()
                    scope(viewer, query, reader.standing(viewer, query))
                except PerfwidgetError as refused:
                    g.perfwidget_status = refused.status
        except PerfwidgetError as refused:
            refusals.say(refused)
            return self._page(str(refused), refused.status)
        return None

    def _page(self, sentence: str, status: int, href: str = "", link: str = "") -> ResponseReturnValue:
        wished = (request.args.get("theme"), request.args.get("around"))  # by the reader, and by the page around
        scheme = next((theme for theme in wished if theme in tuple(Theme)), "light dark")
        again = refusals.TRIES_AGAIN if status == StoreUnavailable.status else 0
        told = refusals.page_that_says(sentence, title=self._title, scheme=scheme, href=href, link=link, again=again)
        return told, status

    # -- What every answer carries, and what settings allow ----------------------------------------------------------

    def _protect(self, response: Response) -> Response:
        return protected(response, self.public_prefix(), self._frame_ancestors, DOCUMENTS)

    def _offered(self, kind: str, viewer: Viewer) -> bool:
        """Say whether the viewer's role may have a kind of download; those that no setting names are everybody's."""
        return kind not in self._export_roles or viewer.known_role() in self._export_roles[kind]

    def _key(self) -> bytes:
        """Return what pseudonyms are made with; empty where there is nothing secret."""
        key = self._pseudonym_key or current_app.secret_key or b""
        return key.encode() if isinstance(key, str) else key

    def _query(self) -> Query:
        return self._context.parse(request.args.to_dict(flat=False))

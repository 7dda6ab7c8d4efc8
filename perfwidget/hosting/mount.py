"""Dash on a blueprint: the only module that knows Dash's private names (Dash 4.4).

Dash wants to own a Flask application: it adds a catch-all route and hooks for every request, hands callbacks that were
declared with `@dash.callback` to whichever Dash app starts first, and becomes `dash.get_app()`. A guest in somebody's
application must do none of that. `MountedDash` writes its routes onto a `DashBlueprint`, so that `register_blueprint`
is all a host does, and a `before_request` of the blueprint guards everything there is:

    /                             the page
    /_dash-layout                 the component tree, JSON
    /_dash-dependencies           the list of callbacks, JSON
    /_dash-update-component       POST: one callback
    /_dash-component-suites/…     scripts of Dash and of the component packages in use
    /assets/…                     the browser files of this package

Whatever else Dash has to offer (catch-all, icon, reload hash, liveness, MCP, `dash.hooks`, startup routes) is left out.

The page runs React, component packages, the assets that it does not name itself, the renderer and Dash's components, in
this order. Not served are the full plotly.js, DataTable and, but for regenerator-runtime in the assets, old polyfills.

Addresses inside a layout come from `flask.url_for` or `DashBlueprint.public_prefix`, never from `app.get_asset_url`.
"""

import logging
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dash import Dash, _callback, _configs, _get_app, _get_paths, _hooks, _pages
from dash._utils import AttributeDict
from dash.backends._flask import FlaskDashServer
from dash.fingerprint import check_fingerprint
from flask import Blueprint, Response, make_response, request, url_for
from flask.blueprints import BlueprintSetupState
from markupsafe import escape
from werkzeug.exceptions import HTTPException, NotFound

from perfwidget.hosting.requests import as_json, compressed, letting_refusals_through, read_body, take_body
from perfwidget.hosting.static_files import file_in, send_static

_ENDPOINTS = {
    "": "index",
    "_dash-layout": "layout",
    "_dash-dependencies": "dependencies",
    "_dash-update-component": "callback",
}
"""What of Dash's own routes is kept, with the endpoint on the blueprint."""

_NEVER_LOADED = re.compile(r"mathjax|\.map$|^deps/polyfill@|^dash_table/")
_FINGERPRINT = re.compile(r"\.(v[\w-]+m[0-9a-fA-F]+)\.")
_PREFIX = "/{public-prefix}/"  # stands in the page until a request tells where the blueprint is mounted
_BUILDING = threading.RLock()

Place = Callable[[], AbstractContextManager[None]]


class DashBlueprint(Blueprint):
    """A blueprint that knows where it is: it may be nested, renamed, and registered more than once."""

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self._names: set[str] = set()
        self.record(self._note_name)

    def _note_name(self, state: BlueprintSetupState) -> None:
        self._names.add(f"{state.name_prefix}.{state.name}".lstrip("."))

    def public_name(self) -> str:
        """The name, parents included, of the registration that serves the current request.

        Raises LookupError outside a request to this blueprint.
        """
        for name in request.blueprints:
            if name in self._names:
                return name
        raise LookupError(f"This request is not served by the blueprint {self.name!r}; ask within one that is.")

    def public_prefix(self) -> str:
        """The path of the page for the current request, from the root of the host (with `SCRIPT_NAME`) to its last `/`.

        Raises LookupError outside a request to this blueprint.
        """
        return url_for(f"{self.public_name()}.index")


class MountedDash(Dash):
    """A Dash app whose routes are those of `blueprint`: set its layout, declare its callbacks, then call `finish`.

    `on_error` is called with what a callback raised and returns the callback's outputs instead (None: they stay as they
    are). HTTP errors of werkzeug do not reach it; they become the answer, with their status and `{"error": …}`.
    `index_string` names an icon of its own. `packages` are those that the layout uses, whatever a host imports besides.
    `start_script` is the asset that starts Dash in place of a line in the page, whose scripts are then all deferred.
    `place` is held while a layout or a callback is worked out; what it raises goes to the blueprint's error handlers.
    `dash_options` are those of `dash.Dash`; `DASH_*` environment variables have no effect.
    """

    def __init__(
        self,
        blueprint: DashBlueprint,
        *,
        title: str,
        assets_folder: str | Path,
        on_error: Callable[[Exception], Any],
        index_string: str | None = None,
        packages: Collection[str] = ("dash",),
        start_script: str | None = None,
        place: Place = nullcontext,
        **dash_options: Any,
    ) -> None:
        self.blueprint = blueprint
        self._packages = frozenset(packages)
        self._start_script = start_script
        self.place = place
        self._scripts_html = self._styles_html = ""
        self._fingerprints: frozenset[str] = frozenset()
        given = {"update_title": None, **({"index_string": index_string} if index_string else {}), **dash_options}
        with _private_globals():
            super().__init__(
                name=__name__,
                server=False,
                backend=BlueprintServer,
                title=title,
                assets_folder=str(assets_folder),
                on_error=letting_refusals_through(on_error),
                routes_pathname_prefix="/",
                requests_pathname_prefix=_PREFIX,
                suppress_callback_exceptions=True,
                add_log_handler=False,
                use_pages=False,
                pages_folder="",
                **given,
            )
            self._plotly_cloud = False  # type: ignore[assignment]  # known, so that no page looks for it
            self.init_app(blueprint)
        blueprint.add_url_rule("/assets/<path:filename>", "assets", self._send_asset)
        suites = "/_dash-component-suites/<package>/<path:filename>"
        blueprint.add_url_rule(suites, "component_suites", self._send_component_suite)
        blueprint.record(self._require_finished)

    def finish(self) -> None:
        """Take stock of layout, callbacks and scripts: call it after the last of them and before registering.

        The layout is called once here, outside any request. Raises ValueError for a callback with pattern-matching ids,
        and what Dash raises for a layout that is none.
        """
        for output, known in self.callback_map.items():
            if any("{" in name for name in (output, *(entry["id"] for entry in known["inputs"] + known["state"]))):
                raise ValueError(f"The callback of {output} has pattern-matching ids; give its components fixed ids.")
        with _private_globals():
            self._setup_server()  # type: ignore[no-untyped-call]  # Dash has few types
        named = _FINGERPRINT.findall(self._generate_scripts_html() + self._generate_css_dist_html())
        self._fingerprints = frozenset(named)

    def index(self, *args: Any, **kwargs: Any) -> str:
        """The page, with addresses for the registration that serves the current request."""
        page: str = super().index(*args, **kwargs)  # type: ignore[no-untyped-call]  # Dash has few types
        return page.replace(_PREFIX, str(escape(self.blueprint.public_prefix())))

    def _require_finished(self, _state: BlueprintSetupState) -> None:
        if not self._got_first_request["setup_server"]:
            raise RuntimeError(f"Call finish() before registering the blueprint {self.blueprint.name!r}.")

    # What Dash does otherwise.

    def _add_url(self, name: str, view_func: Callable[..., Any], methods: Sequence[str] = ("GET",)) -> None:
        if name in _ENDPOINTS:
            place = self.place if name == "_dash-layout" else nullcontext
            self.blueprint.add_url_rule(f"/{name}", _ENDPOINTS[name], self._view(view_func, place), methods=[*methods])

    def _view(self, view_func: Callable[..., Any], place: Place) -> Callable[[], Response]:
        def view() -> Response:
            # Dash leaves "the current app" behind in the thread, where the host's own Dash would take it for its own.
            context = copy_context()
            context.run(_get_app.app_context.set, self)
            with place():
                answer = make_response(context.run(view_func))
            return compressed(answer)

        return view

    def _setup_hooks(self) -> None:
        none = _hooks._Hooks()
        self._hooks: Any = SimpleNamespace(hooks=none, get_hooks=none.get_hooks)

    def setup_startup_routes(self) -> None:
        """Nothing: they belong to the host's Dash apps."""

    def _setup_plotlyjs(self) -> None:
        """Nothing: Dash would append the full plotly.js to the scripts of every Dash app in the process."""

    def _collect_and_register_resources(
        self, resources: Sequence[Mapping[str, Any]], include_async: bool = True, url_attr: str = "src"
    ) -> Any:
        wanted: list[Mapping[str, Any]] = []
        for one in resources:
            named = one.get("relative_package_path", []) if one.get("namespace") in self._packages else []
            paths = [path for path in ([named] if isinstance(named, str) else named) if not _NEVER_LOADED.search(path)]
            wanted += [{**one, "relative_package_path": paths}] if paths else [one] if "asset_path" in one else []
        return super()._collect_and_register_resources(wanted, include_async, url_attr)  # type: ignore[no-untyped-call]

    # Made once, by `finish`: Dash would make both for each page, with inline scripts that wait for the host's Dash.
    def _generate_scripts_html(self) -> str:
        if not self._scripts_html:
            scripts = super()._generate_scripts_html()
            self._scripts_html = scripts.replace("<script ", "<script defer ") if self._start_script else scripts
        return self._scripts_html

    def _generate_renderer(self) -> str:
        if self._start_script is None:
            return super()._generate_renderer()  # Dash asks for this id alone
        stamp = (Path(self.config.assets_folder) / self._start_script).stat().st_mtime
        return f'<script defer id="_dash-renderer" src="assets/{self._start_script}?m={stamp}"></script>'

    def _generate_css_dist_html(self) -> str:
        if not self._styles_html:
            self._styles_html = str(super()._generate_css_dist_html())  # type: ignore[no-untyped-call]
        return self._styles_html

    def _config(self) -> dict[str, Any]:
        told: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]  # Dash has few types
        told["requests_pathname_prefix"] = self.blueprint.public_prefix()
        return told | {"python_version": "", "dash_version_url": ""}

    # Static files.

    def _send_asset(self, filename: str) -> Response:
        path = file_in(Path(self.config.assets_folder), filename)
        return send_static(path, fingerprinted=request.args.get("m") == str(path.stat().st_mtime))

    def _send_component_suite(self, package: str, filename: str) -> Response:
        path, _marked = check_fingerprint(filename)  # type: ignore[no-untyped-call]  # Dash has few types
        if path not in self.registered_paths.get(package, ()):
            raise NotFound()
        # Only this process's own fingerprint vouches for the content: while a host is updated there are two.
        known = not self._fingerprints.isdisjoint(_FINGERPRINT.findall(filename))
        return send_static(Path(str(sys.modules[package].__file__)).parent / path, fingerprinted=known)


class BlueprintServer(FlaskDashServer):
    """Dash's Flask backend without a Flask application: no hooks, and callbacks whose body is checked."""

    @staticmethod
    def create_app(*_name_and_config: Any) -> Any:
        """Nothing: the blueprint follows with `init_app`."""

    def before_request(self, func: Callable[[], Any]) -> None:
        """Nothing: what Dash does at the first request, `MountedDash.finish` has done."""

    def register_assets_blueprint(self, blueprint_name: str, assets_url_path: str, assets_folder: str) -> None:
        """Nothing: the assets are a rule of the blueprint itself."""

    def serve_callback(self, dash_app: Any) -> Callable[[], Any]:
        """The view of callbacks: malformed bodies and refusals are answered with `{"error": sentence}`."""

        def callback() -> Any:
            try:
                raw = take_body(request)
                with dash_app.place():
                    body = read_body(raw, dash_app.callback_map)
                    context = dash_app._initialize_context(body)
                    function = dash_app._prepare_callback(context, body)
                    values = dash_app._inputs_to_vals(context.inputs_list + context.states_list)
                    call = dash_app._execute_callback(function, values, context.outputs_list, context)
                    return context.dash_response.set_response(data=call())
            except HTTPException as refusal:
                return as_json(refusal)

        return callback


@contextmanager
def _private_globals() -> Iterator[None]:
    """Let Dash see globals of our own, and the host's again afterwards: pending callbacks, current app, environment."""
    ours: list[tuple[Any, str, Any]] = [
        (_callback, "GLOBAL_CALLBACK_LIST", []),
        (_callback, "GLOBAL_CALLBACK_MAP", {}),
        (_callback, "GLOBAL_INLINE_SCRIPTS", []),
        (_callback, "GLOBAL_API_PATHS", {}),
        (_configs, "load_dash_env_vars", lambda: AttributeDict(DASH_APP_NAME=None)),
        (_get_app, "APP", None),
        (_get_paths, "CONFIG", AttributeDict()),
        (_pages, "CONFIG", AttributeDict()),
    ]
    logger = logging.getLogger(Dash.__module__)
    with _BUILDING:
        theirs = [(module, name, getattr(module, name)) for module, name, _ in ours]
        level = logger.level
        try:
            for module, name, value in ours:
                setattr(module, name, value)
            yield
        finally:
            for module, name, value in theirs:
                setattr(module, name, value)
            logger.setLevel(level)

"""Dash on a blueprint: what it serves, where, to whom, how small, and that the host does not notice."""

import copy
import gzip
import html as markup
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import brotli
import dash
import pytest
from dash import MATCH, Dash, Input, Output, State, clientside_callback, dcc, html
from dash._get_app import app_context
from dash.exceptions import PreventUpdate
from flask import Blueprint, Flask, Response, abort, jsonify, request
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from hypothesis import given
from hypothesis import strategies as st
from plotly.offline import get_plotlyjs_version
from werkzeug.exceptions import Conflict, ServiceUnavailable
from werkzeug.test import TestResponse

from perfwidget.hosting import static_files
from perfwidget.hosting.mount import DashBlueprint, MountedDash
from perfwidget.hosting.static_files import PLOTLY_BUNDLE, assets_folder

PREFIX = "/performance/"
GREETING = {
    "output": "greeting.children",
    "outputs": {"id": "greeting", "property": "children"},
    "inputs": [{"id": "name", "property": "value", "value": "Ada"}],
    "changedPropIds": ["name.value"],
    "state": [{"id": "language", "property": "data", "value": "en"}],
}
FIGURES = {
    "output": "..total.children...chart.figure..",
    "outputs": [{"id": "total", "property": "children"}, {"id": "chart", "property": "figure"}],
    "inputs": [{"id": "name", "property": "value", "value": "Ada"}],
    "changedPropIds": [],
}


@pytest.fixture(autouse=True)
def clean_dash(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave Dash's globals as they were: the hosts of these tests fill them like any other."""
    monkeypatch.setattr("dash._get_app.APP", None)
    for name, value in (("LIST", []), ("MAP", {})):
        monkeypatch.setattr(f"dash._callback.GLOBAL_CALLBACK_{name}", value)
    monkeypatch.setattr("dash._callback.GLOBAL_INLINE_SCRIPTS", [])
    monkeypatch.setattr("dash.dcc._js_dist", list(dcc._js_dist))
    for kind in ("layout", "index"):
        monkeypatch.setitem(dash.hooks._ns, kind, [])
    token = app_context.set(None)
    yield
    app_context.reset(token)


INDEX = (
    "<!DOCTYPE html><html><head>{%metas%}<title>{%title%}</title>{%css%}</head>"
    "<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body></html>"
)


def build(
    word: str = "Hello", failure: Callable[[], Any] | None = None, name: str = "performance", **options: Any
) -> tuple[DashBlueprint, MountedDash]:
    """A small page with two callbacks of its own, and one in the browser; `failure` is called in the first of them."""
    blueprint = DashBlueprint(name, __name__)
    defaults = {
        "title": "Figures",
        "assets_folder": assets_folder(),
        "on_error": lambda error: "failed",
        "index_string": INDEX,
    }
    app = MountedDash(blueprint, **{**defaults, **options})
    app.layout = lambda: html.Div(
        [
            dcc.Input(id="name"),
            dcc.Store(id="language"),
            html.Div(word, id="greeting"),
            html.Div(id="total"),
            dcc.Graph(id="chart"),
        ]
    )

    @app.callback(Output("greeting", "children"), Input("name", "value"), State("language", "data"))
    def greet(name: Any, language: Any) -> Any:
        if failure:
            failure()
        return f"{word} {name} ({language})"

    @app.callback(Output("total", "children"), Output("chart", "figure"), Input("name", "value"))
    def draw(name: Any) -> Any:
        return 2, {"data": [{"type": "bar", "y": list(range(1000))}]}

    app.clientside_callback("name => name", Output("total", "title"), Input("name", "value"))
    return blueprint, app


def mounted(*args: Any, **options: Any) -> DashBlueprint:
    blueprint, app = build(*args, **options)
    app.finish()
    return blueprint


def make_host(blueprint: DashBlueprint | None = None) -> Flask:
    host = Flask("host")
    host.testing = True  # an exception that nobody handles fails the test
    host.register_blueprint(blueprint or mounted(), url_prefix="/performance")
    return host


def post(client: FlaskClient, body: Any, prefix: str = PREFIX, **options: Any) -> TestResponse:
    return client.post(f"{prefix}_dash-update-component", json=body, **options)


def children(response: TestResponse, id_: str = "greeting") -> Any:
    assert response.status_code == 200, response.text
    return response.json["response"][id_]["children"]


def links(page: str) -> list[str]:
    return [markup.unescape(link) for link in re.findall(r'(?:src|href)="([^"]*)"', page)]


def config(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="_dash-config" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


# --- where it is mounted


def under_a_prefix(host: Flask, blueprint: DashBlueprint) -> None:
    host.register_blueprint(blueprint, url_prefix="/performance")


def renamed(host: Flask, blueprint: DashBlueprint) -> None:
    host.register_blueprint(blueprint, url_prefix="/performance", name="other")


def nested(host: Flask, blueprint: DashBlueprint) -> None:
    inner, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)
    inner.register_blueprint(blueprint, url_prefix="/figures", name="deep")
    outer.register_blueprint(inner, url_prefix="/inner")
    host.register_blueprint(outer, url_prefix="/outer")


def at_the_root(host: Flask, blueprint: DashBlueprint) -> None:
    host.register_blueprint(blueprint)


@pytest.mark.parametrize(
    ("mount", "prefix"),
    [
        (under_a_prefix, "/performance/"),
        (renamed, "/performance/"),
        (nested, "/outer/inner/figures/"),
        (at_the_root, "/"),
    ],
)
@pytest.mark.parametrize("root", ["", "/behind/a proxy"])
def test_works_wherever_it_is_registered(mount: Callable[..., None], prefix: str, root: str) -> None:
    host = Flask("host")
    mount(host, mounted())
    client = host.test_client()
    environ = {"SCRIPT_NAME": root}
    page = client.get(prefix, environ_overrides=environ)
    assert config(page.text)["requests_pathname_prefix"] == root + prefix
    scripts = links(page.text)
    assert len(scripts) > 8
    for link in scripts:
        assert link.startswith(root + prefix)
        assert client.get(link.removeprefix(root), environ_overrides=environ).status_code == 200, link
    assert "Hello" in client.get(f"{prefix}_dash-layout").text
    assert children(post(client, GREETING, prefix, environ_overrides=environ)) == "Hello Ada (en)"


def test_one_blueprint_at_two_addresses() -> None:
    host, blueprint = Flask("host"), mounted()
    host.register_blueprint(blueprint, url_prefix="/one")
    host.register_blueprint(blueprint, url_prefix="/two", name="second")
    client = host.test_client()
    for prefix in ("/one/", "/two/"):
        page = client.get(prefix).text
        assert config(page)["requests_pathname_prefix"] == prefix
        assert all(link.startswith(prefix) for link in links(page))
        assert children(post(client, GREETING, prefix)) == "Hello Ada (en)"


def test_two_widgets_in_one_host_keep_their_own_pages() -> None:
    host = Flask("host")
    host.register_blueprint(mounted("Hello"), url_prefix="/one")
    host.register_blueprint(mounted("Goodbye", name="second"), url_prefix="/two")
    client = host.test_client()
    for prefix, mine, other in (("/one/", "Hello", "Goodbye"), ("/two/", "Goodbye", "Hello")):
        layout = client.get(f"{prefix}_dash-layout").text
        assert mine in layout
        assert other not in layout
        assert children(post(client, GREETING, prefix)) == f"{mine} Ada (en)"


def test_an_application_factory_may_be_called_again() -> None:
    for _ in range(2):
        client = make_host().test_client()
        assert client.get(PREFIX).status_code == 200
        assert children(post(client, GREETING)) == "Hello Ada (en)"


def test_one_blueprint_in_two_applications() -> None:
    blueprint = mounted()
    for host in (make_host(blueprint), make_host(blueprint)):
        assert config(host.test_client().get(PREFIX).text)["requests_pathname_prefix"] == PREFIX


def test_a_prefix_with_markup_stays_text() -> None:
    root = '/a"><script>alert(1)</script>'
    page = make_host().test_client().get(PREFIX, environ_overrides={"SCRIPT_NAME": root}).text
    assert "alert(1)</script>" not in page
    assert config(page)["requests_pathname_prefix"] == root + PREFIX


def test_the_address_is_known_only_within_its_own_requests() -> None:
    blueprint = mounted()
    host = make_host(blueprint)
    with host.test_request_context(PREFIX):
        assert (blueprint.public_name(), blueprint.public_prefix()) == ("performance", PREFIX)
    with host.test_request_context("/static/none"), pytest.raises(LookupError, match="not served by the blueprint"):
        blueprint.public_prefix()


def test_registering_before_finishing_says_what_to_do() -> None:
    blueprint, _app = build()
    with pytest.raises(RuntimeError, match=r"Call finish\(\) before registering"):
        Flask("host").register_blueprint(blueprint)


def test_pattern_matching_ids_are_refused() -> None:
    _blueprint, app = build()
    app.callback(Output({"row": MATCH}, "children"), Input({"row": MATCH}, "value"))(lambda value: value)
    with pytest.raises(ValueError, match="fixed ids"):
        app.finish()


# --- a guest's manners


@pytest.mark.parametrize("first", ["host's Dash", "widget"])
def test_the_hosts_own_dash_keeps_its_callbacks(first: str) -> None:
    host = Flask("host")
    host.testing = True

    def add_dash() -> None:
        theirs = Dash("theirs", server=host, url_base_pathname="/dash/")
        theirs.layout = html.Div([dcc.Input(id="in"), html.Div(id="out")])

    def add_widget() -> None:
        host.register_blueprint(mounted(), url_prefix="/performance")

    # Pending, as in a module that declares callbacks before there is an app.
    dash.callback(Output("out", "children"), Input("in", "value"))(lambda value: f"theirs {value}")
    clientside_callback("value => 'theirs'", Output("out", "title"), Input("in", "value"))
    for add in (add_dash, add_widget) if first == "host's Dash" else (add_widget, add_dash):
        add()
    client = host.test_client()
    body = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "in", "property": "value", "value": "x"}],
        "changedPropIds": ["in.value"],
    }
    ours = client.get(PREFIX).text
    assert "theirs" not in ours
    assert "theirs" in client.get("/dash/").text
    assert post(client, body).status_code == 400
    assert children(post(client, body, "/dash/"), "out") == "theirs x"
    assert children(post(client, GREETING)) == "Hello Ada (en)"
    listed = {prefix: client.get(f"{prefix}_dash-dependencies").json for prefix in (PREFIX, "/dash/")}
    outputs = {prefix: {entry["output"] for entry in entries} for prefix, entries in listed.items()}
    assert outputs[PREFIX] == {"greeting.children", FIGURES["output"], "total.title"}
    assert outputs["/dash/"] == {"out.children", "out.title"}


def test_the_current_dash_app_stays_the_hosts() -> None:
    host = make_host()
    theirs = Dash("theirs", server=host, url_base_pathname="/dash/")
    theirs.layout = html.Div()
    make_host(mounted(name="second"))
    client = host.test_client()
    for address in ("", "_dash-layout", "_dash-dependencies"):
        assert client.get(f"{PREFIX}{address}").status_code == 200
    post(client, GREETING)
    assert dash.get_app() is theirs
    assert dash.get_asset_url("x.png") == "/dash/assets/x.png"
    assert dash._pages.CONFIG is theirs.config


def test_within_a_callback_the_current_app_is_the_widgets() -> None:
    seen = []
    blueprint, app = build(failure=lambda: seen.append(dash.get_app()))
    app.finish()
    host = make_host(blueprint)
    Dash("theirs", server=host, url_base_pathname="/dash/").layout = html.Div()
    post(host.test_client(), GREETING)
    assert seen == [app]


def test_building_leaves_dashs_scripts_logger_and_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("dash.dash")
    monkeypatch.setattr(logger, "level", logging.ERROR)
    before = (copy.deepcopy(dcc._js_dist), logger.level, list(logger.handlers), dict(os.environ))
    make_host()
    assert (dcc._js_dist, logger.level, list(logger.handlers), dict(os.environ)) == before


def test_environment_variables_for_the_hosts_dash_have_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> tuple[Any, ...]:
        client = make_host().test_client()
        told = config(page := client.get(PREFIX).text)
        told.pop("end_id")  # new for every page
        return told, links(page), client.get(f"{PREFIX}_dash-layout").text

    plain = answers()
    for name, value in {
        "APP_NAME": "theirs",
        "URL_BASE_PATHNAME": "/elsewhere/",
        "ROUTES_PATHNAME_PREFIX": "/elsewhere/",
        "REQUESTS_PATHNAME_PREFIX": "/elsewhere/",
        "ASSETS_EXTERNAL_PATH": "https://elsewhere.example/",
        "INCLUDE_ASSETS_FILES": "false",
        "COMPRESS": "true",
        "DEBUG": "true",
        "UI": "true",
        "PROPS_CHECK": "true",
        "HOT_RELOAD": "true",
        "SERVE_DEV_BUNDLES": "true",
        "MCP_ENABLED": "true",
        "ENTERPRISE_ENV": "WORKSPACE",
    }.items():
        monkeypatch.setenv(f"DASH_{name}", value)
    assert answers() == plain


def test_hooks_of_the_host_and_of_its_dash_stay_theirs() -> None:
    dash.hooks.layout()(lambda layout: html.Div("hooked"))
    dash.hooks.index()(lambda page: page.replace("Figures", "hooked"))
    host, seen = make_host(), []
    host.before_request(lambda: seen.append(request.path))
    client = host.test_client()
    assert "hooked" not in client.get(f"{PREFIX}_dash-layout").text + client.get(PREFIX).text
    post(client, GREETING)
    assert seen == [f"{PREFIX}_dash-layout", PREFIX, f"{PREFIX}_dash-update-component"]
    assert [len(hooks) for hooks in host.before_request_funcs.values()] == [1]
    assert host.after_request_funcs == {}


def test_component_packages_of_the_host_are_loaded_only_if_named() -> None:
    import dash_bootstrap_components as dbc

    assert not [link for link in links(make_host().test_client().get(PREFIX).text) if dbc.__name__ in link]
    host = make_host(mounted(packages=("dash", dbc.__name__)))
    client = host.test_client()
    asked_for = [link for link in links(client.get(PREFIX).text) if dbc.__name__ in link]
    assert asked_for
    for link in asked_for:
        assert client.get(link).headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_views_stay_synchronous_in_an_asynchronous_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asgiref", types.ModuleType("asgiref"))  # all that Dash looks for
    assert children(post(make_host().test_client(), GREETING)) == "Hello Ada (en)"


def test_a_csrf_exemption_of_the_hosts_dash_is_not_ours() -> None:
    host = make_host()
    host.secret_key = "x"
    host.config["WTF_CSRF_ENABLED"] = True
    CSRFProtect(host)._exempt_views.add("dash.dash.dispatch")
    theirs = Dash("theirs", server=host, url_base_pathname="/dash/")
    theirs.layout = html.Div(id="a")
    theirs.callback(Output("a", "title"), Input("a", "children"))(lambda text: "titled")
    body = {
        "output": "a.title",
        "outputs": {"id": "a", "property": "title"},
        "inputs": [{"id": "a", "property": "children"}],
        "changedPropIds": [],
    }
    client = host.test_client()
    assert post(client, body, "/dash/").status_code == 200
    refused = post(client, GREETING)
    assert (refused.status_code, "CSRF" in refused.text) == (400, True)


# --- what is served, and the guard before it


def test_nothing_but_what_is_documented_is_served() -> None:
    host = make_host()
    served = {
        (rule.rule.removeprefix(PREFIX), method)
        for rule in host.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {
        ("", "GET"),
        ("_dash-layout", "GET"),
        ("_dash-dependencies", "GET"),
        ("_dash-update-component", "POST"),
        ("_dash-component-suites/<package>/<path:filename>", "GET"),
        ("assets/<path:filename>", "GET"),
    }


@pytest.mark.parametrize("path", ["page-2", "_reload-hash", "_mcp", "_dash-ws-callback", "index", "assets/", "x/y"])
def test_an_unknown_path_is_the_hosts_404(path: str) -> None:
    host = make_host()
    host.register_error_handler(404, lambda error: ("the host's own page", 404))
    for address in (f"{PREFIX}{path}", f"/{path}"):
        answer = host.test_client().get(address)
        assert (answer.status_code, answer.text) == (404, "the host's own page")


def test_a_guard_of_the_blueprint_stands_before_every_rule() -> None:
    blueprint = mounted()
    blueprint.before_request(lambda: abort(403))
    host = make_host(blueprint)
    host.add_url_rule("/", "home", lambda: "home")
    client = host.test_client()
    guarded = [rule for rule in host.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    assert len(guarded) == 6
    for rule in guarded:
        address = re.sub(r"<(?:\w+:)?\w+>", "dash", rule.rule)
        for method in rule.methods or ():
            assert client.open(address, method=method).status_code == 403, (method, address)
    for link in (PREFIX + "assets/" + PLOTLY_BUNDLE, PREFIX + "_dash-component-suites/dash/dcc/async-graph.js"):
        assert client.get(link).status_code == 403
    assert client.get("/").text == "home"


def test_with_a_script_that_starts_dash_none_stands_in_the_page() -> None:
    blueprint, app = build(start_script="page/start.js")
    app.finish()
    clientside_callback("value => 'theirs'", Output("out", "title"), Input("in", "value"))  # waits for the host's Dash
    page = make_host(blueprint).test_client().get(PREFIX).text
    footer = page.split("<footer>")[1]
    inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", footer, re.S)
    assert len(inline) == 1  # the callback in the browser, which this page writes there itself
    assert all("defer" in tag for tag in re.findall(r"<script[^>]*src=[^>]*>", footer))
    [start] = re.findall(r'<script defer id="_dash-renderer" src="([^"]+)">', footer)
    assert make_host(blueprint).test_client().get(PREFIX + start).headers["Cache-Control"] == FOREVER


# --- callbacks


def changed(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(body), **changes}


def without(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in copy.deepcopy(body).items() if name != key}


def valued(value: Any) -> dict[str, Any]:
    return changed(GREETING, inputs=[{"id": "name", "property": "value", "value": value}])


NAME, LANGUAGE = GREETING["inputs"][0], GREETING["state"][0]
MALFORMED: dict[str, Any] = {
    "null": None,
    "text": "text",
    "number": 1,
    "list": [],
    "empty": {},
    "no output": without(GREETING, "output"),
    "unknown output": changed(GREETING, output="secret.children"),
    "output is null": changed(GREETING, output=None),
    "output is a list": changed(GREETING, output=["greeting.children"]),
    "output is an object": changed(GREETING, output={}),
    "output runs in the browser": changed(
        GREETING, output="total.title", outputs={"id": "total", "property": "title"}, state=[]
    ),
    "no outputs": without(GREETING, "outputs"),
    "outputs of another": changed(GREETING, outputs={"id": "total", "property": "children"}),
    "another property": changed(GREETING, outputs={"id": "greeting", "property": "title"}),
    "outputs in a list": changed(GREETING, outputs=[GREETING["outputs"]]),
    "outputs is text": changed(GREETING, outputs="greeting"),
    "output without id": changed(GREETING, outputs={"property": "children"}),
    "output without property": changed(GREETING, outputs={"id": "greeting"}),
    "output with a strange property": changed(GREETING, outputs={"id": "greeting", "property": ["children"]}),
    "output id is an object": changed(GREETING, outputs={"id": {"a": 1}, "property": "children"}),
    "one output for two": changed(FIGURES, outputs=FIGURES["outputs"][0]),
    "one of two outputs": changed(FIGURES, outputs=FIGURES["outputs"][:1]),
    "outputs the other way round": changed(FIGURES, outputs=FIGURES["outputs"][::-1]),
    "outputs of numbers": changed(FIGURES, outputs=[1, 2]),
    "no inputs": without(GREETING, "inputs"),
    "inputs empty": changed(GREETING, inputs=[]),
    "inputs null": changed(GREETING, inputs=None),
    "inputs an object": changed(GREETING, inputs=NAME),
    "inputs of text": changed(GREETING, inputs=["name.value"]),
    "inputs of lists": changed(GREETING, inputs=[[NAME]]),
    "one input too many": changed(GREETING, inputs=[NAME, NAME]),
    "another input": changed(GREETING, inputs=[{"id": "language", "property": "data", "value": 1}]),
    "input id is an object": changed(GREETING, inputs=[{"id": {}, "property": "value"}]),
    "input without property": changed(GREETING, inputs=[{"id": "name"}]),
    "no state": without(GREETING, "state"),
    "state null": changed(GREETING, state=None),
    "state of another": changed(GREETING, state=[NAME]),
    "state where none is": changed(FIGURES, state=[LANGUAGE]),
    "state a number": changed(GREETING, state=3),
    "no changedPropIds": without(GREETING, "changedPropIds"),
    "changedPropIds null": changed(GREETING, changedPropIds=None),
    "changedPropIds text": changed(GREETING, changedPropIds="name.value"),
    "changedPropIds an object": changed(GREETING, changedPropIds={"name.value": 1}),
    "changedPropIds of numbers": changed(GREETING, changedPropIds=[1]),
    "changedPropIds of lists": changed(GREETING, changedPropIds=[["name.value"]]),
    "changedPropIds of another": changed(GREETING, changedPropIds=["language.data"]),
    "changedPropIds half an object": changed(GREETING, changedPropIds=["{.value"]),
    "infinite": valued(float("inf")),
    "not a number": valued(float("nan")),
    "huge integer": valued(2**63),
    "lone surrogate": valued("\ud800"),
    "lone surrogate in a key": valued({"\udfff": 1}),
}


@pytest.mark.parametrize("body", [pytest.param(body, id=what) for what, body in MALFORMED.items()])
def test_a_malformed_callback_is_a_400_with_a_sentence(body: Any) -> None:
    assert_refused(make_host().test_client(), json.dumps(body).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nothing",
        b"\xff\xfe{\x00}\x00",
        b'\xef\xbb\xbf{"output": "greeting.children"}',
        b'{"output": "\xff"}',
        b"[" * 30_000 + b"]" * 30_000,
        json.dumps(GREETING).replace('"Ada"', "[" * 70 + "]" * 70).encode(),
        json.dumps(GREETING).replace('"Ada"', "1e400").encode(),
        json.dumps(GREETING).replace('"Ada"', "9" * 5000).encode(),
        json.dumps(GREETING).encode("utf-16"),
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_a_body_that_is_no_plain_json_is_a_400_with_a_sentence(raw: bytes) -> None:
    assert_refused(make_host().test_client(), raw)


def assert_refused(client: FlaskClient, raw: bytes, content_type: str = "application/json", status: int = 400) -> None:
    answer = client.post(f"{PREFIX}_dash-update-component", data=raw, content_type=content_type)
    assert (answer.status_code, answer.mimetype) == (status, "application/json"), answer.text
    assert list(answer.json) == ["error"]
    assert re.fullmatch(r"[A-Z`][^\n]+\.", answer.json["error"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["name", "value"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FUZZED = make_host().test_client()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything within a JSON value but the values of inputs and state, which may be anything."""
    if path[-1:] == ("value",):
        return
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


@given(st.data())
def test_no_change_of_a_callback_gets_through(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([GREETING, FIGURES]))
    path = data.draw(st.sampled_from(list(places(original))))
    value = data.draw(JSON)
    box: Any = {"body": copy.deepcopy(original)}  # so that the whole body has a place, too
    parent, last = box, "body"
    for step in path:
        parent, last = parent[last], step
    if path and data.draw(st.booleans()):
        del parent[last]
    else:
        parent[last] = value
    raw, harmless = json.dumps(box["body"]), (original, changed(original, changedPropIds=[]))
    answer = FUZZED.post(f"{PREFIX}_dash-update-component", data=raw, content_type="application/json")
    assert answer.status_code == (200 if box["body"] in harmless else 400)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_other_body_gets_through(raw: bytes) -> None:
    assert_refused(FUZZED, raw)


@pytest.mark.parametrize("value", [None, True, -1.5, 2**62, "", "Zoë 🎉", ["a", None], {"deep": {"er": [1]}}])
def test_the_value_of_an_input_may_be_any_plain_json(value: Any) -> None:
    assert children(post(make_host().test_client(), valued(value))) == f"Hello {value} (en)"


def test_what_a_browser_leaves_out_is_none() -> None:
    body = changed(GREETING, inputs=[{"id": "name", "property": "value"}])
    assert children(post(make_host().test_client(), body)) == "Hello None (en)"


def test_several_outputs_none_and_shared_ones() -> None:
    blueprint, app = build()
    seen = []
    app.callback(Input("name", "value"))(seen.append)
    app.callback(
        Output("total", "children", allow_duplicate=True), Input("language", "data"), prevent_initial_call=True
    )(lambda language: f"total in {language}")
    app.finish()
    client = make_host(blueprint).test_client()
    assert post(client, FIGURES).json["response"]["total"] == {"children": 2}
    ids = {entry["output"]: entry for entry in client.get(f"{PREFIX}_dash-dependencies").json}
    (silent,) = (output for output, entry in ids.items() if entry["no_output"])
    (shared,) = (output for output in ids if "@" in output)
    bare = {"output": silent, "inputs": [NAME], "changedPropIds": []}
    assert post(client, bare).status_code == 204
    assert seen == ["Ada"]
    assert post(client, changed(bare, outputs=[{"id": "a", "property": "b"}])).status_code == 400
    body = {
        "output": shared,
        "outputs": {"id": "total", "property": shared.removeprefix("total.")},
        "inputs": [LANGUAGE],
        "changedPropIds": ["language.data"],
    }
    assert children(post(client, body), "total") == "total in en"


def test_only_json_is_a_callback() -> None:
    client = make_host().test_client()
    assert_refused(client, json.dumps(GREETING).encode(), content_type="text/plain")
    assert_refused(client, b"a=b", content_type="application/x-www-form-urlencoded")


def test_a_large_body_is_refused_here_and_only_here() -> None:
    host = make_host()
    host.add_url_rule("/upload", "upload", lambda: str(len(request.get_data())), methods=["POST"])
    client = host.test_client()
    large = json.dumps(valued("x" * 1024 * 1024)).encode()
    assert_refused(client, large, status=413)
    assert client.post("/upload", data=large).text == str(len(large))
    fits = json.dumps(valued("")).encode()
    fits = json.dumps(valued("x" * (64 * 1024 - len(fits)))).encode()
    assert len(fits) == 64 * 1024
    answer = client.post(f"{PREFIX}_dash-update-component", data=fits, content_type="application/json")
    assert answer.status_code == 200


def test_a_body_of_unknown_length_is_refused() -> None:
    client = make_host().test_client()
    answer = client.post(
        f"{PREFIX}_dash-update-component",
        input_stream=io.BytesIO(json.dumps(GREETING).encode()),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


def failing(error: Any, **options: Any) -> TestResponse:
    def fail() -> None:
        raise error

    return post(make_host(mounted(failure=fail, **options)).test_client(), GREETING)


def test_an_http_error_of_a_callback_keeps_its_status() -> None:
    answer = failing(Conflict("Somebody else changed this; look again."))
    assert (answer.status_code, answer.json) == (409, {"error": "Somebody else changed this; look again."})
    answer = failing(ServiceUnavailable(retry_after=30))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert list(answer.json) == ["error"]


def test_a_response_of_a_callback_is_the_answer() -> None:
    answer = post(make_host(mounted(failure=lambda: abort(Response("as it is", 418)))).test_client(), GREETING)
    assert (answer.status_code, answer.text) == (418, "as it is")


def test_any_other_error_is_for_on_error() -> None:
    seen: list[Exception] = []

    def on_error(error: Exception) -> str:
        seen.append(error)
        return "Something failed."

    boom = KeyError("boom")
    assert children(failing(boom, on_error=on_error)) == "Something failed."
    assert seen == [boom]


def test_a_refusal_by_on_error_keeps_its_status() -> None:
    def on_error(error: Exception) -> None:
        abort(403, description="This is outside what you may see.")

    answer = failing(KeyError("boom"), on_error=on_error)
    assert (answer.status_code, answer.json) == (403, {"error": "This is outside what you may see."})


def test_a_callback_may_decide_to_change_nothing() -> None:
    answer = failing(PreventUpdate())
    assert (answer.status_code, answer.data) == (204, b"")


def test_numbers_are_plain_whatever_json_the_host_speaks() -> None:
    host = make_host()

    def loads(*_args: Any, **_options: Any) -> Any:
        raise AssertionError("the host's own reader was asked")

    host.json.loads = loads  # type: ignore[method-assign]
    answer = post(host.test_client(), GREETING)
    assert json.loads(answer.data)["response"]["greeting"]["children"] == "Hello Ada (en)"


# --- static files and what is compressed

FOREVER = "private, max-age=31536000, immutable"
SMALL = 200  # bytes that cannot be packed into fewer


def test_every_script_of_the_page_is_small_and_kept_forever() -> None:
    client = make_host().test_client()
    scripts = [link for link in links(client.get(PREFIX).text) if ".js" in link]
    sent = Counter[str]()
    for link in scripts:
        for accepted, encoding, unpack in (
            ("gzip, deflate", "gzip", gzip.decompress),
            ("gzip, deflate, br", "br", brotli.decompress),
        ):
            answer = client.get(link, headers={"Accept-Encoding": accepted})
            assert answer.headers["Cache-Control"] == FOREVER
            if len(answer.data) < SMALL:
                continue
            assert answer.headers["Content-Encoding"] == encoding
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.mimetype == "text/javascript"
            assert unpack(answer.data) == client.get(link).data
            sent[encoding] += len(answer.data)
    assert sent["gzip"] < 750_000
    assert sent["br"] < 0.92 * sent["gzip"]


SUITE = f"{PREFIX}_dash-component-suites/dash/dcc/"


@pytest.mark.parametrize(
    "link",
    [
        f"{SUITE}async-graph.js",
        f"{SUITE}dash_core_components.js",
        f"{SUITE}dash_core_components.v4_4_0m1.js",
        f"{PREFIX}assets/{PLOTLY_BUNDLE}",
        f"{PREFIX}assets/{PLOTLY_BUNDLE}?m=1",
    ],
)
def test_an_address_that_vouches_for_nothing_is_asked_again(link: str) -> None:
    client = make_host().test_client()
    plain, packed = client.get(link), client.get(link, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["Cache-Control"] == packed.headers["Cache-Control"] == "no-cache"
    tags = plain.headers["ETag"], packed.headers["ETag"]
    assert tags[0] != tags[1]
    for tag, encoding, status in (
        (tags[0], "identity", 304),
        (tags[1], "gzip", 304),
        (tags[0], "gzip", 200),
        (tags[1], "identity", 200),
        ('"other"', "gzip", 200),
    ):
        answer = client.get(link, headers={"Accept-Encoding": encoding, "If-None-Match": tag})
        assert answer.status_code == status, (tag, encoding)
        assert answer.headers["Vary"] == "Accept-Encoding"
        if status == 304:
            assert (answer.data, answer.headers["ETag"]) == (b"", tag)
            assert "Content-Encoding" not in answer.headers


def test_head_tells_the_length_and_sends_nothing() -> None:
    client = make_host().test_client()
    for encoding in ("br", "gzip", "identity"):
        headers = {"Accept-Encoding": encoding}
        whole = client.get(f"{SUITE}async-graph.js", headers=headers)
        head = client.head(f"{SUITE}async-graph.js", headers=headers)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Length"] == str(len(whole.data))
        assert head.headers["ETag"] == whole.headers["ETag"]


def test_a_range_is_a_part_of_what_would_be_sent() -> None:
    client = make_host().test_client()
    link = f"{SUITE}async-graph.js"
    for encoding in ("br", "gzip", "identity"):
        whole = client.get(link, headers={"Accept-Encoding": encoding})
        asked = {"Accept-Encoding": encoding, "Range": "bytes=10-19"}
        part = client.get(link, headers=asked)
        assert (part.status_code, part.data) == (206, whole.data[10:20])
        assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.data)}"
        assert part.headers["ETag"] == whole.headers["ETag"]
        assert part.headers.get("Content-Encoding") == whole.headers.get("Content-Encoding")
        assert client.get(link, headers={**asked, "If-Range": whole.headers["ETag"]}).status_code == 206
        assert client.get(link, headers={**asked, "If-Range": '"other"'}).status_code == 200
        assert client.get(link, headers={**asked, "Range": "bytes=99999999-"}).status_code == 416


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("*", "br"),
        ("gzip;q=0.5", "gzip"),
        ("", None),
        ("br", "br"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, *", "br"),
        ("br;q=0, gzip;q=0, *", None),
        ("identity, gzip;q=0.5, br;q=0.5", None),
    ],
)
def test_the_client_chooses_the_encoding(accepted: str, encoding: str | None) -> None:
    client = make_host().test_client()
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    for link in (f"{SUITE}async-graph.js", PREFIX):
        answer = client.get(link, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == encoding
        whole = unpack[encoding](answer.data)
        assert link != PREFIX or (whole.startswith(b"<!DOCTYPE html>") and whole.endswith(b"</html>"))
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "_dash-component-suites/dash/dash.py",
        "_dash-component-suites/dash/dcc/../dash.py",
        "_dash-component-suites/dash/dcc/dash_core_components.js.map",
        "_dash-component-suites/dash/dcc/async-mathjax.js",
        "_dash-component-suites/flask/app.py",
        "_dash-component-suites/nobody/x.js",
        "_dash-component-suites/plotly/package_data/plotly.min.js",
        "assets/nothing.js",
        "assets/vendor",
        "assets/vendor/plotly-basic.LICENSE",
        "assets/../setup.cfg",
        "assets/%2e%2e/setup.cfg",
        "assets/vendor/%2e%2e/%2e%2e/setup.cfg",
        "assets/a%00.js",
        f"assets/{'a' * 5000}.js",
    ],
)
def test_nothing_else_can_be_fetched(path: str) -> None:
    host = make_host()
    Dash("theirs", server=host, url_base_pathname="/dash/").layout = html.Div()  # makes the full plotly.js known
    assert host.test_client().get(f"{PREFIX}{path}").status_code == 404


def test_assets_are_those_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    (folder / "vendor").mkdir(parents=True)
    for name in ("b.js", "a.js", "vendor/c.js", "ignored.js", "style.css", "secret.py"):
        (folder / name).write_text(f"/* {name} */" * 100)
    (tmp_path / "outside.js").write_text("outside")
    (folder / "link.js").symlink_to(tmp_path / "outside.js")
    blueprint = mounted(assets_folder=folder, assets_ignore="ignored|link")
    client = make_host(blueprint).test_client()
    asked_for = [link for link in links(client.get(PREFIX).text) if "/assets/" in link]
    assert [re.sub(r"\?m=.*", "", link) for link in asked_for] == [
        f"{PREFIX}assets/{name}" for name in ("style.css", "a.js", "b.js", "vendor/c.js")
    ]
    assert {client.get(link).headers["Cache-Control"] for link in asked_for} == {FOREVER}
    assert client.get(f"{PREFIX}assets/ignored.js").status_code == 200
    for name in ("secret.py", "link.js", "../outside.js"):
        assert client.get(f"{PREFIX}assets/{name}").status_code == 404
    before = client.get(asked_for[1])
    (folder / "a.js").write_text("edited")
    os.utime(folder / "a.js", (1, 1))
    after = client.get(asked_for[1])
    assert (after.text, after.headers["Cache-Control"]) == ("edited", "no-cache")
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_file_is_compressed_once_however_many_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large.js").write_text("abc" * 300_000)
    compress, sizes = gzip.compress, []

    def counted(data: bytes, *args: Any, **options: Any) -> bytes:
        sizes.append(len(data))
        return compress(data, *args, **options)

    hosts = [make_host(mounted(assets_folder=tmp_path)) for _ in range(2)]
    monkeypatch.setattr(gzip, "compress", counted)

    def fetch(number: int) -> bytes:
        client = hosts[number % 2].test_client()
        return client.get(f"{PREFIX}assets/large.js", headers={"Accept-Encoding": "gzip"}).data

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(fetch, range(16)))) == 1
    assert sizes == [900_000]


def test_large_answers_are_compressed_and_small_ones_are_not() -> None:
    client = make_host().test_client()
    wanted = {"Accept-Encoding": "gzip"}
    answer, plain = post(client, FIGURES, headers=wanted), post(client, FIGURES)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert len(answer.data) < len(plain.data) / 2
    assert json.loads(gzip.decompress(answer.data)) == plain.json
    assert "Content-Encoding" not in post(client, GREETING, headers=wanted).headers
    page = client.get(PREFIX, headers=wanted)
    assert "Figures" in gzip.decompress(page.data).decode()


def test_answers_of_the_host_are_not_touched() -> None:
    host = make_host()
    host.add_url_rule("/large", "large", lambda: jsonify(["x"] * 10_000))
    answer = host.test_client().get("/large", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert "Vary" not in answer.headers


# --- plotly.js, and where the files are


def test_the_bundle_is_of_the_version_that_plotly_speaks() -> None:
    head = (assets_folder() / PLOTLY_BUNDLE).read_text(encoding="utf-8")[:200]
    found = re.search(r"plotly\.js \(basic - minified\) v([\d.]+)\n", head)
    assert found
    assert found[1] == get_plotlyjs_version()
    assert "MIT" in (assets_folder() / "vendor/plotly-basic.LICENSE").read_text(encoding="utf-8")


def test_the_page_loads_the_bundle_before_the_renderer_and_nothing_from_elsewhere() -> None:
    host = make_host()
    Dash("theirs", server=host, url_base_pathname="/dash/").layout = html.Div()
    page = host.test_client().get(PREFIX).text
    scripts = [link for link in links(page) if ".js" in link]
    (bundle,) = (number for number, link in enumerate(scripts) if "plotly" in link)
    (renderer,) = (number for number, link in enumerate(scripts) if "dash_renderer" in link)
    (react,) = (number for number, link in enumerate(scripts) if "/react@" in link)
    assert PLOTLY_BUNDLE in scripts[bundle]
    assert react < bundle < renderer
    assert not any(word in link for link in scripts for word in ("polyfill", "dash_table", "mathjax"))
    assert page.index("_dash-config") < page.index(PLOTLY_BUNDLE)
    assert "://" not in page
    assert "://" not in json.dumps(config(page))
    assert not any(link.startswith("//") for link in links(page))


@pytest.mark.parametrize("assets", ["perfwidget/assets", "assets", None], ids=["installed", "checkout", "missing"])
def test_the_assets_are_found_installed_and_in_a_checkout(tmp_path: Path, assets: str | None) -> None:
    package = Path(static_files.__file__).parents[1]
    shutil.copytree(package / "hosting", tmp_path / "perfwidget/hosting", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(package / "errors.py", tmp_path / "perfwidget")
    (tmp_path / "perfwidget/__init__.py").touch()
    (tmp_path / "assets").mkdir()  # anybody's, as in site-packages
    if assets:
        (tmp_path / assets / PLOTLY_BUNDLE).parent.mkdir(parents=True)
        (tmp_path / assets / PLOTLY_BUNDLE).touch()
    command = [
        sys.executable,
        "-c",
        "from perfwidget.hosting.static_files import assets_folder; print(assets_folder())",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    if assets:
        assert done.stdout.strip() == str(tmp_path / assets), done.stderr
    else:
        assert "The browser files of perfwidget are missing; install perfwidget again." in done.stderr

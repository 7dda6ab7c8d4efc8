"""The HTML around the page: script and styles come first, so that whatever Dash is going to ask for is asked at once,
and nothing is painted without them. Dash's own scripts stand in a template, from which ours starts them one by one;
written out, they would run in one go, and keep the browser from painting what has come meanwhile.
"""

import json
from html import escape
from urllib.parse import quote

from perfwidget.hosting.static_files import PLOTLY_BUNDLE, assets_folder
from perfwidget.page import ids, words
from perfwidget.page.choices import zones
from perfwidget.page.skeleton import skeleton

PACKAGES = ("dash", "dash_bootstrap_components")
"""The component packages whose scripts the page loads."""

ASSETS_IGNORE = r"\.(css|js)$"
"""The assets that Dash is not to put into the page by itself: they stand in `INDEX_STRING`, or are for other pages."""


_ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#2458a8"/>'
    '<path d="M3.5 12.5v-3m3 3v-6m3 6V8m3 4.5v-9" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/></svg>'
)


FIXED = {
    "zones": zones(),
    "presets": list(words.PRESETS),
    "answer": {"output": f"{ids.ANSWER}.data", "outputs": {"id": ids.ANSWER, "property": "data"}},
    "skeleton": skeleton(),
}
"""What the script needs that is the same for everybody: to put the page's question, and to make parts of the page."""


def _asset(name: str) -> str:
    """Return an asset's address, relative to the page, with the fingerprint that lets browsers keep it."""
    stamp = (assets_folder() / name).stat().st_mtime
    return f"assets/{name}?m={stamp}"


def _data(value: object) -> str:
    """Return a value as JSON that can stand inside an element of a page."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


INDEX_STRING = f"""<!doctype html>
<html lang="en">
<head>
{{%metas%}}
<link rel="preload" as="fetch" href="_dash-layout" crossorigin>
<link rel="preload" as="fetch" href="_dash-dependencies" crossorigin>
<title>{{%title%}}</title>
<link rel="icon" href="{_ICON}">
{{%config%}}
<script type="application/json" id="perfwidget-words">{_data(words.SAID_BY_SCRIPT)}</script>
<script type="application/json" id="perfwidget-fixed">{_data(FIXED)}</script>
<template id="perfwidget-dash">
<script async src="{_asset(PLOTLY_BUNDLE)}"></script>
<script src="{_asset("vendor/regenerator-runtime.js")}"></script>
{{%scripts%}}
{{%renderer%}}
</template>
<script src="{_asset("parts.js")}"></script>
<script src="{_asset("sketch.js")}"></script>
<script src="{_asset("charts.js")}"></script>
<script src="{_asset("perfwidget.js")}"></script>
<link rel="stylesheet" href="{_asset("vendor/bootstrap.min.css")}">
<link rel="stylesheet" href="{_asset("perfwidget.css")}">
{{%css%}}
</head>
<body>
<div id="fault" role="alert"></div>
<noscript>{escape(words.NO_SCRIPT)}</noscript>
{{%app_entry%}}
</body>
</html>
"""
"""The page before Dash fills it, for `dash.Dash(index_string=…)`."""

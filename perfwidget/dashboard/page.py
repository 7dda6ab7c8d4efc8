"""The HTML around the page: styles and script come first, so that nothing is painted without them."""

import json
from html import escape
from pathlib import Path

from perfwidget.dashboard import words
from perfwidget.statics import assets_folder

PACKAGES = ("dash", "dash_bootstrap_components")
"""The component packages whose scripts the page loads."""

ASSETS_IGNORE = r"\.css$|^(perfwidget|embed)\.js$"
"""The assets that Dash is not to put into the page by itself: they stand in `INDEX_STRING`, or are for other pages."""


def _asset(name: str) -> str:
    """Return an asset's address, relative to the page, with the fingerprint that lets browsers keep it."""
    stamp = Path(assets_folder() / name).stat().st_mtime
    return f"assets/{name}?m={stamp}"


def _data(value: object) -> str:
    """Return a value as JSON that can stand inside an element of a page."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


INDEX_STRING = f"""<!doctype html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<link rel="icon" href="{_asset("favicon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="{_asset("vendor/bootstrap.min.css")}">
<link rel="stylesheet" href="{_asset("perfwidget.css")}">
<script src="{_asset("perfwidget.js")}"></script>
{{%css%}}
</head>
<body>
<script type="application/json" id="perfwidget-words">{_data(words.SAID_BY_SCRIPT)}</script>
<div id="fault" role="alert"></div>
<noscript>{escape(words.NO_SCRIPT)}</noscript>
{{%app_entry%}}
<footer>
{{%config%}}
{{%scripts%}}
{{%renderer%}}
</footer>
</body>
</html>
"""
"""The page before Dash fills it, for `dash.Dash(index_string=…)`."""

"""The HTML around the page. What Dash is going to ask for is fetched at once, and no script stands within the page."""

import json
from html import escape

from perfwidget.hosting.static_files import PLOTLY_BUNDLE, assets_folder
from perfwidget.page import control_words, words
from perfwidget.page.drawing_parts import drawing_parts
from perfwidget.question.period import zone_names

PACKAGES = ("dash", "dash_bootstrap_components")
"""The component packages whose scripts the page loads."""

ASSETS_IGNORE = r"\.(css|js|svg)$"
"""The assets that Dash is not to put into the page by itself. They stand in `index_string`, or are for other pages."""

START_SCRIPT = "page/start.js"
"""The script that starts Dash, once all others have run."""

COMPONENT_SCRIPTS = ("sketch", "chart", "dates", "markup")
PAGE_SCRIPTS = ("requests", "address", "ask", "manners", "frame")
"""The scripts of assets/components/ and of assets/page/, in the order in which they run."""


def _asset(name: str) -> str:
    """Return an asset's address, relative to the page, with the fingerprint that lets browsers keep it."""
    stamp = (assets_folder() / name).stat().st_mtime
    return f"assets/{name}?m={stamp}"


def _fixed(timezone: str | None) -> dict[str, object]:
    """Return what the scripts need that is the same for everybody; UTC is the first of the zones."""
    return {
        "words": words.SAID_BY_SCRIPT,
        "timezone": timezone,
        "zones": ("UTC", *sorted(zone_names() - {"UTC"})),
        "presets": list(control_words.PRESETS),
        "plotly": _asset(PLOTLY_BUNDLE),
    }


def _data(value: object) -> str:
    """Return a value as JSON that can stand inside an element of a page."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _scripts(folder: str, names: tuple[str, ...]) -> str:
    return "\n".join(f'<script type="module" src="{_asset(f"{folder}/{name}.js")}"></script>' for name in names)


def index_string(timezone: str | None) -> str:
    """Return the page before Dash fills it, for `dash.Dash(index_string=…)`.

    `timezone` is the zone in which people are paid; the scripts take the browser's where there is none.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<script src="{_asset("page/theme.js")}"></script>
<link rel="preload" as="fetch" href="_dash-layout" crossorigin>
<link rel="preload" as="fetch" href="_dash-dependencies" crossorigin>
<link rel="icon" href="{_asset("icon.svg")}">
<link rel="stylesheet" href="{_asset("vendor/bootstrap.min.css")}">
<link rel="stylesheet" href="{_asset("perfwidget.css")}">
{{%css%}}
<script defer src="{_asset("vendor/regenerator-runtime.js")}"></script>
{{%scripts%}}
<script defer src="_dash-component-suites/dash/dcc/async-dropdown.js"></script>
{_scripts("components", COMPONENT_SCRIPTS)}
{_scripts("page", PAGE_SCRIPTS)}
{{%renderer%}}
</head>
<body>
<div id="fault" role="alert"></div>
<noscript>{escape(words.NO_SCRIPT)}</noscript>
{{%app_entry%}}
{{%config%}}
<svg class="drawing-parts" aria-hidden="true"><defs>{drawing_parts()}</defs></svg>
<script type="application/json" id="perfwidget-fixed">{_data(_fixed(timezone))}</script>
</body>
</html>
"""

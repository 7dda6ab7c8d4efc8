"""The patterns and marks of still pictures, which are those of plotly.js."""

import math

from perfwidget.page.figures import (
    ANNOTATED,
    AVERAGE,
    MEDIAN,
    MEMBER_LOOKS,
    OPACITY,
    REVIEWED,
    SOLIDITY,
    TILE,
    TOTAL_MEDIAN,
)

_STRIPES = {
    "/": (SOLIDITY / math.sqrt(2), "M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5"),
    "x": (
        (1 - math.sqrt(1 - SOLIDITY)) / math.sqrt(2),
        "M-.25,.25l.5,-.5M0,1L1,0M.75,1.25l.5,-.5M.75,-.25l.5,.5M0,0L1,1M-.25,.75l.5,.5",
    ),
}
"""How wide stripes are, and their path, in a tile whose side is 1."""

_MARKS = {
    "circle": "M-3,0a3,3 0 1 1 6,0a3,3 0 1 1 -6,0Z",
    "cross": "M3.6,1.2H1.2V3.6H-1.2V1.2H-3.6V-1.2H-1.2V-3.6H1.2V-1.2H3.6Z",
    "diamond": "M-3.9,0L0,-3.9L3.9,0L0,3.9Z",
    "square": "M3,3H-3V-3H3Z",
    "triangle-up": "M-3.46,1.5H3.46L0,-3Z",
}


def drawing_parts() -> str:
    """Return them as elements of SVG that stand once in the page.

    A pattern is called `pattern--updated`, a mark `mark--average`.
    """
    bars = {series.look: series.pattern for series in (*ANNOTATED, *REVIEWED, TOTAL_MEDIAN) if series.pattern}
    lines = {series.look: series.symbol for series in (MEDIAN, AVERAGE)}
    lines |= {look: symbol for look, _, symbol in MEMBER_LOOKS}
    return "".join([_tile(*each) for each in bars.items()] + [_mark(*each) for each in lines.items()])


def _tile(look: str, shape: str) -> str:
    ink = f'var(--pattern)" opacity="{OPACITY}'
    if shape == ".":
        side, radius = float(TILE), TILE * math.sqrt(SOLIDITY / math.pi)
        figure = f'<circle cx="{side / 2}" cy="{side / 2}" r="{radius:.3f}" fill="{ink}"/>'
    else:
        side, (width, path) = TILE * math.sqrt(2), _STRIPES[shape]
        figure = f'<path d="{path}" transform="scale({side:.4f})" stroke-width="{width:.4f}" stroke="{ink}"/>'
    size = f'width="{side:.4f}" height="{side:.4f}"'
    ground = f'<rect {size} fill="var(--{look})"/>'
    return f'<pattern id="pattern--{look}" {size} patternUnits="userSpaceOnUse">{ground}{figure}</pattern>'


def _mark(look: str, symbol: str) -> str:
    figure = f'<path d="{_MARKS[symbol]}" fill="var(--{look})"/>'
    return f'<marker id="mark--{look}" markerUnits="userSpaceOnUse" overflow="visible">{figure}</marker>'

"""Ids and labels as entries of Dash's lists, which break where a text of theirs holds `__proto__`.

Dash's search keeps texts as names of plain objects: that one would be written into the prototype of every object of the
page. Values are therefore escaped, and taken back by assets/page/address.js; labels are broken where nobody sees it.
"""

import re

_PROTOTYPE = re.compile("__(proto__)", re.IGNORECASE)
_BREAK = "\u2060"
"""A character without a width, which joins words."""


def option_value(id_: str) -> str:
    """Return an id as the value of an entry: without underscores, and another one for every id."""
    return id_.replace("~", "~0").replace("_", "~1")


def option_label(label: str) -> str:
    """Return a label that looks the same and holds no `__proto__`, whatever its letters' case."""
    return _PROTOTYPE.sub(lambda found: f"__{_BREAK}{found[1]}", label)

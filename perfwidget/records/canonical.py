"""One spelling of JSON, so that equal values have equal bytes and one hash."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return a value as JSON with sorted keys and no spaces; raises TypeError for a float, which has many spellings."""
    _refuse_floats(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str | bytes) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def _refuse_floats(value: Any) -> None:
    waiting = [[value]]
    while waiting:
        some = waiting.pop()
        kinds = set(map(type, some))  # a document has a hundred thousand values, and a handful of types
        if any(issubclass(kind, float) for kind in kinds):
            raise TypeError("Canonical JSON has no floats; give a whole number or a decimal as text.")
        if any(issubclass(kind, dict | list | tuple) for kind in kinds):
            waiting += [list(each.values()) for each in some if isinstance(each, dict)]
            waiting += [list(each) for each in some if isinstance(each, list | tuple)]

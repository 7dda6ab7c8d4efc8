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
    if isinstance(value, float):
        raise TypeError("Canonical JSON has no floats; give a whole number or a decimal as text.")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _refuse_floats(each)

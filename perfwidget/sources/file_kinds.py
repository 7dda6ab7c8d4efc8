"""Files that are no Label Studio JSON export: what each seems to be, and what to export instead."""

import codecs
import json
import re

from perfwidget.sources.row_values import JsonObject

CURE = "export the project from Label Studio with Export > JSON and read that file"
HEAD = 4096
"""So many characters or bytes of a file's beginning tell what it is."""

_BYTES = (
    (
        b"PK\x03\x04",
        "a zip archive without a JSON file, as which Label Studio writes YOLO, Pascal VOC and other formats",
    ),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a compressed file"),
    (codecs.BOM_UTF16_LE, "text in UTF-16 or UTF-32, not in UTF-8"),
    (codecs.BOM_UTF16_BE, "text in UTF-16 or UTF-32, not in UTF-8"),
    (b"%PDF", "a PDF document"),
)
_HTML = re.compile(r"<(?:!doctype html|html)\b", re.IGNORECASE)
_YOLO_LINE = re.compile(r"\d+(?: -?\d+(?:\.\d+)?){4,}\s*(?:\n|$)")


def not_text(head: bytes) -> str | None:
    """Return a sentence about a file whose first bytes are those of no UTF-8 text, else None."""
    for beginning, kind in _BYTES:
        if head.startswith(beginning):
            return seems(kind)
    if b"\0" in head[:4]:
        return seems("text in UTF-16 or UTF-32, or no text at all")
    return None


def not_json(head: str) -> str:
    """Return a sentence about a text that begins with neither `[` nor `{`; white space before it is left out."""
    line = head.partition("\n")[0]
    if not head:
        return f"The file is empty; {CURE}."
    if _HTML.match(head):
        return seems("a web page, perhaps one that asks to sign in")
    if head.startswith("<"):
        return seems("an XML file such as Pascal VOC")
    if head.startswith("-DOCSTART-"):
        return seems("a CoNLL export")
    if _YOLO_LINE.match(head):
        return seems("a YOLO label file")
    if _is_json(head):
        return seems("a single JSON value, no list of tasks")
    if "\t" in line:
        return seems("a TSV export")
    if "," in line or ";" in line:
        return seems("a CSV export")
    return f"The file is no JSON; {CURE}."


def not_wrapper(values: JsonObject) -> str:
    """Return a sentence about a JSON object that holds no list of tasks, by some of what it holds."""
    if "images" in values or "categories" in values:
        return seems("a COCO export")
    if "audio_filepath" in values:
        return seems("an ASR manifest")
    if values.keys() & {"status_code", "detail", "exc_info"}:
        detail = values.get("detail")
        said = f" ({ascii(detail)[:80]})" if isinstance(detail, str) else ""
        return seems(f"an error{said} that Label Studio answered in place of an export")
    if values.keys() & {"tasks", "results"}:
        return seems("a page of Label Studio's API, which need not hold all tasks")
    return seems("a JSON object without a list of tasks")


NOT_TASK = "a file to import into Label Studio, or a list of tasks without annotations"


def seems(kind: str, cure: str = CURE) -> str:
    """Return a sentence about a file of another kind."""
    return f"This seems to be {kind}; {cure}."


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True

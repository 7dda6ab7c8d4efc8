"""The tasks of a JSON export, one by one, out of a stream of any size."""

from collections.abc import Iterator
from typing import BinaryIO

from perfwidget.errors import UnreadableFile
from perfwidget.sources import file_kinds
from perfwidget.sources.json_text import JsonText, Passed

BLOCK = 1 << 18
"""Bytes read at a time, or more where a task is larger."""

TASKS_KEY = "annotations"
"""Under which an object that wraps a list of tasks has it, and a task its annotations."""


def tasks(stream: BinaryIO, block: int = BLOCK, passed: Passed | None = None) -> Iterator[object]:
    """Yield the items of the list of tasks: `[tasks]`, or `{"annotations": [tasks]}` among other keys.

    Items may be anything that JSON has, NaN and infinities included, or TOO_DEEP. Raises UnreadableFile, perhaps after
    many items, if the file is empty, something else, malformed, cut off, or goes on behind its end. Where the items of
    a bare list have been `passed`, the stream begins with the next one.
    """
    text = JsonText(stream, block, passed)
    beginning = text.next_mark()
    if passed:
        yield from text.further_items()
    elif beginning == "[":
        yield from text.items()
    elif beginning == "{":
        yield from _wrapped(text)
    else:
        raise UnreadableFile(file_kinds.not_json(text.head()))
    if text.next_mark() == "{" == beginning and not passed:
        raise UnreadableFile(file_kinds.seems("JSON Lines, such as an ASR manifest"))
    if text.next_mark():
        raise text.fault("holds something behind the end of its list of tasks")


def _wrapped(text: JsonText) -> Iterator[object]:
    found = False
    telling: set[str] = set()
    for key in text.members():
        if key == TASKS_KEY and text.next_mark() == "[":
            if found:
                raise text.fault("holds two lists of tasks, and nobody can tell which one is meant")
            found = True
            yield from text.items()
        else:
            text.skip()
            if key in {"images", "categories", "audio_filepath"}:
                telling.add(key)
    if not found and text.next_mark() != "{":
        raise UnreadableFile(file_kinds.not_wrapper(telling))

"""The tasks of a JSON export, one by one, out of a stream of any size."""

from collections.abc import Generator, Iterator
from itertools import chain
from typing import BinaryIO, Final

from perfwidget.errors import UnreadableFile
from perfwidget.sources import file_kinds
from perfwidget.sources.json_text import JsonText, Passed
from perfwidget.sources.unread import COMPLETIONS, TASKS_KEY, Elsewhere, as_task, is_annotation, is_row, unread, work_in

BLOCK = 1 << 18
"""Bytes read at a time, or more where a task is larger."""

_KEPT = frozenset({"task", "completed_by", "updated_by", "last_created_by", "reviews", "history", "comments"})
"""Lists and objects that belong to an annotation and are read."""

_PASSED = frozenset({"predictions", "drafts"})
"""Lists of results that nobody has submitted."""

_NONE: Final = object()


def tasks(stream: BinaryIO, block: int = BLOCK, passed: Passed | None = None) -> Iterator[object]:
    """Yield the tasks of a file: a list, an object that wraps one, one task, or JSON Lines of tasks.

    An annotation that is a file or a line by itself, with its task inside, is yielded as that task. Items may be
    anything that JSON has, NaN and infinities included, TOO_DEEP, or Elsewhere. Raises UnreadableFile, perhaps after
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
        yield from _objects(text)
    else:
        raise UnreadableFile(file_kinds.not_json(text.head()))
    if text.next_mark():
        raise text.fault("holds something behind the end of its list of tasks")


def _objects(text: JsonText) -> Iterator[object]:
    """Yield the tasks of an object and of those behind it, such as the lines of JSON Lines."""
    number = 1
    while text.next_mark() == "{":
        text.at_task(number)
        values: dict[str, object] = {}
        wraps = yield from _members(text, values)
        if not wraps:
            task = _standing_alone(values)
            if task is None and number == 1 and (text.next_mark() != "{" or "audio_filepath" in values):
                found = unread(values)
                sentence = file_kinds.seems(found.kind, found.cure) if found else file_kinds.not_wrapper(values)
                raise UnreadableFile(sentence)
            yield values if task is None else task
        number += 1


def _members(text: JsonText, values: dict[str, object]) -> Generator[object, None, bool]:
    """Take the object that begins here and put what may be read of a task or an annotation into `values`.

    Yields the tasks of the list that it wraps, and what other lists hold of recorded work. Returns whether it wraps
    one.
    """
    wraps = False
    for key in text.members():
        mark = text.next_mark()
        if key == TASKS_KEY and mark == "[":
            if wraps or TASKS_KEY in values:
                raise text.fault("holds two lists of tasks, and nobody can tell which one is meant")
            items = text.items(tasks=False)
            first = next(items, _NONE)
            if first is _NONE or is_row(first):
                values[key] = [] if first is _NONE else [first, *items]
            else:
                wraps = True
                for number, item in enumerate(chain([first], items), 1):
                    yield item
                    text.at_task(number + 1)
        elif mark == "[" and key == "completions":
            values[key] = sum(1 for _ in text.items(tasks=False))
        elif mark == "[" and key not in _KEPT:
            values[key] = None
            for number, item in enumerate(text.items(tasks=False), 1):
                if key not in _PASSED and (work := work_in(item)):
                    yield Elsewhere(key, number, work)
        elif mark == "{" and key not in _KEPT:
            text.skip()
            if key != TASKS_KEY:
                values[key] = None
        else:
            values[key] = text.value()
    wraps |= values.get(TASKS_KEY) == [] and "id" not in values
    if wraps and values.get("completions"):
        yield Elsewhere("completions", 1, COMPLETIONS.item)
    return wraps


def _standing_alone(values: dict[str, object]) -> object | None:
    """Return the task that an object is, or the one around the annotation that it is. None if it is neither."""
    if TASKS_KEY in values:
        return values
    return as_task(values) if is_annotation(values) else None

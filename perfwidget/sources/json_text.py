"""JSON read value by value from a stream. Memory is a few times that of the largest value, whatever the file's size."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from perfwidget.errors import UnreadableFile
from perfwidget.sources import file_kinds

TOO_DEEP: Final = object()
"""Stands for a value that is nested deeper than Python reads."""

_SPACE = re.compile(r"[ \t\n\r]*")
_BRACKET_OR_QUOTE = re.compile(r'["\[\]{}]')
_QUOTE_OR_ESCAPE = re.compile(r'"|\\(?s:.)')
_COMMA_AND_END = re.compile(r",[ \t\n\r]*[\]}]")
_TRAILING_COMMA = "has a comma too many, before the end of a list or object"
_LONGEST_TOKEN = 16
"""No word, number's exponent or escape that the end of the text cuts off begins further from it than this."""


class Passed(NamedTuple):
    """What was read of a file by other means, before the item of its list that comes next."""

    tasks: int
    characters: int


class JsonText:
    """A window on a file's text, which moves forward and grows to hold the value that is read."""

    def __init__(self, stream: BinaryIO, block: int, passed: Passed | None = None) -> None:
        self._stream = stream
        self._block = block
        self._decoder = codecs.getincrementaldecoder("utf-8" if passed else "utf-8-sig")()
        self._text = ""
        self._at = 0
        self._left = passed.characters if passed else 0
        """Characters before the window."""
        self._ended = False
        self._tasks = passed.tasks if passed else 0
        beginning = self._take(max(block, 8))
        if passed is None and (sentence := file_kinds.not_text(beginning)):
            raise UnreadableFile(sentence)
        self._text = self._decoded(beginning)

    def head(self) -> str:
        """Return what stands here, as far as it tells what kind of file this is."""
        while len(self._text) - self._at < file_kinds.HEAD and self._more():
            pass
        return self._text[self._at : self._at + file_kinds.HEAD]

    def next_mark(self) -> str:
        """Skip white space and return the character behind it, without taking it; the empty text at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def items(self, *, tasks: bool = True) -> Iterator[object]:
        """Take the array that begins here, and yield its items; errors name the place of a task."""
        self._at += 1
        if self.next_mark() == "]":
            self._at += 1
            return
        yield from self.further_items(tasks=tasks)

    def further_items(self, *, tasks: bool = True) -> Iterator[object]:
        """Yield the item of an array that stands here, and those behind it."""
        while True:
            self.next_mark()
            self._tasks += tasks
            yield self.value()
            if not self._goes_on("]"):
                return

    def members(self) -> Iterator[str]:
        """Take the object that begins here, and yield its keys; whoever gets one takes the value behind it."""
        self._at += 1
        if self.next_mark() == "}":
            self._at += 1
            return
        while True:
            if self.next_mark() != '"':
                raise self._malformed()
            key = self.value()
            if self.next_mark() != ":":
                raise self._malformed()
            self._at += 1
            self.next_mark()
            yield str(key)
            if not self._goes_on("}"):
                return

    def at_task(self, number: int) -> None:
        """Say which task stands here, where it is not the item of a bare list."""
        self._tasks = number

    def skip(self) -> None:
        """Take the value that stands here, its items one by one, and forget it."""
        mark = self.next_mark()
        if mark == "[":
            for _ in self.items(tasks=False):
                pass
        elif mark == "{":
            for _ in self.members():
                self.value()
        else:
            self.value()

    def fault(self, what: str) -> UnreadableFile:
        """Return the error that says what is wrong here."""
        place = f"{f'task {self._tasks:,}, ' if self._tasks else ''}character {self._left + self._at + 1:,}"
        return UnreadableFile(f"The file {what} ({place}); {file_kinds.CURE}.")

    def _goes_on(self, end: str) -> bool:
        """Take the comma or the end behind an item, and tell which it was."""
        mark = self.next_mark()
        if mark not in {",", end}:
            raise self._malformed()
        self._at += 1
        if mark == "," and self.next_mark() == end:
            raise self.fault(_TRAILING_COMMA)
        return mark == ","

    def value(self) -> object:
        """Take the value that stands here."""
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except RecursionError:
                self._skip_nested()
                return TOO_DEEP
            except json.JSONDecodeError as fault:
                near_end = len(self._text) - fault.pos <= _LONGEST_TOKEN
                # A text without an end begins far from where it is cut off.
                if (near_end or fault.msg.startswith("Unterminated string")) and self._more():
                    continue
                self._at = fault.pos
                raise self._malformed(near_end or fault.msg.startswith("Unterminated string")) from None
            number = isinstance(value, int | float)
            if number and len(self._text) - end <= _LONGEST_TOKEN and self._more():
                continue  # its digits may go on
            self._at = end
            return value

    def _skip_nested(self) -> None:
        """Take the array or object that begins here by counting brackets."""
        depth, quoted = 0, False
        while True:
            found = (_QUOTE_OR_ESCAPE if quoted else _BRACKET_OR_QUOTE).search(self._text, self._at)
            if found is None:
                # A backslash that ends the text belongs to what comes next.
                self._at = len(self._text) - (quoted and self._text.endswith("\\", self._at))
                if not self._more():
                    raise self._malformed()
                continue
            self._at = found.end()
            mark = found[0]
            if mark == '"':
                quoted = not quoted
            elif not quoted:
                depth += 1 if mark in "[{" else -1
                if depth == 0:
                    return

    def _malformed(self, cut: bool = False) -> UnreadableFile:
        before = self._text[max(0, self._at - file_kinds.HEAD) : self._at].rstrip(" \t\n\r")
        behind = self._text.startswith(("]", "}"), self._at) and before.endswith(",")
        if behind or _COMMA_AND_END.match(self._text, self._at):  # Pythons differ in which of the two they name
            return self.fault(_TRAILING_COMMA)
        if cut or self._at >= len(self._text):
            return self.fault("breaks off or is damaged near its end")
        return self.fault("is no valid JSON")

    def _more(self) -> bool:
        """Drop what was taken and read at least as much again as is left. So no value is tried often."""
        if self._ended:
            return False
        rest = self._text[self._at :]
        self._left += self._at
        self._at = 0
        self._text = ""
        self._text = rest + self._decoded(self._take(max(self._block, len(rest))))
        return True

    def _take(self, size: int) -> bytes:
        """Read `size` bytes, fewer only at the file's end; a pipe gives fewer at a time."""
        parts: list[bytes] = []
        while size > 0:
            part = self._stream.read(size)
            if not part:
                self._ended = True
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _decoded(self, read: bytes) -> str:
        try:
            return self._decoder.decode(read, self._ended)
        except UnicodeDecodeError as fault:
            if fault.reason == "unexpected end of data":
                raise self._malformed(cut=True) from None
            raise self.fault("is not UTF-8 text, or is damaged") from None


def _lenient_int(digits: str) -> int | float:
    """Return a whole number; one with more digits than Python reads is out of every range, so infinite."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_decode_quickly = json.JSONDecoder().raw_decode
_decode_any_int = json.JSONDecoder(parse_int=_lenient_int).raw_decode


def array_of(text: str) -> list[object] | None:
    """Return the array that a text is, or None if it is none, or nested deeper than Python reads."""
    try:
        items, end = _decode(text, 0)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) and end == len(text) else None


def _decode(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value that begins at `start`, and where it ends."""
    try:
        return _decode_quickly(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a whole number of thousands of digits
        return _decode_any_int(text, start)

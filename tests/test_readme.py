"""The READMEs tell the truth: their tables come from the code, and their examples run."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from perfwidget import PerformanceWidget, facts
from perfwidget.facts import FACTS, Fact
from perfwidget.facts.columns import Kind
from perfwidget.facts.words import WORDS
from perfwidget.metrics import METRICS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

KINDS: Mapping[Kind, tuple[str, str, str]] = {
    Kind.ID: ("id", "a whole number or a text of 1 to 255 characters", "text; in views whole number, text or uuid"),
    Kind.TEXT: ("text", "`str`", "text"),
    Kind.FLAG: ("yes or no", "`bool`", "boolean"),
    Kind.INSTANT: ("instant", "`datetime` with a time zone, of the years 1970 to 2999", "µs since 1970 in UTC, bigint"),
    Kind.LEAD_TIME: ("seconds", "a number, no text and no `timedelta`", "whole µs, bigint; null: missing, -1: invalid"),
    Kind.SCORE: ("score", "a number from 0 to 1", "whole millionths, integer; null where it is none"),
    Kind.FLAGS: ("flags", "an `AnnotationFlag`, or several joined with `\\|`", "its bits, a whole number"),
}


def metrics_table() -> Iterator[str]:
    """Yield the table of numbers."""
    yield "| key | label | definition | unit |\n|---|---|---|---|"
    for metric in METRICS:
        yield f"| `{metric.key}` | {metric.label} | {metric.definition} | {metric.unit.value} |"


def kinds_table() -> Iterator[str]:
    """Yield a row for each type of columns."""
    for kind in Kind:
        yield f"| {' | '.join(KINDS[kind])} |"


def facts_tables() -> Iterator[str]:
    """Yield a section with a table of columns for each class of fact."""
    for fact in FACTS:
        key = ", ".join(f"`{name}`" for name in fact.key_columns)
        yield f"\n## `{fact.__name__}`, table `{fact.table}`\n\n{' '.join(str(fact.__doc__).split())} Key: {key}."
        if fact in WORDS:
            column, known = WORDS[fact]
            yield f"Words of `{column}`: {', '.join(f'`{word}`' for word in known)}."
        yield "\n| column | type | meaning |\n|---|---|---|"
        told = meanings(fact)
        for field, (name, kind, nullable) in zip(fields(fact), fact.columns(), strict=True):
            shown = f"**`{name}`**" if field.default is MISSING else f"`{name}`"
            yield f"| {shown} | {KINDS[kind][0]}{' or none' if nullable else ''} | {told.get(name, '')} |"


def meanings(fact: type[Fact]) -> dict[str, str]:
    """Map columns to what their class says below them."""
    [written] = ast.parse(inspect.getsource(fact)).body
    assert isinstance(written, ast.ClassDef)
    told: dict[str, str] = {}
    for above, each in zip(written.body, written.body[1:], strict=False):
        match above, each:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                told[name] = text
    return told


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "metrics": metrics_table,
    "kinds": kinds_table,
    "facts": facts_tables,
}
READMES = [README, *sorted((ROOT / "perfwidget").rglob("README.md"))]


def written(readme: Path) -> str:
    """Return the text of a README with its tables as the code has them; `python -m tests.test_readme` writes it."""
    text = readme.read_text()
    for name, table in TABLES.items():
        lines = "".join(f"{line}\n" for line in table())
        marked = re.compile(f"(<!-- {name} -->\n).*(<!-- /{name} -->)", re.DOTALL)
        text = marked.sub(lambda found, lines=lines: f"{found[1]}{lines}{found[2]}", text)
    return text


def shown(readme: Path) -> str:
    return str(readme.relative_to(ROOT))


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_tables_are_those_of_the_code(readme: Path) -> None:
    assert readme.read_text() == written(readme)


def test_every_table_stands_in_one_readme() -> None:
    everything = "".join(readme.read_text() for readme in READMES)
    assert [everything.count(f"<!-- {name} -->") for name in TABLES] == [1] * len(TABLES)


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_links_between_readmes_lead_somewhere(readme: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", readme.read_text())
    assert [link for link in links if not (readme.parent / link).exists()] == []


def test_the_example_of_writing_runs_and_shows_every_column_and_kind_of_fact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [example] = re.findall("```python\n(.*?)```", (ROOT / "perfwidget/facts/README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(example, names)
    store = names["store"]
    with store.reading() as reader:  # type: ignore[attr-defined]
        kept = {fact: list(reader.kept(fact, "acme", "3", None)) for fact in (facts.Annotation, facts.Comment)}
    store.close()  # type: ignore[attr-defined]
    assert len(kept[facts.Annotation]) == 1
    assert kept[facts.Comment] == []
    calls = {}
    for call in ast.walk(ast.parse(example)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            calls.setdefault(call.func.id, call)
    assert [fact.__name__ for fact in FACTS if fact.__name__ not in calls] == []
    given = {each.arg for each in calls["Annotation"].keywords} | {"annotation_id", "project_id", "task_id"}
    assert {column.name for column in facts.Annotation.columns()} - given == {"organization_id"}


def test_every_setting_is_described() -> None:
    settings = set(inspect.signature(PerformanceWidget.__init__).parameters) - {"self", "store", "viewer_of"}
    described = set(re.findall(r"`(\w+)`", README.read_text().split("## Settings")[1].split("\n## ")[0]))
    assert settings <= described


def test_every_dependency_has_its_line() -> None:
    declared = (ROOT / "setup.cfg").read_text().split("install_requires =")[1].split("[options.package_data]")[0]
    named = re.findall(r"^    ([a-z-]+)", declared, re.MULTILINE)
    table = README.read_text().split("## What it stands on")[1].split("\n## ")[0]
    assert [name for name in named if name not in table] == []


if __name__ == "__main__":
    for each in READMES:
        each.write_text(written(each))

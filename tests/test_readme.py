"""The READMEs tell the truth: their tables come from the code, and their examples run."""

import argparse
import ast
import configparser
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perfwidget import PerformanceWidget, cli
from perfwidget.facts import FACTS, RECORDED_KINDS, AnnotationFlag, Fact, Recorded
from perfwidget.facts.columns import Kind
from perfwidget.facts.words import WORDS
from perfwidget.label_studio import options
from perfwidget.metrics import METRICS
from tests.prose import FENCED, sentences, words

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
        for column, known in words_of(fact):
            yield f"Words of `{column}`: {', '.join(f'`{word}`' for word in known)}."
        yield "\n| column | type | meaning |\n|---|---|---|"
        told = meanings(fact)
        for field, (name, kind, nullable) in zip(fields(fact), fact.columns(), strict=True):
            shown = f"**`{name}`**" if field.default is MISSING else f"`{name}`"
            yield f"| {shown} | {KINDS[kind][0]}{' or none' if nullable else ''} | {told.get(name, '')} |"


def words_of(fact: type[Fact]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield each column of a fact that takes certain words only, and these."""
    if fact in WORDS:
        yield WORDS[fact]
    if fact is Recorded:
        yield "kind", RECORDED_KINDS


def flags_table() -> Iterator[str]:
    """Yield what a source may find odd about an annotation."""
    yield "| `AnnotationFlag` | stored as | meaning |\n|---|---|---|"
    told = meanings(AnnotationFlag)
    for flag in (AnnotationFlag.NONE, *AnnotationFlag):
        yield f"| `{flag.name}` | {flag.value} | {told.get(str(flag.name), 'Nothing.')} |"


def meanings(written_down: type) -> dict[str, str]:
    """Map names of a class to what it says below them."""
    [written] = ast.parse(inspect.getsource(written_down)).body
    assert isinstance(written, ast.ClassDef)
    told: dict[str, str] = {}
    for above, each in zip(written.body, written.body[1:], strict=False):
        match above, each:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                told[name] = text
    return told


SERVED_AS = {"timezone": "--tz"}
"""Settings that `perfwidget serve` calls by another name than their own."""


def settings_table() -> Iterator[str]:
    """Yield a row for each setting of the widget: its default, its meaning, and its variable of the environment."""
    yield "| setting | default | meaning | environment |\n|---|---|---|---|"
    serving = argparse.ArgumentParser()
    options.add_server(serving, {})
    variables = {flag: re.findall(r"\[(PERFWIDGET_\w+)\]", str(each.help)) for each, flag in flags(serving)}
    told = described_settings()
    for name, setting in settings().items():
        default = shown_default(setting.default)
        variable = variables.get(SERVED_AS.get(name, f"--{name.replace('_', '-')}"), [])
        yield f"| `{name}` | `{default}` | {told.get(name, '')} | {' '.join(f'`{each}`' for each in variable)} |"


def shown_default(default: object) -> str:
    """Return a default as a host would write it; of sets in one order, whatever the process."""
    match default:
        case None:
            return "none"
        case type():
            return "nothing"
        case date():
            return default.isoformat()
        case set() | frozenset() | tuple() | list():
            return ", ".join(sorted(map(str, default)))
    return repr(default)


def settings() -> dict[str, inspect.Parameter]:
    """Return the settings of the widget: its arguments that are given by name."""
    given = inspect.signature(PerformanceWidget.__init__).parameters
    return {name: each for name, each in given.items() if each.kind is inspect.Parameter.KEYWORD_ONLY}


def described_settings() -> dict[str, str]:
    """Map each setting to what the widget's docstring says of it."""
    items = re.findall(
        r"^- `(\w+)`: (.*?)(?=^-|\n\n|\Z)", inspect.getdoc(PerformanceWidget) or "", re.DOTALL | re.MULTILINE
    )
    return {name: sentence_case(" ".join(text.split())) for name, text in items}


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def flags(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.Action, str]]:
    """Yield the options of a parser, each with its name on the command line."""
    for each in parser._actions:
        if each.option_strings:
            yield each, each.option_strings[-1]


def commands_table() -> Iterator[str]:
    """Yield a row for each command, and for each act of commands that have several."""
    yield "| command | does |\n|---|---|"
    for command, parser, told in commands(cli._parser()):
        acts = list(commands(parser))
        yield f"| `{command}` | {sentence_case(told)}. |"
        yield from (f"| `{command} {act}` | {sentence_case(does)}. |" for act, _, does in acts)


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Yield the commands of a parser, each with its own parser and what it says it does."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told: Any = action._choices_actions
            yield from ((each.dest, action.choices[each.dest], each.help) for each in told)


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "metrics": metrics_table,
    "kinds": kinds_table,
    "facts": facts_tables,
    "flags": flags_table,
    "settings": settings_table,
    "commands": commands_table,
}
READMES = [README, *sorted((ROOT / "perfwidget").rglob("README.md")), *sorted((ROOT / "tests").rglob("README.md"))]
LONGEST_README = 14_000
"""Bytes of the README at the top."""
MOST_WORDS = 20
"""Words of a sentence."""


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


def anchors(readme: Path) -> set[str]:
    """Return the names of a page's headings, as links spell them."""
    titles = re.findall(r"^#+ (.*)$", FENCED.sub("", readme.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("readme", [*READMES, ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"], ids=shown)
def test_links_between_readmes_lead_somewhere(readme: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]*))?\)", readme.read_text())
    wrong = []
    for path, anchor in links:
        leads_to = readme.parent / path if path else readme
        if not leads_to.exists() or (anchor and anchor not in anchors(leads_to)):
            wrong.append((path, anchor))
    assert wrong == []


def test_every_readme_is_found_from_the_first() -> None:
    found, open_ones = {README}, [README]
    while open_ones:
        here = open_ones.pop()
        links = re.findall(r"\]\(((?!https?:)[^)#]*README\.md)", here.read_text())
        new = {(here.parent / link).resolve() for link in links} - found
        found |= new
        open_ones += new
    assert set(READMES) - found == set()


def test_the_readme_is_short() -> None:
    assert len(README.read_bytes()) <= LONGEST_README


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_sentences_are_short(readme: Path) -> None:
    assert [each for each in sentences(readme.read_text()) if words(each) > MOST_WORDS] == []


def test_sentences_are_told_apart() -> None:
    """The test of the test."""
    page = "# Of it\n\nOne two. `Three` four:\n\n- five [six seven](a b c) eight;\n- nine.\n\n| ten | eleven twelve |\n"
    assert [words(each) for each in sentences(page)] == [2, 2, 2, 4, 1, 1, 2]
    assert list(sentences("```sh\nmake all of it\n```\n<!-- a -->\n")) == []


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_files_that_are_named_are_there(readme: Path) -> None:
    named = re.findall(r"`((?:perfwidget|tests|assets)/[\w/.*-]+)`", readme.read_text())
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []


def test_the_rooms_stand_in_the_order_of_imports() -> None:
    """A room that is new, or gone, or elsewhere now, shows here."""
    contracts = configparser.ConfigParser(interpolation=None)
    contracts.read(ROOT / "setup.cfg", encoding="utf-8")
    layers = contracts["importlinter:contract:rooms"]["layers"].split("\n")[1:]
    table = (ROOT / "perfwidget/README.md").read_text().split("| room |")[1].split("\n\n")[0]
    rows = [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table.splitlines()[2:]]
    assert rows == [set(layer.split(" | ")) for layer in layers]


def test_every_column_but_ids_and_titles_is_described() -> None:
    columns = [(fact, column.name) for fact in FACTS for column in fact.columns()]
    untold = [(fact.__name__, name) for fact, name in columns if name not in meanings(fact)]
    assert [(fact, name) for fact, name in untold if not name.endswith("_id") and name != "title"] == []


def test_every_setting_is_described() -> None:
    assert list(described_settings()) != []
    assert set(settings()) - set(described_settings()) == set()


def test_every_dependency_has_its_line() -> None:
    declared = (ROOT / "setup.cfg").read_text().split("install_requires =")[1].split("[options.package_data]")[0]
    named = re.findall(r"^    ([a-z-]+)", declared, re.MULTILINE)
    table = README.read_text().split("## What it stands on")[1].split("\n## ")[0]
    assert [name for name in named if name not in table] == []


if __name__ == "__main__":
    for each in READMES:
        each.write_text(written(each))

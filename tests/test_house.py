"""The rules of the house that a machine can check."""

import ast
import configparser
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "assets",
    "perfwidget",
    "pyproject.toml",
    "server.py",
    "setup.cfg",
    "tests",
}
LONGEST_MODULE = 300
# Put together, so that this file does not hold what it looks for.
LOOSE_END = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
NAMESPACE = "http://www.w3.org/"


def checked_in(*below: str) -> list[Path]:
    """Return the files that git holds or would take in, relative to the checkout: all, or those below some folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    files = [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]
    assert files, f"nothing is checked in below {below}"
    return files


def modules(*below: str) -> list[Path]:
    return [file for file in checked_in(*below) if file.suffix == ".py"]


def declared() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def test_top_level_holds_only_what_a_newcomer_expects() -> None:
    entries = {file.parts[0] for file in checked_in()}
    assert {entry for entry in entries if not entry.startswith(".")} <= TOP_LEVEL


def test_no_module_is_too_long_to_read_in_a_sitting() -> None:
    lengths = {str(file): len((ROOT / file).read_text().splitlines()) for file in modules("perfwidget", "server.py")}
    assert {file: length for file, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_loose_ends() -> None:
    ours = [file for file in checked_in() if "vendor" not in file.parts]
    texts = {str(file): (ROOT / file).read_bytes().decode("utf-8", "replace") for file in ours}
    assert [(file, found[0]) for file, text in texts.items() if (found := LOOSE_END.search(text))] == []


def test_assets_name_no_other_server() -> None:
    ours = [file for file in checked_in("assets") if "vendor" not in file.parts and file.suffix in {".js", ".css"}]
    assert ours
    foreign = re.compile(r"(?:https?:|url\(\s*['\"]?)//[^\s'\"`)]+")
    found = [(str(file), address) for file in ours for address in foreign.findall((ROOT / file).read_text())]
    assert [(file, address) for file, address in found if not address.startswith(NAMESPACE)] == []


def test_every_folder_of_modules_is_shipped() -> None:
    folders = {".".join(file.parent.parts) for file in modules("perfwidget")}
    assert set(declared()["options"]["packages"].split()) == folders | {"perfwidget.assets"}


def test_a_fact_that_lacks_something_is_found_by_type_checkers(tmp_path: Path) -> None:
    """A host's mypy says so where a fact is made: nobody has to write it first."""
    whole = {
        "Member": "'acme', 7, role='annotator'",
        "Project": "'acme', 1, title='One'",
        "Annotation": "'acme', 1, 1, 1, 7, at, completed_at=at, updated_at=at, last_action='submitted'",
        "Action": "'acme', 1, 1, 1, 1, 7, 'submitted', created_at=at",
        "Review": "'acme', 1, 1, 1, 1, 7, 8, 'accepted', created_at=at",
    }
    lines = ["from datetime import UTC, datetime", "from perfwidget import facts", "at = datetime.now(UTC)"]
    wrong = set()
    for name, given in whole.items():
        lines.append(f"facts.{name}({given})")
        for argument in given.split(", "):
            if "=" in argument:
                lines.append(f"facts.{name}({given.replace(f', {argument}', '')})")
                wrong.add((len(lines), argument.split("=")[0]))
    snippet = tmp_path / "host.py"
    snippet.write_text("\n".join(lines) + "\n")
    # With a cache of its own: what it knows with these settings and with those of setup.cfg would displace each other.
    asked = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file=", str(snippet)]
    asked += ["--cache-dir=.mypy_cache/of_a_host"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found = re.findall(r"host\.py:(\d+): error: Missing named argument \"(\w+)\"", told)
    assert {(int(line), argument) for line, argument in found} == wrong
    assert told.count("host.py") == len(wrong), told


def test_what_is_imported_is_declared() -> None:
    """An import is the standard library's, ours, or of a package that setup.cfg names or that such a one asks for."""
    setup = declared()
    extras = setup["options.extras_require"]
    lines = "\n".join((setup["options"]["install_requires"], extras["postgresql"], extras["clickhouse"])).split("\n")
    named = {re.split(r"[\[<>=\s;]", line.strip())[0] for line in lines if line.strip()}
    asked_for = {line for name in named for line in importlib.metadata.requires(name) or () if "extra ==" not in line}
    known = {spelled(name) for name in named | {re.split(r"[^\w.-]", line)[0] for line in asked_for}}

    homes = importlib.metadata.packages_distributions()
    strangers = {
        (str(file), name)
        for file in modules("perfwidget", "server.py")
        for name in imported(file)
        if name not in sys.stdlib_module_names
        and name not in {"perfwidget", "server"}
        and not known.intersection(map(spelled, homes.get(name, ())))
    }
    assert strangers == set()


def test_our_own_modules_are_imported_at_the_top() -> None:
    """An import inside a function hides a circle; it may only bring in somebody else's package."""
    hidden = [
        f"{file}:{node.lineno}"
        for file in modules("perfwidget")
        for function in ast.walk(parsed(file))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and "perfwidget" in top_level_names(node)
    ]
    assert hidden == []


def spelled(name: str) -> str:
    """Return a distribution's name in its one normal spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parsed(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text())


def imported(file: Path) -> set[str]:
    nodes = ast.walk(parsed(file))
    return {name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in top_level_names(node)}


def top_level_names(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the top-level packages of an import statement; a relative one is ours."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {"perfwidget" if node.level else (node.module or "").partition(".")[0]}

"""Breaks each protection in a copy of the checkout and sees that its test turns red: `make test-sabotage`.

The ways to break them stand in the `sabotage_*.py` files: what it breaks, the file, a text that stands in it once, what
takes its place, and the test that must fail then.
"""

import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COPIED = ("perfwidget", "assets", "tests", "server.py", "setup.cfg", "pyproject.toml", "README.md", ".ci", "Makefile")


class Sabotage(NamedTuple):
    """One way to break a protection."""

    breaks: str
    file: str
    text: str
    instead: str
    test: str


def sabotages() -> Iterator[Sabotage]:
    """Yield all of them, file by file."""
    for file in sorted(HERE.glob("sabotage_*.py")):
        for entry in importlib.import_module(f"tests.security.{file.stem}").SABOTAGES:
            yield Sabotage(*entry)


def seen(each: Sabotage, copy: Path) -> bool:
    """Say whether the test sees it."""
    broken = copy / each.file
    whole = broken.read_text()
    broken.write_text(whole.replace(each.text, each.instead))
    try:
        asked = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *each.test.split()]
        # 1 is pytest's word for tests that failed; any other says that there was nothing to see.
        return subprocess.run(asked, cwd=copy, capture_output=True, check=False).returncode == 1
    finally:
        broken.write_text(whole)


def main() -> int:
    """Print a table; the exit status says whether everything was seen."""
    chosen = [each for each in sabotages() if all(word in " ".join(each) for word in sys.argv[1:])]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="perfwidget-sabotage-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, copy / name)
        sys.stdout.write("| broken on purpose | seen by | |\n|---|---|---|\n")
        for each in chosen:
            found = seen(each, copy)
            missed += not found
            test = each.test.split("[")[0].removeprefix("tests/")
            sys.stdout.write(f"| {each.breaks} | `{test}` | {'red' if found else 'NOT SEEN'} |\n")
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(chosen) - missed} of {len(chosen)} seen.\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a host gets from `pip install perfwidget`: built, installed and mounted far from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HOST = """
import sys
from flask import Flask
from flask_login import LoginManager, UserMixin, login_user
from perfwidget import PerformanceWidget, Role, Viewer, open_store

class Person(UserMixin):
    id = "7"

app = Flask("host")
app.secret_key = "only for this test"
LoginManager(app).user_loader(lambda _: Person())
app.add_url_rule("/login", view_func=lambda: str(login_user(Person())), endpoint="login")
widget = PerformanceWidget(store=open_store(sys.argv[1]), viewer_of=lambda user: Viewer("acme", user.id, Role.OWNER))
app.register_blueprint(widget, url_prefix="/performance")
"""

VISIT = """
import json
from html.parser import HTMLParser
from urllib.parse import urljoin

class References(HTMLParser):
    found = []
    def handle_starttag(self, tag, attributes):
        address = dict(attributes).get({"script": "src", "link": "href"}.get(tag))
        if address and not address.startswith("data:"):
            self.found.append(urljoin("/performance/", address))

client = app.test_client()
client.get("/login")
page = client.get("/performance/")
References().feed(page.get_data(as_text=True))
answers = {address: client.get(address) for address in References.found}
print(json.dumps({
    "page": page.status_code,
    "package": sys.modules["perfwidget"].__file__,
    "files": {address: [answer.status_code, len(answer.data)] for address, answer in answers.items()},
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the checkout and return what it prints; its error output is the failure's message."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shipped() -> list[Path]:
    """The files of the package and of its assets that are checked in."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "perfwidget", "assets"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, shipped: list[Path]) -> Path:
    """The wheel, built from a copy of what is checked in, so that nothing left lying about gets into it."""
    copy = tmp_path_factory.mktemp("checkout")
    for file in (*shipped, *map(Path, ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"))):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", copy / "dist", cwd=copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The folder of commands of a new environment: the wheel's own files, and what it needs borrowed from this one."""
    home = tmp_path_factory.mktemp("host")
    venv.create(home / "venv", symlinks=True)
    commands = home / "venv" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", commands / "python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    # A path file is followed, but those in the folder that it names are not: this environment's perfwidget stays out.
    site_packages = Path(
        run(commands / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    )
    (site_packages / "borrowed.pth").write_text(
        "\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    )
    return commands


def test_everything_checked_in_is_in_the_wheel(wheel: Path, shipped: list[Path]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {Path(name) for name in archive.namelist() if ".dist-info" not in name}
    assert held == {"perfwidget" / file if file.parts[0] == "assets" else file for file in shipped}


def test_a_host_mounts_the_installed_widget(installed: Path, tmp_path: Path) -> None:
    script = tmp_path / "host.py"
    script.write_text(HOST + VISIT)
    seen = json.loads(run(installed / "python", script, f"duckdb:///{tmp_path / 'facts.duckdb'}", cwd=tmp_path))

    assert Path(seen["package"]).is_relative_to(installed.parent)
    assert seen["page"] == 200
    names = [address.partition("?")[0].rpartition("/")[2] for address in seen["files"]]
    assert {"perfwidget.css", "theme.js"} <= set(names)
    assert {address: answer for address, answer in seen["files"].items() if answer[0] != 200 or not answer[1]} == {}


def test_the_installed_command_explains_itself(installed: Path, tmp_path: Path) -> None:
    assert "report" in run(installed / "perfwidget", "--help", cwd=tmp_path)

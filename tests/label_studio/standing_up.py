"""What the README says of standing up beside Label Studio, as tests run it."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

README = Path(__file__).parents[2] / "perfwidget/label_studio/README.md"


def block(language: str) -> str:
    """Return the one block of code in a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return str(found)


def compose() -> dict[str, Any]:
    """Return the compose file."""
    found: dict[str, Any] = YAML(typ="safe").load(block("yaml"))
    return found


def command_of(service: str, **hosts: str) -> list[str]:
    """Return the command of a service of the compose file, with other hosts in place of those of its network."""
    text = [str(word) for word in compose()["services"][service]["command"]]
    for name, host in hosts.items():
        assert any(name in word for word in text), (service, name)
        text = [word.replace(name, host) for word in text]
    return text

"""The arguments of `perfwidget serve` and `perfwidget sync`, each of which may stand in the environment instead."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from perfwidget.errors import InvalidSetting
from perfwidget.hosting.serving import port_number
from perfwidget.label_studio.app import SIGN_IN
from perfwidget.label_studio.sign_in import COOKIE, KNOWN_FOR
from perfwidget.label_studio.token_file import TokenFile
from perfwidget.question.access import Role
from perfwidget.settings import PAY_ROLES, roles_of

LEVELS = ("ERROR", "WARNING", "INFO", "DEBUG")
PREFIX = "PERFWIDGET_"
SWITCHED: Mapping[object, bool] = {
    **dict.fromkeys((False, "", "0", "false", "no", "off"), False),
    **dict.fromkeys((True, "1", "true", "yes", "on"), True),
}
"""What a switch is turned to, on the command line and in the environment."""


def add_source(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add the arguments that say which Label Studio is read into which store."""
    option = _from_environment(parser, environment)
    option("--label-studio", metavar="URL", help="the address of Label Studio, as this machine reaches it")
    option(
        "--token",
        metavar="T",
        help="a personal access token of an owner or admin; better in PERFWIDGET_TOKEN or a file, for other programs "
        "see arguments",
    )
    option("--token-file", type=Path, metavar="FILE", help="a file that holds the token, read again when it changes")
    option("--store", metavar="URL", help="where the facts live, such as duckdb:///facts.duckdb")
    option(
        "--organization",
        metavar="ID",
        help="the organization that the facts belong to (default: the only one of the store, or “default”)",
    )
    option("--roles", type=Path, metavar="FILE", help="who is owner, admin or manager beside Community, as TOML")


def add_server(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add the arguments of the server."""
    option = _from_environment(parser, environment)
    option("--host", default="127.0.0.1", metavar="H", help="default: %(default)s, for a proxy on this machine")
    option("--port", type=port_number, default=8060, metavar="N", help="default: %(default)s")
    option("--prefix", default="/performance", metavar="PATH", help="the path behind the proxy (default: %(default)s)")
    option("--sign-in", default=SIGN_IN, metavar="PATH", help="where people sign in (default: %(default)s)")
    option("--session-cookie", default=COOKIE, metavar="NAME", help="Label Studio's (default: %(default)s)")
    option(
        "--known-for",
        type=seconds,
        default=KNOWN_FOR,
        metavar="S",
        help="seconds for which people keep their page while Label Studio does not answer (default: an hour; 0: a "
        "minute at most)",
    )
    option(
        "--records",
        metavar="URL",
        help="where rate cards and statements are kept (default: beside an embedded store; else there is no pay)",
    )
    option(
        "--pay-roles",
        type=roles_that_pay,
        default=PAY_ROLES,
        metavar="R,R",
        help="the roles that manage pay (default: owner,admin)",
    )
    option(
        "--log-level",
        type=log_level,
        default="WARNING",
        metavar="L",
        help="the least that the log tells: ERROR, WARNING, INFO (also each download) or DEBUG (default: %(default)s)",
    )
    option("--tz", metavar="Z", help="the time zone in which people are paid (default: each browser's)")
    option(
        "--webhook-secret",
        metavar="S",
        help="takes webhooks that bring it as X-Perfwidget-Secret (default: one of its own, kept in the store)",
    )
    option(
        "--webhook-address",
        metavar="URL",
        help="this server as Label Studio reaches it, for --install-webhooks, such as http://10.0.0.5:8060 "
        "(default: http://HOST:PORT)",
    )
    for flag, what in (
        ("--install-webhooks", "register webhooks with Label Studio, so that work is seen at once"),
        ("--remove-webhooks", "remove the webhooks of every perfwidget from Label Studio, and end"),
        ("--count-rejected", "count annotations that a reviewer has sent back"),
        ("--log-json", "write the log as lines of JSON"),
    ):
        given = environment.get(_variable(flag), "").casefold()
        parser.add_argument(flag, action="store_true", default=given, help=f"{what} [{_variable(flag)}]")


def add_once(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a sync without a server."""
    parser.add_argument("--once", action="store_true", help="end after one pass, as for cron; without it, go on")
    parser.add_argument("--anew", action="store_true", help="read everything again, whatever was read before")


def seconds(text: str) -> float:
    """Return a number of seconds given as an argument."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("seconds are a whole number, such as 3600")
    return float(text)


def roles_that_pay(text: str) -> frozenset[Role]:
    """Return roles given as an argument."""
    try:
        return roles_of("the roles", map(str.strip, text.split(",")))
    except InvalidSetting as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def log_level(text: str) -> str:
    """Return the name of a level given as an argument."""
    if text.upper() not in LEVELS:
        raise argparse.ArgumentTypeError(f"the level is one of {', '.join(LEVELS)}")
    return text.upper()


def switched(parsed: argparse.Namespace, flag: str) -> bool:
    """Say whether a switch is on; raises InvalidSetting for a word in the environment that is neither yes nor no."""
    given = getattr(parsed, flag.removeprefix("--").replace("-", "_"))
    if given not in SWITCHED:
        raise InvalidSetting(f"{_variable(flag)} is yes or no.")
    return SWITCHED[given]


def token_of(parsed: argparse.Namespace) -> Callable[[], str]:
    """Return what says the token; raises InvalidSetting where none is given, or two are."""
    if parsed.token and parsed.token_file is not None:
        raise InvalidSetting("The token is given twice; keep either PERFWIDGET_TOKEN or --token-file.")
    if parsed.token:
        return lambda: str(parsed.token)
    if parsed.token_file is None:
        raise InvalidSetting("Give a token of Label Studio in PERFWIDGET_TOKEN, or in a file with --token-file.")
    return TokenFile(parsed.token_file)


def _variable(flag: str) -> str:
    return PREFIX + flag.removeprefix("--").replace("-", "_").upper()


def _from_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> Callable[..., None]:
    """Return what adds an option whose default stands in the environment, if it does."""

    def option(flag: str, *, default: object = None, help: str, **more: object) -> None:
        variable = _variable(flag)
        given = environment.get(variable) or default
        parser.add_argument(flag, default=given, help=f"{help} [{variable}]", **more)  # type: ignore[arg-type]

    return option

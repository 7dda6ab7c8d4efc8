"""`perfwidget serve` and `perfwidget sync`: their arguments, also from the environment, and what they run."""

import argparse
import logging
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from perfwidget.errors import InvalidSetting
from perfwidget.label_studio.app import SIGN_IN, create_app
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.keeper import Keeper
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sign_in import COOKIE, Sessions
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.webhooks import PATH, Installer, receiver
from perfwidget.serving import address_of, bound, port_number, serve
from perfwidget.stores import open_store
from perfwidget.stores.protocol import Store

DEFAULT_ORGANIZATION = "default"
PREFIX = "PERFWIDGET_"
TRUE = frozenset({"1", "true", "yes", "on"})


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
    option("--token-file", type=Path, metavar="FILE", help="a file that holds the token")
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
    option("--webhook-secret", metavar="S", help="takes webhooks that bring it as X-Perfwidget-Secret")
    option(
        "--webhook-address",
        metavar="URL",
        help="this server as Label Studio reaches it, for --install-webhooks (default: http://HOST:PORT/PREFIX/webhooks/"
        "label-studio)",
    )
    for flag, what in (
        ("--install-webhooks", "register webhooks with every project, so that work is seen at once"),
        ("--count-rejected", "count annotations that a reviewer has sent back"),
    ):
        given = environment.get(_variable(flag), "").casefold() in TRUE
        parser.add_argument(flag, action="store_true", default=given, help=f"{what} [{_variable(flag)}]")


def add_once(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a sync without a server."""
    parser.add_argument("--once", action="store_true", help="end after one pass, as for cron; without it, go on")
    parser.add_argument("--anew", action="store_true", help="read everything again, whatever was read before")


def run_server(parsed: argparse.Namespace) -> int:
    """Serve the dashboard beside Label Studio until interrupted or terminated."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        sockets = stack.enter_context(bound(parsed.host, parsed.port))
        here = address_of(parsed.host, sockets)
        stopped = threading.Event()
        store, server, sync, roles = stack.enter_context(_source(parsed, stopped))
        app = create_app(
            store,
            Sessions(server.address, parsed.session_cookie),
            sync,
            roles,
            prefix=parsed.prefix,
            sign_in=parsed.sign_in,
            count_rejected=parsed.count_rejected,
        )
        secret = parsed.webhook_secret or (secrets.token_urlsafe(32) if parsed.install_webhooks else "")
        installer = None
        if parsed.install_webhooks:
            installer = Installer(server, parsed.webhook_address or f"{here}{parsed.prefix}{PATH}", secret)
        keeper = Keeper(sync, stopped, installer)
        if secret:
            app.register_blueprint(receiver(secret, keeper.hint), url_prefix=parsed.prefix)
        keeper.start()
        stack.callback(keeper.stop)
        sys.stdout.write(f"Annotator dashboard on {here}{parsed.prefix}/ beside Label Studio at {server.address}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):  # while starting; later the server takes it for the end
            serve(app, sockets)
    return 0


def run_sync(parsed: argparse.Namespace) -> int:
    """Read from Label Studio into the store, once or until interrupted."""
    logging.basicConfig(level=logging.WARNING, format="perfwidget: %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stopped = threading.Event()
    with _source(parsed, stopped, _progress()) as (_, _, sync, _):
        if parsed.once:
            sync.run(anew=parsed.anew)
            for sentence in sync.faults():
                print(f"perfwidget: {sentence}", file=sys.stderr)
            print(f"{sync.annotations_read():,} annotations read from {len(sync.project_ids):,} projects")
            return 0
        if parsed.anew:
            raise InvalidSetting("--anew goes with --once.")
        keeper = Keeper(sync, stopped)
        keeper.start()
        try:
            keeper.join()
        finally:
            keeper.stop()
    return 0


def _progress() -> Callable[[str], None]:
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda project_id: print(f"\rproject {project_id} …\033[K", end="", file=sys.stderr, flush=True)


@contextmanager
def _source(
    parsed: argparse.Namespace, stopped: threading.Event, progress: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[Store, LabelStudio, Sync, Roles]]:
    if not parsed.label_studio or not parsed.store:
        raise InvalidSetting("Name Label Studio with --label-studio URL, and the store with --store URL.")
    server = LabelStudio(parsed.label_studio, _token(parsed), stopped)
    roles = Roles(parsed.roles)
    with closing(open_store(parsed.store)) as store:
        organization_id = parsed.organization or _only_organization(store)
        yield store, server, Sync(store, server, organization_id, roles, progress), roles


def _token(parsed: argparse.Namespace) -> str:
    if parsed.token:
        return str(parsed.token)
    if parsed.token_file is None:
        raise InvalidSetting("Give a token of Label Studio in PERFWIDGET_TOKEN, or in a file with --token-file.")
    try:
        return str(parsed.token_file.read_text("utf-8").strip())
    except (OSError, ValueError) as fault:
        raise InvalidSetting(f"The token file {parsed.token_file} cannot be read ({fault}).") from None


def _only_organization(store: Store) -> str:
    with store.reading() as reader:
        found = reader.organizations()
    if len(found) > 1:
        raise InvalidSetting(f"The store holds {len(found)} organizations; name one with --organization.")
    return found[0] if found else DEFAULT_ORGANIZATION


def _variable(flag: str) -> str:
    return PREFIX + flag.removeprefix("--").replace("-", "_").upper()


def _from_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> Callable[..., None]:
    """Return what adds an option whose default stands in the environment, if it does."""

    def option(flag: str, *, default: object = None, help: str, **more: object) -> None:
        variable = _variable(flag)
        given = environment.get(variable) or default
        parser.add_argument(flag, default=given, help=f"{help} [{variable}]", **more)  # type: ignore[arg-type]

    return option

"""`perfwidget serve` and `perfwidget sync`: their arguments, also from the environment, and what they run."""

import argparse
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from perfwidget.errors import InvalidSetting, SourceUnavailable
from perfwidget.hosting.serving import address_of, bound, port_number, serve
from perfwidget.label_studio.app import SIGN_IN, create_app
from perfwidget.label_studio.connection import LabelStudio, NotFound, Patience
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sign_in import COOKIE, Sessions
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.sync_thread import SyncThread
from perfwidget.label_studio.webhooks import PATH, Installer, receiver
from perfwidget.stores import open_store
from perfwidget.stores.store import Store

DEFAULT_ORGANIZATION = "default"
PREFIX = "PERFWIDGET_"
SWITCHED: Mapping[object, bool] = {
    **dict.fromkeys((False, "", "0", "false", "no", "off"), False),
    **dict.fromkeys((True, "1", "true", "yes", "on"), True),
}
"""What a switch is turned to, on the command line and in the environment."""

AT_ONCE = Patience(connect=2, read=5, whole=5, attempts=1)
ENDS_WITHIN = 2.0
"""Seconds after which a server that was told to end leaves a question to Label Studio behind, as if it were killed."""

NO_LABEL_STUDIO = "There is no Label Studio at the address of --label-studio; give the one that people open it with."


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
    option("--tz", metavar="Z", help="the time zone in which people are paid (default: each browser's)")
    option("--webhook-secret", metavar="S", help="takes webhooks that bring it as X-Perfwidget-Secret")
    option(
        "--webhook-address",
        metavar="URL",
        help="this server as Label Studio reaches it, for --install-webhooks, such as http://10.0.0.5:8060 "
        "(default: http://HOST:PORT)",
    )
    for flag, what in (
        ("--install-webhooks", "register webhooks with every project, so that work is seen at once"),
        ("--count-rejected", "count annotations that a reviewer has sent back"),
    ):
        given = environment.get(_variable(flag), "").casefold()
        parser.add_argument(flag, action="store_true", default=given, help=f"{what} [{_variable(flag)}]")


def add_once(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a sync without a server."""
    parser.add_argument("--once", action="store_true", help="end after one pass, as for cron; without it, go on")
    parser.add_argument("--anew", action="store_true", help="read everything again, whatever was read before")


def run_server(parsed: argparse.Namespace) -> int:
    """Serve the dashboard beside Label Studio until interrupted or terminated."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    install, count_rejected = _switch(parsed, "--install-webhooks"), _switch(parsed, "--count-rejected")
    with ExitStack() as stack:
        last_resort = _last_resort()
        stack.callback(last_resort.cancel)
        sockets = stack.enter_context(bound(parsed.host, parsed.port))
        here = address_of(parsed.host, sockets)
        stopped = threading.Event()
        store, server, sync, roles = stack.enter_context(_source(parsed, stopped))
        with suppress(SourceUnavailable):  # it may come later; who is refused is told so now
            LabelStudio(server.address, _token(parsed), stopped, AT_ONCE).get("current-user/whoami")
        app = create_app(
            store,
            Sessions(server.address, parsed.session_cookie),
            sync,
            roles,
            prefix=parsed.prefix,
            sign_in=parsed.sign_in,
            count_rejected=count_rejected,
            timezone=parsed.tz,
            pseudonym_key=_token(parsed),  # there is no secret of ours that outlives the program
        )
        secret = parsed.webhook_secret or (secrets.token_urlsafe(32) if install else "")
        installer = Installer(server, _webhook_address(parsed, here), secret) if install else None
        sync_thread = SyncThread(sync, stopped, installer)
        if secret:
            app.register_blueprint(receiver(secret, sync_thread.hint), url_prefix=parsed.prefix)
        sync_thread.start()
        stack.callback(sync_thread.stop)
        stack.callback(last_resort.start)
        announcement = f"Annotator dashboard on {here}{parsed.prefix}/ beside Label Studio at {server.address}"
        with suppress(KeyboardInterrupt):  # while starting; later the server takes it for the end
            serve(app, sockets, announcement)
    return 0


def run_sync(parsed: argparse.Namespace) -> int:
    """Read from Label Studio into the store, once or until interrupted."""
    logging.basicConfig(level=logging.WARNING, format="perfwidget: %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if parsed.anew and not parsed.once:
        raise InvalidSetting("--anew goes with --once.")
    stopped = threading.Event()
    with _source(parsed, stopped, _progress()) as (_, _, sync, _):
        if parsed.once:
            try:
                sync.run(anew=parsed.anew)
            except NotFound:
                raise SourceUnavailable(NO_LABEL_STUDIO) from None
            for sentence in sync.faults():
                print(f"perfwidget: {sentence}", file=sys.stderr)
            print(f"{sync.annotations_read():,} annotations read from {len(sync.project_ids):,} projects")
            return 0
        sync_thread = SyncThread(sync, stopped)
        sync_thread.start()
        last_resort = _last_resort()
        try:
            with suppress(KeyboardInterrupt):
                stopped.wait()  # a thread that is being joined when a signal comes passes for one that has ended
        finally:
            last_resort.start()
            sync_thread.stop()
            last_resort.cancel()
    return 0


def _last_resort() -> threading.Timer:
    """Return what ends the program, once started, however long Label Studio leaves a question open."""
    timer = threading.Timer(ENDS_WITHIN, os._exit, [0])
    timer.daemon = True
    return timer


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
    with closing(open_store(parsed.store, wait=0)) as store:
        organization_id = parsed.organization or only_organization(store) or DEFAULT_ORGANIZATION
        yield store, server, Sync(store, server, organization_id, roles, progress), roles


def _webhook_address(parsed: argparse.Namespace, here: str) -> str:
    """Return where Label Studio sends webhooks: below an address without a path stands our own."""
    given = str(parsed.webhook_address or here)
    return given if urlsplit(given).path.strip("/") else f"{given.rstrip('/')}{parsed.prefix}{PATH}"


def _switch(parsed: argparse.Namespace, flag: str) -> bool:
    given = getattr(parsed, flag.removeprefix("--").replace("-", "_"))
    if given not in SWITCHED:
        raise InvalidSetting(f"{_variable(flag)} is yes or no.")
    return SWITCHED[given]


def _token(parsed: argparse.Namespace) -> str:
    if parsed.token and parsed.token_file is not None:
        raise InvalidSetting("The token is given twice; keep either PERFWIDGET_TOKEN or --token-file.")
    if parsed.token:
        return str(parsed.token)
    if parsed.token_file is None:
        raise InvalidSetting("Give a token of Label Studio in PERFWIDGET_TOKEN, or in a file with --token-file.")
    try:
        return str(parsed.token_file.read_text("utf-8").strip())
    except OSError as fault:
        raise InvalidSetting(f"The token file {parsed.token_file} cannot be read ({fault.strerror}).") from None
    except ValueError:
        raise InvalidSetting(f"The token file {parsed.token_file} holds no text.") from None


def only_organization(store: Store) -> str | None:
    """Return the one organization of a store, None if it is empty; raises InvalidSetting where there are several."""
    with store.reading() as reader:
        found = reader.organizations()
    if len(found) > 1:
        raise InvalidSetting(f"The store holds {len(found)} organizations; name one with --organization.")
    return found[0] if found else None


def _variable(flag: str) -> str:
    return PREFIX + flag.removeprefix("--").replace("-", "_").upper()


def _from_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> Callable[..., None]:
    """Return what adds an option whose default stands in the environment, if it does."""

    def option(flag: str, *, default: object = None, help: str, **more: object) -> None:
        variable = _variable(flag)
        given = environment.get(variable) or default
        parser.add_argument(flag, default=given, help=f"{help} [{variable}]", **more)  # type: ignore[arg-type]

    return option

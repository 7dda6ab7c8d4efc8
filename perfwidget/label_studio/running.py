"""`perfwidget serve` and `perfwidget sync`: what they run."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from urllib.parse import urlsplit

from flask import Flask

from perfwidget.errors import InvalidSetting, SourceUnavailable
from perfwidget.hosting.logs import log_to
from perfwidget.hosting.serving import address_of, bound, serve
from perfwidget.label_studio.app import checked_prefix, create_app
from perfwidget.label_studio.connection import LabelStudio, NotFound, Patience, checked_address
from perfwidget.label_studio.options import switched, token_of
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sign_in import Sessions
from perfwidget.label_studio.starting import StartsLater, opened, store_to_wait_for, wait_for
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.sync_thread import SyncThread
from perfwidget.label_studio.views import ViewsSource
from perfwidget.label_studio.webhooks import PATH, Installer, kept_secret, receiver, remove_all
from perfwidget.stores import open_store
from perfwidget.stores.store import Store

DEFAULT_ORGANIZATION = "default"
AT_ONCE = Patience(connect=2, read=5, whole=5, attempts=1)
ENDS_WITHIN = 2.0
"""Seconds after which a server that was told to end leaves a question to Label Studio behind, as if it were killed."""

NO_LABEL_STUDIO = "There is no Label Studio at the address of --label-studio; give the one that people open it with."


def run_server(parsed: argparse.Namespace) -> int:
    """Serve the dashboard beside Label Studio until interrupted or terminated."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    log_to(level=parsed.log_level, json_lines=switched(parsed, "--log-json"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    install, count_rejected = switched(parsed, "--install-webhooks"), switched(parsed, "--count-rejected")
    if switched(parsed, "--remove-webhooks"):
        return _remove_webhooks(parsed)
    with ExitStack() as stack:
        sockets = stack.enter_context(bound(parsed.host, parsed.port))
        here = address_of(parsed.host, sockets)
        store = stack.enter_context(closing(_named(parsed)))
        roles = Roles(parsed.roles)
        serving: Callable[..., Flask] = partial(
            create_app,
            store,
            Sessions(parsed.label_studio, parsed.session_cookie, known_for=parsed.known_for),
            roles=roles,
            prefix=parsed.prefix,
            sign_in=parsed.sign_in,
            count_rejected=count_rejected,
            timezone=parsed.tz,
            records=parsed.records,
            pay_roles=parsed.pay_roles,
        )

        def start() -> Flask:
            if store.writable:
                return _following(parsed, stack, store, roles, here, serving, install=install)
            if install:
                raise InvalidSetting("Views show work at once and take no webhooks; leave --install-webhooks out.")
            return serving(ViewsSource(store, parsed.organization, roles))

        announcement = f"Annotator dashboard on {here}{parsed.prefix}/ beside Label Studio at {parsed.label_studio}"
        with suppress(KeyboardInterrupt):  # while starting; later the server takes it for the end
            if opened(store):
                serve(start(), sockets, announcement)
            else:
                later = StartsLater(store, start, checked_prefix(parsed.prefix))
                later.begin()
                try:
                    serve(later, sockets, announcement)
                finally:
                    later.end()
    return 0


def _following(
    parsed: argparse.Namespace,
    stack: ExitStack,
    store: Store,
    roles: Roles,
    here: str,
    serving: Callable[..., Flask],
    *,
    install: bool,
) -> Flask:
    """Begin to read from Label Studio, and return the application that shows it."""
    last_resort = _last_resort()
    stack.callback(last_resort.cancel)
    stopped, token = threading.Event(), token_of(parsed)
    server = LabelStudio(parsed.label_studio, token, stopped)
    sync = _sync(parsed, store, server, roles)
    with suppress(SourceUnavailable):  # it may come later; who is refused is told so now
        LabelStudio(server.address, token, stopped, AT_ONCE).get("current-user/whoami")
    app = serving(sync, pseudonym_key=token())  # there is no secret of ours that outlives the program
    secret = parsed.webhook_secret or kept_secret(store, sync.organization_id, make=install)
    installer = Installer(server, _webhook_address(parsed, here), secret) if install else None
    sync_thread = SyncThread(sync, stopped, installer)
    if secret:
        app.register_blueprint(receiver(secret, sync_thread.hint), url_prefix=parsed.prefix)
    sync_thread.start()
    stack.callback(sync_thread.stop)
    stack.callback(last_resort.start)
    return app


def run_sync(parsed: argparse.Namespace) -> int:
    """Read from Label Studio into the store, once or until interrupted."""
    logging.basicConfig(level=logging.WARNING, format="perfwidget: %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if parsed.anew and not parsed.once:
        raise InvalidSetting("--anew goes with --once.")
    stopped = threading.Event()
    with closing(_named(parsed, waits=not parsed.once)) as store:
        try:
            wait_for(store, stopped)
        except KeyboardInterrupt:
            return 0
        if not store.writable:
            raise InvalidSetting("Views show Label Studio's own tables, and there is nothing to be read into them.")
        server = LabelStudio(parsed.label_studio, token_of(parsed), stopped)
        sync = _sync(parsed, store, server, Roles(parsed.roles), _progress())
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


def _remove_webhooks(parsed: argparse.Namespace) -> int:
    if not parsed.label_studio:
        raise InvalidSetting("Name Label Studio with --label-studio URL.")
    removed = remove_all(LabelStudio(parsed.label_studio, token_of(parsed), patience=AT_ONCE))
    print(f"{removed:,} webhooks removed from Label Studio")
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


def _named(parsed: argparse.Namespace, *, waits: bool = True) -> Store:
    """Return the store that is named; one that is not waited for is open."""
    if not parsed.label_studio or not parsed.store:
        raise InvalidSetting("Name Label Studio with --label-studio URL, and the store with --store URL.")
    checked_address(parsed.label_studio)
    return store_to_wait_for(parsed.store) if waits else open_store(parsed.store, wait=0)


def _sync(
    parsed: argparse.Namespace,
    store: Store,
    server: LabelStudio,
    roles: Roles,
    progress: Callable[[str], None] = lambda _: None,
) -> Sync:
    organization_id = parsed.organization or only_organization(store) or DEFAULT_ORGANIZATION
    return Sync(store, server, organization_id, roles, progress)


def _webhook_address(parsed: argparse.Namespace, here: str) -> str:
    """Return where Label Studio sends webhooks: below an address without a path stands our own."""
    given = str(parsed.webhook_address or here)
    return given if urlsplit(given).path.strip("/") else f"{given.rstrip('/')}{parsed.prefix}{PATH}"


def only_organization(store: Store) -> str | None:
    """Return the one organization of a store, None if it is empty; raises InvalidSetting where there are several."""
    with store.reading() as reader:
        found = reader.organizations()
    if len(found) > 1:
        raise InvalidSetting(f"The store holds {len(found)} organizations; name one with --organization.")
    return found[0] if found else None

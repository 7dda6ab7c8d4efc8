"""An nginx that keeps answers by their address alone, as a careless administrator would set it up."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

POLITE: Sequence[str] = ()
CARELESS = ("proxy_ignore_headers Set-Cookie Vary;",)
"""Directives on top of the others. nginx then keeps answers that set a cookie, and gives all languages and all people
the same one; it still does as `Cache-Control` and `Expires` say."""

IN_A_FOLDER = """
daemon off;
master_process off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/bodies;
  proxy_temp_path {folder}/parts;
  fastcgi_temp_path {folder}/unused;
  uwsgi_temp_path {folder}/unused;
  scgi_temp_path {folder}/unused;
"""
"""Where a server writes, all in one folder; its block `http` is to be filled and closed."""

CONFIGURATION = (
    IN_A_FOLDER
    + """
  proxy_cache_path {folder}/kept keys_zone=kept:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host $http_host;
      proxy_cache kept;
      proxy_cache_key $uri$is_args$args;
      proxy_cache_methods GET HEAD POST;
      proxy_cache_valid any 10m;
      proxy_cache_revalidate on;
      add_header X-Kept $upstream_cache_status always;
      {directives}
    }}
  }}
}}
"""
)


@contextmanager
def keeping_by_address(folder: Path, upstream: int, directives: Sequence[str] = POLITE) -> Iterator[int]:
    """Run an nginx in front of a server on this machine; give the port that it listens on.

    Each answer says in `X-Kept` where it comes from: HIT is one that was kept. Raises RuntimeError, with nginx's words,
    if it does not start.
    """
    if NGINX is None:
        raise RuntimeError("nginx is not installed.")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    configuration = folder / "nginx.conf"
    text = CONFIGURATION.format(folder=folder, port=port, upstream=upstream, directives="\n".join(directives))
    configuration.write_text(text)
    log = folder / "error.log"
    started = subprocess.Popen(
        [NGINX, "-p", folder, "-e", log, "-c", configuration], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _await(started, port)
        yield port
    finally:
        started.terminate()
        started.communicate(timeout=60)


def _await(started: subprocess.Popen[bytes], port: int) -> None:
    """Return once the port takes connections."""
    patience = monotonic() + 60
    while monotonic() < patience:
        if started.poll() is not None:
            raise RuntimeError(f"nginx does not start: {started.communicate()[1].decode()}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.1):
                return
        except OSError:
            continue
    raise RuntimeError("nginx did not listen in time.")

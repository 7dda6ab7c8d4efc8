"""A whole host with the dashboard in it, as it runs in production; put your own application in its place.

It takes everything from its environment: `SECRET_KEY`, `STORE` (where the facts live), `ACCOUNTS` (a TOML file of those
who may sign in) and, where Prometheus reads the metrics, `METRICS_TOKEN`.
"""

import atexit
import hmac
import os
import tomllib
from pathlib import Path

from flask import Flask, Request, Response, redirect, render_template_string, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_required, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.security import check_password_hash

from perfwidget import PerformanceWidget, Viewer, log_to, open_store

HOME = """<!doctype html><html lang="en"><title>Platform</title>
<div data-perfwidget="{{ url_for('perfwidget.index', entry='home', compact=1) }}"></div>
<script src="{{ url_for('perfwidget.assets', filename='embed.js') }}" defer></script></html>"""
SIGN_IN = """<!doctype html><html lang="en"><title>Sign in</title>
<form method="post"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<label>E-mail <input name="email"></label> <label>Password <input name="password" type="password"></label>
<button>Sign in</button></form></html>"""
POLICY = "default-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'; object-src 'none'"


class User(UserMixin):
    """Somebody who may sign in, known by their e-mail."""

    def __init__(self, email: str, account: dict[str, str]) -> None:
        self.id, self.account = email, account


def create_app() -> Flask:
    """Return the application. The store is opened by the first request, so each process opens it for itself."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.environ["SECRET_KEY"],  # the same in every worker, and after a restart
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    # One proxy stands before this server, and sets all of these headers, whatever a client sends.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
    CSRFProtect(app)
    sign_in(app, Path(os.environ["ACCOUNTS"]))
    mount(app, os.environ["STORE"], os.environ.get("METRICS_TOKEN", ""))
    app.after_request(protect)
    return app


def mount(app: Flask, store_url: str, metrics_token: str) -> None:
    """Mount the dashboard."""
    log_to(json_lines=True)
    store = open_store(store_url)
    atexit.register(store.close)

    def viewer_of(user: User) -> Viewer:
        account = user.account
        return Viewer(account["organization"], account["id"], account["role"])

    def is_prometheus(request: Request) -> bool:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {metrics_token}".encode())

    widget = PerformanceWidget(store, viewer_of, metrics_allowed=is_prometheus if metrics_token else None)
    app.register_blueprint(widget, url_prefix="/performance")


def sign_in(app: Flask, accounts: Path) -> None:
    """Let people in by e-mail and password; your own application has a way of its own."""
    manager = LoginManager(app)
    manager.login_view = "enter"

    @manager.user_loader
    def known(email: str) -> User | None:
        account = tomllib.loads(accounts.read_text("utf-8")).get(email)  # read anew: who is removed is out
        return None if account is None else User(email, account)

    @app.route("/login", methods=["GET", "POST"])
    def enter() -> ResponseReturnValue:
        user = known(request.form.get("email", ""))
        if user and check_password_hash(user.account["password"], request.form.get("password", "")):
            login_user(user)
            return redirect(url_for("home"))
        return render_template_string(SIGN_IN), 401 if request.method == "POST" else 200

    @app.post("/logout")
    def leave() -> ResponseReturnValue:
        logout_user()
        return redirect(url_for("enter"))

    @app.get("/")
    @login_required
    def home() -> str:
        return render_template_string(HOME)


def protect(response: Response) -> Response:
    """Give our own pages a policy; those of the dashboard bring one of their own."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


app = create_app()

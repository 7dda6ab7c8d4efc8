"""Sign-in and sign-out."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from perfwidget.demo import people
from perfwidget.demo.people import DEMO_ACCOUNTS
from perfwidget.stores.store import Store

WRONG = "There is no such account, or the password is another one. All accounts of this demo have the password “demo”."
INACTIVE = "This account is no longer active; ask an administrator of your organization."


def accounts(store: Store) -> Blueprint:
    """Return the routes by which people come and go."""
    blueprint = Blueprint("accounts", __name__)

    @blueprint.route("/login", methods=["GET", "POST"])
    def sign_in() -> ResponseReturnValue:
        onward = _on_this_site(request.args.get("next", "")) or url_for("pages.home")
        if request.method == "GET":
            return redirect(onward) if current_user.is_authenticated else _form()
        email = request.form.get("email", "").strip()
        person = people.signing_in(store, email, request.form.get("password", ""))
        if person is None:
            return _form(email, WRONG), 401
        if not login_user(person):
            return _form(email, INACTIVE), 403
        return redirect(onward)

    @blueprint.route("/logout", methods=["GET", "POST"])
    def sign_out() -> ResponseReturnValue:
        logout_user()
        return redirect(url_for(".sign_in"))

    return blueprint


def _form(email: str = "", fault: str = "") -> str:
    return render_template("sign_in.html", email=email, fault=fault, demo_accounts=DEMO_ACCOUNTS)


def _on_this_site(address: str) -> str:
    """Return an address to go on to if it is a path of this site, else nothing.

    Browsers take `//host` and `/\\host` for another site, and drop control characters before they look.
    """
    path = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if path else ""

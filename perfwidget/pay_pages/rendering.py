"""Pages made of templates, in an environment of their own: whatever a host does to its Jinja, all text is escaped."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flask import Response, current_app, request, stream_with_context, url_for
from jinja2 import Environment, PackageLoader, StrictUndefined

from perfwidget.errors import Busy, PerfwidgetError, UnconfirmedPay
from perfwidget.hosting.refusals import TRIES_AGAIN, say
from perfwidget.hosting.static_files import assets_folder
from perfwidget.page import formats as page_formats
from perfwidget.pay_pages import formats, words
from perfwidget.pay_pages.context import PayContext
from perfwidget.question.query import Theme

KEPT = ("theme", "around", "compact")
"""What of an address every link on the page keeps: how the page looks."""

_GROWS = "[[what comes about]]"

_ENVIRONMENT = Environment(
    loader=PackageLoader(__package__),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(words=words, formats=formats, plain=page_formats)


def page(template: str, prefix: str, status: int = 200, **values: Any) -> Response:
    """Return a page made of a template."""
    return Response(
        _ENVIRONMENT.get_template(template).render(**_common(prefix), **values), status, mimetype="text/html"
    )


def growing_page(template: str, prefix: str, parts: Iterable[Mapping[str, Any]], **values: Any) -> Response:
    """Return a page whose parts come about while it is sent.

    The template `NAME.html` holds `grows` where they stand. Each is made of `NAME_part.html`, and after the last one
    stands `NAME_end.html`, with the values of the last part.
    """
    common = _common(prefix)
    whole = _ENVIRONMENT.get_template(f"{template}.html").render(**common, **values, grows=_GROWS)
    begins, _, ends = whole.partition(_GROWS)
    part, end = (_ENVIRONMENT.get_template(f"{template}_{name}.html") for name in ("part", "end"))

    def sent() -> Iterator[str]:
        yield begins
        last: Mapping[str, Any] = {}
        for last in parts:
            yield part.render(**common, **values, **last)
        yield end.render(**common, **values, **last) + ends

    headers = {"X-Accel-Buffering": "no"}  # some proxies would wait for the end
    return Response(stream_with_context(sent()), mimetype="text/html", headers=headers)


def onward(address: str) -> Response:
    """Lead on to a page of ours after something was done, so that loading it again repeats nothing."""
    return Response(status=303, headers={"Location": address})


def refusal_page(fault: PerfwidgetError, context: PayContext) -> Response:
    """Return the page that says what was refused, with its status; what a payer has to do first is no refusal."""
    say(fault)
    manages = context.may_manage()
    begins = manages and isinstance(fault, UnconfirmedPay)
    told = {"sentence": context.told(fault), "manages": manages, "begins": begins}
    answer = page("refused.html", context.prefix(), 200 if begins else fault.status, **told)
    if isinstance(fault, Busy):
        answer.headers["Retry-After"] = str(fault.retry_after)
        if request.method == "GET":
            answer.headers["Refresh"] = str(TRIES_AGAIN)
    return answer


def address_of(endpoint: str, **given: Any) -> str:
    """Return the address of a page of ours; it keeps how the current page looks."""
    kept = {name: request.args[name] for name in KEPT if request.args.get(name)}
    wanted: dict[str, Any] = {**kept, **{name: value for name, value in given.items() if value not in (None, "")}}
    return url_for(f".{endpoint}", **wanted)


def numbered_page(rows: int, size: int) -> tuple[int, int]:
    """Return the number of the page of a list that the address asks for, and how many there are."""
    pages = max(1, -(-rows // size))
    asked = request.args.get("page", "1")
    place = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return min(max(place, 1), pages), pages


def _common(prefix: str) -> Mapping[str, Any]:
    theme = request.args.get("theme", "")
    return {
        "prefix": prefix,
        "theme": theme if theme in tuple(Theme) else "",
        "asset": _assets(prefix),
        "link": address_of,
        "kept": [(name, request.args[name]) for name in KEPT if request.args.get(name)],
        "csrf": _csrf(),
    }


def _assets(prefix: str) -> Callable[[str], str]:
    """Return what makes the address of an asset, with the fingerprint that lets browsers keep it."""

    def asset(name: str) -> str:
        return f"{prefix}assets/{name}?m={(assets_folder() / name).stat().st_mtime}"

    return asset


def _csrf() -> tuple[str, str] | None:
    """Return the name and value of the hidden field that the host's CSRFProtect wants in every form."""
    make_token = current_app.jinja_env.globals.get("csrf_token") if "csrf" in current_app.extensions else None
    return (current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"), make_token()) if callable(make_token) else None

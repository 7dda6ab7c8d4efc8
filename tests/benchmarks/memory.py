"""What a server holds in memory, at the most, once everything has been asked of it with all facts at hand."""

import json
from collections.abc import Iterator

import requests

from perfwidget import open_store
from tests.benchmarks.measuring import Measure
from tests.benchmarks.questions import questions
from tests.benchmarks.serving import BARE, OURS, STOCK, Served, served
from tests.benchmarks.site import Site
from tests.hosts import asking_body, host

PART = "memory"
WHAT = "a server's memory, at the most"
NAMES = {OURS: "perfwidget", STOCK: "stock Dash over pandas", BARE: "Flask with one page"}
ROUNDS = 3


def measure(site: Site) -> Iterator[Measure]:
    """Ask each server the questions of the page, all panels of them, and read what it held."""
    body = _body(site)
    held: dict[str, int] = {}
    for kind in NAMES:
        with served(site, kind) as server:
            for _ in range(ROUNDS):
                _ask(site, kind, server, body)
            held[kind] = server.most_memory()
    for kind, most in held.items():
        times = most / held[OURS]
        yield Measure(PART, WHAT, NAMES[kind], "B", most, times, times, times)


def _body(site: Site) -> str:
    """Return the body of our data callback, with a mark for the question."""
    store = open_store(site.address)
    try:
        browser = host(store).test_client()
        browser.get("/login?as=boss:owner")
        return json.dumps(asking_body(browser, "asked", {"question": "@QUESTION@"}))
    finally:
        store.close()


def _ask(site: Site, kind: str, server: Served, body: str) -> None:
    with requests.Session() as session:
        heads = {"Content-Type": "application/json"}
        if kind == BARE:
            session.get(f"{server.base}/").raise_for_status()
            return
        if kind == OURS:
            session.get(f"{server.base}/login?as=boss:owner").raise_for_status()
        for question in questions(site.world):
            if kind == OURS:
                asked = "&".join(f"{name}={value}" for name, value in question.parameters.items())
                bodies = [body.replace("@QUESTION@", asked)]
                address = f"{server.base}/performance/_dash-update-component"
            else:
                values = (question.member, question.period.first.isoformat(), question.period.last.isoformat())
                bodies = [_stock_body(each, values) for each in session.get(f"{server.base}/_dash-dependencies").json()]
                address = f"{server.base}/_dash-update-component"
            for each in bodies:
                session.post(address, data=each, headers=heads).raise_for_status()


def _stock_body(callback: dict[str, object], values: tuple[str, ...]) -> str:
    output = str(callback["output"])
    identity, property_ = output.rsplit(".", 1)
    names = (("member", "value"), ("dates", "start_date"), ("dates", "end_date"))
    inputs = [{"id": name, "property": prop, "value": value} for (name, prop), value in zip(names, values, strict=True)]
    outputs = {"id": identity, "property": property_}
    return json.dumps({"output": output, "outputs": outputs, "inputs": inputs, "changedPropIds": ["member.value"]})

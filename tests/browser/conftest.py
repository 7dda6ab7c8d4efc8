"""A running platform with the dashboard, and people who visit it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from perfwidget import PerformanceWidget, open_store
from tests.browser.visits import MARCH, Visit, facts
from tests.hosts import host, served, viewer_of


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a running platform with CSRFProtect, and the dashboard under /performance/."""
    store = open_store(f"duckdb:///{tmp_path_factory.mktemp('page')}/facts.duckdb")
    store.write(facts())
    app = host(store, csrf=True, task_url="/task/{task_id}")

    kept = PerformanceWidget(store, viewer_of, name="kept", export_roles={"rows": ["owner"]})
    app.register_blueprint(kept, url_prefix="/kept")
    paid = PerformanceWidget(store, viewer_of, name="paid", timezone="America/Phoenix")
    app.register_blueprint(paid, url_prefix="/paid")
    app.add_url_rule("/task/<task_id>", "task", lambda task_id: f"<!doctype html><title>Task {task_id}</title>")

    @app.get("/around")
    def around() -> str:
        return (
            "<!doctype html><link rel=icon href=data:,><script src=/performance/assets/embed.js defer></script>"
            f'<div id=one data-perfwidget="/performance/?entry=home&user=ann&{MARCH}" data-title=Figures></div>'
        )

    with served(app) as port:
        yield f"http://127.0.0.1:{port}"
    store.close()


@pytest.fixture
def visit(open_page: Callable[..., Page], address: str) -> Callable[..., Visit]:
    """Sign somebody in: `visit("ann:annotator", timezone_id="Europe/Berlin")`."""

    def begin(who: str = "boss:owner", **options: Any) -> Visit:
        page = open_page(**({"viewport": {"width": 1400, "height": 900}} | options))
        page.request.get(f"{address}/login?as={who}")
        return Visit(page, address)

    return begin

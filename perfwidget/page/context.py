"""What the page needs of the widget that shows it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from perfwidget.metrics import Rules
from perfwidget.page.heading import News
from perfwidget.question.access import Viewer
from perfwidget.question.query import Query
from perfwidget.settings import LATE_AFTER, TaskLink
from perfwidget.stores.store import Store


@dataclass(frozen=True, slots=True)
class PageContext:
    """The widget's store and settings, and its words on the current request."""

    store: Store
    viewer: Callable[[], Viewer]
    """Who looks; raises Forbidden for somebody who may not."""
    rules: Rules
    parse: Callable[[Mapping[str, Iterable[str]]], Query]
    """What parameters of an address ask, by the widget's settings; raises InvalidQuery."""
    review_time_since: date
    """Since when review time has been recorded at all."""
    prefix: Callable[[], str]
    """The public address of the page, up to and with its last `/`."""
    in_request: Callable[[], bool]
    """Whether there is a request; without one there is nobody to show anything to."""
    late_after: int = LATE_AFTER
    """Seconds after which facts that a source keeps in step are called late."""
    notice: Callable[[], str] = str
    """What the host tells people beside their figures; empty where there is nothing to tell."""
    task_link: TaskLink | None = None
    """The address of a task in the host, if that has one."""
    offers: Callable[[str], bool] = lambda _kind: True
    """Whether the viewer may have a kind of download: `report`, `timeline`, `comments` or `rows`."""
    pay_link: Callable[[Viewer], tuple[str, str] | None] = lambda _viewer: None
    """The word and the address of the page of pay that is for a viewer, if there is one."""
    news: News = field(default_factory=News)

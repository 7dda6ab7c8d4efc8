"""A store in PostgreSQL that is kept in step with a Label Studio by a server and by cron at once."""

import threading

import pytest

from perfwidget.label_studio import pages
from perfwidget.label_studio.connection import LabelStudio
from perfwidget.label_studio.roles import Roles
from perfwidget.label_studio.sync import Sync
from perfwidget.stores import open_store
from tests.engines.server import Server
from tests.label_studio.fault_server import TOKEN, FaultServer, World
from tests.label_studio.test_faults import HURRIED, Studio, busy


def test_two_that_read_at_once_agree_and_double_nothing(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 3)
    url = postgresql.new_store()
    faulty = FaultServer(World())
    project = busy(faulty.world, 20)
    failed: list[BaseException] = []

    def read() -> None:
        store = open_store(url)
        try:
            Sync(store, LabelStudio(address, TOKEN, patience=HURRIED), "default", Roles()).run()
        except BaseException as fault:
            failed.append(fault)
        finally:
            store.close()

    with faulty.serving() as address:
        for _ in range(3):
            faulty.world.update(faulty.world.annotations()[3], 77.125)
            faulty.world.delete(faulty.world.annotations()[5])
            faulty.world.submit(faulty.world.add_tasks(project, 2)[0], by=2, lead_time=3)
            both = [threading.Thread(target=read) for _ in range(2)]
            for each in both:
                each.start()
            for each in both:
                each.join()
        assert failed == []
        store = open_store(url)
        studio = Studio(store, faulty, address)
        studio.heal()
        studio.is_right()
        store.close()

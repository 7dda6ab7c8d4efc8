"""The files of pay: what is approved and unpaid, unless the address asks for another state."""

import os
import tempfile
from pathlib import Path

from flask import Response, request

from perfwidget.errors import InvalidPay
from perfwidget.pay.files import State
from perfwidget.pay_pages.context import PayContext

PART = 256 * 1024
"""Bytes of a file that are sent at once."""


class FileViews:
    """Sends the files of pay to whom manages it."""

    def __init__(self, context: PayContext) -> None:
        self._context = context

    def payroll(self) -> Response:
        """Send a row a member and currency."""
        return self._file("payroll.csv")

    def lines(self) -> Response:
        """Send a row a line."""
        return self._file("lines.csv")

    def items(self) -> Response:
        """Send a row an item."""
        return self._file("items.csv")

    def manifest(self) -> Response:
        """Send what the files are, with their hashes and the head of the audit log."""
        return self._file("manifest.json")

    def _file(self, name: str) -> Response:
        """Send one of the files; all are written, so that the manifest has the hashes of the others."""
        context, viewer = self._context, self._context.viewer()
        first, last = request.args.get("from") or None, request.args.get("to") or None
        state = request.args.get("state") or State.APPROVED
        if (first is None) != (last is None):
            raise InvalidPay("from and to go together; give both of them, or neither.")
        with context.place(), tempfile.TemporaryDirectory() as folder:
            context.pay(viewer).export(Path(folder), viewer, first, last, state)
            file = (Path(folder) / name).open("rb")  # which stays readable until it is closed, and is gone then
        parts = iter(lambda: file.read(PART), b"")
        response = Response(parts, mimetype="application/json" if name.endswith("json") else "text/csv")
        response.call_on_close(file.close)
        response.headers.set("Content-Disposition", "attachment", filename=name)
        response.content_length = os.fstat(file.fileno()).st_size  # by which one that breaks off is seen
        return response

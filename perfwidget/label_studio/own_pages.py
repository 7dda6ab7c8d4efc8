"""What Label Studio's own pages are given: a script that links them with the dashboard. It holds nothing of anybody."""

from flask import Blueprint, Response, send_file

from perfwidget.hosting.static_files import assets_folder

PATH = "/label-studio.js"


def script() -> Blueprint:
    """Return the route of the script, which pages of people who are not signed in load as well."""
    blueprint = Blueprint("own_pages", __name__)

    @blueprint.get(PATH)
    def send() -> Response:
        answer = send_file(assets_folder() / "label_studio.js", mimetype="text/javascript", conditional=True)
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return blueprint

"""The sample labeling platform: a host to try the dashboard in, and the example of how to mount it."""

from perfwidget.demo.app import create_app
from perfwidget.demo.serving import main

__all__ = ["create_app", "main"]

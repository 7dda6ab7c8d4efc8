"""perfwidget: the member performance dashboard for labeling platforms, as a Flask blueprint."""

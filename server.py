"""The sample labeling platform with the dashboard in it: `python server.py --help` says how to start it."""

import sys

from perfwidget.demo import main

if __name__ == "__main__":
    sys.exit(main())

"""`python -m perfwidget` is the command line."""

import sys

from perfwidget.cli import main

sys.exit(main())

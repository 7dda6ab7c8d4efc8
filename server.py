"""The sample labeling platform with the dashboard in it, or the dashboard beside a Label Studio.

`python server.py --help` says how to start the sample platform. With `--label-studio URL`, or with
PERFWIDGET_LABEL_STUDIO in the environment, it takes the options of `perfwidget serve` in place of its own.
"""

import os
import sys

from perfwidget import cli
from perfwidget.demo import main

BESIDE = "--label-studio"


def beside_label_studio(arguments: list[str]) -> bool:
    """Say whether the dashboard is to run beside a Label Studio."""
    return bool(os.environ.get("PERFWIDGET_LABEL_STUDIO")) or any(
        argument.partition("=")[0] == BESIDE for argument in arguments
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(cli.main(["serve", *given]) if beside_label_studio(given) else main())

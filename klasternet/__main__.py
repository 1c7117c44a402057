"""`python -m klasternet`: from a table to clusters, a report and a figure; see `command`."""

import sys

from .command import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())

"""``python -m anoa`` is ``anoa``."""

import sys

from anoa.cli import main

if __name__ == "__main__":
    sys.exit(main())

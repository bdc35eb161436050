"""`python -m dev COMMAND`; the Makefile's only entry."""

import sys

from dev.cli import main

sys.exit(main(sys.argv[1:]))

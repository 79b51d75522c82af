"""Entry point: `python -m consumer.redrive COMMAND`."""

import os
import sys

from consumer.redrive.command import main

sys.exit(main(sys.argv[1:], os.environ))

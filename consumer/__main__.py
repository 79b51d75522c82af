"""Entry point of the consumer image: `python -m consumer`."""

import os
import sys

from consumer.handler import handle
from consumer.run import run

sys.exit(run(os.environ, handle))

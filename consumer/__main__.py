"""Entry point of the consumer image: `python -m consumer`."""

import os
import sys

from consumer.errors import ConsumerError
from consumer.load_handler import load
from consumer.run import run

try:
    handler = load()
except ConsumerError as error:
    sys.exit(f"consumer: {error}")
sys.exit(run(os.environ, **handler))

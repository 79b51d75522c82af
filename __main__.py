"""A data pipe on the cloud that the stack file chooses: settings, then everything built from them, then what users need of it."""

import os
import signal

if "PULUMI_CONFIG" in os.environ:  # set only by the CLI's language host, which runs nothing else in this process
    # The engine ends a program with SIGINT, also after a refused change; Python would print tracebacks of KeyboardInterrupt.
    # Set before the imports, which take seconds.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import pulumi

from components.pipeline import Pipeline
from components.settings import Settings

settings = Settings.from_config()
pipeline = Pipeline(settings.name, settings)
for name, value in pipeline.outputs.items():
    pulumi.export(name, value)

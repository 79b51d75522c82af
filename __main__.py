"""Pulumi program: read the settings, create the pipeline, export its outputs."""

import gc
import os
import signal

if "PULUMI_CONFIG" in os.environ:  # set only by the CLI's language host, which runs nothing else in this process
    # The engine stops programs with SIGINT, also after a refused change. Python would print KeyboardInterrupt tracebacks.
    # This runs before the imports because they take seconds.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The SDKs' classes are never freed. Looking through them for garbage takes as long as importing them.
    gc.disable()

import pulumi

from components.pipeline import Pipeline
from components.settings import from_config

settings = from_config()
pipeline = Pipeline(settings.name, settings)
for name, value in pipeline.outputs.items():
    pulumi.export(name, value)

if "PULUMI_CONFIG" in os.environ:  # everything is imported and registered; the rest of an update can take hours
    gc.freeze()
    gc.enable()

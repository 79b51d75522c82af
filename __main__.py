"""A data pipe on the cloud that the stack file chooses: settings, then everything built from them, then what users need of it."""

import pulumi

from components.pipeline import Pipeline
from components.settings import Settings

settings = Settings.from_config()
pipeline = Pipeline(settings.name, settings)
for name, value in pipeline.outputs.items():
    pulumi.export(name, value)

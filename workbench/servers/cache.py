"""Where what is downloaded or built once is kept."""

import os
from pathlib import Path


def cached(*names: str) -> Path:
    """A directory of this user's, shared by all clones: `cached("kafka", "4.3.1")`. It need not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base, "data-pipes", *names)

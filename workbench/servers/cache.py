"""Cache directory for downloads and builds."""

import os
from pathlib import Path


def cached(*names: str) -> Path:
    """Return a directory in the user's cache, such as `cached("kafka", "4.3.1")`. All clones share it. It may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base, "data-pipes", *names)

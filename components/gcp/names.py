"""Resource names within Google Cloud's limits."""

import hashlib

SUFFIX = 6
"""Length of the suffix that makes a name unique."""

LONGEST, SHORTEST = 30, 6
"""Limits on the length of a service account ID (IAM, Create service accounts)."""


def account_id(name: str) -> str:
    """Return a service account ID: the name if its length is valid, else the name shortened and with a hash suffix."""
    if SHORTEST <= len(name) <= LONGEST:
        return name
    digits = hashlib.sha256(name.encode()).hexdigest()[:SUFFIX]
    return f"{name[: LONGEST - SUFFIX - 1].rstrip('-')}-{digits}"


def account_email(account: str, project: str) -> str:
    """Return the e-mail address of the service account with this ID."""
    return f"{account}@{project}.iam.gserviceaccount.com"

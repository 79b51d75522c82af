"""Names as Google Cloud takes them."""

import hashlib

SUFFIX = 6
"""How many letters and digits end a name that another could have, or had."""

LONGEST, SHORTEST = 30, 6
"""How long the id of a service account may be (IAM, Create service accounts)."""


def account_id(name: str) -> str:
    """The id of a service account: the name itself where it has the length of one, else as much as fits and digits of its hash."""
    if SHORTEST <= len(name) <= LONGEST:
        return name
    digits = hashlib.sha256(name.encode()).hexdigest()[:SUFFIX]
    return f"{name[: LONGEST - SUFFIX - 1].rstrip('-')}-{digits}"


def account_email(account: str, project: str) -> str:
    """The e-mail address of the service account of that id, by which others know it."""
    return f"{account}@{project}.iam.gserviceaccount.com"

"""Why a consumer ends by itself."""


class WrongEnvironmentError(Exception):
    """Variables that are missing or wrong, one line each."""


class ConsumerError(Exception):
    """What a consumer cannot go on with, in one line."""

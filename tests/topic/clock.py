"""The time of the programs under test."""


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.pauses: list[float] = []

    def monotonic(self):
        return 1000 + sum(self.pauses)

    def sleep(self, seconds):
        self.pauses.append(seconds)

"""Fake clock for the programs under test."""


class Clock:
    """Clock that advances only through sleep()."""

    def __init__(self):
        self.pauses: list[float] = []

    def monotonic(self):
        return 1000 + sum(self.pauses)

    def sleep(self, seconds):
        self.pauses.append(seconds)

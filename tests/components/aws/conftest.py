"""Fixtures of the tests on AWS."""

import pytest

from tests.adopted import FakeClouds


@pytest.fixture
def clouds(monkeypatch: pytest.MonkeyPatch) -> FakeClouds:
    """Return simulated clouds in which a test changes what was there before."""
    return FakeClouds(monkeypatch)

"""The URNs of aliases, which the SDK works out one by one for engines that take aliases in no other form."""

from contextlib import AbstractContextManager
from unittest.mock import patch

from pulumi import Output


def left_open() -> AbstractContextManager[object]:
    """Leave them open for a while: the recorder never asks for them, since it takes aliases as they are.

    azure-native gives a resource up to a hundred aliases and AWS a few: their URNs are two thirds and more of a plan's time.
    """
    return patch("pulumi.resource.collapse_alias_to_urn", _open)


def _open(*_alias: object) -> Output[str]:
    return Output.from_input("")

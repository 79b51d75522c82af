"""The shipped files of `migration`, parsed."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import yaml

from workbench.stack_file import ROOT

DIRECTORY = ROOT / "migration"
NAMES = sorted(file.stem for file in DIRECTORY.glob("*.properties"))
SOURCES = [name for name in NAMES if name.startswith("source-")]
TARGETS = [name for name in NAMES if name.startswith("target-")]
COMBINED = list(product(SOURCES, TARGETS))


def lines(name: str) -> list[tuple[str, str]]:
    """Return the keys and values of a file, as Java reads them."""
    text = (DIRECTORY / f"{name}.properties").read_text(encoding="utf-8")
    found = [line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert all(sign for _, sign, _ in found), f"{name}: each line must be a comment or KEY = VALUE"
    return [(key.strip(), value.strip()) for key, _, value in found]


def combined(*names: str) -> dict[str, str]:
    """Return the properties of several files, one after the other."""
    return {key: value for name in names for key, value in lines(name)}


def strimzi() -> Mapping[str, Any]:
    """Return the objects for Strimzi by kind."""
    text = (DIRECTORY / "strimzi" / "mirror-maker.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def connectors() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the configurations of Strimzi's source and checkpoint connectors."""
    [mirror] = strimzi()["KafkaMirrorMaker2"]["spec"]["mirrors"]
    return mirror["sourceConnector"]["config"], mirror["checkpointConnector"]["config"]

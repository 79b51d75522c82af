"""The consumer as a package: typed, with a version, and with the packages of the image."""

import re
import tomllib

from packaging.requirements import Requirement

import consumer
from tests.consumer.test_image import PINS
from workbench.stack_file import ROOT

PROJECT = tomllib.loads((ROOT / "consumer" / "pyproject.toml").read_text(encoding="utf-8"))


def test_it_has_a_version_and_types():
    assert re.fullmatch(r"\d+\.\d+\.\d+", consumer.__version__)
    assert PROJECT["tool"]["hatch"]["version"] == {"path": "__init__.py"}
    assert (ROOT / "consumer" / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]


def test_its_requirements_are_those_of_the_image():
    extras = PROJECT["project"]["optional-dependencies"]
    texts = [*PROJECT["project"]["dependencies"], *(text for name in extras.keys() - {"test"} for text in extras[name])]
    requirements = [Requirement(text) for text in texts]
    direct = (ROOT / "consumer" / "requirements.txt").read_text(encoding="utf-8").partition("# Transitive")[0]
    assert {each.name for each in requirements} == {
        *re.findall("^([a-z0-9-]+)==", direct, re.MULTILINE),
        "typing-extensions",
    }
    for each in requirements:
        assert each.specifier.contains(PINS[each.name]), (
            f"{each} must include the version of the image, {PINS[each.name]}"
        )

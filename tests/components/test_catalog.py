"""Tests of the catalog: every entry exists, and a stack imports only the SDKs of its own cloud."""

import json
import subprocess
import sys
from importlib import import_module

import pytest

from components.catalog import CLOUDS, PROPOSED, exported
from components.service import CloudBase, ContainerPlatform, StreamingService
from tests.stacks import NAMES
from workbench.size.size import choices
from workbench.stack_file import ROOT

CLOUD_SDKS = {"aws": "pulumi_aws", "azure": "pulumi_azure_native", "gcp": "pulumi_gcp", "kubernetes": ""}
READ = """
import json, sys
from workbench.stack_file import find_stack_file, read_settings
read_settings(find_stack_file(sys.argv[1]))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules if name.startswith("pulumi_")})))
"""


@pytest.mark.parametrize("name", CLOUDS)
def test_every_entry_is_exported_by_its_package(name):
    cloud = CLOUDS[name]
    assert isinstance(cloud.base, CloudBase)
    assert all(isinstance(each, StreamingService) for each in cloud.streaming.values())
    assert all(isinstance(each, ContainerPlatform) for each in cloud.platforms.values())


@pytest.mark.parametrize("constant", ["PLATFORM", "SERVICE"])
def test_every_package_that_exports_an_entry_is_in_the_catalog_and_has_tests(constant):
    entries = [each for cloud in CLOUDS.values() for each in (*cloud.streaming.values(), *cloud.platforms.values())]
    packages = [
        ".".join(file.relative_to(ROOT).parent.parts)
        for file in (ROOT / "components").rglob("__init__.py")
        if f"\n{constant} = " in file.read_text(encoding="utf-8")
    ]
    assert packages
    missing = [each for each in packages if getattr(import_module(each), constant) not in entries]
    assert not missing, f"add a line to components/catalog.py for {missing}"
    folders = [ROOT.joinpath("tests", *each.split(".")) for each in packages]
    untested = [str(each.relative_to(ROOT)) for each in folders if not list(each.glob("test_*.py"))]
    assert not untested, f"add tests to {untested}"


def test_nothing_proposes_what_is_always_there_before_the_stack():
    assert set(PROPOSED) == {"aws", "azure", "gcp"}
    for name, cloud in PROPOSED.items():
        assert set(CLOUDS[name].streaming) - set(cloud.streaming) == {"kafka-external"}
        assert set(cloud.platforms) == set(CLOUDS[name].platforms)
    assert {choice.service for choice in choices()} == {key for cloud in PROPOSED.values() for key in cloud.streaming}


def test_a_constant_of_another_kind_is_refused():
    with pytest.raises(
        TypeError, match=r"components\.aws\.msk\.SERVICE must be a ContainerPlatform, got StreamingService"
    ):
        exported(ContainerPlatform, "SERVICE", "components.aws.msk")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stack_imports_no_other_clouds_sdk(cloud):
    stack = next(name for name in NAMES if name.startswith(f"{cloud}-"))
    done = subprocess.run([sys.executable, "-c", READ, stack], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) & set(CLOUD_SDKS.values()) == {CLOUD_SDKS[cloud]} - {""}

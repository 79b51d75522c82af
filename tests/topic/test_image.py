"""Image of the topic program: base image, packages and user."""

import ast
import re
import sys
from importlib.metadata import version

from components.consumer import USER
from components.kubernetes.jobs.brokers import COMMAND
from workbench.stack_file import ROOT

DOCKERFILE = (ROOT / "topic" / "Dockerfile").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "topic" / "requirements.txt").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+) ", REQUIREMENTS, re.MULTILINE))


def test_the_base_image_is_pinned_by_digest():
    (base,) = re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)


def test_it_runs_as_the_user_of_every_workload():
    assert f"\nUSER {USER}:{USER}\n" in DOCKERFILE


def test_the_image_contains_both_programs_at_the_paths_that_jobs_run():
    assert "\nCOPY topic.py brokers.py ./\n" in DOCKERFILE
    assert "\nWORKDIR /app\n" in DOCKERFILE
    assert COMMAND == ("python", "/app/brokers.py")
    assert '\nENTRYPOINT ["python", "/app/topic.py"]\n' in DOCKERFILE


def test_the_brokers_program_uses_only_the_standard_library():
    source = ast.parse((ROOT / "topic" / "brokers.py").read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(source) if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in ast.walk(source) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names


def test_all_packages_are_pinned_by_hash():
    assert "--require-hashes" in DOCKERFILE
    blocks = re.split(r"\n(?=\S)", re.sub(r"^#.*\n|^\n", "", REQUIREMENTS, flags=re.MULTILINE).strip())
    assert len(blocks) == len(PINS) > 0
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_tests_use_the_same_package_versions_as_the_image():
    direct = ("confluent-kafka", "aws-msk-iam-sasl-signer-python", "boto3", "botocore")
    assert {name: PINS[name] for name in direct} == {name: version(name) for name in direct}

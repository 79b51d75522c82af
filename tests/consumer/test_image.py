"""Consumer image: base image, user, files and packages."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, version

from components.consumer import PORT, USER
from consumer import web
from workbench.stack_file import ROOT

DOCKERFILE = (ROOT / "consumer" / "Dockerfile").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "consumer" / "requirements.txt").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+) ", REQUIREMENTS, re.MULTILINE))
BASE = re.compile(r"^FROM (\S+)$", re.MULTILINE)


NOT_IN_THE_IMAGE = ["Dockerfile", ".dockerignore", "**/__pycache__", "pyproject.toml", "testing.py"]


def imported() -> set[str]:
    """Return all modules that the program in the image imports, at any level."""
    modules: set[str] = set()
    for path in (ROOT / "consumer").rglob("*.py"):
        if path.name in NOT_IN_THE_IMAGE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(str(node.module))
    return modules


def test_the_image_starts_from_the_digest_that_the_other_image_starts_from():
    (base,) = BASE.findall(DOCKERFILE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    assert BASE.findall((ROOT / "topic" / "Dockerfile").read_text(encoding="utf-8")) == [base]


def test_it_runs_as_the_user_that_the_platforms_set():
    assert f"\nUSER {USER}:{USER}\n" in DOCKERFILE


def test_it_serves_the_port_that_the_platforms_probe():
    assert web.PORT == PORT
    assert f"\nEXPOSE {PORT}\n" in DOCKERFILE


def test_it_contains_every_module_and_starts_the_program():
    assert "\nWORKDIR /app\n" in DOCKERFILE
    assert "\nCOPY . ./consumer/\n" in DOCKERFILE
    assert '\nENTRYPOINT ["python", "-m", "consumer"]\n' in DOCKERFILE


def test_no_other_local_file_is_copied_into_it():
    """A pattern of .dockerignore that excludes a module would be missed only when a pod starts."""
    ignored = (ROOT / "consumer" / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored == NOT_IN_THE_IMAGE
    suffixes = {
        path.suffix
        for path in (ROOT / "consumer").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in NOT_IN_THE_IMAGE
    }
    assert suffixes == {".py", ".txt", ".typed"}, "any other file would be copied too"


def test_every_package_is_pinned_by_hash():
    assert "--require-hashes" in DOCKERFILE
    blocks = re.split(r"\n(?=\S)", re.sub(r"^#.*\n|^\n", "", REQUIREMENTS, flags=re.MULTILINE).strip())
    assert len(blocks) == len(PINS) > 0
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_import_is_installed_in_the_version_that_the_tests_use():
    """Namespaces such as google belong to many packages; one of them is enough."""
    providers = packages_distributions()
    for module in imported():
        package = module.partition(".")[0]
        if package == "consumer" or package in sys.stdlib_module_names:
            continue
        names = {name.lower().replace("_", "-") for name in providers[package]}
        assert names & PINS.keys(), f"{module} is imported and not installed"
    shared = {name: pin for name, pin in PINS.items() if name in direct()}
    assert shared
    assert shared == {name: version(name) for name in shared}


def direct() -> set[str]:
    """Return the packages that the repository's own requirements pin."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Za-z0-9-]+)(?:\[\w+\])?==", text, re.MULTILINE))

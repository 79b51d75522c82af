"""The command `handler new`: a project whose tests pass as written, and directories that it refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import consumer
from workbench.__main__ import app
from workbench.stack_file import ROOT

FILES = {"handler.py", "tests/test_handler.py", "Dockerfile", "README.md", "pyproject.toml", "records.jsonl"}


def created(directory: Path) -> str:
    done = CliRunner().invoke(app, ["handler", "new", str(directory)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_the_tests_of_a_new_project_pass_as_written(tmp_path: Path):
    project = tmp_path / "orders"
    said = created(project)
    assert {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()} == FILES
    assert f"Test it: .venv/bin/python -m pytest {project}" in said
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", project],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_its_image_is_the_consumers_image_of_this_version_with_its_handler(tmp_path: Path):
    project = tmp_path / "My Orders"
    created(project)
    dockerfile = (project / "Dockerfile").read_text()
    assert dockerfile.startswith("# ")
    assert re.findall("^(?:FROM|COPY) .*", dockerfile, re.MULTILINE) == [
        f"FROM consumer:{consumer.__version__}",
        "COPY handler.py /app/consumer/handler.py",
    ]
    readme = (project / "README.md").read_text()
    assert f'--tag consumer:{consumer.__version__} "$DATA_PIPES/consumer"' in readme
    assert "--tag my-orders:1.0.0 ." in readme


def test_an_empty_directory_is_used(tmp_path: Path):
    created(tmp_path)
    assert (tmp_path / "handler.py").is_file()


@pytest.mark.parametrize("name", ["notes.txt", ".git"])
def test_a_directory_with_files_is_refused_and_not_changed(tmp_path: Path, name: str):
    (tmp_path / name).touch()
    done = CliRunner().invoke(app, ["handler", "new", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"DIR: must be a new or empty directory, got {tmp_path} (it contains {name}). Use another path.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_refused(tmp_path: Path):
    file = tmp_path / "orders"
    file.touch()
    done = CliRunner().invoke(app, ["handler", "new", str(file)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"DIR: must be a directory that can be written, got {file} (Not a directory). Use another path.\n"
    )

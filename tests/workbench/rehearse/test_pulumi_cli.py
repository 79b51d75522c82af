"""Tests of the search for the CLI: PATH, cache, Go, installer. All are stand-ins, and nothing is built."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from workbench.rehearse import pulumi_cli
from workbench.rehearse.pulumi_cli import PulumiCliError, cache_directory, pulumi_command, wanted_version

Script = Callable[[str, str], None]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Empty machine: only the test's programs on PATH, an empty cache, and no network."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def install(**_options: object) -> None:
        raise OSError("no route to get.pulumi.com")

    monkeypatch.setattr(PulumiCommand, "install", install)

    def write(name: str, body: str) -> None:
        file = tmp_path / "bin" / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    return write


GO = """
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho v%s\\n' {version} > "$2"
/bin/chmod +x "$2"
"""


def test_pulumi_on_path_is_used(script: Script):
    script("pulumi", "echo v3.260.1")
    reports: list[str] = []
    assert str(pulumi_command(reports.append).version) == "3.260.1"
    assert reports == []


def test_a_pulumi_that_is_too_old_is_skipped_and_built_once(script: Script):
    script("pulumi", "echo v3.100.0")
    script("go", GO.format(version=wanted_version()))
    reports: list[str] = []
    command = pulumi_command(reports.append)
    assert command.command == str(cache_directory(wanted_version()) / "bin" / "pulumi")
    assert "the pulumi on PATH cannot be used" in reports[0]
    assert "only once (7 to 12 minutes on two cores)" in reports[1]
    assert [file.name for file in Path(command.command).parent.iterdir()] == ["pulumi"], "no temporary file may remain"

    script("go", "exit 1")
    assert pulumi_command(reports.append).command == command.command
    assert len(reports) == 3, "the second call must use the cached CLI without a message"


def test_a_failed_build_leaves_no_cli(script: Script):
    script("go", "echo 'go: updates to go.mod needed' >&2; exit 1")
    with pytest.raises(PulumiCliError) as refused:
        pulumi_command(lambda _text: None)
    message = str(refused.value)
    for part in ("go: updates to go.mod needed", "no route to get.pulumi.com", "https://www.pulumi.com/docs/install/"):
        assert part in message
    assert not (cache_directory(wanted_version()) / "bin" / "pulumi").exists()


@pytest.mark.usefixtures("script")
def test_without_go_and_network_the_message_has_the_fix():
    with pytest.raises(PulumiCliError, match="go is not on PATH"):
        pulumi_command(lambda _text: None)


def test_only_go_mod_sets_the_version():
    source = Path(pulumi_cli.__file__).read_text(encoding="utf-8")
    assert wanted_version() not in source

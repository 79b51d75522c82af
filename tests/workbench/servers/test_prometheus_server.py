"""Tests of the search for Prometheus: PATH, cache, Go. All programs are stand-ins: nothing is built, and no server runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.servers import prometheus_binaries as binaries
from workbench.servers.prometheus_binaries import (
    PrometheusBinariesError,
    cache_directory,
    find_binaries,
    prometheus_binaries,
    wanted_version,
)
from workbench.servers.prometheus_server import PrometheusServer, PrometheusServerError

Script = Callable[..., Path]
GO = """
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\n' > "$2"
/bin/chmod +x "$2"
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Empty machine: only the test's files in its directories, and an empty cache."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def write(path: str, body: str = "exit 0") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return file

    return write


def test_binaries_on_path_have_priority_over_the_cache(script: Script):
    for name in ("prometheus", "promtool"):
        cached = script(f"cache/data-pipes/prometheus/v{wanted_version()}/bin/{name}")
    assert prometheus_binaries(print).promtool == cached
    installed = script("bin/promtool")
    assert prometheus_binaries(print).promtool == installed


def test_missing_binaries_are_built_once_with_a_message(script: Script):
    script("bin/go", GO)
    told: list[str] = []
    built = prometheus_binaries(told.append)
    assert built.prometheus.parent == built.promtool.parent == cache_directory(wanted_version())
    assert len(told) == 1
    script("bin/go", "exit 1")
    assert prometheus_binaries(told.append) == built
    assert len(told) == 1, "the second call must use the cached binaries without a message"


def test_the_sdks_of_the_clouds_are_left_out_of_the_build(script: Script, tmp_path: Path):
    script("bin/go", f'echo "$@" >> {tmp_path}/calls\n{GO}')
    prometheus_binaries(lambda _text: None)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert all("-tags remove_all_sd" in call for call in calls)


def test_a_failed_build_leaves_no_server(script: Script):
    script("bin/go", "echo 'go: updates to go.mod needed' >&2; exit 1")
    with pytest.raises(PrometheusBinariesError, match=r"go: updates to go\.mod needed"):
        prometheus_binaries(lambda _text: None)
    assert find_binaries() is None


@pytest.mark.usefixtures("script")
def test_without_go_the_message_has_the_fix():
    with pytest.raises(PrometheusBinariesError, match=r"Install Go 1\.26 or later .* Or install Prometheus 3"):
        prometheus_binaries(lambda _text: None)


def test_only_go_mod_sets_the_version():
    assert wanted_version() not in Path(binaries.__file__).read_text(encoding="utf-8")


def test_a_server_that_does_not_start_reports_why_and_leaves_nothing(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script("bin/prometheus", "echo bad rules >&2; exit 2")
    script("bin/promtool")
    server = PrometheusServer(print, targets={}, rules={}, milliseconds=1000)
    with pytest.raises(PrometheusServerError, match="prometheus ended with status 2:\nbad rules"), server:
        pass
    assert not list(tmp_path.glob("data-pipes-*"))

"""Tests of the search for the API server's binaries: PATH, setup-envtest, cache, Go. All are stand-ins: nothing is built, and no server runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.servers import kubernetes_binaries as binaries
from workbench.servers.kubernetes_binaries import (
    KubernetesBinariesError,
    cache_directory,
    find_binaries,
    kubernetes_binaries,
    wanted_version,
)
from workbench.servers.kubernetes_server import KubernetesServer, KubernetesServerError, available

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
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)

    def write(path: str, body: str = "exit 0") -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return file

    return write


def test_binaries_on_path_have_priority_over_setup_envtest_and_the_cache(
    script: Script, monkeypatch: pytest.MonkeyPatch
):
    assert not available()
    for name in ("kube-apiserver", "etcd"):
        cached = script(f"cache/data-pipes/kubernetes/v{wanted_version()}/bin/{name}")
    assert available()
    assert kubernetes_binaries(print).etcd == cached
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(script("assets/etcd").parent))
    assert kubernetes_binaries(print).etcd.parent.name == "assets"
    script("bin/etcd")
    found = kubernetes_binaries(print)
    assert (found.etcd.parent.name, found.kube_apiserver.parent) == ("bin", cached.parent)


def test_missing_binaries_are_built_once_with_a_message(script: Script):
    script("bin/go", GO)
    told: list[str] = []
    built = kubernetes_binaries(told.append)
    assert built.etcd.parent == built.kube_apiserver.parent == cache_directory(wanted_version())
    assert len(told) == 1
    assert "only once (5 to 12 minutes on two cores)" in told[0]
    script("bin/go", "exit 1")
    assert kubernetes_binaries(told.append) == built
    assert len(told) == 1, "the second call must use the cached binaries without a message"


def test_a_failed_build_leaves_no_server(script: Script):
    script("bin/go", "echo 'go: updates to go.mod needed' >&2; exit 1")
    with pytest.raises(KubernetesBinariesError, match=r"go: updates to go\.mod needed"):
        kubernetes_binaries(lambda _text: None)
    assert find_binaries() is None


@pytest.mark.usefixtures("script")
def test_without_go_the_message_has_the_fix():
    with pytest.raises(
        KubernetesBinariesError, match=r"Install Go 1\.26 or later .* Or install both with setup-envtest"
    ):
        kubernetes_binaries(lambda _text: None)


def test_only_go_mod_sets_the_version():
    assert wanted_version() not in Path(binaries.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("bodies", "told"),
    [
        (("echo no space left >&2; exit 3", "exec /bin/sleep 60"), "etcd ended with status 3:\nno space left"),
        (("exec /bin/sleep 60", "echo unknown flag >&2; exit 1"), "kube-apiserver ended with status 1:\nunknown flag"),
    ],
)
def test_a_server_that_does_not_start_reports_why_and_leaves_nothing(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bodies: tuple[str, str], told: str
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, body in zip(("etcd", "kube-apiserver"), bodies, strict=True):
        script(f"bin/{name}", body)
    server = KubernetesServer(print)
    with pytest.raises(KubernetesServerError, match=told), server:
        pass
    assert server._running == {}
    assert not list(tmp_path.glob("data-pipes-*"))

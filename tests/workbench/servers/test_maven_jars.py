"""Tests of the download of Kafka's jars without Maven: complete, verified, once. The repository is a stand-in."""

import hashlib
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.dataplane.mirror import TOOL as MIRROR_MAKER
from workbench.servers import maven_jars
from workbench.servers.kafka_broker import TOOL, kafka_version
from workbench.servers.maven_jars import JarError, jars, locked

MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}
NAMES = [f"org/example/{name}/1/{name}-1.jar" for name in "abc"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Generator[list[str]]:
    """Requested addresses of a repository that responds with the address itself."""
    paths: list[str] = []

    class Repository(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path.removeprefix("/maven2/"))
            self.send_response(200 if "missing" not in self.path else 404)
            self.end_headers()
            self.wfile.write(self.path.removeprefix("/maven2/").encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's names
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Repository) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("MAVEN_REPOSITORY", f"http://127.0.0.1:{server.server_port}/maven2/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield paths
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Callable[..., Path]:
    """Create a tool whose lock file lists some paths, each with its checksum."""

    def write(*names: str) -> Path:
        lines = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names]
        (tmp_path / "jars.sha256").write_text("".join(lines))
        return tmp_path

    return write


def files(directory: Path) -> list[str]:
    return sorted(str(file.relative_to(directory)) for file in directory.rglob("*") if file.is_file())


def test_every_jar_is_downloaded_once(asked: list[str], lock, tmp_path: Path):
    reports: list[str] = []
    cache = tmp_path / "cache"
    found = jars(lock(*NAMES), cache, reports.append)
    assert [path.read_text() for path in found] == NAMES
    assert sorted(asked) == NAMES
    assert len(reports) == 1
    assert str(cache) in reports[0]

    assert jars(lock(*NAMES), cache, reports.append) == found
    assert (len(asked), len(reports)) == (3, 1), "the second call must send no request and print nothing"


def test_existing_jars_are_kept_and_new_ones_are_fetched(asked: list[str], lock, tmp_path: Path):
    jars(lock(*NAMES[:2]), tmp_path / "cache", print)
    jars(lock(*NAMES), tmp_path / "cache", print)
    assert sorted(asked) == NAMES


def test_a_jar_with_a_wrong_checksum_is_discarded(asked: list[str], lock, tmp_path: Path):
    tool = lock(*NAMES)
    wrong = (tool / "jars.sha256").read_text().replace("/b-1.jar", "/b-2.jar")
    (tool / "jars.sha256").write_text(wrong)
    with pytest.raises(JarError, match=r"b-2\.jar: must have the checksum .* of the lock file, got"):
        jars(tool, tmp_path / "cache", print)
    assert not [file for file in files(tmp_path / "cache") if "b-" in file]


def test_a_jar_that_the_repository_does_not_have_is_named(asked: list[str], lock, tmp_path: Path):
    with pytest.raises(JarError, match=r"missing-1\.jar: cannot be downloaded \(Not Found\).*MAVEN_REPOSITORY"):
        jars(lock("missing-1.jar"), tmp_path / "cache", print)
    assert asked == ["missing-1.jar"], "a permanent error must not be retried"
    assert files(tmp_path / "cache") == []


def test_without_a_network_the_message_has_the_fix(monkeypatch: pytest.MonkeyPatch, lock, tmp_path: Path):
    monkeypatch.setenv("MAVEN_REPOSITORY", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(JarError, match=r"refused.*Connect this machine to the Internet, or set MAVEN_REPOSITORY="):
        jars(lock(*NAMES), tmp_path / "cache", print)


def test_two_processes_may_fetch_at_once(asked: list[str], lock, tmp_path: Path):
    tool = lock(*NAMES)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: jars(tool, tmp_path / "cache", print), range(4)):
            assert [path.read_text() for path in found] == NAMES
    assert files(tmp_path / "cache") == NAMES, "no temporary file may remain"


@pytest.mark.parametrize("tool", [TOOL, MIRROR_MAKER], ids=lambda tool: tool.name)
def test_the_lock_file_has_all_dependencies(tool: Path):
    """If this fails, run renew-lock in the directory of the tool."""
    paths = {jar.path for jar in locked(tool)}
    wanted = ET.parse(tool / "pom.xml").findall("m:dependencies/m:dependency", MAVEN)
    assert wanted
    for dependency in wanted:
        group, artifact, version = (
            dependency.findtext(f"m:{name}", "", MAVEN) for name in ("groupId", "artifactId", "version")
        )
        assert f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.jar" in paths
    others = {path for path in paths if path.startswith("org/apache/kafka/") and f"/{kafka_version()}/" not in path}
    assert not others, "all Kafka jars must have the same version"


def test_maven_central_is_the_default():
    assert maven_jars.REPOSITORY.startswith("https://repo.maven.apache.org/")

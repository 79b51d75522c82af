"""Tests of the Pub/Sub test server's build errors."""

from pathlib import Path

import pytest

from workbench.servers.pubsub_server import PubSubServerError, pubsub_server


def test_without_go_the_message_has_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(PubSubServerError, match=r"is not on PATH\. Install Go .*https://go\.dev/doc/install"):
        pubsub_server(lambda _: None).__enter__()


def test_a_failed_build_reports_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    reports: list[str] = []
    with pytest.raises(PubSubServerError, match="could not be built with Go: no such module"):
        pubsub_server(reports.append).__enter__()
    assert len(reports) == 1
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]

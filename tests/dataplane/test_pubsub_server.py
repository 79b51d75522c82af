"""The server is there for as long as whoever started it, and where it can't be had, the way to it is told."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.pubsub_server import PubSubServerError, pubsub_server
from workbench.stack_file import ROOT

USER = """
import sys, time
from workbench.pubsub_server import pubsub_server

with pubsub_server(lambda _: None) as address:
    print(address, flush=True)
    time.sleep(600)
"""


def test_without_go_it_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(PubSubServerError, match=r"no go on PATH. Install Go .*https://go\.dev/doc/install"):
        pubsub_server(lambda _: None).__enter__()


def test_a_build_that_fails_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    told: list[str] = []
    with pytest.raises(PubSubServerError, match="could not be built with Go: no such module"):
        pubsub_server(told.append).__enter__()
    assert len(told) == 1
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_it_is_gone_once_its_user_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", USER], cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True
    ) as user:
        try:
            assert user.stdout is not None
            host, port = user.stdout.readline().strip().split(":")
            connection = socket.create_connection((host, int(port)), timeout=60)
        finally:
            user.kill()
    with connection:
        while connection.recv(1024):  # until the server hangs up
            pass

"""Tests that child processes end with their parent process."""

import shutil
import subprocess
import sys
import time

import pytest

from workbench.stack_file import ROOT

PARENT = """
import subprocess, sys, time
from workbench.servers.child import bound

child = subprocess.Popen(bound([sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(600)"]))
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(not shutil.which("setpriv"), reason="only Linux with util-linux has setpriv")
def test_a_child_ends_with_its_parent_even_if_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        try:
            told = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
            assert "runs" in told
        finally:
            parent.kill()
        # The pipe closes when the last process that holds it ends.
        begun = time.monotonic()
        assert parent.stdout.read() == ""
        assert time.monotonic() - begun < 300

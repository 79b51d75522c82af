"""Plans stacks one after another with the code in the working directory. Prints a line of JSON for each stack.

The process imports each SDK once. It uses nothing of the code except its command line, `python -m workbench plan --json -- STACK`, so
that it works with any revision.
"""

import gc
import json
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path


def main(stacks: list[str]) -> None:
    """Plan the stacks."""
    sys.path[0] = str(Path.cwd())  # not this file's directory
    for stack in stacks:
        stdout, stderr = StringIO(), StringIO()
        with redirect_stdout(stdout), redirect_stderr(stderr):
            status = _plan(stack)
        done = {"stack": stack, "status": status, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}
        sys.stdout.write(f"{json.dumps(done)}\n")
        sys.stdout.flush()
        # Free the plan. The imported SDKs are kept out of the next collection, because they are never freed.
        gc.collect()
        gc.freeze()


def _plan(stack: str) -> int:
    sys.argv = ["workbench", "plan", "--json", "--", stack]
    try:
        runpy.run_module("workbench", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")  # as Python does with a text
        return 1
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])

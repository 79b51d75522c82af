"""What a change would do to the stacks: each is planned at a git revision and now, and the two plans are compared.

Each side is planned by its own code (`python -m workbench plan`), so that changes of the program count as those of stack files
do. No engine, no account and no network is used.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.diff.resources import ResourceDiff, compare
from workbench.equation import Equation
from workbench.stack_file import ROOT, StackFileError

AT_ONCE = 2
"""How many plans run side by side; each takes a core for some seconds."""

_GIT_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
"""Where git says that it works when it calls a hook; a diff works in its own repository all the same."""


class RevisionError(Exception):
    """The revision to compare with can't be had; the message says why, in one line."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """A stack as one side plans it."""

    resources: Mapping[str, Mapping[str, Any]]
    """URN -> what `plan --json` says of it."""
    pipes: tuple[Equation, ...]
    problems: tuple[str, ...]
    """What `plan` finds wrong with it."""


@dataclass(frozen=True, kw_only=True)
class StackDiff:
    """One stack, before and after; where a side could not be planned, the reason in its place."""

    stack: str
    before: Side | str | None
    """None: the stack is new."""
    after: Side | str | None
    """None: the stack is removed."""
    resources: tuple[ResourceDiff, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell of it."""
        if not isinstance(self.before, Side) or not isinstance(self.after, Side):
            return True
        pipes = self.before.pipes != self.after.pipes
        return pipes or bool(self.resources or self.before.problems or self.after.problems)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the stack as it is now."""
        if isinstance(self.after, str):
            return tuple(self.after.splitlines())
        return self.after.problems if self.after else ()


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Every stack, compared with a revision."""

    base: str
    """The revision as it was asked for."""
    commit: str
    stacks: tuple[StackDiff, ...]

    @property
    def faults(self) -> list[str]:
        """What is wrong with the stacks as they are now."""
        return [f"{each.stack}: {fault}" for each in self.stacks for fault in each.faults]


def diff(base: str, stack: str | None = None) -> Diff:
    """Compare the stacks, or the one that is named, at a git revision with those in the working tree.

    The revision is checked out into a temporary directory that is gone afterwards; the working tree, its index and its
    branches stay as they are.

    Raises:
        RevisionError: there is no such revision.
        StackFileError: neither side has a stack of this name.
    """
    commit = _commit(base)
    with _checked_out(commit) as before:
        names = sorted({*_stacks(before), *_stacks(ROOT)})
        if stack is not None and stack not in names:
            raise StackFileError(
                f"no stack {stack!r} in stacks/, neither now nor at {base}; there are: {', '.join(names)}"
            )
        wanted = names if stack is None else [stack]
        sides = _plan_all([(root, name) for name in wanted for root in (before, ROOT)])
    pairs = zip(wanted, sides[::2], sides[1::2], strict=True)
    return Diff(base=base, commit=commit, stacks=tuple(_stack_diff(*pair) for pair in pairs))


def _stack_diff(stack: str, before: Side | str | None, after: Side | str | None) -> StackDiff:
    resources: tuple[ResourceDiff, ...] = ()
    if not isinstance(before, str) and not isinstance(after, str):
        resources = compare(before.resources if before else {}, after.resources if after else {})
    return StackDiff(stack=stack, before=before, after=after, resources=resources)


def _stacks(root: Path) -> list[str]:
    return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in (root / "stacks").glob("Pulumi.*.yaml")]


def _plan_all(stacks: Sequence[tuple[Path, str]]) -> list[Side | str | None]:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(_plan, *zip(*stacks, strict=True)))
    finally:
        pool.shutdown(cancel_futures=True)


def _plan(root: Path, stack: str) -> Side | str | None:
    """Plan a stack with the code beneath ``root``; None where it is not there, the reason where it can't be planned."""
    if stack not in _stacks(root):
        return None
    if not (root / "workbench" / "__main__.py").is_file():
        return "there is no workbench to plan it with"
    done = subprocess.run(  # noqa: S603  this Python, with a stack's name
        [sys.executable, "-m", "workbench", "plan", "--json", "--", stack],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stderr.strip().replace(f"{root}{os.sep}", "")
    try:
        return _side(json.loads(done.stdout), _problems(told) if done.returncode else ())
    except (ValueError, TypeError, KeyError, AttributeError):
        return told or f"plan ended with status {done.returncode} and printed no plan"


def _problems(told: str) -> tuple[str, ...]:
    """What `plan` lists as problems at the end of what it tells."""
    listed = re.search(r"^\d+ problems?:\n(.+)\Z", told, re.DOTALL | re.MULTILINE)
    return tuple(line.strip() for line in (listed[1] if listed else told).splitlines())


def _side(plan: dict[str, Any], problems: tuple[str, ...]) -> Side:
    return Side(
        resources={resource["urn"]: resource for resource in plan["resources"]},
        pipes=tuple(
            Equation(pipe=pipe, partitions=each["partitions"], replicas=each["replicas"])
            for pipe, each in sorted(plan["pipes"].items())
        ),
        problems=problems,
    )


def _commit(base: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    except RevisionError as error:
        if str(error):
            raise
        raise RevisionError(
            f"{base!r} is no revision that git knows here; check its name, or git fetch it first"
        ) from None


@contextmanager
def _checked_out(commit: str) -> Generator[Path]:
    """The repository as it was at a commit, in a temporary directory."""
    beneath = _git("rev-parse", "--show-prefix")
    with tempfile.TemporaryDirectory(prefix="data-pipes-diff-") as temporary:
        tree = Path(temporary).resolve() / "base"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree / beneath
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> str:
    """Run git in the repository, without its hooks; RevisionError with what it says if it fails."""
    try:
        done = subprocess.run(  # noqa: S603  fixed commands; a revision stands behind --end-of-options
            ["git", "-c", f"core.hooksPath={os.devnull}", *arguments],  # noqa: S607  git is looked for on PATH
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in _GIT_PLACES},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise RevisionError(f"git is needed to compare with a revision, and can't be run: {error.strerror}") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise RevisionError(lines[-1] if lines else "")
    return done.stdout.strip()

"""Compares the plan of each stack at a git revision with its plan now.

Each side is planned by its own code (`python -m workbench plan`), so the comparison includes changes of the program. No Pulumi
engine, account or network is used.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.diff.plans import Side, names, plan_all
from workbench.diff.resources import ResourceDiff, compare
from workbench.stack_file import ROOT, StackFileError

_GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
"""Variables that git sets for its hooks. Removed, because a diff must always use its own repository."""


class RevisionError(Exception):
    """The revision to compare with is not available. The message has one line."""


@dataclass(frozen=True, kw_only=True)
class StackDiff:
    """One stack, before and after. If a side could not be planned, it is the reason."""

    stack: str
    before: Side | str | None
    """None: the stack is new."""
    after: Side | str | None
    """None: the stack is removed."""
    resources: tuple[ResourceDiff, ...]

    @property
    def changed(self) -> bool:
        """Whether the stack has differences or problems."""
        if not isinstance(self.before, Side) or not isinstance(self.after, Side):
            return True
        pipes = self.before.pipes != self.after.pipes
        return pipes or bool(self.resources or self.before.problems or self.after.problems)

    @property
    def faults(self) -> tuple[str, ...]:
        """Problems of the stack as it is now."""
        if isinstance(self.after, str):
            return tuple(self.after.splitlines())
        return self.after.problems if self.after else ()


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Comparison of all stacks with a revision."""

    base: str
    """The revision as the user gave it."""
    commit: str
    stacks: tuple[StackDiff, ...]

    @property
    def faults(self) -> list[str]:
        """Problems of the stacks as they are now."""
        return [f"{each.stack}: {fault}" for each in self.stacks for fault in each.faults]


def diff(base: str, stack: str | None = None, on_plan: Callable[[str], None] = lambda _: None) -> Diff:
    """Compare all stacks, or only the given one, at a git revision with the working tree.

    The revision is checked out into a temporary directory. The working tree, its index and its branches do not change. `on_plan` is
    called with a line of text after each plan.

    Raises:
        RevisionError: The revision does not exist.
        StackFileError: Neither side has a stack of this name.
    """
    commit = _commit(base)
    with _checked_out(commit) as before:
        known = sorted({*names(before), *names(ROOT)})
        if stack is not None and stack not in known:
            raise StackFileError(
                f"no stack {stack!r} in stacks/, neither now nor at {base}. Use one of: {', '.join(known)}."
            )
        wanted = known if stack is None else [stack]
        then, now = plan_all(before, ROOT, wanted, on_plan)
    return Diff(
        base=base, commit=commit, stacks=tuple(_stack_diff(name, then.get(name), now.get(name)) for name in wanted)
    )


def _stack_diff(stack: str, before: Side | str | None, after: Side | str | None) -> StackDiff:
    resources: tuple[ResourceDiff, ...] = ()
    if not isinstance(before, str) and not isinstance(after, str):
        resources = compare(before.resources if before else {}, after.resources if after else {})
    return StackDiff(stack=stack, before=before, after=after, resources=resources)


def _commit(base: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    except RevisionError as error:
        if str(error):
            raise
        raise RevisionError(
            f"{base!r}: must be a git revision of this repository. Check the name, or run git fetch first."
        ) from None


@contextmanager
def _checked_out(commit: str) -> Generator[Path]:
    """Check out a commit into a temporary directory."""
    prefix = _git("rev-parse", "--show-prefix")
    with tempfile.TemporaryDirectory(prefix="data-pipes-diff-") as temporary:
        tree = Path(temporary).resolve() / "base"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree / prefix
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> str:
    """Run git in the repository, without hooks. Raises RevisionError with git's last line if it fails."""
    try:
        done = subprocess.run(  # noqa: S603  fixed commands; a revision comes after --end-of-options
            ["git", "-c", f"core.hooksPath={os.devnull}", *arguments],  # noqa: S607  git is looked for on PATH
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in _GIT_VARIABLES},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise RevisionError(
            f"git is required to compare with a revision and cannot be run: {error.strerror}. Install git."
        ) from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise RevisionError(lines[-1] if lines else "")
    return done.stdout.strip()

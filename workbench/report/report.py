"""Report of a stack: picture, equations, changes, permissions, deployment and resources in one HTML file.

Everything comes from the plan, in which secrets are `[secret]`. A content security policy in the file forbids every request.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workbench.cloud.figure import Right, Role
from workbench.cloud.figures import figure
from workbench.diff.diff import Diff, StackDiff
from workbench.diff.markdown import equations_of, shown_values
from workbench.diff.plans import Side
from workbench.draw.picture import draw
from workbench.output import FlagError
from workbench.plan import PIPELINE, Plan, in_order, notes, plan
from workbench.recording.records import PROVIDER_PREFIX, STACK_TYPE, RecordedResource
from workbench.rehearse.timeline import short
from workbench.stack_file import find_stack_file
from workbench.values import is_list, is_object


@dataclass(frozen=True, kw_only=True)
class Base:
    """Comparison with a git revision."""

    revision: str
    diff: StackDiff


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One line of the table of permissions."""

    who: str
    what: str
    on: str
    condition: str
    given_by: str


def report(planned: Plan, *, base: Base | None = None, rehearsal: Mapping[str, Any] | None = None) -> str:
    """Return the report as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    resources = in_order(planned.recording)
    children: defaultdict[str | None, list[RecordedResource]] = defaultdict(list)
    for each in resources:
        children[each.parent].append(each)
    return environment.get_template("report.html").render(
        stack=planned.stack_file.stack,
        picture=Markup(draw(planned)),  # noqa: S704  the XML writer escapes every text
        plan=planned,
        notes=list(notes(planned)),
        children=children,
        roots=children[None],
        number=sum(each.custom and not each.type.startswith(PROVIDER_PREFIX) for each in resources),
        label=_label,
        inputs=_inputs,
        permissions=sorted(permissions(planned), key=lambda each: (each.who, each.on, each.what)),
        base=base,
        equations=list(equations_of(base.diff)) if base else [],
        shown_values=shown_values,
        deploy=rehearsal["deploy"] if rehearsal else None,
        short=short,
    )


def write_changed(diff: Diff, directory: Path) -> None:
    """Write the report of each changed stack that can be planned now, as `STACK.html`."""
    for each in diff.stacks:
        if each.changed and isinstance(each.after, Side):
            directory.mkdir(parents=True, exist_ok=True)
            text = report(plan(find_stack_file(each.stack)), base=Base(revision=diff.base, diff=each))
            (directory / f"{each.stack}.html").write_text(text, encoding="utf-8")


def read_rehearsal(file: Path, stack: str) -> Mapping[str, Any]:
    """Read the output of `rehearse --json`.

    Raises:
        FlagError: The file cannot be read, or is not the rehearsal of this stack.
    """
    rule = f"--rehearsal {file}: must be the output of `rehearse {stack} --json`"
    fix = f"Run: python -m workbench rehearse {stack} --json > {file}"
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FlagError(f"{rule} ({error.strerror}). {fix}") from error
    except ValueError as error:
        raise FlagError(f"{rule}, got no JSON. {fix}") from error
    if not is_object(found) or not is_object(found.get("deploy")) or not is_list(found["deploy"].get("spans")):
        raise FlagError(f"{rule}, got JSON without a timeline. {fix}")
    if found.get("stack") != stack:
        raise FlagError(f"{rule}, got that of {found.get('stack')}. {fix}")
    return found


def permissions(planned: Plan) -> Iterator[Permission]:
    """Return the permissions that the stack's resources give, with the names of identities that the stack creates."""
    by_urn = {each.urn: each for each in planned.recording.resources}
    prefix = next((f"{each.name}-" for each in planned.recording.resources if each.type == PIPELINE), "")
    for each in planned.recording.resources:
        known = figure(each.type)
        if not each.custom or known.rights is None:
            continue
        own = f"{known.label} {each.name.removeprefix(prefix)}"
        for right in known.rights(each.inputs):
            yield Permission(
                who=_who(right, each, by_urn, prefix),
                what=", ".join(right.what),
                on=own if right.on.startswith("this ") else right.on,
                condition=right.condition,
                given_by=own,
            )


def _who(right: Right, given_by: RecordedResource, by_urn: Mapping[str, RecordedResource], prefix: str) -> str:
    sources = [by_urn[urn] for urn in given_by.property_dependencies.get(right.who_input, ()) if urn in by_urn]
    identities = [each for each in sources if figure(each.type).role is Role.IDENTITY] or sources
    if len(identities) == 1:
        return f"{_label(identities[0])} {identities[0].name.removeprefix(prefix)}"
    return right.who


def _label(resource: RecordedResource) -> str:
    """Return the noun of a resource's type."""
    if resource.type == STACK_TYPE:
        return "stack"
    if resource.type.startswith(PROVIDER_PREFIX):
        return "provider"
    return figure(resource.type).label if resource.custom else resource.type.removeprefix("data-pipes:")


def _inputs(resource: RecordedResource) -> str:
    return json.dumps(resource.inputs, indent=2, ensure_ascii=False, sort_keys=True)

"""Page with the stacks in stacks/, made from the stack files and the catalog."""

from collections.abc import Iterator

from workbench.stack_file import ROOT, find_stack_file, read_settings

PAGE = "docs/stacks.md"


def picture(stack: str) -> str:
    """Return the path of the picture of a stack in `stacks/`."""
    return f"docs/stacks/{stack}.svg"


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Stacks"
    yield ""
    yield "Each file in `stacks/` is ready to copy. `make reference` writes this page and the pictures from these files."
    yield ""
    yield "| stack | streaming service | platform | pipes | picture |"
    yield "|---|---|---|---|---|"
    for file in sorted((ROOT / "stacks").glob("Pulumi.*.yaml")):
        name = file.name.split(".")[1]
        settings = read_settings(find_stack_file(name))
        streaming = settings.streaming_service.title
        platform = settings.container_platform.title
        pipes = ", ".join(f"`{pipe}`" for pipe in settings.pipes)
        yield f"| [`{name}`](../stacks/{file.name}) | {streaming} | {platform} | {pipes} | [picture](stacks/{name}.svg) |"

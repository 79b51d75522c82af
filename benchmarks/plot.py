"""Plots the results of a benchmark."""

from collections.abc import Mapping
from typing import Any

from benchmarks.measure import ROOT


def bars(name: str, groups: Mapping[str, Mapping[str, float]], *, label: str, target: float | None = None) -> None:
    """Write .bench/NAME.png: one bar per value, in groups. A dashed line shows the target."""
    from matplotlib.figure import Figure  # noqa: PLC0415  large: it would add to the memory of measured processes

    variants = list(dict.fromkeys(variant for group in groups.values() for variant in group))
    figure: Any = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / len(variants)
    for number, variant in enumerate(variants):
        places = [place + number * width for place, group in enumerate(groups.values()) if variant in group]
        values = [group[variant] for group in groups.values() if variant in group]
        axes.bar_label(axes.bar(places, values, width, label=variant), fmt="{:.3g}", fontsize=8)
    if target is not None:
        axes.axhline(target, linestyle="--", color="0.4", label=f"target: {target:g}")
    axes.set(title=name.replace("_", " "), ylabel=label)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(groups))], groups)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(ROOT / ".bench" / f"{name}.png", dpi=120)

"""Plots the measurements of `prove`: messages per second by number of replicas."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from workbench.prove.proof import Proof


def plot(proof: Proof, directory: Path) -> tuple[Path, Path]:
    """Write a PNG and an SVG into a directory and return their paths. The directory is created if it doesn't exist."""
    numbers = [rate.sharing.replicas for rate in proof.rates]
    measured = [rate.per_second for rate in proof.rates]
    one = measured[0]
    figure: Any = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, numbers[-1]], [0, one * numbers[-1]], linestyle="--", color="0.6", label="ideal: N times one replica")
    axes.plot(numbers, measured, marker="o", color="tab:blue", label="measured")
    for rate in proof.rates:
        times = proof.times(rate)
        axes.annotate(
            f"{rate.per_second:.0f}  ({times:.2f} x)",
            (rate.sharing.replicas, rate.per_second),
            xytext=(-8, 8),
            textcoords="offset points",
            horizontalalignment="right",
            fontsize=9,
        )
    axes.set(
        title=f"{proof.stack}: as many replicas as partitions",
        xlabel="N: partitions, and replicas",
        ylabel="messages handled per second",
        xticks=numbers,
        xlim=(0, numbers[-1] * 1.15),
        ylim=(0, max(*measured, one * numbers[-1]) * 1.08),
    )
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="upper left")
    directory.mkdir(parents=True, exist_ok=True)
    paths = directory / f"prove-{proof.stack}.png", directory / f"prove-{proof.stack}.svg"
    for path in paths:
        figure.savefig(path, dpi=150)
    return paths

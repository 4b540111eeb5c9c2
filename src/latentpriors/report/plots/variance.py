"""The picture of the variance of FCD: how much of FCD's variance each source brings."""

__all__ = ["share_bars"]

from matplotlib.figure import Figure

from .style import BLUE, GREY, ORANGE

COLORS = (BLUE, "#7fb2dd", "#3a9c5f", ORANGE, "#8b5fbf", GREY)
READABLE = 0.06  # a narrower part has no room for its figure


def share_bars(shares: dict[str, dict[str, float]]) -> Figure:
    """Draws a bar for each design, divided by the shares of its components; all have the same components."""
    names = list(next(iter(shares.values())))
    figure = Figure(figsize=(5.2, 0.48 * len(shares) + 0.8), layout="constrained")
    axes = figure.subplots()
    for y, parts in enumerate(shares.values()):
        left = 0.0
        for name, color in zip(names, COLORS, strict=True):
            axes.barh(y, parts[name], left=left, color=color, height=0.62, label=name if y == 0 else None)
            if parts[name] >= READABLE:
                text = f"{parts[name]:.0%}"
                axes.text(left + parts[name] / 2, y, text, color="white", ha="center", va="center", weight="bold")
            left += parts[name]
    axes.set(yticks=range(len(shares)), yticklabels=list(shares), xlim=(0, 1), xticks=[])
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    labels = [label.replace("_", " ") for label in labels]
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, handlelength=1)
    return figure

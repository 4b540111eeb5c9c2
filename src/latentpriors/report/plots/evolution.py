"""The picture of what is generated over the epochs of a training."""

__all__ = ["over_epochs"]

from matplotlib.figure import Figure

from .style import BLUE, ORANGE, logarithmic, panels


def over_epochs(epochs: list[int], figures: dict[str, dict]) -> Figure:
    """Draws FCD after epochs, of samples and of reconstructions, a panel for each autoencoder; logarithmic axes.

    Arguments:
        epochs: In order.
        figures: For each autoencoder its `samples` and `reconstructions`, FCD after each of these.
    """
    figure, spots = panels(len(figures), 3, 3.1, 2.6, sharey=True)
    for axes, (name, found) in zip(spots, figures.items(), strict=True):
        for key, color in (("samples", ORANGE), ("reconstructions", BLUE)):
            axes.plot(epochs, found[key], marker="o", ms=3.5, color=color, label=key)
        axes.set(title=name, xlabel="epochs")
        for axis in (axes.xaxis, axes.yaxis):
            logarithmic(axis)
    spots[0].set_ylabel("FCD to the validation split")
    spots[0].legend(frameon=False)
    return figure

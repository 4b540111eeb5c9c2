"""What priors cost, against what they reach."""

__all__ = ["cost"]

from pathlib import Path

from ..charts import cost_chart
from ..columns import cells_sheet
from ..page import Chart, Picture, written
from ..plots.table import pareto
from ..results import Results
from ..sheets import Sheet

COST = ("cell", "fcd", "parameters", "steps", "fit_seconds", "samples_per_second", "evaluations", "device")

CAPTION = (
    "FCD against the seconds of the prior's fit, the autoencoder's training left out. Cells on the dashed front are "
    "beaten by no cheaper one; what needs no fit stands at the left edge, also where a flow was paid for along with "
    "its autoencoder, as in glf-native. Names that would lie on others are left out."
)


def cost(results: Results, out: Path) -> list[Picture | Chart | Sheet]:
    """Returns FCD against the seconds of the fit: as a picture, and with what else was spent as a table."""
    spec = cost_chart(results.charted[~results.table.yardstick])
    return [
        *written("pareto", pareto(results.competing), CAPTION, out, spec),
        cells_sheet(results.shown, COST, explained=True),
    ]

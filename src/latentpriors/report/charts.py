"""The charts of a table that answer to the pointer, as Vega-Lite; the pictures beside them are in report.md.

All charts of a page share three parameters, which page.html sets: `focus`, the cell that stays in sight, and
`autoencoder` and `prior`, by which cells are left out; "" is none.
"""

__all__ = ["cost_chart", "forest_chart", "gain_chart", "rank_chart"]

import altair as alt
import numpy as np
import pandas as pd

from .plots.style import BLUE, GREY, PALE, SHADES
from .plots.table import on_front, spent

INK = "#1c2430"  # of the page's text
ROW = 15  # the height of a row, in pixels
LEAST_SHARE = 1e-4  # of a gain: less is drawn as this much
FOUND = ("cell", "shown", "autoencoder", "prior")  # by what cells are found: "shown" is the name on the page
SHOWN = (
    "(autoencoder == '' || datum.autoencoder == autoencoder || datum.cell == 'real') && "
    "(prior == '' || datum.prior == prior || datum.yardstick)"
)
LIT = "focus == '' || datum.cell == focus"
TOLD = {"fcd": "FCD", "interval": "95% interval", "rank": "rank", "rank_familywise": "rank, familywise",
        "letters": "letters", "memorized": "memorization", "fit_seconds": "fit seconds"}  # fmt: skip


def forest_chart(table: pd.DataFrame) -> dict:
    """Returns FCD with its interval for each row, on a logarithmic axis, the rows in the table's order.

    Arguments:
        table: With the columns of TOLD and cell, shown, autoencoder, prior, fcd_low, fcd_high, yardstick and tied.
    """
    table = table.assign(
        low=table.fcd_low.clip(lower=table.fcd.min() / 3),
        kind=np.select([table.yardstick, table.tied], ["yardstick", "may be the best"], "told from the best"),
    )
    base = _base(table, [*TOLD, "low", "fcd_high", "kind", "yardstick"]).encode(
        y=alt.Y("shown:N", sort=list(table.shown), title=None, axis=alt.Axis(labelLimit=260, ticks=False)),
        color=alt.Color("kind:N", title=None, legend=alt.Legend(orient="top"), scale=alt.Scale(
            domain=["may be the best", "told from the best", "yardstick"], range=[BLUE, PALE, GREY])),
        opacity=_lit(), tooltip=_tooltip(TOLD),
    )  # fmt: skip
    axis = alt.X(
        "low:Q", title="FCD (logarithmic; lower is better)", scale=alt.Scale(type="log", nice=False, padding=12)
    )
    layers = [
        base.mark_rule(strokeWidth=3).encode(x=axis, x2="fcd_high:Q"),
        base.mark_point(filled=True, size=55).encode(
            x="fcd:Q", shape=alt.condition("datum.yardstick", alt.value("diamond"), alt.value("circle"))
        ),
        base.transform_filter("isValid(datum.letters)")
        .mark_text(align="left", dx=7, fontSize=9)
        .encode(x=alt.value("width"), text="letters:N", color=alt.value(INK)),
    ]  # fmt: skip
    size = {"width": "container", "height": alt.Step(ROW), "autosize": alt.AutoSizeParams(type="fit-x")}
    return _spec(alt.layer(*layers).properties(**size))


def cost_chart(table: pd.DataFrame) -> dict:
    """Returns FCD against the seconds of a prior's fit; the front, which no cheaper cell beats, has names.

    Arguments:
        table: With the columns of TOLD and cell, shown, autoencoder, prior, parameters and yardstick.
    """
    table = table.assign(spent=spent(table)).dropna(subset="spent")
    table["front"] = on_front(table.spent, table.fcd)
    base = _base(table, [*TOLD, "spent", "front", "yardstick"]).encode(
        x=alt.X("spent:Q", title="seconds of the prior's fit, one seed (logarithmic)", scale=alt.Scale(type="log")),
        y=alt.Y("fcd:Q", title="FCD (logarithmic; lower is better)", scale=alt.Scale(type="log", nice=False)),
        color=_by_autoencoder(table), opacity=_lit(), tooltip=_tooltip(TOLD),
    )  # fmt: skip
    named = base.transform_filter("datum.front || datum.cell == focus")
    layers = [
        base.mark_point(filled=True).encode(size=alt.condition("datum.front", alt.value(90), alt.value(45))),
        named.mark_text(align="left", dx=7, dy=-5, fontSize=10).encode(text="shown:N"),
    ]
    return _spec(alt.layer(*layers).properties(width="container", height=380))


def gain_chart(gains: pd.DataFrame, table: pd.DataFrame) -> dict:
    """Returns how much of each training's gain is still to come, over its steps; on a logarithmic axis.

    Arguments:
        gains: Rows of cell, progress (of the steps, 0 to 1) and left (of the gain, 1 to 0).
        table: With cell, shown, autoencoder, prior and yardstick.
    """
    joined = gains.assign(left=gains.left.clip(lower=LEAST_SHARE)).merge(table[[*FOUND, "yardstick"]], on="cell")
    chart = _base(joined, ["progress", "left", "yardstick"]).mark_line(strokeWidth=1.5, clip=True).encode(
        x=alt.X("progress:Q", title="share of the steps", axis=alt.Axis(format="%")),
        y=alt.Y("left:Q", title="share of the gain still to come (logarithmic)", axis=alt.Axis(format="~%"),
                scale=alt.Scale(type="log", domain=[LEAST_SHARE, 1])),
        detail="cell:N", color=_by_autoencoder(table), opacity=_lit(),
        tooltip=_tooltip({"left": "still to come", "progress": "of the steps"}, "~%"),
    )  # fmt: skip
    return _spec(chart.properties(width="container", height=300))


def rank_chart(ranks: pd.DataFrame, table: pd.DataFrame) -> dict:
    """Returns the rank of each cell by each metric, a line for each cell.

    Arguments:
        ranks: Rows of cell, metric, rank and value, the metrics in order.
        table: With cell, shown, autoencoder, prior and yardstick.
    """
    joined = ranks.merge(table[[*FOUND, "yardstick"]], on="cell")
    chart = _base(joined, ["metric", "rank", "value", "yardstick"]).mark_line(point=True, strokeWidth=1.2).encode(
        x=alt.X("metric:N", sort=list(dict.fromkeys(ranks.metric)), title=None, axis=alt.Axis(labelAngle=-35)),
        y=alt.Y("rank:Q", title="rank by the metric (1 is best)", scale=alt.Scale(reverse=True, nice=False)),
        detail="cell:N", color=_by_autoencoder(table), opacity=_lit(),
        tooltip=_tooltip({"metric": "metric", "rank": "rank", "value": "value"}),
    )  # fmt: skip
    return _spec(chart.properties(width="container", height=380))


def _base(table: pd.DataFrame, keys: list[str]) -> alt.Chart:
    """Returns a chart of these columns and of those by which cells are found; numbers of four digits, NaN as null."""
    table = table[[*FOUND, *dict.fromkeys(keys)]].reset_index(drop=True)
    numbers = table.select_dtypes("number").columns
    rounded = table.assign(**{key: table[key].map(_rounded, na_action="ignore") for key in numbers})
    rows = rounded.astype(object).where(table.notna(), None).to_dict("records")
    return alt.Chart(alt.Data(values=rows)).transform_filter(SHOWN)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _by_autoencoder(table: pd.DataFrame) -> alt.Color:
    names = sorted(set(table.autoencoder) - {""})
    shades = [SHADES[i % len(SHADES)] for i in range(len(names))]
    scale = alt.Scale(domain=names, range=shades)
    return alt.Color("autoencoder:N", scale=scale, legend=alt.Legend(orient="top", columns=4, symbolOpacity=1))


def _lit() -> dict:
    return alt.condition(LIT, alt.value(1), alt.value(0.12))


def _tooltip(keys: dict[str, str], pattern: str = ",.4~g") -> list[alt.Tooltip]:
    words = {"interval", "rank", "rank_familywise", "letters", "memorized", "metric"}
    figures = [
        alt.Tooltip(f"{key}:N", title=title) if key in words else alt.Tooltip(f"{key}:Q", title=title, format=pattern)
        for key, title in keys.items()
    ]
    return [alt.Tooltip("shown:N", title="cell"), *figures]


def _spec(chart: alt.Chart | alt.LayerChart) -> dict:
    chart = chart.add_params(*(alt.param(name=name, value="") for name in ("focus", "autoencoder", "prior")))
    look = chart.configure_view(stroke=None).configure_axis(gridOpacity=0.5, labelFontSize=11, titleFontWeight="normal")
    spec = look.to_dict()
    return {key: value for key, value in spec.items() if key != "$schema"}  # an address that no page looks up

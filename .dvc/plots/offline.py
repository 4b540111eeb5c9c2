"""Writes the page of `dvc plots show` with Vega inside, so that it also works offline, and tells DVC to use it."""

import subprocess
from pathlib import Path

import vl_convert

PAGE = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
<title>DVC plots</title>
<script>{bundle}</script>
<style>body {{ font-family: sans-serif; }} .plot, img {{ display: inline-block; margin: .5rem; vertical-align: top; }}</style>
</head>
<body>
{{plot_divs}}
</body>
</html>
"""

if __name__ == "__main__":
    bundle = vl_convert.javascript_bundle(
        "import vegaEmbed from 'vega-embed'; import * as vega from 'vega'; import * as vegaLite from 'vega-lite';"
        "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"
    )
    page = Path(__file__).resolve().parent.parent / "tmp" / "plots.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text(PAGE.format(bundle=bundle.replace("</script", "<\\/script")))
    subprocess.run(["dvc", "config", "--local", "plots.html_template", "tmp/plots.html"], check=True)

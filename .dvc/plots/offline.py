"""Writes the page of `dvc plots show` with Vega inside, so that it also works offline, and tells DVC to use it."""

import subprocess
from pathlib import Path

import vl_convert

PAGE = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
<title>Plots</title>
<style>
  body { font-family: sans-serif; display: flex; flex-wrap: wrap; gap: 1rem; }
  img { image-rendering: pixelated; min-width: 256px; }
</style>
<script>VEGA</script>
</head>
<body>
{plot_divs}
</body>
</html>
"""

if __name__ == "__main__":
    page = Path(__file__).resolve().parent.parent / "tmp" / "plots.html"
    page.parent.mkdir(exist_ok=True)
    bundle = vl_convert.javascript_bundle().replace("</script", "<\\/script")
    page.write_text(PAGE.replace("VEGA", bundle), encoding="utf-8")
    subprocess.run(["dvc", "config", "--local", "plots.html_template", "tmp/plots.html"], check=True)

"""Make the pictures in this folder from the screens that the tests compare.

Usage: python docs/screens/render.py   (needs chromium, or what CHROMIUM names; other converters
drop spaces)

The *.ansi files are screens of real agents and shells. They are taken anew with:
AICOST_PICTURES=docs/screens make e2e ARGS='-k pictures'
AICOST_PICTURES=docs/screens make test ARGS='tests/shell/test_bar.py -k "tmux or starship"'
"""

import io
import os
import re
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
SNAPSHOTS = HERE.parents[1] / "tests" / "tui" / "screens" / "__snapshots__" / "test_dashboard"
PICTURES = {  # picture -> the test's screen, width in pixels
    "top-80x24.png": ("test_looks[dashboard-80x24].svg", 1000),
    "top-140x40.png": ("test_looks[dashboard-140x40].svg", 1400),
    "history-80x24.png": ("../test_history/test_looks[calendar-80x24-aicost-dark].svg", 1000),
    "history-140x40.png": ("../test_history/test_looks[groups-140x40-aicost-dark].svg", 1400),
    "session-80x24.png": ("../test_session/test_looks[dark-80x24].svg", 1000),
    "session-140x40.png": ("../test_session/test_looks[dark-140x40].svg", 1400),
    "explain-140x40.png": ("../test_explain/test_looks[dark-140x40].svg", 1400),
    "budgets-140x40.png": ("../test_budgets/test_looks[dark-140x40].svg", 1400),
    "interrupt-80x24.png": ("../test_interrupting/test_looks[dark-80x24].svg", 1000),
    "top-200x60.png": ("test_looks_with_subagents[200x60].svg", 1800),
    "top-light-140x40.png": ("test_looks_in_other_colours[aicost-light-140x40].svg", 1400),
    "top-contrast-140x40.png": ("test_looks_in_other_colours[aicost-contrast-140x40].svg", 1400),
}
TITLES = {  # by how the name of a screen begins
    "claude": "Claude Code",
    "codex": "Codex",
    "bash": "bash",
    "zsh": "zsh",
    "fish": "fish",
    "tmux": "tmux",
    "starship": "starship",
}
AGENT_WIDTH = 1100
_RARE = str.maketrans("⏵⎿", "▶└")  # signs that few fonts have, and others like them
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def render(svg: str, target: Path, width: int) -> None:
    """Write `svg` as a picture of `width` pixels. Raises CalledProcessError."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    height = round(float(found[2]) * width / float(found[1]))
    style = "<meta charset='utf-8'><style>body{margin:0;overflow:hidden}</style>"
    page = f"{style}<div style='width:{width}px'>{svg}</div>"
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder, "page.html")
        html.write_text(page)
        chromium = os.environ.get("CHROMIUM", "chromium")
        where = [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}"]
        command = [chromium, *QUIET, *where, f"--screenshot={target}", html.as_uri()]
        subprocess.run(command, check=True, capture_output=True)


def svg_of(capture: str, title: str) -> str:
    """Return a terminal's screen, as tmux captures it with colours, as a drawing."""
    lines = re.sub(r"\n(\s*\n){2,}", "\n\n", capture)  # (nothing is to be seen there)
    text = Text.from_ansi(lines.translate(_RARE))
    width = max(110, *(len(line) for line in text.plain.splitlines()))
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(text, no_wrap=True, overflow="crop")
    return console.export_svg(title=title)


if __name__ == "__main__":
    for name, (snapshot, width) in PICTURES.items():
        render((SNAPSHOTS / snapshot).read_text(), HERE / name, width)
    for capture in sorted(HERE.glob("*.ansi")):
        title = TITLES[capture.stem.partition("-")[0]]
        render(svg_of(capture.read_text(), title), capture.with_suffix(".png"), AGENT_WIDTH)

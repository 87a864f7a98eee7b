"""Neovim's screen as a PNG: each cell with the colours Neovim gave it. Starts a browser to draw, and no Neovim."""

from __future__ import annotations

import html
from itertools import groupby
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.support.editors.screen import Screen

FONT = 15.5
CELL = (9.33, 18)
"""Width and height of a cell in CSS pixels: DejaVu Sans Mono advances 0.602 of its size and is 1.164 of it high, so that the
lines of frames meet."""


async def draw_screen(screen: Screen, chromium: Path, file: Path, *, title: str) -> None:
    """Write what the screen shows into a PNG, in a plain window frame."""
    rows = screen.picture()
    width, height = round(CELL[0] * len(rows[0])) + 24, CELL[1] * len(rows) + 60
    background = f"#{rows[0][0][2]:06x}"
    row, column = screen.cursor
    at = f"left:{12 + CELL[0] * column:.1f}px;top:{34 + 10 + CELL[1] * row}px"
    lines = "\n".join(f'<div class="row">{_row(row)}</div>' for row in rows)
    page_html = f"""<style>
      body {{ margin: 0; background: transparent; }}
      .window {{ width: {width}px; height: {height}px; border-radius: 10px; background: {background}; overflow: hidden; }}
      .bar {{ height: 34px; display: flex; align-items: center; padding-left: 14px; gap: 8px; background: #0f1014;
        color: #8d93a1; font: 13px "DejaVu Sans", sans-serif; }}
      .bar i {{ width: 11px; height: 11px; border-radius: 50%; background: #3a3d46; }} .bar span {{ margin-left: 10px; }}
      .text {{ padding: 10px 12px; font: {FONT}px/{CELL[1]}px "DejaVu Sans Mono", monospace; }}
      .window {{ position: relative; }}
      .cursor {{ position: absolute; width: 2px; height: {CELL[1]}px; background: #f2913d; }}
      .row {{ height: {CELL[1]}px; white-space: pre; display: flex; }} .row span {{ display: inline-block; overflow: hidden; }}
    </style><div class="window"><div class="bar"><i></i><i></i><i></i><span>{html.escape(title)}</span></div>
    <div class="text">{lines}</div><div class="cursor" style="{at}"></div></div>"""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=2)
        await page.set_content(page_html)
        await page.screenshot(path=file, omit_background=True)
        await browser.close()


def _row(cells: list[tuple[str, int, int, dict[str, Any]]]) -> str:
    parts = []
    for (foreground, background, bold, italic), run in groupby(
        cells, key=lambda cell: (cell[1], cell[2], bool(cell[3].get("bold")), bool(cell[3].get("italic")))
    ):
        run_cells = list(run)
        text = "".join(char or "" for char, *_ in run_cells)
        style = f"width:{CELL[0] * len(run_cells)}px;color:#{foreground:06x};background:#{background:06x}"
        style += ";font-weight:bold" * bold + ";font-style:italic" * italic
        parts.append(f'<span style="{style}">{html.escape(text)}</span>')
    return "".join(parts)

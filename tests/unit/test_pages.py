"""The pages of the documentation: what they link to is there, each picture is shown, and no drawing fetches anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("editors/*/*.md"), *ROOT.glob("editors/*/media/*.md")]
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def linked(page: Path) -> set[Path]:
    """The files that a page links to or shows; what is elsewhere, and links with a scheme of their own, left out."""
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if ":" not in target]
    return {(page.parent / target).resolve() for target in targets}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_is_there(page: Path) -> None:
    assert [target for target in linked(page) if not target.exists()] == []


def test_each_picture_is_shown() -> None:
    shown = set().union(*map(linked, PAGES))
    assert set((ROOT / "docs/images").iterdir()) - shown == set()


@pytest.mark.parametrize(
    "drawing", ["docs/images/demo.svg", *(f"editors/vscode/{name}" for name in ("icon.svg", "media/*.svg"))]
)
def test_a_drawing_fetches_nothing(drawing: str) -> None:
    found = list(ROOT.glob(drawing))
    assert found
    for path in found:
        assert not re.search(r"url\(\s*['\"]?\w+:|href=['\"]\w+:|@import", path.read_text(encoding="utf-8")), path

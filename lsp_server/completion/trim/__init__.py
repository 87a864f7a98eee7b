"""Take out of a model's answer what must not stand in a file. Pure: each filter sees text and its surroundings, no model.

A filter either returns its input untouched or a part of it: nothing here invents text, but for the indentation, which
is rewritten to the file's own. `clean` runs them in the order of `FILTERS`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsp_server.completion.trim.brackets import drop_closed_brackets, drop_rest_of_line
from lsp_server.completion.trim.echoes import cut_at_next_lines, cut_repetition, cut_stutter, drop_echo
from lsp_server.completion.trim.surroundings import Filter, Surroundings
from lsp_server.completion.trim.talk import cut_at_stops, drop_thoughts, refuse_chat, unwrap_fence
from lsp_server.completion.trim.whitespace import end_cleanly, fit_indentation, fit_steps

__all__ = ["FILTERS", "Filter", "Surroundings", "clean"]

FILTERS: Sequence[Filter] = (
    cut_at_stops,
    drop_thoughts,
    unwrap_fence,
    refuse_chat,
    drop_echo,
    cut_repetition,
    cut_stutter,
    cut_at_next_lines,
    drop_rest_of_line,
    drop_closed_brackets,
    fit_indentation,
    fit_steps,
    end_cleanly,
)


def clean(text: str, around: Surroundings) -> str:
    """The answer after every filter; empty where nothing useful is left. Line endings inside are line feeds."""
    text = text.replace("\r\n", "\n")
    for one in FILTERS:
        text = one(text, around)
        if not text:
            return ""
    return text

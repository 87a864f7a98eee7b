"""What other tools send at each keystroke: prefix, suffix, middle, cut around the cursor anew. For benchmarks to compare with.

Read in llm-ls, lsp-ai, twinny and continue: the window is so many characters before and after the cursor, the part before the
cursor begins at a line, and snippets of other files stand in front, in Continue in an order that changes (facts of
docs/benchmarks.md). It is told to read as much as Hearth may and to use the same tokens; nothing else about it is made worse.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from indexer.records import Hit
from lsp_server.model.families import FimFamily

SUFFIX_SHARE = 0.25
SNIPPET_SHARE = 0.35
"""As Hearth's own (completion/window.py, completion/anchoring.py), so that the budgets are the same."""


class UsualOrder:
    """Prompts of one budget in characters. With `snippets` they hold some of them, shuffled anew for each prompt.

    Without a family it is what stands before the cursor and nothing else, for models that cannot fill in.
    """

    def __init__(self, family: FimFamily | None, characters: int, snippets: Sequence[Hit] = ()) -> None:
        self._family, self._characters, self._snippets = family, characters, list(snippets)
        self._dice = random.Random(1)

    def prompt(self, before: str, after: str) -> str:
        """The prompt for the text between two texts."""
        head = ""
        if self._snippets:
            self._dice.shuffle(self._snippets)
            for hit in self._snippets:
                if len(head) + len(hit.text) < SNIPPET_SHARE * self._characters:
                    head += f"# {hit.path}\n{hit.text}\n"
        room = self._characters - len(head)
        suffix = after[: int(SUFFIX_SHARE * room)] if self._family else ""
        prefix = before[-(room - len(suffix)) :]
        if len(prefix) < len(before):
            prefix = prefix[prefix.find("\n") + 1 :]
        return head + (self._family.render(prefix, suffix) if self._family else prefix)

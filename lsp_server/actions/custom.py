"""The user's own actions, from their config.toml, as rows of the catalogue. Nothing a repository says makes one."""

from __future__ import annotations

from collections.abc import Sequence

from lsp_server.actions.records import Action
from lsp_server.settings import ActionSettings


def custom_actions(settings: ActionSettings) -> Sequence[Action]:
    """Each `[[actions.custom]]` as an action on the selection or the definition around the cursor."""
    return tuple(
        Action(
            id=one.id,
            title=one.title,
            kind="refactor.rewrite" if one.answer == "code" else "hearth.explain",
            answer="code" if one.answer == "code" else "explanation",
            reach="region",
            prompt="",
            asks="What should be done?" if "{{instruction}}" in one.prompt.replace(" ", "") else "",
            renames=True,
            languages=frozenset(one.languages) if one.languages else None,
            template=one.prompt,
        )
        for one in settings.custom
    )

"""What can be done where: a table of actions, and the rows that fit a place. Asks syntax trees only; knows no model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from indexer.languages import known
from lsp_server.actions import region
from lsp_server.actions.documentation import STYLES
from lsp_server.actions.records import Action, Diagnostic, Offer, Reach, Region, Target
from lsp_server.actions.scoping import SCOPINGS
from lsp_server.actions.testfiles import CONVENTIONS
from lsp_server.errors import UsageError

OPTIONAL_TYPES = frozenset({"python", "typescript", "tsx", "php"})
"""Languages whose code runs without types and reads better with them."""

ACTIONS: Sequence[Action] = (
    Action("explain", "Explain this", "hearth.explain", "explanation", "region", "explain"),
    Action(
        "refactor", "Rewrite this as I say…", "refactor.rewrite", "code", "region", "refactor",
        asks="How should it be rewritten?", renames=True,
    ),
    Action("simplify", "Simplify", "refactor.rewrite", "code", "region", "simplify", promise="behaviour"),
    Action("extract", "Extract a function", "refactor.extract.function", "code", "definition", "extract", promise="behaviour"),
    Action(
        "rename", "Rename for clarity", "refactor.rewrite", "code", "definition", "rename",
        promise="names", languages=frozenset(SCOPINGS),
    ),
    Action(
        "types", "Add types", "refactor.rewrite", "code", "region", "types",
        promise="types", languages=OPTIONAL_TYPES,
    ),
    Action("errors", "Handle errors", "refactor.rewrite", "code", "region", "errors"),
    Action(
        "document", "Write documentation", "refactor.rewrite.document", "documentation", "definition", "document",
        languages=frozenset(STYLES),
    ),
    Action("tests", "Write tests", "refactor.tests", "tests", "definition", "tests", languages=frozenset(CONVENTIONS)),
    Action("fix", "Fix", "quickfix", "code", "diagnostic", "fix"),
    Action("todo", "Complete this TODO", "quickfix", "code", "todo", "todo"),
    Action(
        "ask", "Ask about the repository…", "source.ask", "explanation", "repository", "ask",
        asks="What do you want to know about this repository?",
    ),
)  # fmt: skip
"""In the order of menus. `docs/actions.md` describes each for users; a test compares the two."""

MOST_FIXES = 8
"""Diagnostics offered one by one. A selection of a whole file may hold hundreds, and no menu does."""


def find(action_id: str, custom: Iterable[Action] = ()) -> Action:
    """The action with an id; UsageError names those there are."""
    every = {one.id: one for one in (*custom, *ACTIONS)}
    if action_id not in every:
        raise UsageError(f"There is no action `{action_id}`.", f"There are {', '.join(sorted(every))}.")
    return every[action_id]


def offers(
    target: Target, *, only: Sequence[str] = (), custom: Sequence[Action] = (), can_ask: bool = True
) -> tuple[Offer, ...]:
    """The actions that make sense at a target, in the order of the table.

    `only` are LSP's dotted kinds, each standing for itself and everything below it. `can_ask` says that the user can be
    asked for an instruction. Parses at most `region.WHOLE_LINES` or two windows of lines.
    """
    wanted = [one for one in (*ACTIONS, *custom) if _wanted(one, target, only) and (can_ask or not one.asks)]
    if not wanted:
        return ()
    regions = _Regions(target)
    found: list[Offer] = []
    for action in wanted:
        if action.reach == "diagnostic":
            found += [
                Offer(action, _fix_title(one), place, one)
                for one in target.diagnostics[:MOST_FIXES]
                if (place := regions.around(one)) is not None
            ]
        elif (place := regions.of(action)) is not None:
            found.append(Offer(action, _title(action, place, target), place))
    return tuple(found)


def place(action: Action, target: Target) -> Region:
    """What an action works on at a target, found in the whole document; UsageError where there is no such thing there."""
    regions = _Regions(target, whole=True)
    if action.languages is not None and _language(target) not in action.languages:
        raise UsageError(f"“{action.title}” is not for {target.snapshot.language}.")
    if action.reach == "diagnostic":
        found = regions.around(target.diagnostics[0]) if target.diagnostics else None
    else:
        found = regions.of(action)
    if found is None:
        raise UsageError(f"There is nothing here for “{action.title}”.", _WHERE[action.reach])
    return found


_WHERE: Mapping[Reach, str] = {
    "region": "Select the code, or put the cursor into a definition.",
    "definition": "Put the cursor into a function or a class.",
    "diagnostic": "Put the cursor on a line with a problem.",
    "todo": "Put the cursor on a comment with TODO or FIXME.",
    "repository": "",
}


class _Regions:
    """The regions of one target, each found when it is first asked for."""

    def __init__(self, target: Target, *, whole: bool = False) -> None:
        self._snapshot, self._selection = target.snapshot, target.selection
        self._symbols = region.definitions(target.snapshot, None if whole else target.selection)

    def of(self, action: Action) -> Region | None:
        snapshot, selection, symbols = self._snapshot, self._selection, self._symbols
        match action.reach:
            case "region":
                return region.region_at(snapshot, selection, symbols)
            case "definition" if action.answer == "documentation":
                return region.definition_at(snapshot, selection, symbols)
            case "definition":
                return region.definition_at(snapshot, selection, symbols, callable_only=action.answer == "code")
            case "todo":
                return region.todo_region(snapshot, selection, symbols)
            case _:
                return Region(selection)

    def around(self, diagnostic: Diagnostic) -> Region | None:
        return region.diagnostic_region(self._snapshot, diagnostic, self._symbols)


def _wanted(action: Action, target: Target, only: Sequence[str]) -> bool:
    if only and not any(action.kind == one or one == "" or action.kind.startswith(f"{one}.") for one in only):
        return False
    if action.reach == "diagnostic" and not target.diagnostics:
        return False
    return action.languages is None or _language(target) in action.languages


def _language(target: Target) -> str:
    row = known(target.snapshot.language)
    return row.name if row else target.snapshot.language


def _title(action: Action, place: Region, target: Target) -> str:
    """The title with the name of what it would work on, where that is not what the user selected."""
    if action.reach in ("repository", "todo") or not place.symbol or not place.is_definition or len(target.selection):
        return action.title
    name = place.symbol.rsplit(".", 1)[-1]
    return f"{action.title.removesuffix('…')}: {name}{'…' if action.title.endswith('…') else ''}"


TITLE_CHARACTERS = 60
"""Of a diagnostic's message: menus are about this wide."""


def _fix_title(diagnostic: Diagnostic) -> str:
    message = " ".join(diagnostic.message.split())
    return f"Fix: {message if len(message) <= TITLE_CHARACTERS else message[: TITLE_CHARACTERS - 1] + '…'}"

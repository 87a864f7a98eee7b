"""Hold a renaming to its promise: the same tree, and other names for local variables only, each of them everywhere.

Pure: two parsed stretches in, a reason out. The trees are compared node by node, and each name that differs must be declared in
the code, mean that declaration wherever it is written (`bindings`), and have become a name that is free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lsp_server.actions.bindings import Role, bindings, role
from lsp_server.actions.change import errors, touching
from lsp_server.actions.records import Refusal
from lsp_server.actions.scoping import Scoping, scoping_of
from lsp_server.actions.tokens import Part, Step

WHAT = "names of local variables"

_QUOTES = frozenset({"'", '"'})
"""One may stand for the other: where that changes the string (C, PHP) the nodes around them differ in type."""

_TEXTS = re.compile(r"string|template|heredoc|content|regex|quoted")
_WORD = re.compile(r"[^\W\d]\w*")


def only_names(before: Part, after: Part, language: str) -> Refusal | None:
    """The first thing that is more than a new name for a local variable, or None."""
    table = scoping_of(language)
    if table is None:
        return Refusal("more", f"Hearth cannot tell which names are local in {language}.")
    if touching(errors(before.tree), before.text, before.span):
        return Refusal("more", "The code has errors, so Hearth cannot tell which names are local.")
    one, other = before.nodes(), after.nodes()
    if len(one) != len(other):
        return more(WHAT)
    leaves = [step for step in one if step.is_leaf]
    roles = dict(zip((leaf.node.id for leaf in leaves), _roles(leaves, table), strict=True))
    new_names: dict[str, str] = {}
    for old, new in zip(one, other, strict=True):
        if (old.depth, old.field) != (new.depth, new.field) or _between(old) != _between(new):
            return more(WHAT)
        if not old.is_leaf or not new.is_leaf:
            if old.type != new.type or old.is_leaf != new.is_leaf:
                return more(WHAT)
        elif roles[old.node.id] != "name":
            if (old.said, old.type) != (new.said, new.type) and not {old.said, new.said} <= _QUOTES:
                return more(WHAT)
        elif old.type != new.type or new_names.setdefault(old.said, new.said) != new.said:
            sentence = f"The answer renames `{old.said}` in some places only."
            return Refusal("more", sentence, f"Rename `{old.said}` everywhere, or nowhere.")
    changed = {was: becomes for was, becomes in new_names.items() if was != becomes}
    return _unsound(changed, leaves, roles, table) or _comments_differ(before, after, changed)


def _comments_differ(before: Part, after: Part, changed: Mapping[str, str]) -> Refusal | None:
    """A comment is gone, came or says something else, new names in it apart."""
    one, other = before.comments(), after.comments()
    renamed = [_WORD.sub(lambda word: changed.get(word[0], word[0]), text) for text in one]
    if len(one) == len(other) and all(new in pair for new, pair in zip(other, zip(one, renamed, strict=True), strict=True)):
        return None
    return comments_changed()


def comments_changed() -> Refusal:
    """Comments are their author's, whoever thinks they say nothing."""
    return Refusal("more", "The answer changes a comment.", "Keep every comment as it is.")


def more(only: str) -> Refusal:
    """The answer does something else, too."""
    return Refusal("more", f"The answer changes more than {only}.", f"Change nothing but {only}: every other word stays.")


def _roles(leaves: Sequence[Step], table: Scoping) -> list[Role]:
    around = zip([None, *leaves[:-1]], leaves, [*leaves[1:], None], strict=True)
    return [role(leaf, previous, following, table) for previous, leaf, following in around]


def _between(step: Step) -> list[bytes]:
    """What a node says besides its children: a grammar that marks the escapes in a string has no leaf for its letters."""
    node = step.node
    if step.is_leaf:
        return []
    text, start = node.text or b"", node.start_byte
    edges = [start, *(edge for child in node.children for edge in (child.start_byte, child.end_byte)), node.end_byte]
    gaps = [text[first - start : last - start] for first, last in zip(edges[::2], edges[1::2], strict=True)]
    return gaps if _TEXTS.search(step.type) else [b"".join(gap.strip() for gap in gaps)]


def _unsound(changed: Mapping[str, str], leaves: Sequence[Step], roles: Mapping[int, Role], table: Scoping) -> Refusal | None:
    """Why one of these names may not be changed, or not to that."""
    if not changed:
        return None
    taken = {leaf.said for leaf in leaves}
    reader = next((leaf.said for leaf in leaves if leaf.said in table.reads and roles[leaf.node.id] in ("name", "key")), None)
    if reader is not None:
        return Refusal("more", f"`{reader}` reads variables by their names, so none is changed.")
    declared = bindings(leaves, table)
    texts = [leaf.said for leaf in leaves if _TEXTS.search(leaf.type)]
    for was, becomes in changed.items():
        mine = [leaf for leaf in leaves if leaf.said == was]
        meant = declared.get(was, [])
        outside = not meant or any(one.parameter or one.member for one in meant)
        if outside or any(roles[leaf.node.id] == "tied" for leaf in mine):
            sentence = f"The answer renames `{was}`, which is no local variable."
            return Refusal("more", sentence, f"Keep the name `{was}`: other code knows it.")
        places = [leaf.node.start_byte for leaf in mine if roles[leaf.node.id] == "name"]
        written = any(re.search(rf"[{{$]\s*{re.escape(was)}\b", text) for text in texts)
        if written or not all(any(one.covers(at) for one in meant) for at in places):
            sentence = f"The answer renames `{was}`, which means something else in places."
            return Refusal("more", sentence, f"Keep the name `{was}`.")
        if becomes in taken or list(changed.values()).count(becomes) > 1 or becomes.strip("_") == "":
            sentence = f"The answer renames `{was}` to `{becomes}`, which is taken."
            return Refusal("more", sentence, f"`{becomes}` is taken. Find another name.")
        if becomes[:1].isupper() != was[:1].isupper():
            sentence = f"The answer renames `{was}` to `{becomes}`, which looks like another kind of thing."
            return Refusal("more", sentence, f"Begin the new name of `{was}` as the old one does.")
    return None

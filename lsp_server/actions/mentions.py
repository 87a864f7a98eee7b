"""Which names a region uses that mean something outside of it: no local variable, no parameter, no word of a comment. Pure.

Where Hearth cannot tell what is local (`scoping`), each identifier counts; where there is no syntax tree, each word.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass

from indexer.languages import parse
from lsp_server.actions.bindings import bindings, role
from lsp_server.actions.records import Region
from lsp_server.actions.scoping import scoping_of
from lsp_server.actions.tokens import Part, walk
from lsp_server.completion.names import names_in
from lsp_server.documents import DocumentSnapshot

_DOTS = frozenset({".", "?.", "->", "::", "&.", "?->", "!!."})
_IDENTIFIER = re.compile(r"identifier|^name$|^constant$|variable")
_BUILT_IN = frozenset(dir(builtins))
"""Of Python. A function of that name in the repository is rarely the one that is meant."""

_TEXT = re.compile(r"""string|quote|^["'`]""")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Names in the order in which they first come, no keywords. `bare` stand alone, `members` behind a dot; one may be both."""

    bare: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


def mentions(snapshot: DocumentSnapshot, place: Region) -> Mentions:
    """The names in a region that may be defined elsewhere."""
    tree = parse(snapshot.text, snapshot.language)
    if tree is None:
        return Mentions(tuple(names_in(place.span.of(snapshot.text))))
    start, end = Part(snapshot.text, tree, place.span).bytes
    # A name may be given its value above the region, in the definition around it.
    around = [one for one in tree.root_node.children if one.start_byte < end and start < one.end_byte]
    nodes = walk(tree.root_node, min([start, *(one.start_byte for one in around)]), end)
    leaves = [one for one in nodes if one.is_leaf and "comment" not in one.type and one.said.strip()]
    table = scoping_of(snapshot.language)
    declared = bindings(leaves, table) if table else {}
    bare: dict[str, None] = {}
    members: dict[str, None] = {}
    for at, leaf in enumerate(leaves):
        name, place_of = leaf.said, leaf.node.start_byte
        if not start <= place_of < end or not _IDENTIFIER.search(leaf.type) or not name.isidentifier():
            continue
        previous, following = leaves[at - 1] if at else None, leaves[at + 1] if at + 1 < len(leaves) else None
        if previous is not None and previous.said in _DOTS:
            if at < 2 or not _TEXT.search(leaves[at - 2].type):  # a string's methods are nobody's here
                members[name] = None
            continue
        labels = following is not None and following.said in ("=", ":")
        if table and labels and role(leaf, previous, following, table) == "key":
            continue
        if not any(one.covers(place_of) for one in declared.get(name, ())):
            bare[name] = None
    own = [name for name in bare if not (snapshot.language == "python" and name in _BUILT_IN)]
    return Mentions(tuple(names_in(" ".join(own))), tuple(names_in(" ".join(members))))

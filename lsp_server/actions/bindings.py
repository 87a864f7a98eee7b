"""Which names of a piece of code are its own: where each gets its value, and which mentions mean that. Pure; judges nothing.

Works on syntax trees by the table in `scoping`. Where two readings are possible a name counts as somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lsp_server.actions.scoping import Scoping
from lsp_server.actions.tokens import Step

Role = Literal["", "name", "key", "tied"]
"""What a leaf is: no name; one that a scope answers for; one that lives elsewhere (a member, a label, a type); or one that is
a variable and the same outside of the code (an import, `global`, a shorthand of a member)."""

_HOLDERS = frozenset(
    "pattern_list tuple_pattern list_pattern list_splat_pattern dictionary_splat_pattern as_pattern_target tuple list"
    " expression_list array_pattern object_pattern pair_pattern rest_pattern assignment_pattern required_parameter"
    " optional_parameter mut_pattern ref_pattern reference_pattern tuple_struct_pattern slice_pattern captured_pattern"
    " or_pattern struct_pattern field_pattern pointer_declarator array_declarator reference_declarator"
    " structured_binding_declarator pattern multi_variable_declaration left_assignment_list destructured_parameter"
    " destructured_left_assignment rest_assignment splat_parameter variable_list assignment_statement list_literal".split()
)
"""What may stand between a name and the node that declares it."""

_ELSEWHERE = frozenset({"type", "value", "right", "size", "condition", "key", "default", "guard"})
"""Fields of those nodes that hold something else than the declared name."""

_ACCESS = frozenset({".", "?.", "::", "&.", "!!."})
"""What stands in front of a member, where its leaf could be a name. ("->" stands in front of a lambda's body, too.)"""

_TIED_LEAVES = frozenset(
    {"shorthand_property_identifier", "shorthand_property_identifier_pattern", "shorthand_field_identifier"}
)

_SUPERGLOBALS = frozenset("this GLOBALS _GET _POST _COOKIE _FILES _SERVER _ENV _REQUEST _SESSION argc argv".split())

_HEADED = frozenset({"for_in_clause", "default_parameter", "typed_default_parameter"})
"""Declarations whose other half is read before the name has its value."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A place at which a name gets a value, and the bytes over which it has it. `holes` are among them but come earlier.

    `parameter`: of a function with a name. `member`: of an object, so that nothing here is its reach.
    """

    leaf: int
    start: int = 0
    end: int = 0
    holes: tuple[tuple[int, int], ...] = ()
    parameter: bool = False
    member: bool = False

    def covers(self, at: int) -> bool:
        """Whether a mention at a byte means this one."""
        inside = self.start <= at < self.end and not any(first <= at < last for first, last in self.holes)
        return not self.member and (at == self.leaf or inside)


def bindings(leaves: Sequence[Step], table: Scoping) -> Mapping[str, list[Binding]]:
    """What is declared among these leaves, by name. A name at the top of a file is a member: of the file."""
    found: dict[str, list[Binding]] = {}
    for leaf in leaves:
        if leaf.type in table.names and (declaration := _declaration(leaf, table)) is not None:
            found.setdefault(leaf.said, []).append(_binding(leaf, declaration, table))
    return found


def role(leaf: Step, previous: Step | None, following: Step | None, table: Scoping) -> Role:
    """What a leaf is, by what stands around it."""
    if leaf.type in _TIED_LEAVES:
        return "tied"
    if leaf.type == "hash_key_symbol":
        return "key" if leaf.above is None or leaf.above.node.child_by_field_name("value") else "tied"
    if leaf.type not in table.names:
        return ""
    before, behind = previous.said if previous else "", following.said if following else ""
    above = leaf.above
    if above is None or before in _ACCESS or behind == "::" or leaf.field in ("type", "label"):
        return "key"
    if "name" in table.names:  # PHP: a name with a "$" in front
        if above.type != "variable_name":
            return "key"
        if leaf.said in _SUPERGLOBALS:
            return "tied"
    kinds = {above.type, f"{above.above.type}/{above.type}" if above.above else ""}
    fields = {f"{kind}.{leaf.field}" for kind in kinds}
    if fields & table.keys and not (above.type == "field" and before == "["):
        return "key"
    if above.type == "value_argument" and behind == "=":
        return "key"
    if kinds & table.tied or _names_a_part(leaf, behind):
        return "tied"
    return "name"


def _names_a_part(leaf: Step, behind: str) -> bool:
    """A key that may as well be a variable (`T{x: x}`, inside of a macro), or an f-string that shows the name (`{x=}`)."""
    above = leaf.above
    if above is None:
        return False
    if above.type == "literal_element" and above.field == "key":
        return True
    if above.type == "token_tree" and behind == ":":
        return True
    if above.type == "assignment_expression" and leaf.field == "left" and above.above and above.above.type == "arguments":
        return True
    return any(one.type == "interpolation" and any(child.type == "=" for child in one.node.children) for one in leaf.up())


def _declaration(leaf: Step, table: Scoping) -> Step | None:
    """The node that gives the leaf its value there; None where the leaf is only mentioned."""
    step = leaf
    if leaf.said[:1].isupper() and "match_pattern" in table.declares:
        return None  # Rust: a constant or a variant
    while (above := step.above) is not None:
        fields = table.declares.get(above.type)
        if fields is not None and (step.field in fields if fields else step.field not in _ELSEWHERE):
            return above if _is_signed(above, step, table) else None
        if above.type not in _HOLDERS or (step.field in _ELSEWHERE and above.type != "pair_pattern"):
            return None
        step = above
    return None


def _is_signed(declaration: Step, held: Step, table: Scoping) -> bool:
    """Whether it is a declaration at all: `for (const x of …)` is, `for (x of …)` is not."""
    said = [(one.text or b"").decode("utf-8", "replace") for one in declaration.node.children if one.child_count == 0]
    words = table.signs.get(declaration.type)
    if words is not None and not words & set(said):
        return False
    if declaration.type == "declaration" or (declaration.above and declaration.above.type == "declaration"):
        around = declaration if declaration.type == "declaration" else declaration.above
        return around is not None and not any((one.text or b"") == b"extern" for one in around.node.children)
    if held.field == "bound_identifier":  # Swift: `if let x {` gives nothing a name, it takes the one that is there
        behind = held.node.next_sibling
        return behind is not None and behind.type == "="
    if declaration.type in ("variable_declaration", "catch_block", "parameter") and "simple_identifier" in table.names:
        return next((one for one in declaration.node.children if one.type == held.type), held.node).id == held.node.id
    return True


def _binding(leaf: Step, declaration: Step, table: Scoping) -> Binding:
    at = leaf.node.start_byte
    scope = next((one for one in declaration.up() if one.type in table.scopes | table.members), None)
    if scope is None or scope.type in table.members:
        return Binding(at, member=True)
    body = scope.node.child_by_field_name("body") or next(
        (one for one in scope.node.children if one.type in ("function_body", "block_body", "body_statement")), None
    )
    parameter = scope.type in table.callables and body is not None and at < body.start_byte
    first = next((one for one in scope.node.children if one.type in table.starts and one.start_byte > at), None)
    end = scope.node.end_byte
    if scope.type == "match_arm":
        start = at
    elif first is not None:
        start = first.start_byte
        end = first.end_byte if declaration.type == scope.type else end
    elif table.hoists:
        start = body.start_byte if body is not None and scope.type in table.bodied else scope.node.start_byte
    elif declaration.node.id == scope.node.id or table.at_once:
        start = at  # the head of a loop; or Ruby, where `x = x` is the same x twice
    else:
        outer = declaration
        while outer.above is not None and outer.above.type in table.wraps | {"multi_variable_declaration"}:
            outer = outer.above
        start = outer.node.end_byte
    return Binding(at, start, end, _holes(declaration, scope), parameter)


def _holes(declaration: Step, scope: Step) -> tuple[tuple[int, int], ...]:
    fields = ("value", "right", "collection") if declaration.node.id == scope.node.id or declaration.type in _HEADED else ()
    found = [declaration.node.child_by_field_name(one) for one in fields]
    if declaration.type == "let_condition":
        found.append(scope.node.child_by_field_name("alternative"))
    return tuple((one.start_byte, one.end_byte) for one in found if one is not None)

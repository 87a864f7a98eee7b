"""How names work in a language: which nodes of its grammar give one a value, and how far it reaches. A table; walks no tree.

A row says too little rather than too much: a name that it does not know to be local is taken for somebody else's, and is then
not renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.languages import known

_ANY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scoping:
    """One language.

    `declares`: nodes that give names values -> the fields that hold the names, `_ANY` for each child. `scopes`: how far such a
    name reaches; those in `callables` have a name themselves, so somebody may call them with the names of their parameters.
    Right inside of `members` a name belongs to an object. `hoists`: a name reaches over its whole scope (from the body on, in
    `bodied`), not only over what follows its declaration; `at_once`: over what follows the name itself. `starts`: children of a
    scope with which a name begins that its head gives a value.
    `wraps`: nodes that end a declaration later than its own node. `signs`: what must stand in a declaration for it to be one.
    `names`: leaves that are names. `keys`: "node.field" of names that live elsewhere (members, labels). `tied`: nodes whose
    names are the same outside (imports, `global`, shorthands). `reads`: what gets at local variables by their names.
    """

    declares: Mapping[str, tuple[str, ...]]
    scopes: frozenset[str]
    callables: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    hoists: bool = False
    at_once: bool = False
    bodied: frozenset[str] = frozenset()
    starts: frozenset[str] = frozenset()
    wraps: frozenset[str] = frozenset()
    signs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: frozenset[str] = frozenset({"identifier"})
    keys: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()


def scoping_of(language: str) -> Scoping | None:
    """The row of a language by any name an editor has for it; None where there is none."""
    row = known(language)
    return SCOPINGS.get(row.name) if row else None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _declares(text: str) -> Mapping[str, tuple[str, ...]]:
    """ "node.field.field node": a node with no field gives a value to each of its children."""
    return {node: tuple(fields) for node, *fields in (one.split(".") for one in text.split())}


_PYTHON = Scoping(
    _declares(
        "assignment.left augmented_assignment.left for_statement.left for_in_clause.left named_expression.name as_pattern.alias"
        " lambda_parameters parameters default_parameter.name typed_parameter typed_default_parameter.name"
    ),
    _words("function_definition lambda list_comprehension set_comprehension dictionary_comprehension generator_expression"),
    callables=_words("function_definition"),
    members=_words("class_definition"),
    hoists=True,
    bodied=_words("function_definition lambda"),
    keys=_words("keyword_argument.name"),
    tied=_words(
        "global_statement nonlocal_statement import_statement import_from_statement dotted_name aliased_import keyword_pattern"
    ),
    reads=_words("locals vars eval exec"),
)

_SCRIPT = Scoping(
    _declares(
        "variable_declarator.name for_in_statement.left catch_clause.parameter arrow_function.parameter formal_parameters"
    ),
    _words(
        "statement_block for_statement for_in_statement catch_clause arrow_function function_declaration function_expression"
        " generator_function generator_function_declaration method_definition class_static_block switch_body"
    ),
    callables=_words("function_declaration generator_function_declaration method_definition"),
    members=_words("class_body"),
    hoists=True,
    bodied=_words(
        "for_in_statement arrow_function function_declaration function_expression generator_function"
        " generator_function_declaration method_definition"
    ),
    signs={"for_in_statement": _words("const let var")},
    tied=_words("import_specifier export_specifier namespace_import import_clause"),
    reads=_words("eval"),
)

_GO = Scoping(
    _declares(
        "short_var_declaration.left var_spec.name const_spec.name range_clause.left receive_statement.left"
        " parameter_declaration.name type_switch_statement.alias"
    ),
    _words(
        "block if_statement for_statement expression_switch_statement type_switch_statement select_statement"
        " communication_case expression_case type_case default_case func_literal function_declaration method_declaration"
    ),
    callables=_words("function_declaration method_declaration"),
    signs={"range_clause": _words(":="), "receive_statement": _words(":=")},
)

_RUST = Scoping(
    _declares(
        "let_declaration.pattern let_condition.pattern for_expression.pattern closure_parameters parameter.pattern"
        " match_pattern"
    ),
    _words("block for_expression closure_expression match_arm if_expression while_expression function_item"),
    callables=_words("function_item"),
    members=_words("declaration_list"),
    starts=_words("match_arm"),
    tied=_words("shorthand_field_initializer use_declaration use_list use_as_clause"),
)

_JAVA = Scoping(
    _declares(
        "variable_declarator.name enhanced_for_statement.name resource.name catch_formal_parameter.name inferred_parameters"
        " lambda_expression.parameters formal_parameter.name"
    ),
    _words(
        "block for_statement enhanced_for_statement try_with_resources_statement catch_clause lambda_expression switch_block"
        " method_declaration constructor_declaration constructor_body"
    ),
    callables=_words("method_declaration constructor_declaration"),
    members=_words("class_body interface_body enum_body enum_body_declarations"),
    keys=_words("method_invocation.name"),
)

_C = Scoping(
    _declares("init_declarator.declarator declaration.declarator parameter_declaration.declarator for_range_loop.declarator"),
    _words(
        "compound_statement for_statement for_range_loop if_statement switch_statement while_statement catch_clause"
        " lambda_expression function_definition"
    ),
    callables=_words("function_definition"),
    members=_words("field_declaration_list"),
    tied=_words("using_declaration"),
)

_CSHARP = Scoping(
    _declares(
        "variable_declarator.name foreach_statement.left catch_declaration.name parameter.name lambda_expression.parameters"
    ),
    _words(
        "block for_statement foreach_statement using_statement catch_clause lambda_expression anonymous_method_expression"
        " switch_section local_function_statement method_declaration constructor_declaration accessor_declaration"
    ),
    callables=_words("local_function_statement method_declaration constructor_declaration"),
    members=_words("declaration_list"),
    names=_words("identifier implicit_parameter"),
    keys=_words("argument.name initializer_expression/assignment_expression.left with_initializer."),
    tied=_words("anonymous_object_creation_expression tuple_expression/argument"),
    reads=_words("nameof"),
)

_KOTLIN = Scoping(
    _declares("variable_declaration catch_block parameter"),
    _words("statements lambda_literal for_statement catch_block when_expression function_declaration anonymous_function"),
    callables=_words("function_declaration"),
    members=_words("class_body enum_class_body"),
    starts=_words("control_structure_body statements when_entry"),
    wraps=_words("property_declaration when_subject"),
    names=_words("simple_identifier interpolated_identifier"),
)

_SWIFT = Scoping(
    _declares(
        "property_declaration.name for_statement.item if_statement.bound_identifier guard_statement.bound_identifier"
        " while_statement.bound_identifier lambda_parameter.name catch_block.error parameter.name"
    ),
    _words("statements for_statement lambda_literal catch_block if_statement while_statement function_declaration"),
    callables=_words("function_declaration init_declaration"),
    members=_words("class_body enum_class_body protocol_body"),
    starts=_words("statements"),
    names=_words("simple_identifier"),
    tied=_words("value_argument_label"),
)

_RUBY = Scoping(
    _declares(
        "assignment.left operator_assignment.left for.pattern exception_variable block_parameters lambda_parameters"
        " method_parameters optional_parameter.name keyword_parameter.name"
    ),
    _words("method singleton_method block do_block lambda"),
    callables=_words("method singleton_method"),
    members=_words("class module singleton_class"),
    at_once=True,
    keys=_words("call.method"),
    tied=_words("keyword_parameter"),
    reads=_words("binding eval local_variables instance_eval"),
)

_PHP = Scoping(
    # A function of PHP sees no variable of anybody else, unless it says so: each that it names is its own.
    _declares("variable_name"),
    _words("function_definition method_declaration anonymous_function arrow_function"),
    callables=_words("function_definition method_declaration"),
    hoists=True,
    names=_words("name"),
    keys=_words("scoped_property_access_expression/variable_name."),
    tied=_words("global_declaration/variable_name dynamic_variable_name/variable_name"),
    reads=_words("compact extract eval get_defined_vars"),
)

_LUA = Scoping(
    _declares("variable_declaration for_numeric_clause.name for_generic_clause parameters"),
    _words("block function_definition function_declaration for_statement"),
    callables=_words("function_declaration"),
    signs={"variable_declaration": _words("local")},
    keys=_words("field.name method_index_expression.method"),
    reads=_words("debug load loadstring"),
)

SCOPINGS: Mapping[str, Scoping] = {
    "python": _PYTHON,
    **dict.fromkeys(("javascript", "typescript", "tsx"), _SCRIPT),
    "go": _GO,
    "rust": _RUST,
    "java": _JAVA,
    **dict.fromkeys(("c", "cpp"), _C),
    "csharp": _CSHARP,
    "kotlin": _KOTLIN,
    "swift": _SWIFT,
    "ruby": _RUBY,
    "php": _PHP,
    "lua": _LUA,
}
"""Languages in which Hearth can tell what is local. In shells an assignment reaches the whole program; for Haskell, Elixir,
Scala and Zig nobody has written a row yet."""

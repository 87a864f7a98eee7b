"""Where each language defines names: one tree-sitter query a language. Knows no chunk, no ranking and opens no file.

A pattern marks the node that gives the name (`@name`) and the whole definition by the kind it is (`@function`, `@class`,
`@interface`, `@type`, `@module`, `@constant`). Three more captures:

- `@declarator`  in place of `@name` where C hides the name inside pointers and parameters
- `@container`   the type a definition belongs to though it stands outside of it (a Go receiver)
- `@scope`       in place of a kind: holds definitions but defines no name of its own (a Rust `impl`)

Earlier patterns win where two match the same name. A function directly inside a class, interface, type or scope is a method.
To add a language: a row in `languages.py`, a query here, a sample in `tests/fixtures/languages/`.
"""

from __future__ import annotations

from collections.abc import Mapping

_PYTHON = """
(function_definition name: (identifier) @name) @function
(class_definition name: (identifier) @name) @class
(module (assignment left: (identifier) @name) @constant)
(module (type_alias_statement . (type (identifier) @name)) @type)
"""

_JAVASCRIPT_SHARED = """
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(method_definition name: (_) @name) @function
(_ . (variable_declarator
  name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) .) @function
(_ . (variable_declarator name: (identifier) @name value: (class)) .) @class
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) @function
(assignment_expression left: [(member_expression) (identifier)] @name right: [(function_expression) (arrow_function)]) @function
(pair key: (property_identifier) @name value: [(arrow_function) (function_expression)]) @function
(program (lexical_declaration . (variable_declarator name: (identifier) @name)) @constant)
(program (lexical_declaration (variable_declarator name: (identifier) @name) @constant))
(program (export_statement (lexical_declaration . (variable_declarator name: (identifier) @name)) @constant))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @constant)))
"""

_JAVASCRIPT = (
    _JAVASCRIPT_SHARED
    + """
(class_declaration name: (identifier) @name) @class
(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @function
"""
)

_TYPESCRIPT = (
    _JAVASCRIPT_SHARED
    + """
(class_declaration name: (_) @name) @class
(abstract_class_declaration name: (_) @name) @class
(public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @function
(interface_declaration name: (_) @name) @interface
(type_alias_declaration name: (_) @name) @type
(enum_declaration name: (_) @name) @type
(internal_module name: (_) @name) @module
(module name: (_) @name) @module
(function_signature name: (_) @name) @function
(method_signature name: (_) @name) @function
(abstract_method_signature name: (_) @name) @function
"""
)

_GO = """
(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @container
    (generic_type type: (type_identifier) @container)
    (pointer_type [(type_identifier) @container (generic_type type: (type_identifier) @container)])]))
  name: (field_identifier) @name) @function
(method_elem name: (field_identifier) @name) @function
(type_spec name: (type_identifier) @name type: (interface_type)) @interface
(type_spec name: (type_identifier) @name type: (struct_type)) @class
(type_spec name: (type_identifier) @name) @type
(type_alias name: (type_identifier) @name) @type
(source_file (const_declaration (const_spec name: (identifier) @name) @constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @constant))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @constant)))
"""

_RUST = """
(function_item name: (_) @name) @function
(function_signature_item name: (_) @name) @function
(macro_definition name: (_) @name) @function
(struct_item name: (_) @name) @class
(union_item name: (_) @name) @class
(enum_item name: (_) @name) @type
(type_item name: (_) @name) @type
(associated_type name: (_) @name) @type
(trait_item name: (_) @name) @interface
(impl_item type: (_) @name) @scope
(mod_item name: (_) @name body: (_)) @module
(const_item name: (_) @name) @constant
(static_item name: (_) @name) @constant
"""

_JAVA = """
(class_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(annotation_type_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @type
(method_declaration name: (_) @name) @function
(constructor_declaration name: (_) @name) @function
(compact_constructor_declaration name: (_) @name) @function
(annotation_type_element_declaration name: (_) @name) @function
"""

_C_SHARED = """
(function_definition declarator: (_) @declarator) @function
(type_definition declarator: (_) @declarator) @type
(struct_specifier name: (_) @name body: (_)) @class
(union_specifier name: (_) @name body: (_)) @class
(enum_specifier name: (_) @name body: (_)) @type
(preproc_function_def name: (_) @name) @function
(preproc_def name: (_) @name value: (_)) @constant
"""

_C = _C_SHARED

_CPP = (
    _C_SHARED
    + """
(class_specifier name: (_) @name body: (_)) @class
(namespace_definition name: (_) @name) @module
(alias_declaration name: (_) @name) @type
(concept_definition name: (_) @name) @type
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @function
(field_declaration declarator: [
  (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))
  (reference_declarator (function_declarator declarator: (field_identifier) @name))]) @function
"""
)

_CSHARP = """
(namespace_declaration name: (_) @name) @module
(class_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(struct_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @type
(delegate_declaration name: (_) @name) @type
(method_declaration name: (_) @name) @function
(constructor_declaration name: (_) @name) @function
(property_declaration name: (_) @name) @function
(local_function_statement name: (_) @name) @function
"""

_RUBY = """
(module name: (_) @name) @module
(class name: (_) @name) @class
(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
(assignment left: (constant) @name) @constant
"""

_PHP = """
(namespace_definition name: (_) @name body: (_)) @module
(class_declaration name: (_) @name) @class
(trait_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @type
(method_declaration name: (_) @name) @function
(function_definition name: (_) @name) @function
(const_element . (name) @name) @constant
"""

_KOTLIN = """
(class_declaration "interface" (type_identifier) @name) @interface
(class_declaration (type_identifier) @name) @class
(object_declaration (type_identifier) @name) @class
(type_alias (type_identifier) @name) @type
(function_declaration receiver: (_ (type_identifier) @container) (simple_identifier) @name) @function
(function_declaration receiver: (_ (_ (type_identifier) @container)) (simple_identifier) @name) @function
(function_declaration (simple_identifier) @name) @function
(source_file (property_declaration (variable_declaration (simple_identifier) @name)) @constant)
"""

_SWIFT = """
(class_declaration "extension" name: (_) @name) @scope
(class_declaration "enum" name: (_) @name) @type
(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @interface
(function_declaration name: (simple_identifier) @name) @function
(protocol_function_declaration name: (simple_identifier) @name) @function
(init_declaration "init" @name) @function
(property_declaration name: (pattern bound_identifier: (_) @name) computed_value: (_)) @function
(source_file (property_declaration name: (pattern bound_identifier: (_) @name)) @constant)
(typealias_declaration name: (type_identifier) @name) @type
"""

_SCALA = """
(class_definition name: (_) @name) @class
(object_definition name: (_) @name) @class
(trait_definition name: (_) @name) @interface
(enum_definition name: (_) @name) @type
(type_definition name: (_) @name) @type
(function_definition name: (_) @name) @function
(function_declaration name: (_) @name) @function
(given_definition name: (_) @name) @function
(object_definition body: (template_body (val_definition pattern: (identifier) @name) @constant))
(compilation_unit (val_definition pattern: (identifier) @name) @constant)
"""

_LUA = """
(function_declaration name: (_) @name) @function
(variable_declaration (assignment_statement
  (variable_list . name: (_) @name) (expression_list . value: (function_definition)))) @function
(assignment_statement (variable_list . name: (_) @name) (expression_list . value: (function_definition))) @function
(field name: (identifier) @name value: (function_definition)) @function
(chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @name))) @constant)
"""

_HASKELL = """
(declarations [(data_type name: (_) @name) (newtype name: (_) @name) (type_synomym name: (_) @name)] @type)
(declarations (class name: (_) @name) @interface)
(declarations (instance name: (_) @name) @scope)
(declarations [(function name: (variable) @name) (bind name: (variable) @name)] @function)
(class_declarations (signature name: (variable) @name) @function)
(instance_declarations [(function name: (variable) @name) (bind name: (variable) @name)] @function)
"""

_ELIXIR = """
((call target: (identifier) @_does (arguments . (alias) @name) (do_block)) @module (#eq? @_does "defmodule"))
((call target: (identifier) @_does (arguments . (alias) @name) (do_block)) @interface (#eq? @_does "defprotocol"))
((call target: (identifier) @_does (arguments . (alias) @name) (do_block)) @scope (#eq? @_does "defimpl"))
((call target: (identifier) @_does (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name))])) @function
  (#any-of? @_does "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate"))
"""

_ZIG = """
(Decl (FnProto function: (IDENTIFIER) @name)) @function
(Decl (VarDecl variable_type_function: (IDENTIFIER) @name
  (ErrorUnionExpr (SuffixExpr (ContainerDecl (ContainerDeclType "struct")))))) @class
(Decl (VarDecl variable_type_function: (IDENTIFIER) @name (ErrorUnionExpr (SuffixExpr [(ContainerDecl) (ErrorSetDecl)])))) @type
(source_file (Decl (VarDecl variable_type_function: (IDENTIFIER) @name)) @constant)
(TestDecl (STRINGLITERALSINGLE) @name) @function
"""

_BASH = """
(function_definition name: (_) @name) @function
(program (variable_assignment name: (variable_name) @name) @constant)
"""

DEFINITIONS: Mapping[str, str] = {
    "python": _PYTHON,
    "javascript": _JAVASCRIPT,
    "typescript": _TYPESCRIPT,
    "tsx": _TYPESCRIPT,
    "go": _GO,
    "rust": _RUST,
    "java": _JAVA,
    "c": _C,
    "cpp": _CPP,
    "csharp": _CSHARP,
    "ruby": _RUBY,
    "php": _PHP,
    "kotlin": _KOTLIN,
    "swift": _SWIFT,
    "scala": _SCALA,
    "lua": _LUA,
    "haskell": _HASKELL,
    "elixir": _ELIXIR,
    "zig": _ZIG,
    "bash": _BASH,
}
"""Language -> query. Every language with a grammar has one; a test compiles them all and reads a sample of each."""

WRAPPERS = ("decorated_definition", "export_statement", "template_declaration", "ambient_declaration", "type_declaration")
"""Nodes around a definition that belong to it: its decorators, its `export`, its template parameters."""

BODIES = frozenset(
    {
        "block",
        "body_statement",
        "class_body",
        "compound_statement",
        "declaration_list",
        "do_block",
        "enum_body",
        "enum_class_body",
        "enum_variant_list",
        "field_declaration_list",
        "function_body",
        "interface_type",
        "statement_block",
        "struct_type",
        "template_body",
        "Block",
    }
)
"""Nodes that hold what a definition does, where the grammar has no field `body`: its signature ends before them."""

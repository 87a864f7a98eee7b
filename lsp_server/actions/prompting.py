"""Read prompt templates and fill them in. Pure but for reading the package's own files; asks no model.

A template is a file of `prompts/`: a head ("version: 1", "answer: code"), a line "---", what the model is told it is, a line
"---", and the task. `{{word}}` stands for a value. A paragraph with a word that has no value is left out with its heading.
Values are put in once and never looked at again: code that holds "{{code}}" is code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import get_args

from lsp_server.actions.records import Action, Answer
from lsp_server.errors import SettingsError
from lsp_server.model.port import Message

WORDS = frozenset(
    "language path where code definitions instruction diagnostics todo selected name example existing framework test_path "
    "sources question reason".split()
)
"""What a template may ask for. `docs/actions.md` says what each holds."""

_WORD = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """`version` grows with each change that changes answers: benchmarks name it."""

    name: str
    version: int
    answer: Answer
    system: str
    task: str

    @property
    def words(self) -> frozenset[str]:
        """What the template asks for."""
        return frozenset(_WORD.findall(self.system + self.task))

    def render(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The conversation that puts the task to a model."""
        system, task = _filled(self.system, values), _filled(self.task, values)
        return (*([Message("system", system)] if system else []), Message("user", task))


def _filled(text: str, values: Mapping[str, str]) -> str:
    paragraphs = _paragraphs(text)
    kept = [one for one in paragraphs if all(values.get(word, "").strip() for word in _WORD.findall(one) if word != "where")]
    return "\n\n".join(_WORD.sub(lambda found: values.get(found[1], ""), one).rstrip() for one in kept).strip()


def _paragraphs(text: str) -> list[str]:
    """Blocks between blank lines."""
    return [one for one in re.split(r"\n[ \t]*\n", text.strip("\n")) if one.strip()]


@cache
def builtin(name: str) -> Template:
    """A template of the package."""
    text = resources.files("lsp_server.actions").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
    return read(name, text)


def names() -> list[str]:
    """The templates of the package."""
    folder = resources.files("lsp_server.actions").joinpath("prompts")
    return sorted(one.name.removesuffix(".md") for one in folder.iterdir() if one.name.endswith(".md"))


def read(name: str, text: str) -> Template:
    """A template from a file's text; SettingsError says what is wrong with it."""
    parts = re.split(r"^---[ \t]*\n", text.replace("\r\n", "\n"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3:
        raise SettingsError(f"The prompt `{name}` needs a head, what the model is, and a task, divided by lines of `---`.")
    head = dict(line.split(":", 1) for line in parts[0].splitlines() if ":" in line)
    version, answer = head.get("version", "").strip(), head.get("answer", "").strip()
    if not version.isdigit() or answer not in get_args(Answer):
        raise SettingsError(f"The prompt `{name}` needs a `version` that is a number and an `answer` among {get_args(Answer)}.")
    return _checked(Template(name, int(version), answer, parts[1].strip("\n"), parts[2].strip("\n")))  # type: ignore[arg-type]  # just checked


def of(action: Action) -> Template:
    """The template of an action: the package's, or the user's own task under the package's words for such answers."""
    if not action.template:
        return builtin(action.prompt)
    system = builtin("explain" if action.answer == "explanation" else "refactor").system
    task = action.template if "code" in _WORD.findall(action.template) else f"{action.template}\n\n{_CODE}"
    return _checked(Template(action.id, 1, action.answer, system, task))


_CODE = "The code:\n```{{language}}\n{{code}}\n```"


def _checked(template: Template) -> Template:
    unknown = sorted(template.words - WORDS)
    if unknown:
        raise SettingsError(
            f"The prompt `{template.name}` asks for {', '.join(unknown)}, which nothing fills in.",
            f"It may ask for {', '.join(sorted(WORDS))}.",
        )
    return template

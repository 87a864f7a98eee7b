"""Take out what a model says besides code: stop tokens, thoughts, Markdown fences, words to the user. Pure; sees no model."""

from __future__ import annotations

import re

from lsp_server.completion.trim.surroundings import Surroundings


def cut_at_stops(text: str, around: Surroundings) -> str:
    """Everything before the first stop string. A runner stops there itself, unless it does not know the token."""
    at = min((found for stop in around.stops if (found := text.find(stop)) >= 0), default=len(text))
    return text[:at]


_FENCE = re.compile(r"^\s*```[\w+#.-]*[ \t]*\n(?P<code>.*?)(?:\n```.*|\Z)", re.DOTALL)


def unwrap_fence(text: str, around: Surroundings) -> str:
    """The code inside a Markdown fence that starts the answer, as instruct models like to write. Markdown files keep theirs."""
    if "```" in around.before:
        return text
    found = _FENCE.match(text)
    return found["code"] if found else text.split("\n```", 1)[0]


_CHAT = re.compile(
    r"^(?:sure[,!.]|certainly[,!.]|of course[,!.]|here(?:'s| is| are)\b|i(?:'m| am) sorry\b|as an ai\b"
    r"|the (?:following|missing) code\b|to complete (?:this|the) \w+)",
    re.IGNORECASE,
)


_THOUGHTS = re.compile(r"^\s*<(think|thinking|reasoning)>.*?(?:</\1>\s*|\Z)", re.DOTALL)


def drop_thoughts(text: str, around: Surroundings) -> str:  # noqa: ARG001  filters are called alike
    """Without what a thinking model says to itself first; nothing where it has not come to an end of it."""
    return _THOUGHTS.sub("", text, count=1)


def refuse_chat(text: str, around: Surroundings) -> str:
    """Nothing, where the answer talks to the user instead of writing code. Inside a comment prose is what is wanted."""
    if around.line.lstrip().startswith(("#", "//", "--", "*", "/*", '"""', "'''", ";", "%")):
        return text
    return "" if _CHAT.match(text.lstrip()) else text

"""Find the text of a doc comment in what a model said. Pure: a reply in, words out; it does not know where they are to go.

The model is asked for the text alone, and answers in whatever form it likes: bare, in marks of its language, above the code.
"""

from __future__ import annotations

import re
import textwrap

from lsp_server.actions.records import Refusal
from lsp_server.actions.reply import fences, is_prose

MOST_LINES = 40
"""A longer text is no documentation of one definition: the model lost its way."""

DIRECTIVE = re.compile(
    r"^(?:#!|#\s*(?:type:|noqa|pylint|rubocop|shellcheck|frozen_string|encoding|-\*-|region|endregion|pragma|include|if|endif|define)"
    r"|//\s*(?:go:|nolint|eslint|@ts-|noinspection|swiftlint|#|region|endregion|clang-format|NOLINT)|/\*\s*(?:eslint|global))"
)
"""Comments that tools read. They stay where they are."""

_TRIPLE = re.compile(r"[rRuU]{0,2}(\"\"\"|''')(?P<text>.*?)\1", re.DOTALL)

_STARS = re.compile(r"/\*\*?(?P<text>.*?)\*/", re.DOTALL)

_COMMENT_LINE = re.compile(r"^\s*(?:///?!?|--[-|]?\s?\|?|#+|;;+)\s?(?P<text>.*)$")

_XML = re.compile(r"</?(?:summary|remarks|returns|param|para|see|value)\b[^>]*>")


def text_in(reply: str, symbol: str, code: str) -> str:
    """The documentation in a cleaned reply, without its marks: whatever form the model chose. Empty where there is none.

    `symbol` is the name of what is documented, `code` its lines: a model that repeats them is not describing them.
    """
    blocks = [one.text for one in fences(reply)]
    name = re.escape(symbol.rsplit(".", 1)[-1])
    for text in (*blocks, reply):
        found = _marked(text, name)
        if found:
            return _tidy(found, code)
    if blocks:
        bare = next((one for one in blocks if not _is_code(one, name)), "")
        return _tidy(bare, code)
    lines = reply.strip().split("\n")
    # "Here is the documentation:" and its like end in a colon; a first sentence of documentation does not.
    while lines and (not lines[0].strip() or (is_prose(lines[0]) and lines[0].rstrip().endswith(":"))):
        lines = lines[1:]
    return _tidy("\n".join(lines), code)


def _marked(text: str, name: str) -> str:
    """The text between the marks of a doc comment, if it stands where one stands."""
    defined = re.search(rf"\b{name}\b\s*[(\[<:={{]|\b(?:class|struct|enum|trait|interface|module|type|data)\s+{name}\b", text)
    head = text[: defined.start()] if defined else text
    triple = _TRIPLE.search(text)
    if triple and triple["text"].strip():
        return triple["text"]
    stars = _STARS.search(head)
    if stars and stars["text"].strip():
        return "\n".join(re.sub(r"^\s*\* ?", "", line) for line in stars["text"].split("\n"))
    run: list[str] = []
    for line in head.split("\n"):
        found = _COMMENT_LINE.match(line)
        if found and not DIRECTIVE.match(line.strip()) and not line.strip().startswith("```"):
            run.append(found["text"])
        elif run and line.strip():
            break
    marks_only = all(_COMMENT_LINE.match(line) for line in text.split("\n") if line.strip())
    return "\n".join(run) if run and (defined or marks_only) and any(line.strip() for line in run) else ""


def _is_code(text: str, name: str) -> bool:
    return (
        re.search(rf"\b{name}\s*[(<]|^\s*(?:def|fn|func|function|class|public|private|return)\b", text, re.MULTILINE)
        is not None
    )


def _tidy(text: str, code: str) -> str:
    """Without XML marks, repeated code, surrounding quotes and blank lines at the ends; indented as one piece."""
    known_lines = {line.strip() for line in code.splitlines() if len(line.strip()) > 12}
    lines = []
    first, *rest = _XML.sub("", text).split("\n")
    for line in [first.strip(), *textwrap.dedent("\n".join(rest)).split("\n")]:
        if line.strip() in known_lines:
            break
        lines.append(line.rstrip())
    whole = "\n".join(lines).strip("\n")
    whole = re.sub(r"\n{3,}", "\n\n", whole).strip()
    if len(whole) > 1 and whole[0] == whole[-1] and whole[0] in "\"'`":
        whole = whole[1:-1].strip()
    return _said_once(whole)


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

_LEAST_WORDS = 5
"""Of a sentence that is left out where it was said before: a shorter one may be meant twice."""


def _said_once(text: str) -> str:
    """A text without sentences that it says again, as small models do until they are cut off. Lists stay as they are."""
    said: set[str] = set()
    kept = []
    for paragraph in text.split("\n\n"):
        if re.search(r"^(?:\s|[-*:@\\#>|])|:$", paragraph, re.MULTILINE):
            kept.append(paragraph)
            continue
        sentences = _SENTENCE_END.split(paragraph)
        new = []
        for one in sentences:
            words = " ".join(one.casefold().split())
            if words not in said or words.count(" ") + 1 < _LEAST_WORDS:
                new.append(one)
            said.add(words)
        if new:
            kept.append(paragraph if len(new) == len(sentences) else " ".join(new))
    return "\n\n".join(kept)


_LEFT_OUT = re.compile(r"(?:^|\.\.\.|…)\s*(?:the )?(?:rest|remainder|remaining|existing)\b.{0,20}\bcode\b", re.IGNORECASE)


def check(text: str) -> Refusal | None:
    """Why a text is no documentation."""
    if not any(character.isalpha() for character in text):
        return Refusal("empty", "The model wrote no documentation.", "Answer with the text of the documentation only.")
    if text.count("\n") >= MOST_LINES:
        return Refusal(
            "too_long", "The model wrote far too much for one doc comment.", "Answer with at most ten lines of text."
        )
    if _LEFT_OUT.search(text):
        return Refusal(
            "placeholder", "The model left code out in place of documentation.", "Answer with plain text, without code."
        )
    if "```" in text:
        return Refusal("code", "The model wrote code in place of documentation.", "Answer with plain text, without code.")
    return None

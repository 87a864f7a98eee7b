"""Put a prompt together: what changes least stands first, so that a keystroke only appends. Pure: text in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from indexer.records import Hit
from lsp_server.completion.comments import line_comment
from lsp_server.completion.window import Anchor
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.families import FAMILIES, FimFamily
from lsp_server.model.port import ChosenModel


@dataclass(frozen=True, slots=True)
class Prompt:
    """`text` goes to the model as it is. `held_back` is the white space before the cursor that the prompt leaves to the model.

    Tokenizers join a space with the word behind it (" return" is one token), so a prompt that ends in white space asks for
    a rare continuation. The white space is left out, and taken off the answer again by `heal`.
    """

    text: str
    held_back: str
    stops: tuple[str, ...]


def build(family: FimFamily | None, anchor: Anchor, tail: str, snapshot: DocumentSnapshot) -> Prompt:
    """The prompt for a family's fill-in-the-middle tokens, or plain text up to the cursor for a model without any."""
    prefix, tail, held_back = _without_trailing_space(_lf(anchor.prefix), _lf(tail))
    if family is None:
        head = _as_code(anchor.snippets, snapshot)
        return Prompt(head + prefix + tail, held_back, PLAIN_STOPS)
    if family.file_separator:
        head, context = _as_repository(family, anchor.snippets, snapshot), ""
    else:
        head, context = "", _as_comments(anchor.snippets, snapshot)
    middle = family.render(context + prefix, _lf(anchor.suffix))
    return Prompt(head + middle + family.disarm(tail), held_back, family.stops)


def build_for(chosen: ChosenModel, anchor: Anchor, tail: str, snapshot: DocumentSnapshot) -> Prompt:
    """The prompt for a model as it was chosen."""
    return build(FAMILIES[chosen.fim] if chosen.fim else None, anchor, tail, snapshot)


PLAIN_STOPS = ("<|endoftext|>", "<|im_end|>", "<|im_start|>", "<end_of_turn>", "<start_of_turn>")
"""Ends of text and of turns that models without FIM print when their server does not know them as such."""


def heal(answer: str, held_back: str) -> str:
    """An answer without the white space that the document has already.

    `heal("    return x", "    ") == "return x"`. Less indentation than the document has means that the model is done with
    this block: what is left then starts with a line feed, which suggests nothing here.
    """
    if not held_back or not answer:
        return answer
    if answer.startswith(held_back):
        return answer[len(held_back) :]
    white = answer[: len(answer) - len(answer.lstrip(" \t"))]
    if held_back.startswith(white) and len(white) < len(answer):
        rest = answer[len(white) :]
        return rest if rest.startswith("\n") or len(held_back) == 1 else "\n" + rest
    return answer.removeprefix(white)


def _without_trailing_space(prefix: str, tail: str) -> tuple[str, str, str]:
    whole = prefix + tail
    kept = whole.rstrip(" \t")
    held_back = whole[len(kept) :]
    if not tail:
        return kept, "", held_back
    # An anchor's own end stays as it was frozen: only the tail may give white space up.
    kept_tail = tail.rstrip(" \t") if tail.strip(" \t") else tail
    return prefix, kept_tail, tail[len(kept_tail) :]


def _as_comments(snippets: tuple[Hit, ...], snapshot: DocumentSnapshot) -> str:
    """Snippets and the file's own path as comment lines, which every model has seen; the best snippet next to the code."""
    mark = line_comment(snapshot.language)
    lines: list[str] = []
    for hit in reversed(snippets):
        lines.append(f"{mark} From {hit.path}:")
        lines += [f"{mark} {line}".rstrip() for line in hit.text.splitlines()]
        lines.append("")
    lines.append(f"{mark} {snapshot.path}")
    return "\n".join(lines) + "\n"


def _as_code(snippets: tuple[Hit, ...], snapshot: DocumentSnapshot) -> str:
    """Snippets as they stand in their files, each below a comment that names it: a model that was trained on whole files only
    takes names from code twice as often as from comments (decision 11)."""
    mark = line_comment(snapshot.language)
    files = "".join(f"{mark} {hit.path}\n{_lf(hit.text)}\n\n" for hit in reversed(snippets))
    return f"{files}{mark} {snapshot.path}\n"


def _as_repository(family: FimFamily, snippets: tuple[Hit, ...], snapshot: DocumentSnapshot) -> str:
    """Snippets as files of a repository, in the tokens that Qwen and StarCoder were trained with."""
    name = PurePosixPath(snapshot.root or "").name or "repository"
    head = f"{family.repository_name}{name}\n" if family.repository_name else ""
    files = "".join(f"{family.file_separator}{hit.path}\n{family.disarm(hit.text)}\n" for hit in reversed(snippets))
    return f"{head}{files}{family.file_separator}{snapshot.path}\n"


def _lf(text: str) -> str:
    """Models write line feeds; a document with CRLF is shown to them without the carriage returns."""
    return text.replace("\r\n", "\n")

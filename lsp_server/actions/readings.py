"""What a reply may mean as new code: this block, that block, a diff, all of it; likeliest first. Pure; judges none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.languages import known, parse
from indexer.outline import outline
from indexer.records import Symbol
from lsp_server.actions import fitting, hunks, reply
from lsp_server.actions.records import Refusal, Region
from lsp_server.documents import DocumentSnapshot


def readings(text: str, region: Region, snapshot: DocumentSnapshot) -> Iterator[str | Refusal]:
    """What a reply may mean as the new code of a region, likeliest first, at the margin of wherever the model put it."""
    seen: set[str] = set()
    shown = fitting.shown(region.span.of(snapshot.text), snapshot.language).text
    for one in _raw_readings(text, shown, region, snapshot.language):
        if isinstance(one, Refusal):
            yield one
            continue
        for reading in (without_echo(one, region, snapshot), *_own_definition(one, region, snapshot)):
            if reading.strip() and reading not in seen:
                seen.add(reading)
                yield reading


def _raw_readings(text: str, shown: str, region: Region, language: str) -> Iterator[str | Refusal]:
    blocks = reply.fences(text)
    partial = hunks.search_replace(text) or hunks.diff(blocks, text)
    if partial is not None:
        yield hunks.apply(partial, shown)
        return
    code = [one.text for one in reply.code_blocks(text, language)]
    changed = [one for one in code if one.strip() != shown.strip()]
    yield from sorted(changed, key=lambda one: not _defines(one, region, language))
    if whole := reply.outermost(text):
        yield whole.text
    if len(changed) > 1:
        yield "\n\n".join(changed)
    yield from code  # none of them says anything new: then the answer is that nothing changes
    if not blocks:
        yield from reply.plain_code(text)


def _defines(code: str, region: Region, language: str) -> bool:
    """Whether code defines what the region is; any code does where the region is no definition."""
    name = region.symbol.rsplit(".", 1)[-1] if region.is_definition else ""
    return not name or any(one.name == name for one in _symbols(code, language))


def without_echo(code: str, region: Region, snapshot: DocumentSnapshot) -> str:
    """An answer without lines of the document around the region, which models repeat to be understood."""
    if region.inline:
        return code
    own = [line.strip() for line in region.span.of(snapshot.text).splitlines() if line.strip()]
    above = [line.strip() for line in snapshot.text[: region.span.start].splitlines() if line.strip()]
    below = [line.strip() for line in snapshot.text[region.span.end :].splitlines() if line.strip()]
    lines = code.split("\n")
    filled = [(number, line.strip()) for number, line in enumerate(lines) if line.strip()]
    said = [line for _, line in filled]
    head = _overlap(said, above[-len(said) :], own)
    tail = _overlap(said[head:][::-1], below[: len(said)][::-1], own[::-1])
    if head + tail >= len(said):
        return code
    start = filled[head][0] if head else 0
    end = filled[len(filled) - tail - 1][0] + 1 if tail else len(lines)
    return "\n".join(lines[start:end])


def _overlap(said: Sequence[str], around: Sequence[str], own: Sequence[str]) -> int:
    """How many lines at the start of `said` are the end of `around`, and not just as well the start of the region itself."""
    for size in range(min(len(said), len(around)), 0, -1):
        part = list(said[:size])
        if part == list(around[-size:]) and any(character.isalnum() for line in part for character in line):
            return 0 if part == list(own[:size]) else size
    return 0


def _own_definition(code: str, region: Region, snapshot: DocumentSnapshot) -> Iterator[str]:
    """The region's definition out of an answer that holds more (its class, its file), with helpers that are new."""
    if not region.is_definition:
        return
    symbols = _symbols(code, snapshot.language)
    name = region.symbol.rsplit(".", 1)[-1]
    same = [one for one in symbols if one.name == name]
    if len(same) != 1 or len(symbols) == 1:
        return  # several by this name: nothing says which of them is meant
    existing = {one.name for one in _symbols(snapshot.text, snapshot.language)}
    target, lines = same[0], code.split("\n")
    text = "\n".join(lines[target.start_line - 1 : target.end_line])
    wanted = [one for one in symbols if one is target or (_helps(one, target, text) and one.name not in existing)]
    parts = ["\n".join(lines[_with_comment(lines, one.start_line - 1) : one.end_line]) for one in wanted]
    yield "\n\n".join(parts)
    yield "\n".join(lines[_with_comment(lines, target.start_line - 1) : target.end_line])


def _with_comment(lines: Sequence[str], first: int) -> int:
    """The first line of the comment right above a definition."""
    while first > 0 and lines[first - 1].strip().startswith(("#", "//", "/*", "*", "--", "@")):
        first -= 1
    return first


def _helps(one: Symbol, target: Symbol, text: str) -> bool:
    """Whether a definition beside the target is one that the target uses."""
    apart = one.end_line < target.start_line or target.end_line < one.start_line
    return apart and one.container == target.container and re.search(rf"\b{re.escape(one.name)}\b", text) is not None


def _symbols(code: str, language: str) -> Sequence[Symbol]:
    row, tree = known(language), parse(code, language)
    return outline(tree, row.name, "") if row is not None and tree is not None else []


def readings_as_tests(text: str, language: str) -> Iterator[str]:
    """What a reply may mean as tests: each of its blocks, all of them together, or the code between prose."""
    code = [one.text for one in reply.code_blocks(text, language)]
    yield from code
    if len(code) > 1:
        yield "\n\n".join(code)
    if not reply.fences(text):
        yield from reply.plain_code(text)

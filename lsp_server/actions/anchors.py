"""Find a stretch of an older text in a newer one, or say that it cannot be found for sure. Pure; compares texts, no versions.

A model takes seconds, and people type on. An edit made for the older text may be applied to the newer one only where the
lines that it replaces are still there, are the same, and are the same *place*: twins elsewhere must not be mistaken for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lsp_server.actions.records import FileEdit, Replacement, Span

SHORTEST = 12
"""Characters besides white space. Less is found by chance in a document that changed at several places at once."""

NEIGHBOURS = 2
"""Lines above and below an insertion that must be where they were: it has no text of its own to be found by."""


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch that changed, in offsets of the older text: outside of [first, last) everything is as it was, moved by
    `grown` behind it. The stretch covers the whole of each line it touches, and all the places it can have been at: a line
    inserted among its likes can be any of them."""

    first: int
    last: int
    grown: int


class Trail:
    """Follows a text through its changes, one at a time, which tells exactly what its content alone may not."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._changes: list[Change] = []

    def follow(self, now: str) -> None:
        """The text is this now."""
        change = change_between(self._text, now)
        if change is not None:
            self._changes.append(change)
        self._text = now

    def where(self, held: Span) -> int | None:
        """Where a stretch of the first text starts now; None where a change touched it."""
        start = held.start
        for change in self._changes:
            if start + len(held) <= change.first:
                continue
            if start < change.last:
                return None
            start += change.grown
        return start


def moved(edit: FileEdit, now: str, trail: Trail | None = None) -> FileEdit | None:
    """The same edit for what the file holds now; None where one of its places was changed or cannot be told from another.

    Without a trail the two texts are taken for neighbours: one change lies between them.
    """
    if now == edit.before:
        return edit
    if edit.creates:
        return None
    if trail is None:
        trail = Trail(edit.before)
        trail.follow(now)
    found: list[Replacement] = []
    for one in edit.replacements:
        span = moved_span(one.span, edit.before, now, trail)
        if span is None or (found and span.start < found[-1].span.end):
            return None
        found.append(replace(one, span=span))
    return FileEdit(edit.path, now, tuple(found))


def moved_span(span: Span, before: str, now: str, trail: Trail) -> Span | None:
    """Where a span of `before` is in `now`; None where its lines changed or its place is not certain."""
    held = _whole_lines(span, before)
    text = held.of(before)
    if not text.strip():
        return None
    at = trail.where(held)
    if at is None:
        at = _by_content(held, before, now)
    if at is None or now[at : at + len(held)] != text or not _at_line_borders(at, at + len(held), now):
        return None
    start = at + span.start - held.start
    return Span(start, start + len(span))


def change_between(before: str, now: str) -> Change | None:
    """The one stretch that differs; None where nothing does."""
    if before == now:
        return None
    shorter, grown = min(len(before), len(now)), len(now) - len(before)
    head, tail = _common_start(before, now), _common_end(before, now)
    first = min(head, shorter - tail)  # the earliest place at which the change can begin
    last = len(before) - tail if head + tail <= shorter else head + max(-grown, 0)  # the latest at which it can end
    # Text that begins with a line feed behind a line's end, or ends with one in front of a line, leaves that line whole.
    inserted = now[first : last + grown]
    line = before.rfind("\n", 0, first) + 1
    if not (before[first : first + 1] in ("", "\n") and inserted[:1] == "\n" and first > line):
        first = line
    if not (last == 0 or before[last - 1] == "\n") or (inserted and not inserted.endswith("\n")):
        last = _line_end(before, last)
    return Change(first, last, grown)


def _whole_lines(span: Span, text: str) -> Span:
    """The lines a span touches, without the last one's ending; with neighbours, where the span itself is empty.

    They are what must not have changed: text typed beside a replacement on its own line would become part of its code.
    """
    start = text.rfind("\n", 0, span.start) + 1
    end = _line_end(text, span.end)
    if len(span) == 0:
        for _ in range(NEIGHBOURS):
            start = text.rfind("\n", 0, max(start - 1, 0)) + 1 if start else 0
            end = _line_end(text, end + 1) if end < len(text) else end
    return Span(start, end)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _at_line_borders(start: int, end: int, text: str) -> bool:
    return (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end] == "\n")


def _by_content(held: Span, before: str, now: str) -> int | None:
    """Where a span starts now, if its text stood at one place only and stands at one place only."""
    text = held.of(before)
    if len("".join(text.split())) < SHORTEST:
        return None
    if before.find(text) != held.start or before.find(text, held.start + 1) >= 0:
        return None
    at = now.find(text)
    return at if at >= 0 and now.find(text, at + 1) < 0 else None


def _common_start(one: str, other: str) -> int:
    """How many characters two texts share at their start. Halves the distance: texts of a megabyte are compared here."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.endswith(other[len(other) - middle : len(other) - low], 0, len(one) - low):
            low = middle
        else:
            high = middle - 1
    return low

"""Throw replies, typing and encodings at the way from a reply to an edit, and look for one edit in a wrong place.

    python -m tests.fuzz.actions [--runs 10000] [--seed 1]

Each run: a document (eight languages; LF or CRLF, tabs or spaces, emoji before, in and behind the region), a reply (drawn:
right, wrong, hostile; or one that a real model gave; cut anywhere, with random bytes changed), a typist who changes the
document while the model writes, and an editor that counts in UTF-8, UTF-16 or UTF-32. The oracle tracks the region through
every keystroke by arithmetic and knows nothing of the code under test. It demands of every edit that is let through:

- what it replaces is the region where the keystrokes left it; or, where they went through it, the one place in the document
  that holds its lines, unchanged (typed and taken back, cut and pasted)
- everything outside of it is as the typist left it, but for whole import lines that it adds
- the document parses no worse than before it

The tally says how many edits were let through, and why others were not, so that a gate which refuses everything is seen too.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from indexer.languages import parse
from lsp_server.actions import anchors, catalogue, gate, patch
from lsp_server.actions.change import errors
from lsp_server.actions.records import Action, FileEdit, Refusal, Region, Span, Target
from lsp_server.documents import DocumentSnapshot
from lsp_server.features import conversions
from tests.fuzz.record import recorded
from tests.support.editing import applied, position_of
from tests.support.replies import BAD, GOOD, Sample, samples

TYPISTS = 5
"""Documents typed into for each reply: judging a reply costs more than moving its edit."""

RECORDED = 0.25
"""Share of replies that real models gave (`tests.fuzz.record`). Most are refused, so more of them would test less."""

ACTIONS = tuple(catalogue.find(name) for name in ("simplify", "refactor", "errors", "fix"))


@dataclass(frozen=True)
class Case:
    """A document, what is to be replaced in it, and what the model says."""

    snapshot: DocumentSnapshot
    region: Region
    action: Action
    reply: str
    truncated: bool


def cases(dice: random.Random) -> Iterator[Case]:
    """Endless."""
    drawn, real_replies = list(samples()), recorded()
    while True:
        one = dice.choice(drawn)
        snapshot = _document(one, dice)
        at = snapshot.text.index("never twice")
        about = Target(snapshot, Span(at, at))
        if dice.random() < 0.3:
            start = snapshot.text.rfind("\n", 0, at) + 1
            about = Target(snapshot, Span(start, min(len(snapshot.text), at + dice.randrange(120))))
        region = catalogue.place(ACTIONS[0], about)
        if dice.random() < RECORDED:
            real = dice.choice([row for row in real_replies if row.language == one.language])
            yield Case(snapshot, region, catalogue.find(real.action), _damaged(real.reply, dice), real.truncated)
        else:
            yield Case(snapshot, region, dice.choice(ACTIONS), _damaged(_drawn(one, dice), dice), dice.random() < 0.05)


def _document(one: Sample, dice: random.Random) -> DocumentSnapshot:
    text = one.text
    if dice.random() < 0.5:
        text = text.replace("never twice", dice.choice(["never twice 😀", "never twice ﬁ€", "never twice\t\u00a0"]))
    if dice.random() < 0.5:
        mark = "#" if one.language in ("python", "ruby") else "//"
        text += f"\n{mark} 😀 the end {dice.random()}\n"
        text = f"{text}{mark} {dice.choice(['😀😀', 'ünï', 'x'])}" if dice.random() < 0.5 else text
    if dice.random() < 0.3:
        text = text.replace("\n", "\r\n")
    return replace(one.snapshot, text=text)


def _drawn(one: Sample, dice: random.Random) -> str:
    shapes = {**GOOD, **{name: reply for name, (reply, _) in BAD.items()}}
    return shapes[dice.choice(list(GOOD) if dice.random() < 0.6 else list(shapes))](one)


def _damaged(reply: str, dice: random.Random) -> str:
    """The reply as it is, three times of four; else cut, with junk in it, or in disorder."""
    fate = dice.random()
    if fate < 0.1:
        return reply[: dice.randrange(len(reply) + 1)]
    if fate < 0.2:
        for _ in range(dice.randint(1, 5)):
            at = dice.randrange(len(reply) + 1)
            junk = dice.choice(
                ["}", "{", '"', "'", "(", ")", "\n", "    ", "\t", "`", "```", "#", "*/", "\\", "😀", "\u202e", "\x00", "end\n"]
            )
            reply = reply[:at] + junk + reply[at + dice.choice([0, 0, 1, 4]) :]
    elif fate < 0.25:
        lines = reply.split("\n")
        dice.shuffle(lines)
        reply = "\n".join(lines)
    return reply.replace("\n", "\r\n") if dice.random() < 0.1 else reply


@dataclass
class Typed:
    """The document after some typing, and where arithmetic says that the region is; `touched` when it was typed into."""

    text: str
    start: int
    end: int
    touched: bool
    trail: anchors.Trail


def typed(case: Case, dice: random.Random) -> Typed:
    """Somebody types while the model writes."""
    text, region = case.snapshot.text, case.region.span
    now = Typed(text, region.start, region.end, touched=False, trail=anchors.Trail(text))
    newline = case.snapshot.newline
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 6])):
        at = dice.randrange(len(now.text) + 1)
        if now.start <= at <= now.end and dice.random() < 0.8:  # they know that the model works on that
            at = dice.choice([0, max(now.start - 1, 0), min(now.end + 1, len(now.text)), len(now.text)])
        if dice.random() < 0.5:  # people type at ends of lines, and near where they look
            at = now.text.find("\n", at) + 1 or at
        gone = dice.choice([0, 0, 0, 0, 1, 2, 9, 30])
        new = dice.choice(["", "x", "😀", newline, f"{newline}x = 1{newline}", "    ", "# note", "}", '"', f"y(){newline}"])
        end = min(len(now.text), at + gone)
        if now.text[at - 1 : at + 1] == "\r\n" or now.text[end - 1 : end + 1] == "\r\n":
            continue  # no editor puts a cursor there
        _change(now, at, end, new)
    return now


def _change(now: Typed, at: int, end: int, new: str) -> None:
    if now.text[at:end] == new:
        return
    if end <= now.start and not (at == end == now.start == now.end):
        now.start += len(new) - (end - at)
        now.end += len(new) - (end - at)
    elif at < now.end:
        now.touched = True
    now.text = now.text[:at] + new + now.text[end:]
    now.trail.follow(now.text)


def check(case: Case, edit: FileEdit, now: Typed, encoding: str) -> str:
    """Deliver an edit as the server does, apply it as an editor does, and judge; the word for the tally."""
    moved = anchors.moved(edit, now.text, now.trail)
    if moved is None:
        return "kept away: its code was typed into" if now.touched else "kept away: not certain where it belongs"
    if moved.before != edit.before and not gate.still_sound(moved, case.snapshot.language):
        return "kept away: no longer parses"
    sent = patch.narrowed(moved)
    snapshot = replace(case.snapshot, text=now.text)
    result = applied(now.text, [_text_edit(snapshot, one, encoding) for one in sent.replacements], encoding)
    fitted = edit.replacements[-1].text
    added = edit.replacements[0].text if len(edit.replacements) > 1 else ""
    code = case.region.span.of(case.snapshot.text)
    if now.touched:
        assert now.text.count(code) == case.snapshot.text.count(code) == 1, ("an edit of code that was typed into", case, now)
        now.start = now.text.index(code)
        now.end = now.start + len(code)
    assert code == now.text[now.start : now.end], ("an edit in a wrong place", case, now)
    expected = now.text[: now.start] + fitted + now.text[now.end :]
    if added:
        at = moved.replacements[0].span.start
        assert at <= now.start, "an import below the code"
        expected = expected[:at] + added + expected[at:]
    assert result == expected, ("an edit in a wrong place", case, now.text, result)
    before, after = parse(now.text, case.snapshot.language), parse(result, case.snapshot.language)
    assert before is not None
    assert after is not None
    assert len(errors(after)) <= len(gate.errors(before)), ("an edit that breaks the document", case, result)
    return "applied" if now.text == case.snapshot.text else "applied where the typing had moved it"


def _text_edit(snapshot: DocumentSnapshot, one: Any, encoding: str) -> dict[str, Any]:
    start, end = (conversions.position_at(snapshot, at, encoding) for at in (one.span.start, one.span.end))
    places = [{"line": place.line, "character": place.character} for place in (start, end)]
    assert places[0] == position_of(snapshot.text, one.span.start, encoding)
    return {"range": {"start": places[0], "end": places[1]}, "newText": one.text}


def fuzz(runs: int, seed: int) -> Counter[str]:
    """Run; AssertionError with everything needed to see it again."""
    dice = random.Random(seed)
    tally: Counter[str] = Counter()
    for case in cases(dice):
        made = patch.propose(case.reply, case.action, case.region, case.snapshot, truncated=case.truncated)
        for _ in range(TYPISTS):
            if tally.total() >= runs:
                return tally
            if isinstance(made, Refusal):
                tally[f"refused: {made.code}"] += 1
            else:
                tally[check(case, made, typed(case, dice), dice.choice(["utf-8", "utf-16", "utf-32"]))] += 1
    return tally


def main(argv: list[str]) -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.fuzz.actions")
    arguments.add_argument("--runs", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args(argv)
    tally = fuzz(given.runs, given.seed)
    for what, times in tally.most_common():
        print(f"{times:6}  {what}")
    print(f"{tally.total():6}  runs, 0 edits in a wrong place, 0 edits that break the document")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Ten thousand replies, typists and encodings: no edit in a wrong place, no broken document. And an oracle that sees."""

from __future__ import annotations

import random

import pytest

from lsp_server.actions import anchors, catalogue, patch
from lsp_server.actions.records import FileEdit, Replacement, Span
from tests.fuzz import actions
from tests.fuzz.record import MODELS, recorded
from tests.support.replies import GOOD, region_of, sample, samples


@pytest.mark.slow
def test_ten_thousand_runs_of_replies_and_typing() -> None:
    tally = actions.fuzz(10_000, seed=2026)
    assert tally.total() == 10_000
    assert tally["applied"] > 1000
    assert tally["applied where the typing had moved it"] > 1000
    assert {what.split(": ")[1] for what in tally if what.startswith("refused")} >= {
        "syntax",
        "placeholder",
        "names",
        "neighbours",
    }


def test_what_real_models_said_lands_in_its_place_or_nowhere() -> None:
    """Every recorded reply as it was given, each under twenty typists."""
    rows = recorded()
    assert len(rows) >= 120
    assert {row.language for row in rows} == {one.language for one in samples()}
    assert {row.model for row in rows} == set(MODELS)
    landed = 0
    for number, row in enumerate(rows):
        one = sample(row.language)
        case = actions.Case(one.snapshot, region_of(one), catalogue.find(row.action), row.reply, row.truncated)
        edit = patch.propose(row.reply, case.action, case.region, case.snapshot, truncated=row.truncated)
        if isinstance(edit, FileEdit):
            landed += 1
            for seed in range(20):
                now = actions.typed(case, random.Random(20 * number + seed))
                assert actions.check(case, edit, now, ("utf-8", "utf-16", "utf-32")[seed % 3])
    assert landed, "a gate that refuses everything shows nothing"


def drawn(reply: str) -> tuple[actions.Case, FileEdit]:
    one = sample("python")
    region = region_of(one)
    case = actions.Case(one.snapshot, region, actions.ACTIONS[0], reply, truncated=False)
    edit = patch.propose(reply, case.action, region, one.snapshot)
    assert isinstance(edit, FileEdit)
    return case, edit


def untouched(case: actions.Case, text: str | None = None) -> actions.Typed:
    text = case.snapshot.text if text is None else text
    trail = anchors.Trail(case.snapshot.text)
    trail.follow(text)
    return actions.Typed(text, case.region.span.start, case.region.span.end, touched=False, trail=trail)


def test_the_oracle_sees_an_edit_in_a_wrong_place() -> None:
    case, edit = drawn(GOOD["fenced"](sample("python")))
    assert actions.check(case, edit, untouched(case), "utf-16") == "applied"
    (one,) = edit.replacements
    elsewhere = FileEdit(edit.path, edit.before, (Replacement(Span(one.span.start + 1, one.span.end), one.text),))
    with pytest.raises(AssertionError, match="wrong place"):
        actions.check(case, elsewhere, untouched(case), "utf-16")


def test_the_oracle_sees_a_broken_document() -> None:
    case, edit = drawn(GOOD["fenced"](sample("python")))
    broken = FileEdit(edit.path, edit.before, (Replacement(edit.replacements[0].span, "    def add(:"),))
    with pytest.raises(AssertionError, match="breaks the document"):
        actions.check(case, broken, untouched(case), "utf-8")


def test_the_oracle_follows_the_typing() -> None:
    case, edit = drawn(GOOD["fenced"](sample("python")))
    moved = 0
    for seed in range(20):
        now = actions.typed(case, random.Random(seed))
        if not now.touched:
            assert now.text[now.start : now.end] == case.region.span.of(case.snapshot.text)
            moved += now.start != case.region.span.start
        assert actions.check(case, edit, now, "utf-16")
    assert moved

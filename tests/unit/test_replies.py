"""What models say, in eight languages and many shapes: the right answers land in their lines, the others nowhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from indexer.languages import parse
from lsp_server.actions import catalogue, patch
from lsp_server.actions.change import errors
from lsp_server.actions.records import FileEdit, Refusal
from tests.support.replies import BAD, GOOD, Sample, fence, region_of, samples

SIMPLIFY = catalogue.find("simplify")
SAMPLES = list(samples())
IDS = [one.language for one in SAMPLES]


def proposed(one: Sample, reply: str, *, truncated: bool = False) -> FileEdit | Refusal:
    return patch.propose(reply, SIMPLIFY, region_of(one), one.snapshot, truncated=truncated)


def test_there_are_enough_of_them() -> None:
    assert len(SAMPLES) >= 8
    assert len(SAMPLES) * (len(GOOD) + len(BAD)) >= 120


@pytest.mark.parametrize("shape", GOOD)
def test_a_right_answer_lands_in_its_lines(shape: str) -> None:
    for one in SAMPLES:
        edit = proposed(one, GOOD[shape](one))
        assert isinstance(edit, FileEdit), (one.language, edit)
        assert edit.after == one.expected


@pytest.mark.parametrize("shape", BAD)
def test_a_wrong_answer_is_refused_for_its_reason(shape: str) -> None:
    reply, codes = BAD[shape]
    for one in SAMPLES:
        refusal = proposed(one, reply(one))
        assert isinstance(refusal, Refusal), refusal.after
        assert refusal.code in codes.split(), one.language


@pytest.mark.parametrize("one", SAMPLES, ids=IDS)
def test_an_answer_that_closes_what_it_did_not_open_is_taken_for_its_function_or_refused(one: Sample) -> None:
    edit = proposed(one, fence(one.escape, one.language))
    if isinstance(edit, Refusal):
        assert edit.code in ("syntax", "neighbours", "names")
    else:
        assert sound(one, edit)
        assert "More" not in edit.after


@pytest.mark.parametrize("one", SAMPLES, ids=IDS)
def test_every_document_parses_and_every_right_answer_does(one: Sample) -> None:
    for text in (one.text, one.expected):
        tree = parse(text, one.language)
        assert tree is not None
        assert errors(tree) == []


@pytest.mark.parametrize("one", SAMPLES, ids=IDS)
def test_an_answer_that_was_cut_off_is_never_an_edit(one: Sample) -> None:
    for shape, reply in GOOD.items():
        assert isinstance(proposed(one, reply(one), truncated=True), Refusal), shape


@pytest.mark.parametrize("one", SAMPLES, ids=IDS)
def test_every_prefix_of_an_answer_is_right_or_refused(one: Sample) -> None:
    reply = GOOD["chat around it"](one)
    for size in range(0, len(reply), 31):
        edit = proposed(one, reply[:size])
        if isinstance(edit, FileEdit):
            assert sound(one, edit)


def sound(one: Sample, edit: FileEdit) -> bool:
    """Nothing outside of the region differs, and all of it parses."""
    tree = parse(edit.after, one.language)
    return (
        tree is not None
        and errors(tree) == []
        and edit.after.startswith(one.text[: one.region.start])
        and edit.after.endswith(one.text[one.region.end :])
    )


@pytest.mark.parametrize("one", SAMPLES, ids=IDS)
def test_a_helper_comes_along(one: Sample) -> None:
    edit = proposed(one, fence(f"{one.helper}\n\n{one.better}", one.language))
    assert isinstance(edit, FileEdit), edit
    assert one.helper.split("\n")[0].strip() in edit.after
    assert sound(one, edit)


@pytest.mark.parametrize("one", [one for one in SAMPLES if one.parts["import"]], ids=lambda one: one.language)
def test_an_import_goes_to_the_others(one: Sample) -> None:
    line = one.parts["import"]
    edit = proposed(one, fence(f"{line}\n\n{one.better}", one.language))
    assert isinstance(edit, FileEdit), edit
    assert edit.after.replace(f"{line}\n", "", 1) == one.expected
    assert edit.after.index(line) < one.region.start
    once_more = replace(one.snapshot, text=edit.after)
    place = region_of(one, once_more)
    again = patch.propose(fence(f"{line}\n\n{one.code}", one.language), SIMPLIFY, place, once_more)
    assert isinstance(again, FileEdit), again
    assert again.after.count(line) == 1


@pytest.mark.parametrize("one", SAMPLES, ids=IDS)
def test_a_document_with_windows_line_ends_keeps_them(one: Sample) -> None:
    snapshot = replace(one.snapshot, text=one.text.replace("\n", "\r\n"))
    edit = patch.propose(fence(one.better), SIMPLIFY, region_of(one, snapshot), snapshot)
    assert isinstance(edit, FileEdit), edit
    assert edit.after == one.expected.replace("\n", "\r\n")


RENAMING = [
    ("make it easier to read", False),
    ("rename it", True),
    ("bitte in put_in umbenennen", False),
    ("name it better", True),
    ("split this up", True),
]


@pytest.mark.parametrize(("asked", "allowed"), RENAMING)
def test_a_name_may_go_only_where_the_user_spoke_of_it(asked: str, allowed: bool) -> None:
    for one in SAMPLES:
        made = patch.propose(fence(one.renamed), catalogue.find("refactor"), region_of(one), one.snapshot, asked=asked)
        assert isinstance(made, FileEdit) == allowed, (one.language, made)
        if isinstance(made, Refusal):
            assert made.code == "names"


def test_a_new_name_that_the_user_wrote_tells_in_any_language() -> None:
    one = next(one for one in SAMPLES if one.language == "python")
    new = re.search(r"def (\w+)", one.renamed)
    assert new is not None
    asked = f"bitte in {new[1]} umbenennen"
    made = patch.propose(fence(one.renamed), catalogue.find("refactor"), region_of(one), one.snapshot, asked=asked)
    assert isinstance(made, FileEdit), made

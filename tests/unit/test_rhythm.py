"""How long another key is waited for, drawn as traces: a dot is 20 ms without a key, `│` the moment the model is asked."""

import pytest

from lsp_server.completion.rhythm import LONGEST_S, Rhythm

DOT_S, SHORTEST_S = 0.02, 0.06


def typed(trace: str, answer_s: float, shortest_s: float = SHORTEST_S) -> tuple[Rhythm, str]:
    """A rhythm that has seen a trace, and the text that was typed in it; ⏎ is a line feed."""
    rhythm, now, text = Rhythm(shortest_s), 100.0, ""
    if answer_s:
        rhythm.answered(answer_s)
    for mark in trace:
        if mark == "·":
            now += DOT_S
        else:
            rhythm.key(now)
            text += mark.replace("⏎", "\n")
    return rhythm, text


@pytest.mark.parametrize(
    ("answer_s", "trace"),
    [
        (0.03, "r······e······t······u······r······n···│"),  # the model is faster than the fingers
        (0.30, "r······e······t······u······r······n·······│"),  # it is not: until the next key is overdue
        (0.30, "r···e···t···u···r···n····│"),  # a fast typist is overdue sooner
        (0.30, "r············e············t·······│"),  # a slow one is not waited for longer than is felt
        (0.30, "r······e······t······u······⏎···│"),  # on a fresh line people stop to think
        (0.30, "r······e······t······⏎······ ······ ···│"),
        (0.30, "r·········································e···│"),  # one long pause says nothing about a rhythm
        (0.00, "r···│"),  # nothing is known yet
        (0.30, "r·e·t·u·r·n···│"),  # never shorter than the setting, however fast the keys come: an editor's macro
    ],
)
def test_the_model_is_asked_when_the_next_key_is_not_to_be_expected(answer_s: float, trace: str) -> None:
    keys = trace.rstrip("│").rstrip("·")
    pause = len(trace) - 1 - len(keys)
    rhythm, text = typed(keys, answer_s)
    assert DOT_S * (pause - 1) < rhythm.pause_s(text) <= DOT_S * (pause + 1)


def test_the_rhythm_of_now_counts_not_that_of_a_while_ago() -> None:
    rhythm, text = typed("a·····" * 20 + "b··" * 20 + "c", 0.3)
    assert rhythm.pause_s(text) == pytest.approx(SHORTEST_S)


@pytest.mark.parametrize("trace", ["r······e······t", "r···e···t", "r", "⏎"])
def test_a_setting_of_zero_waits_for_nothing_and_a_long_one_is_kept(trace: str) -> None:
    for shortest in (0.0, 2 * LONGEST_S):
        rhythm, text = typed(trace, 0.3, shortest)
        assert rhythm.pause_s(text) == shortest

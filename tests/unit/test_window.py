"""The prompt's window and its anchor: what a keystroke may change, and what not. `ˇ` is the cursor."""

from lsp_server.completion.window import LONGEST_TAIL, STEP, Anchor, cut_window

FILE = "".join(f"line {number}\n" for number in range(200))


def anchor(before: str, after: str) -> Anchor:
    return Anchor("file:///a.py", "m", before, after, before, after, ())


def test_text_that_fits_is_shown_whole() -> None:
    assert cut_window("a = 1\nb", "\nc", 100) == ("a = 1\nb", "\nc")


def test_a_short_suffix_leaves_its_share_to_the_prefix() -> None:
    prefix, suffix = cut_window(FILE, "end", 400)
    assert suffix == "end"
    assert 250 < len(prefix) <= 397


def test_the_window_is_never_larger_than_allowed() -> None:
    for characters in (10, 57, 300, 1000, 5000):
        for text in (FILE, "x" * 3000, "\n" * 3000):
            prefix, suffix = cut_window(text, text, characters)
            assert len(prefix) + len(suffix) <= characters
            assert text.endswith(prefix)
            assert text.startswith(suffix)


def test_the_start_of_the_window_stays_for_a_while_as_lines_are_added() -> None:
    starts = []
    for more in range(STEP):
        before = FILE + "next\n" * more
        prefix, _ = cut_window(before, "", 700)
        starts.append(len(before) - len(prefix))
    assert len(set(starts)) <= 2, "the window's start moved more than once within one step"


def test_typing_behind_the_anchor_is_its_tail() -> None:
    assert anchor("def f(", ")").tail("def f(a, b", ")") == "a, b"


def test_a_change_elsewhere_leaves_the_anchor() -> None:
    one = anchor("def f(", ")")
    assert one.tail("def g(a", ")") is None
    assert one.tail("def f(a", ")\n") is None
    assert one.tail("def f", ")") is None


def test_a_tail_outgrows_its_anchor() -> None:
    one = anchor("", "")
    assert one.tail("x" * LONGEST_TAIL, "") is not None
    assert one.tail("x" * (LONGEST_TAIL + 1), "") is None

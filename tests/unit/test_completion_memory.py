"""What the engine remembers: suggestions typed along, and what runners report."""

from lsp_server.completion.cache import CAPACITY, SuggestionCache
from lsp_server.completion.calibration import CHARACTERS_PER_TOKEN, PATIENT_MS, SMALLEST_PROMPT, Calibration
from lsp_server.completion.records import Suggestion
from lsp_server.model.port import Usage

URI, MODEL = "file:///a.py", "m"


def remembered(before: str, after: str, text: str) -> SuggestionCache:
    cache = SuggestionCache()
    cache.put(URI, before, after, MODEL, Suggestion(text, MODEL, "ollama"))
    return cache


def test_typing_along_a_suggestion_leaves_its_rest() -> None:
    cache = remembered("return ", "\n", "total + 1")
    known, rest = cache.get(URI, "return total", "\n", MODEL)
    assert known
    assert rest is not None
    assert (rest.text, rest.reused) == (" + 1", True)


def test_typing_something_else_or_all_of_it_is_a_new_place() -> None:
    cache = remembered("return ", "\n", "total")
    assert cache.get(URI, "return x", "\n", MODEL) == (False, None)
    assert cache.get(URI, "return total", "\n", MODEL) == (False, None)


def test_nothing_is_suggested_behind_all_of_a_suggestion_that_ends_its_line() -> None:
    cache = SuggestionCache()
    cache.put(URI, "return ", "\n", MODEL, Suggestion("total", MODEL, "ollama"), ends=True)
    assert cache.get(URI, "return total", "\n", MODEL) == (True, None)
    assert cache.get(URI, "return total.", "\n", MODEL) == (False, None)


def test_another_model_document_or_suffix_is_a_new_place() -> None:
    cache = remembered("return ", "\n", "total")
    assert not cache.get(URI, "return ", "\nx", MODEL)[0]
    assert not cache.get("file:///b.py", "return ", "\n", MODEL)[0]
    assert not cache.get(URI, "return ", "\n", "other")[0]


def test_nothing_to_suggest_is_remembered_too_but_not_for_what_is_typed_next() -> None:
    cache = SuggestionCache()
    cache.put(URI, "x", "", MODEL, None)
    assert cache.get(URI, "x", "", MODEL) == (True, None)
    assert cache.get(URI, "xy", "", MODEL) == (False, None)


def test_the_oldest_go_first() -> None:
    cache = SuggestionCache()
    for number in range(CAPACITY + 1):
        cache.put(URI, f"{number} = ", "", MODEL, Suggestion("1", MODEL, "ollama"))
    assert not cache.get(URI, "0 = ", "", MODEL)[0]
    assert cache.get(URI, f"{CAPACITY} = ", "", MODEL)[0]


def test_a_lone_surrogate_is_a_place_like_any_other() -> None:
    assert remembered("\ud800", "", "x").get(URI, "\ud800", "", MODEL)[0]


def test_token_length_is_learnt() -> None:
    calibration = Calibration()
    for _ in range(20):
        calibration.learn("x" * 400, Usage(prompt_tokens=100))
    assert abs(calibration.characters_per_token - 4.0) < 0.01
    assert Calibration().characters_per_token == CHARACTERS_PER_TOKEN


def test_a_slow_reader_gets_a_shorter_prompt_but_never_a_useless_one() -> None:
    calibration = Calibration()
    calibration.learn("x" * 600, Usage(prompt_tokens=200, reused_tokens=0, prompt_ms=500, generated_tokens=1))
    assert calibration.prompt_characters(4000, PATIENT_MS) == int(400 * PATIENT_MS / 1000 * calibration.characters_per_token)
    calibration = Calibration()
    calibration.learn("x" * 600, Usage(prompt_tokens=200, reused_tokens=0, prompt_ms=20_000))
    assert calibration.prompt_characters(4000, PATIENT_MS) == int(SMALLEST_PROMPT * calibration.characters_per_token)


def test_a_prompt_out_of_the_cache_says_nothing_about_reading_speed() -> None:
    calibration = Calibration()
    calibration.learn("x" * 600, Usage(prompt_tokens=200, prompt_ms=1000))
    calibration.learn("x" * 606, Usage(prompt_tokens=202, prompt_ms=10))
    calibration.learn("y" * 600, Usage(prompt_tokens=200, reused_tokens=199, prompt_ms=10))
    assert calibration.tokens_per_second == 200


def test_what_was_read_for_an_answer_that_was_left_is_not_counted_again() -> None:
    calibration = Calibration()
    calibration.learn("x" * 600, Usage(prompt_tokens=200, prompt_ms=1000))
    calibration.sent("y" * 600)  # a key came before it could be learnt from, but the runner has read it
    shared = calibration.sent("y" * 600 + "z")
    assert shared == 600
    calibration.sent("w" * 600)  # and what is sent meanwhile is not its
    calibration.learn("y" * 600 + "z", Usage(prompt_tokens=201, prompt_ms=25), shared=shared)
    assert calibration.tokens_per_second == 200


def test_an_answer_that_was_ended_early_tells_by_its_first_token() -> None:
    calibration = Calibration()
    calibration.learn("x" * 600, None, read_ms=500)
    assert calibration.tokens_per_second == 600 / CHARACTERS_PER_TOKEN / 0.5


def test_what_came_from_the_runners_cache_says_nothing_about_its_speed() -> None:
    """A prompt that is believed to be new and is there in a millisecond was not read: the cache held it all the same."""
    calibration = Calibration()
    calibration.learn("a" * 1500, Usage(prompt_tokens=500, prompt_ms=1000))
    speed = calibration.tokens_per_second
    calibration.learn("b" * 1500, Usage(prompt_tokens=500, prompt_ms=1.3))
    assert calibration.tokens_per_second == speed
    calibration.learn("c" * 1500, Usage(prompt_tokens=500, reused_tokens=0, prompt_ms=5))  # counted: then it was read
    assert calibration.tokens_per_second > speed

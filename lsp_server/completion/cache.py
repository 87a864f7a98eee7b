"""Remember suggestions, so that typing along one, or going back to it, asks no model. In memory only, nothing on disk."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from hashlib import blake2b

from lsp_server.completion.records import Suggestion

CAPACITY = 64
"""Suggestions. One is a few hundred bytes; a user comes back within a handful of places."""

LONGEST_REUSE = 200
"""Characters one may type along a suggestion and still be given the rest; each is one look-up of a hash."""


class SuggestionCache:
    """Suggestions by what stood around them. `None` is remembered too: an answer of nothing is an answer."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Suggestion | None] = OrderedDict()
        self._places: dict[bytes, int] = {}  # how long the text before each place is

    def put(self, uri: str, before: str, after: str, model: str, suggestion: Suggestion | None, *, ends: bool = False) -> None:
        """Remember what was suggested between two texts. Where it `ends`, nothing is to be suggested behind all of it."""
        if ends and suggestion is not None:
            self.put(uri, before + suggestion.text, after, model, None)
        key = _key(uri, before, after, model)
        self._known.pop(key, None)  # the newest stand at the end
        self._known[key] = suggestion
        self._places[key] = len(before)
        while len(self._known) > CAPACITY:
            oldest, _ = self._known.popitem(last=False)
            del self._places[oldest]

    def get(self, uri: str, before: str, after: str, model: str) -> tuple[bool, Suggestion | None]:
        """Whether something is known for this place, and what: the suggestion made here, or the rest of one typed along."""
        exact = _key(uri, before, after, model)
        if exact in self._known:
            return True, self._reused(self._known[exact], 0)
        # Only so many characters back as some suggestion was made: a hash of each of 200 places takes a millisecond.
        typed_since = {len(before) - place for place in self._places.values()}
        for typed in sorted(one for one in typed_since if 0 < one <= LONGEST_REUSE):
            found = self._known.get(_key(uri, before[:-typed], after, model))
            if found is not None and len(found.text) > typed and found.text.startswith(before[-typed:]):
                return True, self._reused(found, typed)
        return False, None

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._places.clear()

    @staticmethod
    def _reused(suggestion: Suggestion | None, typed: int) -> Suggestion | None:
        if suggestion is None:
            return None
        # Those that the user typed along as well; what they typed is the start of the suggestion's own text.
        others = tuple(one[typed:] for one in suggestion.alternatives if one[:typed] == suggestion.text[:typed] and one[typed:])
        return replace(suggestion, text=suggestion.text[typed:], alternatives=others, reused=True, timings={})


def _key(uri: str, before: str, after: str, model: str) -> bytes:
    """Sixteen bytes for one place: 2,000 characters before the cursor and 500 after it tell places apart."""
    near = "\0".join((uri, model, str(len(before)), before[-2000:], after[:500]))
    return blake2b(near.encode("utf-8", "surrogatepass"), digest_size=16).digest()

"""Open documents take precedence over what the index knows of their files. Judges no file by itself: the walk's rules hold.

A hit in a file whose buffer differs from the disk is replaced by what the buffer holds; what only the buffer holds is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.records import Asker, Hit, SourceFile
from lsp_server.indexing import access
from lsp_server.indexing.access import Job

MORE_HITS = 10
"""Asked of the index beyond what is wanted, because some of its hits may be of files that say something else by now."""

LARGE = 40_000
"""Characters. Cutting more takes longer than ghost text waits for context: hits of such a buffer are left out for a cursor."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A chunk of a buffer: as a hit, with its stems and the names it defines."""

    hit: Hit
    words: frozenset[str]
    defines: frozenset[str]


class Buffers:
    """The open documents of one folder. `hold` is called by the event loop, everything else in the index thread."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._texts: Mapping[str, str] = {}
        self._cut: dict[str, tuple[str, tuple[_Piece, ...] | None]] = {}

    def hold(self, path: str, text: str | None) -> None:
        """A document's text as it is now, named relative to the folder; None when it is closed."""
        texts = {one: held for one, held in self._texts.items() if one != path}
        self._texts = texts if text is None else texts | {path: text}  # a new table: the other thread has the old one

    @property
    def are_open(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._texts)

    def found(self, hits: Sequence[Hit], query: str, k: int, asker: Asker) -> list[Hit]:
        """An answer of the index to a question, or to the code at a cursor, as the open documents have it."""
        from indexer.analysis import searchable

        wanted = frozenset(searchable(query).split())
        texts = self._texts
        changed = self._changed(texts, asker == "question")
        if not changed or not wanted:
            return list(hits)[:k]
        others = (f"{hit.path} {hit.text}" for hit in hits if hit.path not in changed)
        most = max((len(wanted & frozenset(searchable(text).split())) for text in others), default=0)
        pieces = sorted((one for some in changed.values() for one in some), key=lambda one: -len(wanted & one.words))
        ahead = [one.hit for one in pieces if len(wanted & one.words) > most and 2 * len(wanted & one.words) >= len(wanted)]
        behind = {path: [one.hit for one in pieces if one.hit.path == path and wanted & one.words] for path in changed}
        top = max((hit.score for hit in hits), default=1.0)
        answer = [_scored(hit, top) for hit in ahead]
        for hit in hits:
            if hit.path not in changed:
                answer.append(hit)
            elif left := [one for one in behind[hit.path] if one not in ahead]:
                behind[hit.path].remove(left[0])
                answer.append(_scored(left[0], hit.score))
        return answer[:k]

    def defining(self, hits: Sequence[Hit], names: Sequence[str], k: int) -> list[Hit]:
        """Definitions that the index knows, in the order of the names, as the open documents have them."""
        changed = self._changed(self._texts, whole=False)
        if not changed:
            return list(hits)[:k]
        ranks = {name: at for at, name in reversed(list(enumerate(names)))}
        placed, rank = [], 0
        for hit in hits:
            if hit.path not in changed:
                rank = max(rank, min((ranks[one] for one in hit.symbol.split(".") if one in ranks), default=rank))
                placed.append((rank, 1, hit))
        for piece in (piece for pieces in changed.values() for piece in pieces):
            defined = [ranks[name] for name in piece.defines if name in ranks]
            if defined:
                placed.append((min(defined), 0, piece.hit))
        placed.sort(key=lambda one: one[:2])
        return [hit for _, _, hit in placed][:k]

    def _changed(self, texts: Mapping[str, str], whole: bool) -> dict[str, tuple[_Piece, ...]]:
        """The buffers that say something else than the disk, cut; empty-handed where cutting would take too long."""
        found: dict[str, tuple[_Piece, ...]] = {}
        for path, text in texts.items():
            known = self._cut.get(path)
            if known is None or known[0] is not text:
                if len(text) > LARGE and not whole:
                    found[path] = ()
                    continue
                known = (text, self._pieces(path, text))
                self._cut[path] = known
            if known[1] is not None:
                found[path] = known[1]
        self._cut = {path: one for path, one in self._cut.items() if path in texts}
        return found

    def _pieces(self, path: str, text: str) -> tuple[_Piece, ...] | None:
        """A buffer's chunks, None where its file is as it says, or does not count."""
        from indexer.analysis import Rows, analyse

        data = text.encode("utf-8", "replace")
        file = access.counted(self._job, path)
        if not isinstance(file, SourceFile) or _is_on_disk(Path(self._job.root, path), data):
            return None
        rows = Rows()
        analyse(path, file.language, data, rows)
        return tuple(_pieces_of(rows.chunks))


def _pieces_of(columns: Mapping[str, Sequence[object]]) -> Iterable[_Piece]:
    for path, start, end, text, symbol, kind, words, defines in zip(
        *(columns[name] for name in ("path", "start_line", "end_line", "text", "symbol", "kind", "words", "defines")),
        strict=True,
    ):
        hit = Hit(str(path), int(str(start)), int(str(end)), str(symbol), str(kind), 0.0, str(text))
        yield _Piece(hit, frozenset(str(words).split()), frozenset(str(defines).split()))


def _scored(hit: Hit, score: float) -> Hit:
    return Hit(hit.path, hit.start_line, hit.end_line, hit.symbol, hit.kind, score, hit.text)


def _is_on_disk(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False

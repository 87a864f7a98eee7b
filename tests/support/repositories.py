"""A repository that knows nothing, for tests to know something in. Implements `completion.records.Repository`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from indexer.records import Asker, Contents, Hit, Import, Name, Reference, Symbol


class Nothing:
    """Every question has an empty answer."""

    async def search(self, text: str, *, k: int, asker: Asker = "question") -> Sequence[Hit]:
        """No chunks."""
        return []

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        """No definitions."""
        return []

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        """No meaning for any name."""
        return [None for _ in names]

    async def written_behind(self, spoken: str, path: str) -> Mapping[str, int]:
        """No file writes anything."""
        return {}

    async def references(self, name: str, *, k: int) -> Sequence[Reference]:
        """No file uses it."""
        return []

"""From rows to figures: how often suggestions are taken, how fast they come, how much is reused. Pure; opens no file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from lsp_server.ledger.records import NOT_TAKEN, WHOLLY, Entry

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a group of suggestions. Shares are 0 to 1 and None where there is nothing to divide; times are milliseconds.

    `suggestions` counts those that were shown; an editor that does not tell what it draws is believed to draw everything.
    `answers` counts the requests they served, `model_calls` those that asked a model for it: `from_memory` is the share that
    did not, by typing along a suggestion or because it was written ahead. `reused` is the share of the prompts' tokens that
    came from the runner's cache, where the runner counts them (`lsp_server` embedded; Ollama does not).
    """

    suggestions: int
    taken: int
    taken_partly: int
    acceptance: float | None
    taken_characters: int
    kept: float | None
    answers: int
    model_calls: int
    from_memory: float | None
    total_ms_p50: float | None
    total_ms_p95: float | None
    first_token_ms_p50: float | None
    first_token_ms_p95: float | None
    prompt_tokens: int
    generated_tokens: int
    reused: float | None


@dataclass(frozen=True, slots=True)
class Stats:
    """All, and the same by model, by language and by day ("2026-11-25", local time). `totals_ms` are all waits, sorted."""

    all: Figures
    models: dict[str, Figures]
    languages: dict[str, Figures]
    days: dict[str, Figures]
    totals_ms: tuple[float, ...]

    def as_json(self) -> dict[str, object]:
        """The documented shape of `stats --json` and `hearth.stats`: a list of groups instead of names as keys."""
        return {
            "all": asdict(self.all),
            "models": [{"model": name, **asdict(one)} for name, one in self.models.items()],
            "languages": [{"language": name, **asdict(one)} for name, one in self.languages.items()],
            "days": [{"day": name, **asdict(one)} for name, one in self.days.items()],
        }


def summarize(entries: Sequence[Entry]) -> Stats:
    """The figures of rows in the order of time. What an editor said it did not draw counts as no suggestion."""
    seen = [one for one in entries if one.shown is not False]
    return Stats(
        all=_figures(seen),
        models=_by(seen, lambda one: f"{one.model} ({one.backend})"),
        languages=_by(seen, lambda one: one.language),
        days=_by(seen, lambda one: datetime.fromtimestamp(one.at).date().isoformat()),
        totals_ms=tuple(sorted(_waits(seen))),
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of sorted values do not exceed (nearest rank); None of no values."""
    return values[min(max(-int(-share * len(values) // 1) - 1, 0), len(values) - 1)] if values else None


def _by(entries: Sequence[Entry], key: Callable[[Entry], Hashable]) -> dict[str, Figures]:
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        groups[str(key(one))].append(one)
    return {name: _figures(group) for name, group in groups.items()}


def _waits(entries: Sequence[Entry]) -> list[float]:
    return [one.total_ms for one in entries]


def _figures(entries: Sequence[Entry]) -> Figures:
    taken = [one for one in entries if one.taken != NOT_TAKEN]
    looked_at = [one for one in taken if one.kept is not None]
    kept = sum((one.kept or 0.0) * one.taken_characters for one in looked_at)
    asked = [one for one in entries if one.asked_model]
    counted = [one for one in asked if one.reused_tokens is not None]
    answers = sum(one.answers for one in entries)
    waits = sorted(_waits(entries))
    first = sorted(one.first_token_ms for one in asked if one.first_token_ms is not None)
    return Figures(
        suggestions=len(entries),
        taken=sum(one.taken == WHOLLY for one in taken),
        taken_partly=sum(one.taken != WHOLLY for one in taken),
        acceptance=_share(len(taken), len(entries)),
        taken_characters=sum(one.taken_characters for one in taken),
        kept=_share(kept, sum(one.taken_characters for one in looked_at)),
        answers=answers,
        model_calls=len(asked),
        from_memory=_share(answers - len(asked), answers),
        total_ms_p50=quantile(waits, 0.5),
        total_ms_p95=quantile(waits, 0.95),
        first_token_ms_p50=quantile(first, 0.5),
        first_token_ms_p95=quantile(first, 0.95),
        prompt_tokens=sum(one.prompt_tokens for one in asked),
        generated_tokens=sum(one.generated_tokens for one in asked),
        reused=_share(sum(one.reused_tokens or 0 for one in counted), sum(one.prompt_tokens for one in counted)),
    )


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None

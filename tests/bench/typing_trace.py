"""How ghost text feels: a typist at the real server, over stdio, with a model server whose clock is known.

usage: python -m tests.bench.typing_trace [--debounce MS] [--json FILE]

Prints, for files of about 1, 12 and 98 KB: pauses with text, key to text, calls and tokens, and how much of each prompt
the one before had. The same figures of three peers, measured on the same kind of trace, stand in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import sysconfig
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from tests.support.simulated_runner import MODEL, Call, SimulatedRunner, tokens
from tests.support.typist import Key, Trace, type_back

FILES = (("heapq.py", 1_000, 6, 6, 0), ("queue.py", 12_000, 5, 14, 2), ("argparse.py", 98_000, 5, 14, 0))
"""File of the standard library, the size it is cut to (as the peers were measured), lines that are typed, the shortest
of them, seed. In all 16 fresh and 16 finished lines, some 440 keys."""

COLUMNS: dict[str, dict[str, Any]] = {
    "VS Code": {"cancels": True, "wrong": 0.0},
    "Neovim": {"cancels": False, "wrong": 0.0},
    "VS Code, 1/2 wrong": {"cancels": True, "wrong": 0.5},
}
"""Who asks, and how good the model is: one that is always right flatters whoever reuses its text."""

SETTLED_S = 30.0

NEAR = 40
"""Characters before the cursor that tell where in a call's text an answer begins: a lone bracket stands in many."""


@dataclass
class Asked:
    """One keystroke's request: when, where, and what came back when (None: nothing, or cancelled)."""

    key: Key
    before: str
    at: float
    answered: float = 0.0
    text: str | None = None
    refused: bool = False


@dataclass
class Sitting:
    """Everything that happened while one trace was typed."""

    trace: Trace
    asked: list[Asked] = field(default_factory=list)

    def pauses(self, place: str) -> list[Asked]:
        return [one for one in self.asked if one.key.place == place]


def traces() -> list[Trace]:
    """One a file; the same on every machine with the same Python."""
    library = Path(sysconfig.get_path("stdlib"))
    made = []
    for name, size, lines, shortest, seed in FILES:
        text = (library / name).read_text(encoding="utf-8")
        start = text.index("\ndef ") if size < 5_000 else 0
        text = text[start : start + size]
        made.append(type_back(name, text[: text.rindex("\n") + 1], lines=lines, shortest=shortest, seed=seed))
    return made


async def sit(client: LanguageClient, trace: Trace, *, cancels: bool) -> Sitting:
    """Type a trace at the server, one request a key; `cancels` as VS Code does, else as Neovim 0.12 does."""
    uri, sitting = f"file:///typed/{trace.name}", Sitting(trace)
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri=uri, language_id="python", version=0, text=trace.start))
    )
    text, waiting = trace.start, []
    for version, key in enumerate(trace.keys, 1):
        at = _position(text, key.offset)
        text = text[: key.offset] + key.text + text[key.offset :]
        change = types.TextDocumentContentChangePartial(range=types.Range(at, at), text=key.text)
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(uri=uri, version=version), [change])
        )
        if cancels and waiting:
            number = waiting[-1][0]
            if not waiting[-1][1].done():
                client.cancel_request(types.CancelParams(id=number))
        asked = Asked(key, text[: key.offset + len(key.text)][-NEAR:], monotonic())
        sitting.asked.append(asked)
        number = f"{trace.name}-{version}"
        future = client.protocol.send_request_async(
            types.TEXT_DOCUMENT_INLINE_COMPLETION,
            types.InlineCompletionParams(
                context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                text_document=types.TextDocumentIdentifier(uri),
                position=_position(text, key.offset + len(key.text)),
            ),
            msg_id=number,
        )
        task = asyncio.ensure_future(_note(future, asked))
        waiting.append((number, task))
        await asyncio.sleep(key.pause_s)
    await asyncio.wait([task for _, task in waiting], timeout=SETTLED_S)
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    return sitting


async def _note(future: Any, asked: Asked) -> None:
    try:
        answer = await future
    except Exception:  # the client's library raises what the server's error code says
        asked.refused = True
        answer = None
    asked.answered = monotonic()
    items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
    asked.text = str(items[0].insert_text) if items else None


def _position(text: str, offset: int) -> types.Position:
    line = text.count("\n", 0, offset)
    return types.Position(line, offset - (text.rfind("\n", 0, offset) + 1))


def report(sittings: Sequence[Sitting], runner: SimulatedRunner) -> dict[str, Any]:
    """The figures of issue and facts: shares and milliseconds."""
    asked = [one for sitting in sittings for one in sitting.asked]
    fresh = [one for sitting in sittings for one in sitting.pauses("fresh line")]
    finished = [one for sitting in sittings for one in sitting.pauses("finished line")]
    shown = [one for one in fresh + finished if one.text]
    waits = sorted(1000 * (one.answered - one.at) for one in shown)
    calls = runner.calls
    common = [_common(later.prompt, earlier.prompt) for earlier, later in pairwise(calls)]
    texts = [call for call in calls if call.wanted > 1]
    written = _written(calls)
    silent = len(asked) - _keys_with_a_call(asked, calls)
    return {
        "keys": len(asked),
        "answered": sum(one.answered > 0 for one in asked),
        "fresh lines with text": f"{sum(bool(one.text) for one in fresh)}/{len(fresh)}",
        "finished lines with text": f"{sum(bool(one.text) for one in finished)}/{len(finished)}",
        "key to text p50 ms": round(_quantile(waits, 0.5)),
        "key to text p95 ms": round(_quantile(waits, 0.95)),
        "model calls a key": round(len(calls) / len(asked), 2),
        "bytes a key": round(sum(len(call.prompt) for call in calls) / len(asked)),
        "tokens written": written,
        "of them thrown away": round(1 - sum(_used(call, asked) for call in calls) / max(written, 1), 2),
        "without the one token of each read": round(1 - sum(_used(call, asked) for call in texts) / max(_written(texts), 1), 2),
        "prompt in common with the one before": round(statistics.fmean(common), 3) if common else None,
        "the same, a key without a call as 1": round((sum(common) + silent) / max(len(common) + silent, 1), 3),
        "prompt tokens read a call, median": statistics.median(call.prompt_tokens - call.reused for call in calls),
        "keys answered without a call of their own": round(silent / len(asked), 2),
    }


def _list_slow(sittings: Sequence[Sitting], runner: SimulatedRunner) -> None:
    """The slowest pauses, and what the runner was asked between their key and their answer."""
    shown = [(one, sitting) for sitting in sittings for one in sitting.asked if one.key.place and (one.text or not one.refused)]
    for one, sitting in sorted(shown, key=lambda pair: pair[0].at - pair[0].answered)[:8]:
        waited = 1000 * (one.answered - one.at)
        print(f"{sitting.trace.name} {one.key.place} {waited:.0f} ms {one.text!r:.60}")
        for call in runner.calls:
            if call.ended > one.at - 0.3 and call.arrived < one.answered:
                times = ", ".join(f"{1000 * (moment - one.at):.0f}" for moment in (call.arrived, call.started, call.ended))
                read = f"read {call.prompt_tokens - call.reused} of {call.prompt_tokens}"
                print(f"    arrived, started, ended at {times} ms; {read}, wrote {call.written} of {call.wanted}")


def _written(calls: Sequence[Call]) -> int:
    return sum(call.written for call in calls)


def _used(call: Call, asked: Sequence[Asked]) -> int:
    """The tokens of a call that some answer showed: up to the end of the last answer that stands in its text, at its place."""
    prompt, text = call.prompt[-10 * NEAR :], "".join(call.text)
    shown = [one.before + one.text for one in asked if one.text]
    ends = [(prompt + text).rfind(one) + len(one) - len(prompt) for one in shown if one in prompt + text]
    return len(tokens(text[: max(ends, default=0)])) if max(ends, default=0) > 0 else 0


def _keys_with_a_call(asked: Sequence[Asked], calls: Sequence[Call]) -> int:
    """Keys after which, and before the next one, a call arrived at the runner."""
    starts = [one.at for one in asked]
    return len({bisect_right(starts, call.arrived) for call in calls})


def _common(one: str, other: str) -> float:
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same / max(len(one), 1)


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(int(share * len(values)), len(values) - 1)] if values else float("nan")


async def measure(options: dict[str, Any], *, cancels: bool, wrong: float, slow: bool = False) -> dict[str, Any]:
    """Type every trace at one server; `wrong` is the share of lines that the model gets wrong."""
    made = traces()
    with tempfile.TemporaryDirectory() as home:
        async with SimulatedRunner([trace.whole for trace in made], wrong_share=wrong) as runner:
            client, ready = LanguageClient("typist", "1"), asyncio.Event()

            @client.feature("hearth/status")
            def _(status: Any) -> None:
                if status.state == "ready":
                    ready.set()

            environment = {f"XDG_{name}_HOME": f"{home}/{name}" for name in ("CONFIG", "CACHE", "DATA", "STATE")}
            await client.start_io(sys.executable, "-m", "lsp_server", "serve", "--log-level", "error", env=environment)
            try:
                inline = types.InlineCompletionClientCapabilities()
                await client.initialize_async(
                    types.InitializeParams(
                        capabilities=types.ClientCapabilities(
                            text_document=types.TextDocumentClientCapabilities(inline_completion=inline)
                        ),
                        initialization_options={
                            "model": {"backend": "ollama", "ollama_host": runner.url, "name": MODEL},
                            **options,
                        },
                    )
                )
                client.initialized(types.InitializedParams())
                await asyncio.wait_for(ready.wait(), SETTLED_S)
                runner.calls.clear()
                sittings = [await sit(client, trace, cancels=cancels) for trace in made]
            finally:
                await client.shutdown_async(None)
                client.exit(None)
                await client.stop()
            if slow:
                _list_slow(sittings, runner)
            return report(sittings, runner)


def main() -> None:
    """Measure with and without an editor that cancels, and print both columns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debounce", type=int, help="milliseconds, instead of the default")
    parser.add_argument("--slow", action="store_true", help="list the pauses that waited longest, and what the runner did")
    parser.add_argument("--json", type=Path, help="write the figures to a file as well")
    args = parser.parse_args()
    options = {} if args.debounce is None else {"completion": {"debounce_ms": args.debounce}}
    results = {name: asyncio.run(measure(options, slow=args.slow, **how)) for name, how in COLUMNS.items()}
    print(f"{'':44}" + "".join(f"{name:>18}" for name in COLUMNS))
    for row in next(iter(results.values())):
        print(f"{row:44}" + "".join(f"{results[name][row]!s:>18}" for name in COLUMNS))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

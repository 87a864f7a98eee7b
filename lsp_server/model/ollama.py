"""The model port over Ollama's own protocol. Never sends a runner option, never a length of zero, never to a cloud model.

What was measured of Ollama and shapes this file:
- a changed runner option (context size, threads, layers) reloads the model: only sampling options are sent, always the same;
- `num_predict: 0` generates without end; closing the socket is the only cancel;
- closed at a bad moment, it may leave the model waiting for its reader for ever: then the model is loaded anew (`silence`);
- errors may arrive as a line inside an answer of status 200;
- `suffix` is refused for models whose template lacks it: prompts are written here and sent `raw`;
- thinking models think by default: `think: false` where the capability is declared;
- an Ollama that is signed in forwards some models to a server elsewhere. Those are refused by what `/api/show` says of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import ollama

from lsp_server.errors import (
    ForbiddenHostError,
    ModelFailedError,
    ModelMissingError,
    ModelProtocolError,
    ModelUnreachableError,
)
from lsp_server.model import durations
from lsp_server.model.events import error_in
from lsp_server.model.hosts import refuse_forwarded
from lsp_server.model.ollama_details import context_from, model_info, row_of, stops_from
from lsp_server.model.ollama_pull import told_of_fetching
from lsp_server.model.port import Alternative, Backend, Generation, ModelInfo, Piece, PullProgress, Usage
from lsp_server.model.silence import LIMIT_S, Silence
from lsp_server.model.streams import isolated
from lsp_server.model.transport import PATIENT_SECONDS, QUICK_SECONDS, check_status, client_options, open_client, plain_errors

_MS = 1_000_000
"""Nanoseconds in a millisecond; Ollama tells nanoseconds."""

_START = "Start it with `ollama serve`."


@dataclass(frozen=True, slots=True)
class _Known:
    """What `/api/show` told of a model, kept for the next call."""

    capabilities: frozenset[str]
    stops: tuple[str, ...]


MOST_REPEATS = 30
"""The same token in a row, white space apart, after which Ollama ends an answer (0.17.4; nothing says that it was the last)."""


class OllamaClient:
    """One Ollama. `keep_alive` is a duration as Ollama writes it ("30m", "-1" for ever).

    `patience` is how many seconds it may be silent in an answer; `stuck_after` how many before its first word, where a stream
    was left early before: then the model is loaded anew and asked once more (`silence`).
    """

    backend: Backend = "ollama"

    def __init__(
        self,
        url: str,
        *,
        allow_hosts: Sequence[str] = (),
        keep_alive: str = "30m",
        patience: float = PATIENT_SECONDS,
        stuck_after: float = LIMIT_S,
    ) -> None:
        self.url = url
        self._allow_hosts = tuple(allow_hosts)
        self._keep_alive = durations.keep_alive(keep_alive)
        self._http = open_client(url, allow_hosts)
        # Always with a host: without one the package would take OLLAMA_HOST from the environment.
        self._ollama = ollama.AsyncClient(host=url, **client_options(allow_hosts, patience))
        self._known: dict[str, _Known] = {}
        self._silence = Silence(self.unload, stuck_after)

    async def models(self) -> Sequence[ModelInfo]:
        """Every model that runs here; those that Ollama would forward elsewhere are left out."""
        listed = await self._ask("GET", "/api/tags")
        with self._plainly():
            rows = [row for row in listed["models"] if self._stays_here(row)]
            return [model_info(row["name"], row.get("details") or {}, row.get("size"), row.get("digest")) for row in rows]

    async def describe(self, name: str) -> ModelInfo:
        """Capabilities and sizes of one model; `context_tokens` as the runner has it once it is loaded."""
        shown = await self._shown(name)
        tags = await self._ask("GET", "/api/tags")
        loaded = await self._ask("GET", "/api/ps")
        version = await self._ask("GET", "/api/version")
        with self._plainly():
            row, runner = row_of(name, tags), row_of(name, loaded)
            info = model_info(
                name,
                shown.get("details") or {},
                row.get("size"),
                row.get("digest"),
                runner.get("context_length") or context_from(shown),
                shown.get("capabilities") or (),
            )
            return replace(info, runner_version=f"ollama {version.get('version') or ''}".strip())

    def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        """Stream an answer; close the generator to free the runner."""
        return isolated(self._silence.answered(self._stream, model, request))

    async def _stream(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        known = await self._looked_up(model)
        call: dict[str, Any] = {
            "model": model,
            "stream": True,
            "options": _sampling(request, known.stops),
            "keep_alive": self._keep_alive,
            "think": False if "thinking" in known.capabilities else None,
            "logprobs": True if request.logprobs or request.alternatives else None,
            "top_logprobs": request.alternatives or None,
        }
        with self._plainly(model):
            if request.messages:
                turns = [{"role": one.role, "content": one.content} for one in request.messages]
                stream = await self._ollama.chat(messages=turns, **call)
            else:
                stream = await self._ollama.generate(prompt=request.prompt, raw=True, **call)
            said, repeats, count = "", 0, 0
            async with aclosing(stream) as parts:
                async for part in parts:
                    text = (part.message.content if request.messages else part.response) or ""
                    chances = tuple(one.logprob for one in part.logprobs or ())
                    others = _alternatives(part)
                    if part.done:
                        yield Piece(text, _usage(part), part.done_reason or "stop", chances, others)
                        return
                    repeats, said, count = repeats + 1 if text.strip() == said else 1, text.strip(), count + 1
                    if text or chances:
                        yield Piece(text, logprobs=chances, alternatives=others)
            if repeats >= MOST_REPEATS:  # its own guard against endless answers ends the stream without a last word
                yield Piece("", Usage(generated_tokens=count), "length")
                return
        raise ModelUnreachableError(f"Ollama at {self.url} stopped in the middle of an answer.", "Its log says why.")

    def load_ahead(self, model: str) -> None:
        """Nothing: gigabytes of memory in a server that is not ours are taken when there is something to write."""

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text. A generative model is refused: Ollama would answer with vectors that mean nothing."""
        if "embedding" not in (await self._looked_up(model)).capabilities:
            raise ModelFailedError(
                f"`{model}` is not an embedding model.", "Pull one, `ollama pull nomic-embed-text` for example, and name it."
            )
        with self._plainly(model):
            answer = await self._ollama.embed(model=model, input=list(texts), keep_alive=self._keep_alive)
            vectors = [list(vector) for vector in answer.embeddings]
        if len(vectors) != len(texts):
            raise ModelProtocolError(f"Ollama returned {len(vectors)} vectors for {len(texts)} texts.")
        return vectors

    async def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        """Have Ollama fetch a model. Ollama reaches its registry for it; Hearth itself connects to nothing but Ollama."""
        refuse_forwarded(name, None, self._allow_hosts)
        with self._plainly(name), told_of_fetching(name):
            stream = await self._ollama.pull(model=name, stream=True)
            async with aclosing(stream) as parts:  # type: ignore[type-var]  # an async generator, announced as an iterator
                async for part in parts:
                    yield PullProgress(part.status or "", part.completed or 0, part.total or 0)
        self._known.pop(name, None)

    async def unload(self, model: str) -> None:
        """Have Ollama end a model's runner, once it has finished what it does for others; the next request starts another."""
        await self._ask("POST", "/api/generate", {"model": model, "keep_alive": 0}, model)

    async def aclose(self) -> None:
        """Close all sockets; whatever was being generated ends."""
        await self._http.aclose()
        await self._ollama.close()  # type: ignore[no-untyped-call]  # the package left it without types

    async def _shown(self, name: str) -> dict[str, Any]:
        """`/api/show`, asked before the first prompt goes to a model: it tells where the model would really run."""
        refuse_forwarded(name, None, self._allow_hosts)
        shown = await self._ask("POST", "/api/show", {"model": name}, name)
        refuse_forwarded(name, shown.get("remote_host"), self._allow_hosts)
        with self._plainly():
            self._known[name] = _Known(frozenset(shown.get("capabilities") or ()), stops_from(shown))
        return shown

    async def _looked_up(self, name: str) -> _Known:
        """What is known of a model, asked once: no prompt goes to a model that was not asked about."""
        if name not in self._known:
            await self._shown(name)
        return self._known[name]

    def _stays_here(self, row: Mapping[str, Any]) -> bool:
        try:
            refuse_forwarded(row["name"], row.get("remote_host"), self._allow_hosts)
        except ForbiddenHostError:
            return False
        return True

    async def _ask(self, method: str, path: str, body: Any = None, model: str = "") -> dict[str, Any]:
        """A short question. Not through the package: it drops the fields that say where a model runs."""
        with self._plainly(model):
            response = await self._http.request(method, path, json=body, timeout=QUICK_SECONDS)
            check_status("Ollama", self.url, response.status_code, error_in(response.text), lambda: _missing(model))
            told = response.json()
            if not isinstance(told, dict):
                raise TypeError
            return told

    @contextmanager
    def _plainly(self, model: str = "") -> Iterator[None]:
        """`plain_errors`, and the package's own error: a status that is not 200, or an error inside a 200 (status -1)."""
        with plain_errors("Ollama", self.url, _START):
            try:
                yield
            except ollama.ResponseError as error:
                said = str(error.error)
                if error.status_code != -1:
                    check_status("Ollama", self.url, error.status_code, said, lambda: _missing(model))
                raise ModelFailedError(f"Ollama answered with an error: {said[:300]}", "Its log says more.") from error


def _missing(model: str) -> ModelMissingError | ModelProtocolError:
    if not model:
        return ModelProtocolError("What answers there is not Ollama.", "Check `model.ollama_host`.")
    return ModelMissingError(f"Ollama does not have the model `{model}`.", f"Fetch it with `ollama pull {model}`.")


def _sampling(request: Generation, own_stops: Sequence[str]) -> dict[str, Any]:
    """The options of a call. Nothing that belongs to the runner is ever among them.

    Stops of a call replace those of the model's Modelfile, even by none, so a chat names both: its turns end with the latter.
    """
    options: dict[str, Any] = {"temperature": request.temperature, "num_predict": max(1, request.max_tokens)}
    if not request.messages:
        # Ollama's default of 1.1 punishes what code is made of, the same names again: of 80 lines of the standard library
        # SmolLM2 ended 14 as written with it and 19 without. A chat keeps what the model's maker chose.
        options["repeat_penalty"] = 1.0
    if request.stop:
        options["stop"] = [*request.stop, *(own_stops if request.messages else ())]
    if request.seed is not None:
        options["seed"] = request.seed
    return options


def _alternatives(part: Any) -> tuple[Alternative, ...]:
    first = next(iter(part.logprobs or ()), None)
    return tuple(Alternative(one.token, one.logprob) for one in (first and first.top_logprobs) or ())


def _usage(part: Any) -> Usage:
    return Usage(
        prompt_tokens=part.prompt_eval_count or 0,
        generated_tokens=part.eval_count or 0,
        load_ms=(part.load_duration or 0) / _MS,
        prompt_ms=(part.prompt_eval_duration or 0) / _MS,
        generate_ms=(part.eval_duration or 0) / _MS,
    )

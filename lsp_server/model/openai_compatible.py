"""The model port over the protocol that llama.cpp's server, vLLM and LM Studio share. Writes raw prompts, no template of ours.

Where a server tells more than the protocol asks (llama.cpp's `timings`, cached tokens), it is read; nothing depends on it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

from lsp_server.errors import ModelFailedError, ModelMissingError, ModelProtocolError, ModelUnreachableError
from lsp_server.model.events import error_in, read_events
from lsp_server.model.port import Alternative, Backend, Generation, ModelInfo, Piece, PullProgress, Usage
from lsp_server.model.streams import isolated
from lsp_server.model.transport import QUICK_SECONDS, check_status, open_client, plain_errors

MOST_ALTERNATIVES = 5
"""More is an error in the protocol's first form, `/completions`."""


class OpenAICompatibleClient:
    """One server at `base_url` (with its `/v1`). `server` is what messages call it, `advice` how the user gets it running."""

    backend: Backend = "openai_compatible"

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        allow_hosts: Sequence[str] = (),
        server: str = "The model server",
        advice: str = "Start it, or correct `model.openai_base_url`.",
        counts_each_token: bool = False,
    ) -> None:
        self.url = base_url
        self._server, self._advice = server, advice
        # llama.cpp's own: what a request cost is told with each token, so that it is known of answers that are ended early.
        self._more = {"timings_per_token": True} if counts_each_token else {}
        self._most = 20 if counts_each_token else MOST_ALTERNATIVES
        self._http = open_client(base_url, allow_hosts, {"Authorization": f"Bearer {api_key}"} if api_key else None)

    async def models(self) -> Sequence[ModelInfo]:
        """What `/models` lists."""
        with self._plainly():
            response = await self._http.get("/models", timeout=QUICK_SECONDS)
            self._check(response.status_code, response.text)
            return [_info(row) for row in response.json()["data"]]

    async def describe(self, name: str) -> ModelInfo:
        """The row of `/models` with that id."""
        for one in await self.models():
            if one.name == name:
                return one
        raise self._missing(name)

    def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        """Stream an answer; close the generator to free the server."""
        return isolated(self._generate(model, request))

    async def _generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        path = "/chat/completions" if request.messages else "/completions"
        with self._plainly():
            async with self._http.stream("POST", path, json={**_body(model, request, self._most), **self._more}) as response:
                if response.status_code != 200:
                    await response.aread()
                    self._check(response.status_code, response.text, model)
                finish, usage = None, Usage()
                async with aclosing(read_events(response.aiter_bytes(), self._server)) as events:
                    async for event in events:
                        usage = _usage(event, usage)
                        for choice in event.get("choices") or ():
                            finish = choice.get("finish_reason") or finish
                            text, chances, others = _text(choice), _logprobs(choice), _alternatives(choice)
                            if text or chances:
                                so_far = usage if self._more and usage != Usage() else None
                                yield Piece(text, so_far, logprobs=chances, alternatives=others)
        if finish is None:
            raise ModelUnreachableError(f"{self._server} at {self.url} stopped in the middle of an answer.", self._advice)
        yield Piece("", usage, finish)

    def load_ahead(self, model: str) -> None:
        """Nothing: gigabytes of memory in a server that is not ours are taken when there is something to write."""

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text, from `/embeddings`."""
        with self._plainly():
            response = await self._http.post("/embeddings", json={"model": model, "input": list(texts)})
            self._check(response.status_code, response.text, model)
            rows = sorted(response.json()["data"], key=lambda row: int(row["index"]))
            vectors = [[float(number) for number in row["embedding"]] for row in rows]
        if len(vectors) != len(texts):
            raise ModelProtocolError(f"{self._server} returned {len(vectors)} vectors for {len(texts)} texts.")
        return vectors

    async def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        """Never possible: the protocol has no word for it."""
        steps: tuple[PullProgress, ...] = ()
        for step in steps:  # what makes this a generator, as the port wants it
            yield step
        raise ModelFailedError(f"{self._server} cannot be told to fetch `{name}`.", "Fetch it with that server's own tools.")

    async def aclose(self) -> None:
        """Close all sockets; whatever was being generated ends."""
        await self._http.aclose()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        with plain_errors(self._server, self.url, self._advice):
            yield

    def _check(self, status: int, text: str, model: str = "") -> None:
        check_status(self._server, self.url, status, error_in(text), lambda: self._missing(model))

    def _missing(self, model: str) -> ModelMissingError | ModelProtocolError:
        if not model:
            return ModelProtocolError(f"What answers at {self.url} has no list of models.", "The address usually ends in /v1.")
        return ModelMissingError(
            f"{self._server} at {self.url} does not have the model `{model}`.",
            "`lsp_server models list` shows what it has.",
        )


def _body(model: str, request: Generation, most_alternatives: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": max(1, request.max_tokens),
        "temperature": request.temperature,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.seed is not None:
        body["seed"] = request.seed
    if request.messages:
        body["messages"] = [{"role": one.role, "content": one.content} for one in request.messages]
    else:
        body["prompt"] = request.prompt
    if request.logprobs or request.alternatives:
        body["logprobs"] = True if request.messages else min(request.alternatives, most_alternatives) or 1
    return body


def _text(choice: Mapping[str, Any]) -> str:
    return str((choice.get("delta") or {}).get("content") or choice.get("text") or "")


def _logprobs(choice: Mapping[str, Any]) -> tuple[float, ...]:
    """Two shapes are in use: a list of numbers, and a list of objects."""
    told = choice.get("logprobs") or {}
    numbers = told.get("token_logprobs") or [one["logprob"] for one in told.get("content") or ()]
    return tuple(float(one) for one in numbers if one is not None)


def _alternatives(choice: Mapping[str, Any]) -> tuple[Alternative, ...]:
    """Of the first token, in the same two shapes: a mapping by token, and objects."""
    told = choice.get("logprobs") or {}
    if by_token := next(iter(told.get("top_logprobs") or ()), None):
        found = [Alternative(str(token), float(number)) for token, number in by_token.items()]
    else:
        first: Mapping[str, Any] = next(iter(told.get("content") or ()), {})
        found = [Alternative(str(one["token"]), float(one["logprob"])) for one in first.get("top_logprobs") or ()]
    return tuple(sorted(found, key=lambda one: -one.logprob))


def _usage(event: Mapping[str, Any], before: Usage) -> Usage:
    """What one event tells of the cost; llama.cpp's `timings` are exact and win over the protocol's own counts."""
    if timings := event.get("timings"):
        reused = int(timings.get("cache_n", 0))
        return Usage(
            prompt_tokens=reused + int(timings["prompt_n"]),
            reused_tokens=reused,
            generated_tokens=int(timings["predicted_n"]),
            prompt_ms=float(timings["prompt_ms"]),
            generate_ms=float(timings["predicted_ms"]),
        )
    told = event.get("usage")
    if not told or before != Usage():
        return before
    return Usage(
        prompt_tokens=int(told.get("prompt_tokens") or 0),
        reused_tokens=(told.get("prompt_tokens_details") or {}).get("cached_tokens"),
        generated_tokens=int(told.get("completion_tokens") or 0),
    )


def _info(row: Mapping[str, Any]) -> ModelInfo:
    meta = row.get("meta") or {}
    return ModelInfo(
        name=row["id"],
        backend="openai_compatible",
        context_tokens=meta.get("n_ctx") or row.get("max_model_len"),
        capabilities=frozenset({"completion"}),
        size_bytes=int(meta.get("size") or 0),
    )

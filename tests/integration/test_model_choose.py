"""From settings to a model, with the real Ollama, the real weights, and machines that have neither."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lsp_server.errors import ModelFailedError, ModelMissingError, ModelUnreachableError, NoModelError, UsageError
from lsp_server.model.choose import choose, make_client
from lsp_server.model.families import FAMILIES
from lsp_server.model.port import Backend, ChosenModel, Generation, ModelInfo, Piece, PullProgress, Usage
from lsp_server.model.probe import Findings, examine, find_family
from lsp_server.paths import Paths
from lsp_server.settings import ModelSettings
from tests.support.faults import Fault, faulty
from tests.support.ollama import GEMMA, INSERT, MINILM, SMOLLM, Instance

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A user who has nothing yet."""
    return replace(Paths.of_user(), config=tmp_path / "c.toml", weights=tmp_path / "models", state=tmp_path / "state")


async def _name(settings: ModelSettings, paths: Paths) -> tuple[str, str]:
    chosen = await choose(settings, paths)
    await chosen.client.aclose()
    assert chosen.info.name in chosen.why
    return chosen.info.backend, chosen.info.name


@pytest.mark.ollama
async def test_auto_takes_ollama_where_it_answers(ollama: str, paths: Paths) -> None:
    """Gemma, the larger of the two that talk; never the embedding model, and SmolLM2 under a FIM template is still SmolLM2."""
    assert await _name(ModelSettings(ollama_host=ollama), paths) == ("ollama", GEMMA)


@pytest.mark.ollama
async def test_the_named_model_is_taken(ollama: str, paths: Paths) -> None:
    for name in (SMOLLM, INSERT):
        assert await _name(ModelSettings(ollama_host=ollama, name=name), paths) == ("ollama", name)
    with pytest.raises(ModelMissingError) as caught:
        await choose(ModelSettings(backend="ollama", ollama_host=ollama, name="none:1b"), paths)
    assert "ollama pull none:1b" in caught.value.advice
    with pytest.raises(ModelFailedError, match="writes no text"):
        await choose(ModelSettings(backend="ollama", ollama_host=ollama, name=MINILM), paths)


@pytest.mark.ollama
async def test_a_broken_ollama_is_passed_over(ollama: str, paths: Paths, weights: Path) -> None:
    async with faulty(ollama) as proxy:
        proxy.on = {"/api/tags", "/api/show", "/api/ps"}
        for fault in (Fault.STATUS_500, Fault.HTML, Fault.NOTHING):
            proxy.fault = fault
            there = replace(paths, weights=weights)
            assert await _name(ModelSettings(ollama_host=proxy.url), there) == ("embedded", "gemma3:270m")
            with pytest.raises(NoModelError, match="Ollama"):
                await choose(ModelSettings(ollama_host=proxy.url), paths)


@pytest.mark.embedded
async def test_auto_takes_pulled_weights_without_ollama(paths: Paths, weights: Path) -> None:
    there = replace(paths, weights=weights)
    assert await _name(ModelSettings(ollama_host=NOBODY), there) == ("embedded", "gemma3:270m")
    assert await _name(ModelSettings(ollama_host=NOBODY, name="smollm2"), there) == ("embedded", "smollm2")
    assert await _name(ModelSettings(backend="embedded", name="smollm2"), there) == ("embedded", "smollm2")


async def test_nothing_at_all_says_in_one_line_what_to_do(paths: Paths) -> None:
    with pytest.raises(NoModelError) as caught:
        await choose(ModelSettings(ollama_host=NOBODY), paths)
    assert "Ollama does not answer" in str(caught.value)
    assert "models pull" in caught.value.advice
    assert "\n" not in str(caught.value) + caught.value.advice


@pytest.mark.parametrize("backend", ["ollama", "openai_compatible"])
async def test_a_named_backend_is_not_replaced(paths: Paths, weights: Path, backend: str) -> None:
    settings = ModelSettings(backend=backend, ollama_host=NOBODY, openai_base_url=NOBODY + "/v1")
    with pytest.raises(ModelUnreachableError):
        await choose(settings, replace(paths, weights=weights))


async def test_without_its_runner_no_weights_are_advised(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has neither would fetch 98 MB, and be told the same again."""
    settings = ModelSettings(ollama_host=NOBODY)
    with pytest.raises(NoModelError) as runner_is_there:
        await choose(settings, paths)
    assert runner_is_there.value.advice.startswith("`lsp_server models pull smollm2`")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(NoModelError, match="embedded runner is not installed") as nothing_is_there:
        await choose(settings, paths)
    advice = nothing_is_there.value.advice
    assert (
        advice.index("ollama pull") < advice.index("pip install 'hearth-lsp[embedded]'") < advice.index("models pull smollm2")
    )


def test_an_unknown_backend_is_refused(paths: Paths) -> None:
    with pytest.raises(UsageError, match="telepathy"):
        make_client("telepathy", ModelSettings(), paths)


def test_choosing_imports_no_client() -> None:
    """The server imports this file before it answers `initialize`; httpx and ollama cost half a second."""
    script = "import lsp_server.model.choose, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    assert not {"httpx", "ollama", "xllamacpp", "httpcore", "pydantic", "numpy"} & set(loaded)


# --- the probe


@pytest.mark.ollama
async def test_examining_a_real_model(ollama: str, paths: Paths) -> None:
    chosen = await choose(ModelSettings(ollama_host=ollama, name=SMOLLM), paths)
    findings = await examine(chosen)
    await chosen.client.aclose()
    assert findings.fim is None
    assert findings.keeps_prompts
    assert findings.reads_per_second > 1
    assert findings.writes_per_second > 0.1
    assert set(findings.as_json()) == set(Findings.__slots__)
    assert next(findings.described())[0] == "fills in"


@pytest.mark.ollama
async def test_an_unknown_name_of_a_real_model_is_probed(ollama_instance: Instance, paths: Paths) -> None:
    """SmolLM2 has no FIM tokens; under a name that tells nothing it is asked, and the answer is remembered."""
    client = make_client("ollama", ModelSettings(ollama_host=ollama_instance.url), paths)
    real = await client.describe(SMOLLM)
    memory = paths.state / "families.json"
    ollama_instance.post("/api/copy", {"source": SMOLLM, "destination": "mystery:1b"}, empty=True)
    try:
        copy = await client.describe("mystery:1b")
        assert await find_family(client, replace(copy, family=""), memory) is None
        assert json.loads(memory.read_text()) == {copy.digest: ""}
        assert copy.digest == real.digest
    finally:
        ollama_instance.delete("mystery:1b")
        await client.aclose()


@dataclass
class Vocabulary:
    """A server whose model has these tokens; every other character is a token of its own, and a start token comes first.

    Stands in for models that no build machine can have, one for each family.
    """

    tokens: tuple[str, ...]
    asked: list[str] = field(default_factory=list)
    backend: Backend = "ollama"

    async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        self.asked.append(request.prompt)
        text, found = request.prompt, 1
        for token in self.tokens:
            found += text.count(token)
            text = text.replace(token, "")
        yield Piece("x", Usage(prompt_tokens=found + len(text), generated_tokens=1), "length")

    async def models(self) -> Sequence[ModelInfo]:
        return []

    async def describe(self, name: str) -> ModelInfo:
        return ModelInfo(name, "ollama")

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return []

    async def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        yield PullProgress("")

    async def aclose(self) -> None:
        pass


UNKNOWN = ModelInfo("mystery:1b", "ollama", digest="abc")


# Families that share their tokens with one above them in the table cannot be told apart, and need not be.
DISTINCT = {family.tokens: name for name, family in reversed(list(FAMILIES.items()))}.values()


@pytest.mark.parametrize("name", DISTINCT)
async def test_an_unknown_model_with_a_familys_tokens_is_of_that_family(name: str) -> None:
    found = await find_family(Vocabulary(FAMILIES[name].tokens), UNKNOWN)
    assert found is FAMILIES[name]


async def test_one_token_missing_is_not_the_family(tmp_path: Path) -> None:
    server = Vocabulary(FAMILIES["starcoder"].tokens[:2])
    assert await find_family(server, UNKNOWN) is None


async def test_a_known_name_is_not_asked_about() -> None:
    server = Vocabulary(())
    assert await find_family(server, replace(UNKNOWN, name="starcoder2:3b")) is FAMILIES["starcoder"]
    assert await find_family(server, replace(UNKNOWN, name="qwen3:4b")) is None
    assert server.asked == []


async def test_what_was_learnt_is_remembered_by_digest(tmp_path: Path) -> None:
    memory = tmp_path / "new" / "families.json"
    server = Vocabulary(FAMILIES["glm"].tokens)
    assert await find_family(server, UNKNOWN, memory) is FAMILIES["glm"]
    questions = len(server.asked)
    assert questions
    assert await find_family(server, replace(UNKNOWN, name="other:name"), memory) is FAMILIES["glm"]
    assert len(server.asked) == questions
    assert await find_family(server, replace(UNKNOWN, digest="def"), memory) is FAMILIES["glm"]
    assert len(server.asked) == 2 * questions


@pytest.mark.parametrize("content", ["", "{", "[]", '{"abc": "no such family"}', '{"abc": 7}'])
async def test_a_damaged_memory_costs_one_question(tmp_path: Path, content: str) -> None:
    memory = tmp_path / "families.json"
    memory.write_text(content)
    assert await find_family(Vocabulary(FAMILIES["glm"].tokens), UNKNOWN, memory) is FAMILIES["glm"]
    assert json.loads(memory.read_text()) == {"abc": "glm"}


async def test_of_a_server_that_tells_no_times_nothing_is_claimed() -> None:
    class Silent(Vocabulary):
        async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
            yield Piece("x", Usage(100, None, 16), "length")

    findings = await examine(ChosenModel(Silent(()), UNKNOWN, None, "why"))
    assert findings.keeps_prompts is None
    said = dict(findings.described())
    assert [said[label].split(":")[0] for label in ("reads", "writes", "keeps what it read")] == ["not known"] * 3


async def test_a_server_that_tells_the_reuse_is_believed() -> None:
    class Counting(Vocabulary):
        async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
            reused = 90 if request.prompt in self.asked else 0
            self.asked.append(request.prompt)
            yield Piece("x", Usage(100, reused, 1, prompt_ms=10, generate_ms=0.001))  # as llama.cpp: it came with the prompt
            yield Piece("y", Usage(100, reused, 2, prompt_ms=10, generate_ms=10), "length")

    findings = await examine(ChosenModel(Counting(()), UNKNOWN, "glm", "why"))
    assert findings.keeps_prompts
    assert findings.reads_per_second == 10_000
    assert findings.writes_per_second == 200
    assert "as glm models do" in dict(findings.described())["fills in"]

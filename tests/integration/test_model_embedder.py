"""An embedding model in the real Ollama as the indexer's embedder."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.embedding import Embedder
from indexer.errors import EmbedderError
from lsp_server.indexing import child, saving
from lsp_server.indexing.access import Job
from lsp_server.indexing.service import IndexingService
from lsp_server.model.embedder import BATCH, FIRST_BATCH, OllamaEmbedder
from lsp_server.settings import ModelSettings, Settings
from tests.support.faults import WRONG, Fault, FaultProxy, faulty
from tests.support.ollama import MINILM, SMOLLM

pytestmark = pytest.mark.ollama


def test_vectors_mean_something_and_have_length_one(ollama: str) -> None:
    embedder: Embedder = OllamaEmbedder(MINILM, ModelSettings(ollama_host=ollama))
    texts = ["def open_file(path):", "read and parse a file", "bake a cake", "", "  \n"]
    rows = embedder.embed_documents(texts)
    assert rows.shape == (5, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0, 0], atol=1e-5)
    near = rows @ embedder.embed_query("load a file from disk")
    assert min(near[:2]) > near[2] + 0.1
    assert embedder.identity.startswith(f"ollama:{MINILM}:")
    assert embedder.identity.endswith(":384")
    assert embedder.embed_documents([]).shape == (0, 384)


def test_more_than_a_batch_keeps_its_order(ollama: str) -> None:
    embedder = OllamaEmbedder(MINILM, ModelSettings(ollama_host=ollama))
    texts = [f"number {number}" for number in range(BATCH + 3)]
    rows = embedder.embed_documents(texts)
    assert rows.shape == (BATCH + 3, 384)
    np.testing.assert_allclose(rows[-1], embedder.embed_query(texts[-1]), atol=2e-3)
    np.testing.assert_allclose(rows[0], embedder.embed_query(texts[0]), atol=2e-3)


def test_a_text_longer_than_the_model_reads_is_cut_not_refused(ollama: str) -> None:
    embedder = OllamaEmbedder(MINILM, ModelSettings(ollama_host=ollama))
    assert np.linalg.norm(embedder.embed_query("word " * 5000)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("name", "words", "advice"), [
    (SMOLLM, "not an embedding model", "ollama pull"),
    ("none:1b", "does not have the model", "ollama pull none:1b"),
    ("big:cloud", "does not run on this machine", "ollama list"),
])  # fmt: skip
def test_what_is_no_embedder_says_so(ollama: str, name: str, words: str, advice: str) -> None:
    with pytest.raises(EmbedderError, match=words) as caught:
        OllamaEmbedder(name, ModelSettings(ollama_host=ollama))
    assert advice in caught.value.advice


def test_no_ollama_says_how_to_start_it(unused_tcp_port: int) -> None:
    with pytest.raises(EmbedderError, match="does not answer") as caught:
        OllamaEmbedder(MINILM, ModelSettings(ollama_host=f"127.0.0.1:{unused_tcp_port}"))
    assert "ollama serve" in caught.value.advice


async def test_faults_while_embedding(ollama: str) -> None:
    async with faulty(ollama) as proxy:
        embedder = await asyncio.to_thread(OllamaEmbedder, MINILM, ModelSettings(ollama_host=proxy.url))
        proxy.on = {"/api/embed"}
        for fault in WRONG:
            proxy.fault = fault
            with pytest.raises(EmbedderError, match="Ollama") as caught:
                await asyncio.to_thread(embedder.embed_query, "x")
            assert "\n" not in str(caught.value), fault
        proxy.fault = Fault.NONE
        assert (await asyncio.to_thread(embedder.embed_query, "x")).shape == (384,)


async def test_it_gives_way_before_each_request_for_documents_and_never_for_a_question(ollama: str) -> None:
    async with faulty(ollama) as proxy:
        happened: list[str] = []
        settings = ModelSettings(ollama_host=proxy.url)
        embedder = await asyncio.to_thread(OllamaEmbedder, MINILM, settings, lambda: happened.append("gave way"))
        await asyncio.to_thread(embedder.embed_query, "who may wait")
        assert happened == []
        before = len(proxy.asked)
        await asyncio.to_thread(embedder.embed_documents, [f"text {number}" for number in range(3 * FIRST_BATCH)])
        assert len(happened) == len(proxy.asked) - before >= 2


async def test_a_build_in_its_process_asks_the_model_server_for_nothing_while_it_is_held(ollama: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "one.py").write_text("def one():\n    return 1\n")
    async with faulty(ollama) as proxy:
        settings = Settings(
            model=ModelSettings(ollama_host=proxy.url), index=replace(Settings().index, embedder=f"ollama:{MINILM}")
        )
        job = Job.of(root, tmp_path / "indexes", settings)
        process = await asyncio.create_subprocess_exec(
            *child._command(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"job": job.to_json(), "look": False}).encode() + b"\n" + child.HOLD)
        assert "held" in [json.loads(line) async for line in _until(process.stdout, "held")][-1]
        embedded = [body["input"] for path, body in proxy.asked if path == "/api/embed"]
        assert embedded == [["x"]]  # how many dimensions it has
        process.stdin.write(child.GO_ON)
        said = [json.loads(line) async for line in _until(process.stdout, "report")]
        process.stdin.close()
        await process.wait()
        assert said[-1]["report"]["chunks"] == 1
        assert len([path for path, _ in proxy.asked if path == "/api/embed"]) == 2


async def test_a_saved_file_waits_for_the_model_server_while_somebody_else_does_and_questions_do_not(
    ollama: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "LONGEST_HOLD_S", 3600.0)
    caplog.set_level(logging.DEBUG, "lsp_server.indexing.saving")
    root = tmp_path / "root"
    root.mkdir()
    (root / "one.py").write_text("def one():\n    return 1\n")
    index = replace(Settings().index, embedder=f"ollama:{MINILM}")
    async with faulty(ollama) as proxy:
        service, changed = IndexingService(tmp_path / "indexes"), asyncio.Event()
        service.start(Settings(model=ModelSettings(ollama_host=proxy.url), index=index), [root], changed.set)

        async def until(condition: Callable[[], bool]) -> None:
            while not condition():
                changed.clear()
                await changed.wait()

        try:
            await until(lambda: service.states()[0].phase == "ready")
            with service.goes_first():
                (root / "two.py").write_text("def two():\n    return 2\n")
                service.touch(root / "two.py")
                while "a saved file waits for the model server" not in caplog.messages:  # noqa: ASYNC110 - logs tell nobody
                    await asyncio.sleep(0.01)
                repository = service.repository(str(root))
                assert repository is not None
                assert [hit.path for hit in await repository.search("one", k=5)] == ["one.py"]
                assert not [text for text in _embedded(proxy) if "two" in text]
            await until(lambda: service.states()[0].files == 2)
            assert [text for text in _embedded(proxy) if "two" in text]
        finally:
            await service.aclose()


def _embedded(proxy: FaultProxy) -> list[str]:
    return [text for path, body in proxy.asked if path == "/api/embed" for text in body["input"]]


async def _until(stream: asyncio.StreamReader, key: str) -> AsyncIterator[bytes]:
    """The lines of a worker up to the one that says `key`."""
    async for line in stream:
        yield line
        if key in json.loads(line):
            return

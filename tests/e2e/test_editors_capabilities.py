"""The words of real editors: the capabilities Neovim and VS Code declare, spoken by pytest-lsp, with a real model behind."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities

from tests.support.ollama import SMOLLM
from tests.support.pictures import picture
from tests.support.wire import environment, scripted_config, write_config

pytestmark = [pytest.mark.ollama, pytest.mark.asyncio(loop_scope="module")]

ENCODINGS = {"neovim": "utf-8", "visual-studio-code": "utf-16"}

DRAWN = {
    "python": "def add(first, second):\n    return firstˇ\n",
    "emoji": 'face = "😀"\nfaces = [face, ˇ]\n',
    "crlf": "def twice(value):\r\n    return ˇ\r\n",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=ENCODINGS)
async def editor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, ollama: str
) -> AsyncIterator[tuple[LanguageClient, str]]:
    home = tmp_path_factory.mktemp("home")
    write_config(home, scripted_config(ollama, model=SMOLLM, max_tokens=16))
    client = LanguageClient()
    client.feature("hearth/status")(lambda params: None)
    await client.start_io(sys.executable, "-P", "-m", "lsp_server", "--stdio", env=environment(home), cwd=home)
    capabilities = client_capabilities(request.param)
    assert capabilities.text_document is not None
    capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities()
    if request.param == "neovim":
        # What Neovim 0.11 sends, and in this order.
        capabilities.general = types.GeneralClientCapabilities(position_encodings=["utf-8", "utf-16", "utf-32"])
    params = types.InitializeParams(capabilities=capabilities, root_uri=home.as_uri())
    result = await client.initialize_session(params)
    assert result.capabilities.position_encoding == ENCODINGS[request.param]
    assert result.capabilities.inline_completion_provider is not None
    yield client, ENCODINGS[request.param]
    await client.shutdown_session()
    await client.stop()


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
async def test_a_real_model_writes_at_the_cursor(editor: tuple[LanguageClient, str], drawn: str, tmp_path: Path) -> None:
    client, encoding = editor
    at, uri = picture(drawn, encoding), (tmp_path / "drawn.py").as_uri()
    document = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=at.text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
    cursor = types.Position(line=at.line, character=at.character)
    answer = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            context=types.InlineCompletionContext(trigger_kind=types.InlineCompletionTriggerKind.Invoked),
            text_document=types.TextDocumentIdentifier(uri=uri),
            position=cursor,
        )
    )
    assert answer is None or isinstance(answer, types.InlineCompletionList)
    for item in answer.items if answer else ():
        assert item.insert_text
        assert item.range == types.Range(start=cursor, end=cursor)
        if "\r\n" in at.text:
            assert "\n" not in str(item.insert_text).replace("\r\n", "")


async def test_a_function_gets_a_body(editor: tuple[LanguageClient, str], tmp_path: Path) -> None:
    """Where the smallest model has something to say as well."""
    client, _ = editor
    uri = (tmp_path / "body.py").as_uri()
    text = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
    document = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
    answer = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            context=types.InlineCompletionContext(trigger_kind=types.InlineCompletionTriggerKind.Automatic),
            text_document=types.TextDocumentIdentifier(uri=uri),
            position=types.Position(line=5, character=11),
        )
    )
    assert isinstance(answer, types.InlineCompletionList)
    assert answer.items[0].insert_text == "a - b"
    assert answer.items[0].command is not None
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=answer.items[0].command.command, arguments=answer.items[0].command.arguments)
    )

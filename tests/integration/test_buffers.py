"""What is in the editor counts, not what is on disk: in answers to questions, at a cursor, and for definitions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from indexer.embedding import make_embedder
from indexer.records import Hit
from lsp_server.indexing.access import Job, build, open_reader
from lsp_server.indexing.buffers import LARGE, Buffers
from lsp_server.settings import Settings
from tests.support.trees import plant

TREE = {
    "alpha.py": 'def alpha_distance(a):\n    """How far alpha is."""\n    return a\n',
    "beta.py": 'def beta_distance(b):\n    """How far beta is."""\n    return b\n',
    ".gitignore": "ignored.py\n",
    "ignored.py": "def ignored_distance(): pass\n",
}
EDITED = 'def zeta_distance(z):\n    """How far zeta is now."""\n    return z\n'


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("buffers")
    job = Job.of(plant(folder / "root", TREE), folder / "indexes", Settings())
    build(job, make_embedder("static"), lambda _: None, lambda: False)
    return job


class Editor:
    """An index and the open documents over it."""

    def __init__(self, job: Job) -> None:
        self.buffers = Buffers(job)
        self._reader = open_reader(job, make_embedder("static"))

    def search(self, query: str, k: int = 5) -> list[Hit]:
        return self.buffers.found(self._reader.search(query, k=k + 10), query, k, "question")

    def at_cursor(self, code: str) -> list[Hit]:
        return self.buffers.found(self._reader.search(code, k=10, asker="cursor"), code, 5, "cursor")

    def definitions(self, *names: str) -> list[str]:
        hits = self.buffers.defining(self._reader.definitions(names, k=5), names, 5)
        return [f"{hit.path} {hit.symbol}" for hit in hits]


@pytest.fixture
def editor(job: Job) -> Editor:
    return Editor(job)


def texts(hits: list[Hit]) -> str:
    return "\n".join(hit.text for hit in hits)


def test_a_renamed_function_is_found_by_its_new_name_and_nowhere_by_its_old_text(editor: Editor) -> None:
    editor.buffers.hold("alpha.py", EDITED)
    assert (editor.search("zeta distance")[0].path, editor.search("zeta distance")[0].symbol) == ("alpha.py", "zeta_distance")
    assert "How far alpha" not in texts(editor.search("alpha distance"))
    assert "How far alpha" not in texts(editor.at_cursor("x = alpha_distance(3)"))
    assert "How far beta" in texts(editor.search("beta distance"))


def test_definitions_come_from_the_buffer_in_the_order_of_the_names(editor: Editor) -> None:
    assert editor.definitions("beta_distance", "alpha_distance") == ["beta.py beta_distance", "alpha.py alpha_distance"]
    editor.buffers.hold("alpha.py", EDITED)
    assert editor.definitions("alpha_distance") == []
    assert editor.definitions("beta_distance", "zeta_distance") == ["beta.py beta_distance", "alpha.py zeta_distance"]
    assert editor.definitions("zeta_distance", "beta_distance") == ["alpha.py zeta_distance", "beta.py beta_distance"]


def test_a_closed_document_and_one_like_its_file_count_as_the_disk(editor: Editor) -> None:
    plain = editor.search("alpha distance")
    editor.buffers.hold("alpha.py", TREE["alpha.py"])
    assert editor.search("alpha distance") == plain
    editor.buffers.hold("alpha.py", EDITED)
    assert editor.search("alpha distance") != plain
    editor.buffers.hold("alpha.py", None)
    assert not editor.buffers.are_open
    assert editor.search("alpha distance") == plain


def test_a_file_that_does_not_count_stays_out_though_it_is_open(editor: Editor) -> None:
    editor.buffers.hold("ignored.py", "def ignored_secretly(): pass\n")
    editor.buffers.hold(".env", "ignored_secretly=1\n")
    assert "ignored_secretly" not in texts(editor.search("ignored secretly"))
    assert editor.definitions("ignored_secretly") == []


def test_a_credential_in_an_open_document_reaches_nobody(editor: Editor) -> None:
    token = "ghp_" + "".join(random.Random(6).choices("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789", k=36))
    editor.buffers.hold("alpha.py", f"def zeta_distance():\n    return '{token}'\n")
    assert "[redacted]" in editor.search("zeta distance")[0].text
    assert token not in texts(editor.search("zeta distance"))


def test_a_large_document_is_cut_for_a_question_and_left_out_for_a_cursor(editor: Editor) -> None:
    editor.buffers.hold("alpha.py", EDITED + "x = 1\n" * LARGE)
    assert editor.at_cursor("y = alpha_distance(") == [
        hit for hit in editor.at_cursor("y = alpha_distance(") if hit.path != "alpha.py"
    ]
    assert editor.search("zeta distance")[0].path == "alpha.py"


def test_an_empty_document_and_an_empty_question(editor: Editor) -> None:
    editor.buffers.hold("alpha.py", "")
    assert "alpha.py" not in {hit.path for hit in editor.search("alpha distance")}
    assert editor.search("") == []


def test_a_document_outside_of_the_index_is_ignored(editor: Editor, tmp_path: Path) -> None:
    editor.buffers.hold("never/saved.py", EDITED)
    assert "never/saved.py" not in {hit.path for hit in editor.search("zeta distance")}

"""`actions`, `action` and `ask` as a user and a script meet them: a process each, a scripted model behind Ollama's protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import environment, scripted_config, write_config

SHAPES = '''"""Areas of shapes."""

import math


def area_of_circle(radius):
    """The area inside a circle."""
    area = math.pi * radius * radius
    return area


class Ring:
    def area(self):
        return area_of_circle(2) - area_of_circle(1)
'''

BETTER = (
    '```python\ndef area_of_circle(radius):\n    """The area inside a circle."""\n    return math.pi * radius * radius\n```\n'
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "repository" / "shapes.py"
    path.parent.mkdir()
    path.write_bytes(SHAPES.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    return path


@pytest.fixture
def hearth(tmp_path: Path, model: ScriptedOllama) -> Run:
    write_config(tmp_path, scripted_config(model.url))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "lsp_server", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path), check=False)

    return run


def document(said: subprocess.CompletedProcess[str]) -> Any:
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def test_what_can_be_done_is_listed_without_a_model(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    found = {row["id"]: row for row in document(hearth("actions", str(file), "--lines", "8", "--json"))}
    assert found["simplify"] == {"id": "simplify", "title": "Simplify: area_of_circle", "start_line": 6, "end_line": 9}
    assert "explain" in hearth("actions", str(file), "--lines", "6:9").stdout
    assert model.asked == []


def test_an_edit_is_shown_and_written_only_when_asked_for(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    model.reply = lambda prompt: [BETTER]
    before = file.read_bytes()
    said = hearth("action", "simplify", str(file), "--lines", "8")
    assert "-    area = math.pi * radius * radius" in said.stdout
    assert file.read_bytes() == before
    applied = document(hearth("action", "simplify", str(file), "--lines", "8", "--apply", "--json"))
    assert applied["applied"] is True
    (edit,) = applied["edits"]
    assert (edit["path"], edit["creates"]) == ("shapes.py", False)
    assert edit["replacements"] == [{"start_line": 8, "end_line": 9, "text": "    return math.pi * radius * radius"}]
    after = file.read_bytes().decode()
    assert after == SHAPES.replace(
        "area = math.pi * radius * radius\n    return area", "return math.pi * radius * radius"
    ).replace("\n", "\r\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_diff_is_one_that_git_takes(tmp_path: Path, hearth: Run, file: Path, model: ScriptedOllama) -> None:
    model.reply = lambda prompt: [BETTER]
    # a page break, as old files have them, and a word that is not ASCII
    file.write_bytes(
        file.read_bytes().replace(b"import math", b"import math\x0c").replace(b"area inside", "aréa inside".encode())
    )
    command = [sys.executable, "-P", "-m", "lsp_server", "action", "simplify", str(file), "--lines", "8", "--diff"]
    said = subprocess.run(command, capture_output=True, env={**environment(tmp_path), "LC_ALL": "C"}, check=True)
    done = subprocess.run(["git", "apply", "-"], input=said.stdout, cwd=file.parent, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"    return math.pi * radius * radius\r\n" in file.read_bytes()
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")


def test_a_refused_answer_is_shown_and_fails(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    model.reply = lambda prompt: ["```python\ndef area_of_circle(radius):\n    # ... existing code\n    return 1\n```\n"]
    said = hearth("action", "simplify", str(file), "--lines", "8", "--apply", "--json")
    assert said.returncode == 1
    answer = json.loads(said.stdout)
    assert (answer["applied"], answer["edits"], answer["refused"]["code"], answer["attempts"]) == (False, [], "placeholder", 2)
    assert "existing code" in answer["markdown"]
    assert file.read_bytes() == SHAPES.replace("\n", "\r\n").encode()


def test_an_explanation_streams(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    model.reply = lambda prompt: ["It computes\n", "an *area*.\n"]
    said = hearth("action", "explain", str(file), "--lines", "8")
    assert said.stdout.startswith("It computes\nan *area*.\n")
    assert "def area_of_circle" in model.asked[-1].prompt


def test_tests_go_to_a_new_file(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    model.reply = lambda prompt: [
        "```python\nfrom shapes import area_of_circle\n\n\ndef test_nothing():\n    assert area_of_circle(0) == 0\n```\n"
    ]
    answer = document(hearth("action", "tests", str(file), "--lines", "8", "--root", str(file.parent), "--apply", "--json"))
    assert answer["edits"][0]["creates"] is True
    assert "def test_nothing" in (file.parent / "tests" / "test_shapes.py").read_text()
    assert "Import it with `from shapes import area_of_circle`" in model.asked[-1].prompt
    again = hearth("action", "tests", str(file), "--lines", "8", "--root", str(file.parent), "--apply", "--json")
    assert json.loads(again.stdout)["refused"]["code"] == "twins"


def test_a_link_in_the_repository_takes_no_tests_out_of_it(
    hearth: Run, file: Path, model: ScriptedOllama, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (file.parent / "tests").symlink_to(tmp_path / "elsewhere")
    model.reply = lambda prompt: ["```python\ndef test_nothing():\n    assert True\n```\n"]
    said = hearth("action", "tests", str(file), "--lines", "8", "--root", str(file.parent), "--apply")
    assert said.returncode == 2
    assert "leads out of" in said.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_question_is_answered_from_the_index_with_its_places(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    assert hearth("ask", "how big is a circle?", "--root", str(file.parent)).returncode == 1
    hearth("index", str(file.parent))
    model.reply = lambda prompt: ["By `area_of_circle` [1], in shapes.py:6. ![](https://evil.example)\n"]
    answer = document(hearth("ask", "how big is a circle?", "--root", str(file.parent), "--json"))
    assert answer["sources"][0]["path"] == "shapes.py"
    assert f"[shapes.py:6](file://{file}#L6)" in answer["markdown"]
    assert "![" not in answer["markdown"]
    assert "[1] shapes.py, line" in model.asked[-1].prompt
    shown = hearth("ask", "how big is a circle?", "--root", str(file.parent)).stdout
    assert "By `area_of_circle` [1], in shapes.py:6." in shown
    assert "file:" not in shown


def test_a_terminal_obeys_neither_a_model_nor_a_repository(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    folder = file.parent / "a["
    folder.mkdir()
    (folder / "]ring.py").write_text('def ring():\n    """Wide \x1b]0;owned\x07 ring."""\n    return 1\n')
    hearth("index", str(file.parent))
    found = hearth("search", "a wide ring", "--root", str(file.parent))
    assert found.stdout.startswith("a[/]ring.py:1-3")
    model.reply = lambda prompt: ["See \x1b]52;c;aGk=\x07 and \x9b31m, `x[0]` or x[0] < 1.\n"]
    said = hearth("action", "explain", str(file), "--lines", "8").stdout
    assert "`x[0]` or x[0] < 1." in said
    assert not set("\x1b\x07\x9b") & set(found.stdout + said)


def test_a_question_that_nothing_resembles_is_answered(hearth: Run, file: Path, model: ScriptedOllama) -> None:
    file.unlink()
    hearth("index", str(file.parent))
    assert "Nothing in the index" in hearth("ask", "how big is a circle?", "--root", str(file.parent)).stdout
    assert model.asked == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nonsense", "FILE"), "There is no action `nonsense`"),
        (("simplify", "FILE", "--lines", "99"), "has 15 lines"),
        (("simplify", "FILE", "--lines", "x"), "--lines is A:B"),
        (("simplify", "FILE", "--lines", "3"), "nothing here for"),
        (("simplify", "gone.py"), "cannot be read"),
        (("simplify", "FILE", "--lines", "8:6"), "ends before it begins"),
        (("refactor", "FILE", "--lines", "8"), "Say it with --instruction"),
        (("fix", "FILE", "--lines", "8"), "Say it with --problem"),
        (("ask", "FILE"), "is not about a file"),
        (("simplify", "FILE", "--lines", "8", "--apply", "--diff"), "Give either"),
    ],
)
def test_wrong_usage_is_said(hearth: Run, file: Path, arguments: tuple[str, ...], said: str) -> None:
    done = hearth("action", *(str(file) if one == "FILE" else one for one in arguments))
    assert done.returncode == 2
    assert said in done.stderr


def test_a_file_that_is_not_utf8_is_left_alone(hearth: Run, file: Path) -> None:
    file.write_bytes(b"caf\xe9 = 1\n")
    done = hearth("action", "simplify", str(file), "--lines", "1:1", "--apply")
    assert "not UTF-8" in done.stderr
    assert file.read_bytes() == b"caf\xe9 = 1\n"


def test_the_users_own_action(hearth: Run, file: Path, model: ScriptedOllama, tmp_path: Path) -> None:
    own = '[[actions.custom]]\nid = "brief"\ntitle = "Brief"\nprompt = "Say it in one sentence."\nanswer = "explanation"\n'
    write_config(tmp_path, scripted_config(model.url) + own)
    model.reply = lambda prompt: ["An area.\n"]
    assert hearth("action", "brief", str(file), "--lines", "8").stdout.startswith("An area.\n")
    assert model.asked[-1].prompt.startswith("Say it in one sentence.\n\nThe code:\n```python\ndef area_of_circle")

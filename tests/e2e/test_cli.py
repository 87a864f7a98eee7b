"""The command line as a user and a script meet it: a process of its own, what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from lsp_server.ledger.records import Entry
from lsp_server.ledger.store import Store
from lsp_server.model.weights import WEIGHTS
from tests.support.commands import Run, hears_interrupts, rows, runner
from tests.support.wire import environment, write_config

SHAPES = """\
\"\"\"Areas of shapes.\"\"\"

import math


def area_of_circle(radius: float) -> float:
    \"\"\"The area inside a circle.\"\"\"
    return math.pi * radius * radius


class Ring:
    \"\"\"What lies between two circles.\"\"\"

    def area(self) -> float:
        return area_of_circle(2) - area_of_circle(1)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "notes").mkdir(parents=True)
    (root / "shapes.py").write_text(SHAPES, encoding="utf-8")
    (root / "notes" / "greeting.js").write_text("// Greets people.\nexport function greet(name) {\n  return `Hi ${name}`;\n}\n")
    (root / ".gitignore").write_text("secret/\n")
    (root / "secret").mkdir()
    (root / "secret" / "hidden.py").write_text("def hidden(): ...\n")
    return root


@pytest.fixture
def hearth(tmp_path: Path) -> Run:
    return runner(tmp_path)


def test_index_and_search_in_their_documented_shapes(hearth: Run, repository: Path) -> None:
    (report,) = rows(hearth("index", str(repository), "--json"))
    assert report.keys() >= {"files", "chunks", "symbols", "seconds", "bytes_on_disk", "skipped"}
    assert report["files"] == 3, "shapes.py, greeting.js and .gitignore"
    assert report["symbols"] >= 4
    assert report["skipped"]["ignored"] == 1
    (hits,) = rows(hearth("search", "area inside a circle", "--root", str(repository), "--json", "-k", "1"))
    (hit,) = hits
    assert hit.keys() == {"path", "start_line", "end_line", "symbol", "kind", "score", "text"}
    assert hit["path"] == "shapes.py"
    lines = SHAPES.splitlines()[hit["start_line"] - 1 : hit["end_line"]]
    assert hit["text"].splitlines() == lines
    assert "def area_of_circle" in hit["text"]


def test_a_second_run_touches_only_what_changed(hearth: Run, repository: Path) -> None:
    rows(hearth("index", str(repository), "--json"))
    (repository / "shapes.py").write_text(SHAPES + "\n\ndef perimeter(): ...\n", encoding="utf-8")
    (report,) = rows(hearth("index", str(repository), "--json"))
    assert (report["added"], report["replaced"], report["deleted"]) == (0, 1, 0)
    (report,) = rows(hearth("index", str(repository), "--json"))
    assert (report["added"], report["replaced"], report["deleted"]) == (0, 0, 0)


def test_a_search_finds_the_index_of_the_folder_above(hearth: Run, repository: Path) -> None:
    hearth("index", str(repository))
    (hits,) = rows(hearth("search", "greet", "--json", at=repository / "notes"))
    assert hits[0]["path"] == "notes/greeting.js"


def test_a_batch_answers_every_line_in_order(hearth: Run, repository: Path, tmp_path: Path) -> None:
    hearth("index", str(repository))
    asked = [{"id": "b", "query": "greet people"}, {"id": 7, "query": "circle"}, {"id": "none", "query": ""}]
    batch = tmp_path / "batch.jsonl"
    batch.write_text("".join(json.dumps(row) + "\n" for row in asked))
    answers = rows(hearth("search", "--root", str(repository), "--batch", str(batch)))
    assert [answer["id"] for answer in answers] == ["b", 7, "none"]
    assert answers[0]["results"][0]["path"] == "notes/greeting.js"
    assert answers[1]["results"][0]["path"] == "shapes.py"
    assert rows(hearth("search", "--root", str(repository), "--batch", "-", stdin=batch.read_text())) == answers


def test_a_name_and_the_imports_of_a_file(hearth: Run, repository: Path) -> None:
    hearth("index", str(repository))
    root = ("--root", str(repository))
    (found,) = rows(hearth("search", "--symbol", "area_of_circle", "--json", *root))
    (definition,) = found["definitions"]
    assert definition == {
        "name": "area_of_circle", "kind": "function", "path": "shapes.py", "start_line": 6, "end_line": 8, "container": "",
        "signature": "def area_of_circle(radius: float) -> float", "name_line": 6,
    }  # fmt: skip
    assert found["references"] == [{"path": "shapes.py", "line": 15}]
    (imported,) = rows(hearth("search", "--imports", "shapes.py", "--json", at=repository))
    assert imported == [{"module": "math", "names": [], "line": 3, "paths": []}]
    batch = '{"id": 1, "symbol": "Ring.area"}\n{"id": 2, "imports": "shapes.py"}\n{"id": 3, "query": "greet"}\n'
    first, second, third = rows(hearth("search", *root, "--batch", "-", stdin=batch))
    assert [one["container"] for one in first["definitions"]] == ["Ring"]
    assert second == {"id": 2, "imports": imported}
    assert third["results"]
    shown = hearth("search", "--symbol", "area_of_circle", *root).stdout.splitlines()
    assert shown == ["shapes.py:6-8  function def area_of_circle(radius: float) -> float", "shapes.py:15  used"]
    wrong = hearth("search", *root, "--batch", "-", stdin='{"id": 1, "symbol": 3}\n')
    assert (wrong.returncode, "line 1" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("search", "x"), 1, "index"),
        (("search",), 2, "QUERY, --symbol NAME"),
        (("search", "x", "-k", "0"), 2, "-k"),
        (("search", "--batch", "nowhere.jsonl"), 2, "nowhere.jsonl"),
        (("search", "x", "--symbol", "y"), 2, "QUERY, --symbol NAME"),
        (("index", "nowhere"), 2, "not a folder"),
        (("index", "--check"), 1, "Nothing is indexed"),
        (("index", "--check", "--watch"), 2, "one of --watch"),
        (("index", "--check", "--rebuild"), 2, "one of --watch"),
        (("index", "--stats", "nowhere"), 2, "not a folder"),
        (("search", "x", "--root", "nowhere"), 2, "not a folder"),
        (("complete",), 2, "FILE or --batch"),
        (("complete", "shapes.py"), 2, "--line and --column"),
        (("complete", "shapes.py", "--line", "1"), 2, "--line and --column"),
        (("complete", "--batch", "shapes.py"), 2, "line 1: not JSON"),
        (("action", "refactor", "shapes.py", "--lines", "6:8"), 2, "--instruction"),
        (("ask", " "), 2, "question is empty"),
        (("complete", "nowhere.py", "--line", "1", "--column", "1"), 2, "nowhere.py"),
        (("complete", "shapes.py", "--line", "99", "--column", "1"), 2, "--line 99"),
        (("complete", "shapes.py", "--line", "1", "--column", "99"), 2, "--column 99"),
        (("complete", "shapes.py", "--line", "1", "--column", "1"), 1, "models pull smollm2"),
        (("complete", "shapes.py", "--line", "1", "--column", "1", "--backend", "cloud"), 2, "cloud"),
        (("models", "pull", "gpt-5"), 1, "Without Ollama these can be fetched: gemma3:270m, smollm2"),
        (("models", "pull", "x", "--backend", "cloud"), 2, "--backend"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_failures_say_what_is_wrong_and_exit_accordingly(
    hearth: Run, repository: Path, arguments: Sequence[str], code: int, said: str
) -> None:
    done = hearth(*arguments, at=repository)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_imports_nothing(hearth: Run, repository: Path) -> None:
    hearth("index", str(repository))
    for name in ("nowhere.py", "/etc/hostname"):
        done = hearth("search", "--imports", name, at=repository)
        assert (done.returncode, done.stdout) == (2, "")
        assert name in done.stderr


def test_a_home_folder_is_indexed_only_at_the_users_word(hearth: Run, tmp_path: Path, repository: Path) -> None:
    done = hearth("index", str(tmp_path))
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert not (tmp_path / "cache").exists()
    (report,) = rows(hearth("index", str(tmp_path), "--yes", "--json"))
    assert report["files"] >= 3, "and what Hearth itself keeps below the home of this test"


def test_the_options_of_the_server_are_told(hearth: Run) -> None:
    told = hearth("serve", "--help").stdout
    assert all(option in told for option in ("--stdio", "--tcp", "--log-level"))


def wait_for_a_file(folder: Path, pattern: str) -> None:
    deadline = time.monotonic() + 60
    while not any(folder.rglob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern} in {folder}"
        time.sleep(0.01)


def test_ctrl_c_ends_an_index_at_once_and_the_next_run_goes_on(hearth: Run, repository: Path, tmp_path: Path) -> None:
    """As a terminal sends it: to the command and its workers, in the middle of their work."""
    many = [repository / f"many_{number}.py" for number in range(150)]
    for file in many:
        file.write_text("def of_many(number):\n    return [number]\n\n\n" * 400)
    command = [sys.executable, "-P", "-m", "lsp_server", "index", str(repository)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment(tmp_path)}
    with subprocess.Popen(command, start_new_session=True, preexec_fn=hears_interrupts, **pipes) as one:
        wait_for_a_file(tmp_path / "cache", "data/*.lance")  # its first rows: it is at the next ones now
        os.killpg(one.pid, signal.SIGINT)
        said = "".join(one.communicate(timeout=60))
    assert one.returncode == 130, said
    assert "goes on from there" in said
    assert "Traceback" not in said
    for file in many[9:]:  # all of them would take long, and show no more
        file.unlink()
    (report,) = rows(hearth("index", str(repository), "--json"))
    assert report["files"] == 3 + 9
    assert hearth("index", "--check", str(repository)).returncode == 0


def test_a_broken_batch_names_its_line(hearth: Run, repository: Path) -> None:
    hearth("index", str(repository))
    done = hearth("search", "--root", str(repository), "--batch", "-", stdin='{"id": 1, "query": "x"}\n{"id": 2\n')
    assert done.returncode == 2
    assert "line 2" in done.stderr


def test_a_wrong_setting_is_a_warning_and_the_default_stays(hearth: Run, repository: Path, tmp_path: Path) -> None:
    write_config(tmp_path, '[index]\nmax_file_kib = "big"\n[modle]\nname = "x"\n')
    done = hearth("index", str(repository))
    assert done.returncode == 0
    assert "`index.max_file_kib` must be a whole number" in done.stderr
    assert "Did you mean `model`?" in done.stderr


def test_settings_are_shown_with_the_files_place_and_no_key(hearth: Run, tmp_path: Path) -> None:
    config = write_config(tmp_path, '[model]\nopenai_api_key = "s3cret"\n')
    (shown,) = rows(hearth("settings", "--json"))
    assert shown["config"] == str(config)
    assert shown["settings"]["model.openai_api_key"] == "(set)"
    assert "s3cret" not in hearth("settings").stdout


def test_an_action_of_ones_own_is_shown_among_the_settings(hearth: Run, tmp_path: Path) -> None:
    own = {"id": "shout", "title": "Shout", "prompt": "In capitals.", "answer": "code", "languages": ["python"]}
    write_config(tmp_path, "[[actions.custom]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in own.items()))
    (shown,) = rows(hearth("settings", "--json"))
    assert shown["settings"]["actions.custom"] == [own]
    assert f"custom = {json.dumps([own])}  # changed" in hearth("settings").stdout


def test_a_terminal_of_another_encoding_gets_what_it_can_show(hearth: Run, repository: Path) -> None:
    (repository / "wide.py").write_text('SMILE = "😀"\n', encoding="utf-8")
    latin = {"PYTHONIOENCODING": "latin-1"}
    assert "? hearth: " in hearth("doctor", **latin).stdout
    hearth("index", str(repository))
    (hits,) = rows(hearth("search", "SMILE", "--json", at=repository, **latin))
    assert "😀" in hits[0]["text"]


def test_a_folder_that_was_deleted_under_the_shell_is_said(hearth: Run, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = [sys.executable, "-P", "-m", "lsp_server", "search", "x"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(tmp_path), cwd=gone, preexec_fn=gone.rmdir, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: The folder you are in is gone")


def test_names_in_square_brackets_are_printed_as_they_are(hearth: Run, tmp_path: Path) -> None:
    """They are markup to what draws on terminals, and folders to some web frameworks."""
    root = tmp_path / "[shop]"
    (root / "[id]").mkdir(parents=True)
    (root / "[id]" / "page.js").write_text("export function showArticle(id) {\n  return id;\n}\n")
    assert hearth("index", str(root)).stdout.startswith(f"{root}: 1 files")
    assert hearth("index", "--check", str(root)).stdout.startswith(f"{root}: whole")
    assert hearth("search", "show article", at=root).stdout.startswith("[id]/page.js:1-3")
    write_config(tmp_path, '[model]\nname = "[b]"\n')
    assert "`[b]`" in hearth("models", "list").stdout


def test_doctor_names_what_is_missing_and_what_to_do(hearth: Run, repository: Path) -> None:
    done = hearth("doctor", "--json", "--root", str(repository))
    assert done.returncode == 1
    findings = {finding["about"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["model"]["state"] == "bad"
    assert "models pull smollm2" in findings["model"]["advice"]
    assert findings["index"]["state"] == "note"


def test_doctor_goes_on_where_a_setting_names_a_foreign_host(hearth: Run, repository: Path, tmp_path: Path) -> None:
    write_config(tmp_path, '[model]\nbackend = "openai_compatible"\nopenai_base_url = "http://example.com/v1"\n')
    done = hearth("doctor", "--json", "--root", str(repository))
    assert done.returncode == 1
    findings = {finding["about"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["model"]["state"] == "bad"
    assert "example.com" in findings["model"]["said"]
    assert "disk" in findings


@pytest.mark.embedded
def test_complete_with_the_embedded_model(hearth: Run, repository: Path, tmp_path: Path, weights: Path) -> None:
    (tmp_path / "data" / "hearth").mkdir(parents=True)
    (tmp_path / "data" / "hearth" / "models").symlink_to(weights)
    hearth("index", str(repository))
    line = SHAPES.splitlines().index("    return math.pi * radius * radius") + 1
    where = {"file": str(repository / "shapes.py"), "line": line, "column": len("    return math.") + 1}
    (answer,) = rows(
        hearth(
            "complete", where["file"], "--line", str(line), "--column", str(where["column"]),
            "--root", str(repository), "--model", "smollm2", "--json",
        )
    )  # fmt: skip
    assert answer.keys() == {
        "text", "model", "backend", "context", "timings", "prompt_tokens", "reused_tokens", "generated_tokens",
    }  # fmt: skip
    assert (answer["model"], answer["backend"]) == ("smollm2", "embedded")
    assert answer["timings"]["total"] > 0
    batch = json.dumps({"id": 1, **where}) + "\n" + json.dumps({"id": 2, **where, "line": 999}) + "\n"
    first, second = rows(hearth("complete", "--batch", "-", "--root", str(repository), "--model", "smollm2", stdin=batch))
    assert (first["id"], first["text"]) == (1, answer["text"])
    assert "line 999" in second["error"]


@pytest.mark.embedded
def test_the_model_that_settings_name_is_the_one_that_is_examined(hearth: Run, tmp_path: Path, weights: Path) -> None:
    own = tmp_path / "own.gguf"
    own.symlink_to(weights / WEIGHTS["smollm2"].file)
    write_config(tmp_path, f'[model]\nname = "{own}"\n')
    (found,) = rows(hearth("models", "probe", "--json"))
    assert found["name"] == str(own)
    assert 0 < found["writes_per_second"] < 100_000, "the whole answer was timed, not its first word"


def test_stats_are_drawn_told_and_deleted(hearth: Run, tmp_path: Path) -> None:
    empty = hearth("stats")
    assert empty.returncode == 0
    assert "No suggestions" in empty.stdout
    file = tmp_path / "state" / "hearth" / "ledger.sqlite"
    rows = [
        Entry(number, "qwen:1b", "ollama", "python", taken=number % 2, answers=2, total_ms=90.0 * number) for number in range(9)
    ]
    assert Store(file).write(rows)
    drawn = hearth("stats").stdout
    for words in ("9 suggestions", "44 % of them taken", "qwen:1b (ollama)", "█", "400 to 800 ms"):
        assert words in drawn
    told = json.loads(hearth("stats", "--json", "--days", "7").stdout)
    assert told["all"]["taken_partly"] == 4
    assert told["models"][0]["model"] == "qwen:1b (ollama)"
    assert {"file", "days_asked", "all", "models", "languages", "days"} == set(told)
    assert hearth("stats", "--clear").returncode == 0
    assert not file.exists()
    assert hearth("stats", "--days", "0").returncode == 2

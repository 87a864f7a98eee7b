"""The commands and their options, as `--help` shows them. Each body is a few lines: the work is in the neighbouring files, each
loaded by the command that needs it, because all of them take a third of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indexer.errors import IndexerError
from lsp_server import __version__
from lsp_server.cli import console
from lsp_server.errors import HearthError, UsageError

app = typer.Typer(
    name="lsp_server",
    help="Hearth: ghost text and repository search from models on your own machine. Nothing leaves it.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(help="List, fetch and examine models.", no_args_is_help=True)
app.add_typer(model_app, name="models")

Json = Annotated[bool, typer.Option("--json", help="Print JSON in the shape that docs/cli.md documents.")]
Root = Annotated[Path | None, typer.Option("--root", help="The indexed folder. Default: the nearest one at or above here.")]
Batch = Annotated[
    Path | None, typer.Option("--batch", metavar="FILE.jsonl", help="Answer many requests, one JSON line each; - is stdin.")
]
Backend = Annotated[
    str | None, typer.Option("--backend", help="ollama, embedded or openai_compatible, instead of the setting.")
]
Model = Annotated[str | None, typer.Option("--model", help="The model, instead of the setting.")]


def program(argv: list[str]) -> int:
    """Run a command line; returns the exit code."""
    console.take_any_encoding()
    try:
        app(argv, prog_name="lsp_server")
    except (HearthError, IndexerError) as error:
        return console.explain(error)
    except OSError as error:  # a folder that may not be looked into, a disk that went away
        if error.filename is None and isinstance(error, FileNotFoundError):  # what asking for the current folder raises
            return console.explain(HearthError("The folder you are in is gone: it was moved or deleted.", "Go to another one."))
        return console.explain(HearthError(f"{error.filename or 'The file system'}: {error.strerror or error}."))
    except KeyboardInterrupt:
        console.err.print("Stopped.")
        return console.STOPPED
    except SystemExit as stop:  # Typer's own end: it has printed usage errors already
        return stop.code if isinstance(stop.code, int) else console.FAILED
    return console.DONE


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        console.out.print(f"hearth-lsp {__version__}")
        raise typer.Exit


@app.command("serve")
def _serve(
    stdio: Annotated[bool, typer.Option("--stdio", help="Speak on standard input and output. The default.")] = False,
    tcp: Annotated[
        str | None, typer.Option("--tcp", metavar="[HOST:]PORT", help="Wait for one client on a port of this machine.")
    ] = None,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error, on stderr.")] = "warning",
) -> None:
    """Run the language server: on stdio, as editors start it, or with [b]--tcp PORT[/b] on this machine only."""
    # Only to be read: `__main__` starts a server without these libraries, by the same options in `app`.
    from lsp_server.app import run

    where = ["--tcp", tcp] if tcp else ["--stdio"] if stdio else []
    raise typer.Exit(run([*where, "--log-level", log_level]))


@app.command("index")
def _index(
    path: Annotated[Path, typer.Argument(help="The repository to index.")] = Path(),
    embedder: Annotated[str | None, typer.Option(help="static, ollama:NAME or sentence-transformers:NAME_OR_PATH.")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Forget what is there and build from nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Then follow changes until Ctrl-C.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also a whole home folder, without being asked.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Look whether the index is whole; change nothing.")] = False,
    stats: Annotated[bool, typer.Option("--stats", help="Say what the index holds; change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Index a repository. A second run touches only what changed."""
    from lsp_server.cli import index, upkeep

    if (watch or rebuild) + check + stats > 1:
        raise UsageError("Give one of --watch, --check and --stats; --rebuild goes with --watch.")
    if check or stats:
        raise typer.Exit((upkeep.check if check else upkeep.stats)(path, embedder, as_json))
    code = index.build(path, embedder, as_json, rebuild=rebuild, agreed=yes)
    raise typer.Exit(upkeep.watch(path, embedder, as_json) if watch else code)


@app.command("search")
def _search(
    query: Annotated[str | None, typer.Argument(help="A question, words, or a name.")] = None,
    symbol: Annotated[
        str | None, typer.Option("--symbol", metavar="NAME", help="Where a name is defined and used, exactly as written.")
    ] = None,
    imports: Annotated[str | None, typer.Option("--imports", metavar="FILE", help="What a file imports.")] = None,
    root: Root = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many results at most.")] = 10,
    batch: Batch = None,
    as_json: Json = False,
) -> None:
    """Search an indexed repository by meaning and by words, or for a name."""
    from lsp_server.cli import index

    raise typer.Exit(index.search(index.Wanted(query, symbol, imports, batch), root, k, as_json))


@app.command("complete")
def _complete(
    file: Annotated[Path | None, typer.Argument(help="The file to complete.")] = None,
    line: Annotated[int | None, typer.Option("--line", help="Line of the cursor, from 1.")] = None,
    column: Annotated[int | None, typer.Option("--column", help="Column of the cursor, from 1, in characters.")] = None,
    root: Root = None,
    batch: Batch = None,
    backend: Backend = None,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Show the ghost text for a place in a file, the context it used, and where the time went."""
    from lsp_server.cli import complete as completing

    if file and (line is None or column is None):
        raise UsageError("Where is the cursor? Give --line and --column, both from 1.")
    place = completing.Place(file, line or 0, column or 0)
    raise typer.Exit(completing.run(place, root, batch, backend, model, as_json))


Lines = Annotated[str, typer.Option("--lines", metavar="A:B", help="Lines from 1; one line alone is a cursor.")]
Problem = Annotated[str, typer.Option("--problem", help="What a linter says about the first of the lines.")]


@app.command("actions")
def _actions(
    file: Annotated[Path, typer.Argument(help="The file.")], lines: Lines = "", problem: Problem = "", as_json: Json = False
) -> None:
    """List what can be done at a place in a file."""
    from lsp_server.cli import act

    raise typer.Exit(act.show_offers(file, lines, problem, as_json))


@app.command("action")
def _action(
    action: Annotated[str, typer.Argument(metavar="ID", help="explain, simplify, document, tests, ... or one of your own.")],
    file: Annotated[Path, typer.Argument(help="The file.")],
    lines: Lines = "",
    instruction: Annotated[str, typer.Option("--instruction", help="What [b]refactor[/b] is to do.")] = "",
    problem: Problem = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write the edit to disk.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print the edit as a diff and nothing else.")] = False,
    root: Root = None,
    backend: Backend = None,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Explain, rewrite, document, test or fix code. An edit is shown, and written with [b]--apply[/b]."""
    from lsp_server.cli import act

    asked = act.Asked(action, file, lines, instruction, problem)
    raise typer.Exit(act.act(asked, act.Options(root, backend, model, apply, diff, as_json)))


@app.command("ask")
def _ask(
    question: Annotated[str, typer.Argument(help="A question about the repository.")],
    root: Root = None,
    backend: Backend = None,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Answer a question from an indexed repository, with the places it was answered from."""
    from lsp_server.cli import act

    raise typer.Exit(act.ask(question, act.Options(root, backend, model, as_json=as_json)))


@model_app.command("list")
def _models_list(as_json: Json = False) -> None:
    """List every model on this machine that Hearth can use, and what it would choose."""
    from lsp_server.cli import models

    raise typer.Exit(models.show_all(as_json))


@model_app.command("pull")
def _models_pull(
    name: Annotated[str, typer.Argument(help="smollm2 or gemma3:270m for the embedded runner, or any model of Ollama's.")],
    backend: Annotated[str, typer.Option(help="embedded or ollama. Default: embedded for the names it knows.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Accept the model's terms without being asked.")] = False,
) -> None:
    """Fetch a model. This, and nothing else, reaches beyond this machine."""
    from lsp_server.cli import models

    raise typer.Exit(models.pull(name, backend, yes))


@model_app.command("probe")
def _models_probe(
    name: Annotated[str | None, typer.Argument(help="Default: the model that Hearth would choose.")] = None,
    backend: Backend = None,
    as_json: Json = False,
) -> None:
    """Ask a model what it can do: fill in the middle, how fast it reads and writes, whether it keeps what it read."""
    from lsp_server.cli import models

    raise typer.Exit(models.probe(name, backend, as_json))


@app.command("doctor")
def _doctor(root: Root = None, as_json: Json = False) -> None:
    """Check everything ghost text needs, and say what to do about what is missing."""
    from lsp_server.cli import health

    raise typer.Exit(health.doctor(root, as_json))


@app.command("stats")
def _stats(
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="Of how many days.")] = 30,
    clear: Annotated[bool, typer.Option("--clear", help="Delete all figures instead.")] = False,
    as_json: Json = False,
) -> None:
    """Show what became of the suggestions: how often they are taken, how fast they come, what is reused."""
    from lsp_server.cli import stats

    raise typer.Exit(stats.stats(days, clear, as_json))


@app.command("settings")
def _settings(
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the documentation page.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print a JSON Schema of the settings.")] = False,
) -> None:
    """Show every setting, its value, and where to change it."""
    from lsp_server.cli import health

    raise typer.Exit(health.settings(as_json, markdown, schema))

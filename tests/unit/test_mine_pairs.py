"""Which comments become training pairs, as small files in several languages. Trains nothing."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.bench.embedding.fetch_packages import is_permissive
from tests.bench.embedding.mine_pairs import EXCLUDED, SKIPPED, pairs_of

FILES = {
    "a.py": '''
        def reopen(path, mode):
            """Open the file again.

            Later paragraphs say more than a question would.
            """
            handle = cache.pop(path).close()
            return handle.reopened(path, mode)
        ''',
    "a.go": """
        // Open the file again.
        func reopen(path string, mode int) (*Handle, error) {
            handle := cache.pop(path).close()
            return handle.reopened(path, mode), nil
        }

        func other() { unrelated(1, 2, 3) }
        """,
    "a.java": """
        /**
         * <p>Open the {@link File} again.
         * @param path where the file is
         */
        @Nullable
        public Handle reopen(String path, int mode) {
            return cache.pop(path).closeAndReturnHandle().reopened(path, mode);
        }
        """,
    "a.rs": """
        /// Open the file again.
        #[inline]
        pub fn reopen(path: &Path, mode: Mode) -> Result<Handle> {
            let handle = cache.pop(path).close()?;
            handle.reopened(path, mode)
        }
        """,
    "a.rb": """
        # Open the file again.
        def reopen(path, mode)
          handle = cache.pop(path).close
          handle.reopened(path, mode, buffering, encoding)
        end
        """,
    "a.lua": """
        --- Open the file again.
        function reopen(path, mode)
          local handle = cache.pop(path):close()
          return handle:reopened(path, mode, buffering)
        end
        """,
    "a.ex": '''
        @doc """
        Open the file again.
        """
        def reopen(path, mode) do
          handle = Cache.pop(path) |> close(timeout)
          reopened(handle, path, mode)
        end
        ''',
}


@pytest.mark.parametrize("path", FILES)
def test_a_comment_and_the_code_below_it(path: str) -> None:
    pairs = list(pairs_of(path, dedent(FILES[path]).lstrip("\n")))
    assert [(pair.name, pair.comment.replace("File", "file")) for pair in pairs] == [("reopen", "Open the file again.")]
    assert "reopened(" in pairs[0].code
    assert "Open the" not in pairs[0].code
    assert "unrelated" not in pairs[0].code


@pytest.mark.parametrize(
    "comment",
    [
        "Copyright 2020 by somebody who wrote this",
        "return handle.reopened(path, mode);",
        "too short",
        "----------------------------------------",
        "TODO open the file again some day",
    ],
)
def test_what_is_not_prose_about_code_is_no_pair(comment: str) -> None:
    assert not list(pairs_of("a.go", f"// {comment}\n" + "\n".join(dedent(FILES["a.go"]).split("\n")[2:])))


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("pip/_vendor/requests/api.py", EXCLUDED),
        ("deps/uv/src/loop.c", EXCLUDED),
        ("node_modules/express/lib/router.js", EXCLUDED),
        ("include/spdlog/fmt/core.h", EXCLUDED),
        ("pkg/zz_generated.deepcopy.go", SKIPPED),
        ("src/test/Thing.java", SKIPPED),
        ("dist/lib.min.js", SKIPPED),
    ],
)
def test_what_is_measured_on_or_generated_is_not_learnt_from(path: str, left_out: object) -> None:
    assert left_out.search(path)  # type: ignore[attr-defined]
    assert not EXCLUDED.search("src/formatting/expression.py")
    assert not SKIPPED.search("src/latest/contest.py")


def test_licences_that_leave_a_permissive_choice() -> None:
    assert is_permissive("MIT")
    assert is_permissive("Apache-2.0 OR GPL-2.0-or-later")
    assert is_permissive("ISC AND Apache-2.0 AND MIT")
    assert not is_permissive("GPL-3.0-only")
    assert not is_permissive("MIT AND LGPL-2.1")

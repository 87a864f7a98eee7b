"""Which files an import means: a tree of files, who imports, what is written, what is meant."""

from __future__ import annotations

import pytest

from indexer.records import Import
from indexer.resolving import Repository

PACKAGES = {
    "java/src/main/java/org/a/Shelf.java": "org.a",
    "java/src/main/java/org/a/Book.java": "org.a",
    "java/src/test/java/org/a/ShelfTest.java": "org.a",
    "go.mod": "example.org/lib",
    "tools/go.mod": "example.org/lib/tools",
    "php/src/Shelf.php": "Lib\\Shelves",
    "cs/Shelf.cs": "Lib.Shelves",
}
FILES = """
setup.py src/pkg/__init__.py src/pkg/core.py src/pkg/sub/__init__.py src/pkg/sub/leaf.py src/pkg/sub/other.py
scripts/run.py scripts/helper.py tests/test_core.py other/pkg2/__init__.py other/pkg2/core.py json/encoder.py lib/bare/leaf.py
web/app.ts web/lib/index.ts web/lib/shelf.ts web/lib/card.tsx web/lib/old.js web/types.d.ts
shelf/shelf.go shelf/add.go shelf/shelf_test.go main.go tools/gen/gen.go
crate/src/lib.rs crate/src/a.rs crate/src/a/b.rs crate/src/c/mod.rs crate/src/c/d.rs my-crate/src/lib.rs my-crate/src/x.rs
c/src/main.c c/src/local.h c/include/lib/api.h c/include/top.h
rb/lib/shelf/book.rb rb/lib/shelf.rb
lua/shelf/init.lua lua/shelf/book.lua hs/src/Data/Shelf.hs z/a.zig z/b/c.zig sh/a.sh sh/b.sh
"""
REPOSITORY = Repository(dict.fromkeys(FILES.split(), "") | PACKAGES)


@pytest.mark.parametrize(
    ("language", "path", "written", "meant"),
    [
        ("python", "tests/test_core.py", "pkg.core", "src/pkg/core.py"),
        ("python", "tests/test_core.py", "pkg", "src/pkg/__init__.py"),
        ("python", "tests/test_core.py", "pkg.sub: leaf", "src/pkg/sub/leaf.py"),
        ("python", "tests/test_core.py", "pkg.sub: leaf Name", "src/pkg/sub/__init__.py src/pkg/sub/leaf.py"),
        ("python", "src/pkg/sub/leaf.py", ".other: x", "src/pkg/sub/other.py"),
        ("python", "src/pkg/sub/leaf.py", ".: other", "src/pkg/sub/other.py"),
        ("python", "src/pkg/sub/leaf.py", "..core: f", "src/pkg/core.py"),
        ("python", "src/pkg/sub/leaf.py", ".....core", ""),
        ("python", "src/pkg/sub/leaf.py", "other", ""),  # not beside it: Python 3 has no implicit relative import
        ("python", "scripts/run.py", "helper", "scripts/helper.py"),
        ("python", "setup.py", "os.path", ""),
        ("python", "setup.py", "json.encoder", ""),  # Python's own
        ("python", "setup.py", "other.pkg2.core", "other/pkg2/core.py"),
        ("python", "web/x.py", "bare: leaf", "lib/bare/leaf.py"),  # an empty __init__.py is not indexed
        ("python", "web/x.py", "bare", ""),
        ("typescript", "web/app.ts", "./lib", "web/lib/index.ts"),
        ("typescript", "web/app.ts", "./lib/shelf.js", "web/lib/shelf.ts"),
        ("tsx", "web/lib/card.tsx", "../types", "web/types.d.ts"),
        ("javascript", "web/lib/old.js", "./card", "web/lib/card.tsx"),
        ("javascript", "web/lib/old.js", "react", ""),
        ("javascript", "web/lib/old.js", "../../../../x", ""),
        ("go", "main.go", "example.org/lib/shelf", "shelf/shelf.go shelf/add.go"),
        ("go", "main.go", "example.org/lib/tools/gen", "tools/gen/gen.go"),
        ("go", "main.go", "fmt", ""),
        ("go", "main.go", "example.org/library", ""),
        ("rust", "crate/src/lib.rs", "self::a", "crate/src/a.rs"),
        ("rust", "crate/src/c/d.rs", "crate::a::b: Name", "crate/src/a/b.rs"),
        ("rust", "crate/src/c/d.rs", "crate::a: b", "crate/src/a/b.rs"),
        ("rust", "crate/src/c/d.rs", "super: Name", "crate/src/c/mod.rs"),
        ("rust", "crate/src/c/d.rs", "super::super::a: Name", "crate/src/a.rs"),
        ("rust", "crate/src/c/mod.rs", "self::d", "crate/src/c/d.rs"),
        ("rust", "crate/src/a.rs", "crate: Name", "crate/src/lib.rs"),
        ("rust", "crate/src/a.rs", "my_crate::x: Name", "my-crate/src/x.rs"),
        ("rust", "crate/src/a.rs", "std::fmt", ""),
        ("java", "java/src/main/java/org/a/Book.java", "org.a.Shelf", "java/src/main/java/org/a/Shelf.java"),
        ("java", "java/src/main/java/org/a/Book.java", "org.a.Shelf.add", "java/src/main/java/org/a/Shelf.java"),
        ("java", "x/Y.java", "org.a: *", " ".join(path for path, name in PACKAGES.items() if name == "org.a")),
        ("java", "x/Y.java", "java.util.List", ""),
        ("php", "x.php", "Lib\\Shelves\\Shelf", "php/src/Shelf.php"),
        ("csharp", "x.cs", "Lib.Shelves", "cs/Shelf.cs"),
        ("c", "c/src/main.c", "local.h", "c/src/local.h"),
        ("c", "c/src/main.c", "<lib/api.h>", "c/include/lib/api.h"),
        ("c", "c/src/main.c", "<top.h>", "c/include/top.h"),
        ("c", "c/src/main.c", "<stdio.h>", ""),
        ("ruby", "rb/lib/shelf.rb", "shelf/book", "rb/lib/shelf/book.rb"),
        ("ruby", "rb/lib/shelf/book.rb", "../shelf", "rb/lib/shelf.rb"),
        ("lua", "lua/main.lua", "shelf", "lua/shelf/init.lua"),
        ("lua", "lua/main.lua", "shelf.book", "lua/shelf/book.lua"),
        ("haskell", "hs/app/Main.hs", "Data.Shelf", "hs/src/Data/Shelf.hs"),
        ("zig", "z/a.zig", "b/c.zig", "z/b/c.zig"),
        ("bash", "sh/a.sh", "./b.sh", "sh/b.sh"),
        ("swift", "a.swift", "Foundation", ""),
    ],
)
def test_an_import_means(language: str, path: str, written: str, meant: str) -> None:
    module, _, names = written.partition(": ") if not written.startswith("crate: ") else ("crate", "", "Name")
    one = Import(module, tuple(names.split()), 1)
    assert REPOSITORY.resolve(one, path, language) == tuple(meant.split())


def test_anything_that_is_written_is_survived() -> None:
    for language in ("python", "rust", "go", "java", "php", "c", "ruby", "lua", "typescript", "zig"):
        for module in ("", ".", "/", "..", "::", "\\", "<>", "../../../..", "a//b", "💥"):
            assert isinstance(REPOSITORY.resolve(Import(module, ("", "*"), 1), "a", language), tuple)

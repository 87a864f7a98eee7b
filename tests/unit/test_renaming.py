"""Which names may be changed, drawn as code in which each name that begins with `old` is to begin with `new`."""

from __future__ import annotations

import re

import pytest

from indexer.languages import parse
from lsp_server.actions.records import Refusal, Span
from lsp_server.actions.renaming import only_names
from lsp_server.actions.scoping import SCOPINGS
from lsp_server.actions.tokens import Part

LOCAL = {
    "python": """
        def f(a, b=1):
            old_x = a
            old_p, (old_q, *old_r) = b
            for old_i, old_j in old_x:
                old_s: int = old_i + a.old_i  # what old_i is worth
            with open(old_x) as old_h, lock() as (old_m, old_n):
                old_h.write(f"{old_x!r:>{old_p}} \\n")
            try:
                old_x += 1
            except KeyError as old_e:
                raise a from old_e
            if (old_v := old_q):
                return sorted(old_r, key=lambda old_z: old_z + old_v)
            return {old_k: [old_c for old_c in old_w] for old_k, old_w in a}, g(old_x=old_x), (old_m, old_n, old_j, old_s)
        """,
    "javascript": """
        function f(a) {
          const old_x = a, { p: old_p, ...old_rest } = a, [old_t, ...old_u] = old_x;
          for (const old_i of old_x) { g(old_i, old_p); }
          for (let old_j = 0; old_j < 3; old_j++) { old_x.old_j = `${old_j} ${old_u}`; }
          try { g(); } catch (old_e) { g(old_e); }
          const old_h = (old_z, old_w = 1) => old_z + old_w;
          return { old_x: old_x, q: old_h(old_t, old_rest) };
        }
        """,
    "typescript": """
        function f(a: A): B {
          let old_x: A = a, old_y;
          const old_h = (old_z: A, old_w?: B) => old_z as B;
          const old_k = old_q => old_q;
          const old_g = function (old_n: number) { return old_n; };
          return old_h(old_x, old_y) && old_k(old_g);
        }
        """,
    "tsx": """
        function F(a: A) {
          const old_x = a.old_x;
          return <p title={old_x}>{old_x.map((old_i) => <b>{old_i}</b>)}</p>;
        }
        """,
    "go": """
        package a

        func f(a []int) error {
        \told_x, old_err := g(a)
        \tvar old_y, old_z int = 1, 2
        \tfor old_i, old_v := range a {
        \t\tg(old_i, old_v, old_x.old_v)
        \t}
        \tfor old_j := 0; old_j < 3; old_j++ {
        \t\told_y += old_j
        \t}
        \tif old_e := g(old_x); old_e != nil {
        \t\treturn old_e
        \t}
        \tswitch old_t := old_z.(type) {
        \tcase int:
        \t\tg(old_t)
        \t}
        \told_h := func(old_q int) int { return old_q }
        \tg(old_h, old_y)
        \treturn old_err
        }
        """,
    "rust": """
        fn f(a: Option<u8>) -> u8 {
            let old_x = a;
            let (old_p, mut old_q) = g(old_x);
            for old_i in 0..3 { old_q += old_i; }
            if let Some(old_v) = old_x { old_q = old_v; }
            let old_h = |old_z: u8, old_w| old_z + old_w;
            match old_x {
                Some(old_m) if old_m > 1 => old_m,
                None => { println!("{}", old_p); old_h(1, old_q) }
            }
        }
        """,
    "java": """
        class A {
          int f(int a) {
            int old_x = a, old_y;
            old_y = this.old_y + old_x;
            for (int old_i = 0; old_i < 3; old_i++) { g(old_i); }
            for (String old_s : names) { g(old_s); }
            try (R old_r = open()) { g(old_r); } catch (E old_e) { throw old_e; }
            return g((old_p, old_q) -> old_p + old_q, old_z -> old_z, old_y);
          }
        }
        """,
    "c": """
        int f(int a)
        {
        \tint old_x = a, *old_p = &old_x, old_b[3];
        \tfor (int old_i = 0; old_i < 3; old_i++)
        \t\told_b[old_i] = *old_p;
        \tstruct S old_s = { .old_x = old_x };
        \treturn old_s.old_x;
        }
        """,
    "cpp": """
        int f(int a)
        {
          auto& old_r = a;
          auto [old_u, old_v] = g(old_r);
          for (auto& old_e : old_u) { g(old_e, old_v); }
          auto old_l = [old_v](int old_q) { return old_q + old_v; };
          try { g(); } catch (const E& old_e2) { g(old_e2); }
          return old_l(1);
        }
        """,
    "csharp": """
        class A {
          int F(int a) {
            var old_x = a; int old_y = 1;
            foreach (var old_i in names) { G(old_i); }
            for (int old_j = 0; old_j < 2; old_j++) { G(old_j); }
            try { G(); } catch (E old_e) { G(old_e); }
            return G(x: old_x, old_q => old_q + 1, (int old_p) => old_p, $"{old_y}", new P { old_x = 1 });
          }
        }
        """,
    "kotlin": """
        fun f(a: Int): Int {
          val old_x = a
          var (old_p, old_q) = g(old_x)
          for (old_i in a) { g(old_i) }
          try { g() } catch (old_e: E) { g(old_e) }
          val old_h = { old_z: Int, old_w -> old_z + old_w }
          return g(x = old_x, "$old_p ${old_q}", old_h)
        }
        """,
    "swift": """
        func f(a: Int) -> Int {
          let old_x = a
          for old_i in a { g(old_i) }
          let old_h = { (old_z: Int, old_w) in old_z }
          if let old_y = g(old_x) { g(old_y) }
          guard let old_n = g(old_x) else { return 1 }
          return g(x: old_x, "\\(old_n)", old_h)
        }
        """,
    "ruby": """
        def f(a)
          old_x = a
          old_p, old_q = g(old_x)
          a.each { |old_i, (old_j, old_k)| g(old_i, old_j, old_k) }
          a.each do |old_m| old_m.old_p end
          old_h = ->(old_z) { old_z }
          begin
            old_x += 1
          rescue E => old_e
            raise old_e
          end
          g(x: old_x, y: "#{old_q}", z: old_h, w: old_p)
        end
        """,
    "php": """
        <?php
        function f($a) {
          $old_x = $a;
          [$old_p, $old_q] = g();
          foreach ($a as $old_k => $old_v) { g("$old_k {$old_v}"); }
          $old_h = function ($old_z) use ($old_x) { return $old_z + $old_x; };
          try { g(); } catch (E $old_e) { throw $old_e; }
          return g(old_x: $old_x, $a->old_x, $old_h, fn($old_w) => $old_w, $old_p, $old_q);
        }
        """,
    "lua": """
        function f(a)
          local old_x, old_y = a
          for old_i = 1, 3 do g(old_i) end
          for old_k, old_v in pairs(old_x) do g(old_k, old_v) end
          local old_h = function(old_z) return old_z end
          old_y = old_h
          return { old_x = old_x, a.old_y, old_y }
        end
        """,
}

NOT_LOCAL = [
    ("python", "def f():\n    global old\n    old = 1\n"),
    ("python", "def f():\n    import old\n    old = old.wrap()\n"),
    ("python", "def f():\n    from a import b as old\n    old = 1\n"),
    ("python", "def f():\n    def g(old=1):\n        return old\n    return g(2)\n"),
    ("python", "def f():\n    class A:\n        old = 1\n    return A\n"),
    ("python", "def f():\n    old = 1\n    return f'{old=}'\n"),
    ("python", "def f():\n    old = 1\n    return '{old}'.format(**locals())\n"),
    ("python", "def f(a):\n    match a:\n        case [old]:\n            old = 1\n"),
    ("python", "def f(a):\n    return [old for old in a] + old(a)\n"),
    ("python", "def f(a):\n    return [old for old in old]\n"),
    ("python", "def f(a):\n    return old + 1\n"),
    ("python", "def f(old):\n    old = 1\n    return old\n"),
    ("javascript", "function f(a) {\n  old = a;\n  return old;\n}\n"),
    ("javascript", "function f(a) {\n  for (old of a) { g(old); }\n}\n"),
    ("javascript", "function f(a) {\n  const old = a;\n  return { old };\n}\n"),
    ("javascript", "function f(a) {\n  const { old } = a;\n  return old;\n}\n"),
    ("javascript", "function f(a) {\n  { const old = a; g(old); }\n  return old;\n}\n"),
    ("javascript", "function f(a) {\n  const old = a;\n  return eval(a);\n}\n"),
    ("go", "package a\n\nfunc f(a int) {\n\told = old + a\n}\n"),
    ("go", "package a\n\nfunc f(a int) {\n\told := old + a\n\tg(old)\n}\n"),
    ("go", "package a\n\nfunc f(a int) T {\n\told := a\n\treturn T{old: old}\n}\n"),
    ("rust", "fn f(a: u8) -> P {\n    let old = a;\n    P { old }\n}\n"),
    ("rust", "fn f(p: P) -> u8 {\n    let P { old } = p;\n    old\n}\n"),
    ("rust", 'fn f(a: u8) {\n    let old = a;\n    println!("{old}");\n}\n'),
    ("java", "class A {\n  void f(int a) {\n    old = old + a;\n  }\n}\n"),
    ("java", "class A {\n  void f(int a) {\n    { int old = a; }\n    old = a;\n  }\n}\n"),
    ("java", "class A {\n  B f() {\n    return new B() {\n      int old = 1;\n      int g() { return old; }\n    };\n  }\n}\n"),
    ("c", "void f(int a)\n{\n\told = old + a;\n}\n"),
    ("c", "void f(int a)\n{\n\textern int old;\n\told = a;\n}\n"),
    ("c", "int f(int a)\n{\n\tint b[old];\n\treturn old;\n}\n"),
    ("cpp", "void A::f(int a)\n{\n  old = old + a;\n}\n"),
    ("csharp", "class A {\n  void F(int a) {\n    old = old + a;\n  }\n}\n"),
    ("csharp", "class A {\n  object F(int a) {\n    var old = a;\n    return new { old };\n  }\n}\n"),
    ("csharp", "class A {\n  string F(int a) {\n    var old = a;\n    return nameof(old);\n  }\n}\n"),
    ("kotlin", "class A {\n  fun f(a: Int) {\n    old = old + a\n  }\n}\n"),
    ("kotlin", "class A {\n  fun f(a: Int) {\n    val old = old + a\n    g(old)\n  }\n}\n"),
    ("kotlin", "class A {\n  fun f() {\n    for (old in old) { g(old) }\n  }\n}\n"),
    ("swift", "class A {\n  func f(a: Int) {\n    old = old + a\n  }\n}\n"),
    ("swift", "class A {\n  func f() {\n    if let old = old { g(old) }\n  }\n}\n"),
    ("swift", "class A {\n  func f() {\n    if let old { g(old) }\n  }\n}\n"),
    ("ruby", "def f(a)\n  g(old)\n  old = a\nend\n"),
    ("ruby", "def f(a)\n  old = a\n  g(old:)\nend\n"),
    ("ruby", "def f(a)\n  @old = a\n  @old\nend\n"),
    ("php", "<?php\nfunction f($a) {\n  global $old;\n  $old = $a;\n}\n"),
    ("php", "<?php\nfunction f($a) {\n  A::$old = $a;\n}\n"),
    ("php", "<?php\nfunction f($a) {\n  $old = $a;\n  return compact('old');\n}\n"),
    ("lua", "function f(a)\n  old = old + a\n  return old\nend\n"),
    ("bash", "f() {\n  old=1\n  echo $old\n}\n"),
]  # fmt: skip

MORE = [
    ("python", "def f(a):\n    if a:\n        y = 1\n        g(y)\n", "def f(a):\n    if a:\n        z = 1\n    g(z)\n"),
    ("python", "def f(a):\n    x = (a,)\n    return x\n", "def f(a):\n    y = (a)\n    return y\n"),
    ("python", "def f(a):\n    x = 'a\\n'\n    return x\n", "def f(a):\n    y = 'b\\n'\n    return y\n"),
    ("python", "def f(a):\n    x = a  # why\n    return x\n", "def f(a):\n    y = a\n    return y\n"),
    ("python", "def f(a):\n    x = a  # why x\n    return x\n", "def f(a):\n    y = a  # because\n    return y\n"),
    ("python", "def f(a):\n    x = a\n    return x\n", "def f(a):\n    X = a\n    return X\n"),
    ("python", "def f(a):\n    x = a\n    return x\n", "def f(a):\n    a = a\n    return a\n"),
    ("python", "def f(a):\n    x = 1\n    y = 2\n    return x\n", "def f(a):\n    z = 1\n    z = 2\n    return z\n"),
    ("python", "def f(a):\n    x = a\n    return x\n", "def f(a):\n    y = a\n    return x\n"),
    ("python", "def f(a):\n    x = 'a' 'b'\n    return x\n", "def f(a):\n    y = 'ab'\n    return y\n"),
    ("python", "def f(a):\n    x = a\n    return x +\n", "def f(a):\n    y = a\n    return y +\n"),
    ("javascript", "function f(a) {\n  let x = a;\n  return x;\n}\n", "function f(a) {\n  let y = a;\n  return\n  y;\n}\n"),
    ("go", "package a\n\nfunc f(a int) {\n\tx := a\n\tg(x)\n}\n", "package a\n\nfunc f(a int) {\n\t_ := a\n\tg(_)\n}\n"),
]  # fmt: skip


_MENTION = re.compile(r"(?<!(?<!\.)\.)(?<!a->)(?<![({] (?=old_x:))(?<!\{ (?=old_x =))(?<!\((?=old_x[:=]))old(?=_)")
"""A variable, and neither a member nor the name of an argument."""


def judged(language: str, before: str, after: str) -> Refusal | None:
    trees = parse(before, language), parse(after, language)
    assert trees[0] is not None
    assert trees[1] is not None
    assert before != after
    parts = [Part(text, tree, Span(0, len(text))) for text, tree in zip((before, after), trees, strict=True)]
    return only_names(*parts, language)


def drawn(picture: str) -> str:
    lines = picture.strip("\n").split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[margin:] for line in lines).rstrip() + "\n"


@pytest.mark.parametrize("language", SCOPINGS)
def test_every_local_variable_may_have_another_name(language: str) -> None:
    before = drawn(LOCAL[language])
    tree = parse(before, language)
    assert tree is not None
    assert not tree.root_node.has_error
    after = _MENTION.sub("new", before)
    assert judged(language, before, after) is None


@pytest.mark.parametrize(("language", "before"), NOT_LOCAL)
def test_a_name_that_is_known_elsewhere_stays(language: str, before: str) -> None:
    assert judged(language, before, before.replace("old", "new")) is not None


@pytest.mark.parametrize(("language", "before", "after"), MORE)
def test_everything_but_the_names_stays(language: str, before: str, after: str) -> None:
    assert judged(language, before, after) is not None

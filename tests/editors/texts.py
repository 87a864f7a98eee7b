"""What the reciting model knows by heart. Each test opens a file with a beginning of one of these and types on."""

from __future__ import annotations

from pathlib import Path

TOTAL = '''\
def total(prices):
    """Sum them up."""
    return sum(prices)
'''

AREA = '''\
def area(width, height):
    """The area of a rectangle, none for lengths below zero."""
    if width < 0 or height < 0:
        return 0
    result = width * height
    return result
'''

GREETING = '''\
def greet(name):
    """Say hello. 🙂"""
    message = "🙂 hello, " + name + "!"
    return message
'''

CALL = '''\
def shout(word):
    """Print it loudly."""
    print(word.upper(), flush=True)
'''

KNOWN = "\n\n".join([TOTAL, AREA, GREETING, CALL])


def upto(text: str, end: str) -> str:
    """The text up to and with the first place where `end` stands."""
    return text[: text.index(end) + len(end)]


def long_enough_to_see(project: Path) -> None:
    """Files whose indexing takes some seconds, so that its progress can be watched."""
    project.mkdir(exist_ok=True)
    for number in range(50):
        parts = [KNOWN.replace("def ", f"def n{number}_{part}_") for part in range(60)]
        (project / f"part{number}.py").write_text("\n\n".join(parts))

"""Where the user worked last: newest first, never the document itself, nothing secret."""

from lsp_server.completion.recent import DOCUMENTS, Recent
from lsp_server.documents import DocumentSnapshot


def noted(recent: Recent, name: str, picture: str) -> None:
    before, after = picture.split("ˇ")
    recent.note(DocumentSnapshot(f"file:///{name}", name, None, "python", 1, before + after), len(before))


def test_the_newest_place_of_every_other_document() -> None:
    recent = Recent()
    noted(recent, "a.py", "one = 1ˇ\n")
    noted(recent, "b.py", "two = 2ˇ\n")
    noted(recent, "a.py", "one = 1\nthree = 3ˇ\n")
    noted(recent, "c.py", "four = 4ˇ\n")
    assert [(hit.path, hit.text) for hit in recent.elsewhere("file:///c.py")] == [
        ("a.py", "one = 1\nthree = 3"),
        ("b.py", "two = 2"),
    ]


def test_a_place_is_some_lines_and_only_so_many_are_kept() -> None:
    recent = Recent()
    noted(recent, "long.py", "\n".join(f"x{number} = {number}" for number in range(100)) + "ˇ\nbelow = 1\n")
    assert recent.elsewhere("")[0].text.split("\n")[0] == "x87 = 87"
    assert recent.elsewhere("")[0].start_line == 88
    for number in range(3 * DOCUMENTS):
        noted(recent, f"{number}.py", "x = 1ˇ")
    assert len(recent.elsewhere("")) == DOCUMENTS


def test_credentials_are_not_shown() -> None:
    recent = Recent()
    noted(recent, "keys.py", 'TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"ˇ\n')
    assert "16C7e42F292c69" not in recent.elsewhere("")[0].text

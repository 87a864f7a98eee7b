"""Where the user worked last: newest first, never the document itself, nothing secret."""

from lsp_server.completion.recent import DOCUMENTS, OPENED, Recent
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


def opened(name: str, text: str, version: int = 1) -> DocumentSnapshot:
    return DocumentSnapshot(f"file:///{name}", name, None, "python", version, text)


BILLS = """import decimal

def total_of_bill(bill, discount):
    net_price = sum(line.price for line in bill.lines)
    return net_price - discount
"""
UNLIKE = "".join(f"alpha_{number} = beta_{number}\n" for number in range(40))
WRITTEN = "def total_of_order(order, discount):\n    net_price = sum(line.price for line in order.lines)\n    "


def test_of_what_is_only_opened_the_part_like_the_code_at_the_cursor() -> None:
    recent = Recent()
    here = opened("orders.py", WRITTEN)
    recent.note(here, len(WRITTEN), [opened("bills.py", UNLIKE + BILLS + UNLIKE), opened("other.py", UNLIKE), here])
    (found,) = recent.elsewhere(here.uri, WRITTEN)
    assert (found.path, "return net_price - discount" in found.text) == ("bills.py", True)
    assert found.text in UNLIKE + BILLS + UNLIKE
    assert (UNLIKE + BILLS + UNLIKE).split("\n")[found.start_line - 1] == found.text.split("\n")[0]


def test_places_worked_at_come_before_what_is_only_open_and_nothing_comes_twice() -> None:
    recent = Recent()
    bills, here = opened("bills.py", BILLS), opened("orders.py", WRITTEN)
    noted(recent, "edited.py", "edited = 1ˇ\n")
    recent.note(here, len(WRITTEN), [bills, here])
    assert [hit.path for hit in recent.elsewhere(here.uri, WRITTEN)] == ["edited.py", "bills.py"]
    recent.note(bills, len(BILLS), [bills, here])
    recent.note(here, len(WRITTEN), [bills, here])
    assert [hit.path for hit in recent.elsewhere(here.uri, WRITTEN)] == ["bills.py", "edited.py"]


def test_the_documents_opened_last_are_looked_at_as_they_are_now() -> None:
    recent = Recent()
    here = opened("orders.py", WRITTEN)
    many = [opened(f"{number}.py", BILLS) for number in range(OPENED + 3)]
    recent.note(here, len(WRITTEN), [*many, here])
    assert [hit.path for hit in recent.elsewhere(here.uri, WRITTEN)] == [one.path for one in many[::-1][:OPENED]]
    many[-1] = opened(many[-1].path, UNLIKE, 2)
    recent.note(here, len(WRITTEN), [*many, here])
    assert many[-1].path not in [hit.path for hit in recent.elsewhere(here.uri, WRITTEN)]
    recent.note(here, len(WRITTEN))
    assert recent.elsewhere(here.uri, WRITTEN) == []

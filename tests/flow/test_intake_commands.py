"""`molva sales` and `molva customers`: as a person and as a program runs them."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from storage.database import Database
from tests.flow.command import Ran, molva
from tests.flow.taking_in import REAL_MAP, REAL_MONTH, sale, sizes, write

EXAMPLES = Path(__file__).parents[2] / "examples"
Case = tuple[str | None, tuple[str, ...], int, str]  # text of the file, options, exit status, what is said
RUSSIAN_HEADS = {
    "sale_id": "Номер", "sold_at": "Дата", "customer_id": "Код контрагента", "customer_name": "Контрагент",
    "phone": "Телефон", "email": "Эл. почта", "product": "Номенклатура", "product_group": "Группа",
    "quantity": "Количество", "amount": "Сумма", "store": "Склад", "manager": "Ответственный",
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path, database: Database, database_url: str) -> Path:
    """A configuration in English."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[database]\nurl = "{database_url}"\n[company]\nlanguage = "en"\ncountry = "RU"\n', encoding="utf-8"
    )
    return path


def mapped(heads: dict[str, str]) -> list[str]:
    """--map for each."""
    return [part for field, column in heads.items() for part in ("--map", f"{field}={column}")]


def last_line(ran: Ran) -> str:
    """What the command says last to the person at the terminal."""
    return ran.stderr.strip().splitlines()[-1]


async def test_the_real_month_from_the_command_line(config: Path) -> None:
    ran = await molva(config, "sales", "import", str(REAL_MONTH), *mapped(REAL_MAP), "--json")
    assert ran.status == 0, ran.stderr
    assert json.loads(ran.output) == {
        "read": 42_481, "sales": 1400, "returns": 308, "anonymous_sales": 317, "customers": 948, "updated": 0,
        "unchanged": 0, "no_customer": 15_631, "rejected": 0, "import": 1,
    }  # fmt: skip
    assert ran.stderr.strip().endswith("CSV, UTF-8, delimiter: comma, decimal sign: point, dates: yyyy-mm-dd")
    assert not REAL_MONTH.with_name("online-retail-2010-12.rejects.csv").exists()


async def test_the_samples_come_in_as_their_readme_says(config: Path, database: Database) -> None:
    rejects = ("--rejects", str(config.with_name("rejects.csv")))
    ran = await molva(config, "sales", "import", str(EXAMPLES / "sales.csv"), *rejects, "--json")
    assert (ran.status, json.loads(ran.output)["rejected"]) == (0, 0)
    ran = await molva(config, "customers", "import", str(EXAMPLES / "customers.csv"), *rejects, "--json")
    assert json.loads(ran.output) == {"read": 450, "created": 8, "updated": 442, "unchanged": 0, "rejected": 0}
    shop = ("--encoding", "cp1251", *mapped(RUSSIAN_HEADS), *rejects)  # an English company's code page is another
    ran = await molva(config, "sales", "import", str(EXAMPLES / "sales-1c.csv"), *shop)
    assert (ran.status, "new customers" in ran.output) == (0, True)
    assert "Windows-1251, delimiter: semicolon, decimal sign: comma, dates: day, month, year" in ran.stderr
    assert (await sizes(database))["sale"] == 721 + 40


async def test_rejects_go_beside_the_file_with_line_and_reason(config: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [sale("A"), sale("B", amount="much"), sale("C", sold_at="2099-01-01")])
    path.with_name("sales.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    ran = await molva(config, "sales", "import", str(path) + ".gz", "--json")
    assert json.loads(ran.output)["rejected"] == 2
    rejects = tmp_path / "sales.rejects.csv"
    assert last_line(ran) == f"rejected rows are in {rejects}"
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["3", "amount: this is no number", "B", "2026-11-01 10:00", "7", "much"],
            ["4", "sold_at: the sale is in the future", "C", "2099-01-01", "7", "10"],
        ]


async def test_a_dry_run_leaves_no_trace(config: Path, tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "sales.csv", [sale("A"), sale("B", amount="much")])
    ran = await molva(config, "sales", "import", str(path), "--dry-run", "--json")
    counts = json.loads(ran.output)
    assert (counts["sales"], counts["rejected"], counts["import"]) == (1, 1, None)
    assert set((await sizes(database)).values()) == {0}
    assert not (tmp_path / "sales.rejects.csv").exists()


async def test_past_imports_are_listed_and_taken_back(config: Path, tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "sales.csv", [sale("A")])
    await molva(config, "sales", "import", str(path))
    (listed,) = json.loads((await molva(config, "sales", "imports", "--json")).output)["imports"]
    assert (listed["id"], listed["status"], listed["counts"]["sales"]) == (1, "done", 1)
    assert "sales.csv" in (await molva(config, "sales", "imports")).output
    ran = await molva(config, "sales", "undo", "1", "--json")
    assert json.loads(ran.output) == {"removed": 1, "restored": 0, "customers": 1, "import": 1}
    ran = await molva(config, "sales", "undo", "1")
    assert (ran.status, last_line(ran)) == (1, "molva: import 1 stays: it was taken back before")
    assert (await sizes(database))["sale"] == 0


HEADER = "sale_id;sold_at;customer_id;amount\n"
WRONG: list[Case] = [
    (None, (), 2, "there is no such file"),
    ("", (), 1, "it is empty: the first line has to name the columns"),
    ("a,b\n1,2\n", (), 2, "no column holds sale_id, sold_at, customer_id, amount: name it with --map"),
    ("a,b\n1,2\n", ("--map", "sale=a"), 2, "there is no field sale"),
    ("a,b\n1,2\n", ("--map", "sale_id=aa"), 2, "the file has no column aa. It has these: a, b. Did you mean a?"),
    ("a,b\n1,2\n", ("--map", "sale_id"), 2, "write FIELD=COLUMN"),
    ("a,b\n1,2\n", ("--decimal", "x"), 2, "give point or comma"),
    ("a,b\n1,2\n", ("--delimiter", "xy"), 2, "give comma, semicolon, tab, bar or one sign"),
    ("a,b\n1,2\n", ("--encoding", "klingon"), 2, "--encoding klingon: unknown"),
    ("a,b\n1,2\n", ("--date-format", "soon"), 2, "--date-format soon"),
    ("a,b\n1,2\n", ("--date-format", "%Q"), 2, "--date-format %Q"),
    ("\0" * 5000, (), 1, "this is neither text nor a spreadsheet"),
    ("a\0" + "x" * 5000 + ",b\n1,2\n", (), 2, f"columns: a\\x00{'x' * 55}…, b"),
    (",".join(map(str, range(100))) + "\n1\n", (), 2, "57, 58, 59, …"),
    ("a,b\n1,2\n", ("--rejects", "sales.csv"), 2, "this is the file to be read"),
    (f"{HEADER}A;2026-11-01;7;1,234\n", (), 2, "give --decimal point | comma"),
    (f"{HEADER}A;01/02/2026;7;1\n", (), 2, "give --date-format dmy | mdy"),
    (HEADER + "A;soon;7;1\n" * 30, (), 2, "line 2, column sold_at: “soon”"),
]


@pytest.mark.parametrize("case", WRONG, ids=[said for *_, said in WRONG])
async def test_what_cannot_be_imported_says_in_one_line_what_to_do(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database, case: Case
) -> None:
    text, options, status, said = case
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("sales.csv").write_text(text, encoding="utf-8")
    ran = await molva(config, "sales", "import", "sales.csv", *options)
    assert (ran.status, ran.output) == (status, "")
    assert said in last_line(ran)
    assert set((await sizes(database)).values()) == {0}
    assert not Path("sales.rejects.csv").exists()

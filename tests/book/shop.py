"""The tea shop's customers and sales, and its staff."""

from pathlib import Path
from tempfile import TemporaryDirectory

from scheduler.intake.customers import CustomersFile, import_customers
from scheduler.intake.listening import Listener
from scheduler.intake.sales import SalesFile, import_sales
from tests.book.stage import Stage

ANNA, BORIS, VERA, STRANGER = 1001, 1002, 1003, 1009
OLGA, IVAN, GROUP = 71, 72, -500
PEOPLE = {
    ANNA: ("Анна", "Ann"),
    BORIS: ("Борис", "Ben"),
    VERA: ("Вера", "Vera"),
    STRANGER: ("Глеб", "Greg"),
    OLGA: ("Ольга", "Olga"),
    IVAN: ("Иван", "Ivan"),
}
PHONES = ("+79000000003", "+447700900003")  # Vera's
OTHER_PHONES = ("+79000000009", "+447700900009")  # of somebody who has bought nothing yet
SALES = """\
sale_id,sold_at,customer_id,amount,product,store
S1,2026-11-12 12:00,1,1500.50,Assam,{store}
S2,2026-11-12 13:00,2,300,Puer,{store}
S3,2026-11-12 14:00,3,990,Oolong,{store}
"""
CUSTOMERS = """\
customer_id,customer_name,telegram_id,phone
1,{anna},,
2,{boris},1002,
3,{vera},,{phone}
"""


async def open_shop(stage: Stage) -> None:
    """People come, the sales of the week before and the customers' file are imported."""
    for person, named in PEOPLE.items():
        stage.api.add_user(person, stage.words(*named), started=person in (BORIS, OLGA, IVAN))
    stage.api.add_group(GROUP, stage.words("Чайная лавка: команда", "The Tea Shop: team"))
    names = {key: stage.words(*PEOPLE[who]) for key, who in (("anna", ANNA), ("boris", BORIS), ("vera", VERA))}
    company = stage.app.settings.company
    with TemporaryDirectory() as folder:
        sales, customers = Path(folder, "sales.csv"), Path(folder, "customers.csv")
        sales.write_text(SALES.format(store=stage.words("На Садовой", "Garden street")), encoding="utf-8")
        customers.write_text(CUSTOMERS.format(**names, phone=stage.words(*PHONES)), encoding="utf-8")
        await import_sales(stage.app.database, SalesFile(path=sales), company, stage.now, Listener())
        await import_customers(stage.app.database, CustomersFile(path=customers), company, stage.now, Listener())


async def ask(stage: Stage, *, only: int) -> None:
    """The daily round's questions go out; one chat's is written down."""
    await stage.app.pick()
    await stage.app.send()
    await stage.settle(only=only)

"""Writes the sample files beside it: a made-up Russian shop's autumn, the same to the byte every time.

    python examples/make_samples.py

Every name, phone and address in them is invented; e-mail domains are under `.test` and lead nowhere.
"""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent
FIRST_DAY = datetime(2026, 9, 7)  # noqa: DTZ001 -- the shop's own clock, as its files have it
LAST_DAY = datetime(2026, 11, 20)  # noqa: DTZ001
WEEKS = 11

MEN = (
    "Алексей Андрей Артём Борис Виктор Глеб Дмитрий Евгений Иван Кирилл Максим Николай Олег Павел Роман Сергей".split()
)
WOMEN = "Алина Анна Вера Галина Дарья Елена Жанна Ирина Ксения Лариса Мария Надежда Ольга Полина Софья Юлия".split()
SURNAMES = (
    "Абрамов Беляев Власов Голубев Дорофеев Ершов Жуков Зимин Ильин Крылов Лаптев Макаров Носов Орлов Панов".split()
)
FOREIGN = "Alice Brown|Carlos Mendes|Emma Novak|Jack Taylor|Laura Rossi|Peter Schmidt|Sofia Lind|Tom Walker".split("|")
STORES = {"Центральный": ("Зайцева И.", "Котов П."), "Речной": ("Лисина М.",), "Садовый": ("Барсов Д.", "Уткина Е.")}
CAME_BY = ("по рекомендации", "реклама", "проходил мимо", "поиск в интернете")
ZONES = ("Europe/Moscow", "Europe/Moscow", "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok")


@dataclass(frozen=True)
class Product:
    """What the shop sells: price and cost in whole roubles."""

    name: str
    group: str
    price: int
    cost: int


PRODUCTS = [
    Product("Чай чёрный, 100 г", "Чай и кофе", 420, 210),
    Product("Чай зелёный, 100 г", "Чай и кофе", 490, 250),
    Product("Кофе в зёрнах, 250 г", "Чай и кофе", 890, 520),
    Product("Чайник фарфоровый", "Посуда", 3400, 1900),
    Product("Чашка с блюдцем", "Посуда", 1150, 560),
    Product("Турка медная", "Посуда", 2790, 1650),
    Product("Скатерть льняная", "Текстиль", 2350, 1300),
    Product("Полотенце кухонное", "Текстиль", 540, 240),
    Product("Набор «К чаю»", "Подарки", 2100, 1150),
    Product("Варенье из шишек, 250 г", "Подарки", 460, 220),
]


def main() -> None:
    """Writes all three files."""
    chance = Random(20261120)
    customers = [str(number) for number in range(1001, 1451)]
    write("sales.csv", sales(chance, customers))
    write("customers.csv", [contact(chance, customer) for customer in customers])
    write("sales-1c.csv", rows_of_1c(chance), encoding="cp1251", delimiter=";", lineterminator="\r\n")


def write(
    name: str, rows: list[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ",", lineterminator: str = "\n"
) -> None:
    """One CSV file; every row has the same keys."""
    with (FOLDER / name).open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter, lineterminator=lineterminator)
        writer.writeheader()
        writer.writerows(rows)


def sales(chance: Random, customers: list[str]) -> list[dict[str, str]]:
    """44 sales in the first week, 4 more in every following one; each customer buys at least once."""
    times = sorted(moment(chance, week) for week in range(WEEKS) for _ in range(44 + 4 * week))
    buyers = [*customers, *chance.choices(customers, k=len(times) - len(customers))]
    chance.shuffle(buyers)
    came_by = {customer: chance.choice(CAME_BY) for customer in customers}
    rows: list[dict[str, str]] = []
    for number, (time, buyer) in enumerate(zip(times, buyers, strict=True), start=1):
        known = buyer if chance.random() > 0.03 else ""
        rows += sale(chance, f"S-{number:05}", time, known, came_by[buyer])
        if known and chance.random() < 0.02:
            rows += returned(rows[-1], f"R-{number:05}", time + timedelta(hours=20))
    return sorted(rows, key=lambda row: row["sold_at"])


def moment(chance: Random, week: int) -> datetime:
    """A minute between 10:00 and 20:00 on a day of that week; the last week ends with its Friday."""
    days = 5 if week == WEEKS - 1 else 7
    return FIRST_DAY + timedelta(weeks=week, days=chance.randrange(days), minutes=600 + chance.randrange(600))


def sale(chance: Random, number: str, time: datetime, customer: str, came_by: str) -> list[dict[str, str]]:
    """One to three lines."""
    store = chance.choice(list(STORES))
    manager = chance.choice(STORES[store])
    off = chance.choice((0, 0, 0, 5, 10))
    lines = []
    for product in chance.sample(PRODUCTS, chance.choice((1, 1, 2, 3))):
        quantity = chance.choice((1, 1, 1, 2, 3))
        discount = product.price * quantity * off / 100
        lines.append({
            "sale_id": number, "sold_at": time.isoformat(" "), "customer_id": customer,
            "product": product.name, "product_group": product.group, "quantity": str(quantity),
            "amount": f"{product.price * quantity - discount:.2f}", "discount": f"{discount:.2f}",
            "cost": f"{product.cost * quantity:.2f}", "currency": "RUB", "store": store, "manager": manager,
            "returns_sale": "", "acquired_by": came_by if customer else "",
        })  # fmt: skip
    return lines


def returned(line: dict[str, str], number: str, time: datetime) -> list[dict[str, str]]:
    """The return of a sale's last line, the next day; none once the sample is over."""
    if time > LAST_DAY + timedelta(hours=20):
        return []
    negative = {field: "-" + line[field] for field in ("quantity", "amount", "discount", "cost")}
    return [{**line, **negative, "sale_id": number, "sold_at": time.isoformat(" "), "returns_sale": line["sale_id"]}]


def contact(chance: Random, customer: str) -> dict[str, str]:
    """Where the customer can be reached: by Telegram (60 %), e-mail (70 %), both, phone only, or not at all."""
    foreign = chance.random() < 0.08
    name = chance.choice(FOREIGN) if foreign else russian_name(chance)
    number = int(customer) - 1000
    person = number - 1 if number % 90 == 0 else number  # now and then one person has two customer numbers
    return {
        "customer_id": customer,
        "customer_name": name,
        "email": f"customer{person}@example.test" if chance.random() < 0.7 else "",
        "phone": f"+7 900 000-{number // 100:02}-{number % 100:02}" if chance.random() < 0.5 else "",
        "telegram_id": str(7_000_000_000 + number) if chance.random() < 0.6 else "",
        "language": "en" if foreign else "ru",
        "timezone": chance.choice(ZONES),
        "consent": "нет" if chance.random() < 0.03 else "да",
    }


def russian_name(chance: Random) -> str:
    """First name and surname of one gender."""
    surname = chance.choice(SURNAMES)
    if chance.random() < 0.4:
        return f"{chance.choice(MEN)} {surname}"
    return f"{chance.choice(WOMEN)} {surname}а"


def rows_of_1c(chance: Random) -> list[dict[str, str]]:
    """About sixty lines as 1C writes them: Russian heads, decimal comma, no-break spaces between thousands."""
    rows = []
    for number in range(1, 41):
        time = LAST_DAY - timedelta(days=chance.randrange(14)) + timedelta(seconds=36_000 + chance.randrange(36_000))
        buyer = chance.randrange(1, 26)
        name = russian_name(Random(buyer))
        store = chance.choice(list(STORES))
        for product in chance.sample(PRODUCTS, chance.choice((1, 1, 2))):
            quantity = chance.choice((1, 1, 2, 3, 5))
            rows.append({
                "Номер": f"РТ-{number:06}", "Дата": time.strftime("%d.%m.%Y %H:%M:%S"),
                "Код контрагента": f"{buyer:09}", "Контрагент": name, "Телефон": f"8 (900) 000-10-{buyer:02}",
                "Эл. почта": f"client{buyer}@example.test", "Номенклатура": product.name, "Группа": product.group,
                "Количество": f"{quantity},000", "Сумма": f"{product.price * quantity:,}".replace(",", "\u00a0") + ",00",
                "Склад": store, "Ответственный": chance.choice(STORES[store]),
            })  # fmt: skip
    return rows


if __name__ == "__main__":
    main()

"""`make bench`: every trial in turn, as one Markdown table; ratios within one run, medians of rounds taken in turn."""

import argparse

from bench import import_sales, picking, telegram


def main() -> None:
    """Runs the trials and prints their rows as they come."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of the imported file")
    parser.add_argument("--sales", type=int, default=1_000_000, help="sales to pick from")
    parser.add_argument("--customers", type=int, default=100_000, help="customers who made them")
    parser.add_argument("--questions", type=int, default=5_000, help="Telegram questions to send")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each trial")
    given = parser.parse_args()
    print("| trial | bare | Molva | ratio |\n|---|---|---|---|", flush=True)
    print(import_sales.measure(given.lines, given.rounds), flush=True)
    print(picking.measure(given.sales, given.customers, given.rounds), flush=True)
    print(telegram.measure(given.questions, given.rounds), flush=True)


if __name__ == "__main__":
    main()

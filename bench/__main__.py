"""`make bench`: every trial in turn, as one Markdown table; ratios within one run, medians of rounds taken in turn."""

import argparse
from collections.abc import Callable, Iterator

from bench import growth, import_sales, letters, pages, picking, taps, telegram

Trial = Callable[[argparse.Namespace], Iterator[str]]

TRIALS: dict[str, Trial] = {
    "import": lambda given: import_sales.measure(given.lines, given.rounds),
    "picking": lambda given: picking.measure(given.sales, given.customers, given.rounds),
    "letters": lambda given: letters.measure(given.letters, given.rounds),
    "telegram": lambda given: telegram.measure(given.questions, given.rounds),
    "taps": lambda given: taps.measure(given.taps, given.rounds),
    "pages": lambda given: pages.measure(given.answers, given.rounds),
    "growth": lambda given: growth.measure(given.rounds),
}


def main() -> None:
    """Runs the trials and prints their rows as they come."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("trials", nargs="*", type=_trial, metavar="TRIAL", help=f"{', '.join(TRIALS)}; default: all")
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of the imported file")
    parser.add_argument("--sales", type=int, default=10_000_000, help="sales to pick from")
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers who made them")
    parser.add_argument("--letters", type=int, default=10_000, help="letters to send")
    parser.add_argument("--questions", type=int, default=5_000, help="Telegram questions to send")
    parser.add_argument("--taps", type=int, default=2_000, help="taps to take in")
    parser.add_argument("--answers", type=int, default=2_000, help="answers on the landing page")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each trial")
    given = parser.parse_args()
    print("| trial | bare | Molva | ratio |\n|---|---|---|---|", flush=True)
    for name in given.trials or TRIALS:
        for row in TRIALS[name](given):
            print(row, flush=True)


def _trial(name: str) -> str:
    if name not in TRIALS:
        raise argparse.ArgumentTypeError(f"there is no trial {name!r}: {', '.join(TRIALS)}")
    return name


if __name__ == "__main__":
    main()

"""Where promoters may leave a review, as the shop sets it: names and addresses, of one store or of all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from scheduler.asking.reasons import label_in, problems_of_labels

Reviews = Sequence[Mapping[str, str]]  # each url, perhaps store, and a label per language

URL, STORE = "url", "store"
MOST = 5  # for one customer: more are not read
LONGEST = 500  # characters of an address


def review_links(reviews: Reviews, store: str | None, language: str) -> list[tuple[str, str]]:
    """(label, address) of those of the customer's store, else of those that are for all."""
    own = [one for one in reviews if store and one.get(STORE) == store]
    wanted = own or [one for one in reviews if not one.get(STORE)]
    return [(label_in(_labels(one), language), one[URL]) for one in wanted]


def problems_of_reviews(reviews: Reviews, languages: Sequence[str]) -> Iterator[str]:
    """What is wrong."""
    for store, count in Counter(one.get(STORE, "") for one in reviews).items():
        if count > MOST:
            yield f"has {count} places{f' for {store!r}' if store else ''}: more than {MOST} are not read"
    for one in reviews:
        if not _is_address(one.get(URL, "")):
            yield f'{one.get(URL, "")[:60]!r} is no address: write url = "https://…", at most {LONGEST} characters'
        yield from problems_of_labels(one.get(URL, "")[:60], _labels(one), languages)


def _labels(one: Mapping[str, str]) -> dict[str, str]:
    return {name: label for name, label in one.items() if name not in (URL, STORE)}


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
        return is_plain and parts.scheme == "https" and "." in (parts.hostname or "") and parts.username is None
    except ValueError:
        return False

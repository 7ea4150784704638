"""Send windows on every clock: they open when the customer's own clock says so, summer time or not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.asking.policy import WEEKDAYS, Policy
from scheduler.asking.windows import is_open, next_open, zone_named

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")  # 2026: 02:00 → 03:00 on 29 March, 03:00 → 02:00 on 25 October
ZONES = ["Europe/Moscow", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]
EVERY_DAY = Policy(weekdays=WEEKDAYS)


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ((2026, 11, 18, 9, 59), (2026, 11, 18, 10, 0)),  # a Wednesday, before it opens
        ((2026, 11, 18, 10, 0), (2026, 11, 18, 10, 0)),
        ((2026, 11, 18, 18, 59), (2026, 11, 18, 18, 59)),
        ((2026, 11, 18, 19, 0), (2026, 11, 19, 10, 0)),  # the end is closed
        ((2026, 11, 20, 19, 0), (2026, 11, 23, 10, 0)),  # Friday evening waits for Monday
        ((2026, 11, 21, 12, 0), (2026, 11, 23, 10, 0)),
    ],
)
def test_a_question_waits_for_the_hours_and_weekdays(moment: tuple[int, ...], opening: tuple[int, ...]) -> None:
    assert next_open(Policy(), MOSCOW, local(MOSCOW, *moment)) == local(MOSCOW, *opening)


def test_an_open_window_keeps_the_moment_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 18, 12, 0, 5, 7, tzinfo=MOSCOW)
    assert next_open(Policy(), MOSCOW, moment) == moment
    assert next_open(Policy(), MOSCOW, moment).tzinfo is UTC


def test_the_customers_clock_counts_not_the_companys() -> None:
    moment = local(MOSCOW, 2026, 11, 18, 9, 30)  # 16:30 in Vladivostok
    assert not is_open(Policy(), MOSCOW, moment)
    assert is_open(Policy(), ZoneInfo("Asia/Vladivostok"), moment)


def test_hours_may_end_at_midnight() -> None:
    policy = Policy(hours=("22:00", "24:00"), weekdays=("wed",))
    assert is_open(policy, MOSCOW, local(MOSCOW, 2026, 11, 18, 23, 59))
    assert next_open(policy, MOSCOW, local(MOSCOW, 2026, 11, 19, 0, 0)) == local(MOSCOW, 2026, 11, 25, 22, 0)


def test_a_window_of_the_whole_day_on_one_weekday_opens_at_its_midnight() -> None:
    policy = Policy(hours=("00:00", "24:00"), weekdays=("sun",))
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 23, 8, 0)) == local(BERLIN, 2026, 3, 29, 0, 0)


@pytest.mark.parametrize("evening", [(2026, 3, 28, 20, 0), (2026, 10, 24, 20, 0)])
def test_it_opens_at_ten_by_the_clock_on_the_morning_after_the_clock_was_changed(evening: tuple[int, ...]) -> None:
    opening = next_open(EVERY_DAY, BERLIN, local(BERLIN, *evening))
    assert opening.astimezone(BERLIN).strftime("%d %H:%M") == f"{evening[2] + 1} 10:00"


def test_a_start_that_the_clock_skips_opens_with_the_first_minute_after_it() -> None:
    policy = Policy(hours=("02:30", "05:00"), weekdays=WEEKDAYS)
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 29, 1, 0)) == local(BERLIN, 2026, 3, 29, 3, 0)


def test_a_window_that_the_clock_skips_whole_opens_the_day_after() -> None:
    policy = Policy(hours=("02:00", "03:00"), weekdays=WEEKDAYS)
    assert next_open(policy, BERLIN, local(BERLIN, 2026, 3, 29, 1, 0)) == local(BERLIN, 2026, 3, 30, 2, 0)


def test_an_hour_that_the_clock_repeats_opens_twice() -> None:
    policy = Policy(hours=("02:15", "02:45"), weekdays=WEEKDAYS)
    between = local(BERLIN, 2026, 10, 25, 2, 50)
    assert next_open(policy, BERLIN, between) == local(BERLIN, 2026, 10, 25, 2, 15, fold=1).astimezone(UTC)


def test_a_day_that_a_zone_left_out_opens_on_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")  # had no Friday, 30 December 2011
    policy = Policy(weekdays=("fri", "sat"))
    assert next_open(policy, apia, local(apia, 2011, 12, 29, 20, 0)) == local(apia, 2011, 12, 31, 10, 0)


@pytest.mark.parametrize("name", [None, "", "Moscow", "../etc/passwd", "Europe", "Europe/\x00", "я"])
def test_a_zone_that_does_not_exist_is_the_companys(name: str | None) -> None:
    assert zone_named(name, MOSCOW) is MOSCOW


def test_a_zone_that_exists_is_the_customers() -> None:
    assert zone_named("Asia/Vladivostok", MOSCOW) == ZoneInfo("Asia/Vladivostok")


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


windows = st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda pair: pair[0] < pair[1])


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    quarters=windows,
    weekdays=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
)
def test_nothing_is_open_between_the_moment_and_the_opening(
    zone: str, moment: datetime, quarters: tuple[int, int], weekdays: set[str]
) -> None:
    place = ZoneInfo(zone)
    policy = Policy(hours=(clock(quarters[0] * 15), clock(quarters[1] * 15)), weekdays=tuple(weekdays))
    opening = next_open(policy, place, moment)
    assert opening >= moment
    assert is_open(policy, place, opening)
    quarter = timedelta(minutes=15)
    steps = int((opening - moment) / quarter)
    assert not any(is_open(policy, place, moment + step * quarter) for step in range(steps))

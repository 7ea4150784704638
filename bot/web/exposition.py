"""Figures in the form that Prometheus reads."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily

from bot.pulse import StepRuns
from scheduler.figures.gauges import Reading

Sample = tuple[tuple[str, ...], float]


def process_registry() -> CollectorRegistry:
    """The figures of this process: memory, CPU, open files, garbage collection; the first three on Linux only."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class Exposition(CollectorRegistry):
    """The process's figures, the steps' and, where the database answered, those of the work."""

    def __init__(self, process: CollectorRegistry, steps: Mapping[str, StepRuns], reading: Reading | None) -> None:
        super().__init__()
        self._process, self._steps, self._reading = process, steps, reading

    def collect(self) -> Iterator[Metric]:
        yield _gauge("info", "The program's version.", ("version",), [((version("molva"),), 1)])
        yield _gauge("database_up", "Whether the database answered.", (), [((), float(self._reading is not None))])
        yield from _of_steps(self._steps)
        if self._reading is not None:
            yield from _of_work(self._reading)
        yield from self._process.collect()


def _of_work(reading: Reading) -> Iterator[Metric]:
    now = reading.gauges
    channel_status, channel, status = ("channel", "status"), ("channel",), ("status",)
    yield _gauge("figures_age_seconds", "Since the figures of the work were read.", (), [((), reading.age)])
    yield _gauge("deliveries", "That wait, are under way or unknown.", channel_status, now.deliveries.items())
    yield _gauge("oldest_due_seconds", "Since the longest waiting was due.", channel, _single(now.oldest_due))
    yield _gauge("handed_over_today", "What became of it so far.", channel_status, now.handed_over_today.items())
    yield _gauge("responses_today", "Answers of the company's day.", channel, _single(now.responses_today))
    yield _gauge("campaigns", "The daily round among them.", status, _single(now.campaigns))
    yield _gauge("inbox_updates", "From Telegram, not processed.", status, _single(now.inbox))
    yield _gauge("outbox_messages", "To be told, or dead.", status, _single(now.outbox))
    yield _gauge("rate_paused_seconds", "Left of a wait asked for.", ("resource",), _single(now.paused))
    yield _gauge("paused", "1 while a person has paused everything.", (), [((), float(bool(now.everything_paused)))])
    yield _gauge("senders", "Sending processes that are alive.", (), [((), now.senders)])


def _of_steps(steps: Mapping[str, StepRuns]) -> Iterator[Metric]:
    label = ("step",)
    succeeded = {name: runs.succeeded for name, runs in steps.items() if runs.succeeded is not None}
    failed = {name: runs.failed for name, runs in steps.items() if runs.failed is not None}
    well = {name: float(runs.is_well) for name, runs in steps.items()}
    yield _gauge("step_well", "Whether its last run succeeded; 1 before the first.", label, _single(well))
    yield _gauge("step_last_success_timestamp_seconds", "When it last succeeded.", label, _single(succeeded))
    yield _gauge("step_last_failure_timestamp_seconds", "When it last failed.", label, _single(failed))


def _single(figures: Mapping[str, float]) -> Iterator[Sample]:
    return (((label,), figure) for label, figure in figures.items())


def _gauge(name: str, words: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(f"molva_{name}", words, labels=labels)
    for values, figure in samples:
        family.add_metric(values, figure)
    return family

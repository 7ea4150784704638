"""How much a lease may bring: what cannot go before its slot is over would only be given back."""

from scheduler.channel import Channel

SLACK = 0.3  # seconds behind its slot that the last of a lease may be expected; see trip.LATE
GUESS = 20.0  # hand-overs a second over one of a channel's connections, until it is known better
WEIGHT = 0.5  # of what was seen last


class Pace:
    """Hand-overs a second of one channel, learnt from what it did while it had enough to do."""

    def __init__(self, channel: Channel) -> None:
        self._rate = channel.rate_per_second
        self.per_second = GUESS * channel.concurrency

    def learn(self, count: int, seconds: float) -> None:
        """Of a time in which there was always something to hand over, as far as its slots were there."""
        if count and seconds > 0:
            self.per_second += WEIGHT * (count / seconds - self.per_second)

    @property
    def most(self) -> int:
        """Deliveries that a lease may bring; two seconds of the rate are the bound in any case."""
        behind = 1 / self.per_second - 1 / self._rate  # seconds that each falls behind its slot
        whole = self._rate * 2
        return max(1, int(min(whole, SLACK / behind) if behind > 0 else whole))

"""Prometheus metrics for the host. No label names a team, a person or their data."""

from collections.abc import Mapping
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.domain.delivery import Delivery, State, Step, Transition
from bot.ports.clock import Clock
from bot.ports.store import Transaction
from bot.ports.vectors import Progress
from bot.service.digests import LATE

ANSWER_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 3.0)
"""Bounds of the histogram. A platform stops waiting after about three seconds."""
LATE_SECONDS = (5.0, 15.0, 30.0, 60.0, 150.0, 600.0, 3600.0, 21600.0, 86400.0)


class Metrics:
    """Implements `bot.ports.metrics.Metrics` with its own Prometheus registry."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._registry = CollectorRegistry()
        self._answers = self._histogram(
            "dogear_command_seconds",
            "How long commands took, by command and by what came of them.",
            ["command", "outcome"],
            ANSWER_SECONDS,
        )
        self._repeats = self._counter("dogear_repeats", "Invocations and events that a platform delivered again.", [])
        self._settled = self._counter(
            "dogear_deliveries", "Attempts and searches, by the state that followed.", ["state"]
        )
        self._late = self._histogram(
            "dogear_digest_late_seconds", "How long after its time a digest was posted.", [], LATE_SECONDS
        )
        self._restarts = self._counter("dogear_restarts", "Parts that were restarted.", ["part"])
        self._failures = self._counter("dogear_job_failures", "Runs of a recurring job that failed.", ["job"])
        self._open = self._gauge("dogear_deliveries_open", "Deliveries in progress, by state.", ["state"])
        self._problems = self._gauge("dogear_list_problems", "Problems in the reading lists.", [])
        self._connected = self._gauge("dogear_platform_connected", "1 while events arrive.", ["platform"])
        self._backup: Gauge | None = None
        self._vectors: Gauge | None = None
        self._known_reconnects: dict[str, int] = {}
        self._reconnects = self._counter("dogear_platform_reconnects", "Connections that came up again.", ["platform"])

    def _counter(self, name: str, about: str, labels: list[str]) -> Counter:
        return Counter(name, about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, labels: list[str]) -> Gauge:
        return Gauge(name, about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, labels: list[str], bounds: tuple[float, ...]) -> Histogram:
        return Histogram(name, about, labels, buckets=bounds, registry=self._registry)

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        self._answers.labels(command, outcome).observe(seconds)

    def count_repeat(self) -> None:
        self._repeats.inc()

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        self._settled.labels(transition.state.value).inc()
        draft = delivery.draft
        if transition.state is State.SENT and draft.step is Step.ROOT and draft.schedule and draft.late_after:
            due = draft.late_after - LATE
            self._late.observe(max(self._clock.now() - due, timedelta()).total_seconds())

    def count_restart(self, part: str) -> None:
        self._restarts.labels(part).inc()

    def job_failed(self, job: str) -> None:
        self._failures.labels(job).inc()

    def connection(self, platform: str, *, up: bool, reconnects: int) -> None:
        """Set the state of a platform's connection. `reconnects` is the total so far."""
        self._connected.labels(platform).set(up)
        before = self._known_reconnects.get(platform, 0)
        self._reconnects.labels(platform).inc(max(reconnects - before, 0))
        self._known_reconnects[platform] = reconnects

    def counted(self, states: Mapping[State, int], problems: int, vectors: Progress | None = None) -> None:
        """Set the figures from the store. Without a model for searching by meaning its metric is absent."""
        for state in State:
            if not state.final:
                self._open.labels(state.value).set(states.get(state, 0))
        self._problems.set(problems)
        if vectors is not None:
            if self._vectors is None:
                about = "Entries that can be found by meaning, and those still to do."
                self._vectors = self._gauge("dogear_vectors", about, ["state"])
            self._vectors.labels("made").set(vectors.made)
            self._vectors.labels("missing").set(vectors.entries - vectors.made)

    def backed_up(self, at: float) -> None:
        """Set the time of the newest nightly backup, in seconds since 1970. Without such backups the metric is absent."""
        if self._backup is None:
            self._backup = self._gauge("dogear_backup_timestamp_seconds", "When the newest backup was made.", [])
        self._backup.set(at)

    def text(self) -> str:
        """All metrics in Prometheus's text format."""
        return generate_latest(self._registry).decode()


def counts(tx: Transaction) -> tuple[Mapping[State, int], int, Progress | None]:
    """The figures from the store: open deliveries by state, the number of problems in lists, and how many vectors there are."""
    return tx.ledger.count_by_state(), tx.entries.count_problems(), tx.vectors.progress(None)

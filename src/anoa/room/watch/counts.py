"""Counts of answers since the process began, and the text in which Prometheus reads figures.

Labels come from short lists that stand in the source: routes by name, classes of statuses, parts
of the program. None is an institution, a member, an address or a place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PARTS = ("pages", "intake", "watch")
MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its values by labels; a value that is not known is left out."""

    name: str
    help: str
    values: tuple[tuple[Labels, float | None], ...]
    type: str = "gauge"

    def lines(self) -> Iterator[str]:
        """The lines of the metric; none where no value is known."""
        known = [(labels, value) for labels, value in self.values if value is not None]
        if known:
            yield f"# HELP {self.name} {self.help}"
            yield f"# TYPE {self.name} {self.type}"
        for labels, value in known:
            yield sample(self.name, labels, value)


def gauge(name: str, help: str, value: float | None, **labels: str) -> Metric:
    """A metric with one value."""
    return Metric(name, help, ((labels, value),))


def sample(name: str, labels: Labels, value: float) -> str:
    """One line of a value.

    >>> sample("anoa_up", {"part": 'a"b'}, 1)
    'anoa_up{part="a\\\\"b"} 1'
    """
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    number = f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f"{name}{{{told}}} {number}" if told else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def text_of(metrics: Iterable[Metric]) -> bytes:
    """All metrics as Prometheus reads them."""
    return "".join(f"{line}\n" for one in metrics for line in one.lines()).encode()


@dataclass(slots=True)
class Counts:
    """What was answered; only the event loop counts."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)  # by route, class of status
    times: dict[str, list[int]] = field(
        default_factory=lambda: {part: [0] * (len(BUCKETS_S) + 1) for part in PARTS}
    )
    seconds: Counter[str] = field(default_factory=Counter)

    def count(self, part: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.answers[route, f"{status // 100}xx"] += 1
        self.times[part][bisect_left(BUCKETS_S, seconds)] += 1
        self.seconds[part] += seconds  # type: ignore[assignment]

    def metrics(self) -> list[Metric]:
        """The counts as metrics."""
        answers = tuple(
            ({"route": route, "status": status}, count)
            for (route, status), count in sorted(self.answers.items())
        )
        return [
            Metric("anoa_http_requests_total", "Answers by route and class of status.", answers,
                   "counter"),
            Metric("anoa_http_request_duration_seconds_bucket",
                   "Answers by how long they took.", tuple(self._buckets()), "counter"),
            Metric("anoa_http_request_duration_seconds_sum", "Seconds of all answers.",
                   tuple(({"part": part}, self.seconds[part]) for part in PARTS), "counter"),
            Metric("anoa_http_request_duration_seconds_count", "Answers that were timed.",
                   tuple(({"part": part}, sum(self.times[part])) for part in PARTS), "counter"),
        ]  # fmt: skip

    def _buckets(self) -> Iterator[tuple[Labels, float]]:
        for part in PARTS:
            total = 0
            for edge, count in zip((*map(str, BUCKETS_S), "+Inf"), self.times[part], strict=True):
                total += count
                yield {"part": part, "le": edge}, total


counts = Counts()

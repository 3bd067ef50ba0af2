"""What is left of a worker's metrics once it is gone."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from chassis.workers.kept_page import PAGE, counted, forget_pages, keep


def shown() -> bytes:
    registry = CollectorRegistry()
    Counter("tries", "Tries, also # HELP and # TYPE in the text.", ["by"], registry=registry).labels("a").inc(3)
    Gauge("now", "Under way.", registry=registry).set(7)
    Histogram("took", "Seconds.", buckets=[1.0], registry=registry).observe(0.5)
    return generate_latest(registry)


def names(page: bytes) -> set[str]:
    return {line.split("{")[0].split(" ")[0] for line in page.decode().splitlines() if not line.startswith("#")}


def test_what_only_grows_is_counted_on_and_how_things_stood_is_not(tmp_path: Path) -> None:
    keep(tmp_path, shown())
    assert names(counted(tmp_path)) == {"tries_total", "took_bucket", "took_count", "took_sum"}
    assert b'tries_total{by="a"} 3.0' in counted(tmp_path)


def test_nothing_is_left_of_one_that_showed_nothing(tmp_path: Path) -> None:
    assert counted(tmp_path) == b""


def test_a_service_that_starts_counts_from_nothing(tmp_path: Path) -> None:
    worker = tmp_path / "worker-0"
    worker.mkdir()
    keep(worker, shown())
    forget_pages(tmp_path)
    assert not (worker / PAGE).exists()
    assert counted(worker) == b""

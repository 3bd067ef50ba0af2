"""Each metric of monitor, declared once."""

from opentelemetry import metrics

_meter = metrics.get_meter("seawall.monitor")

recorded = _meter.create_counter(
    "seawall.monitor.requests.recorded",
    description="Finished requests that were consumed, by outcome: new to the ledger, or duplicate.",
)
ledger_lag = _meter.create_histogram(
    "seawall.monitor.ledger.lag",
    unit="s",
    description="From a request's last byte to the commit of its ledger entry.",
    explicit_bucket_boundaries_advisory=[0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600],
)
record_duration = _meter.create_histogram(
    "seawall.monitor.record.duration",
    unit="s",
    description="Time that one batch of finished requests took to be recorded.",
    explicit_bucket_boundaries_advisory=[0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
)
verdict_changes = _meter.create_counter(
    "seawall.monitor.verdict.changes",
    description="Verdicts that changed, by the new verdict.",
)
forgotten = _meter.create_counter(
    "seawall.monitor.rows.forgotten",
    description="Rows deleted because they were older than they are kept.",
)

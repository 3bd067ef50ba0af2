"""Each metric of alerts, declared once."""

from opentelemetry import metrics

_meter = metrics.get_meter("seawall.alerts")

changes = _meter.create_counter(
    "seawall.alerts.changes",
    description="Changes of alerts that were committed, by kind and by the state they led to.",
)
tries = _meter.create_counter(
    "seawall.alerts.delivery.tries",
    description="Tries of deliveries that were written down, by outcome: delivered, waiting for the next try, failed.",
)
waiting = _meter.create_gauge(
    "seawall.alerts.deliveries.waiting",
    description="Deliveries that wait for their first or next try, of all replicas: each of them tells the same.",
)
forgotten = _meter.create_counter(
    "seawall.alerts.rows.forgotten",
    description="Rows deleted because they were older than they are kept.",
)

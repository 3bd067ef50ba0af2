"""A broker for development that speaks Kafka's protocol: librdkafka's mock cluster, in a process of its own.

What is in it is gone when it ends. It has no admin API and no transactions; topics come into being when they are named.
"""

import json
import signal
import sys

from confluent_kafka import Producer

PATIENCE = 10.0
"""Seconds for the cluster to say where it is."""


def main() -> None:
    """Run until SIGTERM or SIGINT; one line of JSON says where it listens."""
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    # The cluster lives as long as the client that made it. `log_level` 3: it warns of being a mock at 4 and 5.
    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 3})
    broker = next(iter(cluster.list_topics(timeout=PATIENCE).brokers.values()))
    sys.stdout.write(json.dumps({"kafka": f"{broker.host}:{broker.port}"}) + "\n")
    sys.stdout.flush()
    signal.sigwait(signals)


if __name__ == "__main__":
    main()

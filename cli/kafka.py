"""Kafka as commands use it: for as long as one runs, and with its troubles told once."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiokafka.errors import KafkaError

from cli.problem import Problem
from resilience.errors import Failure

T = TypeVar("T")


def run_with_kafka(addresses: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work()` to its end. Raises Problem where Kafka at `addresses` cannot be reached, or fails."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what matters of it is raised, too
    try:
        return asyncio.run(work())
    except (KafkaError, OSError, Failure) as error:
        raise Problem(
            "kafka_unreachable",
            f"Kafka at {addresses} cannot be reached: {error}",
            hint="Say where it is with --bootstrap or SEAWALL_KAFKA_BOOTSTRAP, or start one with `seawall up`.",
        ) from error


def readable(value: bytes | None) -> Any:
    """A record's value: JSON where it is that, else text."""
    if value is None:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return value.decode("utf-8", "replace")

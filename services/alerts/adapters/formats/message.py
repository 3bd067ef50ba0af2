"""What is posted to an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """Headers and body of a POST."""

    headers: Mapping[str, str]
    body: bytes

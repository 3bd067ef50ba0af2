"""What a seawall.yaml says of receivers."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis import manifest
from resilience.errors import Failure
from services.alerts.application.reach import Reach
from services.alerts.domain.receiver import Format, ReceiverSettings


@dataclass(frozen=True)
class Declaration:
    """An organization's receivers, by id."""

    organization: str
    receivers: Mapping[str, ReceiverSettings]


def read_manifest(text: str, reach: Reach) -> Declaration:
    """The `receivers` of `text`, each of which can be reached as far as that can be told without trying.

    Raises Failure(INVALID_REQUEST). A large text takes seconds: on an event loop, read it in a thread.
    """
    content = manifest.parse(text)
    return Declaration(
        content.organization,
        {
            receiver.name: _settings(receiver, f"receivers[{index}]", reach)
            for index, receiver in enumerate(content.receivers)
        },
    )


def _settings(receiver: manifest.Receiver, path: str, reach: Reach) -> ReceiverSettings:
    try:
        if receiver.webhook is not None:
            settings = ReceiverSettings(Format.WEBHOOK, receiver.webhook.url, receiver.webhook.secret)
        else:
            settings = ReceiverSettings(Format.SLACK, receiver.slack.url if receiver.slack else "")
        reach.endpoint(settings)
    except Failure as failure:
        raise Failure(failure.reason, f"{path}: {failure.message}", detail={"field": path}) from failure
    return settings

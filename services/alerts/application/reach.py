"""Finds out where a receiver is reached: what its references stand for, checked."""

from chassis.secrets import is_reference
from services.alerts.application.ports import Secrets
from services.alerts.domain.endpoint import Endpoint, check_signing_secret
from services.alerts.domain.receiver import Format, ReceiverSettings


class Reach:
    """Resolves at every use, so that a secret that was put right is used from then on."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def endpoint(self, settings: ReceiverSettings) -> Endpoint:
        """Where to send. Raises Failure with a message that holds no secret."""
        url = self._secrets.resolve(settings.url) if is_reference(settings.url) else settings.url
        secret = self._secrets.resolve(settings.secret) if settings.secret else ""
        if settings.format is Format.WEBHOOK:
            check_signing_secret(secret)
        return Endpoint(url, secret)

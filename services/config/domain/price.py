"""What a target costs from a time on."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.config.domain.faults import at
from services.config.domain.names import PROJECT, PROVIDER
from services.config.domain.resource import Reference
from services.config.domain.target import Target
from services.config.domain.tariff import Tariff

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Effective time of a price that is in force until another one follows."""


@dataclass(frozen=True)
class Price:
    """What an organization pays for a target, or, where `project` names one, what that project pays instead."""

    organization: str
    target: Target
    tariff: Tariff
    effective_time: datetime
    project: str = ""
    """Its id."""

    @property
    def name(self) -> str:
        """See Resource; a target has one price for each time from which one is in force, and for each who pays."""
        since = self.effective_time.astimezone(UTC).isoformat().replace("+00:00", "Z")
        payer = PROJECT.name(self.organization, self.project) if self.project else f"organizations/{self.organization}"
        return f"{payer}/prices/{self.target.provider}/{self.target.model}/{since}"

    @property
    def owner(self) -> str:
        """See Resource."""
        return PROVIDER.name(self.organization, self.target.provider)

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        of_provider = Reference("target.provider", self.owner)
        if not self.project:
            return (of_provider,)
        return (of_provider, Reference("project", PROJECT.name(self.organization, self.project), owns=True))

    def check(self) -> None:
        """See Resource."""
        with at("target"):
            self.target.check()
        self.tariff.check()

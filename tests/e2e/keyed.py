"""A system of the tests of vendors' keys: for each vendor, providers with two keys of their own."""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from simulator import Access, Call, Simulator
from tests.e2e.system import System
from tests.matrix.vendors import VENDORS, VendorRow

ROWS = tuple(row for row in VENDORS if row.secret)
"""Vendors that keys are shown to, rather than tokens."""
SPARE = "spare"
"""A vendor that takes any key, and its provider."""
WEIGHTS = (3, 1)
FIRST_REFUSED = 200
"""Providers whose first key is refused, each once: a refused one rests."""


class Purpose(StrEnum):
    """What befalls a provider's keys. Each vendor has a provider for each, with two keys of its own."""

    REVOKED = "revoked"
    LIMITED = "limited"
    SPENT = "spent"
    WEIGHTED = "weighted"
    LOST = "lost"
    REPLACED = "replaced"
    SLOWED = "slowed"


@dataclass(frozen=True, slots=True)
class Keyed:
    """A provider: a vendor's, with two keys; a key's last four characters say which one it is."""

    row: VendorRow
    purpose: Purpose

    @property
    def provider(self) -> str:
        """Its name."""
        return f"{self.row.name}-{self.purpose}"

    @property
    def suffixes(self) -> tuple[str, str]:
        """How a vendor's record of calls names the keys."""
        number = 2 * list(Purpose).index(self.purpose)
        return f"{number:04}", f"{number + 1:04}"

    @property
    def secrets(self) -> tuple[str, str]:
        """The keys: of the vendor's form, which may have a second part that is never sent."""
        shown, colon, rest = self.row.secret.partition(":")
        first, second = (f"{shown[:-4]}{suffix}{colon}{rest}" for suffix in self.suffixes)
        return first, second

    @property
    def references(self) -> tuple[str, str]:
        """What the configuration says in their place."""
        first, second = (f"env:{self._variable}_{suffix}" for suffix in self.suffixes)
        return first, second

    @property
    def environment(self) -> dict[str, str]:
        """Where the references lead."""
        return {
            reference.removeprefix("env:"): secret
            for reference, secret in zip(self.references, self.secrets, strict=True)
        }

    @property
    def model(self) -> str:
        """Its model's name at the vendor, for which no other provider is asked."""
        return f"{self.row.model}{self.purpose}"

    @property
    def target(self) -> str:
        """What callers ask for."""
        return f"{self.provider}/{self.model}"

    @property
    def _variable(self) -> str:
        return f"KEY_{self.row.name.upper().replace('-', '_')}"

    def entry(self, simulator: Simulator, keys: Sequence[Any]) -> dict[str, Any]:
        """As the manifest has it."""
        url = simulator.vendor(self.row.name).url + self.row.path
        return {
            "name": self.provider,
            "vendor": self.row.vendor,
            "base_url": url,
            "keys": list(keys),
            **self.row.fields,
        }

    def calls(self, system: System, since: Mapping[str, int] = MappingProxyType({})) -> list[Call]:
        """Those of its calls that came after the `counts` that were taken then; refused ones have no model."""
        calls = system.simulator.vendor(self.row.name).calls[since.get(self.row.name, 0) :]
        return [call for call in calls if call.key_suffix in self.suffixes]

    def used(self, system: System, since: Mapping[str, int] = MappingProxyType({})) -> list[str]:
        """The suffixes of those calls' keys."""
        return [call.key_suffix for call in self.calls(system, since)]


def each(purpose: Purpose) -> tuple[Keyed, ...]:
    """Every vendor's provider of that purpose."""
    return tuple(Keyed(row, purpose) for row in ROWS)


def accepted(row: VendorRow, without: Collection[str] = ()) -> Access:
    """All of a vendor's keys, `without` some that are revoked."""
    secrets = {secret for purpose in Purpose for secret in Keyed(row, purpose).secrets}
    return Access(keys=frozenset(secrets - set(without)))


@contextmanager
def revoked(system: System, keyed: Sequence[Keyed], *numbers: int) -> Iterator[None]:
    """The vendors refuse these of the providers' keys."""
    for one in keyed:
        without = [one.secrets[number] for number in numbers]
        system.simulator.vendor(one.row.name).access = accepted(one.row, without)
    try:
        yield
    finally:
        for one in keyed:
            system.simulator.vendor(one.row.name).access = accepted(one.row)


def slowed(number: int) -> str:
    """The name of one of the providers of which a call's first key is refused."""
    return f"slowed-{number}"


def environment() -> dict[str, str]:
    """Where all references lead."""
    return {
        name: secret
        for row, purpose in itertools.product(ROWS, Purpose)
        for name, secret in Keyed(row, purpose).environment.items()
    }


def manifest(simulator: Simulator) -> str:
    """In JSON, which is YAML."""
    url = simulator.vendor(SPARE).base_url
    providers = [{"name": SPARE, "vendor": "openai-compatible", "base_url": url, "keys": ["env:VENDOR_KEY"]}]
    models = []
    for row, purpose in itertools.product(ROWS, Purpose):
        keyed = Keyed(row, purpose)
        if purpose is Purpose.SLOWED:
            continue
        keys: list[Any] = list(keyed.references)
        if purpose is Purpose.WEIGHTED:
            keys = [{"key": key, "weight": weight} for key, weight in zip(keys, WEIGHTS, strict=True)]
        if purpose is Purpose.REPLACED:
            keys = keys[:1]
        providers.append(keyed.entry(simulator, keys))
    for keyed in each(Purpose.LOST):
        targets = [{"provider": keyed.provider, "model": keyed.model}, {"provider": SPARE, "model": "small"}]
        models.append({"name": keyed.provider, "route": {"strategy": "ordered", "targets": targets}})
    for keyed in each(Purpose.LIMITED):
        targets = [{"provider": keyed.provider, "model": keyed.model}]
        # What a gateway asks again itself would hide that the other key was not tried.
        models.append({"name": keyed.provider, "route": {"targets": targets, "policy": {"max_attempts": 1}}})
    first = Keyed(ROWS[0], Purpose.SLOWED)
    providers += [{**first.entry(simulator, first.references), "name": slowed(n)} for n in range(FIRST_REFUSED)]
    return json.dumps(
        {
            "organization": "acme",
            "providers": providers,
            "models": models,
            "projects": [
                {
                    "name": "shop",
                    "limits": {"requests_per_minute": 1_000_000},
                    "keys": [{"name": "ci", "value": "env:CI_KEY", "role": "owner"}],
                }
            ],
        }
    )


def counts(system: System) -> dict[str, int]:
    """How often each vendor has been called."""
    return {name: len(vendor.calls) for name, vendor in system.simulator.vendors.items()}

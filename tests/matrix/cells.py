"""The matrix: every vendor, every caller, every feature; and the manifest of the system that is asked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from resilience.errors import Reason
from simulator import Behaviour, Simulator
from tests.matrix.callers import CallerName
from tests.matrix.features import FEATURES, Feature, Shape
from tests.matrix.vendors import OF_CALLERS, VENDORS, Differs, Dropped, Ignored, Refused, VendorRow

POLICY = {"timeout": "20s", "retries": 0, "continuation": "error", "hedge": "off"}
"""Of the models whose calls fail: what is asked once fails once, and has no time to wait for a limit's end."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One feature of one vendor, as one caller asks for it."""

    vendor: VendorRow
    caller: CallerName
    feature: Feature

    @property
    def name(self) -> str:
        """The cell in one word."""
        return ".".join(part.replace(" ", "-") for part in (self.vendor.name, self.caller, self.feature.name))

    @property
    def differs(self) -> Differs | None:
        """What becomes of it where it cannot be."""
        listed = (*self.vendor.differs, *OF_CALLERS)
        return next((one for one in listed if one.feature == self.feature.name and self.caller in one.callers), None)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Fields that the vendor is not told."""
        return self.differs.told.fields if self.differs and isinstance(self.differs.told, Dropped) else ()

    @property
    def unheard(self) -> tuple[str, ...]:
        """Fields that change nothing in the answer."""
        told = self.differs.told if self.differs else None
        return told.fields if isinstance(told, Dropped | Ignored) else ()

    @property
    def refused(self) -> Refused | None:
        """The error that its caller is told."""
        told = self.differs.told if self.differs else None
        if isinstance(told, Refused):
            return told
        if self.feature.error is None:
            return None
        return Refused(self.vendor.reasons.get(self.feature.name, self.feature.error))

    @property
    def fails(self) -> bool:
        """Whether the vendor is asked, and does not answer."""
        return self.refused is not None and self.refused.reason is not Reason.UNSUPPORTED_BY_TARGET

    @property
    def calls(self) -> int:
        """How often the vendor is asked in vain."""
        # A token that is refused is renewed, and the new one shown at once.
        return int(self.fails) + int(self.feature.name == "401" and not self.vendor.secret)

    @property
    def behaviour(self) -> Behaviour:
        """The vendor's."""
        fault = self.vendor.faults.get(self.feature.name)
        return self.feature.behaviour.model_copy(update={"faults": (fault,)}) if fault else self.feature.behaviour

    def slug(self, shape: Shape) -> str:
        """A name that no other cell has."""
        return f"{self.name}.{shape}".replace(".", "-").lower()

    def model(self, shape: Shape) -> str:
        """Its model's name at the vendor: the cell's own, so that cells know nothing of each other."""
        return self.vendor.model + self.slug(shape)

    def asked_for(self, shape: Shape) -> str:
        """What callers ask for."""
        return self.slug(shape) if self.fails else f"{self.vendor.name}/{self.model(shape)}"

    def provider(self, shape: Shape) -> str:
        """The name of its provider: one of its own where a credential may have to rest for what happens."""
        return self.slug(shape) if self.feature.error in RESTS else self.vendor.name


RESTS = frozenset({Reason.VENDOR_AUTHENTICATION, Reason.VENDOR_QUOTA_EXHAUSTED, Reason.VENDOR_RATE_LIMITED})

CELLS: tuple[Cell, ...] = tuple(
    Cell(vendor, caller, feature) for vendor in VENDORS for caller in CallerName for feature in FEATURES
)


def secrets(service_account: str) -> dict[str, str]:
    """The providers' credentials, by the name of their environment variable."""
    return {_variable(vendor): vendor.secret or service_account for vendor in VENDORS}


def manifest(simulator: Simulator) -> str:
    """All providers, and the models of cells that fail, in JSON, which is YAML."""
    failing = [(cell, shape) for cell in CELLS if cell.fails for shape in cell.feature.shapes]
    providers = {vendor.name: vendor for vendor in VENDORS}
    providers |= {cell.provider(shape): cell.vendor for cell, shape in failing}
    return json.dumps(
        {
            "organization": "acme",
            "providers": [_provider(name, vendor, simulator) for name, vendor in providers.items()],
            "models": list(_models(failing)),
            "projects": [
                {
                    "name": "shop",
                    "limits": {"requests_per_minute": 1_000_000},
                    "keys": [{"name": "ci", "value": "env:CI_KEY", "role": "owner"}],
                }
            ],
        }
    )


def _models(failing: list[tuple[Cell, Shape]]) -> Iterator[dict[str, Any]]:
    for cell, shape in failing:
        target = {"provider": cell.provider(shape), "model": cell.model(shape)}
        yield {"name": cell.slug(shape), "route": {"targets": [target], "policy": POLICY}}


def _provider(name: str, vendor: VendorRow, simulator: Simulator) -> dict[str, Any]:
    url = simulator.vendor(vendor.name).url + vendor.path
    return {
        "name": name,
        "vendor": vendor.vendor,
        "base_url": url,
        "keys": [f"env:{_variable(vendor)}"],
        **vendor.fields,
    }


def _variable(vendor: VendorRow) -> str:
    return f"KEY_OF_{vendor.name.upper().replace('-', '_')}"

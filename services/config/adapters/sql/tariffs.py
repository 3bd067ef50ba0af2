"""What of a tariff has no column of its own: kept as one JSON document, without what few prices say."""

from typing import Any

from pydantic import TypeAdapter

from services.config.domain.tariff import Tariff

_TARIFFS = TypeAdapter(Tariff)
_COLUMNS = {"rates": {"input", "output", "cached_input"}}


def rest_of_tariff(tariff: Tariff) -> dict[str, Any] | None:
    """The document, by the names of the domain's fields, amounts as texts; None where the columns say all."""
    rest: dict[str, Any] = _TARIFFS.dump_python(tariff, mode="json", exclude=_COLUMNS, exclude_defaults=True)
    return {field: value for field, value in rest.items() if value} or None


def tariff_with_rest(tariff: Tariff, rest: dict[str, Any] | None) -> Tariff:
    """`tariff`, which was made of the columns, with its document."""
    if not rest:
        return tariff
    columns = _TARIFFS.dump_python(tariff, exclude_defaults=True)
    return _TARIFFS.validate_python(columns | rest | {"rates": columns["rates"] | rest.get("rates", {})})

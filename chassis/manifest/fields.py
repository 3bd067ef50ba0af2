"""What a single field of `seawall.yaml` may hold."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from chassis.durations import duration
from chassis.manifest import bounds
from chassis.manifest.urls import MAX_URL, check_url
from chassis.principal import Role
from chassis.secrets import is_reference

_ROLES = {role.name.lower(): role for role in Role}


class Section(BaseModel):
    """A part of the manifest. What it does not know it refuses: a misspelt field must not go unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def reference(text: str) -> str:
    """`text`, if it is a reference. Raises ValueError, which does not repeat it: it may be a secret."""
    if not is_reference(text):
        raise ValueError("is not a reference such as env:NAME; a secret itself is not accepted here")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an http or https URL")
    return text


def _url_or_reference(text: str) -> str:
    return text if is_reference(text) else _url(text)


def _as_text(value: object) -> object:
    """What YAML takes a bare date or number for."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _role(value: object) -> object:
    if isinstance(value, Role):
        return value
    if not isinstance(value, str) or value not in _ROLES:
        raise ValueError(f"is not a role: {', '.join(_ROLES)}")
    return _ROLES[value]


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is too far away") from None


def _none_for_auto(value: object) -> object:
    return None if value == bounds.AUTO else value


def switch(value: object) -> object:
    """`off` and `auto` where `value` is what YAML makes of a bare `off` and `on`."""
    if value is False:
        return bounds.OFF
    return bounds.AUTO if value is True or value == "on" else value


Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""Lower-case letters, digits and hyphens, at most 63."""
Text = Annotated[str, Field(min_length=1, max_length=256)]
Reference = Annotated[str, AfterValidator(reference)]
"""Where a secret is, such as `env:NAME`; never the secret."""
BareText = Annotated[str, BeforeValidator(_as_text)]
"""That YAML may take for something else where it has no quotes."""
Url = Annotated[str, AfterValidator(check_url)]
UrlOrReference = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_url_or_reference)]
KeyRole = Annotated[Role, BeforeValidator(_role)]
Duration = Annotated[timedelta, BeforeValidator(duration), AfterValidator(bounds.TIME.check)]
AutoDuration = Annotated[Duration | None, BeforeValidator(_none_for_auto)]
"""None where Seawall finds the right one itself."""
CacheDuration = Annotated[timedelta, BeforeValidator(duration), AfterValidator(bounds.CACHE_TIME.check)]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""In UTC."""
Dollars = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=9, allow_inf_nan=False)]
"""US dollars, of tokens per million."""
Count = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]

"""Who may call a simulated vendor, and for which models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=500)]


class Access(BaseModel):
    """Which keys a vendor accepts and which models it has; None is every key that is not empty, and every model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: frozenset[Text] | None = None
    models: tuple[Text, ...] | None = None

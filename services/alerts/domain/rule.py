"""How what is observed of a subject becomes alerts about it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from events.credentials import CredentialChanged
from events.health import TargetVerdictChanged
from services.alerts.domain.alert import Alert, Condition, Kind

Observation = TypeVar("Observation", TargetVerdictChanged, CredentialChanged)
"""An event that says how a subject is from a time on."""


@dataclass(frozen=True)
class Changes:
    """What is to be done, in this order."""

    resolve: tuple[Alert, ...] = ()
    open: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Rule(Generic[Observation]):
    """`judge` is given the unresolved alerts of `kinds` about the observation's `subject`.

    `remembered_as`: the name under which it is known which observation of the subject was applied last; two rules never
    give the same one.
    """

    kinds: tuple[Kind, ...]
    subject: Callable[[Observation], str]
    remembered_as: Callable[[Observation], str]
    judge: Callable[[Collection[Alert], Observation], Changes]

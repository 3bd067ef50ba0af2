"""What the state of a provider's credential means for its alert."""

from collections.abc import Collection

from events.credentials import CredentialChanged, CredentialState
from services.alerts.domain.alert import Alert, Condition, Kind
from services.alerts.domain.rule import Changes, Rule


def judge_credential(unresolved: Collection[Alert], seen: CredentialChanged) -> Changes:
    """The changes that make the credential's `unresolved` alerts say what is seen.

    One that is in use again, or is not configured any more, is nothing to act on.
    """
    if seen.state is not CredentialState.RESTING:
        return Changes(resolve=tuple(unresolved))
    if unresolved:
        return Changes()
    summary = f"Provider {seen.provider}: {seen.credential} is refused. {seen.explanation}"
    return Changes(open=(Condition(seen.organization, Kind.CREDENTIAL_REFUSED, subject_of(seen), summary),))


def subject_of(seen: CredentialChanged) -> str:
    """What an alert about the credential is about."""
    return f"{seen.provider}/{seen.credential}"


def _remembered_as(seen: CredentialChanged) -> str:
    # No provider has a space in its name, so no target is remembered as this.
    return f"credential {subject_of(seen)}"


RULE = Rule((Kind.CREDENTIAL_REFUSED,), subject=subject_of, remembered_as=_remembered_as, judge=judge_credential)
"""What the providers service says of credentials."""

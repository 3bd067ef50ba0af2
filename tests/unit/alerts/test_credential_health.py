"""What the state of a credential does to its alert."""

import pytest

from events.credentials import CredentialState
from services.alerts.domain.alert import Alert, Kind
from services.alerts.domain.credential_health import judge_credential
from tests.unit.alerts.values import alert, credential

REFUSED = alert(Kind.CREDENTIAL_REFUSED)


@pytest.mark.parametrize(
    ("unresolved", "seen", "resolved", "opens"),
    [
        ([], CredentialState.IN_USE, [], False),
        ([], CredentialState.REMOVED, [], False),
        ([], CredentialState.RESTING, [], True),
        ([REFUSED], CredentialState.RESTING, [], False),
        ([REFUSED], CredentialState.IN_USE, [REFUSED], False),
        ([REFUSED], CredentialState.REMOVED, [REFUSED], False),
    ],
)
def test_a_state_opens_and_resolves(
    unresolved: list[Alert], seen: CredentialState, resolved: list[Alert], opens: bool
) -> None:
    changes = judge_credential(unresolved, credential(seen))
    assert list(changes.resolve) == resolved
    assert [(one.organization, one.kind, one.subject) for one in changes.open] == (
        [("acme", Kind.CREDENTIAL_REFUSED, "openai-main/env:OPENAI_API_KEY")] if opens else []
    )

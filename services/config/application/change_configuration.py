"""Changes what an organization has set: every change, by RPC or manifest, goes this one way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.config.application.ports import Actor, Store, Transaction
from services.config.domain.changes import Change, check_rank, plan_changes
from services.config.domain.configuration import Configuration
from services.config.domain.key import Key

Edit = Callable[[Configuration], Configuration]
"""Makes what is wanted of what is set; raises Failure where that cannot be."""


@dataclass(frozen=True)
class Applied:
    """What was changed, and the version in force after it."""

    changes: tuple[Change, ...]
    version: int


class ChangeConfiguration:
    """Edits an organization's configuration in one transaction.

    All of it is read for any change: it is small and changes seldom, and so each rule sees everything it is about,
    under the store's lock. `changed` is called after a change came into force.
    """

    def __init__(self, store: Store, clock: Clock, *, changed: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._changed = changed

    async def __call__(self, organization: str, edit: Edit, *, actor: Actor, dry_run: bool = False) -> Applied:
        """Change what the organization of that id has set; an edit that changes nothing leaves no trace.

        Raises Failure: the edit's own, PERMISSION_DENIED where the actor's role is too low for a key, UNAVAILABLE.
        """
        async with self._store.transaction() as transaction:
            current = await transaction.configuration(organization)
            changes = plan_changes(current, edit(current))
            check_rank(changes, actor.role)
            await _refuse_shared_secrets(transaction, changes)
            if dry_run or not changes:
                return Applied(changes, await transaction.version())
            version = await transaction.keep(changes, actor=actor.name, time=self._clock.now())
        self._changed()
        return Applied(changes, version)


async def _refuse_shared_secrets(transaction: Transaction, changes: Sequence[Change]) -> None:
    """A secret must lead to one key: gateways find the key by it."""
    after = {change.resource: change.after for change in changes if isinstance(change.after, Key)}
    if not after:
        return
    holders = dict(await transaction.holders({key.secret.digest for key in after.values()}))
    for change in changes:
        if isinstance(change.before, Key) and holders.get(change.before.secret.digest) == change.resource:
            del holders[change.before.secret.digest]
    for name, key in after.items():
        if holders.setdefault(key.secret.digest, name) != name:
            raise Failure(
                Reason.INVALID_REQUEST,
                f"The secret of {name!r} is another key's, or was; give it one of its own.",
                detail={"resource": name},
            )

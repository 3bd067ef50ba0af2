"""What a manifest declares, and what is wanted then of what is set."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.principal import Role
from services.config.domain.configuration import Configuration
from services.config.domain.faults import at, invalid
from services.config.domain.key import Key, Origin, Secret
from services.config.domain.resource import Resource


@dataclass(frozen=True)
class Declared:
    """A resource and where in the manifest it stands, such as `providers[0]`."""

    path: str
    resource: Resource


@dataclass(frozen=True)
class DeclaredKey:
    """A key and where in the manifest it stands."""

    path: str
    name: str
    role: Role
    secret: Secret
    expire_time: datetime | None = None


@dataclass(frozen=True)
class Declaration:
    """Everything that a manifest says of one organization (its id); `resources` begin with the organization."""

    organization: str
    resources: tuple[Declared, ...]
    keys: tuple[DeclaredKey, ...]

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST), with the path, where something is declared twice."""
        seen: set[str | bytes] = set()
        for path, mark, what in self._marks():
            if mark in seen:
                raise invalid(path, f"declares {what} a second time")
            seen.add(mark)

    def _marks(self) -> Iterator[tuple[str, str | bytes, str]]:
        for one in self.resources:
            yield one.path, one.resource.name, repr(one.resource.name)
        for key in self.keys:
            yield key.path, key.name, repr(key.name)
            yield f"{key.path}.value", key.secret.digest, "the same secret"

    def wanted(self, current: Configuration, now: datetime) -> Configuration:
        """What is to be set: exactly what is declared, and of the keys those that manifests do not answer for.

        Raises Failure(INVALID_REQUEST), with the path, where a declared resource breaks a rule.
        """
        declared = Configuration.of(one.resource for one in self.resources)
        wanted = Configuration.of([*declared.resources.values(), *self._keys(current, declared, now)])
        for one in self.resources:
            with at(one.path):
                wanted.check(one.resource)
        for key in self.keys:
            with at(key.path):
                wanted.check(wanted.resources[key.name])
        return wanted

    def _keys(self, current: Configuration, declared: Configuration, now: datetime) -> Iterable[Key]:
        before = {key.name: key for key in current.each(Key)}
        names = {key.name for key in self.keys}
        digests = {key.secret.digest for key in self.keys}
        for declared_key in self.keys:
            yield _declared_key(declared_key, before.get(declared_key.name), now)
        for key in before.values():
            if key.name in names or key.owner not in declared.resources:
                continue  # said above, or gone with its project
            if key.origin is Origin.RPC or key.revoke_time is not None:
                yield key
            elif key.secret.digest not in digests:
                yield replace(key, revoke_time=now)
            # else its secret goes on under another name


def _declared_key(declared: DeclaredKey, before: Key | None, now: datetime) -> Key:
    """The key as it is declared. A revoked one stays revoked until it is given another secret."""
    if before is None or before.secret != declared.secret:
        return Key(declared.name, declared.role, declared.secret, Origin.MANIFEST, now, declared.expire_time)
    return replace(before, role=declared.role, origin=Origin.MANIFEST, expire_time=declared.expire_time)

"""A system of the tests, as the scenarios of bench/ want it."""

from bench.site import Site
from bench.up import SERVICES
from tests.e2e.system import System


def site_of(system: System) -> Site:
    """`system`, with the processes that run now."""
    pids = {service: system.services[service].pid for service in SERVICES}
    return Site(system.http(), system.grpc(), system.key, system.simulator, pids)

"""Seawall whole: real processes on real stores, in front of simulated vendors; each piece can be killed and started."""

import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openai
import pyqwest

from chassis import keys
from simulator import Simulator, VendorSpec
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.kafka import Kafka, private_kafka
from tests.stack.ports import free_port
from tests.stack.postgres import Postgres, private_postgres
from tests.stack.process import OwnedProcess
from tests.stack.redis import Redis, private_redis

SERVICES = ("config", "providers", "monitor", "alerts", "gateway")
START_DEADLINE = 120.0
"""Seconds; five at once take long on a machine that has other work."""
ORGANIZATION = "acme"
VENDORS = ("alpha", "beta", VendorSpec(name="claude", dialect="anthropic"))
WEBHOOK_SECRET = "whsec_" + "c2VhbHdhbGwtdGVzdHMtc2VhbHdhbGwtdGVzdHM="

MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{alpha}", keys: [env:VENDOR_KEY]}}
  - {{name: beta, vendor: openai-compatible, base_url: "{beta}", keys: [env:VENDOR_KEY]}}
models:
  - name: chat
    route:
      strategy: ordered
      targets: [{{provider: alpha, model: small}}, {{provider: beta, model: small}}]
      policy: {{timeout: 20s, first_token_timeout: 5s, retries: 1}}
prices:
  - {{provider: alpha, model: small, input: "0.25", output: "2"}}
  - {{provider: beta, model: small, input: "0.30", output: "2.40"}}
projects:
  - name: shop
    limits: {{requests_per_minute: 1000000}}
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
receivers:
{receivers}
"""


@dataclass(frozen=True)
class Stores:
    """What a system runs on."""

    kafka: Kafka
    postgres: Postgres
    redis: Redis


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class System:
    """The five services. Each has its own directory, log and ports, which it keeps when it is started again."""

    def __init__(
        self,
        directory: Path,
        stores: Stores,
        database: str,
        simulator: Simulator,
        manifest: str,
        *,
        otlp: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.stores = stores
        self.simulator = simulator
        self.key = keys.generate()
        self.ports = {(service, kind): free_port() for service in SERVICES for kind in ("http", "grpc")}
        self._client = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))
        file = directory / "seawall.yaml"
        file.write_text(manifest)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SEAWALL_")},
            "SEAWALL_KAFKA_BOOTSTRAP": stores.kafka.bootstrap,
            "SEAWALL_DATABASE_URL": database,
            "SEAWALL_REDIS_URL": stores.redis.url,
            "SEAWALL_MANIFEST": str(file),
            "SEAWALL_KEY_PEPPER": secrets.token_hex(32),
            "SEAWALL_INTERNAL_TOKEN": secrets.token_hex(32),
            "SEAWALL_OTLP_ENDPOINT": otlp,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "SEAWALL_TRACE_SAMPLE_RATIO": "0",
            "SEAWALL_DRAIN_TIMEOUT": "10",
            "VENDOR_KEY": "any",
            "CI_KEY": self.key,
            "WEBHOOK_SECRET": WEBHOOK_SECRET,
            **(environment or {}),
            **{f"SEAWALL_{service.upper()}_ADDRESS": self.grpc(service) for service in SERVICES},
        }
        self.services = {service: self._service(service, service) for service in SERVICES}

    def http(self, service: str = "gateway") -> str:
        """Root URL of a service's HTTP side."""
        return f"http://127.0.0.1:{self.ports[service, 'http']}"

    def grpc(self, service: str = "gateway") -> str:
        """`host:port` of a service's gRPC side."""
        return f"127.0.0.1:{self.ports[service, 'grpc']}"

    async def start(self, *services: str) -> None:
        """Start these services, or all, and wait until they can serve."""
        for service in services or SERVICES:
            await self.services[service].start()
        for service in services or SERVICES:
            await self.ready(service)

    async def discard(self) -> None:
        """End every process, and forget what it wrote."""
        for service in reversed(self.services.values()):
            await service.discard()

    async def ready(self, service: str, within: float = START_DEADLINE) -> None:
        """Wait until `service` can serve."""

        async def check() -> bool:
            assert self.services[service].running, "it has ended"
            return (await self.get(self.http(service) + "/health/ready")).status == 200

        try:
            await eventually(check, within=within)
        except AssertionError as error:
            raise AssertionError(f"{service}: {error}; it said:\n{self.services[service].last_words()}") from error

    def add(self, name: str, service: str, **environment: str) -> None:
        """A further process of a service, with ports and directory of its own; start it by `name`."""
        self.ports |= {(name, kind): free_port() for kind in ("http", "grpc")}
        self.services[name] = self._service(name, service, environment)

    def openai(self, **options: Any) -> openai.AsyncOpenAI:
        """OpenAI's SDK, with only base URL and key changed."""
        return openai.AsyncOpenAI(base_url=f"{self.http()}/v1", api_key=self.key, **options)

    async def get(self, url: str) -> Answer:
        """GET `url`."""
        return await self._ask("GET", url, {}, b"")

    async def chat(
        self, text: str = "hello", *, gateway: str = "gateway", key: str | None = None, **fields: Any
    ) -> Answer:
        """One chat, over HTTP as it is."""
        body = {"model": "chat", "messages": [{"role": "user", "content": text}], **fields}
        return await self.post(f"{self.http(gateway)}/v1/chat/completions", json.dumps(body).encode(), key=key)

    async def post(
        self, url: str, body: bytes, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST JSON with a key, the system's own where none is given."""
        sent = {
            "authorization": f"Bearer {self.key if key is None else key}",
            "content-type": "application/json",
            **(headers or {}),
        }
        return await self._ask("POST", url, sent, body)

    async def rpc(self, method: str, **fields: Any) -> Any:
        """Call `Service/Method` of config, monitor or alerts at the door. An error is an AssertionError."""
        service, _, name = method.partition("/")
        package = {"ConfigService": "config", "MonitorService": "monitor", "AlertService": "alerts"}[service]
        answer = await self.post(f"{self.http()}/seawall.{package}.v1.{service}/{name}", json.dumps(fields).encode())
        assert answer.status == 200, answer.body
        return answer.json()

    async def request(self, request_id: str, within: float = PATIENCE) -> Any:
        """A request as the ledger has it, once it is there."""

        async def find() -> Any:
            name = f"organizations/-/requests/{request_id}"
            return (await self.rpc("MonitorService/GetRequest", name=name))["request"]

        return await eventually(find, within=within)

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        call = self._client.get(url, headers) if method == "GET" else self._client.post(url, headers, body)
        answer = await call
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.content)

    def _service(self, name: str, service: str, environment: Mapping[str, str] = MappingProxyType({})) -> OwnedProcess:
        data = self.directory / name
        data.mkdir()
        return OwnedProcess(
            name,
            [sys.executable, "-m", f"services.{service}"],
            data / "log",
            environment={
                **self.environment,
                "SEAWALL_HTTP_ADDRESS": f"127.0.0.1:{self.ports[name, 'http']}",
                "SEAWALL_GRPC_ADDRESS": f"127.0.0.1:{self.ports[name, 'grpc']}",
                "SEAWALL_DATA_DIR": str(data),
                **environment,
            },
        )


def _manifest(simulator: Simulator, webhook: str) -> str:
    receivers = f'  - {{name: ops, webhook: {{url: "{webhook}", secret: env:WEBHOOK_SECRET}}}}' if webhook else "  []"
    alpha, beta = (simulator.vendor(name).base_url for name in ("alpha", "beta"))
    return MANIFEST.format(alpha=alpha, beta=beta, receivers=receivers)


@asynccontextmanager
async def running_system(
    *,
    webhook: str = "",
    otlp: str = "",
    manifest: Callable[[Simulator], str] | None = None,
    environment: Mapping[str, str] | None = None,
    vendors: Sequence[str | VendorSpec] = VENDORS,
) -> AsyncIterator[System]:
    """A system that serves, on stores of its own that a test may stop; everything is gone at the end.

    `manifest` writes what is configured, instead of MANIFEST; its secrets are in the `environment`. `vendors`: those
    that are simulated.
    """
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seawall-")))
        enter = stack.enter_async_context
        stores = Stores(
            *await asyncio.gather(enter(private_kafka()), enter(private_postgres()), enter(private_redis()))
        )
        database = await enter(stores.postgres.fresh_database())
        simulator = await enter(Simulator(vendors=vendors, seed=1))
        written = manifest(simulator) if manifest is not None else _manifest(simulator, webhook)
        system = System(directory, stores, database, simulator, written, otlp=otlp, environment=environment)
        stack.push_async_callback(system.discard)
        await system.start()
        yield system

"""The service as a process of its own: its trace, its metrics, its end."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pyqwest
import pytest

from chassis.grpc.client import Peer
from simulator import Behaviour, ErrorStatus, Vendor
from tests.integration.providers.service import Client, Configuration, serving
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.otlp import OtlpReceiver
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Running:
    def __init__(self, process: OwnedProcess, client: Client, http: str, received: OtlpReceiver) -> None:
        self.process = process
        self.client = client
        self.http = http
        self.received = received

    async def page(self, path: str) -> tuple[int, str]:
        response = await pyqwest.Client().get(self.http + path)
        return response.status, response.text()


@pytest.fixture
async def service(configuration: Configuration, tmp_path: Path) -> AsyncIterator[Running]:
    grpc_address, http_address = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    async with (
        serving(configuration) as config_address,
        OtlpReceiver() as received,
        Peer(grpc_address, internal_token="between-us") as peer,
    ):
        told = {
            "GRPC_ADDRESS": grpc_address,
            "HTTP_ADDRESS": http_address,
            "CONFIG_ADDRESS": config_address,
            "DATA_DIR": str(tmp_path),
            "KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
            "OTLP_ENDPOINT": received.endpoint,
            "INTERNAL_TOKEN": "between-us",
        }
        process = OwnedProcess(
            "providers",
            [sys.executable, "-m", "services.providers"],
            tmp_path / "log",
            environment={**os.environ, **{f"SEAWALL_{name}": value for name, value in told.items()}},
        )
        await process.start()
        running = Running(process, Client(peer), f"http://{http_address}", received)
        try:

            async def ready() -> bool:
                return (await running.page("/health/ready"))[0] == 200

            await eventually(ready)
            yield running
        finally:
            await process.discard()


async def test_a_sampled_call_is_one_span_between_the_gateways_and_the_vendors(service: Running, alpha: Vendor) -> None:
    await service.client.call(traceparent=f"00-{TRACE}-{PARENT}-01")
    await service.client.call(traceparent=f"00-{TRACE}-{PARENT}-00")
    await service.client.call()
    alpha.set(None, Behaviour(faults=(ErrorStatus(status=503),)))
    await service.client.frames(traceparent=f"00-{TRACE}-{PARENT}-01")
    spans = await service.received.wait_for(lambda spans: len(spans) >= 2)

    answered, failed = spans
    assert (answered.name, answered.kind, answered.trace_id, answered.parent_id) == (
        "chat gpt-up",
        "client",
        TRACE,
        PARENT,
    )
    assert answered.attributes["gen_ai.provider.name"] == "openai"
    assert answered.attributes["server.address"] == "127.0.0.1"
    assert not answered.failed
    assert (failed.failed, failed.attributes["error.type"]) == (True, "vendor_overloaded")
    told = [f"00-{TRACE}-{span.span_id}-01" for span in spans]
    assert [call.traceparent for call in alpha.calls] == [told[0], "", "", told[1]]


async def test_calls_and_failures_are_counted_by_vendor_and_reason(service: Running, alpha: Vendor) -> None:
    await service.client.call()
    alpha.set(None, Behaviour(faults=(ErrorStatus(status=429),)))
    await service.client.call()
    _, metrics = await service.page("/metrics")
    lines = metrics.splitlines()
    assert any(
        line.startswith("gen_ai_client_operation_duration_seconds_bucket") and 'le="0.02"' in line for line in lines
    )
    failures = next(line for line in lines if line.startswith("seawall_vendor_failures_total"))
    assert 'gen_ai_provider_name="openai"' in failures
    assert 'reason="vendor_rate_limited"' in failures
    assert failures.endswith(" 1.0")


async def test_a_call_under_way_ends_in_order_when_the_service_is_told_to_stop(service: Running, alpha: Vendor) -> None:
    alpha.set(None, Behaviour.model_validate({"between_chunks": {"kind": "constant", "seconds": 0.05}}))
    batches = aiter(service.client.stream(within=PATIENCE))
    first = await anext(batches)
    await service.process.stop(within=PATIENCE)
    frames = [*first.frames, *[frame async for batch in batches for frame in batch.frames]]
    assert frames[-1].end
    assert alpha.calls[-1].outcome == "completed"

"""A providers service in a process that has LiteLLM's SDK, and its providers, before the simulator's dialects."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from chassis.grpc.client import Peer
from seawall.config.v1.resources_pb2 import Provider
from simulator import DialectName, Simulator
from tests.integration.providers.service import Client, Configuration, provider, serving
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.frameworks import PYTHON, ROOT
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

DIALECTS: tuple[DialectName, ...] = ("openai", "anthropic", "mistral")
PATHS = {"openai": "", "anthropic": "", "mistral": "/v1"}
"""What LiteLLM wants after the address that the simulator tells."""
RESTING = ("forbidden", "limited", "refused")
"""What lets a key rest: each such test has a provider of its own."""
UNASKED = ("no-such-vendor", "bedrock", "gemini", "vertex_ai", "github_copilot")
"""Vendors that are not called, each that of a provider of its name."""
IMPORT = 4 * PATIENCE
"""Seconds for a busy machine to import the SDK, which has thousands of modules that nobody may have compiled yet."""


def to(name: str, model: str = "small") -> dict[str, Any]:
    return {"name": name, "model": model}


def tail(name: str, base_url: str, *keys: str, asks: str = "openai") -> Provider:
    made = provider(name, base_url, *keys, vendor="litellm")
    made.sdk_vendor = asks
    return made


def at_home(name: str) -> str:
    """The provider that says of the vendor nothing but its name."""
    return f"{name}-at-home"


@asynccontextmanager
async def running_with_sdk(sim: Simulator, directory: Path) -> AsyncIterator[tuple[OwnedProcess, Client]]:
    """The service and a client of it, as soon as it answers. `sim` has a vendor of each of DIALECTS."""
    grpc_address, nowhere = f"127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}/v1"
    names = {
        name: (name, *(f"{name}-{what}-{way}" for what in RESTING for way in ("plain", "stream"))) for name in DIALECTS
    }
    proxied = tail("proxied", sim.vendor("openai").base_url, "env:TAIL_KEY")
    proxied.proxy = nowhere
    configuration = Configuration(
        proxied,
        *(
            tail(one, sim.vendor(name).base_url + PATHS[name], "env:TAIL_KEY", "env:TAIL_KEY_2", asks=name)
            for name in DIALECTS
            for one in names[name]
        ),
        *(tail(at_home(name), "", "env:TAIL_KEY", asks=name) for name in DIALECTS),
        *(tail(asks, "", "env:TAIL_KEY", asks=asks) for asks in ("azure", *UNASKED)),
        provider("asks-nobody", "", "env:TAIL_KEY", vendor="litellm"),
        tail("keyless", sim.vendor("openai").base_url),
        tail("unusable", "http://a b/v1", "env:TAIL_KEY"),
        tail("elsewhere", "http://no-such-host.invalid/v1", "env:TAIL_KEY"),
        tail("nowhere", nowhere, "env:TAIL_KEY"),
        tail("metadata", "http://169.254.169.254/v1", "env:TAIL_KEY"),
    )
    async with serving(configuration) as config_address, Peer(grpc_address) as peer:
        told = {
            "GRPC_ADDRESS": grpc_address,
            "HTTP_ADDRESS": f"127.0.0.1:{free_port()}",
            "CONFIG_ADDRESS": config_address,
            "DATA_DIR": str(directory),
            "KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        }
        own = {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "TAIL_KEY": "sk-tail-0001",
            "TAIL_KEY_2": "sk-tail-0002",
            "OPENAI_API_KEY": "sk-of-all",
            # Where LiteLLM asks its vendors if a provider does not say it.
            "OPENAI_BASE_URL": sim.vendor("openai").base_url,
            "ANTHROPIC_BASE_URL": sim.vendor("anthropic").base_url,
            "MISTRAL_AZURE_API_BASE": sim.vendor("mistral").base_url + PATHS["mistral"],
            "REPLICATE_API_BASE": sim.vendor("openai").base_url,
        }
        service = OwnedProcess(
            "providers",
            [str(PYTHON), "-m", "services.providers"],
            directory / "log",
            environment={**os.environ, **own, **{f"SEAWALL_{name}": value for name, value in told.items()}},
        )
        await service.start()
        client = Client(peer)
        try:
            await eventually(partial(_answers, client), within=IMPORT)
            yield service, client
            await service.stop()
            assert "Unclosed" not in service.last_words(), "connections that the SDK keeps"
        finally:
            await service.discard()


async def _answers(client: Client) -> bool:
    """Calls that end while the SDK is imported do not end the import."""
    return (await client.call(within=10.0, **to("openai"))).WhichOneof("result") == "answer"

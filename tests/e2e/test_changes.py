"""What is set reaches every gateway at once."""

import time
from collections.abc import Sequence

from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually

SHOP = "organizations/-/projects/shop"


async def test_a_revoked_key_is_refused_by_every_gateway_with_kafka_and_without() -> None:
    async with running_system() as system:
        system.add_gateway("gateway-2")
        await system.start("gateway-2")
        gateways = ("gateway", "gateway-2")
        for what, name in (("Kafka", "k1"), ("no Kafka", "k2")):
            made = await system.rpc("ConfigService/CreateKey", parent=SHOP, keyId=name, key={"role": "ROLE_DEVELOPER"})
            await everywhere(system, gateways, made["secret"], 200)
            await system.rpc("ConfigService/RevokeKey", name=f"{SHOP}/keys/{name}")
            revoked = time.monotonic()
            await everywhere(system, gateways, made["secret"], 401)
            print(f"with {what} the key was refused everywhere {time.monotonic() - revoked:.2f} s after its revocation")
            await system.stores.kafka.stop()


async def everywhere(system: System, gateways: Sequence[str], key: str, status: int) -> None:
    """Wait until each gateway answers `key` with `status`."""

    async def check() -> bool:
        return all([(await system.chat(gateway=gateway, key=key)).status == status for gateway in gateways])

    await eventually(check)


async def test_a_new_model_may_be_asked_for_and_an_applied_file_is_idempotent(system: System) -> None:
    targets = [{"provider": "beta", "model": "large"}]
    await system.rpc(
        "ConfigService/CreateModel",
        parent="organizations/-",
        modelId="big",
        model={"route": {"strategy": "ordered", "targets": targets}},
    )

    async def asked() -> bool:
        return (await system.chat(model="big")).status == 200

    await eventually(asked)
    manifest = (system.directory / "seawall.yaml").read_text()
    first = await system.rpc("ConfigService/ApplyManifest", parent="organizations/-", manifest=manifest)
    assert first["deleted"] == ["organizations/acme/models/big"]
    second = await system.rpc("ConfigService/ApplyManifest", parent="organizations/-", manifest=manifest)
    assert second == {"version": first["version"]}

"""What is set by call and by file is in force."""

from tests.e2e.system import System
from tests.stack.eventually import eventually


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

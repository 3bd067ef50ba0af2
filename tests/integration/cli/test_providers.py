"""A provider with everything that it may say, from a file to every gateway's door, as an operator sets it."""

from pathlib import Path

from cli.connection import connect
from cli.door import OWN, Door
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from tests.integration.cli.seawall import Up

SERVICE = "seawall.config.v1.ConfigService"
SAID = """providers:
  - name: azure
    vendor: azure
    base_url: https://acme.openai.azure.com
    api_version: 2024-10-21
    keys: [{key: env:A, weight: 3}, env:B]
    proxy: env:PROXY
    ca: file:/secrets/ca.pem
    headers: {x-team: ml platform, x-token: env:TOKEN}
  - {name: vertex, vendor: vertex, region: europe-west4, cloud_project: acme-ai}
"""


async def test_what_a_file_says_of_a_provider_comes_back_through_the_door(running: Up, tmp_path: Path) -> None:
    manifest = (running.directory / "seawall.yaml").read_text()
    file = tmp_path / "seawall.yaml"
    file.write_text(manifest.replace("providers:\n", SAID))

    applied = (await running.run("apply", "-f", str(file), "--json")).json()
    again = (await running.run("apply", "-f", str(file), "--json")).json()
    door = Door(connect(None, None, running.directory))
    azure, vertex = [
        door.call(
            f"{SERVICE}/GetProvider", api.GetProviderRequest(name=f"{OWN}/providers/{name}"), api.GetProviderResponse
        )
        for name in ("azure", "vertex")
    ]
    back = (await running.run("apply", "-f", "-", "--yes", "--json", stdin=manifest)).json()

    names = [f"organizations/local/providers/{name}" for name in ("azure", "vertex")]
    assert applied["created"] == back["deleted"] == names
    assert (again["created"], again["updated"], again["deleted"]) == ([], [], [])
    assert azure.provider == pb.Provider(
        name=names[0],
        vendor="azure",
        base_url="https://acme.openai.azure.com",
        keys=["env:A", "env:B"],
        key_weights=[3, 1],
        api_version="2024-10-21",
        proxy="env:PROXY",
        ca="file:/secrets/ca.pem",
        headers=[pb.Header(name="x-team", value="ml platform"), pb.Header(name="x-token", value="env:TOKEN")],
    )
    assert vertex.provider == pb.Provider(
        name=names[1], vendor="vertex", region="europe-west4", cloud_project="acme-ai"
    )


async def test_a_field_that_is_not_for_the_vendor_is_told_with_its_path(running: Up) -> None:
    manifest = (running.directory / "seawall.yaml").read_text()
    wrong = manifest.replace("providers:\n", SAID.replace("vendor: vertex", "vendor: bedrock"))

    said = await running.run("apply", "-f", "-", stdin=wrong)

    assert said.exit_code == 1
    assert "providers[1].cloud_project: means nothing to vendor bedrock; it is for vertex" in " ".join(said.err.split())

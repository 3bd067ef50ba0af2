"""What `up` decides before it starts anything."""

import socket
import stat
from pathlib import Path

import pytest

from chassis import keys
from cli.embedded import manifest as manifests
from cli.embedded.data_dir import DataDir
from cli.embedded.ports import DEFAULT_RANGE, HOST, free_ports, port_range, require_free
from cli.embedded.programs import SERVICES, choose_ports
from cli.problem import Problem

AMONG = port_range(DEFAULT_RANGE)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDir:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    directory = DataDir(tmp_path / "data")
    with directory.locked():
        pass
    return directory


def test_secrets_are_made_once_and_readable_by_their_owner_only(directory: DataDir) -> None:
    first = directory.secrets()

    assert keys.is_wellformed(first.key)
    assert directory.secrets() == first
    assert stat.S_IMODE((directory.path / "secrets.json").stat().st_mode) == 0o600


def test_second_up_on_a_directory_is_refused(directory: DataDir) -> None:
    with directory.locked(), pytest.raises(Problem) as problem, DataDir(directory.path).locked():
        pass
    assert problem.value.code == "data_dir_in_use"


def test_addresses_are_gone_when_the_directory_is_left(directory: DataDir) -> None:
    with directory.locked():
        directory.publish({"url": "http://x"})
        assert (directory.path / "up.json").exists()

    assert not (directory.path / "up.json").exists()


def test_damaged_secrets_are_told_and_kept(directory: DataDir) -> None:
    (directory.path / "secrets.json").write_text("{}")

    with pytest.raises(Problem) as problem:
        directory.secrets()
    assert problem.value.code == "data_dir_damaged"
    assert (directory.path / "secrets.json").read_text() == "{}"


def test_without_a_vendor_key_the_vendors_are_simulated(directory: DataDir) -> None:
    chosen = manifests.write_default(directory, AMONG)
    read = manifests.read(chosen.text, "it")

    assert [target.provider for target in read.models[0].route.targets] == ["alpha", "beta"]
    assert [provider.base_url for provider in read.providers] == [
        f"http://{HOST}:{port}/v1" for port in chosen.simulator_ports.values()
    ]
    assert len(read.prices) == 2
    assert manifests.shown_model(read) == "chat"


def test_with_a_vendor_key_the_vendor_is_real(directory: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")

    chosen = manifests.write_default(directory, AMONG)

    assert chosen.simulator_ports == {}
    assert manifests.read(chosen.text, "it").models[0].route.targets[0].model == "gpt-5-mini"
    assert "sk-1" not in chosen.text


def test_vendors_keep_their_ports(directory: DataDir) -> None:
    assert manifests.write_default(directory, AMONG).text == manifests.write_default(directory, AMONG).text


def test_edited_manifest_is_kept_but_for_a_port_that_was_taken(directory: DataDir) -> None:
    ports = manifests.write_default(directory, AMONG).simulator_ports
    edited = directory.manifest.read_text().replace("name: chat", "name: talk")
    directory.manifest.write_text(edited)
    with socket.socket() as somebody:
        somebody.bind((HOST, ports["alpha"]))
        somebody.listen()

        chosen = manifests.write_default(directory, AMONG)

    assert chosen.simulator_ports["beta"] == ports["beta"]
    assert chosen.simulator_ports["alpha"] != ports["alpha"]
    assert chosen.text == edited.replace(str(ports["alpha"]), str(chosen.simulator_ports["alpha"]))
    assert manifests.write_default(directory, AMONG).text == chosen.text


def test_edited_manifest_of_simulated_vendors_stays_with_them(
    directory: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests.write_default(directory, AMONG)
    directory.manifest.write_text(directory.manifest.read_text() + "# mine\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")

    assert manifests.write_default(directory, AMONG).simulator_ports


def test_key_shown_is_the_most_powerful_one_at_hand() -> None:
    text = """
organization: acme
projects:
  - name: shop
    keys:
      - {name: a, value: "env:A", role: viewer}
      - {name: b, value: "env:B", role: admin}
      - {name: c, value: "env:NOT_SET_ANYWHERE", role: owner}
"""
    assert manifests.shown_key(manifests.read(text, "it"), {"A": "sw_a", "B": "sw_b"}) == "sw_b"


def test_wrong_manifest_is_told_before_anything_starts() -> None:
    with pytest.raises(Problem, match=r"seawall\.yaml"):
        manifests.read("organization: acme\nmodel: []\n", "seawall.yaml")


def test_taken_port_is_named_with_its_option() -> None:
    with socket.socket() as somebody:
        somebody.bind((HOST, 0))
        somebody.listen()
        port = somebody.getsockname()[1]

        with pytest.raises(Problem, match=str(port)) as problem:
            require_free([("--http-port", port)])
    assert "--http-port" in problem.value.hint


def test_services_listen_on_different_ports() -> None:
    ports = choose_ports(0, 0, AMONG)

    assert len({port for at in ports.values() for port in (at.http, at.grpc)}) == 2 * len(SERVICES)
    assert choose_ports(8080, 0, AMONG)["gateway"].http == 8080


def test_free_ports_are_free() -> None:
    require_free([("", port) for port in free_ports(3, AMONG)])


@pytest.mark.parametrize("text", ["", "15000", "-", "a-b", "2-1", "0-10", "1-65536", "1-2-3"])
def test_what_is_no_range_of_ports_is_told(text: str) -> None:
    with pytest.raises(Problem, match="not a range of ports"):
        port_range(text)


def test_ports_are_taken_from_the_range_that_is_given() -> None:
    among = port_range("15100-15199")
    assert set(free_ports(20, among)) <= set(range(15100, 15200))
    with pytest.raises(Problem, match="no 2 free ports"):
        free_ports(2, range(15100, 15101))

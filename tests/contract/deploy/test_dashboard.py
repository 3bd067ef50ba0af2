"""Every metric that the dashboard shows is one that the code declares, and its panels can be read."""

import json
import subprocess
import sys

import pytest
import yaml

from tests.contract.deploy.dashboard import FILE, ROOT, metrics_of, names_on, panels, queries


@pytest.fixture(scope="module")
def exported() -> set[str]:
    """Names of what a process with every instrument exports."""
    command = [sys.executable, "-m", "tests.contract.deploy.declared"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return names_on(done.stdout)


def test_a_query_is_read_for_its_metrics() -> None:
    query = 'sum by (le, reason) (rate(a_total{b="c"}[$__rate_interval])) / scalar(max by(d) (standby_bytes)) > 0.5'
    assert metrics_of(query) == {"a_total", "standby_bytes"}


@pytest.mark.parametrize("query", queries())
def test_every_metric_of_a_query_is_exported(query: str, exported: set[str]) -> None:
    assert metrics_of(query)
    assert metrics_of(query) - exported == set()


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    everything = json.loads(FILE.read_text())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in everything)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in everything}) == len(everything)


def test_panels_ask_the_data_source_that_is_provisioned() -> None:
    provisioning = ROOT / "deploy/observability/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())["datasources"]
    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}

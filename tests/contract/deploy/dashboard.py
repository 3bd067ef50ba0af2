"""The Grafana dashboard, and which metrics its queries are made of."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FILE = ROOT / "deploy/observability/grafana/dashboards/seawall.json"

_NOT_METRICS = re.compile(
    r'"[^"]*"'  # texts
    r"|\{[^}]*\}"  # label matchers
    r"|\[[^]]*\]"  # ranges
    r"|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"  # label lists
    r"|\b\w+(?=\s*\(|\s+(?:by|without)\b)"  # functions and aggregations
    r"|\b\d+(?:\.\d+)?\b"
)


def panels() -> list[dict[str, Any]]:
    """The panels that show something."""
    return [panel for panel in json.loads(FILE.read_text())["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    """Every PromQL expression of the dashboard."""
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def metrics_of(query: str) -> set[str]:
    """Names of the metrics that a PromQL expression reads."""
    return set(re.findall(r"[a-zA-Z_:][\w:]*", _NOT_METRICS.sub(" ", query)))


def names_on(page: str) -> set[str]:
    """Names of the time series on a page in Prometheus' text format."""
    return set(re.findall(r"^([a-zA-Z_:][\w:]*)[ {]", page, flags=re.MULTILINE))

"""What was used and what it cost in the last 24 hours, by model: an RPC of monitor, as JSON over HTTP."""

import json
import os

from pyqwest import SyncClient

answer = SyncClient().post(
    os.environ["SEAWALL_URL"] + "/seawall.monitor.v1.MonitorService/QueryUsage",
    {"authorization": f"Bearer {os.environ['SEAWALL_KEY']}", "content-type": "application/json"},
    json.dumps({"parent": "organizations/-", "groupBy": ["USAGE_GROUP_MODEL"]}).encode(),
)
for row in json.loads(answer.content).get("rows", []):
    print(row["model"], row["requests"], "requests,", row.get("costUsd") or "?", "US dollars")

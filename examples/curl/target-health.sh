#!/bin/sh
# An RPC at the door: what monitor says of each target. Any RPC of config, monitor and alerts is called like this.
set -eu
curl --silent --show-error --fail-with-body "$SEAWALL_URL/seawall.monitor.v1.MonitorService/ListTargetHealth" \
  --header "Authorization: Bearer $SEAWALL_KEY" --header 'Content-Type: application/json' \
  --data '{"parent": "organizations/-"}'

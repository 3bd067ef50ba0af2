#!/bin/sh
# A streamed chat: server-sent events, the last one is [DONE].
set -eu
curl --silent --show-error --fail-with-body --no-buffer "$SEAWALL_URL/v1/chat/completions" \
  --header "Authorization: Bearer $SEAWALL_KEY" --header 'Content-Type: application/json' \
  --data '{"model": "chat", "stream": true, "messages": [{"role": "user", "content": "Hello there"}]}'

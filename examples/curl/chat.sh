#!/bin/sh
# A chat, with the headers that tell what Seawall did.
set -eu
curl --silent --show-error --fail-with-body --include "$SEAWALL_URL/v1/chat/completions" \
  --header "Authorization: Bearer $SEAWALL_KEY" --header 'Content-Type: application/json' \
  --data '{"model": "chat", "messages": [{"role": "user", "content": "Hello there"}]}'

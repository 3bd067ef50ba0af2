#!/bin/sh
# A chat with grpcurl, which learns the API by reflection.
set -eu
grpcurl -plaintext -H "authorization: Bearer $SEAWALL_KEY" \
  -d '{"chat": {"model": "chat", "messages": [{"role": "user", "text": "Hello there"}]}}' \
  "$SEAWALL_GRPC" seawall.gateway.v1.ChatService/Complete

#!/usr/bin/env bash
# Generates the Python stubs of every proto file into OUT, replacing OUT/seawall whole so that no stale stub survives.
set -euo pipefail

out=${1:?usage: proto/generate.sh OUT}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
common=$("$bin/python" -c 'import google.rpc, pathlib; print(pathlib.Path(google.rpc.__path__[0]).parents[1])')

fresh=$(mktemp -d "$out/.fresh.XXXXXX")
trap 'rm -rf "$fresh"' EXIT

mapfile -t files < <(find proto/seawall -name '*.proto' | LC_ALL=C sort)
PATH="$bin:$PATH" "$bin/python" -m grpc_tools.protoc \
  -I proto -I "$common" \
  --python_out="$fresh" --grpc_python_out="$fresh" \
  --mypy_out=quiet:"$fresh" --mypy_grpc_out=quiet:"$fresh" \
  "${files[@]}"

rm -rf "$out/seawall"
mv "$fresh/seawall" "$out/seawall"

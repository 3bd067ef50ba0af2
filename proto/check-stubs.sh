#!/usr/bin/env bash
# Fails, showing the difference, when gen/ is not exactly what proto/ generates; the work tree is not touched.
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
proto/generate.sh "$fresh"
diff --recursive --brief --exclude=__pycache__ gen/seawall "$fresh/seawall" || {
  echo 'gen/ is not what proto/ generates: run "make proto" and commit the result.' >&2
  exit 1
}

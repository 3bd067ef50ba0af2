#!/usr/bin/env bash
# Renders every overlay and validates it against Kubernetes' schemas, strictly: a field that does not exist fails.
set -euo pipefail
cd "$(dirname "$0")/.."
rendered=$(mktemp -d)
trap 'rm -rf "$rendered"' EXIT

for overlay in deploy/k8s/overlays/*/; do
  name=$(basename "$overlay")
  deploy/dev/kustomize.sh "$overlay" >"$rendered/$name.yaml"
  .venv/bin/kubernetes-validate --strict --quiet -k 1.34 "$rendered/$name.yaml"
  printf '%s: %s objects are valid\n' "$overlay" "$(grep -c '^kind:' "$rendered/$name.yaml")"
done

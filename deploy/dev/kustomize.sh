#!/usr/bin/env bash
# Renders a kustomization with whichever Kustomize of major version 5 this machine has: `kustomize.sh DIRECTORY`.
# `kustomize.sh --available` only says, by its exit code, whether there is one.
set -euo pipefail
tools=$(cd "$(dirname "$0")/../.." && pwd)/.tools/bin

if command -v kubectl >/dev/null && kubectl version --client 2>/dev/null | grep -q '^Kustomize Version: v5'; then
  render=(kubectl kustomize)
elif command -v kustomize >/dev/null && kustomize version | grep -q 'v5\.'; then
  render=(kustomize build)
elif [ -x "$tools/kustomize" ]; then
  render=("$tools/kustomize" build)
elif [ "${1:-}" = --available ]; then
  exit 1
else
  echo 'Neither kubectl 1.27 or newer nor kustomize 5 is on this machine: "make setup-test" gets one.' >&2
  exit 1
fi

[ "${1:-}" = --available ] || exec "${render[@]}" "${1:?usage: kustomize.sh DIRECTORY}"

#!/usr/bin/env bash
# Gets what the tests run against. Where Docker answers it provides the servers; elsewhere they run natively: as root on
# Debian what is missing is installed from Debian's packages, on other machines it is named, and the tests that need it
# say so and skip (under CI they fail). Nothing is started as a system service, and a second run does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${SEAWALL_CACHE_DIR:-$PWD/.cache}
# The newest that Debian 12's own Go can build; the Kustomize inside kubectl 1.27 and later is at least as new.
kustomize_version=v5.0.3

have() { command -v "$1" >/dev/null 2>&1; }
have_java() { have java && [ "$(java -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p')" -ge 17 ]; }
have_postgres() { have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_browser() { have chromium-headless-shell || have chromium || have google-chrome; }
have_kustomize() { deploy/dev/kustomize.sh --available; }
can_install() { [ "$(id -u)" = 0 ] && have apt-get; }

# Debian starts a server when its package is installed, unless this file says no.
without_services() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  "$@"
  rm -f "$policy"
  trap - EXIT
}

apt_install() {
  echo "Installing from Debian's packages: $*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive without_services apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

native_servers() {
  local packages=() absent=()
  have redis-server || { packages+=(redis-server) && absent+=("Redis (redis-server)"); }
  have_postgres || { packages+=(postgresql) && absent+=("PostgreSQL (initdb)"); }
  have_java || { packages+=(default-jre-headless) && absent+=("Java 17 or newer, for Apache Kafka"); }
  have mvn || { packages+=(maven) && absent+=("Maven, for Apache Kafka's jars"); }
  if [ ${#packages[@]} -gt 0 ]; then
    if can_install; then
      apt_install "${packages[@]}"
    else
      printf 'Not on this machine, and neither is Docker; tests that need it will skip: %s\n' "${absent[@]}" >&2
    fi
  fi
}

kafka_jars() {
  local version target
  version=$(sed -nE 's:.*<kafka\.version>(.*)</kafka\.version>.*:\1:p' deploy/dev/kafka/pom.xml)
  target=$cache/kafka/$version
  if [ -d "$target" ] || ! have mvn; then
    return
  fi
  echo "Fetching Apache Kafka $version"
  mkdir -p "$cache/kafka"
  local fresh
  fresh=$(mktemp -d "$cache/kafka/.fetching.XXXXXX")
  if ! mvn --batch-mode --quiet --strict-checksums -Dstyle.color=never --file deploy/dev/kafka/pom.xml \
    dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$fresh"; then
    rm -rf "$fresh"
    return 1
  fi
  mv "$fresh" "$target"
}

browser() {
  if have_browser; then
    return
  fi
  if can_install; then
    apt_install chromium-headless-shell
  else
    echo "Not on this machine; the test of the API's page will skip: Chromium" >&2
  fi
}

# kubectl brings Kustomize along; Debian 12's is too old to know `components` and `labels`, so there it is built.
kustomize() {
  if have_kustomize; then
    return
  fi
  if ! have go && can_install; then
    apt_install golang-go ca-certificates
  fi
  if have go; then
    echo "Building Kustomize $kustomize_version"
    GOBIN=$PWD/.tools/bin go install "sigs.k8s.io/kustomize/kustomize/v5@$kustomize_version"
  else
    echo "Not on this machine; the manifests cannot be checked without it: kubectl 1.27 or newer, or kustomize 5" >&2
  fi
}

if ! timeout 10 docker info >/dev/null 2>&1; then
  native_servers
  kafka_jars
fi
browser
kustomize

#!/bin/sh
# Installs the Debian packages that a job needs and that are missing: setup.sh build|models|test|bench|npm...
# sudo is asked for only where the caller is not root. Where everything is there, it does nothing.
set -eu

packages=
for job; do
    case $job in
    build) packages="$packages gcc libc6-dev make pkg-config libvips-dev libblis-serial-dev libcsv-dev libmsgpack-dev
                     libxxhash-dev librandom123-dev" ;;
    models) packages="$packages python3 python3-pip ca-certificates" ;;
    test) packages="$packages libcmocka-dev libonnx-testdata libvips-tools mandoc perl python3 python3-msgpack" ;;
    bench) packages="$packages python3 python3-venv ca-certificates" ;;
    npm) command -v npm >/dev/null || packages="$packages npm" ;;
    *) echo "setup.sh: unknown job '$job'" >&2; exit 2 ;;
    esac
done

missing=
for package in $packages; do
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = 'install ok installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || { echo "setup.sh: no apt-get here; please install:$missing" >&2; exit 1; }
if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
echo "setup.sh: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # $missing is a list
{ $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }

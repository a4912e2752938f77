#!/bin/bash
# export.sh IMAGE URL-FILE DIGEST-FILE: makes the image, pushes the image and the cache, and writes the step's results.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/images.sh"

readonly image=$1 url_file=$2 digest_file=$3

report=$(mktemp -d)/report.toml
set_cache_option "$image"
CNB_REPORT_PATH=$report run_lifecycle /cnb/lifecycle/exporter "${cache_option[@]}" -- "$image"

digest=$(sed -n 's/^ *digest = "\(sha256:[0-9a-f]\{64\}\)".*/\1/p' "$report")
[ -n "$digest" ] || fail 'The registry told no digest for the image.'
printf %s "$image" >"$url_file"
printf %s "$digest" >"$digest_file"

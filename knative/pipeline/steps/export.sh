#!/bin/bash
# export.sh IMAGE URL-FILE DIGEST-FILE: makes the image, pushes it and the cache, and writes the step's results.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/images.sh"

readonly image=$1 url_file=$2 digest_file=$3

# What the build step left is read here beside the registry's credentials, so it may not lead out of its own folders. The
# build's container has ended: nothing can change any more.
[ -d "$CNB_APP_DIR" ] && [ ! -L "$CNB_APP_DIR" ] || fail "The build replaced the application's folder: leave it in its place."
strange=$(find "$CNB_LAYERS_DIR" -mindepth 1 -maxdepth 2 -not -type d -not -type f -print -quit)
[ -z "$strange" ] || fail "The build put something else than a file or a folder at $strange: a layer must be a folder."

report=$(mktemp -d)/report.toml
CNB_REPORT_PATH=$report /cnb/lifecycle/exporter -cache-image="$(cache_of "$image")" -- "$image"

digest=$(sed -n 's/^ *digest = "\(sha256:[0-9a-f]\{64\}\)".*/\1/p' "$report")
[ -n "$digest" ] || fail 'The registry told no digest for the image.'
printf %s "$image" >"$url_file"
printf %s "$digest" >"$digest_file"

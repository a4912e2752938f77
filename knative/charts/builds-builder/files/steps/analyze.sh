#!/bin/bash
# analyze.sh IMAGE RUN-IMAGE: checks access to the registry, and reads the layers of the previous image and the run
# image.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/images.sh"

readonly image=$1 run_image=$2

# Failures that an operator must correct have exit codes of their own, since the log of a step with credentials is never
# shown to users (lib/tekton/status.ts). The Secret with the credentials is an optional volume, because a pod with a
# required Secret that is missing would wait for ever, and report the cause in its events only.
[ -r "$DOCKER_CONFIG/config.json" ] ||
  exit_code=78 fail "The registry's credentials are missing: an operator must create the Secret registry-credentials (type kubernetes.io/dockerconfigjson) in this namespace."

unreadable="The run image $run_image can't be read: an operator must check that it exists and that the registry's credentials may pull it."

set_cache_option "$image"
run_lifecycle /cnb/lifecycle/analyzer -run-image="$run_image" "${cache_option[@]}" -- "$image" || {
  status=$?
  [[ $error != *" read access to $run_image:"* ]] || exit_code=79 fail "$unreadable"
  exit "$status"
}

# The lifecycle's analyzer succeeds where the registry has no such run image, and the step export would then fail at the
# end of the build.
reference=$(awk '/^\[/ { here = ($1 == "[run-image]") } here && $1 == "reference" { print $3 }' "$CNB_ANALYZED_PATH")
[[ $reference == *@sha256:* ]] || exit_code=79 fail "$unreadable"

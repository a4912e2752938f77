#!/bin/bash
# seal.sh FOLDER: copies the output of the step build to a folder that build can't reach, for the step export to read.
# A build can start the next step while its own processes still run, since it owns the file that marks its end. If
# export read the build's folders directly, such a process could replace a file by a link to the registry's credentials,
# which export mounts. The step seal mounts no credentials.
set -euo pipefail

readonly sealed=$1

fail() {
  printf '[seal] ERROR: %s\n' "$@"
  exit 1
}

if [ ! -d "$CNB_APP_DIR" ] || [ -L "$CNB_APP_DIR" ]; then
  fail "The build replaced the application's folder: leave it in its place."
fi
cp --archive --no-target-directory -- "$CNB_APP_DIR" "$sealed/source/app" || fail 'The files of the application cannot be read.'
find "$CNB_LAYERS_DIR" -mindepth 1 -maxdepth 1 -exec cp --archive --target-directory="$sealed/layers" -- {} + ||
  fail "The buildpacks' layers cannot be read."

# The application's folder and the layers must hold no links at their top, since the lifecycle opens the entries by
# name, and a link could lead the lifecycle to any other folder.
strange=$(find "$sealed/source" "$sealed/layers" -mindepth 1 -maxdepth 1 -not -type d -not -type f -print -quit)
strange=${strange:-$(find "$sealed/layers" -mindepth 2 -maxdepth 2 -not -type d -not -type f -print -quit)}
[ -z "$strange" ] || fail "The build put something else than a file or a folder at ${strange#"$sealed"}: a layer must be a folder."

#!/bin/bash
# seal.sh FOLDER: copies what build made to where build can't reach it, for export to read.
# A build can make the next step start while it still runs, since it owns the file that says it ended. Reading its folders
# then, beside the registry's credentials, it could swap a file for a link to them. This step has none to lose.
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

# The lifecycle looks into these folders by name, so a link among them would lead it elsewhere.
strange=$(find "$sealed/source" "$sealed/layers" -mindepth 1 -maxdepth 1 -not -type d -not -type f -print -quit)
strange=${strange:-$(find "$sealed/layers" -mindepth 2 -maxdepth 2 -not -type d -not -type f -print -quit)}
[ -z "$strange" ] || fail "The build put something else than a file or a folder at ${strange#"$sealed"}: a layer must be a folder."

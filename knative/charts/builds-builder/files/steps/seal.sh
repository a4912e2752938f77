#!/bin/bash
# seal.sh FOLDER URL COMMIT: copies the output of the step build to a folder that build can't reach, for the step export to
# read. The folders of git are left out, since they differ from build to build, and labels name the URL and the commit.
# A build can start the next step while its own processes still run, since it owns the file that marks its end. If
# export read the build's folders directly, such a process could replace a file by a link to the registry's credentials,
# which export mounts. The step seal mounts no credentials.
set -euo pipefail

readonly sealed=$1 url=$2 commit=$3

fail() {
  printf '[seal] ERROR: %s\n' "$@"
  exit 1
}

find "$CNB_APP_DIR" -mindepth 1 -maxdepth 1 -not -name .git -exec cp --archive --target-directory="$sealed/source" -- {} + ||
  fail 'The files of the application cannot be read.'
find "$sealed/source" -name .git -prune -exec rm -rf -- {} + || fail 'The folders of git cannot be left out.'
find "$CNB_LAYERS_DIR" -mindepth 1 -maxdepth 1 -exec cp --archive --target-directory="$sealed/layers" -- {} + ||
  fail "The buildpacks' layers cannot be read."

# The folder of the layers and that of each buildpack must hold no links, since the lifecycle opens their entries by name,
# and a link could lead the lifecycle to any other folder.
strange=$(find "$sealed/layers" -mindepth 1 -maxdepth 2 -not -type d -not -type f -print -quit) ||
  fail "The buildpacks' layers cannot be read."
[ -z "$strange" ] || fail "The build put something else than a file or a folder at ${strange#"$sealed"}: a layer must be a folder."

# An application runs under a user and a group that are not known here, and may write beside its code.
find "$sealed/source" "$sealed/layers" -mindepth 1 -not -type l -exec chmod go=u,go+rw -- {} + ||
  fail 'The permissions of the files cannot be changed.'

# The lifecycle takes an image's labels from this file. The label org.opencontainers.image.created is left out, since it
# would give each build of a commit another digest.
label() {
  local value=${2//\\/\\\\}
  printf '\n[[labels]]\n  key = "org.opencontainers.image.%s"\n  value = "%s"\n' "$1" "${value//\"/\\\"}"
}
{
  label revision "$commit"
  label source "$url"
} >>"$sealed/layers/config/metadata.toml" || fail 'The labels of the image cannot be written.'

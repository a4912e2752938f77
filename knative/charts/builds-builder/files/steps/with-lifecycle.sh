#!/bin/bash
# with-lifecycle.sh PROGRAM ARGUMENTS…: checks that the builder image fits this Pipeline, and runs the program with the
# environment variables that the image's lifecycle needs. A builder that does not fit fails in the step clone, whose log
# users and operators may read, with exit code 80 (lib/tekton/status.ts).
set -euo pipefail

# Platform APIs that the steps of this Pipeline speak, the highest first.
readonly known_apis=(0.14 0.13 0.12)
readonly descriptor=/cnb/lifecycle/lifecycle.toml detector=/cnb/lifecycle/detector

fail() {
  printf '[builder] ERROR: %s\n' "$@"
  exit 80
}

# Prints the platform APIs that the lifecycle's descriptor lists as supported, separated by blanks.
# https://github.com/buildpacks/lifecycle/blob/main/lifecycle.toml
apis_of_descriptor() {
  awk '
    { sub(/#.*/, "") }
    !list && /^[ \t]*\[/ { table = $0; gsub(/[ \t\r]/, "", table) }
    table == "[apis.platform]" && /^[ \t]*supported[ \t]*=/ { list = 1 }
    list { text = text " " $0; if (/\]/) exit }
    END { gsub(/[^0-9.]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text); print text }
  ' "$descriptor"
}

# Tells whether the lifecycle accepts a platform API. Every program of the lifecycle checks the API before its arguments.
accepts() { CNB_PLATFORM_API=$1 "$detector" -version >/dev/null 2>&1; }

# Sets CNB_PLATFORM_API to the highest API that this Pipeline and the lifecycle have in common. The builder images of the
# program pack have no descriptor, so their lifecycle is asked.
choose_api() {
  local api lifecycle_apis=''
  [ -x "$detector" ] || fail "The builder image has no lifecycle: there is no program $detector. An administrator must choose another image."
  [ ! -r "$descriptor" ] || lifecycle_apis=$(apis_of_descriptor)
  for api in "${known_apis[@]}"; do
    if [ -n "$lifecycle_apis" ]; then
      [[ " $lifecycle_apis " == *" $api "* ]] || continue
    else
      accepts "$api" || continue
    fi
    export CNB_PLATFORM_API=$api
    return
  done
  fail "The builder's lifecycle and this Pipeline have no platform API in common." \
    "The lifecycle supports ${lifecycle_apis:-none of those}; this Pipeline supports ${known_apis[*]}." \
    'An administrator must choose another builder image.'
}

# The lifecycle gives files in the image to this user, which the application runs as.
check_user() {
  local user group
  user=$(id -u) group=$(id -g)
  [ "${CNB_USER_ID:-$user}:${CNB_GROUP_ID:-$group}" = "$user:$group" ] ||
    fail "The builder's user and group are $CNB_USER_ID:$CNB_GROUP_ID (CNB_USER_ID, CNB_GROUP_ID), and the build runs as $user:$group." \
      'An administrator must set the values user and group of the chart builds-builder for this builder image.'
  export CNB_USER_ID=$user CNB_GROUP_ID=$group
}

choose_api
check_user
exec "$@"

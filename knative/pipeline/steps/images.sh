# shellcheck shell=bash
# What the steps that talk to the registry share.

fail() {
  printf '[%s] ERROR: %s\n' "$(basename "$0" .sh)" "$@"
  exit "${exit_code:-1}"
}

# Where the layers that only builds need are kept: beside the image, so that nobody but its tool writes or reads it.
cache_of() {
  local name=${1%@*}
  if [[ ${name##*/} == *:* ]]; then name=${name%:*}; fi
  printf '%s:build-cache' "$name"
}

# shellcheck shell=bash
# Functions for the steps that use the registry: analyze, restore and export.

fail() {
  printf '[%s] ERROR: %s\n' "$(basename "$0" .sh)" "$@"
  exit "${exit_code:-1}"
}

# Prints the name of the cache image, which has the layers that only builds need. The cache image is in the tool's own
# repository, so that no other tool reads or writes the cache.
cache_of() {
  local name=${1%@*}
  if [[ ${name##*/} == *:* ]]; then name=${name%:*}; fi
  printf '%s:build-cache' "$name"
}

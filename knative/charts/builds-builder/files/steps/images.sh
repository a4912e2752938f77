# shellcheck shell=bash
# Functions for the steps that use the registry: analyze, restore and export.

fail() {
  printf '[%s] ERROR: %s\n' "$(basename "$0" .sh)" "$@"
  exit "${exit_code:-1}"
}

# Sets $cache_option to the option of the lifecycle that names the cache image, which has the layers that only builds need.
# No option is set where BUILD_CACHE is none. The cache image is in the tool's own repository, so that no other tool reads
# or writes the cache.
set_cache_option() {
  local name=${1%@*}
  if [[ ${name##*/} == *:* ]]; then name=${name%:*}; fi
  cache_option=(-cache-image="$name:build-cache")
  [ "${BUILD_CACHE:-image}" != none ] || cache_option=()
}

# Longest end of an error that is printed, in bytes. A failure excerpt leaves out lines of more than 500 bytes.
readonly max_error=400

# Runs a program of the lifecycle. When the program fails, sets $error to its last error as one line, without the markup
# of proxies, and prints the end of that line as the last line of the step's output. The end says what the registry
# refused, and the service explains that (lib/tekton/registry-refusals.ts). The characters <, > and & are left out, since
# they take six bytes each in a failure excerpt.
run_lifecycle() {
  local output status=0
  output=$(mktemp)
  "$@" 2>&1 | tee "$output" || status=$?
  [ "$status" -ne 0 ] || return 0
  local LC_ALL=C
  error=$(tail -c 16384 "$output" | awk 'sub(/^ERROR: /, "") { text = "" } { text = text $0 " " } END { print text }' |
    sed -e 's/<[^<>]*>/ /g' -e 's/[<>&[:space:]]\{1,\}/ /g' -e 's/ $//')
  local end=$error
  [ "${#end}" -le "$max_error" ] || end=${end: -max_error}
  printf '[%s] ERROR: %s\n' "$(basename "$0" .sh)" "$end"
  return "$status"
}

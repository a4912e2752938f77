# Functions with which the scripts of this buildpack print. They are read by ".".
say() { printf -- '-----> %s\n' "$*"; }
warn() { printf 'Warning: %s\n' "$*"; }
fail() {
  printf 'ERROR: %s\n' "$@" >&2
  exit 1
}

#!/bin/bash
# clone.sh URL COMMIT REF FOLDER: writes the files of one commit and of its submodules to a folder, with git's own folder
# .git. REF is a branch or a tag, or empty for the default branch. REF is fetched where the server gives no commit by its
# hash. REF has %24 in the place of a dollar sign, and %25 in the place of a percent sign. The exit code of every failure
# is 128. The embedded platform runs this script too. Variables of the environment:
# - CLONE_MAX_BYTES: limit in bytes for the files, and for the transfer, of the commit and all submodules. Default 1 GiB.
# - CLONE_MAX_SECONDS: limit in seconds for all transfers together. Default 600.
# - CLONE_MAX_HISTORY_SECONDS: limit in seconds for each of the two requests for the history, the list of tags and the
#   commits. Default 60.
# - SOURCE_ALLOW_HTTP: true where submodules may be fetched without TLS. Default false.
# - SOURCE_ALLOWED_ADDRESSES: private addresses that git servers of submodules may have, as networks in CIDR notation,
#   separated by commas. Default none.
set -uo pipefail
umask 022

readonly max_bytes=${CLONE_MAX_BYTES:-1073741824} max_seconds=${CLONE_MAX_SECONDS:-600}
decoded=${3//'%24'/'$'}
readonly source_url=$1 source_commit=$2 source_ref=${decoded//'%25'/'%'} folder=$4
readonly deadline=$((SECONDS + max_seconds))

# These texts say what an error is about, and whose files a sentence counts. They change in a submodule.
subject='' has='The commit has' files_of="The commit's files" transfer_of='The repository is'
when_missing='it was removed or replaced meanwhile. Start the build again.'
# Number of redirects that are followed.
redirects_left=0

# Prints a text of the repository without control characters, which could look like a line of the log.
shown() { printf '%s' "${1//[[:cntrl:]]/?}"; }

say() { printf '[clone] %s\n' "$*"; }
fail() {
  local sentence=$1
  shift
  printf '[clone] ERROR: %s\n' "$subject$sentence" "$@"
  exit 128
}

steps=${BASH_SOURCE[0]%/*}
# shellcheck source-path=SCRIPTDIR
. "$steps/clone-fetch.sh"
# shellcheck source-path=SCRIPTDIR
. "$steps/clone-contents.sh"
# shellcheck source-path=SCRIPTDIR
. "$steps/clone-addresses.sh"
# shellcheck source-path=SCRIPTDIR
. "$steps/clone-submodules.sh"

[[ $source_url =~ ^https?:// ]] || fail 'Only http and https addresses can be built.'
[[ $source_commit =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || fail "\"$source_commit\" is no commit's hash."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The folder of a volume can be emptied, but not removed.
rm -rf -- "$folder" 2>"$work/error"
mkdir -p -- "$folder" && [ -z "$(ls -A -- "$folder")" ] || fail 'The source folder cannot be made.'
folder_path=$(realpath -e -- "$folder") || fail 'The source folder cannot be found.'
export GIT_DIR=$folder_path/.git GIT_WORK_TREE=$folder_path HOME=$work
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$steps/gitconfig
export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true GIT_LFS_SKIP_SMUDGE=1 LC_ALL=C.UTF-8
readonly all_objects=$GIT_DIR

# Switches off the attributes of git that would change files while they are written (gitattributes(5)). The attributes
# ident and working-tree-encoding make files larger, so that the checked size would not hold. This file has precedence
# over every .gitattributes of the repository.
write_attributes() {
  mkdir -p "$GIT_DIR/info" && echo '* -text -ident -filter !working-tree-encoding' >"$GIT_DIR/info/attributes"
}

# check_out URL COMMIT REF PATH: fetches a commit, checks the size of its files and writes the files to $GIT_WORK_TREE. PATH
# is where the files are in the folder of the build, and ends in a slash; it is empty for the repository itself.
check_out() {
  local format=sha1
  [ "${#2}" -eq 40 ] || format=sha256
  git init --quiet --template= --initial-branch=build --object-format="$format" || fail 'git init failed.'
  fetch_commit "$1" "$2" "$3"
  check_contents "$2" "$4"
  write_attributes || fail "Git's settings cannot be written."
  git checkout --quiet --force --detach "$2" 2>"$work/error" || fail 'The files cannot be written:' "$(tail -n 3 "$work/error")"
}

say "Fetching $source_commit${source_ref:+ ($source_ref)}"
check_out "$source_url" "$source_commit" "$source_ref" ''
check_out_submodules "$source_url" "$source_commit" "$source_ref" '' 1
[ "$total_files" -gt 0 ] || fail 'The commit has no files: there is nothing to build.'
say "Commit $source_commit: $total_files files, $total_bytes bytes"
warn_of_lfs
fetch_history

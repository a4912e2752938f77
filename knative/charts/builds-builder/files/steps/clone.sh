#!/bin/bash
# clone.sh URL COMMIT REF FOLDER: writes the files of one commit to a folder, without git's own folder. REF is a branch
# or a tag, or empty for the default branch. REF is fetched where the server gives no commit by its hash. REF has %24 in
# the place of a dollar sign, and %25 in the place of a percent sign. The exit code of every failure is 128.
set -uo pipefail
umask 022

readonly max_bytes=1073741824 max_files=200000 max_path=3072 max_paths=67108864 max_seconds=600
decoded=${3//'%24'/'$'}
readonly url=$1 commit=$2 ref=${decoded//'%25'/'%'} folder=$4

say() { printf '[clone] %s\n' "$*"; }
fail() {
  printf '[clone] ERROR: %s\n' "$@"
  exit 128
}

[[ $url =~ ^https?:// ]] || fail 'Only http and https addresses can be built.'
[[ $commit =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || fail "\"$commit\" is no commit's hash."

work=$(mktemp -d)
export GIT_DIR=$work/git GIT_WORK_TREE=$folder HOME=$work
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=${BASH_SOURCE[0]%/*}/gitconfig
export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true GIT_LFS_SKIP_SMUDGE=1 LC_ALL=C.UTF-8

# Prints the full names that a short ref can stand for, in git's own order (gitrevisions(7)).
full_names() {
  case $1 in
    '' | HEAD) echo HEAD ;;
    refs/*) git check-ref-format "$1" && echo "$1" ;;
    *) git check-ref-format "refs/heads/$1" && printf '%s\n' "refs/tags/$1" "refs/heads/$1" "refs/$1" ;;
  esac
}

# Tells whether the commit was fetched. Fails where the hash is the hash of another kind of object.
has_commit() {
  local type
  type=$(git cat-file -t "$commit" 2>/dev/null) || return
  [ "$type" = commit ] || fail "$commit is no commit, but a $type. Build a branch, or a tag of a commit."
}

# Runs git fetch with a limit on the size of files, and so of git's pack. The function runs in a subshell, so that the
# limit does not hold for the rest of the script: a limit can't be raised again.
fetch() (
  ulimit -f $((max_bytes / 1024))
  timeout --kill-after=5 "$max_seconds" git fetch --quiet --no-tags --no-write-fetch-head "$@" 2>"$work/error"
)

# Prints the sentence for the first pattern that matches git's error output. Each sentence tells a user what to do.
explain() {
  local pattern sentence
  while IFS='|' read -r pattern sentence; do
    if grep -Eqi -- "${pattern//;/|}" "$work/error"; then
      echo "$sentence"
      return
    fi
  done <<'EXPLANATIONS'
could not resolve host|The repository's host name doesn't exist: check the address.
could not read (username;password);authentication failed;error: 40[13]|The repository doesn't exist or isn't public: only repositories that need no password can be built.
error: 404;repository '.*' not found|There is no repository at this address: check it.
error: 30[0-9];unable to update url base from redirection|The address redirects elsewhere: use the new one.
transport '.*' not allowed|Only http and https addresses can be built.
file size limit;signal 25|The repository is larger than 1 GiB: build a smaller one.
too slow;timed out|The server answers too slowly: try again later.
failed to connect;couldn't connect;connection refused|The repository's server can't be reached.
certificate;SSL|The server's certificate isn't trusted: the repository needs a valid one.
early EOF;RPC failed;hung up;empty reply;unexpected disconnect|The server broke the connection: try again.
.|The repository can't be read.
EXPLANATIONS
}

give_up() {
  [ "$1" -eq 124 ] && fail "The repository isn't transferred within $max_seconds seconds: build a smaller one."
  fail "$(explain)" "$(tail -n 3 "$work/error")"
}

# Errors of fetching a commit by its hash, after which fetching the branch or tag may succeed.
readonly another_way='not our ref|unadvertised object|remote ref|dumb http|shallow'

fetch_commit() {
  local status name depth
  fetch --depth=1 -- "$url" "$commit"
  status=$?
  has_commit && return
  if [ "$status" -ne 0 ] && ! grep -Eqi "$another_way" "$work/error"; then give_up "$status"; fi
  say 'The server gives no commit by its hash: fetching the branch or tag instead'
  for depth in 1 2147483647; do
    for name in $(full_names "$ref"); do
      fetch "--depth=$depth" -- "$url" "$name"
      has_commit && return
    done
  done
  fail "The commit $commit can't be found in ${ref:-the default branch}: it was removed or replaced meanwhile. Start the build again." \
    "$(tail -n 3 "$work/error")"
}

# Prints what a commit would write to disk: files, folders, bytes, the longest path, all paths together, submodules. Git
# stores a folder once, however often the folder is in the commit, so a small repository can hold files without end. The
# list names folders too (-t), so that each step of git's walk counts. awk ends as soon as a limit is passed, which ends
# git. The lengths of paths include the quotes that git puts around some names.
count_contents() {
  git -c core.quotePath=false ls-tree -r -t -l --full-tree "$commit" 2>"$work/error" | LC_ALL=C awk -F '\t' \
    -v files="$max_files" -v bytes="$max_bytes" -v path="$max_path" -v paths="$max_paths" '
      {
        split($1, entry, / +/)
        if (entry[2] == "blob") { count++; size += entry[4] } else { folders++; submodules += entry[2] == "commit" }
        used = length($2)
        names += used
        if (used > longest) longest = used
      }
      count > files || folders > files || size > bytes || longest > path || names > paths { exit }
      END { printf "%d %d %.0f %d %.0f %d\n", count, folders, size, longest, names, submodules }'
}

# Checks the size of a commit before any file is written.
check_size() {
  local files folders bytes longest names submodules counted status
  counted=$(count_contents)
  status=$?
  read -r files folders bytes longest names submodules <<<"$counted"
  [ "$bytes" -le "$max_bytes" ] || fail "The commit's files are larger than $max_bytes bytes: build a smaller repository."
  [ "$files" -le "$max_files" ] || fail "The commit has more than $max_files files: build a smaller repository."
  [ "$folders" -le "$max_files" ] || fail "The commit has more than $max_files folders and submodules: build a smaller repository."
  [ "$longest" -le "$max_path" ] || fail "A path in the commit is longer than $max_path bytes: use shorter names and fewer levels."
  [ "$names" -le "$max_paths" ] || fail "The paths of the commit's files have more than $max_paths bytes: use shorter names."
  [ "$status" -eq 0 ] || fail "The commit's files can't be listed:" "$(tail -n 3 "$work/error")"
  [ "$files" -gt 0 ] || fail 'The commit has no files: there is nothing to build.'
  [ "$submodules" -eq 0 ] || say "Warning: $submodules submodules are left out; only this repository's own files are built"
  say "Commit $commit: $files files, $bytes bytes"
}

# Switches off the attributes of git that would change files while they are written (gitattributes(5)). The attributes
# ident and working-tree-encoding make files larger, so that the checked size would not hold. This file has precedence
# over every .gitattributes of the repository.
write_attributes() {
  mkdir -p "$GIT_DIR/info" && echo '* -text -ident -filter !working-tree-encoding' >"$GIT_DIR/info/attributes"
}

say "Fetching $commit${ref:+ ($ref)}"
mkdir -p "$folder" || fail 'The source folder cannot be made.'
format=sha1
[ "${#commit}" -eq 40 ] || format=sha256
git init --quiet --template= --initial-branch=build --object-format="$format" || fail 'git init failed.'
fetch_commit
check_size
write_attributes || fail "Git's settings cannot be written."
git checkout --quiet --force --detach "$commit" 2>"$work/error" || fail 'The files cannot be written:' "$(tail -n 3 "$work/error")"

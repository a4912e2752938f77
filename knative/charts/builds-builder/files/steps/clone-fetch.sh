# shellcheck shell=bash
# Functions of clone.sh that talk to a git server.

# Options of git that keep a connection at the addresses that were checked (clone-addresses.sh).
pins=()

# Prints the full names that a short ref can stand for, in git's own order (gitrevisions(7)).
full_names() {
  case $1 in
    '' | HEAD) echo HEAD ;;
    refs/*) git check-ref-format "$1" && echo "$1" ;;
    *) git check-ref-format "refs/heads/$1" && printf '%s\n' "refs/tags/$1" "refs/heads/$1" "refs/$1" ;;
  esac
}

# has_commit HASH: tells whether the commit was fetched. Fails where the hash is the hash of another kind of object.
has_commit() {
  local type
  type=$(git cat-file -t "$1" 2>/dev/null) || return
  [ "$type" = commit ] || fail "$1 is no commit, but a $type. Build a branch, or a tag of a commit."
}

# limited BYTES SECONDS COMMAND…: runs git with a limit on the size of files, and so of git's pack. The function runs in a
# subshell, so that the limit does not hold for the rest of the script: a limit can't be raised again. git's trace of HTTP
# names the target of a redirect.
limited() (
  ulimit -f $((($1 + 1023) / 1024))
  rm -f "$work/trace"
  export GIT_TRACE_CURL=$work/trace GIT_TRACE_CURL_NO_DATA=1
  timeout --kill-after=5 "$2" git "${pins[@]}" "${@:3}" 2>"$work/error"
)

# Fetches within what is left of the limits for all repositories together.
fetch() {
  local bytes=$((max_bytes - $(du -s --block-size=1 "$all_objects" | cut -f 1))) seconds=$((deadline - SECONDS))
  [ "$bytes" -gt 1024 ] || bytes=1024
  [ "$seconds" -gt 0 ] || return 124
  limited "$bytes" "$seconds" fetch --quiet --no-tags --no-write-fetch-head "$@"
}

# Prints the sentence for the first pattern that matches git's error output. Each sentence tells a user what to do.
explain() {
  local pattern sentence too_large="$transfer_of larger than $max_bytes bytes: build a smaller repository."
  # git says nothing else where the limit on the size of files has ended the program that writes the pack.
  if [ "$(cat "$work/error")" = 'fatal: fetch-pack: invalid index-pack output' ]; then
    echo "$too_large"
    return
  fi
  while IFS='|' read -r pattern sentence; do
    if grep -Eqi -- "${pattern//;/|}" "$work/error"; then
      echo "$sentence"
      return
    fi
  done <<EXPLANATIONS
from proxy after CONNECT;could not resolve proxy;error: 407|The proxy of this machine doesn't reach the repository: check HTTPS_PROXY and NO_PROXY.
could not resolve host|The repository's host name doesn't exist: check the address.
could not read (username;password);authentication failed;error: 40[13]|The repository doesn't exist or isn't public: only repositories that need no password can be built.
error: 404;repository '.*' not found|There is no repository at this address: check it.
error: 30[0-9];unable to update url base from redirection|The address redirects elsewhere: use the new one.
transport '.*' not allowed|Only http and https addresses can be built.
file size limit;signal 25|$too_large
too slow;timed out|The server answers too slowly: try again later.
failed to connect;couldn't connect;connection refused|The repository's server can't be reached.
certificate;SSL|The server's certificate isn't trusted: the repository needs a valid one.
early EOF;RPC failed;hung up;empty reply;unexpected disconnect|The server broke the connection: try again.
not valid: is this a git repository;unable to parse;bad line length;protocol error|This is no git repository.
mismatched algorithms|The repository uses another hash algorithm than the repository that contains it.
.|The repository can't be read.
EXPLANATIONS
}

give_up() {
  [ "$1" -eq 124 ] && fail "The repository isn't transferred within $max_seconds seconds: build a smaller one."
  fail "$(explain)" "$(tail -n 3 "$work/error")"
}

# Errors of fetching a commit by its hash, after which fetching the branch or tag may succeed.
readonly another_way='not our ref|unadvertised object|remote ref|dumb http|shallow'

# check_attempt STATUS: fails after a failed attempt to fetch, unless another attempt may succeed.
check_attempt() { [ "$1" -eq 0 ] || grep -Eqi "$another_way" "$work/error" || give_up "$1"; }

# fetch_commit ADDRESS COMMIT REF: fetches a commit by its hash. Where the server refuses hashes, fetches the ref: first without
# the ref's history, then with the history, because the ref may have moved since it was resolved. The last attempts set no
# depth, because a server that only serves static files does not support a depth.
fetch_commit() {
  local address=$1 commit=$2 ref=$3 status name depth
  while true; do
    fetch --depth=1 -- "$address" "$commit"
    status=$?
    [ "$status" -ne 0 ] && follow_redirect || break
  done
  has_commit "$commit" && return
  check_attempt "$status"
  say 'The server gives no commit by its hash: fetching the branch or tag instead'
  for depth in --depth=1 --depth=2147483647 ''; do
    for name in $(full_names "$ref"); do
      fetch ${depth:+"$depth"} -- "$address" "$name"
      status=$?
      has_commit "$commit" && return
      check_attempt "$status"
    done
  done
  fail "The commit $commit can't be found in $(shown "${ref:-the default branch}"): $when_missing" \
    "$(tail -n 3 "$work/error")"
}

# Limits for the history, which a build needs only for git describe and similar commands.
readonly max_history_bytes=268435456 max_history_seconds=${CLONE_MAX_HISTORY_SECONDS:-60}

# history_command COMMAND…: runs git within the limits for the history.
history_command() {
  local bytes=$max_history_bytes seconds=$((deadline - SECONDS))
  [ "$max_bytes" -gt "$bytes" ] || bytes=$max_bytes
  [ "$seconds" -lt "$max_history_seconds" ] || seconds=$max_history_seconds
  [ "$seconds" -gt 0 ] || return 124
  limited "$bytes" "$seconds" "$@"
}

# Prints the first tag of the server, if it has any. The list is not read further.
first_tag() { history_command ls-remote --quiet --tags origin | head -n 1; }

# Fetches the commits and tags before the commit, so that git describe works in the build. Where the server supports that,
# they come without their files. Most repositories that need no history have no tags. A failure is no failure of the build.
fetch_history() {
  local temporary=refs/builds/commit tag
  git config remote.origin.url "$source_url"
  git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'
  tag=$(first_tag) || [ -n "$tag" ] || say_no_history
  [ -n "$tag" ] || return 0
  history_command fetch --quiet --no-write-fetch-head --filter=tree:0 --depth=2147483647 origin "$source_commit:$temporary" ||
    say_no_history
  git update-ref -d "$temporary" 2>/dev/null
  return 0
}

say_no_history() {
  say "Warning: the history of the commit can't be fetched, so git describe may find no tag in the build"
  rm -f "$GIT_DIR/shallow.lock"
  find "$GIT_DIR/objects" -name 'tmp_*' -delete
}

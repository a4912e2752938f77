# shellcheck shell=bash
# Functions of clone.sh that check out submodules, as `git submodule update --init --recursive` does. git itself would take
# their addresses, names and paths from the repository as they are. Here each submodule is held to the rules for the
# repository that is built: its address, and the size of all files together.

readonly max_levels=5 max_submodules=200 max_redirects=5 max_gitmodules=1048576
submodules=0

# read_gitmodules COMMIT: reads the file .gitmodules of a commit. Sets $names to the names of submodules by their paths, and
# $settings to the other settings, by NAME.SETTING.
read_gitmodules() {
  local entry key value size
  size=$(git cat-file -s "$1:.gitmodules" 2>/dev/null) || return 0
  [ "$size" -le "$max_gitmodules" ] || fail "The file .gitmodules is larger than $max_gitmodules bytes: use fewer submodules."
  git config --no-includes --blob "$1:.gitmodules" --list -z >"$work/gitmodules" 2>"$work/error" ||
    fail "The file .gitmodules can't be read:" "$(tail -n 3 "$work/error")"
  while IFS= read -r -d '' entry; do
    [[ $entry == submodule.*.*$'\n'* ]] || continue
    key=${entry%%$'\n'*} value=${entry#*$'\n'}
    key=${key#submodule.}
    [ "${key##*.}" != path ] || names["${value%/}/"]=${key%.*}
    settings["$key"]=$value
  done <"$work/gitmodules"
}

# resolve_url BASE URL: prints the address of a submodule. An address that begins with ./ or ../ is relative to the address
# of the repository that has the submodule (git-submodule(1)).
resolve_url() {
  local base=$1 relative=$2
  if [[ $relative != ./* && $relative != ../* ]]; then
    printf '%s' "$relative"
    return
  fi
  while [[ $base == */ ]]; do base=${base%/}; done
  while true; do
    case $relative in
      ../*) relative=${relative#../} base=${base%/*} ;;
      ./*) relative=${relative#./} ;;
      *) break ;;
    esac
  done
  printf '%s/%s' "$base" "$relative"
}

# Prints where the server redirects git to, as the address of a repository. Fails where it does not redirect.
redirect_of() {
  local target suffix='/info/refs?service=git-upload-pack'
  target=$(sed -n 's/.*<= Recv header: location: //Ip' "$work/trace" 2>/dev/null | tail -n 1)
  [[ $target != //* ]] || target=${1%%:*}:$target
  [[ $target != /* ]] || target=$(sed -E 's,^([^:]+://[^/]+).*,\1,' <<<"$1")$target
  [[ $target == *://*"$suffix" ]] || return
  printf '%s' "${target%"$suffix"}"
}

# Sets $address to where the server redirects git to, and checks it. Fails where there is no redirect to follow: start-build
# has followed those of the repository itself.
follow_redirect() {
  local next
  [ "$redirects_left" -gt 0 ] && next=$(redirect_of "$address") || return
  redirects_left=$((redirects_left - 1))
  [[ $address != https:* || ${next,,} != http:* ]] ||
    fail 'The address redirects from https:// to unencrypted http://. Use the present address of the repository.'
  check_url "$next"
  check_address "$address"
}

# check_out_submodule PATH COMMIT: checks out one submodule. Uses the variables of check_out_submodules.
check_out_submodule() {
  local place=$path$1 name=${names["$1/"]:-} address pins=() redirects_left=$max_redirects branch update subject
  local has='The commit and its submodules have' files_of='The files of the commit and its submodules'
  local transfer_of='The repository and its submodules are'
  local when_missing='push it there, or let the submodule name another commit.'
  submodules=$((submodules + 1))
  local -x GIT_DIR=$all_objects/modules/$submodules GIT_WORK_TREE=$GIT_WORK_TREE/$1
  subject="The submodule at $(shown "$place"): "
  [ "$submodules" -le "$max_submodules" ] || fail "There are more than $max_submodules submodules: use fewer."
  [ -n "${names["$1/"]+known}" ] && [ -n "${settings["$name.url"]:-}" ] ||
    fail '.gitmodules has no address for it. Add it with "git submodule add", or remove it with "git rm --cached".'
  update=${settings["$name.update"]:-checkout} branch=${settings["$name.branch"]:-}
  [ "$branch" != . ] || branch=$ref
  case $update in
    none) say "The submodule at $(shown "$place") is left out, since .gitmodules has update = none for it" && return ;;
    checkout | merge | rebase) ;;
    *) fail 'Its update in .gitmodules must be checkout, merge, rebase or none. Commands do not run.' ;;
  esac
  [ "$level" -le "$max_levels" ] || fail "Submodules are nested more than $max_levels levels deep: use fewer levels."
  check_url "$(resolve_url "$base" "${settings["$name.url"]}")"
  check_address "$address"
  [ "$(realpath -e -- "$GIT_WORK_TREE" 2>/dev/null)" = "$GIT_WORK_TREE" ] && rmdir -- "$GIT_WORK_TREE" 2>/dev/null &&
    mkdir -p -- "$GIT_WORK_TREE" "$all_objects/modules" || fail 'Something else is in its place: remove that.'
  say "Fetching the submodule at $(shown "$place") from $(shown "$address")"
  check_out "$address" "$2" "$branch" "$place/"
  printf 'gitdir: %s\n' "$GIT_DIR" >"$GIT_WORK_TREE/.git" || fail 'Its file .git cannot be written.'
  check_out_submodules "$address" "$2" "$branch" "$place/" "$((level + 1))"
}

# check_out_submodules URL COMMIT REF PATH LEVEL: checks out the submodules of a commit, and theirs. PATH is where the files
# of the commit are in the folder of the build. LEVEL is 1 for submodules of the repository itself.
check_out_submodules() {
  local base=$1 ref=$3 path=$4 level=$5 found=() link
  local -A names=() settings=()
  [ "$submodule_count" -gt 0 ] || return 0
  mapfile -d '' -t found < <(git ls-tree -r -z --full-tree "$2" | grep -az '^160000 ')
  read_gitmodules "$2"
  for link in "${found[@]}"; do
    check_out_submodule "${link#*$'\t'}" "$(cut -d ' ' -f 3 <<<"${link%%$'\t'*}")"
  done
}

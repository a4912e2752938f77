# Installs the packages of a project with its package manager. Read by "."; needs manager.sh, say, fail, $manager,
# $manager_version and $cache.

is_set() { case ${1:-} in '' | 0 | false) return 1 ;; esac; }
# Forms of the line with which a package manager or a build tells the cause, the most telling first.
limits='No space left on device|ENOSPC: no space|heap out of memory|Cannot allocate memory|SIGKILL|(error|exit) code:? 137'
install_causes='is not in this registry|could not be found or you do not have permission
No matching version found
(Missing|Invalid): .* lock file
Could not resolve dependency
ERR_PNPM
^error [A-Z]
YN00(27|28|35|82)
npm error [a-z`]'
script_causes=': not found$
Cannot find module
error TS[0-9]
[A-Z][A-Za-z]+Error:
(^|[^A-Za-z0-9])([Ee]rror|ERROR)([^A-Za-z]|$)'

# Package managers show the command of a script in such lines.
shown='^[>$] '
escape=$(printf '\033')
# Prints the first line of the output with one of the forms, without the lines that do not count: line_with FORM OTHERS.
line_with() {
  sed "s/$escape\[[0-9;]*[A-Za-z]//g" "$work/output" | grep -E -v -e "$2" | grep -E -m 1 -e "$1" |
    sed -E 's/^npm error *(notarget |404 )?//; s/^[^A-Za-z0-9"'"'"'.\/@]*//' | cut -c 1-300
}
# Prints the line of the output that tells why a program failed. The end of the output is often about something else.
cause() {
  printf '%s\n' "$1" | while read -r form; do
    line=$(line_with "$form" "$2")
    if [ -n "$line" ]; then
      printf %s "$line"
      break
    fi
  done
}
# Fails with the cause and the advice: fail_with WHAT FORMS OTHERS ADVICE.
fail_with() {
  limit=$(line_with "$limits" "^npm error code E|$shown")
  case $limit in
  '') fail "$1 failed: $(cause "$2" "$3" | grep . || echo 'its output above says why')" "$4" ;;
  *space*) fail "$1 failed: $limit" 'The build needs more disk space than it may use. Install fewer packages, or remove large files.' ;;
  *) fail "$1 failed: $limit" 'The build needs more memory than it may use. Let it do less at once, or make Node.js collect garbage earlier with --max-old-space-size.' ;;
  esac
}
failed() { fail_with "$1" "$install_causes" 'A complete log of this run' "$2"; }
failed_script() {
  fail_with "The script $1 of package.json" "$script_causes" "^npm error|$shown" "Try \"$manager run $1\" in a fresh clone."
}
disagrees="If package.json and the lock file disagree, run \"$manager install\" and commit both files."
# Yarn 2 and later is another program than Yarn 1.
is_berry() { [ "$manager" = yarn ] && case $manager_version in 0.* | 1.*) false ;; esac; }

# Runs the package manager, shows how, and keeps its output. The exit code is the package manager's. The output goes to a
# file, because a pipe would stay open as long as a process that a script has left behind. The file is a new one, because
# such a process may still write to the old one.
run_manager() {
  say "$manager $*"
  rm -f "$work/output"
  : >"$work/output"
  "$manager" "$@" >>"$work/output" 2>&1 &
  running=$!
  tail -n +1 -s 0.1 -f --pid="$running" "$work/output" 2>/dev/null || true
  wait "$running"
}

install_npm() {
  omit=--omit=dev
  if [ "$1" = all ]; then omit=--include=dev; fi
  if [ ! -f package-lock.json ] && [ ! -f npm-shrinkwrap.json ]; then
    run_manager install "$omit" --no-package-lock || failed 'npm install' \
      'Check that the dependencies in package.json exist and agree with each other, and commit a package-lock.json.'
  elif is_set "${USE_NPM_INSTALL:-}"; then
    run_manager install "$omit" || failed 'npm install' 'Check that the dependencies in package.json exist and agree with each other.'
  else
    run_manager ci "$omit" || failed 'npm ci' "$disagrees"
  fi
}
install_yarn() {
  if is_berry; then
    # Yarn would write the lock file anew, or keep archives of packages outside of the image.
    linker=$(yarn config get nodeLinker) || fail_to_run 'yarn config get nodeLinker' "$linker"
    if [ "$linker" = pnp ]; then export YARN_ENABLE_GLOBAL_CACHE=false; else export YARN_GLOBAL_FOLDER="$cache/yarn"; fi
    if [ -f yarn.lock ]; then frozen=--immutable; else frozen=--no-immutable; fi
    run_manager install "$frozen" || failed 'yarn install' "$disagrees"
    return
  fi
  production=true
  if [ "$1" = all ]; then production=false; fi
  export YARN_CACHE_FOLDER="$cache/yarn"
  if [ -f yarn.lock ]; then frozen=--frozen-lockfile; else frozen=--no-lockfile; fi
  run_manager install --non-interactive --no-progress "--production=$production" "$frozen" ||
    failed 'yarn install' "$disagrees"
}
install_pnpm() {
  # Releases of pnpm read their settings from variables with one or the other name.
  export npm_config_store_dir="$cache/pnpm" pnpm_config_store_dir="$cache/pnpm"
  # The programs in node_modules/.bin would have the build's paths.
  export npm_config_extend_node_path=false pnpm_config_extend_node_path=false
  export npm_config_package_import_method=copy pnpm_config_package_import_method=copy
  if [ -f pnpm-lock.yaml ]; then frozen=--frozen-lockfile; else frozen=--no-lockfile; fi
  if [ "$1" = all ]; then set -- --prod=false; else set -- --prod; fi
  run_manager install "$frozen" "$@" || failed 'pnpm install' "$disagrees"
}

prune_npm() { run_manager prune --omit=dev --ignore-scripts --no-package-lock; }
# Yarn 2 and 3 remove development dependencies only with a plugin.
can_focus() { case $manager_version in 2.* | 3.*) yarn plugin runtime --json | grep -q workspace-tools ;; esac; }
prune_yarn() {
  if ! is_berry; then
    run_manager install --non-interactive --no-progress --production=true --ignore-scripts --prefer-offline "$frozen"
  elif can_focus; then
    YARN_ENABLE_SCRIPTS=false run_manager workspaces focus --all --production
  else
    echo "Warning: Yarn $manager_version can not remove the development dependencies, so they are part of the image." \
      'Commit its plugin workspace-tools, or use Yarn 4.'
  fi
}
prune_pnpm() {
  if package has-workspaces; then
    # pnpm prunes no workspaces, so the packages are installed anew.
    find . -name node_modules -type d -prune -exec rm -rf {} +
    run_manager install --prod --ignore-scripts --prefer-offline "$frozen"
  else
    run_manager prune --prod --ignore-scripts
  fi
}

# Removes what differs from build to build: times, and paths of the build.
clean() {
  find . -path '*/node_modules/.modules.yaml' -delete -o -path '*/node_modules/.pnpm-workspace-state*.json' -delete
  rm -f .yarn/install-state.gz
}

# Tells whether a variable of the build keeps the development dependencies.
keeps_dev_dependencies() {
  [ "${NPM_CONFIG_PRODUCTION:-}" = false ] || [ "${YARN_PRODUCTION:-}" = false ] ||
    is_set "${PNPM_SKIP_PRUNING:-}" || is_set "${YARN2_SKIP_PRUNING:-}"
}
install_packages() {
  if package needs-dev-dependencies; then which=all; else which=production; fi
  # Yarn 2 and later runs no script of a project that Yarn has not installed.
  if is_berry || package installs; then needs_installation=true; else needs_installation=false; fi
  if $needs_installation; then "install_$manager" "$which"; else say 'No dependencies to install'; fi
  for script in $(package build-scripts); do
    run_manager run "$script" || failed_script "$script"
  done
  if $needs_installation; then
    if keeps_dev_dependencies; then
      say 'The development dependencies stay, because a variable of the build says so'
    elif [ "$which" = all ] || is_berry; then
      "prune_$manager" || failed "$manager could not remove the development dependencies" "Run \"$manager install\" in a fresh clone."
    fi
  fi
  clean
}

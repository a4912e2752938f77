# Installs the dependencies of a repository into $venv, by the tool whose files it has. Read by "."; needs say.sh, tool.sh,
# $venv, $cache and $work (a temporary folder).

# Runs a command, shows its output and keeps it in $work/output. The exit code is the command's. The output goes to a file,
# because a pipe would stay open as long as a process that the command has left behind. The file is a new one, because such
# a process may still write to the old one.
kept() {
  rm -f "$work/output"
  : >"$work/output"
  "$@" >>"$work/output" 2>&1 &
  running=$!
  tail -n +1 -s 0.1 -f --pid="$running" "$work/output" 2>/dev/null || true
  wait "$running"
}

# Backends of Python packages say this about a project that is an application: they can't tell which of its modules and
# folders make a package.
not_a_package='Multiple top-level (packages|modules) discovered|Unable to determine which files to ship|No file/folder found for (package|module)'
not_a_package="$not_a_package|Expected a Python module at|package is not possible in non-package mode|No module named '?\S+'? found for"

is_application() { grep -Eq "$not_a_package" "$work/output"; }
warn_application() {
  warn "pyproject.toml describes an application, not a package: only its dependencies are installed. $1"
}

pip_install() {
  python3 -m pip --version >/dev/null 2>&1 || fail 'The build image has no pip for its python3.' 'Use a builder image that contains pip.'
  say "pip install $*"
  kept python3 -m pip --python "$venv/bin/python" install --disable-pip-version-check --no-input --no-compile \
    --no-warn-script-location --progress-bar off --cache-dir "$cache/pip" "$@"
}
pip_or_fail() { pip_install "$@" || fail_pip; }

# setuptools and scripts of packages say so where a compiler, or a program that builds with one, is missing.
no_compiler="([A-Za-z]*[Ee]rror): \[Errno 2\] No such file or directory: '([^'/]*(cc|[cg]\+\+|clang|gfortran|make|ninja|swig|pkg-config|cargo|rustc))'"

# Forms of the line with which pip, a backend or a compiler tells the cause, the most telling first.
causes="No space left on device|Cannot allocate memory|MemoryError|Killed signal
$not_a_package
No matching distribution found
requires a different Python
conflicting dependencies
Invalid requirement
Could not open requirements file
DO NOT MATCH THE HASHES
fatal error:
$no_compiler
error: can't find Rust
[A-Z][A-Za-z]+Error:
error: command
(ERROR|error): "

escape=$(printf '\033')
# Prints the line of the output that tells why pip failed. The end of the output is often about something else.
cause() {
  printf '%s\n' "$causes" | while read -r form; do
    line=$(sed "s/$escape\[[0-9;]*[A-Za-z]//g" "$work/output" | grep -E -m 1 -e "$form" | sed 's/^[^A-Za-z"'"'"'\/]*//; s/^ERROR: //' |
      sed -E "s#^$no_compiler#command '\\2' failed: there is no such program#; s/^error: //" | cut -c 1-300)
    if [ -n "$line" ]; then
      printf %s "$line"
      break
    fi
  done
}
fail_pip() {
  cause=$(cause)
  case $cause in
  *'No space'*) advice='The build needs more disk space than it may use. Install fewer packages, or smaller ones.' ;;
  *emory* | *Killed*) advice='The build needs more memory than it may use. Take versions with wheels, which need no compiler.' ;;
  *'No matching distribution'* | *'different Python'*) advice="Check the package's name and version, and that it supports $("$venv/bin/python" --version)." ;;
  *conflicting*) advice='Change the versions that exclude each other; pip lists them above.' ;;
  *top-level*) advice='Name the packages of the project in pyproject.toml or setup.py, or leave the project out of requirements.txt.' ;;
  *'fatal error:'* | *Rust* | *'error: command'* | command*) advice='The package has no wheel for this Python, and needs a compiler or a system library that the build image lacks. Take a version with a wheel.' ;;
  *) advice='Try the same in a fresh clone, with an empty environment.' ;;
  esac
  fail "pip install failed: ${cause:-pip says above why}" "$advice"
}

with_pipfile() {
  python3 "$CNB_BUILDPACK_DIR/lib/pipfile.py" Pipfile.lock "$work" || exit 1
  for file in locked.txt others.txt; do
    if [ -s "$work/$file" ]; then pip_or_fail -r "$work/$file"; fi
  done
}

# Installs the project from a copy, because setuptools leaves files in the folder from which it builds.
with_project() {
  cp -R . "$work/app"
  if (cd "$work/app" && pip_install .); then return; fi
  is_application || fail_pip
  python3 "$CNB_BUILDPACK_DIR/lib/requirements.py" project >"$work/requirements.txt" ||
    fail 'The project is an application, not a package, and its dependencies are not in the table project of pyproject.toml.' \
      'Commit the lock file of Poetry, PDM or uv, or write a requirements.txt.'
  warn_application 'Name the packages in pyproject.toml, or write a requirements.txt.'
  if [ -s "$work/requirements.txt" ]; then pip_or_fail -r "$work/requirements.txt"; fi
}

with_uv() {
  uv=$(tool uv)/bin/uv
  export UV_PROJECT_ENVIRONMENT="$venv" UV_PYTHON="$venv/bin/python" UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR="$cache/uv"
  # Files of the cache must not change when files of the environment do.
  export UV_LINK_MODE=copy UV_NO_PROGRESS=1
  say 'uv sync --locked --no-default-groups'
  if kept "$uv" sync --locked --no-default-groups; then
    # The unpacked packages would fill the cache. What uv built itself stays.
    "$uv" cache prune --ci --quiet || warn 'uv cache prune failed, so the cache is larger than needed. The build goes on.'
    return
  fi
  is_application || fail 'uv sync failed; uv says above why.' 'If uv.lock does not fit pyproject.toml, run "uv lock" and commit both files.'
  warn_application 'Set package = false in the table tool.uv of pyproject.toml.'
  kept "$uv" sync --locked --no-default-groups --no-install-project || fail 'uv sync failed; uv says above why.'
}

with_poetry() {
  poetry=$(tool poetry)/bin/python
  export POETRY_CACHE_DIR="$cache/poetry" POETRY_CONFIG_DIR="$work/poetry" POETRY_NO_INTERACTION=1
  export POETRY_VIRTUALENVS_CREATE=false
  say 'poetry sync --only main'
  if kept "$poetry" -m poetry sync --only main --no-interaction --no-ansi; then return; fi
  is_application || fail 'poetry sync failed; Poetry says above why.' \
    'If poetry.lock does not fit pyproject.toml, run "poetry lock" and commit both files.'
  warn_application 'Set package-mode = false in the table tool.poetry of pyproject.toml.'
  kept "$poetry" -m poetry sync --only main --no-root --no-interaction --no-ansi || fail 'poetry sync failed; Poetry says above why.'
}

with_pdm() {
  pdm=$(tool pdm)/bin/python
  export PDM_CACHE_DIR="$cache/pdm" PDM_CHECK_UPDATE=0 PDM_NON_INTERACTIVE=1 PDM_IGNORE_SAVED_PYTHON=1 PDM_LOG_DIR="$work/pdm"
  say 'pdm sync --prod'
  if kept "$pdm" -m pdm sync --prod; then return; fi
  is_application || fail 'pdm sync failed; PDM says above why.' 'If pdm.lock does not fit pyproject.toml, run "pdm lock" and commit both files.'
  warn_application 'Set distribution = false in the table tool.pdm of pyproject.toml.'
  kept "$pdm" -m pdm sync --prod --no-self || fail 'pdm sync failed; PDM says above why.'
}

# Warns about files of other tools than the one that installs.
warn_unused() {
  used=$1
  for file in uv.lock poetry.lock pdm.lock Pipfile.lock; do
    if [ "$file" != "$used" ] && [ -f "$file" ]; then
      warn "$file is not used, because there is a $used too. Remove one of the two."
    fi
  done
}

describes_project() {
  [ -f setup.py ] || [ -f setup.cfg ] || { [ -f pyproject.toml ] && grep -Eq '^\[(project|build-system|tool\.poetry)\]' pyproject.toml; }
}

install_dependencies() {
  if [ -f requirements.txt ]; then
    warn_unused requirements.txt
    if python3 "$CNB_BUILDPACK_DIR/lib/requirements.py" file; then
      pip_or_fail -r requirements.txt
    else
      say 'requirements.txt is empty: nothing to install'
    fi
    return
  fi
  for pair in uv.lock:uv poetry.lock:poetry pdm.lock:pdm Pipfile.lock:pipfile; do
    file=${pair%:*}
    if [ -f "$file" ]; then
      warn_unused "$file"
      "with_${pair#*:}"
      return
    fi
  done
  if [ -f Pipfile ]; then
    fail 'There is a Pipfile but no Pipfile.lock.' 'Run "pipenv lock" and commit Pipfile.lock, or write a requirements.txt.'
  elif describes_project; then
    with_project
  else
    say 'No dependencies to install'
  fi
}

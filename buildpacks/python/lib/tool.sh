# Installs uv, Poetry or PDM. Each tool comes with pinned versions from the same package index as the dependencies, and is
# kept in the cache, not in the image. Read by "."; needs say.sh, $cache and pip.

# Installs a tool and prints the path of its environment.
tool() {
  place=$cache/tools/$1
  pins=$CNB_BUILDPACK_DIR/lib/tools/$1.txt
  # The path of the interpreter is part of the stamp, because the environment leads to it.
  stamp="$(cksum <"$pins") $(python3 -c 'import sys; print(sys.executable, sys.version)')"
  if [ "$(cat "$place.stamp" 2>/dev/null)" != "$stamp" ]; then
    say "Installing $(sed -n 's/^\([a-z]*\)==\([0-9.]*\).*/\1 \2/p' "$pins" | grep "^$1 ")" >&2
    rm -rf "$place" "$place.stamp"
    python3 -m venv --without-pip "$place" >&2 || fail 'python3 -m venv failed; see above.'
    python3 -m pip --python "$place/bin/python" install --quiet --disable-pip-version-check --no-input --no-compile \
      --no-deps --only-binary :all: --require-hashes --cache-dir "$cache/pip" --requirement "$pins" >&2 ||
      fail "$1 could not be installed; pip says above why." 'Try again later. If it fails again, the package index of this builder lacks a package.'
    printf '%s' "$stamp" >"$place.stamp"
  fi
  printf %s "$place"
}

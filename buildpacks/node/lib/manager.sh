# Brings the package manager of a project. It comes from the same registry as the packages, and is part of the image,
# because start commands use it. Read by "."; needs say, fail, $work and $npm_folder.

# Puts a program on the path under the manager's name. The program's path is relative to the layer's folder bin, so that
# the image can be unpacked anywhere.
link_manager() {
  mkdir -p "$place/bin"
  printf '#!/bin/sh\nexec node "$(dirname -- "$0")/%s" "$@"\n' "$2" >"$place/bin/$1"
  chmod 755 "$place/bin/$1"
}

download_manager() {
  say "Installing $2"
  rm -rf "$place"
  mkdir -p "$place" "$work/manager"
  archive=$(cd "$work/manager" && npm pack --loglevel=error "$2") ||
    fail "$2 is not to be had from the registry; npm says above why." 'Correct packageManager or engines in package.json.'
  tar -xzf "$work/manager/$archive" -C "$place" --no-same-owner
  # The package's folder has a name of its own in some packages.
  if [ ! -d "$place/package" ]; then mv "$place"/* "$place/package"; fi
  program=$(node "$CNB_BUILDPACK_DIR/lib/verify.mjs" "$work/manager/$archive" "$place/package" "$3") ||
    fail "$2 does not have the hash that was expected." "Run \"corepack use $1@VERSION\", and commit package.json."
  link_manager "$1" "../package/${program#./}"
  printf %s "$2 $3" >"$place/stamp"
}

# Fails with the output of a package manager, where that output is not in the log yet: fail_to_run COMMAND OUTPUT. Yarn 2
# and later writes errors to the standard output.
fail_to_run() {
  fail "$1 failed: $(printf '%s\n' "$2" | grep -m 1 . | cut -c 1-300 || true)" \
    "Correct the settings of $manager in the repository, such as .yarnrc.yml or .npmrc."
}

# Sets $manager: npm, yarn or pnpm; and $manager_version.
prepare_manager() {
  chosen=$(node "$CNB_BUILDPACK_DIR/lib/manager.mjs" "$npm_folder") || exit 1
  read -r manager package hash <<LINE
$chosen
LINE
  place=$CNB_LAYERS_DIR/manager
  manager_version=$(npm --version || true)
  case $package in
  - | npm@"$manager_version") return ;;
  ./*)
    rm -rf "$place"
    mkdir -p "$place/bin"
    # The file may be a link. The name of the link's target could hold commands of a shell, so only the path of the link,
    # which manager.mjs has checked, gets into the script.
    link_manager yarn "$(node -p 'path.relative(fs.realpathSync(process.argv[1]), path.join(fs.realpathSync("."), process.argv[2]))' "$place/bin" "$package")"
    ;;
  *) if [ "$(cat "$place/stamp" 2>/dev/null)" != "$package $hash" ]; then download_manager "$manager" "$package" "$hash"; fi ;;
  esac
  printf '[types]\nbuild = true\ncache = true\nlaunch = true\n' >"$place.toml"
  export PATH="$place/bin:$PATH"
  manager_version=$("$manager" --version) || fail_to_run "$manager --version" "$manager_version"
  say "$manager $manager_version"
}

#!/bin/bash
# detect.sh COMMIT LATEST DEPRECATED -- NAME=VALUE…: writes the commit and each of the user's variables to a file where
# buildpacks read it (platform specification, "Platform Directory"), then runs the detection of buildpacks. The commit has
# the name that it has at Heroku. A value has %24 in the place of a dollar sign, and %25 in the place of a percent sign.
set -euo pipefail

commit=$1 latest=$2 deprecated=$3
shift 4

# The folder of a volume belongs to root. git works in a folder of another user only where its settings allow that.
printf '[safe]\n\tdirectory = %s\n' "$CNB_APP_DIR" >"$HOME/.gitconfig"

variables=$CNB_PLATFORM_DIR/env
mkdir -p "$variables"
printf %s "$commit" >"$variables/SOURCE_VERSION"
if [ "$latest" = true ]; then printf true >"$variables/USE_LATEST_VERSIONS"; fi
if [ "$deprecated" = true ]; then printf true >"$variables/USE_DEPRECATED_VERSIONS"; fi
for pair; do
  name=${pair%%=*}
  if [[ $pair != *=* || ! $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
    echo "[detector] ERROR: \"$name\" can't name a variable."
    exit 3
  fi
  value=${pair#*=}
  value=${value//'%24'/'$'}
  printf %s "${value//'%25'/'%'}" >"$variables/$name"
done

# Prints what a repository needs, for each buildpack of the builder image whose id has a line here. In the name of its
# folder, an id has an underscore in the place of the slash.
explain() {
  local buildpack files
  while IFS='|' read -r buildpack files; do
    [ ! -d "/cnb/buildpacks/$buildpack" ] || echo "[detector] ERROR: - $files"
  done <<'FILES'
heroku_dotnet|a solution or project file, for .NET
heroku_go|go.mod, for Go
heroku_gradle|gradlew, for Java with Gradle
heroku_java|pom.xml, for Java with Maven
heroku_nodejs|package.json, for Node.js
heroku_php|composer.json, for PHP
heroku_python|requirements.txt, poetry.lock or uv.lock, for Python
heroku_ruby|Gemfile.lock, for Ruby
heroku_scala|build.sbt, for Scala
toolforge_node|package.json, for Node.js
toolforge_python|requirements.txt, pyproject.toml, setup.py or Pipfile.lock, for Python
toolforge_static|index.html, also in public or dist, for a static site
toolforge_start|Procfile, for anything else: one line "web: COMMAND"
FILES
}

status=0
/cnb/lifecycle/detector || status=$?
if [ "$status" -eq 20 ]; then
  needed=$(explain)
  echo "[detector] ERROR: No buildpack recognises this repository.${needed:+ In its root it needs one of:}"
  [ -z "$needed" ] || printf '%s\n' "$needed"
fi
exit "$status"

#!/bin/bash
# detect.sh COMMIT LATEST DEPRECATED -- NAME=VALUE…: writes the commit and each of the user's variables to a file where
# buildpacks read it (platform specification, "Platform Directory"), then runs the detection of buildpacks. The commit has
# the name that it has at Heroku. A value has %24 in the place of a dollar sign, and %25 in the place of a percent sign.
set -euo pipefail

commit=$1 latest=$2 deprecated=$3
shift 4

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

status=0
/cnb/lifecycle/detector || status=$?
if [ "$status" -eq 20 ]; then
  cat <<'EXPLANATION'
[detector] ERROR: No buildpack recognises this repository. In its root it needs one of:
[detector] ERROR: - package.json, for Node.js
[detector] ERROR: - requirements.txt, pyproject.toml, setup.py or Pipfile.lock, for Python
[detector] ERROR: - index.html, also in public or dist, for a static site
[detector] ERROR: - Procfile, for anything else: one line "web: COMMAND"
EXPLANATION
fi
exit "$status"

#!/bin/bash
# restore.sh IMAGE: restores the cached layers of earlier builds.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/images.sh"

set_cache_option "$1"
run_lifecycle /cnb/lifecycle/restorer "${cache_option[@]}"

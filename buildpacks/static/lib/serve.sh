#!/bin/sh
# Serves the first folder of $STATIC_FOLDERS that has an index.html, with Node.js or Python, depending on the image.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

IFS=:
for folder in ${STATIC_FOLDERS:-.}; do
  if [ -f "$folder/index.html" ]; then
    if command -v node >/dev/null; then exec node "$here/serve.mjs" "$folder"; fi
    if command -v python3 >/dev/null; then exec python3 "$here/serve.py" "$folder"; fi
    echo 'ERROR: The run image has neither node nor python3 to serve the files with.' >&2
    exit 1
  fi
done
echo "ERROR: There is no index.html in any of: ${STATIC_FOLDERS:-.}" >&2
exit 1

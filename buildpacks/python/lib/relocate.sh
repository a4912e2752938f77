#!/bin/sh
# Removes the build's paths from a virtual environment, so that it works wherever the layer is unpacked, and so that
# the same commit gives the same layer. Scripts find the interpreter by PATH, on which the layer's bin comes first.
set -eu
venv=$1

python3 "$(dirname "$0")/relocate.py" "$venv" .
rm -f "$venv"/bin/activate* "$venv"/bin/Activate.ps1
if [ -f "$venv/pyvenv.cfg" ]; then
  sed '/^command = /d' "$venv/pyvenv.cfg" >"$venv/pyvenv.tmp"
  mv "$venv/pyvenv.tmp" "$venv/pyvenv.cfg"
fi

for script in "$venv"/bin/*; do
  if [ ! -f "$script" ] || [ -L "$script" ]; then continue; fi
  case $(head -c 2 "$script") in '#!') ;; *) continue ;; esac
  # A script starts with "#!/bin/sh" and "'''exec' path …" where pip found the interpreter's path too long for "#!".
  sed -e "1s|^#!$venv/bin/python[0-9.]*|#!/usr/bin/env python3|" \
    -e "2s|^'''exec' \"\{0,1\}$venv/bin/python[0-9.]*\"\{0,1\} |'''exec' python3 |" "$script" >"$script.tmp"
  cat "$script.tmp" >"$script"
  rm -f "$script.tmp"
done

for info in "$venv"/lib/python*/site-packages/*.dist-info; do
  [ -d "$info" ] || continue
  # uv_cache.json holds times of files.
  rm -f "$info/direct_url.json" "$info/uv_cache.json"
  if [ -f "$info/RECORD" ]; then
    sed -e '/direct_url\.json,/d' -e '/uv_cache\.json,/d' -e 's|^\(\.\./\.\./\.\./bin/[^,]*\),.*$|\1,,|' \
      -e 's|^\([^,/]*\.pth\),.*$|\1,,|' -e 's|^\([^,/]*editable_[^,/]*\.py\),.*$|\1,,|' "$info/RECORD" >"$info/RECORD.tmp"
    mv "$info/RECORD.tmp" "$info/RECORD"
  fi
done

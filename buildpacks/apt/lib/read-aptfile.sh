#!/bin/sh
# Prints the names of packages in the Aptfile of the present folder, one a line, each once.
set -eu

fail() {
  printf 'ERROR: %s\n' "$@" >&2
  exit 1
}

[ "$(wc -c <Aptfile)" -le 65536 ] || fail 'The Aptfile is larger than 65536 bytes.' 'Write only names of Debian packages.'
# Some versions of awk drop NUL and the rest of the line. Text in UTF-16 has NUL bytes, or begins with a byte order mark.
case $(head -c 2 Aptfile | od -An -tx1 | tr -d ' ') in fffe | feff) marked=yes ;; *) marked= ;; esac
if [ -n "$marked" ] || [ "$(tr -cd '\000' <Aptfile | wc -c)" -gt 0 ]; then
  fail 'The Aptfile is UTF-16 text or has NUL bytes.' 'Save it as UTF-8, with one name of a Debian package a line.'
fi
LC_ALL=C exec awk -f "$(dirname "$0")/aptfile.awk" Aptfile

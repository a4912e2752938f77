#!/bin/bash
# run-phase.sh FILE PROGRAM ARGUMENTS…: runs a step's program. Its output passes through; when it fails, the last 1,000
# bytes of it go to FILE, the step's result that says why.
set -u

failure=$1
shift
work=$(mktemp -d)
mkfifo "$work/output" "$work/copy"

tail -c 1000 <"$work/copy" >"$work/tail" &
tail_process=$!
tee "$work/copy" <"$work/output" &
tee_process=$!
"$@" >"$work/output" 2>&1
status=$?

# A process that a build left behind may hold the pipe open for ever.
for _ in {1..20}; do
  kill -0 "$tee_process" 2>/dev/null || break
  sleep 0.1
done
kill "$tee_process" 2>/dev/null
wait "$tail_process"

# Valid text without colours, short enough once it is JSON: a result travels in the container's termination message, and
# the kubelet shares 12 KiB among all containers of a pod, so 1,536 bytes for each of a build's eight. A longer one is cut,
# which makes it no JSON, and lost.
readonly max_encoded=1150
text() { iconv -c -f UTF-8 -t UTF-8 | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | tr -d '\000-\010\013-\037\177'; }
encoded_size() {
  local plain wide escaped
  plain=$(wc -c <"$1") wide=$(tr -cd '<>&' <"$1" | wc -c) escaped=$(tr -cd '"\\\n\t' <"$1" | wc -c)
  echo $((plain + 5 * wide + escaped))
}

if [ "$status" -ne 0 ]; then
  text <"$work/tail" >"$work/text"
  while [ "$(encoded_size "$work/text")" -gt "$max_encoded" ]; do
    tail -c $(($(wc -c <"$work/text") - 50)) "$work/text" | text >"$work/shorter"
    mv "$work/shorter" "$work/text"
  done
  cat "$work/text" >"$failure"
fi
exit "$status"

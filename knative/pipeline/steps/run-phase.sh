#!/bin/bash
# run-phase.sh FILE PROGRAM ARGUMENTS…: runs a step's program and passes its output through. When the program fails, the
# last 1,000 bytes of its output go to FILE, which is the step's result with the failure excerpt.
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

# The program tee has two seconds to end, since a process that a build left behind may keep tee's input open for ever.
for _ in {1..20}; do
  kill -0 "$tee_process" 2>/dev/null || break
  sleep 0.1
done
kill "$tee_process" 2>/dev/null
wait "$tail_process"

# The failure excerpt becomes valid text without colours, of at most 1,150 bytes as JSON. A result is part of the
# container's termination message. The kubelet gives all containers of a pod 12 KiB for these messages, so each of a
# build's eight containers has 1,536 bytes. A longer message is cut, is then no valid JSON, and is lost.
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

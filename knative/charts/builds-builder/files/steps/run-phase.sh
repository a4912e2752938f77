#!/bin/bash
# run-phase.sh FILE PROGRAM ARGUMENTS…: runs a step's program and passes its output through, between two marks. When the
# program fails, the last whole lines of its output go to FILE, which is the step's result with the failure excerpt.
set -u

failure=$1
shift
# The name in the marks of this step's log. A mark is a line, or the end of a line, that the service does not show
# (lib/logs/pod/step-marks.ts). A build that learns the name can make its own log seem incomplete, or complete although
# lines are missing (docs/adr/0033-log-marks.md).
mark=${STEP_LOG_MARK:-}
unset STEP_LOG_MARK
work=$(mktemp -d)
mkfifo "$work"/{output,relay,copy,count,ended}

print_mark() { [ -z "$mark" ] || printf '[log-mark %s] %s\n' "$mark" "$1"; }

# Ends a line that the program has not finished, such as a progress bar, by a mark, at most once a second. A container
# runtime keeps a line back until its line feed. A mark also follows a finished line; readers drop it, and the next line has
# the time at which its text began. Reads from file descriptor 8 time out until the output has ended.
show_unfinished_lines() {
  local name bytes before='' is_pause=''
  while
    read -r -t 0.5 <&8
    [ $? -gt 128 ]
  do
    while read -r name bytes && [ "$name" != wchar: ]; do :; done <"/proc/$tee_process/io"
    if [ -n "$is_pause" ] || [ "$bytes" = "$before" ]; then
      is_pause=''
      continue
    fi
    before=$bytes is_pause=1
    print_mark continues
  done 2>/dev/null
}

readonly max_kept=65536
print_mark begin
tail -c "$max_kept" <"$work/copy" >"$work/tail" &
tail_process=$!
wc -lc <"$work/count" >"$work/counted" &
count_process=$!
tee "$work/copy" "$work/count" <"$work/relay" &
tee_process=$!
cat 9>"$work/ended" <"$work/output" >"$work/relay" &
relay_process=$!
exec 8<"$work/ended"
show_process=''
if [ -n "$mark" ]; then
  show_unfinished_lines &
  show_process=$!
fi
"$@" >"$work/output" 2>&1 8<&-
status=$?

# The output has two seconds to end, since a process that a build left behind may keep it open for ever. Only the process
# that reads the output is ended, so that what it has read is counted and printed.
read -r -t 2 <&8
kill "$relay_process" 2>/dev/null
wait $show_process "$tail_process" "$count_process"
if ! wait "$tee_process"; then
  printf '\nThe rest of this output is lost: the process that passes it to the log was killed.\n'
  mark=''
fi

# The last mark proves to readers that the log is whole. A last line without a line feed counts as a line.
if [ -n "$mark" ] && read -r lines bytes <"$work/counted"; then
  if [ "$bytes" -gt 0 ] && [ "$(tail -c 1 "$work/tail" | wc -l)" -eq 0 ]; then
    echo
    lines=$((lines + 1))
  fi
  print_mark "end: $lines lines, $bytes bytes"
fi
[ "$status" -ne 0 ] || exit 0

# From here on text is bytes, so that a length is a number of bytes and any byte can be replaced.
export LC_ALL=C

# A result is part of the container's termination message. The kubelet gives all containers of a pod 12 KiB for these
# messages, so each of a build's eight containers has 1,536 bytes. A longer message is cut, is then no valid JSON, and is
# lost. So the excerpt has at most 1,000 bytes, and at most 1,150 bytes as JSON.
readonly max_bytes=1000 max_encoded=1150
# Longest line in an excerpt, and longest context, in bytes.
readonly max_line=500 max_context=100
readonly high=$'[\x80-\xff]' line_separator=$'\xe2\x80\xa8' paragraph_separator=$'\xe2\x80\xa9'
readonly not_wide=$'[!<>&\x01-\x08\x0b\x0c\x0e-\x1f]'
readonly no_context=$'[!a-zA-Z0-9 "\'.,:;=_|\t-]' not_separator=$'[!|,;\t]'

# Prints the output without colours, titles and links. A carriage return becomes a line's end. All other control characters
# stay, because the service masks secrets between them as in the log, and makes them visible. Bash can't keep NUL, so it
# becomes SOH.
readonly colour='\x1b\[[0-9;:?]*[A-Za-z]' title='\x1b[]P_^X][^\x1b\x07]*'
plain() { sed -E "s/$title(\x07|\x1b\\\\)//g; s/$title($colour)/\1/g; s/$colour//g" <"$work/tail" | tr '\r\000' '\n\001'; }

# Sets $line to a text that is valid UTF-8.
valid() {
  line=$1
  [[ $line == *$high* ]] || return 0
  iconv -f UTF-8 -t UTF-8 <<<"$line" >/dev/null 2>&1 || line=${line//$high/?}
}

# Adds the size of a line and its line feed to $bytes and $encoded. JSON from Go has six bytes for each of <, > and &, and
# for control characters and for the separators of lines and paragraphs, which are three bytes long.
add_size() {
  local wide=${1//$not_wide/} escaped=${1//[!\"\\$'\t']/}
  local other=${1//$line_separator/}
  other=${other//$paragraph_separator/}
  bytes=$((bytes + ${#1} + 1))
  encoded=$((encoded + 2 * ${#1} - ${#other} + 5 * ${#wide} + ${#escaped} + 2))
}

# Says whether a line is drawn: between the header and the rows of a table.
is_ruler() { [ -n "$1" ] && [[ $1 != *[!-+=\|:\ ]* ]]; }

# Sets $shape to what the rows of one table, or the lines of one list of words, have in common; to nothing for any other
# line. A colon ends a title.
set_shape() {
  shape=${1//$not_separator/}
  [ -z "$shape" ] || return 0
  local text=${1#"${1%%[! ]*}"}
  text=${text%"${text##*[! ]}"}
  [ -z "$text" ] || [[ $text == *' '* || $text == *: ]] || shape=word
}

# Says whether a line belongs to the table or list of words whose lines have the shape $2.
is_inside() {
  [ -n "$2" ] || return 1
  is_ruler "$1" && return
  set_shape "$1"
  [ "$shape" = "$2" ]
}

# Sets $text to the line that says what the beginning of the excerpt is: the header of a table, the line before a list of
# words, or else the line before the excerpt. That line has the number $1.
set_introduction() {
  local shown wanted number shape='' header=''
  mapfile -t shown <<<"${excerpt#?}"
  for text in "${shown[@]}"; do is_ruler "$text" || break; done
  ! is_ruler "$text" || text=''
  set_shape "$text"
  wanted=$shape
  for ((number = $1; number >= 0; number--)); do
    is_inside "${lines[number]}" "$wanted" || break
    is_ruler "${lines[number]}" || header=${lines[number]}
  done
  text=$header
  if [ "$number" -eq "$1" ] || [ "$wanted" = word ]; then
    text=''
    [ "$number" -lt 0 ] || text=${lines[number]}
  fi
}

# Prints the line before the excerpt, which the service uses to mask the excerpt and does not show. It says that a private
# key is open in the output's lines up to number $1, or what the beginning of the excerpt is.
context() {
  local number text is_open='' shape=''
  for ((number = 0; number <= $1; number++)); do
    text=${lines[number]}
    case $text in *BEGIN*PRIVATE\ KEY* | *Private-Lines:* | *\<[DR]SAKeyValue*) is_open=1 ;; esac
    case $text in *END*PRIVATE\ KEY* | *Private-MAC:* | *\</[DR]SAKeyValue*) is_open='' ;; esac
  done
  set_introduction "$1"
  [ -z "$is_open" ] || text='-----BEGIN PRIVATE KEY-----'
  [ "${#text}" -le "$max_context" ] || text=${text: -max_context}
  printf '%s' "${text//$no_context/ }"
}

mapfile -t lines < <(plain)
# The first of so many bytes may be in the middle of a line.
first=0
[ "$(wc -c <"$work/tail")" -lt "$max_kept" ] || first=1

# The excerpt has whole lines only: the service recognises a secret by its beginning and by the text before it.
excerpt='' bytes=$max_context encoded=$((2 * max_context))
for ((number = ${#lines[@]} - 1; number >= 0; number--)); do
  line=${lines[number]}
  [ -n "$line$excerpt" ] || continue
  if [ "$number" -lt "$first" ] || [ "${#line}" -gt "$max_line" ]; then
    [ -z "$excerpt" ] || break
    line='[a long line is left out here]'
  fi
  valid "$line"
  add_size "$line"
  [ "$bytes" -le "$max_bytes" ] && [ "$encoded" -le "$max_encoded" ] || break
  excerpt=$'\n'$line$excerpt
done
[ -z "$excerpt" ] || printf '%s%s' "$(context "$number")" "$excerpt" >"$failure"
exit "$status"

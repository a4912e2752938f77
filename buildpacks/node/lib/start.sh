#!/bin/sh
# Stands in for npm, yarn and pnpm in an image. They start a program through a shell, so a signal would end the shell or
# the package manager, and the program would be killed without having heard of it. This script sends the signal to each
# process below the package manager, and waits until they have ended.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
name=$(basename -- "$0")

find_program() {
  IFS=:
  for folder in $PATH; do
    if [ -x "$folder/$name" ] && [ "$(CDPATH='' cd -- "$folder" && pwd -P)" != "$here" ]; then
      program=$folder/$name
      break
    fi
  done
  unset IFS
}
find_program
if [ -z "${program:-}" ]; then
  echo "ERROR: The run image has no $name." >&2
  exit 127
fi
# Yarn 2 and later writes what it knows of the packages into the project, which the image's user may not be able to do.
state=
if [ "$name" = yarn ] && [ -z "${YARN_INSTALL_STATE_PATH:-}" ]; then
  state=$(mktemp -d) && export YARN_INSTALL_STATE_PATH="$state/install-state.gz"
fi
# Only the outermost script passes signals on.
if [ -n "${PACKAGE_MANAGER_STARTED:-}" ]; then exec "$program" "$@"; fi
export PACKAGE_MANAGER_STARTED=1

# Prints the third number of a line of /proc/PID/stat after the program's name: the process group.
group_of() {
  read -r line <"/proc/$1/stat" || return 0
  set -- ${line##*) }
  # Z is the state of a process that has ended.
  if [ "$1" != Z ]; then echo "$3"; fi
}
# Prints the processes of this script's group, but for the script, its parent and the package manager.
others() {
  read -r self line </proc/self/stat
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    case $pid in "$$" | "$self" | "$PPID" | "$child") continue ;; esac
    if [ "$(group_of "$pid" 2>/dev/null)" = "$group" ]; then echo "$pid"; fi
  done
}
pass() {
  stopping=yes
  kill -s "$1" $(others) 2>/dev/null || kill -s "$1" "$child" 2>/dev/null
}

group=$(group_of $$)
stopping=
for signal in TERM INT HUP; do trap "pass $signal" "$signal"; done
# A shell gives a program in the background no input, unless the input is named.
exec 3<&0
"$program" "$@" <&3 3<&- &
child=$!
exec 3<&-
# A signal ends `wait` early.
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
while [ -n "$stopping" ] && [ -n "$(others)" ]; do sleep 0.1; done
if [ -n "$state" ]; then rm -rf "$state"; fi
exit "$code"

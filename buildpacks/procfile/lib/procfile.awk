# Reads the lines "name: command" of a Procfile and writes launch.toml. Blank lines and lines that start with # are
# ignored.
function fail(sentence) {
  print "ERROR: Procfile, line " NR ": " sentence | "cat >&2"
  print "ERROR: Write one process a line, for example: web: node server.js" | "cat >&2"
  failed = 1
  exit 1
}
# Returns the text as a TOML string. It is escaped character by character, because versions of awk disagree about
# backslashes in gsub.
function quoted(text,    out, i, letter) {
  for (i = 1; i <= length(text); i++) {
    letter = substr(text, i, 1)
    if (letter == "\\" || letter == "\"") letter = "\\" letter
    else if (letter == "\t") letter = "\\t"
    out = out letter
  }
  return "\"" out "\""
}
{ sub(/\r$/, "") }
NR == 1 { sub(/^\357\273\277/, "") }
/^[ \t]*(#|$)/ { next }
!/^[ \t]*[A-Za-z0-9._-]+[ \t]*:/ { fail("this is not \"name: command\".") }
{
  name = $0
  sub(/[ \t]*:.*$/, "", name)
  sub(/^[ \t]+/, "", name)
  command = $0
  sub(/^[^:]*:[ \t]*/, "", command)
  sub(/[ \t]+$/, "", command)
  if (name == "." || name == ".." || length(name) > 100) fail("a process needs another name, of at most 100 characters.")
  # Linux starts no program with an argument of more than 128 KiB. The limit also keeps `quoted` fast.
  if (length(command) > 65536) fail("the command of " name " is longer than 65536 bytes.")
  if (command == "") fail("the process " name " has no command.")
  if (command ~ /[\001-\010\013-\037\177]/) fail("the command of " name " contains a control character.")
  if (name in seen) fail("the process " name " was named before.")
  seen[name] = 1
  count++
  printf "[[processes]]\ntype = %s\ncommand = [\"bash\", \"-c\", %s]\n", quoted(name), quoted(command)
  if (name == "web") print "default = true"
  print "-----> Process " name ": " command | "cat >&2"
}
END {
  if (!failed && count == 0) {
    print "ERROR: The Procfile names no process." | "cat >&2"
    print "ERROR: Write one process a line, for example: web: node server.js" | "cat >&2"
    failed = 1
  }
  close("cat >&2")
  if (failed) exit 1
}

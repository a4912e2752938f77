# Reads the lines "name: command" of a Procfile and writes launch.toml. Blank lines and lines that start with # are
# ignored. A line that ends in a backslash goes on in the next line.
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
# Tells whether bash can parse a script. With -n bash runs nothing of the script.
function is_shell(script,    out, i, letter) {
  for (i = 1; i <= length(script); i++) {
    letter = substr(script, i, 1)
    out = out (letter == "'" ? "'\\''" : letter)
  }
  return system("bash -nc '" out "' >/dev/null 2>&1") == 0
}
# Returns the script that runs a command with the arguments of its process. A command that uses its arguments itself, or
# that takes no word at its end, such as "(a; b)", stays as it is.
function script_of(command) {
  if (command ~ /\$[@*#1-9]|\$\{[@*#1-9]|[;&]$/ || !is_shell(command " \"$@\"")) return command
  return command " \"$@\""
}
function ends_in_backslash(line,    count) {
  while (substr(line, length(line) - count, 1) == "\\") count++
  return count % 2
}
function add(line,    name, command) {
  if (line ~ /^[ \t]*(#|$)/) return
  if (line !~ /^[ \t]*[A-Za-z0-9._-]+[ \t]*:/) fail("this is not \"name: command\".")
  name = line
  sub(/[ \t]*:.*$/, "", name)
  sub(/^[ \t]+/, "", name)
  command = line
  sub(/^[^:]*:[ \t]*/, "", command)
  sub(/[ \t]+$/, "", command)
  if (name == "." || name == ".." || length(name) > 100) fail("a process needs another name, of at most 100 characters.")
  # Linux starts no program with an argument of more than 128 KiB. The limit also keeps `quoted` fast.
  if (length(command) > 65536) fail("the command of " name " is longer than 65536 bytes.")
  if (command == "") fail("the process " name " has no command.")
  if (command ~ /[\001-\010\013-\037\177]/) fail("the command of " name " contains a control character.")
  if (!is_shell(command)) fail("bash can not parse the command of " name ". Check its quotation marks and brackets.")
  if (name in seen) fail("the process " name " was named before.")
  seen[name] = 1
  count++
  # bash gives the word after the script the meaning of $0, which is the name in its error messages.
  printf "[[processes]]\ntype = %s\ncommand = [\"bash\", \"-c\", %s, %s]\n", quoted(name), quoted(script_of(command)), quoted(name)
  if (name == "web") print "default = true"
  print "-----> Process " name ": " command | "cat >&2"
}
{ sub(/\r$/, "") }
NR == 1 { sub(/^\357\273\277/, "") }
{
  line = held $0
  held = ""
  if (line !~ /^[ \t]*#/ && ends_in_backslash(line)) {
    held = substr(line, 1, length(line) - 1)
    if (length(held) > 131072) fail("the command is longer than 65536 bytes.")
    next
  }
  add(line)
}
END {
  if (!failed && held != "") add(held)
  if (!failed && count == 0) {
    print "ERROR: The Procfile names no process." | "cat >&2"
    print "ERROR: Write one process a line, for example: web: node server.js" | "cat >&2"
    failed = 1
  }
  close("cat >&2")
  if (failed) exit 1
}

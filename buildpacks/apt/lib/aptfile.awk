# Reads an Aptfile and prints its names of packages, one a line, each once. Names are separated by blanks or line ends. A
# word that begins with # begins a comment.
function fail(sentence, advice) {
  print "ERROR: Aptfile, line " NR ": " sentence | "cat >&2"
  print "ERROR: " advice | "cat >&2"
  close("cat >&2")
  failed = 1
  exit 1
}
# Returns a word as a log may show it.
function shown(word) {
  gsub(/[^ -~]/, "?", word)
  return "\"" (length(word) > 60 ? substr(word, 1, 60) "..." : word) "\""
}
function refuse(word,    advice) {
  advice = "Write the names of Debian packages, one a line, such as: libpq-dev"
  if (word ~ /^:/ || word ~ /:\/\// || word ~ /\.deb$/) {
    fail(shown(word) " asks for a package from elsewhere.", "Only packages of the builder's own package sources can be installed. " advice)
  }
  if (word ~ /^-/) fail(shown(word) " is an option.", "No options of apt are supported. " advice)
  if (word ~ /=/) fail(shown(word) " asks for a version.", "The builder's package sources have one version of a package. " advice)
  if (word ~ /\//) fail(shown(word) " is a path.", advice)
  fail(shown(word) " is no name of a Debian package.", advice)
}
{ sub(/\r$/, "") }
NR == 1 { sub(/^\357\273\277/, "") }
{
  for (i = 1; i <= NF; i++) {
    if ($i ~ /^#/) break
    # The names of Debian policy 5.6.7. A minus at the end of a name would make apt remove a package.
    if ($i !~ /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$/ || length($i) > 200) refuse($i)
    if (!($i in seen)) {
      seen[$i] = 1
      count++
      print $i
    }
    if (count > 1000) fail("the file names more than 1000 packages.", "Name a package that depends on the others.")
  }
}
END { exit failed }

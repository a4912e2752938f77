# shellcheck shell=bash
# Functions of clone.sh that check what a commit would write to disk.

readonly max_files=200000 max_path=3072 max_paths=67108864

# Totals of the commit and its submodules so far.
total_files=0 total_folders=0 total_bytes=0 total_names=0
# Number of submodules of the commit that was checked last.
submodule_count=0

# count_contents COMMIT LENGTH: prints what a commit would write to disk: files, folders, bytes, the longest path, all paths
# together, submodules, and a name that is no UTF-8. Git stores a folder once, however often the folder is in the commit,
# so a small repository can hold files without end. The list names folders too (-t), so that each step of git's walk
# counts. awk ends as soon as a limit is passed, which ends git. LENGTH is the length of the path before each path. The
# lengths of paths include the quotes that git puts around some names.
count_contents() {
  git -c core.quotePath=false ls-tree -r -t -l --full-tree "$1" 2>"$work/error" | LC_ALL=C awk -F '\t' -v before="$2" \
    -v count="$total_files" -v folders="$total_folders" -v size="$total_bytes" -v names="$total_names" \
    -v files="$max_files" -v bytes="$max_bytes" -v path="$max_path" -v paths="$max_paths" '
      # The sequences of bytes of a character of UTF-8 beyond ASCII, without surrogates and without longer forms.
      BEGIN {
        more = "[\200-\277]"
        character = "[\302-\337]" more "|\340[\240-\277]" more "|[\341-\354\356\357]" more more "|\355[\200-\237]" more \
          "|\360[\220-\277]" more more "|[\361-\363]" more more more "|\364[\200-\217]" more more
      }
      {
        split($1, entry, / +/)
        if (entry[2] == "blob") { count++; size += entry[4] } else { folders++; submodules += entry[2] == "commit" }
        used = before + length($2)
        names += used
        if (used > longest) longest = used
        if (strange == "" && $2 ~ /[\200-\377]/) {
          name = $2
          gsub(character, "", name)
          if (name ~ /[\200-\377]/) { strange = $2; gsub(/[\200-\377]/, "?", strange) }
        }
      }
      count > files || folders > files || size > bytes || longest > path || names > paths { exit }
      END { printf "%d %d %.0f %d %.0f %d %s\n", count, folders, size, longest, names, submodules, strange }'
}

# check_contents COMMIT PATH: checks the size of a commit before any file is written, and adds it to the totals. PATH is
# where the files are in the folder of the build.
check_contents() {
  local longest strange counted status
  counted=$(count_contents "$1" "$(LC_ALL=C; echo "${#2}")")
  status=$?
  read -r total_files total_folders total_bytes longest total_names submodule_count strange <<<"$counted"
  [ "$total_bytes" -le "$max_bytes" ] || fail "$files_of are larger than $max_bytes bytes: build a smaller repository."
  [ "$total_files" -le "$max_files" ] || fail "$has more than $max_files files: build a smaller repository."
  [ "$total_folders" -le "$max_files" ] || fail "$has more than $max_files folders and submodules: build a smaller repository."
  [ "$longest" -le "$max_path" ] || fail "A path in the commit is longer than $max_path bytes: use shorter names and fewer levels."
  [ "$total_names" -le "$max_paths" ] || fail "The paths of the commit's files have more than $max_paths bytes: use shorter names."
  [ "$status" -eq 0 ] || fail "The commit's files can't be listed:" "$(tail -n 3 "$work/error")"
  [ -z "$strange" ] || fail "A file's name isn't valid UTF-8: $(shown "$strange"). Rename it."
}

# Warns of files that git LFS keeps elsewhere: the repository has a pointer in the place of each.
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
warn_of_lfs() {
  local pointers
  pointers=$(LC_ALL=C find "$folder_path" -name .git -prune -o -type f -size -1024c -size +99c -exec awk '
    FNR == 1 { if ($0 == "version https://git-lfs.github.com/spec/v1") print; nextfile }' {} + | wc -l)
  [ "$pointers" -eq 0 ] ||
    say "Warning: git LFS has the contents of $pointers files, and the build has only pointers to them: keep the files in git, or download them in the build"
}

# Prints what bash offers after each line: bash ask-bash.bash SCRIPT LINE... A line ends where the cursor is.
. "$1"
shift
for line in "$@"; do
  IFS=' ' read -r -a COMP_WORDS <<<"$line"
  case "$line" in *' ') COMP_WORDS+=('') ;; esac
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _spec_kitty
  printf '%s\n' "${COMPREPLY[@]}"
  echo ==
done

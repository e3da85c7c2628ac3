# Prints what zsh offers after each line: zsh ask-zsh.zsh SCRIPT FILE LINE... Runs a second zsh on a pseudo-terminal, loads the
# script there, types each line and a tab, and prints every word that the completion system was given.
zmodload zsh/zpty || exit 3
script=$1 file=$2
shift 2
zpty asked zsh -i
zpty -w asked "stty -echo 2>/dev/null; PROMPT= PROMPT_EOL_MARK= ; autoload -U compinit && compinit -u -D && source ${(q)script}"
# The words go through a file: on the terminal they would be wrapped and shortened.
zpty -w asked "compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd \"\$@\"; return \$?; fi
  local -a hits; builtin compadd -A hits \"\$@\"; print -l -- \$hits >> ${(q)file}
  builtin compadd \"\$@\"
}"
zpty -w asked "bindkey '^I' complete-word; end-line() { print -- '==' >> ${(q)file}; BUFFER=; }; zle -N end-line; bindkey '^G' end-line"
print -n > $file
for ((asked = 1; asked <= $#; asked++)); do
  zpty -w -n asked "${@[asked]}"$'\t'$'\x07'
  while (( $(grep -c '^==$' $file) < asked )); do
    zpty -r -t asked discarded
    sleep 0.02
  done
done
zpty -d asked
cat $file

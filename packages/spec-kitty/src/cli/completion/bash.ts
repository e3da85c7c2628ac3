import { byPlace, flagsWith, quote, stepsOf, type Place } from './model.js'

/** Returns the script for bash 3.2 and later, which needs no other package. */
export function bashScript(places: readonly Place[], version: string): string {
  return `# bash completion for spec-kitty ${version}, printed by: spec-kitty completion bash
_spec_kitty_paths() {
  local one
  compopt -o filenames 2>/dev/null
  # Hidden ones only for a word that begins with a dot. One that begins with a hyphen would be a flag.
  while IFS= read -r one; do
    case "$one" in -*) continue ;; esac
    case "\${one##*/}/\${2##*/}" in .*/.*) ;; .*) continue ;; esac
    COMPREPLY+=("$one")
  done < <(compgen "$1" -- "$2")
}

_spec_kitty_ports() {
  local family=sync
  case "$1" in dashboard*) family=dashboard ;; esac
  "\${COMP_WORDS[0]}" __complete ports "$family" 2>/dev/null </dev/null | tr -cd '0-9\\n'
}

_spec_kitty() {
  local cur prev at words flags operand i IFS=$' \\t\\n'
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  # bash makes three words of --port=9401.
  if [ "$cur" = '=' ]; then
    cur=
  elif [ "$prev" = '=' ]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  at=
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
${stepsOf(places)
  .map((step) => `      ${quote(step)} |`)
  .join(' \\\n')
  .replace(/ \|$/, '')}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$prev" in
    ${flagsWith(places, 'port').join(' | ')}) COMPREPLY=($(compgen -W "$(_spec_kitty_ports "$at")" -- "$cur")); return ;;
    ${flagsWith(places, 'file').join(' | ')}) _spec_kitty_paths -f "$cur"; return ;;
    ${flagsWith(places, 'directory').join(' | ')}) _spec_kitty_paths -d "$cur"; return ;;
    ${flagsWith(places, 'other').join(' | ')}) return ;;
  esac
  words= flags= operand=
  case "$at" in
${byPlace(places).map(placeCase).join('\n')}
  esac
  # None twice, and none after --.
  flags=" $flags "
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [ "\${COMP_WORDS[i]}" = -- ]; then flags=; break; fi
    flags=\${flags/ "\${COMP_WORDS[i]%%=*}" / }
  done
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$cur"))
      if [ "$operand" = directory ]; then _spec_kitty_paths -d "$cur"; fi
      if [ -z "$words$operand" ]; then COMPREPLY=($(compgen -W "$flags" -- "$cur")); fi
      ;;
  esac
}
complete -F _spec_kitty spec-kitty
`
}

function placeCase({ at, words, choices, flags, operand }: Place): string {
  const names = [...words, ...choices].map(([word]) => word)
  const options = flags.flatMap(({ name, short }) => [`--${name}`, ...(short === null ? [] : [`-${short}`])])
  const parts = [
    `words=${quote(names.join(' '))}`,
    `flags=${quote(options.join(' '))}`,
    `operand=${operand ?? ''}`,
  ]
  return `    ${quote(at)}) ${parts.join(' ')} ;;`
}

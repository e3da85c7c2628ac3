import { byPlace, flagsWith, quote, stepsOf, type Flag, type Place, type Word } from './model.js'

/** Returns the script for zsh. It can be a file `_spec-kitty` in fpath, or be read with eval after compinit. */
export function zshScript(places: readonly Place[], version: string): string {
  return `#compdef spec-kitty
# zsh completion for spec-kitty ${version}, printed by: spec-kitty completion zsh
_spec-kitty() {
  local at='' prev="\${words[CURRENT-1]}" operand='' family=sync i
  local -a subs flags ports
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
      (${stepsOf(places).map(quote).join('|')}) at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  if [[ "$PREFIX" == --*=* ]]; then
    prev="\${PREFIX%%=*}"
    compset -P 1 '*='
  fi
  case "$prev" in
    (${flagsWith(places, 'port').join('|')})
      [[ "$at" == dashboard* ]] && family=dashboard
      ports=(\${(f)"$("\${words[1]}" __complete ports "$family" 2>/dev/null </dev/null)"})
      compadd -a ports
      return ;;
    (${flagsWith(places, 'file').join('|')}) _files -F '(-*)'; return ;;
    (${flagsWith(places, 'directory').join('|')}) _files -/ -F '(-*)'; return ;;
    (${flagsWith(places, 'other').join('|')}) return ;;
  esac
  case "$at" in
${byPlace(places).map(placeCase).join('\n')}
  esac
  # None twice, and none after --.
  for i in "\${(@)words[2,CURRENT-1]}"; do
    [[ "$i" == -- ]] && flags=() && break
    flags=("\${(@)flags:#\${i%%=*}:*}")
  done
  if [[ "$PREFIX" == -* ]] || { (( \${#subs} == 0 )) && [[ -z "$operand" ]] }; then
    _describe -o 'option' flags
    return
  fi
  (( \${#subs} )) && _describe 'command' subs
  [[ "$operand" == directory ]] && _files -/ -F '(-*)'
}
if [[ "\${funcstack[1]}" == '_spec-kitty' ]]; then
  _spec-kitty "$@"
else
  compdef _spec-kitty spec-kitty
fi
`
}

function placeCase({ at, words, choices, flags, operand }: Place): string {
  const subs = [...words, ...choices].map(described).join(' ')
  const options = flags.flatMap(flagWords).map(described).join(' ')
  return `    (${quote(at)}) subs=(${subs}) flags=(${options}) operand=${operand ?? "''"} ;;`
}

function flagWords({ name, short, text }: Flag): readonly Word[] {
  return [[`--${name}`, text], ...(short === null ? [] : [[`-${short}`, text] as const])]
}

/** `_describe` treats everything up to the first colon as the word. */
function described([word, text]: Word): string {
  return quote(text === '' ? word : `${word.replaceAll(':', '\\\\:')}:${text}`)
}

import { byPlace, stepsOf, type Flag, type Place } from './model.js'

/** Returns the script for fish. */
export function fishScript(places: readonly Place[], version: string): string {
  return `# fish completion for spec-kitty ${version}, printed by: spec-kitty completion fish
function __spec_kitty_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at/$word"
            case ${stepsOf(places).map(quote).join(' ')}
                set at (string trim -- "$at $word")
        end
    end
    echo -- $at
end

function __spec_kitty_in
    set -l at (__spec_kitty_at)
    test "$at" = "$argv[1]"
end

# Whether none of these flags is there yet. fish also asks when the value of the last word is wanted.
function __spec_kitty_free
    __spec_kitty_in $argv[1]; or return
    set -l words (commandline -opc)
    if test $argv[2] = value; and contains -- $words[-1] $argv[3..-1]
        set -e words[-1]
    end
    for word in $words
        contains -- (string replace -r '=.*' '' -- $word) $argv[3..-1]; and return 1
    end
    return 0
end

function __spec_kitty_ports
    set -l command (commandline -opc)[1]
    $command __complete ports $argv[1] 2>/dev/null </dev/null
end

function __spec_kitty_directories
    set -l begun (commandline -ct)
    # One that begins with a hyphen would be a flag.
    for one in $begun*/
        string match -q -- '-*' $one; or echo $one
    end
end

complete -c spec-kitty -e
complete -c spec-kitty -f
${byPlace(places).flatMap(placeLines).join('\n')}
`
}

function placeLines({ at, words, choices, flags, operand }: Place): readonly string[] {
  const begin = `complete -c spec-kitty -n ${quote(`__spec_kitty_in ${quote(at)}`)}`
  return [
    ...[...words, ...choices].map(([word, text]) => `${begin} -a ${quote(word)}${described(text)}`),
    ...(operand === null ? [] : [`${begin} -a '(__spec_kitty_directories)'`]),
    ...flags.map((flag) => `${unused(flag, at)} ${flagWords(flag, at)}${described(flag.text)}`),
  ]
}

function unused({ name, short, value }: Flag, at: string): string {
  const kind = value === null ? 'flag' : 'value'
  const words = [`--${name}`, ...(short === null ? [] : [`-${short}`])].join(' ')
  return `complete -c spec-kitty -n ${quote(`__spec_kitty_free ${quote(at)} ${kind} ${words}`)}`
}

/** The options with which the script describes each kind of value to fish. */
const VALUES: Readonly<Record<NonNullable<Flag['value']>, (at: string) => string>> = {
  port: (at) => `-x -a '(__spec_kitty_ports ${at.startsWith('dashboard') ? 'dashboard' : 'sync'})'`,
  file: () => '-r -F',
  directory: () => "-x -a '(__spec_kitty_directories)'",
  other: () => '-x',
}

function flagWords({ name, short, value }: Flag, at: string): string {
  const names = `-l ${name}${short === null ? '' : ` -s ${short}`}`
  return value === null ? names : `${names} ${VALUES[value](at)}`
}

function described(text: string): string {
  return text === '' ? '' : ` -d ${quote(text)}`
}

/** fish knows only these two escapes inside single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

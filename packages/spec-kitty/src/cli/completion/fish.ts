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

function __spec_kitty_ports
    set -l command (commandline -opc)[1]
    $command __complete ports $argv[1] 2>/dev/null </dev/null
end

function __spec_kitty_directories
    set -l begun (commandline -ct)
    for one in $begun*/
        echo $one
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
    ...flags.map((flag) => `${begin} ${flagWords(flag, at)}${described(flag.text)}`),
  ]
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

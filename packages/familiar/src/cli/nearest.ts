/** The maximum number of suggestions. */
const MOST = 3

/** The distance that a misplaced or missing word adds. A wrong letter adds 1. */
const MISPLACED = 0.5
const PART_MISSING = 1.5
/** The distance that a typed word adds if the command does not contain it. */
const UNUSED = 1.25

/** The greatest distance at which a command is suggested. */
const FARTHEST = 3

/** The maximum number of words that are compared. No command has more. */
const WORDS_AT_MOST = 6

/**
 * The longest word that is compared. No command or flag is longer, and the time to compare two words grows with the
 * product of their lengths.
 */
const CHARS_AT_MOST = 64

interface Near {
  readonly name: string
  readonly away: number
}

/**
 * Returns how many single changes turn one text into the other: insert, drop or replace a character, or swap two
 * neighbours. Case, hyphens, underscores and blanks do not count. Returns `Infinity` for texts that are longer than any
 * command.
 */
export function distance(left: string, right: string): number {
  if (Math.max(left.length, right.length) > CHARS_AT_MOST) return left === right ? 0 : Infinity
  const [a, b] = [plain(left), plain(right)]
  let before: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const next = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSwap = row > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      next.push(
        Math.min(
          at(next, column - 1) + 1,
          at(last, column) + 1,
          at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1),
          isSwap ? at(before, column - 2) + 1 : Infinity,
        ),
      )
    }
    before = last
    last = next
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_ ]/g, '')
}

/** Returns the words that were probably meant, the nearest first; an empty list if no word is near. */
export function nearest(word: string, known: Iterable<string>): readonly string[] {
  return best(
    [...new Set(known)].flatMap((name) => {
      const away = wordAway(word, name)
      return away === null ? [] : [{ name, away }]
    }),
  )
}

/**
 * Returns the commands that were probably meant, the nearest first. `all`: the typed words without flags. A command is
 * near if its words, in any order, are similar to the typed words. Its first words may be missing.
 */
export function nearestCommands(all: readonly string[], commands: Iterable<string>): readonly string[] {
  const typed = all.slice(0, WORDS_AT_MOST)
  // A command that was typed correctly and is followed by more words is not suggested, because the mistake is elsewhere.
  const isTyped = (name: string): boolean => `${typed.join(' ')} `.startsWith(`${name} `)
  return best(
    [...new Set(commands)].flatMap((name) => {
      if (isTyped(name)) return []
      const away = commandAway(typed, name.split(' '))
      return away === null ? [] : [{ name, away }]
    }),
  )
}

function best(near: readonly Near[]): readonly string[] {
  const least = Math.min(...near.map(({ away }) => away))
  return near
    .filter(({ away }) => away === least)
    .map(({ name }) => name)
    .slice(0, MOST)
}

function commandAway(typed: readonly string[], words: readonly string[]): number | null {
  const last = words.slice(-1)
  const distances = [
    ...orders(words).map((order, index) => wordsAway(typed, order, index === 0 ? 0 : MISPLACED)),
    ...words.slice(1).map((_, index) => wordsAway(typed, words.slice(index + 1), PART_MISSING)),
    // Suggests commands with the right last word but the wrong first word, as in `sync login`.
    words.length > 1 && typed.length === 2 ? wordsAway(typed.slice(1), last, 1 + UNUSED) : null,
    joinedAway(typed, words),
  ]
  const found = distances.filter((away) => away !== null)
  return found.length === 0 ? null : Math.min(...found)
}

/** Returns every order of the words, the given order first. */
function orders(words: readonly string[]): readonly (readonly string[])[] {
  if (words.length < 2) return [words]
  return words.flatMap((first, index) => orders(words.toSpliced(index, 1)).map((rest) => [first, ...rest]))
}

function wordsAway(typed: readonly string[], words: readonly string[], extra: number): number | null {
  const distances = words.map((word, index) => wordAway(typed[index], word))
  const away = distances.reduce<number | null>(
    (sum, one) => (sum === null || one === null ? null : sum + one),
    extra,
  )
  return away === null || away > FARTHEST ? null : away + unused(typed.length - words.length)
}

/** Returns the distance of typed words that match nothing: they may be arguments, or the rest of a longer command. */
function unused(words: number): number {
  return UNUSED * Math.max(0, words)
}

/** Suggests commands whose words were joined or separated incorrectly, as in `auth-doctor` and `opt in`. */
function joinedAway(typed: readonly string[], words: readonly string[]): number | null {
  const wanted = words.join('')
  const distances = typed.map((_, index) => {
    const away = distance(typed.slice(0, index + 1).join(''), wanted)
    return away <= 1 ? away + MISPLACED + unused(typed.length - index - 1) : Infinity
  })
  const least = Math.min(...distances)
  return wanted.length > 4 && least < Infinity ? least : null
}

/** Returns the greatest distance at which a word may still have been meant. It grows with the length of the word. */
function wordAway(typed: string | undefined, word: string): number | null {
  // A single letter is equally near to every other letter, so it must match exactly.
  if (typed === undefined || word.length < 2) return null
  const isBegun = typed.length >= 2 && word.startsWith(typed.toLowerCase())
  const away = isBegun ? Math.min(1, distance(typed, word)) : distance(typed, word)
  return away <= Math.max(1, Math.floor(word.length / 3)) ? away : null
}

/** Returns `: did you mean 'X' or 'Y'?`, or an empty text if nothing is near. */
export function didYouMean(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`)
  const last = quoted.pop()
  if (last === undefined) return ''
  return `: did you mean ${quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`}?`
}

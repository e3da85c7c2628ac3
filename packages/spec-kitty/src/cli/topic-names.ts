/** The pages of `help` that are not about a command. */
export const TOPICS = {
  environment: 'every variable that spec-kitty reads',
  'exit-codes': 'what the exit codes mean',
  files: 'every file that spec-kitty reads or writes',
} as const

export type Topic = keyof typeof TOPICS

export const isTopic = (word: string): word is Topic => Object.hasOwn(TOPICS, word)

import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARS = 10
const RANDOM_BYTES = 16

/** Returns a new ULID: 48 bits of the time in milliseconds, 80 random bits, in 26 characters that sort by time. */
export function newUlid(now = Date.now()): string {
  const time = Array.from({ length: TIME_CHARS }, (_, place) =>
    charAt(Math.floor(now / 32 ** (TIME_CHARS - 1 - place))),
  )
  return [...time, ...Array.from(randomBytes(RANDOM_BYTES), charAt)].join('')
}

/** 32 divides 256, so every character is equally likely. */
function charAt(value: number): string {
  return ALPHABET[value % ALPHABET.length] ?? ''
}

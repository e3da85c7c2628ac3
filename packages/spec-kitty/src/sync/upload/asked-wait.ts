import { describeWait } from 'familiar/cli'
import type { UploadTiming } from './upload-timing.js'

/** Returns what is said of a wait that is too long and is therefore cut; empty if it is not. */
export function askedTooMuch(asked: number | null, { maxRetryAfterMs }: UploadTiming): string {
  if (asked === null || asked <= maxRetryAfterMs) return ''
  const [wish, limit] = [asked, maxRetryAfterMs].map((ms) => describeWait(Math.ceil(ms / 1000)))
  return `; it asked to wait for ${wish}, and is tried again after ${limit}`
}

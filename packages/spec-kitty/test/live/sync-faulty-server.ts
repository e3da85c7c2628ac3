import type { ServerResponse } from 'node:http'
import {
  dropBeforeAnswer,
  dropMidAnswer,
  reply,
  resultsOf,
  type Answer,
  type Arrived,
  type SyncServer,
} from '../helpers/sync-server.js'

export interface Faults {
  /** Whether the server rejects the event whenever it sees it. */
  readonly isPoison: (id: string) => boolean
  /** Resolves at the next step: a batch has arrived and is not answered; its answer has left. */
  readonly reached: (step: 'sent' | 'answered') => Promise<void>
  /** From now on it fails no more, except for what is poison. */
  readonly calm: () => void
  /** How often it answered in each way. */
  readonly tally: () => Readonly<Record<string, number>>
}

/** One event in fifty is rejected, half of them without a word about which. */
const POISON = /([05])0$/
const SECRET = /00$/

/** Makes the server fail at random, in every way that the table of answers has. */
export function faultyServer(server: SyncServer, random: () => number): Faults {
  const waiting: Record<'sent' | 'answered', (() => void)[]> = { sent: [], answered: [] }
  const has = new Set<string>()
  let isCalm = false
  let wasRefused = false
  let tokens = 0
  const isPoison = (id: string): boolean => POISON.test(id)
  const come = (step: 'sent' | 'answered'): void => {
    for (const resolve of waiting[step].splice(0)) resolve()
  }

  /** Accepts what is not poison; `answer` says what the client gets to know of it. */
  const accept = ({ ids }: Arrived): void => {
    const mine = server.accepted as string[]
    for (const id of ids) {
      if (isPoison(id)) continue
      mine.push(id)
      has.add(id)
    }
  }
  const truth: Answer = (request, response) => {
    const secret = request.ids.filter((id) => SECRET.test(id))
    if (secret.length > 0)
      return reply(400, { error: 'something is wrong with this batch' })(request, response)
    const known = new Set(has)
    accept(request)
    reply(
      200,
      resultsOf(request, (id) =>
        isPoison(id) ? { status: 'rejected', error: 'poison' } : known.has(id) ? 'duplicate' : 'success',
      ),
    )(request, response)
  }
  const details: Answer = (request, response) => {
    const bad = request.ids.filter(isPoison)
    if (bad.length === 0) return truth(request, response)
    const results = bad.map((id) => ({ event_id: id, status: 'rejected', error: 'poison' }))
    reply(400, { results })(request, response)
  }
  const some: Answer = (request, response) => {
    const [taken, kept] = [request.ids.filter((_, at) => at % 2 === 0), ['queued', 'pending', 'unheard of']]
    accept({ ...request, ids: taken })
    const of = resultsOf(request, (id) =>
      taken.includes(id)
        ? isPoison(id)
          ? { status: 'rejected', error: 'poison' }
          : 'accepted'
        : (kept[Math.floor(random() * kept.length)] ?? 'queued'),
    )
    reply(200, of)(request, response)
  }
  const faults: Readonly<Record<string, Answer>> = {
    'accepted, answer cut off': (request, response) => {
      accept(request)
      dropMidAnswer(request, response)
    },
    'connection closed': dropBeforeAnswer,
    '500': reply(500, 'oops'),
    '429, at once': reply(429, {}, { 'retry-after': '0' }),
    '429, until a date': (request, response) =>
      reply(429, {}, { 'retry-after': new Date(Date.now() + 1000).toUTCString() })(request, response),
    '413': (request, response) => (request.ids.length > 1 ? reply(413) : truth)(request, response),
    '400 with details': details,
    '401': reply(401),
    'half of it, the rest kept': some,
    late: (request, response) => void setTimeout(() => truth(request, response), 300),
  }
  const counts: Record<string, number> = {}

  server.otherwise = (request, response: ServerResponse) => {
    if (request.path === '/token') {
      const renewed = { access_token: `token-${++tokens}`, token_type: 'Bearer', expires_in: 3600 }
      return reply(200, renewed)(request, response)
    }
    response.on('finish', () => come('answered'))
    come('sent')
    const isFault = !isCalm && random() < 0.5
    const names = Object.keys(faults)
    const drawn = isFault ? (names[Math.floor(random() * names.length)] ?? '') : 'the truth'
    // A token that was renewed is right: a daemon that is refused again stops until the user signs in.
    const name = drawn === '401' && wasRefused ? 'the truth' : drawn
    wasRefused = name === '401'
    counts[name] = (counts[name] ?? 0) + 1
    const answer = faults[name] ?? truth
    answer(request, response)
  }
  return {
    isPoison,
    reached: (step) => new Promise((resolve) => waiting[step].push(resolve)),
    calm: () => (isCalm = true),
    tally: () => counts,
  }
}

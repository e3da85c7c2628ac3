import { describe, expect, it } from 'vitest'
import { countWork, inTurn, keptFor } from '../../src/dashboard/limit-work.js'

const STAYS = new AbortController().signal

/** Work that ends when it is told to. */
function work() {
  const begun: string[] = []
  const ends = new Map<string, (result: string) => void>()
  return {
    begun,
    begin: (name: string) => () =>
      new Promise<string>((resolve) => {
        begun.push(name)
        ends.set(name, resolve)
      }),
    async end(name: string): Promise<void> {
      ends.get(name)?.(`result of ${name}`)
      await new Promise((resolve) => void setImmediate(resolve))
    },
  }
}

describe('work that can wait', () => {
  it('begins when no other work is done, also after work that failed', async () => {
    const [{ begin, end }, { during, whenIdle }] = [work(), countWork()]
    await whenIdle(60_000)
    const results = [during(begin('a')), during(begin('b'))]
    const failed = during(() => Promise.reject(new Error('no'))).catch(() => 'failed')
    let isIdle = false
    const idle = whenIdle(60_000).then(() => (isIdle = true))
    expect(await failed).toBe('failed')
    await end('a')
    expect(isIdle).toBe(false)
    await end('b')
    await idle
    expect(await Promise.all(results)).toEqual(['result of a', 'result of b'])
    await whenIdle(60_000)
  })

  it('begins after its time if other work never ends', async () => {
    const [{ begin }, { during, whenIdle }] = [work(), countWork()]
    void during(begin('a'))
    await whenIdle(10)
  })
})

describe('work in turn', () => {
  it('is begun in the order in which it was asked for, so much at once', async () => {
    const [{ begun, begin, end }, run] = [work(), inTurn<string>(2)]
    const results = ['a', 'b', 'c', 'd'].map((name) => run(name, STAYS, begin(name)))
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('a')
    await end('c')
    await end('d')
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd'].map((name) => `result of ${name}`))
    void run('e', STAYS, begin('e'))
    void run('f', STAYS, begin('f'))
    void run('g', STAYS, begin('g'))
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('is done once for all who wait for the same, and not with what was begun before they asked', async () => {
    const [{ begun, begin, end }, run] = [work(), inTurn<string>(1)]
    const first = run('a', STAYS, begin('first'))
    const others = Array.from({ length: 300 }, () => run('a', STAYS, begin('second')))
    await end('first')
    const late = run('a', STAYS, begin('third'))
    expect(begun).toEqual(['first', 'second'])
    await end('second')
    await end('third')
    expect(begun).toEqual(['first', 'second', 'third'])
    expect(await first).toBe('result of first')
    expect(new Set(await Promise.all(others))).toEqual(new Set(['result of second']))
    expect(await late).toBe('result of third')
  })

  it('is not begun when all who waited for it have gone, and goes on with the others', async () => {
    const [{ begun, begin, end }, run] = [work(), inTurn<string>(1)]
    const [one, other] = [new AbortController(), new AbortController()]
    void run('a', STAYS, begin('a'))
    const gone = Promise.allSettled([one, other].map(({ signal }) => run('b', signal, begin('b'))))
    const half = [one.signal, STAYS].map((signal) => run('c', signal, begin('c')))
    one.abort()
    other.abort()
    await end('a')
    expect((await gone).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(begun).toEqual(['a', 'c'])
    await end('c')
    expect(await Promise.all(half)).toEqual(['result of c', 'result of c'])
  })

  it('that fails fails for all who waited for it, and keeps its place from none', async () => {
    const run = inTurn<string>(1)
    const fail = (): Promise<string> => Promise.reject(new Error('no'))
    const failed = ['a', 'b', 'b'].map((name) => run(name, STAYS, fail))
    expect((await Promise.allSettled(failed)).map(({ status }) => status)).toEqual(
      failed.map(() => 'rejected'),
    )
    expect(await run('c', STAYS, () => Promise.resolve('done'))).toBe('done')
  })
})

describe('what is kept', () => {
  it('is given again, and read anew after its time or a failure', async () => {
    let count = 0
    const read = async (): Promise<number> => {
      count += 1
      if (count === 1) throw new Error('no')
      return count
    }
    const kept = keptFor(60_000, read)
    await expect(kept()).rejects.toThrow('no')
    expect([await kept(), await kept()]).toEqual([2, 2])
    const notKept = keptFor(0, read)
    expect([await notKept(), await notKept()]).toEqual([3, 4])
  })
})

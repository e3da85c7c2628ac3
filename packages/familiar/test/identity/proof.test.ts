import { describe, expect, it } from 'vitest'
import { isProof, makeProof, processKey, type ProofFacts } from '../../src/identity/proof.js'

const FACTS: ProofFacts = {
  family: 'sync',
  port: 9400,
  pid: 4711,
  startTime: 'boot/1',
  command: { args: ['node', 'cat-daemon.js'] },
  executable: '/usr/bin/node',
  namespaces: 'pid:[1] mnt:[1]',
  listeners: [],
}

describe('a proof', () => {
  it('is the object that was made, and says what it was made of', () => {
    const proof = makeProof(FACTS)
    expect(isProof(proof)).toBe(true)
    expect(proof).toEqual(FACTS)
  })

  it.each<readonly [string, (proof: object) => object]>([
    ['spread', (proof) => ({ ...proof })],
    ['assigned', (proof) => Object.assign({}, proof)],
    ['cloned', (proof) => structuredClone(proof)],
    ['read from a file', (proof) => JSON.parse(JSON.stringify(proof)) as object],
    ['inherited', (proof) => Object.create(proof) as object],
    ['behind a proxy', (proof) => new Proxy(proof, {})],
    ['frozen by hand', () => Object.freeze({ ...FACTS })],
    ['what it was made of', () => FACTS],
  ])('is none when it is %s', (_, copy) => {
    expect(isProof(copy(makeProof(FACTS)))).toBe(false)
  })

  it('cannot be changed, nor by changing what it was made of', () => {
    const facts = { ...FACTS }
    const proof = makeProof(facts)
    facts.pid = 1
    expect(() => Object.assign(proof, { pid: 1 })).toThrow(TypeError)
    expect(proof.pid).toBe(4711)
  })
})

describe('processKey', () => {
  it('distinguishes two processes that had one pid', () => {
    expect(processKey(4711, 'boot/1')).toBe(processKey(4711, 'boot/1'))
    expect(processKey(4711, 'boot/1')).not.toBe(processKey(4711, 'boot/2'))
    expect(processKey(4711, 'boot/1')).not.toBe(processKey(4712, 'boot/1'))
  })
})

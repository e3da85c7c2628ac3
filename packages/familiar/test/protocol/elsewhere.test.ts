import { expect, it } from 'vitest'
import { isOfElsewhere, mayBeOfElsewhere, parseRecord, type Machine } from '../../src/protocol/record.js'

const HERE = { hostId: 'host-a', bootId: 'boot-a', pidNamespace: 'pid:[1]' }

const NAMED = {
  schema: 1,
  family: 'sync',
  scope: '/home/dev/.spec-kitty',
  pid: 4711,
  birth: 'boot-a/1',
  port: 9400,
  token: 'f'.repeat(64),
  state: 'running',
  host_id: 'host-a',
  boot_id: 'boot-a',
  pid_namespace: 'pid:[1]',
}

function isElse(
  named: Record<string, string | undefined>,
  machine: Machine = HERE,
  judge = isOfElsewhere,
): boolean {
  const read = parseRecord(JSON.stringify({ ...NAMED, ...named }), [])
  if (read.state !== 'readable') throw new Error(`the record is ${read.state}`)
  return judge(read.record, machine)
}

it.for([
  ['this machine, boot and pid namespace', {}, false],
  ['another pid namespace of this boot', { pid_namespace: 'pid:[2]' }, true],
  ['an earlier boot of this machine', { boot_id: 'boot-0' }, false],
  ['an earlier boot, and another pid namespace then', { boot_id: 'boot-0', pid_namespace: 'pid:[2]' }, false],
  ['another machine', { host_id: 'host-b', boot_id: 'boot-b' }, true],
  ['this boot, read where the machine id is another file', { host_id: 'host-b' }, false],
  ['that, in another pid namespace', { host_id: 'host-b', pid_namespace: 'pid:[2]' }, true],
  ['no machine', { host_id: undefined, boot_id: undefined }, false],
] as const)('a record of %s', ([, named, isElsewhere]) => {
  expect(isElse(named)).toBe(isElsewhere)
  expect(isElse(named, HERE, mayBeOfElsewhere)).toBe(isElsewhere)
})

it.for([
  ['the daemon', { pid_namespace: 'unknown' }, {}],
  ['this process', {}, { pidNamespace: 'unknown' }],
] as const)(
  'where %s could not read its pid namespace, the daemon may be asked for its proof, but its pid proves nothing',
  ([, named, machine]) => {
    expect(isElse(named, { ...HERE, ...machine })).toBe(false)
    expect(isElse(named, { ...HERE, ...machine }, mayBeOfElsewhere)).toBe(true)
    const onAnother = { ...named, host_id: 'host-b', boot_id: 'boot-b' }
    expect(isElse(onAnother, { ...HERE, ...machine })).toBe(true)
  },
)

it('compares no host id where the boot ids are the same: computing it costs more than the rest of a warm command', () => {
  const machine = {
    ...HERE,
    get hostId(): string {
      throw new Error('it was computed')
    },
  }
  expect(isElse({ host_id: 'host-b' }, machine)).toBe(false)
})

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { answerOf } from '../../helpers/ask-machine.js'
import { needCommand, skipAloud } from '../../helpers/skip.js'

const INNER = ['unshare', '--pid', '--fork'] as const
const IMPOSSIBLE = { code: 'E_SCAN_IMPOSSIBLE' }
const ASKER = fileURLToPath(new URL('../../helpers/ask-machine.mjs', import.meta.url))

/**
 * Runs "$@" in a pid namespace without a /proc of its own, as a process whose pid there is, by coincidence, the one that
 * /proc shows for it: what the link of /proc/self says agrees then. Each try asks for the pid that comes next outside; a
 * process that was started meanwhile takes it away. Exit code 99: it never came to pass.
 */
const BY_COINCIDENCE = `
for try in $(seq 300); do
  outer=$(sh -c 'read -r pid rest < /proc/self/stat; echo "$pid"')
  echo "$outer" > /proc/sys/kernel/ns_last_pid || exit 98
  sh -c 'read -r pid rest < /proc/self/stat; [ "$pid" = "$$" ] || exit 99; exec "$@"' sh "$@"
  status=$?
  [ $status = 99 ] || exit $status
done
exit 99`

describe('/proc must show the processes of our own pid namespace', () => {
  it.for(['select', 'host', 'inspect', 'holder', 'scan'])(
    'nothing is asked in one without a /proc of its own: %s',
    (question, context) => {
      needCommand(context, INNER[0], INNER.slice(1))
      expect(answerOf(INNER, question, '1', '20000', '20001')).toEqual(IMPOSSIBLE)
    },
  )

  it('nor where the numbers agree by coincidence', (context) => {
    needCommand(context, INNER[0], INNER.slice(1))
    const command = ['sh', '-c', BY_COINCIDENCE, 'sh', process.execPath, ASKER, 'select']
    const { stdout, stderr, status } = spawnSync(INNER[0], [...INNER.slice(1), ...command], {
      encoding: 'utf8',
    })
    if (status === 98 || status === 99) skipAloud(context, `no two pids would agree: ${stderr}`)
    expect(JSON.parse(stdout)).toEqual(IMPOSSIBLE)
  })

  it('all is asked in one with its own', (context) => {
    const prefix = [...INNER, '--mount-proc']
    needCommand(context, prefix[0] ?? '', prefix.slice(1))
    expect(answerOf(prefix, 'select')).toBe('linux')
    expect(answerOf(prefix, 'host')).toMatchObject({ pid: 1, namespaces: expect.stringMatching(/^pid:/) })
    expect(answerOf(prefix, 'inspect', 1)).toMatchObject([{ pid: 1 }])
  })

  it('nothing is asked without any /proc', (context) => {
    const prefix = ['unshare', '--mount', 'sh', '-c', 'umount -l /proc && exec "$@"', 'sh']
    needCommand(context, prefix[0] ?? '', prefix.slice(1))
    expect(answerOf(prefix, 'select')).toEqual(IMPOSSIBLE)
  })

  it('nothing is asked where another one is mounted over it', (context) => {
    const prefix = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh']
    needCommand(context, prefix[0] ?? '', prefix.slice(1))
    expect(answerOf(prefix, 'select')).toEqual(IMPOSSIBLE)
  })
})

import { expect, it } from 'vitest'
import { leaveNoDaemons, startDaemonIn } from '../helpers/daemons.js'
import { makeHome } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'

const ports = portsOf('life/health-head')

leaveNoDaemons(ports)

it('the frozen head of a health reply is ours, whatever the tool adds', async () => {
  const daemon = await startDaemonIn(makeHome(), ports, { args: ['--describes=head'] })
  const health: unknown = await (await fetch(`http://127.0.0.1:${daemon.port}/api/health`)).json()
  expect(health).toMatchObject({
    status: 'ok',
    daemon_family: 'sync',
    package_version: '1.0.0',
    more: 'of the tool',
    owner: { pid: daemon.pid, port: daemon.port },
  })
})

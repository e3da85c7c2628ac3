import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { BATCH, type Format } from '../../../src/sync/upload/batch.js'
import { CLOUD_EVENTS } from '../../../src/sync/upload/cloud-events.js'
import { openSender, type Sender } from '../../../src/sync/upload/sender.js'
import { isWithoutTls, reasonOf } from '../../../src/sync/upload/connection-errors.js'
import { makeHome, removeHomes } from '../../../../familiar/test/helpers/homes.js'
import { makeCertificate, type Certificate } from '../../helpers/certificates.js'
import { startProxy } from '../../helpers/proxy.js'
import * as server from '../../helpers/sync-server.js'

const BODY = '{"events":[{"event_id":"a","text":"é語"}]}'
const TOKEN = 'secret-token'
const NEVER = new AbortController().signal

it('tells a host that is not there from one that nobody could look up', () => {
  const of = (code: string) => reasonOf(Object.assign(new Error('getaddrinfo'), { code }))
  expect([of('ENOTFOUND'), of('EAI_AGAIN')]).toEqual([
    'the host name is not found (ENOTFOUND)',
    'the host name could not be looked up: no name server answered (EAI_AGAIN)',
  ])
})

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
afterAll(removeHomes)

async function start(tls: server.Secure | null = null): Promise<server.SyncServer> {
  const started = await server.startSyncServer(tls)
  ends.push(started.close)
  return started
}

interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly format?: Format
}

function open(serverUrl: string, { env = {}, timeoutMs = 10_000, format = BATCH }: Options = {}): Sender {
  const sender = openSender({ serverUrl, format, env, timeoutMs })
  ends.push(sender.close)
  return sender
}

const post = (url: string, options?: Options) => open(url, options).post(BODY, TOKEN, NEVER)
const failure = async (sending: Promise<unknown>): Promise<string> => {
  const error: unknown = await sending.then(
    () => 'it was answered',
    (reason: unknown) => reason,
  )
  return error instanceof Error ? error.message : String(error)
}

describe('a request', () => {
  it('carries the batch compressed, and the token in its header only', async () => {
    const sync = await start()
    const reply = await post(`${sync.url}/team`)
    const [seen] = sync.requests
    expect(seen).toMatchObject({
      method: 'POST',
      path: '/team/api/v1/events/batch/',
      body: BODY,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
    })
    expect(seen?.raw.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
    expect(reply).toMatchObject({ status: 200, body: '{"results":[{"event_id":"a","status":"success"}]}' })
  })

  it('goes to the URL itself, as it is, where the format has no path', async () => {
    const sync = await start()
    await post(`${sync.url}/api/events?version=1`, { format: CLOUD_EVENTS })
    expect(sync.requests).toMatchObject([{ path: '/api/events?version=1', body: BODY }])
    expect(sync.requests[0]?.headers['content-encoding']).toBeUndefined()
  })

  it('uses the connection of the last one', async () => {
    const sync = await start()
    const sender = open(sync.url)
    for (let count = 0; count < 3; count += 1) await sender.post(BODY, TOKEN, NEVER)
    expect([sync.requests.length, sync.connections()]).toEqual([3, 1])
  })

  it('reaches localhost on this machine', async () => {
    const sync = await start()
    expect(await post(`http://localhost:${sync.port}`)).toMatchObject({ status: 200 })
  })

  it('gets the headers of the answer that count', async () => {
    const sync = await start()
    sync.next(server.reply(429, 'later', { 'retry-after': '7', location: 'https://elsewhere.test' }))
    expect(await post(sync.url)).toEqual({
      status: 429,
      retryAfter: '7',
      location: 'https://elsewhere.test',
      body: 'later',
    })
  })
})

describe('a redirect', () => {
  it.for([301, 302, 303, 307, 308])(
    '%d is not followed, and nothing goes to where it leads',
    async (status) => {
      let [bytes, connections] = [0, 0]
      const elsewhere = createServer((socket) => {
        connections += 1
        socket.on('data', ({ length }) => (bytes += length)).on('error', () => {})
      })
      elsewhere.listen(0, '127.0.0.1')
      await once(elsewhere, 'listening')
      ends.push(() => elsewhere.close())
      const sync = await start()
      const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/api/v1/events/batch/`
      sync.next(server.reply(status, '', { location }))
      expect(await post(sync.url)).toMatchObject({ status, location })
      expect({ bytes, connections, requests: sync.requests.length }).toEqual({
        bytes: 0,
        connections: 0,
        requests: 1,
      })
    },
  )
})

describe('an answer', () => {
  it.for([
    [
      'that is dropped in the middle',
      server.dropMidAnswer,
      /the connection was closed before the whole answer \(ECONNRESET\)$/,
    ],
    [
      'that never begins, on a connection that ends',
      server.dropBeforeAnswer,
      /the connection was closed before the whole answer \(ECONNRESET\)$/,
    ],
    ['that is not HTTP', server.garbage, /the answer is not HTTP \(HPE_/],
    ['that does not come', server.silence, /no answer within 0\.2 s$/],
    ['that does not end', server.halfAnswer, /the answer was too slow: \d+ bytes of it within 0\.2 s$/],
  ] as const)('%s is a failure of one line', async ([, answer, why]) => {
    const sync = await start()
    sync.next(answer)
    const message = await failure(post(sync.url, { timeoutMs: 200 }))
    expect(message).toMatch(why)
    expect(message).not.toMatch(/\n|secret-token/)
    expect(message).toContain(`127.0.0.1:${sync.port}`)
  })

  it('that has no end is read up to a limit', async () => {
    const sync = await start()
    sync.next(server.endless)
    expect(await post(sync.url)).toMatchObject({ status: 200, body: null })
  })

  it('counts, even if the server has read nothing of the request and closes', async () => {
    const early = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.pause()
        socket.end('HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      })
    })
    early.listen(0, '127.0.0.1')
    await once(early, 'listening')
    ends.push(() => early.close())
    const sender = open(`http://127.0.0.1:${(early.address() as AddressInfo).port}`, { format: CLOUD_EVENTS })
    expect(await sender.post('x'.repeat(8 * 1024 * 1024), TOKEN, NEVER)).toMatchObject({ status: 413 })
  })

  it('is not waited for after an abort, whose reason is thrown', async () => {
    const sync = await start()
    const aborting = new AbortController()
    sync.next(() => aborting.abort(new Error('enough')))
    expect(await failure(open(sync.url).post(BODY, TOKEN, aborting.signal))).toBe('enough')
  })
})

it('says that nothing listens there', async () => {
  const sync = await start()
  await sync.close()
  ends.length = 0
  expect(await failure(post(sync.url))).toBe(
    `127.0.0.1:${sync.port}: nothing accepts connections there (ECONNREFUSED)`,
  )
})

describe('HTTPS', () => {
  let here: Certificate
  let named: Certificate
  beforeAll(() => {
    here = makeCertificate('IP:127.0.0.1')
    named = makeCertificate('DNS:sync.test')
  })

  it.for(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('trusts a certificate that %s names', async (variable) => {
    const sync = await start(here)
    expect(await post(sync.url, { env: { [variable]: here.file } })).toMatchObject({ status: 200 })
  })

  it('trusts both at once, and uses the connection again', async () => {
    const sync = await start(here)
    const sender = open(sync.url, { env: { SSL_CERT_FILE: named.file, NODE_EXTRA_CA_CERTS: here.file } })
    await sender.post(BODY, TOKEN, NEVER)
    expect(await sender.post(BODY, TOKEN, NEVER)).toMatchObject({ status: 200 })
    expect(sync.connections()).toBe(1)
  })

  it('sends nothing to a server that is not trusted', async () => {
    const sync = await start(here)
    expect(await failure(post(sync.url))).toBe(
      `127.0.0.1:${sync.port}: its certificate is not trusted: NODE_EXTRA_CA_CERTS can name its issuer (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    )
    expect(sync.requests).toEqual([])
  })

  it('sends nothing to a server with the certificate of another host', async () => {
    const sync = await start(named)
    expect(await failure(post(sync.url, { env: { SSL_CERT_FILE: named.file } }))).toMatch(
      /its certificate is for another host \(ERR_TLS_CERT_ALTNAME_INVALID\)$/,
    )
    expect(sync.requests).toEqual([])
  })

  it('says that a server closed the connection before it spoke TLS', async () => {
    const closing = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end()))
    closing.listen(0, '127.0.0.1')
    await once(closing, 'listening')
    const { port } = closing.address() as AddressInfo
    const said = await failure(post(`https://127.0.0.1:${port}`))
    closing.close()
    expect(said).toBe(`127.0.0.1:${port}: the connection was closed before it spoke TLS (ECONNRESET)`)
    expect(isWithoutTls(said)).toBe(true)
  })

  it('says that a server does not speak TLS', async () => {
    const sync = await start()
    expect(await failure(post(sync.url.replace('http:', 'https:')))).toMatch(
      /: it does not speak TLS as it should \(/,
    )
    expect(sync.requests).toEqual([])
  })

  it.for([
    ['that is missing', null, /^SSL_CERT_FILE cannot be read: .*\/certs\.pem: no such file$/],
    [
      'without certificates',
      '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n',
      /^SSL_CERT_FILE contains no certificate: .*\/certs\.pem$/,
    ],
  ] as const)('refuses a file %s', ([, text, why]) => {
    const file = join(makeHome(), 'certs.pem')
    if (text !== null) writeFileSync(file, text)
    expect(() => open('https://127.0.0.1:1', { env: { SSL_CERT_FILE: file } })).toThrow(why)
  })

  it('goes through the proxy, which sees nothing of it', async () => {
    const sync = await start(named)
    const proxy = await startProxy(sync.port)
    ends.push(proxy.close)
    const env = { SSL_CERT_FILE: named.file, HTTPS_PROXY: proxy.url.replace('//', '//me:p%40ss@') }
    const sender = open('https://sync.test', { env })
    await sender.post(BODY, TOKEN, NEVER)
    expect(await sender.post(BODY, TOKEN, NEVER)).toMatchObject({ status: 200 })
    expect(sync.requests.length).toBe(2)
    for (const { headers } of sync.requests) {
      expect(headers).toMatchObject({ host: 'sync.test', authorization: `Bearer ${TOKEN}` })
    }
    const credentials = Buffer.from('me:p@ss').toString('base64')
    expect(proxy.tunnels).toMatchObject([
      {
        authority: 'sync.test:443',
        headers: { host: 'sync.test:443', 'proxy-authorization': `Basic ${credentials}` },
      },
    ])
    expect(JSON.stringify(sync.requests)).not.toContain(credentials)
    expect(proxy.through().length).toBeGreaterThan(500)
    expect(proxy.through().toString('latin1')).not.toContain(TOKEN)
  })

  it('checks the certificate behind a proxy too', async () => {
    const sync = await start(here)
    const proxy = await startProxy(sync.port)
    ends.push(proxy.close)
    const env = { SSL_CERT_FILE: here.file, https_proxy: proxy.url }
    expect(await failure(post('https://sync.test', { env }))).toMatch(/certificate is for another host/)
    expect(sync.requests).toEqual([])
  })

  it.for([407, 503])('names a proxy that answers %d', async (status) => {
    const proxy = await startProxy(1, status)
    ends.push(proxy.close)
    const env = { HTTPS_PROXY: proxy.url.replace('//', '//me:password@') }
    expect(await failure(post('https://sync.test', { env }))).toBe(
      `sync.test: HTTPS_PROXY, 127.0.0.1:${proxy.port}: it answered ${status} to CONNECT`,
    )
    const lower = { https_proxy: proxy.url, HTTPS_PROXY: 'http://127.0.0.1:1' }
    expect(await failure(post('https://sync.test', { env: lower }))).toMatch(/^sync\.test: https_proxy, /)
  })

  it('names a proxy that does not answer, and one that is not there', async () => {
    const mute = createServer((socket) => socket.on('error', () => {}).resume())
    mute.listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as AddressInfo
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    const sender = open('https://sync.test', { env, timeoutMs: 200 })
    expect(await failure(sender.post(BODY, TOKEN, NEVER))).toBe('sync.test: no connection within 0.2 s')
    // Else the attempt to connect would go on.
    sender.close()
    const closed = once(mute, 'close')
    mute.close()
    await closed
    expect(await failure(post('https://sync.test', { env }))).toMatch(
      /^sync\.test: HTTPS_PROXY, 127\.0\.0\.1:\d+: nothing accepts connections there \(ECONNREFUSED\)$/,
    )
  })

  it('never uses a proxy for a server on this machine', async () => {
    const proxy = await startProxy(1)
    ends.push(proxy.close)
    const [plain, secure] = [await start(), await start(here)]
    const env = {
      SSL_CERT_FILE: here.file,
      HTTPS_PROXY: proxy.url,
      HTTP_PROXY: proxy.url,
      https_proxy: proxy.url,
      http_proxy: proxy.url,
    }
    for (const { url } of [plain, secure]) expect(await post(url, { env })).toMatchObject({ status: 200 })
    expect(proxy.tunnels).toEqual([])
  })
})

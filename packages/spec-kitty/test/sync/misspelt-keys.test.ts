import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSettings } from '../../src/sync/settings-table.js'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'familiar-keys-'))
})

afterEach(() => rmSync(root, { recursive: true }))

async function problemsOf(text: string): Promise<readonly string[]> {
  writeFileSync(join(root, 'config.toml'), text)
  return (await readSettings(root, {})).problems
}

it('a misspelt setting is named with its line and with what was probably meant', async () => {
  expect(await problemsOf('[sync]\n\nserver_ulr = "https://a.example"\n')).toEqual([
    `unknown setting sync.server_ulr (${root}/config.toml, line 3): did you mean server_url?`,
  ])
})

it('the line is that of the key in its own table', async () => {
  expect(await problemsOf('[other]\nserver_ulr = 1\n[sync]\nserver_ulrs = 2\nserver_ulr = 3\n')).toContain(
    `unknown setting sync.server_ulr (${root}/config.toml, line 5): did you mean server_url?`,
  )
})

it('a setting above its table is named', async () => {
  expect(await problemsOf('server_url = "https://a.example"\n[sync]\n')).toEqual([
    `unknown setting server_url (${root}/config.toml, line 1): move it below [sync]`,
  ])
})

it.each(['snyc', 'Sync', 'syn'])('a table whose name is misspelt is named: [%s]', async (name) => {
  expect(await problemsOf(`theme = "dark"\n[${name}]\nserver_url = "https://a.example"\n`)).toEqual([
    `unknown table [${name}] (${root}/config.toml, line 2): did you mean [sync]?`,
  ])
})

it('other keys may belong to the Python spec-kitty, and are no problem', async () => {
  expect(
    await problemsOf(
      'theme = "dark"\n[sync]\nserver_url = "https://a.example"\nfancy_colours = 1\n[agents]\n',
    ),
  ).toEqual([])
})

it('what is wrong is told in the order of its lines, whatever is wrong with it', async () => {
  const text = '[sync]\nmax_queue_size = 0\nserver_ulr = 1\nformat = "x"\nserver_url = "z"\n[snyc]\n'
  const lines = (await problemsOf(text)).map((one) => /, line (\d+)/.exec(one)?.[1])
  expect(lines).toEqual(['2', '3', '4', '5', '6'])
})

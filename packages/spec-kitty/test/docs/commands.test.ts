import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { PAGES, renderCommands, renderLibraryCommands } from '../../../../scripts/print-commands.mjs'
import { fillIn } from '../../../../scripts/print-tables.mjs'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'
import { commandsBelow } from '../../src/cli/command-table.js'

const MANUAL = fileURLToPath(new URL('../../man/spec-kitty.1', import.meta.url))

const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

describe('the command reference', () => {
  it('of spec-kitty is what the table of commands says', async () => {
    const page = readFileSync(PAGES.tool, 'utf8')
    expect(page).toBe(fillIn(page, await renderCommands()))
    for (const { words } of commandsBelow('')) expect(page).toContain(`### ${words}\n`)
  })

  it('of the library is what the table of its commands says', () => {
    const page = readFileSync(PAGES.library, 'utf8')
    expect(page).toBe(fillIn(page, renderLibraryCommands()))
  })
})

describe('the page of the manual', () => {
  it('has every command', () => {
    const page = readFileSync(MANUAL, 'utf8').replaceAll('\\-', '-')
    for (const { words } of commandsBelow('')) expect(page).toContain(`.SS spec-kitty ${words}\n`)
  })

  it('is shown by man without a warning', (context) => {
    if (!isThere('man') || !isThere('groff')) skipAloud(context, 'no man here')
    const shown = (width: string) =>
      spawnSync('man', ['--warnings', '-P', 'cat', '-l', MANUAL], {
        encoding: 'utf8',
        env: { ...process.env, MANWIDTH: width, LC_ALL: 'C.UTF-8' },
      })
    // In a narrow window, no line can be filled with blanks between words.
    const { status, stdout, stderr } = shown('80')
    expect([status, stderr]).toEqual([0, ''])
    expect(shown('40').stderr).not.toContain('adjust')
    const plain = stdout.replaceAll(/.\u0008|\u001b\[[\d;]*m/g, '').replaceAll(/[\u2010\u2212]/g, '-')
    for (const title of ['NAME', 'SYNOPSIS', 'COMMANDS', 'ENVIRONMENT', 'FILES', 'EXIT STATUS']) {
      expect(plain).toMatch(new RegExp(`^${title}$`, 'm'))
    }
    expect(plain).toContain('spec-kitty auth doctor --reset')
  })

  it('is what mandoc calls clean', (context) => {
    if (!isThere('mandoc')) skipAloud(context, 'no mandoc here')
    const { status, stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', MANUAL], { encoding: 'utf8' })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })
})

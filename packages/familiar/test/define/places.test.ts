import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installationOf, isChanged } from '../../src/define/installation.js'
import { projectRoot } from '../../src/define/project-root.js'
import { scopeFiles, stateDirectory } from '../../src/define/scope-files.js'

let base: string

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-places-')))
})
afterAll(() => rmSync(base, { recursive: true }))

/** Makes a file with its directories, and returns its path. */
function put(path: string, text: string): string {
  const whole = join(base, path)
  mkdirSync(join(whole, '..'), { recursive: true })
  writeFileSync(whole, text)
  return whole
}

describe('the state directory', () => {
  it('is where XDG_STATE_HOME says, on every system', () => {
    for (const system of ['linux', 'darwin', 'win32'] as const)
      expect(stateDirectory('previewd', { XDG_STATE_HOME: '/state' }, system)).toBe('/state/previewd')
  })

  it('is the usual one of the system, also if XDG_STATE_HOME is relative or empty', () => {
    for (const XDG_STATE_HOME of [undefined, '', 'state', './x']) {
      expect(stateDirectory('p', { XDG_STATE_HOME }, 'linux')).toMatch(/\/\.local\/state\/p$/)
      expect(stateDirectory('p', { XDG_STATE_HOME }, 'darwin')).toMatch(/\/Library\/Application Support\/p$/)
    }
    expect(stateDirectory('p', { LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/p')
  })
})

describe('a path that is not UTF-8', () => {
  const refused = expect.objectContaining({ code: 'E_SCOPE_UNUSABLE' })

  it.each(['/state\ufffd', '/state\udcff/x'])('is no place for state: %j', (path) => {
    expect(() => stateDirectory('p', { XDG_STATE_HOME: path }, 'linux')).toThrow(refused)
    expect(() => stateDirectory('p', { LOCALAPPDATA: path }, 'win32')).toThrow(refused)
  })
})

describe('the root of a project', () => {
  it('is the nearest directory with a package.json or .git', () => {
    put('outer/.git/HEAD', '')
    put('outer/inner/package.json', '{}')
    put('outer/inner/src/deep/x', '')
    expect(projectRoot(join(base, 'outer/inner/src/deep'))).toBe(join(base, 'outer/inner'))
    expect(projectRoot(join(base, 'outer'))).toBe(join(base, 'outer'))
  })

  it('is missing with an error that says so', () => {
    const none = join(base, 'none')
    mkdirSync(none)
    expect(() => projectRoot(none)).toThrow(expect.objectContaining({ code: 'E_SCOPE_UNUSABLE' }))
  })
})

describe('the files of a scope', () => {
  it("are in the scope, in a directory of their own unless it is the daemon's alone", () => {
    expect(scopeFiles('/state/p', 'p', true).record).toBe('/state/p/record.json')
    const projects = ['/a', '/c', '/b', '/a b'].map((path) => scopeFiles(path, 'p', false).record)
    expect(new Set(projects).size).toBe(projects.length)
    for (const path of projects) expect(path).toMatch(/^\/[abc]( b)?\/\.p-daemon\/record\.json$/)
  })
})

describe('an installation', () => {
  it('has the version of the nearest package.json with one', () => {
    put('tool/package.json', '{"name":"tool","version":"1.2.3"}')
    put('tool/dist/package.json', '{"type":"commonjs"}')
    const entry = put('tool/dist/serve.js', '')
    expect(installationOf(entry)).toEqual({
      entry,
      packageFile: join(base, 'tool/package.json'),
      directory: join(base, 'tool'),
      version: '1.2.3',
    })
  })

  it('is changed when its version is another or its package.json is gone; half a file says nothing', () => {
    const packageFile = put('changing/package.json', '{"version":"1.0.0"}')
    const installed = installationOf(put('changing/serve.js', ''))
    const answers = ['{"version":"1.0.0"}', '{"version":"1.1.0"}', '{"vers', '', '{}'].map((text) => {
      writeFileSync(packageFile, text)
      return isChanged(installed, '1.0.0')
    })
    rmSync(packageFile)
    expect([...answers, isChanged(installed, '1.0.0')]).toEqual([false, true, null, null, null, true])
  })

  it('without a package.json is changed when its entry is gone', () => {
    const entry = put('bare/tool.js', '')
    const installed = { entry, packageFile: null, directory: base, version: null }
    expect(isChanged(installed, null)).toBe(false)
    rmSync(entry)
    expect(isChanged(installed, null)).toBe(true)
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import * as fc from 'fast-check'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { ANY_TEXT } from './inputs.js'
import type { TextParser } from './total.js'

const UI = fileURLToPath(new URL('../../../packages/spec-kitty/src/dashboard/ui/', import.meta.url))

/** The exports of the page's modules, which are built for browsers only. */
export interface PageModules {
  readonly markdownToHtml: (markdown: string) => string
  readonly linkTarget: (
    href: string,
    from: string,
    documents: ReadonlySet<string>,
  ) => { kind: string; url?: string }
  readonly tokens: (code: string, language: string) => readonly { readonly text: string }[]
  readonly parseRoute: (fragment: string) => { view: string }
  readonly printRoute: (route: unknown) => string
}

const TAGS =
  'br hr b i u s em strong del ins mark sub sup small kbd samp var code pre q cite abbr p blockquote a img span ul ol li dl dt dd ' +
  'details summary table caption thead tbody tfoot tr th td h1 h2 h3 h4 h5 h6'
const KNOWN = new Set(TAGS.split(' '))

/** Checks how the page converts documents, links and its own address before they reach the browser. */
export function pageChecks(page: PageModules): readonly Check[] {
  const markdown = fc
    .array(
      fc.oneof(
        ANY_TEXT,
        fc.constantFrom(
          '<img src=x onerror=1>',
          '[a](javascript:1)',
          '```js\n',
          '| a |\n|-|\n',
          '<a href="//x">',
          '<!--',
        ),
      ),
      { maxLength: 5 },
    )
    .map((parts) => parts.join(''))
  return [
    check('markdown: only plain tags', markdown, (text) => {
      for (const [, tag = ''] of page.markdownToHtml(text).matchAll(/<\/?([a-z][^\s>/]*)/gi))
        expectTrue(KNOWN.has(tag.toLowerCase()), `a tag ${tag}`)
    }),
    check('link of a document: no scheme but http, https and mailto', ANY_TEXT, (href) => {
      const target = page.linkTarget(href, 'tasks/WP01.md', new Set(['spec.md']))
      if (target.kind === 'external')
        expectTrue(/^(?:https?|mailto):/.test(target.url ?? ''), target.url ?? '')
    }),
    check(
      'coloured code: nothing is lost',
      fc.tuple(ANY_TEXT, fc.constantFrom('ts', 'yaml', 'json', 'sh', 'sql', 'py', 'x')),
      ([code, language]) => {
        expectEqual(
          page
            .tokens(code, language)
            .map(({ text }) => text)
            .join(''),
          code,
          'code',
        )
      },
    ),
    check("page's address: what is printed is read back", ANY_TEXT, (text) => {
      expectTrue(page.parseRoute(`#${text}`).view !== '', 'no view')
      const name = Buffer.from(text).toString()
      if (name === '') return
      const route = { view: 'documents', mission: name, document: name, heading: name }
      expectEqual(page.parseRoute(page.printRoute(route)), route, 'route')
    }),
  ]
}

/** Returns the page's parsers whose cost is measured. */
export function pageParsers(page: PageModules): readonly TextParser[] {
  const languages = ['ts', 'yaml', 'json', 'sh', 'sql', 'py']
  return [
    {
      name: 'markdown',
      parse: page.markdownToHtml,
      samples: ['# A\n\n- [x] b **c** `d` [e](f)\n\n| a |\n|---|\n| b |\n'],
      refuses: null,
    },
    ...languages.map((language) => ({
      name: `coloured code, ${language}`,
      parse: (text: string) => page.tokens(text, language),
      samples: ['const a = "b" // c\n- d: e # f\n'],
      refuses: null,
    })),
  ]
}

/** Builds the page's modules for Node, and loads them. */
export async function loadPage(): Promise<PageModules> {
  const directory = mkdtempSync(join(tmpdir(), 'prove-page-'))
  try {
    const outfile = join(directory, 'page.mjs')
    const parts = ['markdown/to-html', 'markdown/links', 'markdown/highlight', 'url-route']
    const contents = parts.map((part) => `export * from './${part}.ts'`).join('\n')
    await build({
      stdin: { contents, resolveDir: UI, loader: 'ts' },
      bundle: true,
      format: 'esm',
      outfile,
      logLevel: 'silent',
    })
    return (await import(pathToFileURL(outfile).href)) as PageModules
  } finally {
    rmSync(directory, { recursive: true })
  }
}

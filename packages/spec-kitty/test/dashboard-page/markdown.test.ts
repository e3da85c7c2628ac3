import { describe, expect, it } from 'vitest'
import { headingSlug, linkTarget } from '../../src/dashboard/ui/markdown/links.js'
import { markdownToHtml } from '../../src/dashboard/ui/markdown/to-html.js'

const DOCUMENTS = new Set(['spec.md', 'plan.md', 'tasks/WP01.md', 'tasks/a b#?.md'])

describe('links of a document', () => {
  it.each([
    ['plan.md', 'spec.md', 'plan.md', null],
    ['./plan.md#top', 'spec.md', 'plan.md', 'top'],
    ['../plan.md', 'tasks/WP01.md', 'plan.md', null],
    ['WP01.md', 'tasks/WP01.md', 'tasks/WP01.md', null],
    ['a%20b%23%3F.md', 'tasks/WP01.md', 'tasks/a b#?.md', null],
  ])('%s in %s leads to %s', (href, from, name, heading) => {
    expect(linkTarget(href, from, DOCUMENTS)).toEqual({ kind: 'document', name, heading })
  })

  it.each([
    '../../etc/passwd',
    '/api/shutdown',
    'missing.md',
    'javascript:alert(1)',
    'java\tscript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    'blob:http://127.0.0.1/x',
    'file:///etc/passwd',
    'http://[',
    '',
  ])('%j leads nowhere', (href) => expect(linkTarget(href, 'spec.md', DOCUMENTS)).toEqual({ kind: 'none' }))

  it.each(['https://example.com/', 'http://127.0.0.1:9237/', 'mailto:a@example.com'])(
    '%s is external',
    (url) => {
      expect(linkTarget(url, 'spec.md', DOCUMENTS)).toEqual({ kind: 'external', url })
    },
  )

  it('takes another host without a scheme for what it is', () => {
    expect(linkTarget('//evil.example/x', 'spec.md', DOCUMENTS).kind).toBe('external')
  })

  it('finds headings as forges name them', () => {
    expect(linkTarget('#the-end', 'spec.md', DOCUMENTS)).toEqual({ kind: 'heading', slug: 'the-end' })
    expect(headingSlug(' The End: of `it` ')).toBe('the-end-of-it')
  })
})

describe('HTML in a document', () => {
  it.each([
    '<script>alert(1)</script>',
    'text <script>if (1<b) alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><style>*{}</style></svg>',
    '<form action=x><input name=attributes></form>',
    '<iframe src=x></iframe><base href=x><meta http-equiv=refresh>',
    '<scr<script>ipt>',
    '<a href="javascript:alert(1)">x</a>',
    '<!--><img src=x onerror=alert(1)>-->',
    '<p title="><img src=x onerror=alert(1)>">',
    '<x-y onclick=alert(1)>',
    '<b/onclick=alert(1)>bold</b>',
    '<script',
  ])('is text: %s', (html) => {
    const tags = markdownToHtml(html).match(/<[^>]*>?/g) ?? []
    expect(tags.filter((tag) => !/^<\/?(?:p|b)>$/.test(tag))).toEqual([])
  })

  it('is let through bare where it only shapes text', () => {
    expect(markdownToHtml('a<br/>b <kbd class="x" style="y">K</kbd>').trim()).toBe(
      '<p>a<br>b <kbd>K</kbd></p>',
    )
  })

  it('leaves code and references as they were written', () => {
    expect(markdownToHtml('`<b>` &amp; &lt;')).toBe('<p><code>&lt;b&gt;</code> &amp; &lt;</p>\n')
  })

  it.each([
    ['a <!-- b', '<p>a &lt;!-- b</p>'],
    ['a <!-- b --> c', '<p>a  c</p>'],
    ['a <?b ?> c', '<p>a &lt;?b ?&gt; c</p>'],
    ['a <![CDATA[b', '<p>a &lt;![CDATA[b</p>'],
  ])('%j is a comment or an instruction only if it ends', (written, html) => {
    expect(markdownToHtml(written).trim()).toBe(html)
  })

  it.each(['<a', '<div <a', '<!--', '</b', '<b <i>'])('is read in one go, however much of it: %s', (part) => {
    expect(markdownToHtml(`<div ${part.repeat(50_000)}`)).toContain('div')
  })

  it('has tasks without form controls', () => {
    expect(markdownToHtml('- [x] done\n- [ ] open')).not.toContain('<input')
  })
})

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Best practices too, but for what is a matter of taste there. */
const OPTIONS = { resultTypes: ['violations'] }

/** Returns what axe-core finds wrong in a page as it is shown now, one line for each element. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Evaluated by the browser's debugger, because the page's policy lets no other script in.
  if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(AXE)
  return page.evaluate(`axe.run(document, ${JSON.stringify(OPTIONS)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
      [id, target.join(' '), failureSummary.split('\\n').at(1)].join(' | '))))`)
}

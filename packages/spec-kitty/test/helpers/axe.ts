import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Best practices too, but for what is a matter of taste there. */
const OPTIONS = { resultTypes: ['violations'] }

/** Returns what axe-core finds wrong in a page as it is shown now, one line for each element. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Evaluated by the browser's debugger, because the page's policy lets no other script in.
  if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(axe.source)
  return page.evaluate(`axe.run(document, ${JSON.stringify(OPTIONS)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
      [id, target.join(' '), failureSummary.split('\\n').at(1)].join(' | '))))`)
}

// @ts-check
import { defineDaemon } from 'familiar'

/** One daemon for each project: the nearest directory above with a package.json or .git. */
export const minibuild = defineDaemon({
  name: 'minibuild',
  entry: new URL('./serve.js', import.meta.url),
  scope: 'project',
})

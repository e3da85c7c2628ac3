// @ts-check
import { defineDaemon } from 'familiar'
import { previewd09 } from './previewd-0.9.js'

/** Shared by both sides: commands start and find the daemon by it, and the daemon serves as it says. */
export const previewd = defineDaemon({
  name: 'previewd',
  entry: new URL('./serve.js', import.meta.url),
  predecessors: [previewd09],
})

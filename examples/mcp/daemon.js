// @ts-check
import { defineDaemon } from 'familiar'

/** One daemon for all editors of a user: they share what it has read. */
export const docsd = defineDaemon({ name: 'docsd', entry: new URL('./serve.js', import.meta.url) })

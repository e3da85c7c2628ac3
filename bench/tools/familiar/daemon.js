import { defineDaemon } from 'familiar'

export const shoutd = defineDaemon({ name: 'shoutd', entry: new URL('./serve.js', import.meta.url) })

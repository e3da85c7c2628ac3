import { shoutd } from './daemon.js'

const daemon = await shoutd.connect()
const reply = await daemon.fetch('/shout', { method: 'POST', body: process.argv[2], retry: true })
process.stdout.write(await reply.text())

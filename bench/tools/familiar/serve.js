import { shoutd } from './daemon.js'
import { shout } from './work.cjs'

await shoutd.serve(async (request) => new Response(shout(await request.text())))

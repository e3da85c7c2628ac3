import { previewd } from './daemon.js'
import { render } from './render.js'

await previewd.serve(
  async (request) =>
    new Response(render(await request.text()), { headers: { 'content-type': 'text/html; charset=utf-8' } }),
)

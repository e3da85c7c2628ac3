// @ts-check
import { previewd } from './daemon.js'
import { render } from './render.js'

await previewd.serve(async (request) => {
  const html = render(await request.text())
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
})

// @ts-check
'use strict'

/**
 * HTTP as Python's `http.server` speaks it: HTTP/1.0, without Content-Length except in an error page, so that the end
 * of the connection is the end of the reply.
 */

const SERVER = 'BaseHTTP/0.6 Python/3.11.7'
const JSON_HEADERS = ['Content-type: application/json', 'Cache-Control: no-cache']

/** @type {Record<number, string>} */
const REASONS = { 200: 'OK', 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' }

/** @typedef {{ method: string, path: string, body: string }} Request */

/** @param {string} seen @returns {Request | undefined} undefined while it is incomplete */
function parse(seen) {
  const gap = /\r?\n\r?\n/.exec(seen)
  if (!gap) return undefined
  const head = seen.slice(0, gap.index)
  const body = seen.slice(gap.index + gap[0].length)
  const length = Number(/^content-length:[ \t]*(\d+)/im.exec(head)?.[1] ?? 0)
  if (body.length < length) return undefined
  const [method = '', target = ''] = head.split(/\s/, 2)
  const text = Buffer.from(body.slice(0, length), 'latin1').toString('utf8')
  return { method, path: target.replace(/[?#].*/, ''), body: text }
}

/** @param {number} status @param {string[]} headers @param {string} body */
function reply(status, headers = [], body = '', reason = REASONS[status]) {
  const date = new Date().toUTCString()
  return [`HTTP/1.0 ${status} ${reason}`, `Server: ${SERVER}`, `Date: ${date}`, ...headers, '', body].join(
    '\r\n',
  )
}

/** @param {number} status @param {unknown} value */
function jsonReply(status, value) {
  return reply(status, JSON_HEADERS, dumps(value))
}

/**
 * Returns the error page for a method that the handler class does not implement.
 *
 * @param {string} method
 */
function unsupported(method) {
  const message = `Unsupported method ('${method}')`
  const page = `<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: 501</p>
        <p>Message: ${message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}.</p>
        <p>Error code explanation: 501 - Server does not support this operation.</p>
    </body>
</html>
`
  const length = `Content-Length: ${Buffer.byteLength(page)}`
  const headers = ['Connection: close', 'Content-Type: text/html;charset=utf-8', length]
  return reply(501, headers, method === 'HEAD' ? '' : page, message)
}

/**
 * Returns the same text as Python's `json.dumps`: with a space after `,` and `:`.
 *
 * @param {unknown} value
 * @returns {string}
 */
function dumps(value) {
  if (Array.isArray(value)) return `[${value.map(dumps).join(', ')}]`
  if (typeof value !== 'object' || value === null) return ascii(JSON.stringify(value))
  const pairs = Object.entries(value).map(([key, item]) => `${dumps(key)}: ${dumps(item)}`)
  return `{${pairs.join(', ')}}`
}

/**
 * Returns the JSON text with everything outside printable ASCII escaped, as Python does.
 *
 * @param {string} json
 */
function ascii(json) {
  return json.replaceAll(/[^\n -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

module.exports = { parse, reply, jsonReply, unsupported, ascii }

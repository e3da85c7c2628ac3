// @ts-check
'use strict'

/**
 * `node call-by-hand.cjs RECORD TEXT`: the least that a warm call of the tool in bench/tools must do: reads the record,
 * lets the daemon prove itself, and sends it the token and the text on the same connection. Prints the answer. Also an
 * installed package (`imported-call.mjs`), because M15 is about a library that is imported.
 */
const fs = require('node:fs')
const { prove, readRecord } = require('./by-hand.cjs')

if (require.main === module) call(process.argv[2] ?? '', process.argv[3] ?? '')

/** @param {string} file @param {string} text */
function call(file, text) {
  const record = readRecord(file)
  if (record?.state !== 'running') throw new Error('no daemon runs')
  prove(record, (isProven, socket) => {
    if (!isProven) throw new Error('the daemon has not proven itself')
    let reply = ''
    socket.on('data', (part) => (reply += part))
    socket.on('end', () => {
      if (!reply.startsWith('HTTP/1.1 200 ')) throw new Error(reply)
      fs.writeSync(1, reply.slice(reply.indexOf('\r\n\r\n') + 4))
    })
    // After an HTTP/1.0 request, the daemon sends the body in one piece and closes the connection.
    const head = `POST /shout HTTP/1.0\r\nHost: 127.0.0.1:${record.port}\r\nAuthorization: Bearer ${record.token}`
    socket.write(`${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  })
}

module.exports = { call }

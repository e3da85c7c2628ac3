/**
 * `find-process.mjs FROM`: who has the port after FROM, by find-process, which is asked for one port. (Asked for all 50 at once,
 * beside 5 000 processes, it has not ended after a minute.)
 */
import find from 'find-process'

const port = Number(process.argv[2]) + 1
console.log(JSON.stringify((await find('port', port)).map(({ pid, cmd }) => ({ port, pid, cmd }))))

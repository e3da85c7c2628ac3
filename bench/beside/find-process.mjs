/**
 * `find-process.mjs FROM`: asks the package find-process who has the port after FROM. It is asked for one port only,
 * because asking for all 50 at once, beside 5 000 processes, did not end within a minute.
 */
import find from 'find-process'

const port = Number(process.argv[2]) + 1
console.log(JSON.stringify((await find('port', port)).map(({ pid, cmd }) => ({ port, pid, cmd }))))

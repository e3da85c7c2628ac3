/** `pid-port.mjs FROM TO`: who listens in the range, by pid-port. */
import { allPortsWithPid } from 'pid-port'

const [from, to] = process.argv.slice(2).map(Number)
const found = [...(await allPortsWithPid())].filter(([port]) => port >= from && port < to)
console.log(JSON.stringify(found.map(([port, pid]) => ({ port, pid }))))

/** `pid-port.mjs FROM TO`: asks the package pid-port which processes listen in the range. */
import { allPortsWithPid } from 'pid-port'

const [from, to] = process.argv.slice(2).map(Number)
const found = [...(await allPortsWithPid())].filter(([port]) => port >= from && port < to)
console.log(JSON.stringify(found.map(([port, pid]) => ({ port, pid }))))

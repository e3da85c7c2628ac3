/**
 * `fkill.mjs FROM TO`: does the work of `fkill` before it shows its list: finds all processes and the port of each. (The
 * package itself only ends processes.)
 */
import 'fkill'
import { allPortsWithPid } from 'pid-port'
import psList from 'ps-list'

const [from, to] = process.argv.slice(2).map(Number)
const [processes, ports] = await Promise.all([psList({ all: true }), allPortsWithPid()])
const commands = new Map(processes.map(({ pid, cmd }) => [pid, cmd]))
const found = [...ports].filter(([port]) => port >= from && port < to)
console.log(JSON.stringify(found.map(([port, pid]) => ({ port, pid, cmd: commands.get(pid) }))))

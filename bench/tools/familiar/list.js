import { shoutd } from './daemon.js'

/** Not part of the job: prints what the library knows of the daemons that run. */
const { candidates } = await shoutd.scan()
const lines = candidates.map(({ observation, verdict }) => ({ pid: observation.pid, ...verdict }))
process.stdout.write(JSON.stringify(lines))

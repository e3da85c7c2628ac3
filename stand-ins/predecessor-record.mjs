// @ts-check
/**
 * What a family must know of the predecessor besides its command lines, for tests of the library, which does not know the
 * predecessor: the form of its records (url, port, token and pid, one per line), and how a daemon is asked to exit.
 */
export const PREDECESSOR = {
  /** @param {string} text */
  parseRecord: (text) => {
    const [, port, token, pid] =
      /^http:\/\/[^/\s]+:\d+\/?\r?\n(\d+)\r?\n(\S+)\r?\n(?:(\d+)\r?\n)?$/.exec(text) ?? []
    if (token === undefined || !(Number(port) > 0 && Number(port) < 65_536)) return null
    return { port: Number(port), token, pid: pid === undefined ? null : Number(pid) }
  },
  /** @param {string} token */
  shutdown: (token) => ({ path: '/api/shutdown', body: { token } }),
}

// @ts-check
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What the kernel says of a root: who listens for it, who belongs to it, who holds its locks. Linux. */

/**
 * Returns who listens on the range for the root: of each listening socket the process that was there first. (A child has
 * its parent's command line and sockets until it becomes what it was started for.)
 *
 * @param {string} root
 */
export function listeningFor(root) {
  const sockets = listeningSockets()
  /** @type {Map<string, number>} */
  const found = new Map()
  for (const pid of sockets.size === 0 ? [] : servingRoot(root)) {
    for (const { target } of descriptorsOf(pid)) {
      if (sockets.has(target) && !found.has(target)) found.set(target, pid)
    }
  }
  return [...found.values()]
}

/** Returns every process whose command line has the marker of the root. @param {string} root */
export function servingRoot(root) {
  return allPids().filter((pid) => isServing(pid, root))
}

/** @param {number} pid @param {string} root */
export function isServing(pid, root) {
  return textOf(`/proc/${pid}/cmdline`).split('\0').includes(`--spec-kitty-daemon-root=${root}`)
}

/** Returns every process that has the text in its command line or its environment. @param {string} text */
export function processesWith(text) {
  return allPids().filter((pid) => isWith(pid, text))
}

/** Returns the pid of the parent, NaN where there is no such process. @param {number} pid */
export function parentOf(pid) {
  return Number(/^PPid:\s*(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1])
}

/** @param {number} pid @param {string} text */
function isWith(pid, text) {
  return ['cmdline', 'environ'].some((name) => textOf(`/proc/${pid}/${name}`).includes(text))
}

/** Returns every process with a kernel lock on the file. @param {string} path */
export function holdersOf(path) {
  return allPids().filter((pid) =>
    descriptorsOf(pid).some(
      ({ target, name }) => target === path && textOf(`/proc/${pid}/fdinfo/${name}`).includes('lock:'),
    ),
  )
}

/** Returns what listens on the sync range, as it stands in the descriptors of who holds it. */
export function listeningSockets() {
  const rows = [textOf('/proc/net/tcp'), textOf('/proc/net/tcp6')].flatMap((text) =>
    text.split('\n').slice(1),
  )
  const listening = rows.map((row) => row.trim().split(/\s+/)).filter((columns) => columns[3] === '0A')
  const inRange = listening.filter(([, local = '']) => {
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    return port >= 9400 && port < 9450
  })
  return new Set(inRange.map((columns) => `socket:[${columns[9]}]`))
}

/** @param {number} pid */
function descriptorsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => ({ name, target: linkOf(`/proc/${pid}/fd/${name}`) }))
  } catch {
    return []
  }
}

function allPids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)
}

/** @param {string} path */
function linkOf(path) {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

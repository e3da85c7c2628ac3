import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kill, processes } from '../stage/processes.js'
import type { Place } from './actions.js'

/** A bad state of the whole machine, not of a single call. */
export interface Hardship {
  readonly id: string
  readonly actions: readonly string[]
  /** The values of its parameter. */
  readonly values: readonly number[]
  /** Returns whether Node itself may fail with its own message, for example with too few descriptors to start. */
  readonly isNodes: (value: number) => boolean
  /** Returns words that precede the command line. */
  readonly prefix?: (value: number, place: Place) => readonly string[]
  /** Called before everything else in the trial (`begin`), directly before the action (`harden`), and after it (`end`). */
  readonly begin?: (place: Place) => void
  readonly harden?: (place: Place, value: number) => void
  readonly end?: (place: Place) => void
  /** Called while the action runs. */
  readonly meanwhile?: (place: Place, value: number) => Promise<void>
}

/** The longest message of a command that lacks space. */
const MESSAGE_BYTES = 400

const WRITING = ['start', 'publish']
const ALL = ['start', 'replace', 'publish', 'drain-and-daemon']
/** The minimum number of descriptors with which Node can load an empty file and our loader can load our code. */
const NODE_NEEDS = 18

export const HARDSHIPS: readonly Hardship[] = [
  {
    // The home is on a small file system with only `value` KiB free.
    id: 'disk-full',
    actions: WRITING,
    values: [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192],
    isNodes: () => false,
    begin: mountDisk,
    harden: fillDisk,
    end: ({ home }) => rmSync(join(home, 'ballast'), { force: true }),
  },
  {
    id: 'no-file-longer-than',
    actions: WRITING,
    values: [0, 1, 2, 57, 100, 400, 600, 700, 1000, 4096, 8192, 32_768],
    // Standard error is a file too, so the message cannot be written whole.
    isNodes: (value) => value < MESSAGE_BYTES,
    prefix: (value) => ['sh', '-c', `trap '' XFSZ; exec prlimit --fsize=${value} "$@"`, 'limited'],
  },
  {
    id: 'descriptors',
    actions: ALL,
    values: Array.from({ length: 12 }, (_, index) => index + 16),
    isNodes: (value) => value < NODE_NEEDS,
    prefix: (value) => ['prlimit', `--nofile=${value}`],
  },
  {
    // After `value` milliseconds, all processes of the trial are stopped for two seconds.
    id: 'suspended',
    actions: ALL,
    values: Array.from({ length: 30 }, (_, index) => index * 20),
    isNodes: () => false,
    meanwhile: (place, value) => suspend(place, value, 2_000),
  },
  {
    id: 'suspended-long',
    actions: ['start', 'replace'],
    values: [50, 150, 250, 350, 450, 550],
    isNodes: () => false,
    meanwhile: (place, value) => suspend(place, value, 35_000),
  },
  {
    // Each call that changes a file is delayed by this many milliseconds.
    id: 'slow-disk',
    actions: ALL,
    values: [50, 100, 200, 400],
    isNodes: () => false,
    prefix: (value, { base }) => [
      'strace',
      '-D',
      '-f',
      '-q',
      '--seccomp-bpf',
      '-o',
      join(base, 'slow'),
      '-e',
      `trace=${SLOW}`,
      '-e',
      `inject=${SLOW}:delay_enter=${value * 1000}`,
    ],
  },
]

const SLOW = 'fsync,fdatasync,rename,unlink,mkdir,ftruncate,pwrite64'

const DISK_KIB = 1024

function mountDisk({ home }: Place): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const options = `size=${DISK_KIB}k,mode=700`
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', home]).status !== 0)
    throw new Error('no small file system')
}

/** Fills the disk until only this many KiB are free. */
function fillDisk({ home }: Place, freeKib: number): void {
  const ballast = join(home, 'ballast')
  try {
    writeFileSync(ballast, Buffer.alloc(DISK_KIB * 1024))
  } catch {
    // The disk is full, as intended.
  }
  truncateSync(ballast, Math.max(0, statSync(ballast).size - freeKib * 1024))
}

async function suspend({ base }: Place, afterMs: number, forMs: number): Promise<void> {
  await sleep(afterMs)
  const stopped = processes().filter(
    ({ argv }) => argv.some((word) => word.includes(base)) || argv[1]?.endsWith('spec-kitty.js'),
  )
  for (const { pid } of stopped) kill(pid, 'SIGSTOP')
  await sleep(forMs)
  for (const { pid } of stopped) kill(pid, 'SIGCONT')
}

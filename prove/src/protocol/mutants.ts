import type { Edit } from './bundle.js'
import type { Scenario } from './world.js'

/** A bug in the protocol, put into the text of the shipped code, and a scenario in which it must be found. */
export interface Mutant {
  readonly id: string
  readonly what: string
  readonly edits: readonly Edit[]
  readonly scenario: Scenario
}

const TWO = { name: 'two clients, cold', clients: [1, 1], crashes: 0, lates: 0 }
const TWO_CRASH = { ...TWO, name: 'two clients, cold, a crash', crashes: 1 }
const UP_CRASH = { name: 'version 1, then 2, a crash', clients: [1, 2], crashes: 1, lates: 0 }
const UP = {
  name: 'a daemon of version 1, a client of version 2',
  clients: [1, 2],
  isWarm: true,
  crashes: 0,
  lates: 0,
}
const DOWN = { ...UP, name: 'a daemon of version 2, a client of version 1', clients: [2, 1] }

export const MUTANTS: readonly Mutant[] = [
  {
    id: 'no-second-look',
    what: 'a client that has got the life-cycle lock does not look again',
    edits: [
      {
        file: 'client/connect-cold.js',
        from: 'const found = await awaitHolder(request, lockedAt + patienceMs);',
        to: 'const found = null;',
      },
    ],
    scenario: TWO,
  },
  {
    id: 'record-before-adoption',
    what: 'a daemon writes its record when it is ready, before it is adopted',
    edits: [
      {
        file: 'daemon/await-adoption.js',
        from: "return (await pipe.receive(STARTUP_PIPE_MS))?.['adopt'] === true;",
        to: 'return true;',
      },
    ],
    scenario: TWO,
  },
  {
    id: 'lock-by-text',
    what: 'a lock is the text of a file, judged stale if its writer is gone, instead of a kernel lock',
    edits: [
      {
        file: 'act/acquire-lock.js',
        from: 'const isOurs = lockDescriptor(descriptor, path)',
        to: 'const isOurs = isFreeByText(descriptor) && takeByText(descriptor)',
      },
      {
        file: 'act/acquire-lock.js',
        from: 'import { isLinked,',
        to: 'import { isFreeByText, takeByText, isLinked,',
      },
    ],
    scenario: TWO,
  },
  {
    id: 'downgrade',
    what: 'a client replaces a daemon of a newer version too',
    edits: [
      {
        file: 'client/use-or-replace.js',
        from: "if (standing === 'older')",
        to: "if (standing === 'older' || standing === 'newer')",
      },
    ],
    scenario: DOWN,
  },
  {
    id: 'no-proof-before-signal',
    what: 'a process is not proven again before a signal',
    edits: [{ file: 'act/signal.js', from: 'if (!isSameProcess(target, found))', to: 'if (false)' }],
    scenario: { ...UP, name: `${UP.name}, a crash, its pid is used again`, crashes: 1, reuses: 1 },
  },
  {
    id: 'released-before-ok',
    what: 'the starter releases the life-cycle lock before its daemon is up',
    edits: [
      {
        file: 'client/connect-cold.js',
        from: 'const begun = await startOrFind(request, lock,',
        to: 'lock.release(); const begun = await startOrFind(request, lock,',
      },
      { file: 'client/start-daemon.js', from: 'lock.assertHeld();', to: '' },
    ],
    scenario: TWO,
  },
  {
    id: 'pipe-end-ignored',
    what: 'a daemon takes the end of the startup pipe for its adoption',
    edits: [
      {
        file: 'daemon/await-adoption.js',
        from: "return (await pipe.receive(STARTUP_PIPE_MS))?.['adopt'] === true;",
        to: "return (await pipe.receive(STARTUP_PIPE_MS))?.['adopt'] !== false;",
      },
    ],
    scenario: TWO_CRASH,
  },
  {
    id: 'daemon-lock-not-kept',
    what: 'a daemon releases its lock once it has it, instead of holding it for life',
    edits: [
      {
        file: 'daemon/serve.js',
        from: 'const lock = await takeDaemonLock(family.files(scope).daemonLock, self);',
        to: 'const lock = await takeDaemonLock(family.files(scope).daemonLock, self); lock.release();',
      },
    ],
    scenario: UP_CRASH,
  },
  {
    id: 'lock-left-first',
    what: 'a daemon that retires releases its lock before it stops listening',
    edits: [
      {
        file: 'daemon/shut-down.js',
        from: 'server.stopListening();',
        to: 'options.lock.release(); server.stopListening();',
      },
    ],
    scenario: {
      name: 'a daemon that retires, a client',
      clients: [1, 1],
      isWarm: true,
      crashes: 0,
      lates: 2,
      retirements: 1,
    },
  },
  {
    id: 'older-used',
    what: 'a client uses a daemon that is older than its installation',
    edits: [
      {
        file: 'client/use-or-replace.js',
        from: 'if (found.replaceFor !== null && request.mayReplace !== false)',
        to: 'if (false)',
      },
    ],
    scenario: UP,
  },
  {
    id: 'adopted-ended',
    what: 'a starter ends its daemon also if that is adopted and its answer takes too long',
    edits: [
      {
        file: 'client/start-daemon.js',
        from: 'throw await startFailure(last, null, order, started);',
        to: 'throw await startFailure(last, lock, order, started);',
      },
    ],
    scenario: { name: 'a client, cold, 2 waits too long', clients: [1], crashes: 0, lates: 2 },
  },
  {
    id: 'free-lock-ignored',
    what: 'a client waits for a daemon although the daemon lock is free',
    edits: [
      { file: 'client/await-holder.js', from: 'if (!(await isLockHeld(daemonLock)))', to: 'if (false)' },
    ],
    scenario: TWO,
  },
]

import type { Words } from '../define/options.js'
import { DAEMON_GRAMMARS } from './daemon-grammars.js'
import type { CommandSpec } from './grammar.js'

export type DaemonCommandName = 'start' | 'stop' | 'restart' | 'status' | 'logs' | 'doctor' | 'explain'

/** The words for a daemon in the descriptions: the name that users give it, and the words that they type before `start`. */
export type DaemonWords = Pick<Words, 'title' | 'command'>

/** A short description of each command for a list, without a capital letter or a full stop. */
export function daemonSummaries({ title }: DaemonWords): Readonly<Record<DaemonCommandName, string>> {
  return {
    start: `start the ${title}, or find the one that runs`,
    stop: `stop the ${title}, of any version`,
    restart: `stop the ${title} and start a new one`,
    status: `show whether the ${title} runs, its version, and its last stop`,
    logs: `print the log of the ${title}`,
    doctor: `show what listens where a ${title} may; --reset ends what is stale`,
    explain: 'explain an id that another command names; alone: list them all',
  }
}

/** The promise of `doctor` in its help: what it may end. */
const LOOKS_ONLY =
  'Without --reset it only looks. It never ends the daemon in use here if that answers, one that is known to be in use elsewhere, or one of another user. --force, or y at the question, ends what needs a decision: also one that hangs, one of another place that is not known to be in use there (cross_root), and one that does not say whose it is (pre_marker). Look at it first. A process is told to end by SIGTERM. If it stays, it gets SIGKILL: after 1 s, or after 5 s if it is visibly ending.'

const OUT_OF_REACH = 'it could not be done: it does not start, does not end, or is out of reach'
const NOT_ENDED = 'it could not be done: it does not end, or is out of reach'

/** Describes the commands for a daemon, in the words of its tool. */
export function daemonCommands({
  title,
  command,
}: DaemonWords): Readonly<Record<DaemonCommandName, CommandSpec>> {
  return {
    start: {
      ...DAEMON_GRAMMARS.start,
      about: `Starts the ${title}, or finds the one that runs.`,
      more: ['Replaces one of an older version. Works in CI too, because you asked for it.'],
      examples: [
        [`${command} start`, 'start it, or say where it runs'],
        [`${command} start --json | jq .port`, 'its port'],
      ],
      exits: { 0: 'it runs', 1: OUT_OF_REACH },
    },
    stop: {
      ...DAEMON_GRAMMARS.stop,
      about: `Stops the ${title}, of any version.`,
      more: [
        'Asks it to leave, and ends its proven process if it does not. Says so only when it is gone. Nothing to stop is exit 0.',
      ],
      examples: [
        [`${command} stop`, 'stop it'],
        [`${command} stop --json | jq .outcome`, 'stopped, none or failed'],
      ],
      exits: { 0: 'it is stopped, or none ran', 1: NOT_ENDED },
    },
    restart: {
      ...DAEMON_GRAMMARS.restart,
      about: `Stops the ${title} and starts a new one.`,
      more: ['A daemon whose successor could not start is not stopped.'],
      examples: [
        [`${command} restart`, 'for example after a change of its environment'],
        [`${command} restart --json | jq .pid`, 'the process of the new one'],
      ],
      exits: { 0: 'a new one runs', 1: OUT_OF_REACH },
    },
    status: {
      ...DAEMON_GRAMMARS.status,
      about: `Shows whether the ${title} runs, since when, its version, and its last stop and why.`,
      more: ['Starts nothing and ends nothing.'],
      examples: [
        [`${command} status`, 'for people'],
        [`${command} status --check || ${command} start`, 'start it only if it does not run'],
      ],
      exits: {
        0: 'shown, also if it does not run or something else is wrong; with --check: it runs',
        1: 'it does not answer; with --check: it does not run',
      },
    },
    logs: {
      ...DAEMON_GRAMMARS.logs,
      about: `Prints the last entries of the log of the ${title}, also of the rotated files.`,
      more: [
        'On a terminal for people: local time, event and text; x and ! mark errors and warnings. In a pipe as they are stored, a JSON object a line. With --json one document; with --follow too, a JSON object a line.',
      ],
      examples: [
        [`${command} logs --lines 20`, 'the last 20 lines'],
        [`${command} logs --follow`, 'what is written from now on, too'],
        [`${command} logs --since 2h`, 'what was written in the last two hours'],
      ],
      exits: { 0: 'printed', 1: 'not used', 2: 'wrong usage, or the log cannot be read' },
    },
    doctor: {
      ...DAEMON_GRAMMARS.doctor,
      about: `Shows every listener on the ports of the ${title}: what it is, and why.`,
      more: [LOOKS_ONLY],
      examples: [
        [`${command} doctor`, 'what is there, and what to do about it'],
        [`${command} doctor --reset --dry-run`, 'what a clean-up would end'],
        [`${command} doctor --reset`, 'end what is proven stale'],
      ],
      exits: {
        0: 'no critical finding',
        1: 'a critical finding remains, something failed, or nothing listens on the port that is named; with --strict: a warning remains',
      },
    },
    explain: {
      ...DAEMON_GRAMMARS.explain,
      usage: ['[ID] [--json]'],
      about: 'Explains an id that another command names: what it means, why it is so, and what to do.',
      more: [
        'An ID is a finding (F-002), a row of a decision table (S9), a class, an outcome, a reason, a state, a sign that a daemon is stale, the code of an error (E_LOCK_BUSY), or another word of the output. Without ID, lists them all.',
      ],
      examples: [
        [`${command} explain F-002`, 'a finding'],
        [`${command} explain cross_root`, 'a reason'],
        [`${command} explain --json | jq -r '.explanations[].id'`, 'every ID'],
      ],
      exits: { 0: 'explained', 1: 'not used', 2: 'wrong usage, or there is no such ID' },
    },
  }
}

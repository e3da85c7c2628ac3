import { splitComment, type DoctorExtension } from 'familiar/cli'
import { forgetLost, saveLost } from '../sync/lost-events.js'
import { salvageCommand } from '../sync/queue/queue-errors.js'
import {
  isMarkedUnreadable,
  isSaved,
  removeCommand,
  saveCommand,
} from '../sync/queue/quarantined-databases.js'
import { putAsideText } from '../sync/status-lines.js'
import type { WorkView } from '../sync/work-view.js'
import { remedyOfCommands, type Form } from './form-remedy.js'

type Finding = NonNullable<Awaited<ReturnType<DoctorExtension>>['findings']>[number]

/** If the home is the problem, F-021 says so. */
export function unreadableQueue(
  { queueProblem, homeProblem, isQueueDamaged, queueCommand }: WorkView,
  form: Form,
): readonly Finding[] {
  if (queueProblem === null || (homeProblem !== null && queueProblem.endsWith(homeProblem))) return []
  const shown = isQueueDamaged ? salvageCommand() : queueCommand
  const effect = isQueueDamaged
    ? 'puts it aside, and saves what can be read of it'
    : (splitComment(shown ?? '')[1] ?? 'cures it')
  const remediation = remedyOfCommands(
    { command: 'spec-kitty explain F-017', ...(shown === null ? {} : { shown }) },
    {
      description: 'says what mends it: that depends on what is wrong',
      ...(shown === null ? {} : { forPeople: effect }),
      form,
    },
  )
  return [{ id: 'F-017', severity: 'warn', summary: queueProblem, remediation }]
}

/** Reported until the user has removed the files, because only the user knows whether the events in them were queued again. */
export function damagedQueues({ damagedQueues: all }: WorkView, form: Form): readonly Finding[] {
  const count = all.length
  if (count === 0) return []
  const isDone = all.every(isSaved)
  const it = count === 1 ? 'it' : 'them'
  const remediation = remedyOfCommands(
    { command: 'spec-kitty explain F-022', shown: isDone ? removeCommand(all) : saveCommand(all) },
    {
      description: 'says how to save and queue again what can be read of it, and when it can be removed',
      forPeople: all.every(isMarkedUnreadable)
        ? `removes ${it}: no event can be read of ${it}`
        : isDone
          ? `removes ${it}, once the exported events are queued again`
          : `saves what can be read of ${it}, and says how to queue it again`,
      form,
    },
  )
  const summary = `${putAsideText(all)} ${count === 1 ? 'was' : 'were'} put aside`
  return [{ id: 'F-022', severity: 'warn', summary, remediation }]
}

const SAVE_THEN_FORGET =
  'if you have that file or a copy of it, the first command saves its events; then, or if you have no copy, the second command ends the warning'

/** Reported until the file is back, or the user has said that it is known. */
export function lostEvents({ lost }: WorkView, form: Form): readonly Finding[] {
  if (lost === null) return []
  const remediation = remedyOfCommands(
    {
      command: 'spec-kitty explain F-025',
      ...(lost.isSavable ? { shown: saveLost(), also: forgetLost() } : { shown: forgetLost() }),
    },
    {
      description: 'says what to do about it',
      forPeople: lost.isSavable ? SAVE_THEN_FORGET : 'ends the warning',
      form,
    },
  )
  return [{ id: 'F-025', severity: 'warn', summary: lost.text, remediation }]
}

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { MissionReply, WorkPackage } from '../../api.js'
import { Ago } from '../live/clock.js'
import { closeTo } from '../location.js'
import { printRoute } from '../route.js'
import { visible } from '../visible.js'
import { LaneName, LaneOf } from './card.js'
import { DocumentText } from './document-text.js'
import { Notice } from './notice.js'

interface PackageDialogProps {
  readonly mission: MissionReply
  readonly card: string
}

/** A work package with its prompt, beside the board. It has a URL of its own: "back" closes it, a reload keeps it. */
export function PackageDialog({ mission, card }: PackageDialogProps) {
  const workPackage = mission.work_packages.find(({ id }) => id === card)
  const close = () => closeTo({ view: 'board', mission: mission.id, card: null })
  const dialog = useModal(card)
  return (
    <dialog
      ref={dialog}
      class="panel"
      aria-labelledby="panel-title"
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) close()
      }}
    >
      <div class="panel-body">
        <header>
          <h2 id="panel-title" tabIndex={-1}>
            <bdi class="id">{visible(card)}</bdi> <bdi class="title">{visible(workPackage?.title ?? '')}</bdi>
          </h2>
          <button type="button" class="button" onClick={close}>
            Close
          </button>
        </header>
        {workPackage === undefined ? (
          <Notice title="This work package is not there">
            It may have been renamed or removed meanwhile.
          </Notice>
        ) : (
          <Contents mission={mission} workPackage={workPackage} />
        )}
      </div>
    </dialog>
  )
}

/** Opens the dialog over an inert page, and returns the focus to the card when it closes. */
function useModal(card: string) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    element?.querySelector<HTMLElement>('h2')?.focus()
    return () => {
      element?.close()
      document.querySelector<HTMLElement>(`[data-card-link="${CSS.escape(card)}"]`)?.focus()
    }
  }, [card])
  return dialog
}

interface ContentsProps {
  readonly mission: MissionReply
  readonly workPackage: WorkPackage
}

function Contents({ mission, workPackage }: ContentsProps) {
  const { document } = workPackage
  return (
    <>
      <Facts mission={mission} workPackage={workPackage} />
      {document === null ? (
        <Notice title="No prompt">
          The events name this package, but no file below tasks/ describes it.
        </Notice>
      ) : (
        <>
          <DocumentText mission={mission} name={document} />
          <p class="quiet">
            <a href={printRoute({ view: 'documents', mission: mission.id, document })}>
              Open among the documents
            </a>
          </p>
        </>
      )}
    </>
  )
}

type FactsProps = Pick<ContentsProps, 'workPackage'>

function Facts({ mission, workPackage }: ContentsProps) {
  const { dependencies, agent, assignee, phase, model, role, profile, updated_at: updatedAt } = workPackage
  return (
    <dl class="facts">
      <Fact name="Lane">
        <LaneOf workPackage={workPackage} />
        {updatedAt !== null && (
          <span class="quiet">
            {' '}
            since <Ago time={updatedAt} />
          </span>
        )}
      </Fact>
      {agent !== null && <Fact name="Agent">{visible(agent)}</Fact>}
      {model !== null && <Fact name="Model">{visible(model)}</Fact>}
      {role !== null && <Fact name="Role">{visible(role)}</Fact>}
      {profile !== null && <Fact name="Profile">{visible(profile)}</Fact>}
      {assignee !== null && <Fact name="Assignee">{visible(assignee)}</Fact>}
      {phase !== null && <Fact name="Phase">{visible(phase)}</Fact>}
      {dependencies.length > 0 && (
        <Fact name="Needs">
          {dependencies.map((name) => (
            <Dependency key={name} mission={mission} name={name} />
          ))}
        </Fact>
      )}
      <Subtasks workPackage={workPackage} />
      <ReviewFacts workPackage={workPackage} />
      <Notes workPackage={workPackage} />
    </dl>
  )
}

/** The subtasks of the prompt and of the log, those that the log says are done checked off. */
function Subtasks({ workPackage: { subtasks, subtask_states: said } }: FactsProps) {
  const states = new Map(said.map(({ id, state }) => [id, state]))
  const ids = [...new Set([...subtasks, ...states.keys()])]
  if (ids.length === 0) return null
  const done = ids.filter((id) => states.get(id) === 'done').length
  return (
    <Fact name="Subtasks">
      {states.size > 0 && `${done} of ${ids.length} done`}
      <ul class="subtasks">
        {ids.map((id) => (
          <li key={id} class={states.get(id) === 'done' ? 'is-done' : undefined}>
            <bdi>{visible(id)}</bdi> <span class="quiet">{visible(states.get(id) ?? '')}</span>
          </li>
        ))}
      </ul>
    </Fact>
  )
}

function ReviewFacts({ workPackage: { review, review_result: result } }: FactsProps) {
  return (
    <>
      {result !== null && (
        <Fact name="Verdict">
          {visible(result.verdict)}
          {result.reviewer !== null && <span class="quiet"> by {visible(result.reviewer)}</span>}
          {result.reference !== null && <bdi class="path"> {visible(result.reference)}</bdi>}
        </Fact>
      )}
      {review !== null && (
        <Fact name="Review">
          {review.reason !== null && visible(review.reason)} <Said by={review.by} at={review.at} />
        </Fact>
      )}
    </>
  )
}

function Notes({ workPackage: { notes } }: FactsProps) {
  if (notes.length === 0) return null
  return (
    <Fact name="Notes">
      <ul class="notes">
        {notes.toReversed().map(({ at, by, text }) => (
          <li key={`${at}\n${text}`}>
            <bdi>{visible(text)}</bdi> <Said by={by} at={at} />
          </li>
        ))}
      </ul>
    </Fact>
  )
}

/** Who said something, and when. */
function Said({ by, at }: { readonly by: string | null; readonly at: string | null }) {
  return (
    <span class="quiet">
      {by !== null && visible(by)} {at !== null && <Ago time={at} />}
    </span>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Dependency({ mission, name }: { readonly mission: MissionReply; readonly name: string }) {
  const found = mission.work_packages.find(({ id }) => id === name)
  if (found === undefined) return <span class="needed id">{visible(name)} (unknown)</span>
  return (
    <span class="needed">
      <a class="id" href={printRoute({ view: 'board', mission: mission.id, card: name })}>
        <bdi>{visible(name)}</bdi>
      </a>
      <LaneName lane={found.lane} />
    </span>
  )
}

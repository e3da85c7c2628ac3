import { useEffect, useRef } from 'preact/hooks'
import type { MissionReply, WorkPackage } from '../../api.js'
import { closeTo, replaceEntry } from '../location.js'
import { boardLink, documentLink, type BoardChoice } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { Copy } from './copy.js'
import { DocumentText } from './document-text.js'
import { NoContact, Notice } from './notice.js'
import { Facts, History, Notes } from './package-facts.js'

interface PackageDialogProps {
  readonly mission: MissionReply
  readonly card: string
  readonly choice: BoardChoice
}

/** A work package with its prompt, beside the board. It has its own URL, so "back" closes it and a reload keeps it open. */
export function PackageDialog({ mission, card, choice }: PackageDialogProps) {
  const workPackage = mission.work_packages.find(({ id }) => id === card)
  const close = () => closeTo({ view: 'board', mission: mission.id, card: null, board: choice })
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
          <Neighbours mission={mission} card={card} choice={choice} />
          <button type="button" class="button" onClick={close}>
            Close
          </button>
          <NoContact />
        </header>
        {workPackage === undefined ? (
          <Notice title="This work package is not there">
            It may have been renamed or removed meanwhile.
          </Notice>
        ) : (
          <Contents key={card} mission={mission} workPackage={workPackage} choice={choice} />
        )}
      </div>
    </dialog>
  )
}

/**
 * Opens the dialog over an inert page, and returns the focus to the card when it closes. If the reader goes to the next
 * package, the dialog stays open and scrolls to the heading.
 */
function useModal(card: string) {
  const dialog = useRef<HTMLDialogElement>(null)
  const shown = useRef(card)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => {
      element?.close()
      document.querySelector<HTMLElement>(`[data-card-link="${CSS.escape(shown.current)}"]`)?.focus()
    }
  }, [])
  useEffect(() => {
    shown.current = card
    dialog.current?.scrollTo(0, 0)
    dialog.current?.querySelector<HTMLElement>('h2')?.focus()
  }, [card])
  return dialog
}

/**
 * The links to the previous and the next package, in the order of their ids. "Back" still leads to where the first one
 * was opened.
 */
function Neighbours({ mission, card, choice }: PackageDialogProps) {
  const packages = mission.work_packages
  const at = packages.findIndex(({ id }) => id === card)
  if (at < 0) return null
  return (
    <nav class="neighbours" aria-label="Work packages">
      <Neighbour word="Previous" sign="↑" to={packages[at - 1]} mission={mission.id} choice={choice} />
      <Neighbour word="Next" sign="↓" to={packages[at + 1]} mission={mission.id} choice={choice} />
    </nav>
  )
}

interface NeighbourProps {
  readonly word: string
  readonly sign: string
  readonly to: WorkPackage | undefined
  readonly mission: string
  readonly choice: BoardChoice
}

function Neighbour({ word, sign, to, mission, choice }: NeighbourProps) {
  if (to === undefined) return null
  const link = boardLink(mission, to.id, choice)
  return (
    <a
      class="button is-small"
      href={link}
      aria-label={`${word}: ${visible(to.id)} ${visible(to.title)}`}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        replaceEntry(link)
      }}
    >
      <span aria-hidden="true">{sign}</span> {visible(to.id)}
    </a>
  )
}

/** What the reader must know first: whether the lane is certain, why the package stands there, and what holds it back. */
function Standing({ workPackage }: { readonly workPackage: WorkPackage }) {
  const { lane_doubt: doubt, reason, lane, not_ready_because: why } = workPackage
  const by = whoSaid(workPackage)
  return (
    <>
      {doubt !== null && (
        <p class="head-line is-doubt">
          <b>Lane in doubt</b> The lane shown is the last one that is known. {visible(doubt)}
        </p>
      )}
      {reason !== null && (
        <p class="head-line">
          <b>{lane === 'blocked' ? 'Blocked' : 'Sent back'}</b> <bdi>{visible(reason)}</bdi>
          {by !== null && <span class="quiet"> ({visible(by)})</span>}
        </p>
      )}
      {why !== null && doubt === null && (
        <p class="head-line">
          <b>{lane === 'blocked' ? 'No command' : 'Not ready'}</b> {visible(why)}
        </p>
      )}
    </>
  )
}

/** Returns who gave the reason, which need not be who made the last change. */
function whoSaid({ reason, history, review }: Pick<WorkPackage, 'reason' | 'history' | 'review'>) {
  return (
    history.findLast((one) => one.reason === reason)?.by ?? (review?.reason === reason ? review.by : null)
  )
}

interface ContentsProps {
  readonly mission: MissionReply
  readonly workPackage: WorkPackage
  readonly choice: BoardChoice
}

function Contents({ mission, workPackage, choice }: ContentsProps) {
  const { document, next_command: command } = workPackage
  return (
    <>
      <Standing workPackage={workPackage} />
      {command !== null && (
        <div class="next">
          <span class="quiet">Next</span> <code class="command">{visible(command)}</code>
          <Copy text={command} label="Copy the next command" />
        </div>
      )}
      <Facts mission={mission} workPackage={workPackage} choice={choice} />
      <History workPackage={workPackage} />
      <Notes workPackage={workPackage} />
      {document === null ? (
        <Notice title="No prompt">
          The events name this package, but no file below tasks/ describes it.
        </Notice>
      ) : (
        <section aria-label="Prompt">
          <h3 class="panel-section">Prompt</h3>
          <DocumentText mission={mission} name={document} called="prompt" />
          <p class="lead quiet">
            <a href={documentLink(mission.id, document)}>Open among the documents</a>
          </p>
        </section>
      )}
    </>
  )
}

import { useEffect, useRef } from 'preact/hooks'
import type { MissionReply } from '../../api.js'
import { describeMoves, formOf } from '../board.js'
import { laneName } from '../board-words.js'
import { describeCounts } from '../board-shares.js'
import { formatCount } from '../format.js'
import { lazy } from '../lazy.js'
import { Ago, Since } from '../live/clock.js'
import { rawReplies, useReply } from '../live/use-reply.js'
import { lastList } from '../location.js'
import { boardLink, documentLink, printRoute, WHOLE_BOARD, type Route } from '../url-route.js'
import { setTitle } from '../tab-title.js'
import { visible } from '../show-invisible.js'
import { Board } from './board.js'
import { CommandToCopy } from './copy.js'
import { Guard } from './guard.js'
import { Failed, Loading, Notice, Problems, Stale } from './notice.js'
import { Progress } from './progress.js'

type MissionRoute = Extract<Route, { readonly mission: string }>

const Documents = lazy('The documents', () => import('./documents.js').then((module) => module.Documents))
const Flow = lazy('The flow', () => import('./flow.js').then((module) => module.FlowView))
const PackageDialog = lazy('The work package', () =>
  import('./package-dialog.js').then((module) => module.PackageDialog),
)

/** One mission: its board with a work package beside it, its documents, or its progress over time. */
export function MissionView({ route }: { readonly route: MissionRoute }) {
  const { value, failure, read } = useReply<MissionReply>(
    `/api/missions/${encodeURIComponent(route.mission)}`,
    {
      isConcerned: ({ missions }) => missions === null || missions.includes(route.mission),
      announcement: (before, after) =>
        describeMoves(
          (before as MissionReply).work_packages,
          (after as MissionReply).work_packages,
          laneName,
        ),
    },
  )
  const title = visible(value?.title ?? route.mission)
  useEffect(() => setTitle(`${title} · spec-kitty dashboard`), [title])

  if (failure?.status === 404) return <Gone mission={route.mission} />
  if (value === null && failure !== null) return <Failed what="The mission" failure={failure} read={read} />
  if (value === null) return <Loading />
  return (
    <div class="view is-wide">
      <Stale failure={failure} />
      <Guard what="This mission" of={value} raw={rawReplies}>
        <Head mission={value} route={route} />
        <Side mission={value} route={route} />
      </Guard>
    </div>
  )
}

function Side({ mission, route }: HeadProps) {
  switch (route.view) {
    case 'documents':
      return <Documents mission={mission} chosen={route.document} heading={route.heading} />
    case 'flow':
      return <Flow mission={mission} />
    default:
      return (
        <>
          <Problems problems={mission.problems} />
          <Board mission={mission} choice={route.board} />
          {route.card !== null && <PackageDialog mission={mission} card={route.card} choice={route.board} />}
        </>
      )
  }
}

interface HeadProps {
  readonly mission: MissionReply
  readonly route: MissionRoute
}

function Head({ mission, route }: HeadProps) {
  const { id, purpose, next_command: command } = mission
  const words = mission.progress === null ? null : describeCounts(mission)
  const isSaid = route.view !== 'board' || formOf(route.board, mission) === 'columns'
  return (
    <div class="mission-head">
      <p class="crumbs">
        <a href={lastList()}>Missions</a> <span aria-hidden="true">/</span>{' '}
        <bdi class="path">{visible(id)}</bdi>
        {mission.updated_at !== null && (
          <span class="apart">
            changed <Ago time={mission.updated_at} />
          </span>
        )}
      </p>
      <h1>
        <bdi>{visible(mission.title)}</bdi>
      </h1>
      {purpose !== null && (
        <p class="mission-purpose">
          <bdi>{visible(purpose)}</bdi>
        </p>
      )}
      <div class="mission-state">
        <span class="state" data-state={mission.state}>
          {visible(mission.state_words)}
        </span>
        {(mission.progress !== null || describeCounts(mission) !== null) && <Progress mission={mission} />}
        {words !== null && <p class={isSaid ? 'quiet is-said' : 'quiet'}>{words}</p>}
      </div>
      {command !== null && (
        <div class="next">
          <span class="quiet">Next</span> <CommandToCopy command={command} />
        </div>
      )}
      <Decisions mission={mission} />
      <Worktrees mission={mission} />
      <Tabs mission={mission} route={route} />
    </div>
  )
}

/** The tab of the board keeps the reader's choices for it. */
function Tabs({ mission: { id, documents }, route }: HeadProps) {
  const board = useRef(WHOLE_BOARD)
  if (route.view === 'board') board.current = route.board
  const current = (view: Route['view']) => (route.view === view ? 'page' : undefined)
  return (
    <nav class="tabs" aria-label="Mission">
      <a href={boardLink(id, null, board.current)} aria-current={current('board')}>
        Board
      </a>
      <a
        href={documentLink(id, null)}
        aria-current={current('documents')}
        aria-label={`Documents, ${formatCount(documents.length, 'file')}`}
      >
        Documents <span class="number">{documents.length}</span>
      </a>
      <a href={printRoute({ view: 'flow', mission: id })} aria-current={current('flow')}>
        Flow
      </a>
    </nav>
  )
}

/** The decisions that the mission asks people for. */
function Decisions({ mission: { id, open_decisions: open } }: { readonly mission: MissionReply }) {
  if (open.length === 0) return null
  return (
    <ul class="worktrees" aria-label="Open decisions">
      {open.map(({ id: key, question, asked_at: since, document }) => (
        <li key={key}>
          <b>Decision</b>{' '}
          {document === null ? (
            <bdi>{visible(question)}</bdi>
          ) : (
            <a href={documentLink(id, document)}>
              <bdi>{visible(question)}</bdi>
            </a>
          )}{' '}
          {since !== null && <Since time={since} />}
        </li>
      ))}
    </ul>
  )
}

/**
 * Says which worktrees contain events that the main checkout does not, because somebody who looks only there sees another
 * state.
 */
function Worktrees({ mission: { worktrees } }: { readonly mission: MissionReply }) {
  if (worktrees.length === 0) return null
  return (
    <ul class="worktrees" aria-label="Worktrees">
      {worktrees.map(({ name, events }) => (
        <li key={name}>
          {formatCount(events, 'event')} from the worktree <bdi class="path">{visible(name)}</bdi>, not in the
          main checkout yet
        </li>
      ))}
    </ul>
  )
}

function Gone({ mission }: { readonly mission: string }) {
  return (
    <Notice title="This mission is not there" isPage>
      <p>
        There is no directory <bdi class="path">kitty-specs/{visible(mission)}</bdi>. If it comes back, it
        appears here.
      </p>
      <p>
        <a href="#/missions">See all missions</a>
      </p>
    </Notice>
  )
}

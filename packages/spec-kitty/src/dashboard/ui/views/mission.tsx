import { useEffect } from 'preact/hooks'
import type { MissionReply } from '../../api.js'
import { formatCount } from '../format.js'
import { describeCounts } from '../columns.js'
import { Ago } from '../live/clock.js'
import { rawReplies, useReply } from '../live/reply.js'
import { printRoute, type Route } from '../route.js'
import { visible } from '../visible.js'
import { Board } from './board.js'
import { Documents } from './documents.js'
import { Guard } from './guard.js'
import { Failed, Loading, Notice, Problems, Stale } from './notice.js'
import { PackageDialog } from './package-dialog.js'
import { Progress } from './progress.js'

type MissionRoute = Extract<Route, { view: 'board' | 'documents' }>

/** One mission: its board with a card's prompt beside it, or its documents. */
export function MissionView({ route }: { readonly route: MissionRoute }) {
  const { value, failure, read } = useReply<MissionReply>(
    `/api/missions/${encodeURIComponent(route.mission)}`,
    {
      isConcerned: ({ missions }) => missions === null || missions.includes(route.mission),
      announcement: 'The mission has changed.',
    },
  )
  useEffect(() => {
    document.title = `${visible(value?.title ?? route.mission)} · spec-kitty dashboard`
  }, [value, route.mission])

  if (failure?.status === 404) return <Gone mission={route.mission} />
  if (value === null && failure !== null) return <Failed what="The mission" failure={failure} read={read} />
  if (value === null) return <Loading />
  return (
    <div class="view is-wide">
      <Stale failure={failure} />
      <Guard what="This mission" of={value} raw={rawReplies}>
        <Head mission={value} route={route} />
        {route.view === 'documents' && <Documents mission={value} chosen={route.document} />}
        {route.view === 'board' && <Problems problems={value.problems} />}
        {route.view === 'board' && <Board mission={value} />}
        {route.view === 'board' && route.card !== null && (
          <PackageDialog key={route.card} mission={value} card={route.card} />
        )}
      </Guard>
    </div>
  )
}

function Head({ mission, route }: { readonly mission: MissionReply; readonly route: MissionRoute }) {
  const { id, documents } = mission
  const words = mission.progress === null ? null : describeCounts(mission)
  return (
    <div class="mission-head">
      <p class="crumbs">
        <a href="#/">Missions</a> <span aria-hidden="true">/</span> <bdi class="path">{visible(id)}</bdi>
      </p>
      <h1>
        <bdi>{visible(mission.title)}</bdi>
      </h1>
      <div class="mission-state">
        <Progress mission={mission} />
        {words !== null && <p class="quiet">{words}</p>}
        {mission.updated_at !== null && (
          <p class="quiet">
            changed <Ago time={mission.updated_at} />
          </p>
        )}
      </div>
      <Worktrees mission={mission} />
      <nav class="tabs" aria-label="Mission">
        <a
          href={printRoute({ view: 'board', mission: id, card: null })}
          aria-current={route.view === 'board' ? 'page' : undefined}
        >
          Board
        </a>
        <a
          href={printRoute({ view: 'documents', mission: id, document: null })}
          aria-current={route.view === 'documents' ? 'page' : undefined}
          aria-label={`Documents, ${formatCount(documents.length, 'file')}`}
        >
          Documents <span class="number">{documents.length}</span>
        </a>
      </nav>
    </div>
  )
}

/** Says where events come from that the main checkout does not have: who looks only there sees another state. */
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
        <a href="#/">See all missions</a>
      </p>
    </Notice>
  )
}

import { useEffect, useState } from 'preact/hooks'
import type { MissionsReply, MissionSummary } from '../../api.js'
import { formatCount } from '../format.js'
import { COLUMNS } from '../columns.js'
import { Ago } from '../live/clock.js'
import { rawReplies, type Reading } from '../live/reply.js'
import { printRoute } from '../route.js'
import { visible } from '../visible.js'
import { Guard } from './guard.js'
import { Failed, Loading, Notice, Problems, Stale } from './notice.js'
import { Progress } from './progress.js'

/** The list has a search field if there are at least this many missions. */
const FILTER_FROM = 9

/** Every mission of the project, the most recently changed first. */
export function MissionsView({ missions }: { readonly missions: Reading<MissionsReply> }) {
  const reply = missions.value
  useEffect(() => {
    document.title = reply === null ? 'spec-kitty dashboard' : `Missions · ${visible(reply.project.name)}`
  }, [reply])
  return (
    <div class="view">
      <h1>Missions</h1>
      {reply !== null && <Stale failure={missions.failure} />}
      {reply !== null ? (
        <Guard what="The list" of={reply} raw={rawReplies}>
          <List reply={reply} />
        </Guard>
      ) : missions.failure !== null ? (
        <Failed what="The list of missions" failure={missions.failure} read={missions.read} />
      ) : (
        <Loading />
      )}
    </div>
  )
}

function List({ reply }: { readonly reply: MissionsReply }) {
  const [wanted, setWanted] = useState('')
  const shown = reply.missions.filter((mission) => matches(mission, wanted))
  return (
    <>
      <p class="lead">
        {formatCount(reply.missions.length, 'mission')} in{' '}
        <bdi class="path">{visible(reply.project.path)}</bdi>
      </p>
      <Problems problems={reply.problems} />
      {reply.missions.length >= FILTER_FROM && <Filter wanted={wanted} setWanted={setWanted} />}
      {reply.missions.length === 0 && <NoMissions />}
      {reply.missions.length > 0 && shown.length === 0 && (
        <Notice title="No mission with these letters">Its title or its directory is searched.</Notice>
      )}
      {shown.some(({ progress }) => progress !== null) && <Legend />}
      {shown.length > 0 && (
        <ul class="missions" aria-label="Missions">
          {shown.map((mission) => (
            <Row key={mission.id} mission={mission} />
          ))}
        </ul>
      )}
    </>
  )
}

function matches(mission: MissionSummary, wanted: string): boolean {
  return `${mission.title} ${mission.id}`.toLowerCase().includes(wanted.trim().toLowerCase())
}

interface FilterProps {
  readonly wanted: string
  readonly setWanted: (wanted: string) => void
}

function Filter({ wanted, setWanted }: FilterProps) {
  return (
    <label class="filter">
      <span class="visually-hidden">Find a mission</span>
      <input
        type="search"
        placeholder="Find a mission"
        autocomplete="off"
        spellcheck={false}
        value={wanted}
        onInput={(event) => setWanted(event.currentTarget.value)}
      />
    </label>
  )
}

function Row({ mission }: { readonly mission: MissionSummary }) {
  return (
    <li class="mission-row">
      <div class="mission-name">
        <h2>
          <a class="stretched" href={printRoute({ view: 'board', mission: mission.id, card: null })}>
            <bdi>{visible(mission.title)}</bdi>
          </a>
        </h2>
        <p class="quiet">
          <bdi class="path">{visible(mission.id)}</bdi>
          {mission.problem_count > 0 && (
            <span class="problem-count">{formatCount(mission.problem_count, 'problem')}</span>
          )}
        </p>
      </div>
      <Counts mission={mission} />
      <Progress mission={mission} />
      <p class="when quiet">{mission.updated_at !== null && <Ago time={mission.updated_at} />}</p>
    </li>
  )
}

/** Explains the colours of the counts and bars below. Screen readers get their meaning in words instead. */
function Legend() {
  return (
    <p class="counts legend" aria-hidden="true">
      {COLUMNS.map(({ column, name }) => (
        <span key={column} class="count" data-column={column}>
          {name}
        </span>
      ))}
    </p>
  )
}

/** Hidden from screen readers, because the progress bar tells them the same in words. */
function Counts({ mission }: { readonly mission: MissionSummary }) {
  return (
    <div class="counts" aria-hidden="true">
      {COLUMNS.filter(({ column }) => mission.counts[column] > 0).map(({ column, name }) => (
        <span key={column} class="count" data-column={column} title={name}>
          {mission.counts[column]}
        </span>
      ))}
    </div>
  )
}

function NoMissions() {
  return (
    <Notice title="No missions yet">
      <p>A mission is a directory below kitty-specs. Make one, and it appears here by itself:</p>
      <pre class="command">
        {'mkdir -p kitty-specs/001-my-mission/tasks\n$EDITOR kitty-specs/001-my-mission/spec.md'}
      </pre>
      <p class="quiet">
        Beside spec.md there is room for plan.md and tasks.md; each work package is a file like
        tasks/WP01-first-step.md.
      </p>
    </Notice>
  )
}

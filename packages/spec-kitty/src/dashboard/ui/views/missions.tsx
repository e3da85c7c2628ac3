import { useEffect } from 'preact/hooks'
import type { MissionsReply, MissionSummary } from '../../api.js'
import { formatCount } from '../format.js'
import { COLUMNS, LANE_CHOICES } from '../board-words.js'
import { describeCounts, sharesOf } from '../board-shares.js'
import { agentsOf, describeWaiting, sectionsOf, SORTS, type ListSection } from '../mission-list.js'
import { Ago } from '../live/clock.js'
import { rawReplies, useReply } from '../live/use-reply.js'
import { replaceRoute } from '../location.js'
import { boardLink, WHOLE_LIST, type ListChoice } from '../url-route.js'
import { setTitle } from '../tab-title.js'
import { visible } from '../show-invisible.js'
import { Select, TextFilter, useResult } from './filter.js'
import { Guard } from './guard.js'
import { moveInList } from './list-keys.js'
import { Failed, Loading, Notice, Problems, Stale } from './notice.js'
import { Progress } from './progress.js'

/** The minimum number of missions for which the list has filters. */
const FILTER_FROM = 9

/** Every mission of the project: active ones, those that wait for the reader, finished ones. */
export function MissionsView({ list }: { readonly list: ListChoice }) {
  const {
    value: reply,
    failure,
    read,
  } = useReply<MissionsReply>('/api/missions', {
    isConcerned: ({ missions }) => missions === null || missions.length > 0,
    announcement: 'The list of missions has changed.',
  })
  const project = reply?.project.name
  useEffect(() => setTitle(project === undefined ? 'Missions' : `Missions · ${visible(project)}`), [project])
  return (
    <div class="view is-wide">
      <h1>Missions</h1>
      {reply !== null && <Stale failure={failure} />}
      {reply !== null ? (
        <Guard what="The list" of={reply} raw={rawReplies}>
          <List reply={reply} choice={list} />
        </Guard>
      ) : failure !== null ? (
        <Failed what="The list of missions" failure={failure} read={read} />
      ) : (
        <Loading />
      )}
    </div>
  )
}

function List({ reply, choice }: { readonly reply: MissionsReply; readonly choice: ListChoice }) {
  const { missions, project } = reply
  const sections = sectionsOf(missions, choice)
  const shown = sections.reduce((sum, section) => sum + section.missions.length, 0)
  const isChosen = JSON.stringify(choice) !== JSON.stringify(WHOLE_LIST)
  const all = formatCount(missions.length, 'mission')
  useResult(`${shown} of ${all}`)
  return (
    <>
      <p class="lead">
        {shown < missions.length ? `${shown} of ${all}` : all} in{' '}
        <bdi class="path">{visible(project.path)}</bdi>
        {reply.charter !== null && (
          <span class="apart">
            <a href="#/charter">Charter</a>
          </span>
        )}
      </p>
      <Problems problems={reply.problems} />
      {(missions.length >= FILTER_FROM || isChosen) && <Filters missions={missions} choice={choice} />}
      {missions.length === 0 && <NoMissions />}
      {missions.length > 0 && shown === 0 && <NoMatch />}
      {shown > 0 && (
        <div class="list" onKeyDown={moveInList}>
          {sections.some((section) => section.missions.some(({ progress }) => progress !== null)) && (
            <Legend />
          )}
          <ul class="missions" aria-label="Missions">
            {sections.map((section) => (
              <Section key={section.section} section={section} />
            ))}
          </ul>
        </div>
      )}
    </>
  )
}

interface FiltersProps {
  readonly missions: readonly MissionSummary[]
  readonly choice: ListChoice
}

function Filters({ missions, choice }: FiltersProps) {
  const choose = (change: Partial<ListChoice>) =>
    replaceRoute({ view: 'missions', list: { ...choice, ...change } })
  const agents = agentsOf(missions).map((agent) => ({ value: agent, name: agent }))
  return (
    <search class="filters">
      <TextFilter name="Find a mission" text={choice.text} choose={(text) => choose({ text })} />
      <Select
        name="Lane"
        value={choice.lane}
        options={[{ value: '', name: 'any' }, ...LANE_CHOICES]}
        choose={(lane) => choose({ lane })}
      />
      {agents.length > 0 && (
        <Select
          name="Agent"
          value={choice.agent}
          options={[{ value: '', name: 'any' }, ...agents]}
          choose={(agent) => choose({ agent })}
        />
      )}
      <Select
        name="Sort by"
        value={choice.sort}
        options={SORTS.map(({ sort, name }) => ({ value: sort, name }))}
        choose={(sort) => choose({ sort })}
      />
    </search>
  )
}

function NoMatch() {
  return (
    <Notice title="No mission like this">
      <p>The words are searched in titles, directories and purposes; lane and agent in the work packages.</p>
      <button
        type="button"
        class="button"
        onClick={() => replaceRoute({ view: 'missions', list: WHOLE_LIST })}
      >
        Show all missions
      </button>
    </Notice>
  )
}

function Section({ section: { section, name, missions } }: { readonly section: ListSection }) {
  return (
    <li class="list-section" data-section={section}>
      <header>
        <h2 id={`section-${section}`}>
          {name} <span class="number">{missions.length}</span>
        </h2>
        {section === 'waiting' && <p class="quiet">{describeWaiting(missions)}</p>}
      </header>
      <ul aria-labelledby={`section-${section}`}>
        {missions.map((mission) => (
          <Row key={mission.id} mission={mission} />
        ))}
      </ul>
    </li>
  )
}

function Row({ mission }: { readonly mission: MissionSummary }) {
  const words = describeCounts(mission)
  return (
    <li class="mission-row" data-state={mission.state}>
      <div class="mission-name">
        <h3>
          <a class="stretched" href={boardLink(mission.id)} data-row-link>
            <bdi>{visible(mission.title)}</bdi>
          </a>
        </h3>
        <p class="quiet">
          <bdi class="path">{visible(mission.id)}</bdi>
          {mission.problem_count > 0 && (
            <span class="problem-count">{formatCount(mission.problem_count, 'problem')}</span>
          )}
          {mission.purpose !== null && <bdi class="purpose">{visible(mission.purpose)}</bdi>}
        </p>
      </div>
      <p class="state">{visible(mission.state_words)}</p>
      <Counts mission={mission} />
      {mission.progress === null && words === null ? <span /> : <Progress mission={mission} />}
      {words !== null && mission.progress !== null && <p class="counts-words quiet">{words}</p>}
      <p class="when quiet">{mission.updated_at !== null && <Ago time={mission.updated_at} />}</p>
    </li>
  )
}

/** The headings of the columns of counts, with the colours of the bars. Screen readers get the counts in words instead. */
function Legend() {
  return (
    <p class="counts legend" aria-hidden="true">
      <span class="legend-columns">
        {COLUMNS.map(({ column, name }) => (
          <span key={column} class="count" data-column={column}>
            {name}
          </span>
        ))}
      </span>
    </p>
  )
}

/** Hidden from screen readers, because the label of the progress bar contains the same in words. */
function Counts({ mission }: { readonly mission: MissionSummary }) {
  return (
    <div class="counts" aria-hidden="true">
      {sharesOf(mission)
        .filter(({ share }) => share !== 'canceled')
        .map(({ share, name, count }) => (
          <span key={share} class={count === 0 ? 'no-count' : 'count'} data-column={share} title={name}>
            {count === 0 ? '·' : count}
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

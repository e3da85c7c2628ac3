import type { FlowDay, MissionReply, PackageFlow } from '../../api.js'
import { COLUMNS } from '../board-words.js'
import type { ShareName } from '../board-shares.js'
import { burnUp, countIn, describeCycles, spanOf, type Span } from '../flow.js'
import { formatDuration, formatRough } from '../format.js'
import { boardLink } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { Notice } from './notice.js'

/** How a mission progressed: how many packages were in each column on each day, and how long each package took. */
export function FlowView({ mission }: { readonly mission: MissionReply }) {
  const { days, packages } = mission.flow
  if (days.length === 0) {
    return (
      <Notice title="Nothing has happened yet">
        <p>As soon as the log moves a work package, its way over time is drawn here.</p>
      </Notice>
    )
  }
  return (
    <div class="flow">
      <section aria-label="Burn-up">
        <h2>Burn-up</h2>
        <p class="quiet">Work packages in each column at the end of each day (UTC).</p>
        <div class="flow-pair">
          <BurnUpChart days={days} />
          <DaysTable days={days} />
        </div>
      </section>
      <section aria-label="Cycle time">
        <h2>Cycle time</h2>
        <p class="quiet">{describeCycles(packages, mission.work_packages)}</p>
        <CycleTable packages={packages} mission={mission} />
      </section>
    </div>
  )
}

function canceledIn({ work_packages: packages }: MissionReply): ReadonlySet<string> {
  return new Set(packages.filter(({ lane }) => lane === 'canceled').map(({ id }) => id))
}

/** Returns the groups to draw: the columns and, if any package was canceled, the canceled packages. */
function sharesIn(days: readonly FlowDay[]): readonly { readonly share: ShareName; readonly name: string }[] {
  const columns = COLUMNS.map(({ column, name }) => ({ share: column, name }))
  const isCanceled = days.some(({ canceled }) => canceled > 0)
  return isCanceled ? [...columns, { share: 'canceled', name: 'Canceled' }] : columns
}

const CHART = { width: 640, height: 260 } as const

/** Where lines are drawn through the chart, so that the eye can compare days that are far apart. */
const QUARTERS = [0.25, 0.5, 0.75]

function BurnUpChart({ days }: { readonly days: readonly FlowDay[] }) {
  const { areas, top } = burnUp(days, CHART.width, CHART.height)
  const [first, last] = [days[0], days.at(-1)]
  const done = last === undefined ? 0 : countIn(last, 'done')
  const words = `From ${first?.date} to ${last?.date}: ${done} of ${last?.total} done. The table has every day.`
  return (
    <figure class="chart">
      <p class="counts legend" aria-hidden="true">
        {sharesIn(days).map(({ share, name }) => (
          <span key={share} class="count" data-column={share}>
            {name}
          </span>
        ))}
      </p>
      <div class="chart-body">
        <div class="chart-scale" aria-hidden="true">
          <span>{top}</span>
          {top % 2 === 0 && <span>{top / 2}</span>}
          <span>0</span>
        </div>
        <svg
          viewBox={`0 0 ${CHART.width} ${CHART.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={words}
        >
          {areas.map(({ column, points }) => (
            <polygon key={column} class="segment" data-column={column} points={points} />
          ))}
          {QUARTERS.map((quarter) => (
            <path key={quarter} class="chart-line" d={`M0 ${CHART.height * quarter}h${CHART.width}`} />
          ))}
        </svg>
      </div>
      <figcaption>
        <span>{first?.date}</span> <span>{last !== first && last?.date}</span>
      </figcaption>
    </figure>
  )
}

function DaysTable({ days }: { readonly days: readonly FlowDay[] }) {
  const shares = sharesIn(days)
  return (
    <div class="wide is-high" tabIndex={0} role="group" aria-label="Days">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Day</th>
            {shares.map(({ share, name }) => (
              <th key={share} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.date}>
              <th scope="row">{day.date}</th>
              {shares.map(({ share }) => (
                <td key={share}>{countIn(day, share)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CycleTableProps {
  readonly packages: readonly PackageFlow[]
  readonly mission: MissionReply
}

function CycleTable({ packages, mission }: CycleTableProps) {
  const now = Date.now()
  const canceled = canceledIn(mission)
  const started = packages.filter(({ started_at: startedAt }) => startedAt !== null)
  const isOver = ({ id }: PackageFlow) => canceled.has(id) || mission.section === 'finished'
  const spans = new Map(started.map((one) => [one.id, spanOf(one, isOver(one) ? null : now)]))
  const longest = Math.max(1, ...[...spans.values()].map((span) => span?.seconds ?? 0))
  const titles = new Map(mission.work_packages.map(({ id, title }) => [id, title]))
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Cycle times">
      <table class="figures is-cycle">
        <thead>
          <tr>
            <th scope="col">Work package</th>
            <th scope="col">Took</th>
            <th scope="col">Sent back</th>
            <th scope="col">Started</th>
            <th scope="col">Approved</th>
          </tr>
        </thead>
        <tbody>
          {started.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <a href={boardLink(mission.id, one.id)}>
                  <bdi class="id">{visible(one.id)}</bdi>
                </a>{' '}
                <bdi>{visible(titles.get(one.id) ?? '')}</bdi>
              </th>
              <td class="took">
                <Took span={spans.get(one.id) ?? null} longest={longest} />
              </td>
              <td>{one.sent_back === 0 ? '' : `${one.sent_back}×`}</td>
              <td>
                <Moment time={one.started_at} />
              </td>
              <td>
                <Moment time={one.finished_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A bar and a duration. The bar of what is not yet approved is hollow, because it grows. */
function Took({ span, longest }: { readonly span: Span | null; readonly longest: number }) {
  if (span === null) return null
  const { seconds, isOpen } = span
  return (
    <>
      <svg width="120" height="10" aria-hidden="true">
        <rect
          class={isOpen ? 'took-bar is-open' : 'took-bar'}
          x="0.5"
          y="0.5"
          width={Math.max(2, (seconds / longest) * 119)}
          height="9"
          rx="2"
        />
      </svg>{' '}
      <span class="took-words">{isOpen ? `${formatRough(seconds)} so far` : formatDuration(seconds)}</span>
    </>
  )
}

/** The day of a change and, where there is room, the time of day. */
function Moment({ time }: { readonly time: string | null }) {
  const date = new Date(time ?? '')
  if (Number.isNaN(date.getTime())) return null
  const clock = date.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })}
      <span class="clock">, {clock}</span>
    </time>
  )
}

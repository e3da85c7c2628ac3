import type { MissionSummary } from '../../api.js'
import { formatShare } from '../format.js'
import { describeCounts, segmentsOf, shareInNoColumn } from '../board-shares.js'

/**
 * A mission's weighted progress as a bar and a number. The length of the bar corresponds to the number, and its colours
 * are those of the columns that the packages have reached. If all packages are approved, the number is left out, because
 * only the merge is missing and the state already says so.
 */
export function Progress({ mission }: { readonly mission: MissionSummary }) {
  const { progress } = mission
  const words = describeCounts(mission)
  const isApproved = mission.state === 'approved'
  if (progress === null) return <p class="progress is-empty">{words ?? 'No work packages yet'}</p>
  return (
    <div class="progress">
      <div
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(progress * 100)}
        aria-valuetext={isApproved ? mission.state_words : describe(progress, words)}
        title={words ?? undefined}
      >
        <Bar mission={mission} progress={progress} />
      </div>
      <span class="percent" aria-hidden="true">
        {!isApproved && formatShare(progress)}
      </span>
    </div>
  )
}

function describe(progress: number, words: string | null): string {
  return words === null ? formatShare(progress) : `${formatShare(progress)}: ${words}`
}

interface BarProps {
  readonly mission: MissionSummary
  readonly progress: number
}

/**
 * The rest of the track is the work that is still to be done; its end is dashed for packages that are in no column. Drawn
 * with SVG attributes, because the page's content security policy forbids inline styles.
 */
function Bar({ mission, progress }: BarProps) {
  const segments = segmentsOf(mission, progress)
  const others = shareInNoColumn(mission)
  return (
    <svg class="bar" width="100%" height="8" aria-hidden="true">
      {segments.map(({ column, start, end }) => (
        <Segment key={column} column={column} start={start} end={end} />
      ))}
      {others > 0 && (
        <line class="in-no-column" x1={percent(1 - Math.min(others, 1 - progress))} x2="100%" y1="4" y2="4" />
      )}
    </svg>
  )
}

interface SegmentProps {
  readonly column: string
  readonly start: number
  readonly end: number
}

function Segment({ column, start, end }: SegmentProps) {
  return (
    <rect
      class="segment"
      data-column={column}
      x={percent(start)}
      y="0"
      width={percent(end - start)}
      height="8"
    />
  )
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`
}

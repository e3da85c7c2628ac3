import type { MissionSummary } from '../../api.js'
import { formatShare } from '../format.js'
import { describeCounts, sharesOf } from '../board-words.js'

/**
 * A mission's work packages as one bar, in the order of the board's columns, with the weighted progress beside it. If all
 * packages are approved, the share is left out, because only the merge is missing, and the state says so.
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
        <Bar mission={mission} />
      </div>
      {!isApproved && (
        <span class="percent" aria-hidden="true">
          {formatShare(progress)}
        </span>
      )}
    </div>
  )
}

function describe(progress: number, words: string | null): string {
  return words === null ? formatShare(progress) : `${formatShare(progress)}: ${words}`
}

/** Drawn with SVG attributes, because the page's content security policy forbids inline styles. */
function Bar({ mission }: { readonly mission: MissionSummary }) {
  const shares = sharesOf(mission)
  const total = shares.reduce((sum, { count }) => sum + count, 0)
  let from = 0
  return (
    <svg class="bar" width="100%" height="8" aria-hidden="true">
      {shares.map(({ share, count }) => {
        const start = from
        from += count
        return count > 0 ? (
          <Segment key={share} column={share} start={start / total} end={from / total} />
        ) : null
      })}
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

interface SubtasksProps {
  readonly done: number
  readonly total: number
}

/** How many subtasks are done: `3/7`, with a small bar. */
export function Subtasks({ done, total }: SubtasksProps) {
  if (total === 0) return <span class="subtask-count" />
  const share = Math.round((Math.min(done, total) / total) * 100)
  return (
    <span class="subtask-count">
      <svg class="mini" width="28" height="6" aria-hidden="true">
        <rect class="mini-all" width="100%" height="6" rx="3" />
        <rect class="mini-done" width={`${share}%`} height="6" rx="3" />
      </svg>
      <span aria-hidden="true">
        {done}/{total}
      </span>
      <span class="visually-hidden">
        {done} of {total} subtasks
      </span>
    </span>
  )
}

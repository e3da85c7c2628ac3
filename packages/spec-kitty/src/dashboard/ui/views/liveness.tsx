import type { AgentProcess } from '../../api.js'
import { LIVENESS } from '../now-words.js'
import { visible } from '../show-invisible.js'

/** Whether the process of an agent is running, in one word; the tooltip says why. */
export function LivenessWord({ process }: { readonly process: AgentProcess | null }) {
  const liveness = process?.liveness ?? 'unknown'
  return (
    <span class="mark" data-liveness={liveness} title={visible(process?.why ?? LIVENESS[liveness].meaning)}>
      {LIVENESS[liveness].name}
    </span>
  )
}

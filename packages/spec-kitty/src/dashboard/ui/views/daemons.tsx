import { useEffect } from 'preact/hooks'
import type { DaemonsReply } from '../../api.js'
import { sortDaemons, summariseDaemons } from '../daemon-conditions.js'
import { Ago } from '../live/clock.js'
import { rawReplies, useReply } from '../live/use-reply.js'
import { setTitle } from '../tab-title.js'
import { visible } from '../show-invisible.js'
import { CommandToCopy } from './copy.js'
import { Daemon } from './daemon.js'
import { Guard } from './guard.js'
import { Failed, Loading, Notice } from './notice.js'

/** Every listener in the port ranges of both families: what it is, why, and a command for it. The page itself ends nothing. */
export function DaemonsView() {
  const { value, failure, isReading, read } = useReply<DaemonsReply>('/api/daemons', {
    isConcerned: null,
    announcement: 'The daemons have been looked at again.',
  })
  useEffect(() => setTitle('Daemons · spec-kitty dashboard'), [])
  return (
    <div class="view">
      <div class="title-row">
        <h1>Daemons</h1>
        <button type="button" class="button" onClick={read} aria-disabled={isReading}>
          {isReading ? 'Looking …' : 'Refresh'}
        </button>
      </div>
      <p class="lead">
        What runs for this project and for you. This view only looks
        {value !== null && (
          <>
            {' '}
            (<Ago time={value.generated_at} />)
          </>
        )}
        : to change something, copy a command into a terminal.
      </p>
      {failure !== null && <Failed what="The list of daemons" failure={failure} read={read} />}
      {value === null && failure === null && <Loading />}
      {value !== null && (
        <Guard what="The list of daemons" of={value} raw={rawReplies}>
          <Summary reply={value} />
          {value.families.map((family) => (
            <Family key={family.name} family={family} />
          ))}
        </Guard>
      )}
    </div>
  )
}

/** What can be cleaned up, and what each clean-up would do. The page itself does nothing. */
function Summary({ reply: { summary, families } }: { readonly reply: DaemonsReply }) {
  const plans = families.filter(({ problem, clean_up: plan }) => problem === null && plan.lines.length > 0)
  return (
    <section class="clean-up" aria-label="Clean-up">
      <p>
        <strong>{capitalised(visible(summary.text))}</strong>
      </p>
      {summary.commands.map((command) => (
        <CommandToCopy key={command} command={command} />
      ))}
      {plans.map(({ name, clean_up: plan }) => (
        <details key={name}>
          <summary>{capitalised(visible(name))}: what a clean-up would do</summary>
          <ul>
            {plan.lines.map((line) => (
              <li key={line}>{visible(line)}</li>
            ))}
          </ul>
          <p class="quiet">The same in a terminal. It only looks, too:</p>
          <CommandToCopy command={plan.dry_run_command} />
        </details>
      ))}
    </section>
  )
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function Family({ family }: { readonly family: DaemonsReply['families'][number] }) {
  const { name, ports, daemons, problem } = family
  const summary = summariseDaemons(daemons)
  return (
    <section class="family" aria-label={visible(name)}>
      <header>
        <h2>{visible(name)}</h2>
        <p class="quiet">
          ports {ports.from}–{ports.to - 1}
          {summary !== null && `, ${summary}`}
        </p>
      </header>
      {problem !== null && (
        <p class="family-problem" role="alert">
          <strong>This family could not be looked at.</strong> {visible(problem)}
        </p>
      )}
      {problem === null && daemons.length === 0 && <NoDaemons family={name} />}
      {sortDaemons(daemons).map((daemon) => (
        <Daemon key={`${daemon.pid}:${daemon.port}`} daemon={daemon} />
      ))}
    </section>
  )
}

function NoDaemons({ family }: { readonly family: string }) {
  return (
    <Notice title="Nothing runs here">
      {family === 'sync' ? (
        <p>
          A sync daemon starts when a command needs it, or by{' '}
          <code class="command">spec-kitty sync start</code>
        </p>
      ) : (
        <p>Nothing listens in these ports.</p>
      )}
    </Notice>
  )
}

import { useEffect } from 'preact/hooks'
import type { NowReply } from '../../api.js'
import { Since } from '../live/clock.js'
import { rawReplies, type Reading } from '../live/use-reply.js'
import { summariseNow } from '../now-words.js'
import { keyOf } from '../newly-waiting.js'
import { setTitle } from '../tab-title.js'
import { visible } from '../show-invisible.js'
import { CommandToCopy } from './copy.js'
import { Guard } from './guard.js'
import { moveInList } from './list-keys.js'
import { doubtWords, Failed, Loading, Stale } from './notice.js'
import { Meanings, NotifyButton, Quiet } from './now-frame.js'
import { Asked, MissionLink, Ready, Waiting, Working } from './now-rows.js'
import { Jumps, Section, ShownWhole } from './now-section.js'

interface NowProps {
  readonly now: Reading<NowReply>
  /** The ids of the sections that are shown completely, separated by commas. */
  readonly all: string
}

/** The view of who works on what in all missions, and what waits for the reader. */
export function NowView({ now, all }: NowProps) {
  const reply = now.value
  useEffect(() => setTitle('Now · spec-kitty dashboard'), [])
  return (
    <div class="view">
      <div class="title-row">
        <h1>Now</h1>
        <NotifyButton />
      </div>
      {reply !== null && <Stale failure={now.failure} />}
      {reply !== null ? (
        <Guard what="This view" of={reply} raw={rawReplies}>
          <ShownWhole.Provider value={all.split(',').filter((name) => name !== '')}>
            <Lists reply={reply} />
          </ShownWhole.Provider>
        </Guard>
      ) : now.failure !== null ? (
        <Failed what="What happens now" failure={now.failure} read={now.read} />
      ) : (
        <Loading />
      )}
    </div>
  )
}

function Lists({ reply }: { readonly reply: NowReply }) {
  const {
    working,
    waiting,
    stalled,
    ready_to_start: ready,
    ready_to_merge: merging,
    unreadable,
    decisions,
    counts,
  } = reply
  const needed = counts.waiting + counts.decisions
  const words = summariseNow(reply)
  if (words === '') return <Quiet />
  return (
    <div class="now" onKeyDown={moveInList}>
      <Jumps
        words={words}
        counts={[
          ['Waiting for you', needed],
          ['Stalled', counts.stalled],
          ['At work', counts.working],
          ['Ready to start', counts.ready_to_start],
          ['Ready to merge', counts.ready_to_merge],
          ['Not readable', counts.unreadable],
        ]}
      />
      <Section
        name="Waiting for you"
        count={needed}
        shown={waiting.length + decisions.length}
        empty={
          counts.unreadable === 0 ? 'Nothing waits for you.' : 'Nothing waits for you in what could be read.'
        }
      >
        {decisions.map((one) => (
          <Asked key={`${one.mission.id}\n${one.id}`} one={one} />
        ))}
        {waiting.map((one) => (
          <Waiting key={keyOf(one)} one={one} />
        ))}
      </Section>
      <Section name="Stalled" count={counts.stalled} shown={stalled.length}>
        {stalled.map((one) => (
          <Working key={keyOf(one)} one={one} />
        ))}
      </Section>
      <Section
        name="At work"
        count={counts.working}
        shown={working.length}
        empty={counts.unreadable === 0 ? 'Nobody is at work.' : 'Nobody is at work in what could be read.'}
      >
        {working.map((one) => (
          <Working key={keyOf(one)} one={one} />
        ))}
      </Section>
      <Section name="Ready to start" count={counts.ready_to_start} shown={ready.length}>
        {ready.map((one) => (
          <Ready key={keyOf(one)} one={one} />
        ))}
      </Section>
      <Section name="Ready to merge" count={counts.ready_to_merge} shown={merging.length}>
        {merging.map(({ mission, since, command }) => (
          <li key={mission.id} class="now-row is-merge">
            <MissionLink mission={mission}>
              approved, waiting for merge {since !== null && <Since time={since} />}
            </MissionLink>
            <CommandToCopy command={command} />
          </li>
        ))}
      </Section>
      <Section name="Not readable" count={counts.unreadable} shown={unreadable.length}>
        {unreadable.map(({ mission, problem }) => (
          <li key={`${problem.path}\n${problem.what}`} class="now-row is-merge">
            <MissionLink mission={mission}>
              <bdi class="path">{visible(problem.path)}</bdi> {visible(problem.what)}
              {visible(doubtWords(problem))}
            </MissionLink>
          </li>
        ))}
      </Section>
      <Meanings />
    </div>
  )
}

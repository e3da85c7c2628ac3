import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { NowPackage, NowReply, ReadyPackage, WaitingPackage } from '../../api.js'
import { laneName } from '../board-words.js'
import { Since } from '../live/clock.js'
import { rawReplies, type Reading } from '../live/use-reply.js'
import { keyOf, shortAgent, summariseNow, waitingWord } from '../now-words.js'
import { boardLink } from '../url-route.js'
import { setTitle } from '../tab-title.js'
import { visible } from '../show-invisible.js'
import { CommandToCopy, Copy } from './copy.js'
import { Guard } from './guard.js'
import { moveInList } from './list-keys.js'
import { LivenessWord } from './liveness.js'
import { Failed, Loading, Stale } from './notice.js'
import { Meanings, NotifyButton, Quiet } from './now-frame.js'
import { Jumps, Section, ShownWhole } from './now-section.js'
import { Subtasks } from './subtasks.js'

interface NowProps {
  readonly now: Reading<NowReply>
  /** The sections that are shown whole, with commas. */
  readonly all: string
}

/** Who works on what in all missions, and what waits for the reader. */
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
    counts,
  } = reply
  const words = summariseNow(reply)
  if (words === '') return <Quiet />
  return (
    <div class="now" onKeyDown={moveInList}>
      <Jumps
        words={words}
        counts={[
          ['Waiting for you', counts.waiting],
          ['Stalled', counts.stalled],
          ['At work', counts.working],
          ['Ready to start', counts.ready_to_start],
          ['Ready to merge', counts.ready_to_merge],
          ['Not readable', counts.unreadable],
        ]}
      />
      <Section
        name="Waiting for you"
        count={counts.waiting}
        shown={waiting.length}
        empty={
          counts.unreadable === 0 ? 'Nothing waits for you.' : 'Nothing waits for you in what could be read.'
        }
      >
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
        {unreadable.map(({ mission, problem: { path, what } }) => (
          <li key={`${path}\n${what}`} class="now-row is-merge">
            <MissionLink mission={mission}>
              <bdi class="path">{visible(path)}</bdi> {visible(what)}
            </MissionLink>
          </li>
        ))}
      </Section>
      <Meanings />
    </div>
  )
}

/** One package: the word that matters most first, then what it is, who has it, and for how long. */
function Row({
  one,
  word,
  children,
}: {
  readonly one: NowPackage
  readonly word: ComponentChildren
  readonly children?: ComponentChildren
}) {
  return (
    <li class="now-row" data-package={one.id} data-lane={one.lane}>
      {word}
      <div class="now-what">
        <h3>
          <a class="stretched" href={boardLink(one.mission.id, one.id)} data-row-link>
            <bdi class="id">{visible(one.id)}</bdi> <bdi>{visible(one.title)}</bdi>
          </a>
        </h3>
        <p class="quiet">
          <bdi>{visible(one.mission.title)}</bdi>
          {one.sent_back > 0 && <span> · sent back {times(one.sent_back)}</span>}
          {children}
        </p>
      </div>
      <Who one={one} />
      <Subtasks done={one.subtasks_done} total={one.subtasks_total} />
      <p class="when quiet">
        {one.lane_since !== null && (
          <>
            <span class="visually-hidden">{visible(laneName(one.lane))}</span> <Since time={one.lane_since} />
          </>
        )}
      </p>
      {one.next_command !== null && (
        <Copy
          text={one.next_command}
          name="Copy command"
          label={`Copy command for ${visible(one.id)}: ${visible(one.next_command)}`}
        />
      )}
    </li>
  )
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function Waiting({ one }: { readonly one: WaitingPackage }) {
  return (
    <Row
      one={one}
      word={
        <span class="mark" data-why={one.why}>
          {waitingWord(one.why)}
        </span>
      }
    >
      {one.reason !== null && (
        <>
          {' · '}
          <bdi>{visible(one.reason)}</bdi>
        </>
      )}
      {one.process !== null && (
        <>
          {' · '}
          <LivenessWord process={one.process} />
        </>
      )}
    </Row>
  )
}

function Working({ one }: { readonly one: NowPackage }) {
  const { process } = one
  return (
    <Row one={one} word={<LivenessWord process={process} />}>
      {process !== null && process.liveness !== 'running' && <> · {visible(process.why)}</>}
    </Row>
  )
}

/** A package that waits for no other one, with the command that starts it. */
function Ready({
  one: { mission, id, title, unblocks, next_command: command },
}: {
  readonly one: ReadyPackage
}) {
  return (
    <li class="now-row is-merge" data-package={id} data-lane="planned">
      <div class="now-what">
        <h3>
          <a class="plain" href={boardLink(mission.id, id)} data-row-link>
            <bdi class="id">{visible(id)}</bdi> <bdi>{visible(title)}</bdi>
          </a>
        </h3>
        <p class="quiet">
          <bdi>{visible(mission.title)}</bdi>
          {unblocks > 0 && ` · ${unblocks} ${unblocks === 1 ? 'waits' : 'wait'} for it`}
        </p>
      </div>
      {command !== null && <CommandToCopy command={command} />}
    </li>
  )
}

function Who({ one: { agent, assignee, model, role } }: { readonly one: NowPackage }) {
  const name = agent ?? assignee
  const more = [model, role].filter((part) => part !== null && part !== '')
  return (
    <p class="who">
      {name === null ? (
        <span class="quiet">no agent named</span>
      ) : (
        <bdi title={visible(name)}>{visible(shortAgent(name))}</bdi>
      )}
      {more.length > 0 && <span class="quiet">{more.map((part) => visible(part ?? '')).join(', ')}</span>}
    </p>
  )
}

/** Without a mission, it is about those of the whole project. */
function MissionLink({
  mission,
  children,
}: {
  readonly mission: NowReply['unreadable'][number]['mission']
  readonly children: ComponentChildren
}) {
  return (
    <div class="now-what">
      <h3>
        <a class="plain" href={mission === null ? '#/missions' : boardLink(mission.id)} data-row-link>
          <bdi>{mission === null ? 'The missions' : visible(mission.title)}</bdi>
        </a>
      </h3>
      <p class="quiet">{children}</p>
    </div>
  )
}

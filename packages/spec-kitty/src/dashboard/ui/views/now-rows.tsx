import type { ComponentChild, ComponentChildren } from 'preact'
import type { NowPackage, NowReply, ReadyPackage, WaitingPackage } from '../../api.js'
import { laneName } from '../board-words.js'
import { Since } from '../live/clock.js'
import { waitingWord } from '../now-words.js'
import { shortAgent } from '../agent-names.js'
import { boardLink, documentLink } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { CommandToCopy, Copy } from './copy.js'
import { LeftWork } from './left-work.js'
import { LivenessWord } from './liveness.js'
import { Subtasks } from './subtasks.js'

/**
 * One package: first the word that matters most, then its name, who has it, and for how long. Facts that are null are left
 * out.
 */
function Row({
  one,
  word,
  facts,
}: {
  readonly one: NowPackage
  readonly word: ComponentChildren
  readonly facts: readonly ComponentChild[]
}) {
  const { process } = one
  const sentBack = one.sent_back > 0 ? `sent back ${times(one.sent_back)}` : null
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
          <bdi class="of" title={visible(one.mission.title)}>
            {visible(one.mission.title)}
          </bdi>
          {[sentBack, ...facts].map((fact) => fact !== null && <span> · {fact}</span>)}
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
      {process?.liveness === 'not_running_here' && (
        <details class="left">
          <summary>
            What can I do?<span class="visually-hidden"> About {visible(one.id)}</span>
          </summary>
          <LeftWork process={process} worktree={one.worktree} command={one.next_command} />
        </details>
      )}
    </li>
  )
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** A decision that people were asked for. It is taken where it was asked for, or with the tool; the page changes nothing. */
export function Asked({
  one: { mission, question, asked_at: since, document },
}: {
  readonly one: NowReply['decisions'][number]
}) {
  const link = document === null ? boardLink(mission.id) : documentLink(mission.id, document)
  return (
    <li class="now-row is-asked">
      <span class="mark" data-why="decision">
        Decision
      </span>
      <div class="now-what">
        <h3>
          <a class="stretched" href={link} data-row-link>
            <bdi>{visible(question)}</bdi>
          </a>
        </h3>
        <p class="quiet">
          <bdi>{visible(mission.title)}</bdi>
        </p>
      </div>
      <p class="when quiet">{since !== null && <Since time={since} />}</p>
    </li>
  )
}

/** A package that waits for the reader, with the reason. */
export function Waiting({ one }: { readonly one: WaitingPackage }) {
  return (
    <Row
      one={one}
      word={
        <span class="mark" data-why={one.why}>
          {waitingWord(one.why)}
        </span>
      }
      facts={[
        one.reason === null ? null : <bdi>{visible(one.reason)}</bdi>,
        one.why === 'blocked' && one.not_ready_because !== null ? visible(one.not_ready_because) : null,
        one.lane_doubt === null ? null : doubtOf(one.lane_doubt),
        one.process === null ? null : <LivenessWord process={one.process} />,
      ]}
    />
  )
}

/** A package that an agent is or was working on: its lane, and why its process is not known to be running. */
export function Working({ one }: { readonly one: NowPackage }) {
  const { process } = one
  return (
    <Row
      one={one}
      word={<LivenessWord process={process} />}
      facts={[
        visible(laneName(one.lane)).toLowerCase(),
        one.lane_doubt === null ? null : doubtOf(one.lane_doubt),
        process === null || process.liveness === 'running' ? null : visible(process.why),
      ]}
    />
  )
}

function doubtOf(why: string) {
  return (
    <span class="doubt" title={visible(why)}>
      lane in doubt
    </span>
  )
}

/** A package that waits for no other one, with the command that starts it. */
export function Ready({
  one: { mission, id, title, unblocks, next_command: command },
}: {
  readonly one: ReadyPackage
}) {
  return (
    <li class="now-row is-merge" data-package={id} data-lane="planned">
      <div class="now-what">
        <h3>
          <a class="stretched" href={boardLink(mission.id, id)} data-row-link>
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

/** A link to a mission, with a text about it. Without a mission, the text is about all missions of the project. */
export function MissionLink({
  mission,
  children,
}: {
  readonly mission: NowReply['unreadable'][number]['mission']
  readonly children: ComponentChildren
}) {
  return (
    <div class="now-what">
      <h3>
        <a class="stretched" href={mission === null ? '#/missions' : boardLink(mission.id)} data-row-link>
          <bdi>{mission === null ? 'The missions' : visible(mission.title)}</bdi>
        </a>
      </h3>
      <p class="quiet">{children}</p>
    </div>
  )
}

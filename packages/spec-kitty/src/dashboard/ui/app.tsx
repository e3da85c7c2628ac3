import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { NowPackage, NowReply } from '../api.js'
import { Header, Printed } from './views/header.js'
import { lazy } from './lazy.js'
import { Announcer } from './live/announce.js'
import { useContact } from './live/live-events.js'
import { rawReplies, useReply, type Reading } from './live/use-reply.js'
import { isFirstVisit, returnToPlace, useRoute } from './location.js'
import { notifyOf } from './notify.js'
import { oncePerPackage, waitingWord } from './now-words.js'
import { shortAgent } from './agent-names.js'
import { countNeeding, newlyAsked, newlyStalled, newlyWaiting } from './newly-waiting.js'
import type { Route } from './url-route.js'
import { setTitle, setWaiting } from './tab-title.js'
import { visible } from './show-invisible.js'
import { Guard } from './views/guard.js'
import { MissionView } from './views/mission.js'
import { MissionsView } from './views/missions.js'
import { Notice } from './views/notice.js'
import { NowView } from './views/now.js'
import { SearchDialog } from './views/search.js'
import { Stopped } from './views/stopped.js'

const CharterView = lazy('The charter', () =>
  import('./views/charter.js').then((module) => module.CharterView),
)
const DaemonsView = lazy('The view of daemons', () =>
  import('./views/daemons.js').then((module) => module.DaemonsView),
)

/** The whole page: the frame that all views share, and the view of the current route. */
export function App() {
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  const now = useAttention()
  const { connection, goneSince, met, project } = useContact()
  const state = goneSince === null ? connection : 'lost'
  const waiting = now.value === null || connection === 'stopped' ? 0 : countNeeding(now.value)
  const isWaitingKnown = waiting === 0 || state !== 'lost'
  useEffect(() => setWaiting(isWaitingKnown ? waiting : null), [waiting, isWaitingKnown])
  const [isSearching, setSearching] = useSearchKey()
  useFocusOnNavigation(route, main)
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => skipTo(event, main.current)}>
        Skip to the content
      </a>
      <Header
        route={route}
        project={project}
        waiting={waiting}
        contact={state}
        search={() => setSearching(true)}
      />
      <Printed project={project} />
      <main id="main" ref={main} tabIndex={-1} data-contact={state}>
        {connection === 'stopped' ? (
          <Stopped met={met} path={project?.path ?? null} />
        ) : (
          <Guard key={placeOf(route)} what="This view" raw={rawReplies}>
            <View route={route} now={now} />
          </Guard>
        )}
      </main>
      {isSearching && connection !== 'stopped' && <SearchDialog close={() => setSearching(false)} />}
      <Announcer />
    </>
  )
}

function View({ route, now }: { readonly route: Route; readonly now: Reading<NowReply> }) {
  switch (route.view) {
    case 'now':
      return <NowView now={now} all={route.all ?? ''} />
    case 'missions':
      return <MissionsView list={route.list} />
    case 'board':
    case 'documents':
    case 'flow':
      return <MissionView key={route.mission} route={route} />
    case 'charter':
      return <CharterView />
    case 'daemons':
      return <DaemonsView />
    default:
      return <Nowhere />
  }
}

function Nowhere() {
  useEffect(() => setTitle('No such page · spec-kitty dashboard'), [])
  return (
    <Notice title="There is no such page" isPage>
      Its address may have been shortened on the way. <a href="#/missions">See all missions</a>
    </Notice>
  )
}

/** Returns a text that differs between views that share nothing. The tabs of a mission are one view. */
function placeOf(route: Route): string {
  return 'mission' in route ? `mission ${route.mission}` : route.view
}

/** The minimum time between two reads, because many agents may cause many changes per second. */
const ATTENTION_MS = 1_000

/** Reads the present state in every view, because the title, the icon and the notifications show it. */
function useAttention(): Reading<NowReply> {
  const reading = useReply<NowReply>('/api/now', {
    isConcerned: ({ missions }) => missions === null || missions.length > 0,
    everyMs: ATTENTION_MS,
    isReadHidden: true,
    announcement: (before, after) => newsOf(before as NowReply, after as NowReply),
  })
  const value = useMemo(
    () => (reading.value === null ? null : oncePerPackage(reading.value)),
    [reading.value],
  )
  return { ...reading, value }
}

/**
 * Returns what a screen reader says when something new needs the reader. Also notifies a reader who is looking at another
 * window.
 */
function newsOf(before: NowReply, after: NowReply): string {
  const [first, ...more] = [
    ...newlyAsked(before, after).map(({ mission, question }) => ({
      mission,
      text: `Decision: ${visible(question)}`,
    })),
    ...newlyWaiting(before, after).map((one) => packageNews(one, waitingWord(one.why).toLowerCase())),
    ...newlyStalled(before, after).map((one) => packageNews(one, stalledWords(one))),
  ]
  if (first === undefined) return ''
  const words = `${first.text}${more.length === 0 ? '' : `, and ${more.length} more`}`
  notifyOf(`${visible(first.mission.title)} waits for you`, words)
  return `Waits for you: ${words}.`
}

function packageNews({ mission, id, title }: NowPackage, why: string) {
  return { mission, text: `${visible(id)} ${visible(title)}: ${why}` }
}

function stalledWords({ agent, assignee }: NowPackage): string {
  const who = agent ?? assignee
  return who === null ? 'stalled' : `stalled, ${visible(shortAgent(who))}`
}

/** Opens the search with Ctrl K, or with Command K on a Mac. */
function useSearchKey() {
  const state = useState(false)
  const [, setSearching] = state
  useLayoutEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.ctrlKey || event.metaKey) ||
        event.shiftKey ||
        event.altKey
      )
        return
      event.preventDefault()
      setSearching(true)
    }
    addEventListener('keydown', open)
    return () => removeEventListener('keydown', open)
  }, [])
  return state
}

/**
 * Moves the focus to a new view, as loading a new page would, or back to where the reader was in it. The dialog beside
 * the board and a heading of a document move the focus themselves. While the reader types into a filter, the focus stays.
 */
function useFocusOnNavigation(route: Route, main: { readonly current: HTMLElement | null }) {
  const place = JSON.stringify(viewOf(route))
  const before = useRef<string | null>(null)
  useEffect(() => {
    const isFirst = isFirstVisit()
    const isNavigation = before.current !== null
    before.current = place
    if (main.current === null) return
    if (isNavigation) main.current.focus({ preventScroll: true })
    if (!isFirst) returnToPlace(main.current)
    else if (isNavigation) scrollTo(0, 0)
  }, [place, main])
}

function viewOf(route: Route): readonly (string | null)[] {
  if (route.view === 'documents') return [route.view, route.mission, route.document]
  return [route.view, 'mission' in route ? route.mission : null]
}

function skipTo(event: MouseEvent, main: HTMLElement | null) {
  event.preventDefault()
  main?.focus()
  main?.scrollIntoView()
}

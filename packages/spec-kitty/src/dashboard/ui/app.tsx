import { useEffect, useRef } from 'preact/hooks'
import type { MissionsReply } from '../api.js'
import { Header } from './header.js'
import { Announcer } from './live/announce.js'
import { useContact } from './live/events.js'
import { rawReplies, useReply, type Reading } from './live/reply.js'
import { isFirstVisit, useRoute } from './location.js'
import type { Route } from './route.js'
import { DaemonsView } from './views/daemons.js'
import { Guard } from './views/guard.js'
import { MissionView } from './views/mission.js'
import { MissionsView } from './views/missions.js'
import { Notice } from './views/notice.js'
import { Stopped } from './views/stopped.js'

/** The whole page: the frame that all views share, and the view of the current route. */
export function App() {
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  const missions = useMissions(route)
  const { connection, met } = useContact()
  useFocusOnNavigation(route, main)
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => skipTo(event, main.current)}>
        Skip to the content
      </a>
      <Header route={route} project={missions.value?.project ?? null} />
      <main id="main" ref={main} tabIndex={-1} data-contact={connection}>
        {connection === 'stopped' ? (
          <Stopped met={met} path={missions.value?.project.path ?? null} />
        ) : (
          <Guard key={placeOf(route)} what="This view" raw={rawReplies}>
            <View route={route} missions={missions} />
          </Guard>
        )}
      </main>
      <Announcer />
    </>
  )
}

function View({ route, missions }: { readonly route: Route; readonly missions: Reading<MissionsReply> }) {
  switch (route.view) {
    case 'missions':
      return <MissionsView missions={missions} />
    case 'board':
    case 'documents':
      return <MissionView key={route.mission} route={route} />
    case 'daemons':
      return <DaemonsView />
    default:
      return (
        <Notice title="There is no such page" isPage>
          Its address may have been shortened on the way. <a href="#/">See all missions</a>
        </Notice>
      )
  }
}

/** Differs between views that share nothing: the board and the documents of a mission are two sides of one view. */
function placeOf(route: Route): string {
  return 'mission' in route ? `mission ${route.mission}` : route.view
}

/** Reads the list of missions, which also names the project in the header. Outside its own view it may be out of date. */
function useMissions(route: Route): Reading<MissionsReply> {
  const isShown = route.view === 'missions'
  const reading = useReply<MissionsReply>('/api/missions', {
    isConcerned: () => isShown,
    announcement: isShown ? 'The list of missions has changed.' : '',
  })
  const wasShown = useRef(isShown)
  useEffect(() => {
    if (isShown && !wasShown.current) reading.read()
    wasShown.current = isShown
  }, [isShown, reading.read])
  return reading
}

/**
 * Moves the focus to a new view, as a new page would. The dialog beside the board takes and returns the focus by
 * itself.
 */
function useFocusOnNavigation(route: Route, main: { readonly current: HTMLElement | null }) {
  const place = JSON.stringify(route.view === 'board' ? { ...route, card: null } : route)
  const before = useRef(place)
  useEffect(() => {
    const isFirst = isFirstVisit()
    if (before.current === place) return
    before.current = place
    main.current?.focus({ preventScroll: true })
    if (isFirst) scrollTo(0, 0)
  }, [place, main])
}

function skipTo(event: MouseEvent, main: HTMLElement | null) {
  event.preventDefault()
  main?.focus()
  main?.scrollIntoView()
}

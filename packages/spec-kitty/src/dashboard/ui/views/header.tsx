import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { HelloEvent } from '../../api.js'
import { announce } from '../live/announce.js'
import { useContact, useLive, type Connection } from '../live/live-events.js'
import type { Route } from '../url-route.js'
import { applyTheme, nextTheme, rememberedTheme, type Theme } from '../theme.js'
import { visible } from '../show-invisible.js'

interface HeaderProps {
  readonly route: Route
  readonly project: HelloEvent['project'] | null
  /** How many packages need the reader. */
  readonly waiting: number
  /** `lost` means that the displayed data may be out of date. */
  readonly contact: Connection
  /** Called to open the search. */
  readonly search: () => void
}

/** The header: the project's name, the navigation, the search, whether the page is live, and the theme. */
export function Header({ route, project, waiting, contact, search }: HeaderProps) {
  const place = 'mission' in route || route.view === 'charter' ? 'missions' : route.view
  const current = (view: Route['view']) => (place === view ? 'page' : undefined)
  const header = useHeights()
  return (
    <header class="top" ref={header} data-contact={contact}>
      <div class="top-bar">
        <a class="brand" href="#/" title={project === null ? 'Now' : visible(project.path)}>
          <img src="/icon.svg" alt="" width="26" height="26" />
          <bdi>{project === null ? 'spec-kitty' : visible(project.name)}</bdi>
        </a>
        <nav aria-label="Dashboard">
          <a
            href="#/"
            aria-current={current('now')}
            aria-label={waiting === 0 ? 'Now' : `Now, ${waiting} ${waiting === 1 ? 'needs' : 'need'} you`}
          >
            Now {waiting > 0 && <span class="badge">{waiting}</span>}
          </a>
          <a href="#/missions" aria-current={current('missions')}>
            Missions
          </a>
          <a href="#/daemons" aria-current={current('daemons')}>
            Daemons
          </a>
        </nav>
        <div class="top-end">
          <button type="button" class="theme" onClick={search} aria-keyshortcuts="Control+K Meta+K">
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
              <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="1.5" />
              <path d="m11 11 4 4" stroke="currentColor" stroke-width="1.5" />
            </svg>
            <span>Search</span> <kbd>Ctrl K</kbd>
          </button>
          <ConnectionState />
          <ThemeToggle />
        </div>
      </div>
      <Banners />
    </header>
  )
}

/** The head of a printed page: the project, and when the page was printed. Only visible in print. */
export function Printed({ project }: Pick<HeaderProps, 'project'>) {
  const time = useRef<HTMLTimeElement>(null)
  useEffect(() => {
    const update = () => time.current?.replaceChildren(new Date().toLocaleString())
    update()
    addEventListener('beforeprint', update)
    return () => removeEventListener('beforeprint', update)
  }, [])
  return (
    <p class="printed">
      {project === null ? 'spec-kitty' : visible(project.name)}, <time ref={time} />
    </p>
  )
}

/**
 * Tells the style sheet the height of the header and of the bar in it, because sticky parts stand below them. The header
 * grows with banners and when its lines wrap.
 */
function useHeights() {
  const header = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    const top = header.current
    if (top === null) return undefined
    const { style } = document.documentElement
    const observer = new ResizeObserver(() => {
      const bar = top.firstElementChild?.getBoundingClientRect().height ?? 0
      style.setProperty('--header', `${top.getBoundingClientRect().height}px`)
      style.setProperty('--header-bar', `${bar}px`)
    })
    observer.observe(top)
    return () => observer.disconnect()
  }, [])
  return header
}

const STATE_NAMES: Readonly<Record<Connection | 'blind' | 'gone', string>> = {
  blind: 'Blind',
  gone: 'Project gone',
  connecting: 'Connecting',
  crowded: 'Not live',
  open: 'Live',
  lost: 'No contact',
  stopped: 'Stopped',
}

function ConnectionState() {
  const { connection, blind, goneSince, isSlow } = useContact()
  const [wasLost, setWasLost] = useState(false)
  useEffect(() => {
    if (connection === 'lost') setWasLost(true)
    if (connection !== 'open' || !wasLost) return
    setWasLost(false)
    announce('Connected again. Everything has been read anew.')
  }, [connection, wasLost])
  const isOpen = connection === 'open'
  const state = isOpen && goneSince !== null ? 'gone' : isOpen && blind !== null ? 'blind' : connection
  return (
    <span
      class="connection"
      data-testid="connection"
      data-state={state}
      data-slow={state === 'open' && isSlow}
    >
      {state === 'open' && isSlow ? 'Waiting for an answer' : STATE_NAMES[state]}
    </span>
  )
}

/** What the reader must know about the dashboard before trusting the content below. */
function Banners() {
  const contact = useContact()
  return (
    <>
      {contact.connection !== 'stopped' && contact.goneSince !== null && (
        <GoneBanner since={contact.goneSince} project={contact.project} />
      )}
      {contact.connection === 'lost' && contact.goneSince === null && (
        <LostBanner heardAt={contact.heardAt} />
      )}
      {contact.connection === 'crowded' && contact.goneSince === null && <CrowdedBanner />}
      {contact.connection === 'open' && contact.goneSince === null && contact.blind !== null && (
        <BlindBanner {...contact.blind} />
      )}
      {contact.connection !== 'stopped' && contact.news !== null && <News text={contact.news} />}
    </>
  )
}

function LostBanner({ heardAt }: { readonly heardAt: number | null }) {
  return (
    <div class="banner is-alarm" role="alert">
      <p>
        <strong>
          No contact {heardAt === null ? 'yet' : 'since '}
          {heardAt !== null && <TimeOfDay time={heardAt} />}.
        </strong>{' '}
        The dashboard does not answer. What you see may be out of date. This page reconnects on its own; to
        start the dashboard again, run <code class="command">spec-kitty dashboard</code> in the project, which
        says its address: it may be on another port.
      </p>
    </div>
  )
}

function CrowdedBanner() {
  return (
    <div class="banner" role="status">
      <p>
        <strong>Too many windows are open.</strong> The dashboard reports changes to at most 64 browsers and
        scripts at once, so this page reads everything anew every 15 seconds instead. It becomes live by
        itself as soon as others are closed.
      </p>
    </div>
  )
}

interface GoneProps {
  readonly since: string
  readonly project: HelloEvent['project'] | null
}

function GoneBanner({ since, project }: GoneProps) {
  return (
    <div class="banner is-alarm" role="alert">
      <p>
        <strong>
          Project gone since <TimeOfDay time={Date.parse(since)} />.
        </strong>{' '}
        Its directory is no longer at{' '}
        {project === null ? 'its path' : <bdi class="path">{visible(project.path)}</bdi>}: it was moved,
        removed or replaced. What you see is old, and this dashboard exits within about a minute. Then run{' '}
        <code class="command">spec-kitty dashboard</code> where the project is now.
      </p>
    </div>
  )
}

function BlindBanner({ since, why }: { readonly since: string; readonly why: string }) {
  return (
    <div class="banner" role="status">
      <p>
        <strong>
          Blind since <TimeOfDay time={Date.parse(since)} />.
        </strong>{' '}
        {visible(why)} The dashboard looks for changes every few seconds instead, in a large project less
        often, so what you see may be a little old.
      </p>
    </div>
  )
}

function News({ text }: { readonly text: string }) {
  const { dismiss } = useLive()
  return (
    <div class="banner is-news" role="status">
      <p>{visible(text)}</p>
      <button type="button" class="button is-small" onClick={dismiss}>
        Dismiss
      </button>
    </div>
  )
}

function TimeOfDay({ time }: { readonly time: number }) {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return null
  return <time dateTime={date.toISOString()}>{date.toLocaleTimeString()}</time>
}

const THEME_SIGNS: Readonly<Record<Theme, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' }

function ThemeToggle() {
  const [theme, setTheme] = useState(rememberedTheme)
  const toggle = () => {
    const next = nextTheme(theme)
    applyTheme(next)
    setTheme(next)
  }
  return (
    <button class="theme" type="button" onClick={toggle} aria-label={`Theme: ${THEME_SIGNS[theme]}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d="M8 1.5a6.5 6.5 0 0 1 0 13Z" fill="currentColor" />
      </svg>
      <span>{THEME_SIGNS[theme]}</span>
    </button>
  )
}

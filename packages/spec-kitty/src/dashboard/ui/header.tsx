import { useEffect, useState } from 'preact/hooks'
import type { MissionsReply } from '../api.js'
import { announce } from './live/announce.js'
import { useConnection, type Connection } from './live/events.js'
import type { Route } from './route.js'
import { applyTheme, nextTheme, rememberedTheme, type Theme } from './theme.js'
import { visible } from './visible.js'

interface HeaderProps {
  readonly route: Route
  readonly project: MissionsReply['project'] | null
}

/** The project's name, the navigation, whether the page is live, and the theme. */
export function Header({ route, project }: HeaderProps) {
  const isDaemons = route.view === 'daemons'
  return (
    <header class="top">
      <div class="top-bar">
        <a class="brand" href="#/" title={project === null ? 'Missions' : visible(project.path)}>
          <img src="/icon.svg" alt="" width="26" height="26" />
          <bdi>{project === null ? 'spec-kitty' : visible(project.name)}</bdi>
        </a>
        <nav aria-label="Dashboard">
          <a href="#/" aria-current={isDaemons || route.view === 'unknown' ? undefined : 'page'}>
            Missions
          </a>
          <a href="#/daemons" aria-current={isDaemons ? 'page' : undefined}>
            Daemons
          </a>
        </nav>
        <div class="top-end">
          <ConnectionState />
          <ThemeToggle />
        </div>
      </div>
      <LostBanner />
    </header>
  )
}

const CONNECTION_NAMES: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  open: 'Live',
  lost: 'Not connected',
}

function ConnectionState() {
  const connection = useConnection()
  const [wasLost, setWasLost] = useState(false)
  useEffect(() => {
    if (connection === 'lost') setWasLost(true)
    if (connection !== 'open' || !wasLost) return
    setWasLost(false)
    announce('Connected again. Everything has been read anew.')
  }, [connection, wasLost])
  return (
    <span class="connection" data-testid="connection" data-state={connection}>
      {CONNECTION_NAMES[connection]}
    </span>
  )
}

function LostBanner() {
  const connection = useConnection()
  if (connection !== 'lost') return null
  return (
    <div class="lost" role="alert">
      <p>
        <strong>The dashboard does not answer.</strong> What you see may be out of date. This page reconnects
        on its own; to start the dashboard again, run <code class="command">spec-kitty dashboard</code> in the
        project.
      </p>
    </div>
  )
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

/** Notifications of the system: only after the reader asked for them with a button, and the browser allows them. */
const KEY = 'spec-kitty-notify'

export type Notifying = 'on' | 'off' | 'refused' | 'impossible'

export function notifying(): Notifying {
  if (typeof Notification === 'undefined') return 'impossible'
  if (Notification.permission === 'denied') return 'refused'
  return Notification.permission === 'granted' && isWanted() ? 'on' : 'off'
}

/** Asks the browser for the permission, and returns how it stands then. */
export async function beginNotifying(): Promise<Notifying> {
  if ((await Notification.requestPermission()) === 'granted') remember('1')
  return notifying()
}

export function stopNotifying(): Notifying {
  remember(null)
  return notifying()
}

/** Tells the reader who looks at something else. All windows use one tag, so one notification is shown. */
export function notifyOf(title: string, body: string): void {
  if (notifying() !== 'on' || (!document.hidden && document.hasFocus())) return
  const shown = new Notification(title, { body, tag: KEY, icon: '/icon.svg' })
  shown.addEventListener('click', () => {
    focus()
    location.hash = '#/'
    shown.close()
  })
}

function isWanted(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return false
  }
}

function remember(value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, value)
  } catch {
    // Storage is forbidden: there are no notifications.
  }
}

/** System notifications are sent only after the reader has enabled them with a button and the browser allows them. */
const KEY = 'spec-kitty-notify'

export type Notifying = 'on' | 'off' | 'refused' | 'impossible'

export function notifying(): Notifying {
  if (typeof Notification === 'undefined') return 'impossible'
  if (Notification.permission === 'denied') return 'refused'
  return Notification.permission === 'granted' && isWanted() ? 'on' : 'off'
}

/** Asks the browser for permission, and returns the resulting state. */
export async function beginNotifying(): Promise<Notifying> {
  if ((await Notification.requestPermission()) === 'granted') remember('1')
  return notifying()
}

export function stopNotifying(): Notifying {
  remember(null)
  return notifying()
}

/** Notifies a reader who is not looking at the page. All windows use the same tag, so only one notification is shown. */
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
    // If the browser forbids storage, there are no notifications.
  }
}

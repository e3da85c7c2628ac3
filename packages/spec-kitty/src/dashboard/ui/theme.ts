/** `system` follows the machine; the other two are the reader's choice. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'spec-kitty-theme'

/** Returns the remembered choice. A browser that forbids storage follows the system. */
export function rememberedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Shows the page in a theme, and remembers it where the browser allows. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // It holds until the page is closed.
  }
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

/** Returns what the toggle goes to from here. */
export function nextTheme(theme: Theme): Theme {
  return NEXT[theme]
}

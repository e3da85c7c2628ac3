/** `system` follows the operating system; the other two are the reader's choice. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'spec-kitty-theme'

/** Returns the stored choice; `system` if there is none or the browser forbids storage. */
export function rememberedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Shows the page in a theme, and stores the choice if the browser allows it. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // The browser forbids storage, so the choice lasts until the page is closed.
  }
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

/** Returns the theme that the toggle switches to. */
export function nextTheme(theme: Theme): Theme {
  return NEXT[theme]
}

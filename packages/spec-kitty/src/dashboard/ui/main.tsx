/**
 * The dashboard's page. Hooks for tests, all stable:
 * - the connection: `getByTestId('connection')`, its `data-state` is `connecting`, `open`, `crowded`, `blind`, `gone`, `lost`
 *   or `stopped`;
 * - now: one `region` each for `Waiting for you`, `Stalled`, `At work`, `Ready to merge`, with `listitem`s with
 *   `data-package` and `data-lane`; the word of a process has `data-liveness`, the reason to wait `data-why`;
 * - the missions: list `Missions` of sections with `data-section`, one link per mission, named by its title, and a
 *   `progressbar` in each; the field `Find a mission`, the choices `Lane`, `Agent`, `Sort by`;
 * - the board: one `region` per column (`Planned`, `Doing`, `For review`, `Approved`, `Done`), its cards are links named
 *   `WP01 Title` in `listitem`s with `data-card` and `data-lane`;
 * - a card's prompt: the `dialog` named `WP01 Title`, closed by its button `Close`, Escape or "back";
 * - the documents: navigation `Documents`, the text itself `getByTestId('document')`, its outline navigation `On this page`;
 * - the search: the `dialog` named `Search`, its `listitem`s with `data-kind`;
 * - the daemons: one `region` per family, one `article` per daemon with `data-class` and `data-rule`;
 * - malformed files: `region` `Problems`; failures: role `alert`; sentences for screen readers:
 *   `getByTestId('announcements')`; the theme: the button whose name begins with `Theme`;
 * - what could not be rendered: role `alert`, and its text in `getByTestId('raw')`.
 */
import { render } from 'preact'
import { App } from './app.js'
import { Live, openEvents } from './live/live-events.js'
import { rawReplies } from './live/use-reply.js'
import './markdown/trusted-types.js'
import { applyTheme, rememberedTheme } from './theme.js'
import { Guard } from './views/guard.js'

applyTheme(rememberedTheme())
render(
  <Live.Provider value={openEvents('/api/events')}>
    <Guard what="This page" raw={rawReplies}>
      <App />
    </Guard>
  </Live.Provider>,
  document.body,
)

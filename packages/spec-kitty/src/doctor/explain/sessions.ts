import type { Texts } from 'familiar/cli'
import type { Session } from '../../sync/session/session-state.js'
import { SIGN_IN } from './what-to-do.js'

/** The states of a session that `auth status` and the doctor report. */
export const SESSIONS: Texts<NonNullable<Session['over']> | 'signed_in'> = {
  signed_in: {
    summary: 'there is a session with a sync server',
    why: 'Its token is renewed before it ends, as long as the server agrees.',
    whatToDo: 'Nothing.',
  },
  expired: {
    summary: 'the session is over: its token is too old',
    why: 'A token that was given with --with-token cannot be renewed.',
    whatToDo: SIGN_IN,
  },
  ended_by_server: {
    summary: 'the server ended the session',
    why: 'It was revoked there, or the server gave no new token for it.',
    whatToDo: SIGN_IN,
  },
}

/** What to do, in the words that several texts share. */

/** Another home is a new one. */
export const LEFT_THERE =
  'The session and the events of the old home stay there: sign in anew, and unset the variable to send what waits there once that home can be written to.'

export const MEND_QUEUE = `If it is damaged, \`spec-kitty sync queue --export FILE\` puts it aside and saves what can be read. If it is newer, upgrade. If it is not permitted, make what is named yours to write: \`chmod u+rwx DIR\`, \`chmod u+rw FILE\`. If it is not a file, move it away: \`mv FILE FILE.old\`. If it was moved, put it back with the command that is shown. Never put another copy in the place of a queue that is there: \`spec-kitty sync queue --export FILE --from COPY\` saves what waits in it, to be queued again. If its file system is read-only or full, make it writable, or set SPEC_KITTY_HOME to another directory. ${LEFT_THERE}`

export const SIGN_IN =
  'Run `spec-kitty auth login --server https://HOST`; for a token from elsewhere, add `--with-token`. Replace HOST: your team knows the address of its server.'

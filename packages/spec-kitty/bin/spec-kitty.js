#!/usr/bin/env node
try {
  require('../command/main.js')
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error
  explain(process.argv.slice(2))
}

/**
 * Says why there is no command to run: this is a checkout of the source that was not built, or an installation that is being
 * replaced. Needs no other file, because none need be there.
 */
function explain(args) {
  const { exit, ...error } = isUnbuilt()
    ? {
        code: 'E_NOT_BUILT',
        message: 'this checkout of the source has not been built',
        remediation: "run 'npm ci && npm run build' in it",
        exit: 2,
      }
    : {
        code: 'E_INSTALLATION_CHANGED',
        message: 'this installation was replaced or removed while the command ran',
        remediation: 'run the command again; if it says the same then, reinstall spec-kitty',
        exit: 75,
      }
  process.stderr.write(`spec-kitty: ${error.message} (${error.remediation})\n`)
  if (args.includes('--json')) {
    const document = { schema_version: 3, ok: false, error }
    process.stdout.write(`${JSON.stringify(document)}\n`)
  }
  // An upgrade must not fail because of a daemon.
  process.exitCode = args[0] === 'upgrade-hook' ? 0 : exit
}

function isUnbuilt() {
  const { existsSync } = require('node:fs')
  return existsSync(`${__dirname}/../src/main.ts`) && !existsSync(`${__dirname}/../command/main.js`)
}

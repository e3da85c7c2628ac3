// @ts-check
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Returns the licence notices of the packages to which the files of a bundle belong. Throws for a package without a
 * licence file.
 *
 * @param {string} what
 * @param {readonly string[]} files
 */
export function licencesOf(what, files) {
  const inPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/
  const directories = new Set(files.map((file) => inPackage.exec(file.replaceAll('\\', '/'))?.[0]))
  const notices = [...directories].flatMap((directory) =>
    directory === undefined ? [] : [notice(directory)],
  )
  return [`${what} contains these packages.`, ...notices.toSorted()].join(`\n\n${'='.repeat(80)}\n\n`)
}

/** @param {string} directory */
function notice(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const file = readdirSync(directory).find((entry) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(entry))
  if (file === undefined) throw new Error(`${name} has no licence file`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`
}

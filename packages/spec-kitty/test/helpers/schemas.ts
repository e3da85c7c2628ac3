import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

/** The published schemas. */
const DIRECTORY = new URL('../../../../docs/schemas/', import.meta.url)

type Schema = { readonly [key: string]: unknown }

export const SCHEMA_NAMES: readonly string[] = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''))

export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`${name}.json`, DIRECTORY), 'utf8'))
}

/**
 * Readers must accept members that they do not know, so the published schemas allow them. Here a member that no schema names
 * is a mistake: a document would say what is not documented.
 */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const isWhole = 'properties' in inner && 'required' in inner
  return isWhole ? { ...inner, additionalProperties: false } : inner
}

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false })
for (const name of SCHEMA_NAMES) ajv.addSchema(closed(readSchema(name)) as Schema)

/** Expects a document to be as its schema says, with no member that the schema does not name. */
export function expectValid(name: string, document: unknown): void {
  const validate = ajv.getSchema(`${name}.json`)
  if (validate === undefined) throw new Error(`there is no schema ${name}`)
  const isValid = validate(document)
  expect([name, isValid, validate.errors]).toEqual([name, true, null])
}

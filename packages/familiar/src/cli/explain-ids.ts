import type { ExplainedFamily } from '../doctor/explain/catalogue.js'
import type { ErrorTexts } from '../doctor/explain/errors.js'
import type { ExplainedKind, Explanation, Texts } from '../doctor/explain/explanation.js'
import type { Io } from './io.js'

/** The ids that the commands of a tool may name. */
export interface ExplainedIds {
  /** The tool's daemons; the library explains their ids. */
  readonly families: readonly ExplainedFamily[]
  /** The ids that only the tool itself uses, with their texts. */
  readonly own: readonly { readonly kind: Exclude<ExplainedKind, 'error'>; readonly texts: Texts }[]
  /** The error codes that only the tool itself prints. If omitted, there are none. */
  readonly errors?: ErrorTexts
}

/** Returns the explanation of every id. Loads the texts only when it is called. */
export async function loadExplanations({
  families,
  own,
  errors = {},
}: ExplainedIds): Promise<readonly Explanation[]> {
  const [{ catalogueOf }, { explanationsFrom }, { errorTexts }] = await Promise.all([
    import('../doctor/explain/catalogue.js'),
    import('../doctor/explain/explanation.js'),
    import('../doctor/explain/errors.js'),
  ])
  return catalogueOf(families, [
    ...own.flatMap(({ kind, texts }) => explanationsFrom(kind, texts, [])),
    ...explanationsFrom('error', errorTexts(errors), []),
  ])
}

/**
 * Explains the id in the arguments, or lists all ids. `command`: the words that users type before an id. Returns the exit
 * code. Throws `UsageError` with the most similar id if the id is unknown.
 */
export async function explainIds(
  args: readonly string[],
  ids: ExplainedIds,
  command: string,
  io: Pick<Io, 'out' | 'hasColor' | 'columns'> & Partial<Pick<Io, 'env'>>,
): Promise<number> {
  const { explain } = await import('./commands/explain.js')
  return explain(args, await loadExplanations(ids), command, io)
}

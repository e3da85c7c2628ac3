import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { SearchReply, SearchResult } from '../../api.js'
import { formatCount } from '../format.js'
import { useReply, type Failure } from '../live/use-reply.js'
import { boardLink, documentLink } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { markWords } from '../mark-words.js'
import { moveInList } from './list-keys.js'

const SETTLED_MS = 250
const LETTERS_MAX = 200

/** Searches missions, work packages and documents. Arrow keys move between the field and the results, and Escape closes it. */
export function SearchDialog({ close }: { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const query = useSettled(text.trim())
  useLayoutEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class="search"
      aria-label="Search"
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => {
        if (event.target === dialog.current || isFollowed(event)) close()
      }}
      onKeyDown={moveFromField}
    >
      <div class="search-body">
        <label>
          <span class="visually-hidden">Search missions, work packages and documents</span>
          <input
            type="search"
            placeholder="Search missions, work packages and documents"
            autocomplete="off"
            spellcheck={false}
            maxLength={LETTERS_MAX}
            value={text}
            data-row-link
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {query === '' ? (
          <p class="quiet search-hint">Every word counts, in any order. Escape closes this.</p>
        ) : (
          <Results query={query} />
        )}
      </div>
    </dialog>
  )
}

/** Returns whether a click opens the result in this tab. With Ctrl it opens in another tab, and the search stays open. */
function isFollowed(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  return link !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey
}

/** In the field, Home and End move within the text, and Enter opens the first result. */
function moveFromField(event: KeyboardEvent): void {
  const isField = event.target instanceof HTMLInputElement
  if (isField && (event.key === 'Home' || event.key === 'End')) return
  if (isField && event.key === 'Enter') {
    event.preventDefault()
    const dialog = event.currentTarget
    if (dialog instanceof HTMLElement) dialog.querySelector<HTMLElement>('a[data-row-link]')?.click()
    return
  }
  moveInList(event)
}

/** Returns the text after it has not changed for a moment, so that not every typed letter starts a search. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

function Results({ query }: { readonly query: string }) {
  const { value, failure } = useReply<SearchReply>(`/api/search?q=${encodeURIComponent(query)}`, {
    isConcerned: null,
    announcement: '',
  })
  return (
    <>
      <p class="quiet search-hint" role="status">
        {failure !== null ? refusal(failure) : value === null ? 'Searching …' : describe(value)}
      </p>
      <ul class="search-results">
        {value?.results.map((result, at) => (
          <Result key={at} result={result} query={query} />
        ))}
      </ul>
    </>
  )
}

function refusal({ status }: Failure): string {
  return status === 400 ? 'This cannot be searched for.' : 'The dashboard does not answer this.'
}

function describe({
  results,
  is_complete: isComplete,
  documents_read: read,
  documents_total: total,
}: SearchReply): string {
  const count = results.length === 0 ? 'Nothing found' : formatCount(results.length, 'result')
  if (isComplete) return count
  return read < total
    ? `${count}, in ${read} of ${total} documents: more words find less`
    : `${count}: there are more`
}

const KINDS = { mission: 'Mission', package: 'Work package', document: 'Document' } as const

/** The kind stands at the end of the line, where the eye goes down a column. Enter in the field opens the first result. */
function Result({ result, query }: { readonly result: SearchResult; readonly query: string }) {
  const { kind, mission, title, snippet, work_package: workPackage } = result
  return (
    <li data-kind={kind}>
      <a href={linkOf(result)} data-row-link>
        <span class="search-title">
          {workPackage !== null && <bdi class="id">{visible(workPackage)}</bdi>}{' '}
          <bdi>
            <Marked text={title} query={query} />
          </bdi>
        </span>
        <span class="quiet">{KINDS[kind]}</span>
        {(kind !== 'mission' || snippet !== null) && (
          <span class="search-snippet quiet">
            {kind !== 'mission' && <bdi>{visible(mission.title)}</bdi>}
            {kind !== 'mission' && snippet !== null && ' · '}
            {snippet !== null && (
              <bdi>
                <Marked text={snippet.replace(/^(?:#+|[-*]) /, '')} query={query} />
              </bdi>
            )}
          </span>
        )}
      </a>
    </li>
  )
}

/** A text in which the words that were searched for are marked. */
function Marked({ text, query }: { readonly text: string; readonly query: string }) {
  return (
    <>
      {markWords(text, query).map(([part, isHit]) => (isHit ? <mark>{visible(part)}</mark> : visible(part)))}
    </>
  )
}

function linkOf({ kind, mission, work_package: workPackage, document }: SearchResult): string {
  if (kind === 'document' && document !== null) return documentLink(mission.id, document)
  return boardLink(mission.id, workPackage)
}

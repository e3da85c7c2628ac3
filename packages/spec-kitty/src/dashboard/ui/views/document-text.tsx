import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CharterReply, DocumentReply, MissionReply } from '../../api.js'
import { MAX_SHOWN_BYTES } from '../../shown-bytes.js'
import { formatBytes } from '../format.js'
import { useReply } from '../live/use-reply.js'
import { dress, goToHeading, type Heading } from '../markdown/adapt-to-page.js'
import { definitionsFor, splitAtBound } from '../markdown/bounds.js'
import { languageOf, tokens } from '../markdown/highlight.js'
import { sanitise } from '../markdown/sanitise.js'
import { markdownToHtml } from '../markdown/to-html.js'
import { documentLink } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { Copy } from './copy.js'
import { Guard } from './guard.js'
import { Failed, Loading, Notice, Problems, Stale } from './notice.js'

interface DocumentTextProps {
  /** The mission that the document belongs to; null if it belongs to the project itself. */
  readonly mission: MissionReply | null
  readonly name: string
  /** The slug of the heading to scroll to. */
  readonly heading?: string | null
  /** Whether there is room for the outline. */
  readonly isWhole?: boolean
  /** The name of the text on the button that copies it. */
  readonly called?: string
  /** The URL of the text, if it is not a document of the mission. */
  readonly url?: string
}

/** Shows the text of one document, and reads it again when the mission changes. */
export function DocumentText({ mission, name, url, ...more }: DocumentTextProps) {
  const { heading = null, isWhole = false, called = 'text' } = more
  const { value, failure, read } = useReply<DocumentReply>(url ?? urlOf(mission?.id ?? '', name), {
    isConcerned: ({ missions }) => missions === null || (mission !== null && missions.includes(mission.id)),
    announcement: 'The document has changed.',
  })
  if (failure?.status === 404) {
    return <Notice title="This document is not there">It may have been renamed or removed meanwhile.</Notice>
  }
  if (value === null && failure !== null) return <Failed what="The document" failure={failure} read={read} />
  if (value === null) return <Loading />
  return (
    <>
      <Tools document={value} path={pathOf(mission, value)} called={called} />
      <Stale failure={failure} />
      <Problems problems={value.problems} />
      {value.is_truncated && (
        <p class="truncated">
          This is only the beginning, {partOf(value)}. Copy {called} copies only this part.
        </p>
      )}
      <Guard what="The document" of={value} raw={() => [{ url: name, text: value.text ?? '' }]}>
        <Body document={value} mission={mission} heading={heading} isWhole={isWhole} />
      </Guard>
    </>
  )
}

/** Returns how much of the file of a truncated document is there. Its text may have fewer bytes than were read. */
function partOf({ bytes }: DocumentReply): string {
  return `the first ${formatBytes(MAX_SHOWN_BYTES)} of ${formatBytes(bytes)}`
}

function pathOf(mission: MissionReply | null, document: DocumentReply | CharterReply): string {
  if (mission !== null) return `kitty-specs/${mission.id}/${document.name}`
  return 'path' in document ? document.path : document.name
}

function urlOf(mission: string, name: string): string {
  return `/api/missions/${encodeURIComponent(mission)}/documents/${encodeURIComponent(name)}`
}

interface ToolsProps {
  readonly document: DocumentReply
  /** The path of the document, relative to the project. */
  readonly path: string
  readonly called: string
}

/** Buttons that copy the text or the path of a document. */
function Tools({ document, path, called }: ToolsProps) {
  return (
    <p class="tools">
      <span class="quiet">{formatBytes(document.bytes)}</span>
      {document.text !== null && (
        <Copy
          text={document.text}
          name={`Copy ${called}`}
          copied={document.is_truncated ? `Copied only ${partOf(document)}` : 'Copied'}
        />
      )}
      <Copy text={path} name="Copy path" />
    </p>
  )
}

interface BodyProps {
  readonly document: DocumentReply
  readonly mission: MissionReply | null
  readonly heading: string | null
  readonly isWhole: boolean
}

function Body({ document, ...more }: BodyProps) {
  if (document.text === null) {
    return (
      <Notice title="This file cannot be shown here">
        It has {formatBytes(document.bytes)} and is not text, or it lies outside the project.
      </Notice>
    )
  }
  if (document.text.trim() === '') return <Notice title="This document is empty" />
  if (document.format === 'markdown') return <Markdown document={document} text={document.text} {...more} />
  return (
    <pre class="plain" tabIndex={0} role="group" aria-label={visible(document.name)} data-testid="document">
      <Code text={visible(document.text)} language={languageOf(document.name)} />
    </pre>
  )
}

function Code({ text, language }: { readonly text: string; readonly language: string }): ComponentChildren {
  const parts = useMemo(() => tokens(text, language), [text, language])
  return parts.map(({ kind, text: part }) =>
    kind === 'plain' ? part : <span class={`token is-${kind}`}>{part}</span>,
  )
}

interface MarkdownProps extends BodyProps {
  readonly text: string
}

function Markdown({ document, text, mission, heading, isWhole }: MarkdownProps) {
  const body = useRef<HTMLDivElement>(null)
  const [headings, setHeadings] = useState<readonly Heading[]>([])
  const names = (mission?.documents ?? []).map(({ name }) => name).join('\n')
  const id = mission?.id ?? null
  const documents = useMemo(() => new Set(names.split('\n')), [names])
  const [formatted, rest] = useMemo(() => splitAtBound(text), [text])
  useLayoutEffect(() => {
    const fragment = sanitise(markdownToHtml(formatted, definitionsFor(formatted, rest)))
    setHeadings(dress(fragment, { mission: id, name: document.name, documents }))
    body.current?.replaceChildren(fragment)
  }, [formatted, rest, id, document.name, documents])
  useEffect(() => {
    if (heading !== null && body.current !== null) goToHeading(body.current, heading)
  }, [heading])
  return (
    <div class={isWhole ? 'read' : undefined}>
      {isWhole && id !== null && <Outline headings={headings} mission={id} document={document.name} />}
      <div
        class="prose"
        ref={body}
        data-testid="document"
        onClick={(event) => goAgain(event, event.currentTarget, heading)}
      />
      {rest !== '' && <Rest text={rest} isAll={formatted === ''} />}
    </div>
  )
}

interface RestProps {
  readonly text: string
  readonly isAll: boolean
}

/** The part of a document that has too much markup to be formatted without making the page slow, shown as it was written. */
function Rest({ text, isAll }: RestProps) {
  return (
    <div class="unformatted">
      <p class="truncated">
        {isAll ? 'This document' : 'The rest of this document'} is shown as it was written: it has so much
        markup that formatting it would make the page hang.
      </p>
      <pre class="plain" tabIndex={0} role="group" aria-label="Unformatted text">
        {text.match(PART)?.map((part) => (
          <span class="part">{visible(part)}</span>
        ))}
      </pre>
    </div>
  )
}

/**
 * Matches a group of lines. A group is laid out only when it is near the window, because laying out a million lines takes
 * seconds.
 */
const PART = /(?:[^\n]*\n){1,1000}|[^\n]+$/g

/** Scrolls to the heading again. A link to the current heading does not change the URL, but must still work. */
function goAgain(event: MouseEvent, body: HTMLElement, heading: string | null): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (heading !== null && link?.getAttribute('href') === location.hash) goToHeading(body, heading)
}

/** The minimum number of headings for an outline. */
const OUTLINE_FROM = 3
const OUTLINE_LEVEL_MAX = 4

interface OutlineProps {
  readonly headings: readonly Heading[]
  readonly mission: string
  readonly document: string
}

function Outline({ headings, mission, document }: OutlineProps) {
  const shown = headings.filter(({ level, text }) => level <= OUTLINE_LEVEL_MAX && text !== '')
  if (shown.length < OUTLINE_FROM) return null
  return (
    <nav class="outline" aria-label="On this page">
      <details open>
        <summary>On this page</summary>
        <ul>
          {shown.map(({ slug, text, level }) => (
            <li key={slug} data-level={level}>
              <a href={documentLink(mission, document, slug)}>
                <bdi>{visible(text)}</bdi>
              </a>
            </li>
          ))}
        </ul>
      </details>
    </nav>
  )
}

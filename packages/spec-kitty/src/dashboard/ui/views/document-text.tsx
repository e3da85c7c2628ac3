import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { DocumentReply, MissionReply } from '../../api.js'
import { formatBytes } from '../format.js'
import { useReply } from '../live/reply.js'
import { dress, goToHeading } from '../markdown/dress.js'
import { sanitise } from '../markdown/sanitise.js'
import { markdownToHtml } from '../markdown/to-html.js'
import { visible } from '../visible.js'
import { Guard } from './guard.js'
import { Failed, Loading, Notice, Problems, Stale } from './notice.js'

interface DocumentTextProps {
  readonly mission: MissionReply
  readonly name: string
}

/** Shows the text of one document; it is read again when the mission changes. */
export function DocumentText({ mission, name }: DocumentTextProps) {
  const url = `/api/missions/${encodeURIComponent(mission.id)}/documents/${encodeURIComponent(name)}`
  const { value, failure, read } = useReply<DocumentReply>(url, {
    isConcerned: ({ missions }) => missions === null || missions.includes(mission.id),
    announcement: 'The document has changed.',
  })
  if (failure?.status === 404) {
    return <Notice title="This document is not there">It may have been renamed or removed meanwhile.</Notice>
  }
  if (value === null && failure !== null) return <Failed what="The document" failure={failure} read={read} />
  if (value === null) return <Loading />
  return (
    <>
      <Stale failure={failure} />
      <Problems problems={value.problems} />
      {value.is_truncated && (
        <p class="truncated">This is only the beginning: the whole file has {formatBytes(value.bytes)}.</p>
      )}
      <Guard what="The document" of={value} raw={() => [{ url: name, text: value.text ?? '' }]}>
        <Body document={value} mission={mission} />
      </Guard>
    </>
  )
}

function Body({ document, mission }: { readonly document: DocumentReply; readonly mission: MissionReply }) {
  if (document.text === null) {
    return (
      <Notice title="This file cannot be shown here">
        It has {formatBytes(document.bytes)} and is no text, or it lies outside the project.
      </Notice>
    )
  }
  if (document.text.trim() === '') return <Notice title="This document is empty" />
  if (document.format === 'markdown')
    return <Markdown document={document} text={document.text} mission={mission} />
  return (
    <pre class="plain" tabIndex={0} role="group" aria-label={visible(document.name)} data-testid="document">
      {visible(document.text)}
    </pre>
  )
}

interface MarkdownProps {
  readonly document: DocumentReply
  readonly text: string
  readonly mission: MissionReply
}

function Markdown({ document, text, mission }: MarkdownProps) {
  const body = useRef<HTMLDivElement>(null)
  const names = mission.documents.map(({ name }) => name).join('\n')
  const documents = useMemo(() => new Set(names.split('\n')), [names])
  useLayoutEffect(() => {
    const fragment = sanitise(markdownToHtml(text))
    dress(fragment, { mission: mission.id, name: document.name, documents })
    body.current?.replaceChildren(fragment)
  }, [text, mission.id, document.name, documents])
  return (
    <div
      class="prose"
      ref={body}
      data-testid="document"
      onClick={(event) => goToHeading(event.currentTarget, event)}
    />
  )
}

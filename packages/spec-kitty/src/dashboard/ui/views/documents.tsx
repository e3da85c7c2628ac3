import { useLayoutEffect, useRef } from 'preact/hooks'
import type { MissionReply } from '../../api.js'
import { baseName, groupDocuments, type DocumentGroup } from '../documents.js'
import { formatBytes } from '../format.js'
import { documentLink } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { DocumentText } from './document-text.js'
import { Notice } from './notice.js'

interface DocumentsProps {
  readonly mission: MissionReply
  readonly chosen: string | null
  readonly heading: string | null
}

/** Lists the documents of a mission and shows the chosen one, or the first in reading order if none is chosen. */
export function Documents({ mission, chosen, heading }: DocumentsProps) {
  const groups = groupDocuments(mission.documents)
  const shown = chosen ?? groups[0]?.documents[0]?.name ?? null
  const shelf = useRef<HTMLElement>(null)
  useLayoutEffect(() => showChosen(shelf.current), [shown])
  if (shown === null) return <NoDocuments />
  return (
    <div class="documents">
      <nav class="shelf" aria-label="Documents" ref={shelf}>
        {groups.map((group) => (
          <Group key={group.directory} group={group} mission={mission.id} shown={shown} />
        ))}
      </nav>
      <article class="sheet" aria-labelledby="document-name">
        <h2 id="document-name">
          <bdi class="path">{visible(shown)}</bdi>
        </h2>
        <DocumentText key={shown} mission={mission} name={shown} heading={heading} isWhole />
      </article>
    </div>
  )
}

/** Scrolls the list, and not the page, so that the chosen document is in sight in it. */
function showChosen(shelf: HTMLElement | null): void {
  const link = shelf?.querySelector('[aria-current]')?.getBoundingClientRect()
  if (shelf === null || link === undefined) return
  const { top, bottom, height } = shelf.getBoundingClientRect()
  if (link.top < top || link.bottom > bottom) shelf.scrollTop += link.top - top - height / 2
}

interface GroupProps {
  readonly group: DocumentGroup
  readonly mission: string
  readonly shown: string
}

function Group({ group: { name: title, directory, documents }, mission, shown }: GroupProps) {
  return (
    <div class="shelf-group">
      <h2 title={directory === '' ? undefined : visible(directory)}>
        <bdi>{visible(title)}</bdi>
      </h2>
      <ul>
        {documents.map(({ name, bytes }) => (
          <li key={name}>
            <a
              href={documentLink(mission, name)}
              aria-current={name === shown ? 'page' : undefined}
              title={`${visible(name)}, ${formatBytes(bytes)}`}
            >
              <bdi>{visible(baseName(name))}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

function NoDocuments() {
  return (
    <Notice title="No documents yet">
      <p>
        Write <code>spec.md</code>, then <code>plan.md</code> and <code>tasks.md</code>, into the mission's
        directory. Files below <code>contracts/</code>, <code>research/</code> and other folders are shown
        too.
      </p>
    </Notice>
  )
}

import { useEffect } from 'preact/hooks'
import { setTitle } from '../tab-title.js'
import { DocumentText } from './document-text.js'

/** The charter of the project: rules that apply to all of its missions. */
export function CharterView() {
  useEffect(() => setTitle('Charter · spec-kitty dashboard'), [])
  return (
    <div class="view">
      <p class="crumbs">
        <a href="#/missions">Missions</a> <span aria-hidden="true">/</span> Charter
      </p>
      <h1>Charter</h1>
      <DocumentText mission={null} name="charter" url="/api/charter" />
    </div>
  )
}

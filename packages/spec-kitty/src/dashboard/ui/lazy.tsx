import type { ComponentChild, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Failed, Loading } from './views/notice.js'

/**
 * Returns a component whose code is loaded when it is first shown, so that the page stays small until then. If the code
 * cannot be loaded, the page says so and offers to try again.
 */
export function lazy<Props extends object>(what: string, load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | null = null
  return function Lazy(props: Props): ComponentChild {
    const [isFailed, setFailed] = useState(false)
    const [Loaded, setLoaded] = useState(() => loaded)
    useEffect(() => {
      if (Loaded !== null || isFailed) return
      void load().then(
        (component) => {
          loaded = component
          setLoaded(() => component)
        },
        () => setFailed(true),
      )
    }, [Loaded, isFailed])
    if (isFailed) return <Failed what={what} failure={{ status: null }} read={() => setFailed(false)} />
    return Loaded === null ? <Loading /> : <Loaded {...props} />
  }
}

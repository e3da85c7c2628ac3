import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects every object that is not in use. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

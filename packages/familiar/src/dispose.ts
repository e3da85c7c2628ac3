/** What compilers make of `using` and `await using` looks for these symbols too, where the runtime has none. */
export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('nodejs.dispose')
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')

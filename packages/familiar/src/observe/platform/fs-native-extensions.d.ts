/** The part of fs-native-extensions that is used here; the package brings no types. */
declare module 'fs-native-extensions' {
  const locks: {
    tryLock(
      descriptor: number,
      offset: number,
      length: number,
      options?: { readonly shared: boolean },
    ): boolean
  }
  export default locks
}

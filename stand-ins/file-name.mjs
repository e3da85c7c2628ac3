// @ts-check

/**
 * Returns what names a file to the system. In a text, a byte that is no UTF-8 stands as a lone surrogate, U+DC80 to
 * U+DCFF, as Python has it.
 *
 * @param {string} text
 */
export function fileName(text) {
  const bytes = Array.from(text, (char) => {
    const isByte = /[\udc80-\udcff]/u.test(char)
    return isByte ? Buffer.of(char.charCodeAt(0) - 0xdc00) : Buffer.from(char)
  })
  return Buffer.concat(bytes)
}

// @ts-check

/**
 * Returns the bytes of a file name. A lone surrogate in the text, U+DC80 to U+DCFF, stands for a byte that is not UTF-8,
 * as in Python.
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

/** With one of these variables set to 1, the tests print what they measured. */
const isWanted = ['FAMILIAR_FIGURES', 'FAMILIAR_FULL'].some((name) => process.env[name] === '1')

/** Prints a measured figure, if figures are wanted: otherwise the output of the tests is only what went wrong. */
export function figure(text: string): void {
  if (isWanted) console.log(text)
}

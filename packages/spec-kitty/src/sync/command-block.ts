import { columnsOf, paint, wrapComment, type Io } from 'familiar/cli'

const INDENT = '  '

/**
 * Returns the lines of a command below a text. It is never broken, so that it can be copied. If its comment does not fit
 * beside it, the comment stands above, as in `sync status`.
 */
export function commandBlock(command: string, screen: Pick<Io, 'columns' | 'hasColor'>): readonly string[] {
  const { columns } = screen
  const at = command.indexOf('  # ')
  const isWhole = columns === null || at < 0 || columnsOf(`${INDENT}${command}`) <= columns
  if (isWhole) return [`${INDENT}${paint(screen, 'cyan', command)}`]
  const comment = wrapComment(command.slice(at).trimStart(), columns - INDENT.length)
  return [
    ...comment.map((line) => `${INDENT}${paint(screen, 'dim', line)}`),
    `${INDENT}${paint(screen, 'cyan', command.slice(0, at))}`,
  ]
}

// @ts-check
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'
import { filesWith, readInto } from './index.js'

/**
 * The MCP server: two tools over one index.
 *
 * @param {import('./index.js').Index} index
 */
export function makeServer(index) {
  const server = new McpServer({ name: 'docsd', version: '1.0.0' })
  server.registerTool(
    'index_directory',
    {
      description: 'Reads the Markdown files of a directory, for find_word.',
      inputSchema: { directory: z.string().describe('an absolute path') },
    },
    async ({ directory }, { signal, sendNotification, _meta }) => {
      let progress = 0
      for await (const { file, total } of readInto(index, directory, signal)) {
        progress += 1
        const progressToken = _meta?.progressToken
        if (progressToken === undefined) continue
        const params = { progressToken, progress, total, message: file }
        await sendNotification({ method: 'notifications/progress', params })
      }
      return text(`${progress} files`)
    },
  )
  server.registerTool(
    'find_word',
    {
      description: 'Returns the files with a word, one for each line.',
      inputSchema: { word: z.string() },
      annotations: { readOnlyHint: true },
    },
    ({ word }) => text(filesWith(index, word).join('\n')),
  )
  return server
}

/**
 * @param {string} line
 * @returns {import('@modelcontextprotocol/sdk/types.js').CallToolResult}
 */
function text(line) {
  return { content: [{ type: 'text', text: line }] }
}

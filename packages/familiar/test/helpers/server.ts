import { once } from 'node:events'
import { createServer, type ListenOptions, type Socket } from 'node:net'

/** Starts a listener in this process. `answer` gets every connection once it has sent something. */
export async function startServer(listen: ListenOptions, answer: (socket: Socket, request: string) => void) {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.once('data', (request) => answer(socket, request.toString()))
  })
  server.listen(listen)
  await once(server, 'listening')
  return {
    /** How many connections are open now. */
    connections: () => open.size,
    close: async (): Promise<void> => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

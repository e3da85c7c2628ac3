import { startProgress, type Io } from 'familiar/cli'

/** Does `work`, and shows meanwhile that the server has not answered yet. Without a server, nothing is asked. */
export async function showingWait<T>(server: string | null, io: Io, work: () => Promise<T>): Promise<T> {
  if (server === null) return work()
  const progress = startProgress(io)
  progress.wait(`waiting for an answer from ${server}`)
  try {
    return await work()
  } finally {
    progress.stop()
  }
}

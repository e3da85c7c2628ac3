import { SockDaemonServer } from 'sock-daemon/server'
import { shout } from './work.cjs'

class ShoutServer extends SockDaemonServer {
  static get serviceName() {
    return 'shout'
  }

  handle({ id, text }) {
    return { id, text: shout(text) }
  }
}

await new ShoutServer().listen()

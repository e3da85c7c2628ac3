import { SockDaemonClient } from 'sock-daemon/client'

class ShoutClient extends SockDaemonClient {
  static get serviceName() {
    return 'shout'
  }

  static get daemonScript() {
    return new URL('./daemon.js', import.meta.url)
  }
}

const { text } = await new ShoutClient().request({ text: process.argv[2] })
process.stdout.write(text)

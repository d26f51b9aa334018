import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One address before whatever server is at work, as a load balancer has it: passes bytes on, and breaks with them. */
export interface Forwarder {
  readonly url: string
  /** Connections that come from now on go to this port. */
  target(port: number): void
  /** Connections that are open now pass nothing on any more, and neither end hears of it. */
  cut(): void
  close(): Promise<void>
}

export async function startForwarder(): Promise<Forwarder> {
  let port = 0
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(port, '127.0.0.1')
    client.pipe(onward).pipe(client)
    for (const [socket, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: (next) => {
      port = next
    },
    cut: () => {
      for (const socket of open) socket.unpipe().pause()
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

import { WebSocket } from 'ws'
import { connect } from '../../client/sdk/index.ts'
import { audioInput } from './audio-input.ts'
import { streamParametersFrom } from './options.ts'
import { inRealTime } from './pace.ts'
import type { Renderer } from './renderer.ts'
import type { WatchFlags } from './watch.ts'

/** Sends a source to a server and shows its events. Says if an error ended the stream. */
export async function watchServer(
  address: string,
  source: string,
  flags: WatchFlags,
  renderer: Renderer,
): Promise<boolean> {
  const asked = streamParametersFrom({ ...flags, model: flags.model === 'default' ? undefined : flags.model })
  const audio = await audioInput(source, flags.encoding === undefined ? undefined : asked.encoding)
  const parameters = { ...asked, encoding: audio.encoding }
  const stream = connect(address, parameters, { WebSocket, reconnection: false })
  stream.on('event', (event) => renderer.show(event))
  let failure: Error | undefined
  stream.on('error', (error) => {
    failure = error
  })
  const chunks = flags.realtime === true ? inRealTime(audio.chunks, parameters) : audio.chunks
  for await (const bytes of chunks) {
    stream.send(bytes)
    await stream.drained()
    if (stream.state === 'closed') break
  }
  await stream.close().catch((error: Error) => {
    failure ??= error
  })
  if (failure !== undefined) process.stderr.write(`earwitness: ${failure.message}\n`)
  return failure !== undefined
}

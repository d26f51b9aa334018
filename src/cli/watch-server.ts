import { WebSocket } from 'ws'
import { connect } from '../../client/sdk/index.ts'
import type { EarwitnessError } from '../protocol/errors.ts'
import { audioInput } from './audio-input.ts'
import { streamParametersFrom } from './options.ts'
import { inRealTime } from './pace.ts'
import { readerGone } from './reader-gone.ts'
import type { Renderer } from './renderer.ts'
import type { WatchFlags } from './watch.ts'

/** Sends a source to a server and shows its events. Says what ended the stream early. */
export async function watchServer(
  address: string,
  source: string,
  flags: WatchFlags,
  renderer: Renderer,
): Promise<string | undefined> {
  const asked = streamParametersFrom({ ...flags, model: flags.model === 'default' ? undefined : flags.model })
  const audio = await audioInput(source, flags.encoding === undefined ? undefined : asked.encoding)
  const parameters = { ...asked, encoding: audio.encoding }
  const stream = connect(address, parameters, {
    WebSocket,
    reconnection: false,
    ...(flags.key !== undefined && { token: flags.key }),
  })
  stream.on('event', (event) => renderer.show(event))
  let failure: EarwitnessError | undefined
  stream.on('error', (error) => {
    if (stream.state !== 'open') failure ??= error
  })
  const chunks = flags.realtime === true ? inRealTime(audio.chunks, parameters) : audio.chunks
  for await (const bytes of chunks) {
    stream.send(bytes)
    await stream.drained()
    if (stream.state === 'closed' || readerGone.aborted) break
  }
  await stream.close().catch((error: EarwitnessError) => {
    failure ??= error
  })
  return failure === undefined ? undefined : inWords(failure)
}

function inWords({ code, message }: EarwitnessError): string {
  const advice = code === 'connection_lost' ? '; is `earwitness serve` running there?' : ''
  return `${code}: ${message}${advice}`
}

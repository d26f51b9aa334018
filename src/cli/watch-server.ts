import { WebSocket } from 'ws'
import { connect, type EarwitnessStream } from '../../client/sdk/index.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { isResumable } from '../protocol/parameters.ts'
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
  const parameters = { ...asked, encoding: audio.encoding, resume: isResumable(audio.encoding) }
  const stream = connect(address, parameters, {
    WebSocket,
    ...(flags.key !== undefined && { token: flags.key }),
  })
  stream.on('event', (event) => renderer.show(event))
  let failure: EarwitnessError | undefined
  const giveUp = (error: EarwitnessError): void => {
    failure ??= error
    void stream.close().catch(() => {})
  }
  stream.on('error', (error) => {
    if (stream.state === 'reconnecting' && stream.ready !== undefined)
      process.stderr.write('earwitness: reconnecting\n')
    else if (stream.state !== 'open') giveUp(error)
  })
  let streams = 0
  stream.on('ready', () => {
    streams += 1
    // What follows would be the rest of the audio, judged as if it were all.
    if (streams > 1) giveUp(new EarwitnessError('connection_lost', 'the server could not go on with the stream'))
  })
  const chunks = flags.realtime === true ? inRealTime(audio.chunks, parameters) : audio.chunks
  for await (const bytes of untilClosed(chunks, stream)) {
    stream.send(bytes)
    await stream.drained()
    if (readerGone.aborted) break
  }
  await stream.close().catch((error: EarwitnessError) => {
    failure ??= error
  })
  return failure === undefined ? undefined : inWords(failure)
}

/** What comes until the stream has closed, though a quiet pipe would have more one day. */
async function* untilClosed(chunks: AsyncIterable<Uint8Array>, stream: EarwitnessStream): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]()
  const closed = new Promise<undefined>((resolve) => {
    stream.on('state', (state) => state === 'closed' && resolve(undefined))
  })
  try {
    while (stream.state !== 'closed') {
      const next = await Promise.race([source.next(), closed])
      if (next === undefined || next.done) return
      yield next.value
    }
  } finally {
    source.return?.().catch(() => {})
    process.stdin.destroy()
  }
}

function inWords({ code, message }: EarwitnessError): string {
  const advice = code === 'connection_lost' ? '; is `earwitness serve` running there?' : ''
  return `${code}: ${message}${advice}`
}

import {
  type AlertEvent,
  type ConnectionState,
  connect,
  type EarwitnessError,
  type EarwitnessStream,
  type ReadyEvent,
  type ScoreEvent,
  type SummaryEvent,
} from '../sdk/index.ts'
import type { SoundSource } from './sound-source.ts'

/** What listening tells the page. `at` and `onset` are seconds since the sound began, over all connections. */
export interface ListeningHandlers {
  heard(samples: Float32Array, seconds: number): void
  state(state: ConnectionState): void
  ready(ready: ReadyEvent): void
  score(score: ScoreEvent, at: number): void
  alert(alert: AlertEvent, onset: number, at: number): void
  notice(words: string): void
  error(error: EarwitnessError, state: ConnectionState): void
  /** Called once. Undefined where the connection was gone before the summary. */
  ended(summary: SummaryEvent | undefined): void
}

/** One sound on its way to the server, from the first sample to the summary. */
export class Listening {
  readonly #source: SoundSource
  readonly #handlers: ListeningHandlers
  readonly #stream: EarwitnessStream
  #heardSamples = 0
  /** Where the present connection's time 0 lies. */
  #originSeconds = 0
  #ending: Promise<void> | undefined

  /** Starts the sound and connects. A sound that does not start leaves no connection behind. */
  constructor(source: SoundSource, server: URL, key: string | undefined, handlers: ListeningHandlers) {
    this.#source = source
    this.#handlers = handlers
    source.start(
      (samples) => this.#hear(samples),
      () => void this.stop(),
    )
    const asked = { encoding: 's16le', sampleRate: source.sampleRate, evidence: true } as const
    this.#stream = connect(server, asked, key === undefined ? {} : { token: key })
    this.#follow()
  }

  /** Ends the sound, waits for the summary and tells of it. */
  stop(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  get #heardSeconds(): number {
    return this.#heardSamples / this.#source.sampleRate
  }

  #hear(samples: Float32Array): void {
    this.#heardSamples += samples.length
    this.#stream.send(samples)
    this.#handlers.heard(samples, this.#heardSeconds)
  }

  #follow(): void {
    const { error, notice, ready, score, alert } = this.#handlers
    this.#stream.on('state', (state) => this.#onState(state))
    this.#stream.on('ready', ready)
    this.#stream.on('score', (event) => score(event, this.#originSeconds + event.end))
    this.#stream.on('alert', (event) => alert(event, this.#originSeconds + event.onset, this.#originSeconds + event.at))
    this.#stream.on('warning', ({ message }) => notice(message))
    this.#stream.on('lost', ({ seconds }) => notice(`${(seconds ?? 0).toFixed(1)} s of sound were lost.`))
    this.#stream.on('error', (event) => error(event, this.#stream.state))
  }

  #onState(state: ConnectionState): void {
    if (state === 'open' && this.#stream.ready?.resumed === undefined) {
      const waitingSeconds = this.#stream.bufferedBytes / Int16Array.BYTES_PER_ELEMENT / this.#source.sampleRate
      this.#originSeconds = this.#heardSeconds - waitingSeconds
    }
    this.#handlers.state(state)
    if (state === 'closed') void this.stop()
  }

  async #end(): Promise<void> {
    await this.#source.stop()
    this.#handlers.ended(await this.#stream.close().catch(() => undefined))
  }
}

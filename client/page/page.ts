import type { ConnectionState, EarwitnessError, ReadyEvent, ScoreEvent, SummaryEvent } from '../sdk/index.ts'
import { AccessKey } from './access-key.ts'
import { AlertList } from './alert-list.ts'
import { ConnectionView } from './connection-view.ts'
import { element } from './elements.ts'
import type { EvidenceStrip } from './evidence-strip.ts'
import { FactsView } from './facts-view.ts'
import { Listening } from './listening.ts'
import type { MelFeed } from './mel-feed.ts'
import type { ModelFacts } from './models.ts'
import { ProbabilityChart } from './probability-chart.ts'
import { type SoundSource, SourceError } from './sound-source.ts'
import type { SourceBar, SourceKind } from './source-bar.ts'
import { VerdictView } from './verdict-view.ts'
import { errorWords } from './words.ts'

/** The views together, and the one sound that they show at a time. */
export class Page {
  readonly #bar: SourceBar
  readonly #mel: MelFeed | undefined
  readonly #strip: EvidenceStrip
  readonly #server: URL
  readonly #chart = new ProbabilityChart(element('chart', HTMLElement))
  readonly #verdict = new VerdictView()
  readonly #alerts = new AlertList()
  readonly #connection = new ConnectionView()
  readonly #facts = new FactsView()
  readonly #key = new AccessKey(() => this.#again())
  #again = (): void => {}
  #listening: Listening | undefined
  #opening = 0
  #windowSeconds = 0
  #hopSeconds = 0

  /** @param mel none where the picture of the sound cannot be drawn */
  constructor(bar: SourceBar, mel: MelFeed | undefined, strip: EvidenceStrip, server: URL) {
    this.#bar = bar
    this.#mel = mel
    this.#strip = strip
    this.#server = server
  }

  /** What is known before anything is heard. */
  showModel(model: ModelFacts): void {
    this.#facts.showModel(model, model.provider)
    this.#showDecision(model.decision)
  }

  /** Ends what is heard, opens a sound and listens to it. Of several asked for in a row, the last one wins. */
  async listenTo(kind: SourceKind, open: () => Promise<SoundSource>): Promise<void> {
    const turn = ++this.#opening
    this.#again = () => void this.listenTo(kind, open)
    this.#bar.problem(undefined)
    this.#key.dismiss()
    await this.stop()
    try {
      const source = await open()
      if (turn === this.#opening) await this.#beginOrStop(kind, source)
      else await source.stop()
    } catch (thrown) {
      this.#bar.problem(thrown instanceof SourceError ? thrown.message : `This did not work: ${String(thrown)}`)
    }
  }

  /** Ends what is heard and waits for its summary. */
  async stop(): Promise<void> {
    await this.#listening?.stop()
  }

  async #beginOrStop(kind: SourceKind, source: SoundSource): Promise<void> {
    try {
      this.#begin(kind, source)
    } catch (thrown) {
      this.#bar.stopped()
      this.#connection.show('closed')
      await source.stop()
      throw thrown
    }
  }

  #begin(kind: SourceKind, source: SoundSource): void {
    this.#chart.clear()
    this.#alerts.clear()
    this.#verdict.begin()
    this.#facts.begin(source.sampleRate)
    this.#mel?.begin(source.sampleRate)
    this.#strip.clear()
    this.#bar.started(kind, source.name)
    this.#connection.show('connecting')
    this.#listening = new Listening(source, this.#server, this.#key.value, {
      heard: (samples, seconds) => this.#onHeard(samples, seconds),
      state: (state) => this.#onState(state),
      ready: (ready) => this.#onReady(ready),
      score: (score, at) => this.#onScore(score, at),
      alert: (alert, onset, at) => {
        this.#alerts.add(alert, onset, at)
        this.#chart.addAlert(alert, onset, at)
      },
      notice: (words) => this.#facts.notice(words),
      error: (error, state) => this.#onError(error, state),
      ended: (summary) => this.#onEnded(summary),
    })
  }

  #onHeard(samples: Float32Array, seconds: number): void {
    this.#mel?.push(samples)
    this.#bar.heard(seconds)
  }

  #onState(state: ConnectionState): void {
    this.#connection.show(state)
    if (state === 'open') this.#bar.problem(undefined)
  }

  /** A new stream: the one before it, and whatever stood then, is over. */
  #onReady(ready: ReadyEvent): void {
    this.#endAlert()
    this.#windowSeconds = ready.window
    this.#hopSeconds = ready.hop
    this.#facts.showReady(ready)
    this.#showDecision(ready.decision)
  }

  #onScore(score: ScoreEvent, at: number): void {
    this.#chart.add(score, at, this.#hopSeconds)
    this.#strip.show(score.evidence, at - score.end)
    this.#alerts.follow(score.fakeProbability)
    this.#verdict.show(score, this.#windowSeconds)
    this.#facts.count(score)
  }

  #onError(error: EarwitnessError, state: ConnectionState): void {
    const words = errorWords(error)
    if (error.code === 'unauthorized') this.#key.ask()
    if (state === 'open') this.#facts.notice(words)
    else this.#bar.problem(state === 'reconnecting' ? `${words} Trying again.` : words)
  }

  #onEnded(summary: SummaryEvent | undefined): void {
    this.#listening = undefined
    this.#endAlert()
    this.#bar.stopped()
    if (summary === undefined) this.#verdict.stop()
    else this.#verdict.conclude(summary)
  }

  #endAlert(): void {
    this.#chart.endAlert()
    this.#alerts.end(this.#chart.endSeconds)
  }

  #showDecision(decision: { readonly raise: number; readonly clear: number }): void {
    this.#chart.setDecision(decision)
    this.#verdict.setDecision(decision)
  }
}

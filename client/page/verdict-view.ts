import type { ReadyEvent, ScoreEvent, SummaryEvent } from '../sdk/index.ts'
import { element, setText } from './elements.ts'
import { NOTHING, probabilityText, secondsText, withUnit } from './figures.ts'
import { summaryWords, verdictGround, verdictWords } from './words.ts'

/** The verdict in large words, what it rests on, and the figures behind it. */
export class VerdictView {
  readonly #panel = element('result', HTMLElement)
  readonly #words = element('verdict-words', HTMLElement)
  readonly #why = element('verdict-why', HTMLElement)
  readonly #gauge = element('gauge', HTMLMeterElement)
  readonly #mark = element('gauge-mark', HTMLElement)
  readonly #zone = element('gauge-zone', HTMLElement)
  readonly #smoothed = element('fake-probability', HTMLElement)
  readonly #smoothedName = element('fake-probability-name', HTMLElement)
  readonly #window = element('window-probability', HTMLElement)
  readonly #speech = element('speech', HTMLElement)
  readonly #latency = element('latency', HTMLElement)

  setDecision({ raise }: Pick<ReadyEvent['decision'], 'raise'>): void {
    this.#zone.style.width = percent(1 - raise)
  }

  /** Nothing has been heard yet. */
  begin(): void {
    this.#say('listening', 'listening', 'The first judgement comes after a second of speech.')
    this.#showProbability(null)
    for (const figure of [this.#window, this.#speech, this.#latency]) setText(figure, NOTHING)
  }

  show(score: ScoreEvent, windowSeconds: number): void {
    this.#say(score.verdict, verdictWords(score), verdictGround(score, windowSeconds))
    this.#showProbability(score.fakeProbability, score.windowFakeProbability === null)
    setText(this.#window, probabilityText(score.windowFakeProbability))
    setText(this.#speech, secondsText(score.speechSeconds))
    setText(this.#latency, withUnit(Math.round(score.latencyMs), 'ms'))
  }

  /** The verdict on the whole of what was heard. */
  conclude(summary: SummaryEvent): void {
    const [channel] = summary.channels
    if (channel === undefined) this.#say('inconclusive', 'nothing heard', 'Stopped before any sound came.')
    else this.#say(channel.verdict, verdictWords({ verdict: channel.verdict }), summaryWords(summary))
  }

  /** The sound ended and no summary came. */
  stop(): void {
    setText(this.#why, 'Stopped before a summary came.')
  }

  #say(tone: string, words: string, why: string): void {
    this.#panel.dataset.verdict = tone
    setText(this.#words, words)
    setText(this.#why, why)
  }

  /** @param isHeld the value comes from before: this window was not judged. */
  #showProbability(fakeProbability: number | null, isHeld = false): void {
    const text = probabilityText(fakeProbability)
    setText(this.#smoothedName, isHeld && fakeProbability !== null ? 'Fake probability, held' : 'Fake probability')
    setText(this.#smoothed, text)
    this.#mark.hidden = fakeProbability === null
    this.#mark.style.left = percent(fakeProbability ?? 0)
    this.#gauge.value = fakeProbability ?? 0
    this.#gauge.setAttribute('aria-valuetext', fakeProbability === null ? 'none yet' : text)
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

import type { ScoreEvent } from '../sdk/index.ts'
import { element } from './elements.ts'
import { preciseClockText } from './figures.ts'
import { currentTheme, onThemeChange } from './theme.ts'

const FRAMES_PER_SECOND = 100
/** The logits of one stretch that fill the strip's half. */
const FULL_LOGITS = 0.25
const BAR_GAP = 3

export type Evidence = NonNullable<ScoreEvent['evidence']>

/** What each stretch of the newest window says, under the frames that it is about: up is fake, down is real. */
export class EvidenceStrip {
  readonly #row = element('evidence-row', HTMLElement)
  readonly #screen = element('evidence', HTMLCanvasElement)
  readonly #context = this.#screen.getContext('2d')!
  #theme = currentTheme()
  #evidence: Evidence | undefined
  /** Where the evidence's time 0 lies on the page's clock. */
  #originSeconds = 0
  #endFrame = 0

  constructor() {
    onThemeChange(() => {
      this.#theme = currentTheme()
      this.#draw()
    })
  }

  /** The evidence of the newest window, none if it was not judged. A model that never gives any has no strip. */
  show(evidence: Evidence | undefined, originSeconds: number): void {
    this.#evidence = evidence
    this.#originSeconds = originSeconds
    if (evidence !== undefined) this.#row.hidden = false
    this.#screen.setAttribute('aria-label', inWords(evidence, originSeconds))
    this.#draw()
  }

  /** Scrolls along with the frames. @param endFrame behind the newest one, counted from the sound's first */
  scrollTo(endFrame: number): void {
    this.#endFrame = endFrame
    this.#draw()
  }

  clear(): void {
    this.show(undefined, 0)
  }

  #draw(): void {
    const { width, height } = this.#screen
    this.#context.clearRect(0, 0, width, height)
    this.#context.fillStyle = this.#theme.muted
    this.#context.fillRect(0, height / 2, width, 1)
    if (this.#evidence === undefined) return
    const { start, step, fakeEvidence } = this.#evidence
    for (const [index, value] of fakeEvidence.entries()) {
      const seconds = this.#originSeconds + start + index * step
      const left = width - this.#endFrame + seconds * FRAMES_PER_SECOND
      this.#drawBar(left, step * FRAMES_PER_SECOND - BAR_GAP, value)
    }
  }

  #drawBar(left: number, width: number, value: number): void {
    const half = this.#screen.height / 2
    const size = Math.min(1, Math.abs(value) / FULL_LOGITS) * half
    this.#context.fillStyle = value > 0 ? this.#theme.fake : this.#theme.real
    this.#context.fillRect(left, value > 0 ? half - size : half, width, size)
  }
}

/** For those who do not see it: the stretch that speaks most for fake. */
function inWords(evidence: Evidence | undefined, originSeconds: number): string {
  if (evidence === undefined) return 'Evidence of the last ten seconds: none yet.'
  const { start, step, fakeEvidence } = evidence
  const most = Math.max(...fakeEvidence)
  if (most <= 0) return 'Evidence of the last ten seconds: nothing speaks for fake.'
  const seconds = originSeconds + start + fakeEvidence.indexOf(most) * step
  return `Evidence of the last ten seconds: most for fake at ${preciseClockText(seconds)}.`
}

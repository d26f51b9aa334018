import type { EarwitnessError } from '../protocol/errors.ts'
import type { ChannelSummary, InconclusiveReason, ScoreEvent, ServerEvent, Verdict } from '../protocol/events.ts'
import type { StreamParameters } from '../protocol/parameters.ts'
import { probabilityOf } from '../scoring/log-odds.ts'
import type { ModelManifest } from '../scoring/model-manifest.ts'
import type { ScoredWindow } from '../scoring/scorer.ts'
import { type AlertMemory, AlertState } from './alert-state.ts'
import type { DueWindow } from './channel-track.ts'
import { evidenceStretches } from './evidence-stretches.ts'
import { type EvidenceState, EvidenceTrack } from './evidence-track.ts'
import { calibrated, Smoothing, type SmoothingState } from './probability.ts'
import type { Settled } from './settled.ts'

const MODEL_RATE = 16_000

/** What a judge goes on from. */
export interface JudgeState {
  readonly smoothing: SmoothingState
  readonly alert: AlertMemory
  readonly evidence: EvidenceState
  readonly reasons: readonly (readonly [InconclusiveReason, number])[]
  readonly counts: Counts
  readonly overloaded: boolean
}

/** Of windows, and of what their probabilities came to. */
interface Counts {
  readonly scored: number
  readonly superseded: number
  readonly failed: number
  readonly skippedSinceEvent: number
  readonly sum: number
  readonly peak: number | null
}

/** One channel from the windows' fake logits to events: calibration, smoothing, verdict, alerts, summary. */
export class ChannelJudge {
  readonly #manifest: ModelManifest
  readonly #smoothing: Smoothing
  readonly #alert: AlertState
  readonly #evidence = new EvidenceTrack()
  readonly #showsEvidence: boolean
  #reasons = new Map<InconclusiveReason, number>()
  #scored = 0
  #superseded = 0
  #failed = 0
  #skippedSinceEvent = 0
  #overloaded = false
  #sum = 0
  #peak: number | null = null

  /** @param mostAlerts alerts that the summary lists: of more, the oldest are only counted */
  constructor(
    manifest: ModelManifest,
    { halfLife, evidence }: Pick<StreamParameters, 'halfLife' | 'evidence'>,
    mostAlerts: number,
  ) {
    this.#manifest = manifest
    this.#smoothing = new Smoothing(halfLife)
    this.#alert = new AlertState(manifest.decision, mostAlerts)
    this.#showsEvidence = evidence
  }

  save(): JudgeState {
    return {
      smoothing: this.#smoothing.save(),
      alert: this.#alert.save(),
      evidence: this.#evidence.save(),
      reasons: [...this.#reasons],
      counts: {
        scored: this.#scored,
        superseded: this.#superseded,
        failed: this.#failed,
        skippedSinceEvent: this.#skippedSinceEvent,
        sum: this.#sum,
        peak: this.#peak,
      },
      overloaded: this.#overloaded,
    }
  }

  restore({ smoothing, alert, evidence, reasons, counts, overloaded }: JudgeState): void {
    this.#smoothing.restore(smoothing)
    this.#alert.restore(alert)
    this.#evidence.restore(evidence)
    this.#reasons = new Map(reasons)
    this.#scored = counts.scored
    this.#superseded = counts.superseded
    this.#failed = counts.failed
    this.#skippedSinceEvent = counts.skippedSinceEvent
    this.#sum = counts.sum
    this.#peak = counts.peak
    this.#overloaded = overloaded
  }

  /** Takes the channel's windows in their order; returns what the client is to be told. */
  take(window: DueWindow, settled: Settled, latencyMs: number): ServerEvent[] {
    switch (settled.kind) {
      case 'superseded':
        this.#superseded += 1
        this.#skippedSinceEvent += 1
        return []
      case 'failed':
        this.#failed += 1
        return [errorEvent(window, settled.error)]
      case 'inconclusive':
        this.#reasons.set(settled.reason, (this.#reasons.get(settled.reason) ?? 0) + 1)
        return this.#scoreEvents(window, latencyMs, null, { verdict: 'inconclusive', reason: settled.reason })
      case 'scored':
        return this.#judged(window, settled, latencyMs)
    }
  }

  summary(channel: number, facts: { durationSamples: number; gapMs: number; speechSeconds: number }): ChannelSummary {
    const mean = this.#scored === 0 ? null : this.#sum / this.#scored
    const alerts = this.#alert.stretches()
    const earlierAlerts = this.#alert.forgotten
    const reason = this.#scored === 0 ? this.#commonestReason() : undefined
    const strongestEvidence = this.#evidence.strongest()
    return {
      channel,
      duration: facts.durationSamples / MODEL_RATE,
      speechSeconds: facts.speechSeconds,
      gapMs: facts.gapMs,
      scored: this.#scored,
      inconclusive: [...this.#reasons.values()].reduce((total, count) => total + count, 0),
      skipped: this.#superseded,
      failed: this.#failed,
      meanFakeProbability: mean,
      peakFakeProbability: this.#peak,
      verdict: mean === null ? 'inconclusive' : alerts.length > 0 ? 'fake' : this.#verdictOf(mean),
      ...(reason !== undefined && { reason }),
      alerts,
      ...(earlierAlerts > 0 && { earlierAlerts }),
      ...(strongestEvidence && { strongestEvidence }),
    }
  }

  #judged(window: DueWindow, { fakeLogit, evidence }: ScoredWindow, latencyMs: number): ServerEvent[] {
    const end = window.endSample / MODEL_RATE
    const logit = calibrated(fakeLogit, this.#manifest.calibration)
    const windowFakeProbability = probabilityOf(logit)
    const fakeProbability = probabilityOf(this.#smoothing.push(logit, end))
    this.#scored += 1
    this.#sum += windowFakeProbability
    this.#peak = Math.max(this.#peak ?? 0, fakeProbability)
    const stretches = evidence && evidenceStretches(evidence, this.#manifest)
    if (stretches !== undefined) this.#evidence.push(stretches)
    const events = this.#scoreEvents(window, latencyMs, windowFakeProbability, {
      verdict: this.#verdictOf(fakeProbability),
      ...(stretches && this.#showsEvidence && { evidence: stretches }),
    })
    const change = this.#alert.push(fakeProbability, end, () => this.#evidence.strongestNow()?.start)
    if (change !== undefined) {
      events.push({ type: 'alert', ...change, channel: window.channel, at: end, fakeProbability })
    }
    return events
  }

  #scoreEvents(
    window: DueWindow,
    latencyMs: number,
    windowFakeProbability: number | null,
    judgement: Pick<ScoreEvent, 'verdict' | 'reason' | 'evidence'>,
  ): ServerEvent[] {
    const skipped = this.#skippedSinceEvent
    this.#skippedSinceEvent = 0
    const smoothed = this.#smoothing.value
    const score: ServerEvent = {
      type: 'score',
      channel: window.channel,
      seq: window.seq,
      start: window.startSample / MODEL_RATE,
      end: window.endSample / MODEL_RATE,
      fakeProbability: smoothed === undefined ? null : probabilityOf(smoothed),
      windowFakeProbability,
      ...judgement,
      provisional: window.provisional,
      speechSeconds: window.gate.speechSeconds,
      gapMs: window.gapMs,
      skipped,
      latencyMs,
    }
    return [...this.#overloadWarning(window, skipped), score]
  }

  /** One warning when skipping begins, not one a window. */
  #overloadWarning(window: DueWindow, skipped: number): ServerEvent[] {
    const begins = skipped > 0 && !this.#overloaded
    this.#overloaded = skipped > 0
    if (!begins) return []
    const message = `${skipped} window(s) were skipped: the server cannot score this stream at this hop right now`
    return [{ type: 'warning', code: 'overload', message, channel: window.channel, at: window.endSample / MODEL_RATE }]
  }

  #verdictOf(fakeProbability: number): Verdict {
    const { raise, threshold } = this.#manifest.decision
    if (fakeProbability >= raise) return 'fake'
    return fakeProbability < threshold ? 'real' : 'uncertain'
  }

  #commonestReason(): InconclusiveReason {
    const [first] = [...this.#reasons].sort(([, a], [, b]) => b - a)
    return first?.[0] ?? 'too_short'
  }
}

function errorEvent(window: DueWindow, error: EarwitnessError): ServerEvent {
  return {
    type: 'error',
    code: error.code,
    message: error.message,
    fatal: false,
    channel: window.channel,
    start: window.startSample / MODEL_RATE,
    end: window.endSample / MODEL_RATE,
  }
}

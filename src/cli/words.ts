import type { ChannelSummary, ScoreEvent, ServerEvent } from '../protocol/events.ts'

const REASONS: Readonly<Record<NonNullable<ScoreEvent['reason']>, string>> = {
  too_short: 'less than 1 s of audio',
  silence: 'silence',
  too_little_speech: 'not enough speech',
  not_speech: 'no speech in it',
  gap: 'too much of it is missing',
}

/** One event as one line for a person. */
export function inWords(event: ServerEvent): string {
  switch (event.type) {
    case 'ready':
      return `listening with ${event.model.name} ${event.model.version} on ${event.provider}, a score every ${event.hop} s`
    case 'score':
      return `${at(event.end)}  ch ${event.channel}  ${probabilityInWords(event)}  ${verdictInWords(event)}`
    case 'alert':
      return `${at(event.at)}  ch ${event.channel}  ALERT ${event.state}: fake ${event.fakeProbability.toFixed(2)}, since ${at(event.onset).trim()}`
    case 'warning':
      return `${event.at === undefined ? '' : `${at(event.at)}  `}warning ${event.code}: ${event.message}`
    case 'error':
      return `error ${event.code}: ${event.message}`
    case 'ack':
      return `${at(event.at)}  kept so far`
    case 'draining':
      return `the server stops within ${event.deadline} s`
    case 'summary':
      return event.channels.map(summaryInWords).join('\n') || 'no audio came'
  }
}

export function verdictInWords({
  verdict,
  reason,
  provisional,
}: Pick<ScoreEvent, 'verdict' | 'reason' | 'provisional'>): string {
  const early = provisional ? ' (provisional)' : ''
  switch (verdict) {
    case 'fake':
      return `likely fake${early}`
    case 'real':
      return `likely real${early}`
    case 'uncertain':
      return `uncertain${early}`
    case 'inconclusive':
      return `inconclusive: ${reason === undefined ? 'not judged' : REASONS[reason]}`
  }
}

/** Seconds as m:ss.s */
export function at(seconds: number): string {
  const tenths = Math.round(seconds * 10)
  const minutes = Math.floor(tenths / 600)
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, '0')
  return `${String(minutes).padStart(3)}:${rest}`
}

function probabilityInWords({ fakeProbability }: ScoreEvent): string {
  return fakeProbability === null ? 'fake  –  ' : `fake ${fakeProbability.toFixed(2)}`
}

function summaryInWords(summary: ChannelSummary): string {
  const mean =
    summary.meanFakeProbability === null ? '' : `, mean fake probability ${summary.meanFakeProbability.toFixed(2)}`
  const alerts = summary.alerts.map(
    ({ start, end }) => `${at(start).trim()} to ${end === null ? 'the end' : at(end).trim()}`,
  )
  const underAlert = alerts.length === 0 ? '' : `, under alert ${alerts.join(', ')}`
  const { strongestEvidence } = summary
  const suspect =
    strongestEvidence === undefined || alerts.length > 0
      ? ''
      : `, most suspect ${at(strongestEvidence.start).trim()} to ${at(strongestEvidence.end).trim()}`
  const heard = `${summary.duration.toFixed(1)} s, ${summary.speechSeconds.toFixed(1)} s of speech`
  return `ch ${summary.channel}: ${verdictInWords({ ...summary, provisional: false })} (${heard}${mean}${underAlert}${suspect})`
}

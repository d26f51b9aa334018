import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts'
import { MOST_TOKEN_CHARACTERS, parseStreamParameters } from '../../src/protocol/parameters.ts'
import { type ResumableStream, ResumeTokens } from '../../src/server/resume-tokens.ts'
import type { JudgeState } from '../../src/stream/channel-judge.ts'
import type { TrackState } from '../../src/stream/track-state.ts'

const stream: ResumableStream = {
  streamId: '6f0e4a1e-6ad3-4d53-a1c7-3c5f1d1f8f10',
  parameters: parseStreamParameters({ resume: true, label: 'call 7' }),
  model: { name: 'earwitness-small', version: '0.2.0' },
  state: {
    entry: { byte: 0, sample: 0 },
    samples: 0,
    decoded: 0,
    seconds: 0,
    tracks: [],
    judges: [],
    aheadSeconds: 0,
    finalized: 0,
  },
}

function codeOf(call: () => unknown): string {
  try {
    call()
    return 'nothing thrown'
  } catch (thrown) {
    return thrown instanceof EarwitnessError ? `${thrown.status} ${thrown.code}` : String(thrown)
  }
}

describe('a resume token', () => {
  let secret: string
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'earwitness-secret-'))
    secret = join(folder, 'secret')
    writeFileSync(secret, 'thirty-two bytes and some more of no secret')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('brings back the stream that it was made of, at any server with the secret', () => {
    const token = new ResumeTokens(60, secret).issue(stream)
    expect(new ResumeTokens(60, secret).read(token)).toEqual(stream)
  })

  it('is refused by a server with another secret', () => {
    const token = new ResumeTokens(60).issue(stream)
    expect(codeOf(() => new ResumeTokens(60).read(token))).toBe('409 resume_refused')
  })

  it('is refused when any character of it was changed', () => {
    const tokens = new ResumeTokens(60)
    const token = tokens.issue(stream)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'z', '0', '-', '.'), (at, letter) => {
        fc.pre(token[at] !== letter)
        const forged = token.slice(0, at) + letter + token.slice(at + 1)
        // The last character of base64 holds bits that mean nothing.
        fc.pre(at < token.length - 1)
        expect(codeOf(() => tokens.read(forged))).toMatch(/^4\d\d (resume_refused|bad_parameter)$/)
      }),
    )
  })

  it('is refused once it is too old, with its age', async () => {
    const tokens = new ResumeTokens(0.5)
    const token = tokens.issue(stream)
    await wait(1_600)
    expect(() => tokens.read(token)).toThrow(/is \d s old .*; 0\.5 s are allowed; start a new stream/)
  })

  it('is refused where it is of another version, whoever signed it', () => {
    const [, body, signature] = new ResumeTokens(60, secret).issue(stream).split('.')
    expect(() => new ResumeTokens(60, secret).read(`ew2.${body}.${signature}`)).toThrow(/version 2.*reads version 1/)
  })

  it('is a bad parameter where it is none at all', () => {
    const tokens = new ResumeTokens(60)
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(codeOf(() => tokens.read(text))).toBe('400 bad_parameter')
      }),
    )
  })

  it('is not opened before its signature was looked at', () => {
    const bomb = `ew1.${Buffer.alloc(4_000, 1).toString('base64url')}`
    const signature = createHmac('sha256', 'guessed').update(bomb).digest('base64url')
    expect(codeOf(() => new ResumeTokens(60).read(`${bomb}.${signature}`))).toBe('409 resume_refused')
  })

  it('fits a start message even of eight channels with every alert that is kept', () => {
    const channels = DEFAULT_LIMITS.channels.value
    const track = (channel: number): TrackState => ({
      frames: 1_440_000,
      nextDue: 1_440_050,
      lastDue: 1_440_000,
      windows: 288_000,
      speechSeconds: 14_399.999999 / (channel + 1),
      clipping: { seen: 95_999, clipped: 4_711, warned: true },
      gaps: {
        totalMs: 1e6 / 7,
        pauses: Array.from({ length: 16 }, (_, at) => ({ at: 230_400_000 + 997 * at, milliseconds: 2_001 + 313 * at })),
      },
    })
    const judge = (channel: number): JudgeState => ({
      smoothing: { value: Math.sin(channel + 1), at: 14_400.5 },
      alert: {
        stretches: Array.from({ length: DEFAULT_LIMITS.alerts.value / channels }, (_, at) => ({
          start: 10_000 + 7.5 * at,
          end: 10_003.5 + 7.5 * at,
          peakFakeProbability: Math.abs(Math.cos(1_000 * channel + at)),
        })),
        forgotten: 1_234,
        onset: 14_000.5,
        peak: Math.SQRT1_2,
        raised: true,
      },
      evidence: {
        step: 0.25,
        pending: Array.from({ length: 42 }, (_, at) => [57_600 + at, Math.sin(channel * 100 + at), 21] as const),
        settled: {
          running: { first: 57_000, end: 57_600, sum: Math.E },
          best: { first: 12_000, end: 13_000, sum: Math.PI },
        },
      },
      reasons: [
        ['silence', 12_345],
        ['too_little_speech', 2_345],
        ['not_speech', 345],
        ['gap', 45],
      ],
      counts: { scored: 1e5, superseded: 1e4, failed: 1e3, skippedSinceEvent: 10, sum: 1e4 / 3, peak: 1 / 3 },
      overloaded: true,
    })
    const all = Array.from({ length: channels }, (_, channel) => channel)
    const token = new ResumeTokens(60).issue({
      ...stream,
      parameters: parseStreamParameters({ resume: true, channels, label: 'ß'.repeat(128), model: 'm'.repeat(128) }),
      state: { ...stream.state, tracks: all.map(track), judges: all.map(judge) },
    })
    expect(token.length).toBeLessThan(MOST_TOKEN_CHARACTERS)
    expect(MOST_TOKEN_CHARACTERS + 1_000).toBeLessThan(DEFAULT_LIMITS.textBytes.value)
  })
})

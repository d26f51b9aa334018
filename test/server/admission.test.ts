import { describe, expect, it } from 'vitest'
import { ANYONE, type Caller } from '../../src/server/access/caller.ts'
import { Admission } from '../../src/server/admission.ts'

const LIMITS = { streams: 12, keyStreams: 8, addressStreams: 5 }

/** How many streams get in. */
function letIn(workers: number, applicantOf: (stream: number) => { caller: Caller; address: string }): number {
  const admission = new Admission(LIMITS, workers)
  for (let stream = 0; ; stream += 1) {
    try {
      admission.check(applicantOf(stream))
    } catch {
      return stream
    }
    admission.enter(applicantOf(stream))
  }
}

const key = (name: string, streams?: number): Caller => ({ name, ...(streams !== undefined && { streams }) })

describe('one of several processes behind a port', () => {
  it.each([
    ['of all streams', (stream: number) => ({ caller: key(`k${stream}`), address: `10.0.0.${stream}` }), 12, 3],
    ['of a key', (stream: number) => ({ caller: key('k'), address: `10.0.0.${stream}` }), 8, 2],
    ['of a key with a number of its own', (stream: number) => ({ caller: key('k', 4), address: `${stream}` }), 4, 1],
    ['of an address', () => ({ caller: ANYONE, address: '10.0.0.1' }), 5, 1],
  ])('lets in its share %s, rounded down', (_, applicantOf, alone, ofFour) => {
    expect([letIn(1, applicantOf), letIn(4, applicantOf)]).toEqual([alone, ofFour])
  })

  it('bounds those who need no key by no limit of a key', () => {
    expect(letIn(1, (stream) => ({ caller: ANYONE, address: `10.0.0.${stream}` }))).toBe(LIMITS.streams)
  })

  it('lets in one stream at least', () => {
    expect(letIn(100, () => ({ caller: ANYONE, address: '10.0.0.1' }))).toBe(1)
  })
})

import { describe, expect, it } from 'vitest'
import { Resumption } from '../../../client/sdk/resumption.ts'

const ACK = { type: 'ack', at: 1, keepFrom: 0, token: 'ew1.token' } as const

describe('Resumption', () => {
  it('sends a finalize again that was not answered', () => {
    const resumption = new Resumption(1_000, 1_000)
    resumption.sentFinalize()
    resumption.sentFinalize()
    resumption.acknowledged({ ...ACK, finalized: 1 })
    expect(resumption.goOn(0)).toEqual([{ kind: 'finalize', number: 1 }])
  })

  it('does not send a finalize again that was answered after another had been refused', () => {
    const resumption = new Resumption(1_000, 1_000)
    resumption.sentFinalize()
    resumption.sentFinalize()
    resumption.refusedFinalize()
    resumption.sentFinalize()
    resumption.acknowledged({ ...ACK, finalized: 2 })
    expect(resumption.goOn(0)).toEqual([])
  })
})

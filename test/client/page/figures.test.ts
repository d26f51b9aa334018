import { describe, expect, it } from 'vitest'
import { clockText, preciseClockText, probabilityText } from '../../../client/page/figures.ts'

describe('probabilityText', () => {
  it.each([
    [null, '–'],
    [0, '<0.01'],
    [0.07, '0.07'],
    [0.5, '0.50'],
    [1, '>0.99'],
  ])('writes %s as %s', (probability, text) => {
    expect(probabilityText(probability)).toBe(text)
  })
})

describe('clocks', () => {
  it.each([
    [0, '0:00'],
    [59.9, '0:59'],
    [75.2, '1:15'],
    [3_600, '60:00'],
  ])('writes %d s as %s', (seconds, text) => {
    expect(clockText(seconds)).toBe(text)
  })

  it.each([
    [8.5, '0:08.5'],
    [59.96, '1:00.0'],
  ])('writes %d s to a tenth as %s', (seconds, text) => {
    expect(preciseClockText(seconds)).toBe(text)
  })
})

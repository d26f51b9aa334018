import { describe, expect, it } from 'vitest'

/** The built package by its own name, as a program that depends on it would import it. */
const load = (name: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ name)

describe('the package', () => {
  it('gives a program what it needs to run a server', async () => {
    expect(Object.keys(await load('earwitness')).sort()).toEqual([
      'DEFAULT_LIMITS',
      'ERROR_CODES',
      'EarwitnessError',
      'ServerEventSchema',
      'WARNING_CODES',
      'parseStreamParameters',
      'serve',
    ])
  })

  it('gives a client connect and the errors', async () => {
    expect(Object.keys(await load('earwitness/client')).sort()).toEqual(['ERROR_CODES', 'EarwitnessError', 'connect'])
  })
})

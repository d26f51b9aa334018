import { describe, expect, it } from 'vitest'
import { parseModelManifest } from '../../src/scoring/model-manifest.ts'
import { defaultManifest } from '../fixtures/default-manifest.ts'
import { kaldiManifest } from '../fixtures/kaldi-manifest.ts'

const changed = (change: object) => () => parseModelManifest({ ...defaultManifest, ...change })

const kaldiFbank = kaldiManifest.frontend

describe('a model manifest', () => {
  it('picks a kaldi-fbank front end with all its parameters', () => {
    expect(changed({ frontend: kaldiFbank })().frontend).toEqual(kaldiFbank)
  })

  it.each(Object.keys(kaldiFbank))('is refused with a kaldi-fbank front end without %s', (name) => {
    expect(changed({ frontend: { ...kaldiFbank, [name]: undefined } })).toThrow(/^model\.json: frontend/)
  })

  it('may give a file a tolerance of its own', () => {
    const [file] = defaultManifest.files
    expect(changed({ files: [{ ...file, tolerance: 0.05 }] })().files[0]!.tolerance).toBe(0.05)
    expect(changed({ files: [file] })().files[0]!.tolerance).toBeUndefined()
  })

  it.each([
    ['a tolerance of zero', { files: [{ ...defaultManifest.files[0], tolerance: 0 }] }, /files\.0\.tolerance/],
    [
      'a file outside the package',
      { files: [{ ...defaultManifest.files[0], path: '../../secret.onnx' }] },
      /files\.0\.path/,
    ],
    ['a name that is a path', { name: 'a/b' }, /^model\.json: name/],
    ['an unknown front end', { frontend: { kind: 'guess' } }, /frontend\.kind/],
    ['an index as the direction of one logit', { output: { tensor: 'x', kind: 'logit', fake: 0 } }, /output\.fake/],
    ['a sign for two logits', { output: { tensor: 'x', kind: 'two-logits', fake: 'negative' } }, /output\.fake/],
    ['no direction of its output', { output: { tensor: 'x', kind: 'logit' } }, /output\.fake/],
    [
      'a scale of zero, which would hide every score',
      { calibration: { scale: 0, bias: 0, fittedOn: '' } },
      /calibration\.scale/,
    ],
    [
      'an alert that clears above where it is raised',
      { decision: { ...defaultManifest.decision, raise: 0.5, clear: 0.6 } },
      /decision\.clear/,
    ],
    [
      'a threshold above which alerts stand already',
      { decision: { ...defaultManifest.decision, threshold: 0.99 } },
      /decision\.threshold/,
    ],
    [
      'mel filters that begin above their end',
      { frontend: { ...defaultManifest.frontend, lowHz: 7000, highHz: 6000 } },
      /frontend\.lowHz/,
    ],
    [
      'mel filters beyond half the sample rate',
      { frontend: { ...defaultManifest.frontend, highHz: 9000 } },
      /frontend\.highHz/,
    ],
    [
      'padding by length without its tensor',
      { input: { tensor: 'x', frames: 1024, padding: 'length', leastFrames: 100 } },
      /lengthTensor/,
    ],
    ['parts that nothing describes', { incremental: undefined }, /^model\.json: incremental: is needed/],
    [
      'parts for windows that are padded with something else than their length',
      { input: { ...defaultManifest.input, padding: 'zero' } },
      /^model\.json: incremental: is only for/,
    ],
    [
      'evidence for an output that is no logit',
      { output: { ...defaultManifest.output, kind: 'probability' } },
      /incremental\.head\.evidence/,
    ],
    [
      'embeddings of more frames than the least window holds',
      { incremental: { ...defaultManifest.incremental, receptiveFrames: 101 } },
      /incremental\.receptiveFrames/,
    ],
  ])('is refused with %s', (_, change, message) => {
    expect(changed(change)).toThrow(message)
  })
})

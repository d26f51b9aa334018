import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readOnnx } from '../../src/importing/onnx-file.ts'
import { OnnxGraph } from '../../src/importing/onnx-graph.ts'
import { EarwitnessError } from '../../src/protocol/errors.ts'
import { defaultModelFolder } from '../fixtures/default-manifest.ts'

function written(): Uint8Array {
  const outer = new OnnxGraph()
  const body = new OnnxGraph()
  const port = { name: 'row', element: 'float32', shape: [3] } as const
  body.constant('inner', 'int8', [3], (target) => target.set([1, 2, 3]))
  body.node('Identity', 'row-out', ['row'])
  outer.integers('pads', [0, 7])
  outer.node('LayerNormalization', 'norm', ['in'], { floats: { epsilon: 0.5 } })
  outer.node('Conv', 'grid', ['norm'], { integers: { strides: [10, 300], group: 2 } })
  outer.node('Scan', 'out', ['grid'], {
    body: { graph: body, inputs: [port], outputs: [{ ...port, name: 'row-out' }] },
  })
  return outer.model(
    'test',
    [{ name: 'in', element: 'float32', shape: ['batch', 1024, 128] }],
    [{ name: 'out', element: 'float32', shape: ['batch', 3] }],
  )
}

describe('reading an .onnx', () => {
  it('finds what our own graph has: nodes with their numbers, constants, and the lengths of inputs', () => {
    const file = readOnnx(written())
    expect(file.producer).toBe('earwitness')
    expect([...file.nodes.keys()]).toEqual(['norm', 'grid', 'out'])
    expect(file.nodes.get('grid')!.integers).toEqual(
      new Map([
        ['strides', [10, 300]],
        ['group', [2]],
      ]),
    )
    expect(file.nodes.get('norm')!.floats).toEqual(new Map([['epsilon', 0.5]]))
    expect(file.inputs).toEqual(new Map([['in', [0, 1024, 128]]]))
    expect(file.constants.get('pads')).toMatchObject({ elementType: 7, shape: [2] })
  })

  it('finds the constants of a body, and does not take its nodes for the graph’s', () => {
    const file = readOnnx(written())
    expect(file.everyConstant.map(({ name }) => name).sort()).toEqual(['inner', 'pads'])
    expect([...file.everyConstant.find(({ name }) => name === 'inner')!.bytes!]).toEqual([1, 2, 3])
    expect(file.constants.has('inner')).toBe(false)
  })

  it('finds what another program wrote', () => {
    const file = readOnnx(readFileSync(`${defaultModelFolder}model.fp32.onnx`))
    expect(file.producer).toBe('pytorch')
    expect(file.inputs.get('frames')!.slice(1)).toEqual([1024, 128])
  })

  it('says how to save a file whose weights lie in another one', () => {
    const field = (number: number, ...bytes: number[]) => [(number << 3) | 2, bytes.length, ...bytes]
    const elsewhere = field(13, ...field(1, ...Buffer.from('location')), ...field(2, ...Buffer.from('w.data')))
    const model = Uint8Array.from(field(7, ...field(5, ...field(8, 0x77), ...elsewhere)))
    expect(() => readOnnx(model)).toThrow(/weights lie in another file; save it as one: .*external_data=False/)
  })

  it('refuses a file that ends inside a field', () => {
    const whole = written()
    expect(() => readOnnx(whole.subarray(0, whole.length - 1))).toThrow(/ends inside a field/)
  })

  it('answers bytes of any kind with a graph or an error, and never goes on for ever', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readOnnx(bytes)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(EarwitnessError)
        }
      }),
    )
  })
})

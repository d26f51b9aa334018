import { PRECISIONS, type Precision } from './edition-check.ts'
import type { OnnxFile } from './onnx-file.ts'

/** ONNX's numbers for the types of elements that weights are kept in, 4-bit ones among the bytes. */
const PRECISION_OF: ReadonlyMap<number, Precision> = new Map([
  [1, 'fp32'],
  [2, 'int8'],
  [3, 'int8'],
  [10, 'fp16'],
  [16, 'fp16'],
  [21, 'int8'],
  [22, 'int8'],
])

/** A share of the weights below this is scales, tables and the like. */
const LEAST_SHARE = 0.1

/** The narrowest kind of number that a noteworthy share of a graph's weights is kept in; fp32 where it has none. */
export function precisionOf({ everyConstant }: Pick<OnnxFile, 'everyConstant'>): Precision {
  const counts: Record<Precision, number> = { int8: 0, fp16: 0, fp32: 0 }
  for (const { elementType, shape } of everyConstant) {
    const precision = PRECISION_OF.get(elementType)
    if (precision !== undefined) counts[precision] += shape.reduce((product, length) => product * length, 1)
  }
  const all = counts.int8 + counts.fp16 + counts.fp32
  return PRECISIONS.find((precision) => counts[precision] > LEAST_SHARE * all) ?? 'fp32'
}

/** The name under which the worklet is registered. */
export const CAPTURE_PROCESSOR = 'earwitness-capture'

/** From the page to the worklet: send what is left, and then null. */
export const FLUSH = 'flush'

/** From the worklet to the page: mono samples, or null after the last ones. */
export type CaptureMessage = Float32Array<ArrayBuffer> | null

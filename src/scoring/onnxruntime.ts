import './no-telemetry.ts'

/** The only way in: nothing else imports onnxruntime, so that nothing loads it before its telemetry is off. */
export { InferenceSession, Tensor } from 'onnxruntime-node'

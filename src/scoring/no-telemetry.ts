/**
 * Official builds of onnxruntime report to their maker which models run and how long they take, and keep an identifier of the
 * machine in the home directory, unless told not to before they load. Worker threads cannot say it: the main thread must.
 * Whoever has set the variable has decided already.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1'

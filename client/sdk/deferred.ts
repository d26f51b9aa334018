/** A promise and the means to settle it. Nobody has to handle its failure. */
export class Deferred<Value> {
  readonly promise: Promise<Value>
  #resolve!: (value: Value) => void
  #reject!: (reason: Error) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.promise.catch(() => {})
  }

  resolve(value: Value): void {
    this.#resolve(value)
  }

  reject(reason: Error): void {
    this.#reject(reason)
  }
}

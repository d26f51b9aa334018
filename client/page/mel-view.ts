import { element } from './elements.ts'

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')
const CALM_FRAMES = 50

/** Paints one mel frame as a column: `rgba` has a pixel for each bin, the highest first. */
export type ColumnPainter = (frame: Float32Array, rgba: Uint8ClampedArray) => void

/** The last 1024 mel frames as a picture that scrolls: a ring of columns, drawn to the screen as two pieces. */
export class MelView {
  readonly #screen = element('mel', HTMLCanvasElement)
  readonly #screenContext = this.#screen.getContext('2d')!
  readonly #columns = this.#screen.width
  readonly #ring: OffscreenCanvas
  readonly #ringContext: OffscreenCanvasRenderingContext2D
  readonly #column: ImageData
  readonly #paint: ColumnPainter
  readonly #onDrawn: (endFrame: number) => void
  #frames = 0
  #next = 0
  #undrawn = 0
  #scheduled = false

  /** @param onDrawn told, with each picture, of the frame behind its newest */
  constructor(bins: number, paint: ColumnPainter, onDrawn: (endFrame: number) => void) {
    this.#ring = new OffscreenCanvas(this.#columns, bins)
    this.#ringContext = this.#ring.getContext('2d')!
    this.#column = new ImageData(1, bins)
    this.#paint = paint
    this.#onDrawn = onDrawn
  }

  add(frame: Float32Array): void {
    this.#paint(frame, this.#column.data)
    this.#ringContext.putImageData(this.#column, this.#next, 0)
    this.#next = (this.#next + 1) % this.#columns
    this.#frames += 1
    this.#undrawn += 1
    // Where motion is unwelcome the picture steps twice a second instead of gliding.
    if (!reducedMotion.matches || this.#undrawn >= CALM_FRAMES) this.#schedule()
  }

  clear(): void {
    this.#ringContext.clearRect(0, 0, this.#columns, this.#ring.height)
    this.#next = 0
    this.#frames = 0
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    requestAnimationFrame(() => this.#draw())
  }

  /** The oldest column stands at `next`; it belongs at the left edge. */
  #draw(): void {
    this.#scheduled = false
    this.#undrawn = 0
    const older = this.#columns - this.#next
    const { height } = this.#ring
    this.#screenContext.clearRect(0, 0, this.#columns, height)
    this.#screenContext.drawImage(this.#ring, this.#next, 0, older, height, 0, 0, older, height)
    if (this.#next > 0)
      this.#screenContext.drawImage(this.#ring, 0, 0, this.#next, height, older, 0, this.#next, height)
    this.#onDrawn(this.#frames)
  }
}

/** An axis from its first to its last value, each put somewhere from 0 to 1 by `place`. */
export interface Axis {
  readonly words: string
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  readonly place: (value: number) => number
}

export interface Stroke {
  readonly colour: string
  readonly width?: number
  readonly dash?: string
}

type Point = readonly [x: number, y: number]

const WIDTH = 720
const HEIGHT = 540
const LEFT = 78
const RIGHT = 24
const TOP = 62
const BOTTOM = 66
const INK = '#1f2937'
const PALE = '#e5e7eb'

/** A figure with two axes, as the text of an SVG: light, without scripts, fonts or anything from outside. */
export class Figure {
  readonly #x: Axis
  readonly #y: Axis
  readonly #title: string
  readonly #frame: string[] = []
  readonly #marks: string[] = []
  readonly #words: string[] = []
  #entries = 0

  /** @param note below the title: the numbers that the figure stands for */
  constructor(title: string, note: string, x: Axis, y: Axis) {
    this.#title = title
    this.#x = x
    this.#y = y
    const middle = (LEFT + WIDTH - RIGHT) / 2
    this.#frame.push(text(LEFT, 26, title, 'font-size="18" font-weight="600"'), text(LEFT, 47, note, 'font-size="13"'))
    for (const { at, text: words } of x.ticks) {
      const px = this.#px(at)
      this.#frame.push(
        path(
          [
            [px, TOP],
            [px, HEIGHT - BOTTOM],
          ],
          { colour: PALE },
        ),
      )
      this.#frame.push(text(px, HEIGHT - BOTTOM + 19, words, 'text-anchor="middle"'))
    }
    for (const { at, text: words } of y.ticks) {
      const py = this.#py(at)
      this.#frame.push(
        path(
          [
            [LEFT, py],
            [WIDTH - RIGHT, py],
          ],
          { colour: PALE },
        ),
      )
      this.#frame.push(text(LEFT - 8, py + 4, words, 'text-anchor="end"'))
    }
    const upright = (TOP + HEIGHT - BOTTOM) / 2
    this.#frame.push(text(middle, HEIGHT - 20, x.words, 'text-anchor="middle"'))
    this.#frame.push(text(20, upright, y.words, `text-anchor="middle" transform="rotate(-90 20 ${upright})"`))
  }

  /** What lies outside of the axes is cut off. */
  line(points: readonly Point[], stroke: Stroke): this {
    this.#marks.push(
      path(
        points.map(([x, y]) => [this.#px(x), this.#py(y)]),
        stroke,
      ),
    )
    return this
  }

  bar(from: number, to: number, height: number, colour: string): this {
    const [left, right, top, foot] = [this.#px(from), this.#px(to), this.#py(height), this.#py(0)]
    this.#marks.push(
      `<rect x="${short(left)}" y="${short(top)}" width="${short(right - left)}" height="${short(foot - top)}" fill="${colour}" fill-opacity="0.45" stroke="${colour}" stroke-opacity="0.8"/>`,
    )
    return this
  }

  /** What lies outside of the axes is shown at their edge. */
  dot(at: Point, radius: number, colour: string): this {
    const [x, y] = this.#pinned(at)
    this.#words.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${colour}" stroke="#ffffff"/>`)
    return this
  }

  /** Words to the right of a point, above or below it. */
  say(at: Point, words: string, where: 'above' | 'below' = 'above'): this {
    const [x, y] = this.#pinned(at)
    this.#words.push(text(x + 9, y + (where === 'above' ? -8 : 18), words, HALO))
    return this
  }

  /** An entry of the legend, at the upper right. */
  legend(words: string, stroke: Stroke): this {
    const y = TOP + 18 + 19 * this.#entries++
    const x = WIDTH - RIGHT - 12
    this.#words.push(
      path(
        [
          [x - 26, y - 4],
          [x, y - 4],
        ],
        { width: 3, ...stroke },
      ),
    )
    this.#words.push(text(x - 34, y, words, `text-anchor="end" ${HALO}`))
    return this
  }

  toString(): string {
    const [width, height] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM]
    const area = `x="${LEFT}" y="${TOP}" width="${width}" height="${height}"`
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">
<title>${escaped(this.#title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<clipPath id="area"><rect ${area}/></clipPath>
${this.#frame.join('\n')}
<g clip-path="url(#area)">
${this.#marks.join('\n')}
</g>
<rect ${area} fill="none" stroke="${INK}"/>
${this.#words.join('\n')}
</svg>
`
  }

  #pinned([x, y]: Point): Point {
    const px = Math.min(WIDTH - RIGHT, Math.max(LEFT, this.#px(x)))
    return [px, Math.min(HEIGHT - BOTTOM, Math.max(TOP, this.#py(y)))]
  }

  #px(x: number): number {
    return LEFT + this.#x.place(x) * (WIDTH - LEFT - RIGHT)
  }

  #py(y: number): number {
    return HEIGHT - BOTTOM - this.#y.place(y) * (HEIGHT - TOP - BOTTOM)
  }
}

/** Keeps words readable over lines. */
const HALO = 'paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round"'

function path(points: readonly Point[], { colour, width = 1, dash }: Stroke): string {
  const steps = points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ')
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash}"`
  return `<polyline points="${steps}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}/>`
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${short(x)}" y="${short(y)}" ${attributes}>${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10)
}

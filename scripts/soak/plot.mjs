// The course of a soak as an SVG: one panel for each figure, time in minutes below.
const WIDTH = 900
const PANEL = 130
const LEFT = 70
const RIGHT = 20
const TOP = 30

/** @param series each with a title, a unit and values at the same `minutes` */
export function plot(minutes, series) {
  const last = Math.max(minutes.at(-1) ?? 1, 1 / 60)
  const height = TOP + series.length * PANEL + 20
  const panels = series.map((one, at) => panel(minutes, last, one, TOP + at * PANEL))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>Memory, handles, streams and latency of a server during a soak</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...panels,
    `<text x="${LEFT}" y="${height - 4}">0</text>`,
    `<text x="${WIDTH - RIGHT}" y="${height - 4}" text-anchor="end">${last.toFixed(0)} min</text>`,
    '</svg>\n',
  ].join('\n')
}

function panel(minutes, last, { title, unit, values }, top) {
  const most = Math.max(...values.filter(Number.isFinite), 1e-9) * 1.1
  const bottom = top + PANEL - 30
  const x = (minute) => LEFT + (minute / last) * (WIDTH - LEFT - RIGHT)
  const y = (value) => bottom - (value / most) * (PANEL - 50)
  const points = values.flatMap((value, at) =>
    Number.isFinite(value) ? [`${x(minutes[at]).toFixed(1)},${y(value).toFixed(1)}`] : [],
  )
  return [
    `<text x="${LEFT}" y="${top + 4}" font-weight="bold">${title}</text>`,
    `<text x="${LEFT - 6}" y="${y(most / 1.1) + 4}" text-anchor="end">${(most / 1.1).toPrecision(3)} ${unit}</text>`,
    `<text x="${LEFT - 6}" y="${bottom + 4}" text-anchor="end">0</text>`,
    `<path d="M${LEFT} ${bottom}H${WIDTH - RIGHT}" stroke="#999"/>`,
    `<polyline points="${points.join(' ')}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>`,
  ].join('\n')
}

/** Takes files that are dropped anywhere on the page, and says on `body` while one hovers. */
export function acceptDrops(onFile: (file: File) => void): void {
  let depth = 0
  const hover = (change: number) => {
    depth = Math.max(0, depth + change)
    document.body.toggleAttribute('data-dropping', depth > 0)
  }
  addEventListener('dragenter', (event) => {
    if (holdsFile(event)) hover(1)
  })
  addEventListener('dragleave', (event) => {
    if (holdsFile(event)) hover(-1)
  })
  addEventListener('dragover', (event) => {
    if (holdsFile(event)) event.preventDefault()
  })
  addEventListener('drop', (event) => {
    hover(-depth)
    const file = event.dataTransfer?.files[0]
    if (file === undefined) return
    event.preventDefault()
    onFile(file)
  })
}

function holdsFile({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}

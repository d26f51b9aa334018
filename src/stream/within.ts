/** Waits for what is done, but no longer than this many milliseconds. */
export async function within(milliseconds: number, done: Promise<unknown>): Promise<void> {
  if (milliseconds <= 0) return
  if (milliseconds === Number.POSITIVE_INFINITY) {
    await done
    return
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds).unref()
  })
  await Promise.race([done, late])
  clearTimeout(timer)
}

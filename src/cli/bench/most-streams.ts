/** How fast the number of streams grows while all goes well, and how near the largest good and the smallest bad are in the end. */
const GROWTH = 1.4
const NEARNESS = 1.06

/**
 * The largest number for which `isGood` was true, 0 where it was for none: grows from a first number, or halves it, until it turns, then
 * goes between; never beyond `last`. What is measured spreads, so the answer is a number that was seen to be good, not a bound.
 */
export async function mostStreams(
  first: number,
  last: number,
  isGood: (streams: number) => Promise<boolean>,
): Promise<number> {
  let good = 0
  let bad = Number.POSITIVE_INFINITY
  for (let next = Math.min(first, last); next > good && next < bad; next = Math.min(last, between(good, bad))) {
    if (await isGood(next)) good = next
    else bad = next
  }
  return good
}

function between(good: number, bad: number): number {
  if (bad === Number.POSITIVE_INFINITY) return Math.ceil(good * GROWTH)
  if (good === 0) return Math.floor(bad / 2)
  return bad / good <= NEARNESS ? good : Math.round(Math.sqrt(good * bad))
}

/** p = 1 / (1 + e^−logit) */
export function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

/** ln(p / (1 − p)), the inverse: infinite at 0 and 1, not a number outside of them. */
export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability))
}

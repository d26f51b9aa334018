/** The most that a checkpoint may ask of its reader. Far above any real one; below what hurts. */
export const BOUNDS = {
  /** The description inside a .pth; a base-size AST with its optimiser has 0.2 MB. */
  pickleBytes: 32 * 2 ** 20,
  /** The header of a .safetensors; the format's own bound is 100 MB. */
  headerBytes: 32 * 2 ** 20,
  /** config.json and its like. */
  jsonBytes: 8 * 2 ** 20,
  /** Files in a zip. */
  zipEntries: 100_000,
  /** One array in the file. */
  arrayBytes: 2 ** 31,
  /** Dimensions of one array. */
  dimensions: 16,
} as const

/** The card of an imported model: what is known of it, what was taken for granted, and what nobody told. */
export function cardFor(
  source: string,
  description: string,
  licence: string | undefined,
  assumptions: readonly string[],
): string {
  const lines = [
    '# An imported model',
    '',
    `Imported from ${source} by \`earwitness model import\`. ${description}`,
    '',
    licence === undefined ? 'Its licence is not known: ask whom it came from.' : `Licence: ${licence}.`,
    '',
    ...assumptions.flatMap((assumption) => [`- Taken for granted: ${assumption}`]),
    ...(assumptions.length > 0 ? [''] : []),
    'What it was trained on and where it fails, its own card must say; the thresholds in `model.json` are not fitted to it.',
    'Before it judges anyone: `earwitness model verify NAME --data MANIFEST` on labelled audio of the kind that it will hear.',
    '',
  ]
  return lines.join('\n')
}

// npm run kernel [-- --print]: compiles kernel/spectrum.ts to WebAssembly, as text that both Node and a page's bundle can carry.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
/** A mebibyte that never grows, so that views into it stay: a filterbank takes some ten kibibytes of it. */
const PAGES = '16'
const memory = ['--initialMemory', PAGES, '--maximumMemory', PAGES]

const { error, stderr, binary } = await compiled()
if (error) {
  process.stderr.write(stderr)
  process.exit(1)
}
const text = `// Made of kernel/spectrum.ts by \`npm run kernel\`.
export const KERNEL_CODE =
  '${Buffer.from(binary).toString('base64')}'
`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('../src/dsp/kernel-code.ts', import.meta.url), text)

async function compiled() {
  let binary
  const words = ['kernel/spectrum.ts', '--baseDir', root, '--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub']
  const result = await asc.main([...words, '--use', 'abort=', ...memory, '--outFile', 'spectrum.wasm'], {
    stdout: asc.createMemoryStream(),
    stderr: asc.createMemoryStream(),
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) binary = contents
    },
  })
  return { error: result.error, stderr: String(result.stderr), binary }
}

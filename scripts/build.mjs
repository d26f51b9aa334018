// Builds dist/: the server and the SDK with tsc, the page with esbuild.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)

rmSync(at('dist'), { recursive: true, force: true })
execFileSync(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.build.json')], {
  stdio: 'inherit',
})
await buildPage()

async function buildPage() {
  if (!existsSync(at('client', 'page'))) return
  const out = at('dist', 'client', 'page')
  mkdirSync(out, { recursive: true })
  await build({
    entryPoints: [at('client', 'page', 'main.ts'), at('client', 'page', 'capture-worklet.ts')],
    outdir: out,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
    // pffft's loader looks for Node's modules when it runs in Node; in a page that branch is dead.
    external: ['module', 'fs', 'path', 'url'],
  })
  for (const name of ['index.html', 'style.css', 'icon.svg']) cpSync(at('client', 'page', name), join(out, name))
  cpSync(at('node_modules', 'uplot', 'dist', 'uPlot.min.css'), join(out, 'uplot.css'))
  cpSync(at('node_modules', '@echogarden', 'pffft-wasm', 'dist', 'simd', 'pffft.wasm'), join(out, 'pffft.wasm'))
}

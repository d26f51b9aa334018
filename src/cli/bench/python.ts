import { execFileSync } from 'node:child_process'

/** What a Python that is measured on one thread has in its environment. */
export const ONE_THREAD = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** The first of `python3` and Debian's, or what PYTHON names instead, that has these modules. */
export function pythonWith(modules: string): string | undefined {
  const candidates = process.env.PYTHON === undefined ? ['python3', '/usr/bin/python3'] : [process.env.PYTHON]
  return candidates.find((python) => {
    try {
      execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}
